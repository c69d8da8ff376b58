/* The start of lpmx-start: takes the hand-over variable, sets up handler, core and filter, maps the guest's program, jumps.
 *
 * Order matters: the SIGSYS handler comes before the filter (a trap without it kills), and the filter may be there already,
 * inherited from an earlier program, so the handler comes before everything. Our own calls come from the fixed text window and
 * are never trapped.
 */
#include "start.h"
#include <elf.h>
#include <errno.h>
#include <linux/prctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* The heap begins behind our bss. This keeps it out of the text window even without address randomisation: code that the guest
 * puts on its heap must be trapped. Never touched, so it costs no memory. */
static char window_rest[LPMX_TEXT_WINDOW];

static char handover_text[16384], start_path[4096];

__asm__(".text\n"
        ".globl _start\n"
        "_start:\n"
        "  xorl %ebp, %ebp\n"
        "  movq %rsp, %rdi\n"
        "  andq $-16, %rsp\n"
        "  call start_main\n"
        "  hlt\n");

static void take_handover(const struct stack *s, struct handover *h)
{
    if (!s->own)
        fatal(125, "lpmx-start is a part of lpmx and cannot be started by hand: run \"lpmx run\" instead", NULL);
    const char *value = *s->own + sizeof LPMX_HANDOVER;
    size_t pos = 0;
    if (!text_add(handover_text, sizeof handover_text, &pos, value, strlen(value)) || handover_parse(handover_text, h))
        fatal(125, "the variable " LPMX_HANDOVER " is damaged or of another release: start the program by \"lpmx run\"", NULL);
}

/* Our own path, by which the next exec starts us again. The kernel gives it as it was called; after fexecve it is no use. */
static void find_start_path(const struct stack *s)
{
    const char *called = (const char *)stack_aux(s, AT_EXECFN);
    size_t pos = 0;
    if (called && *called == '/' && !str_starts(called, "/dev/fd/") && text_add(start_path, sizeof start_path, &pos, called, strlen(called)))
        return;
    long n = sys3(SYS_readlink, "/proc/self/exe", start_path, sizeof start_path - 1);
    start_path[n > 0 ? n : 0] = 0;
}

/* What the kernel would have set up had it started the guest's program itself. */
static void describe_program(struct core *c, struct stack *s, const char *called)
{
    const struct core_ids *ids = core_identity(c);
    const char *name = called;
    for (const char *p = called; *p; p++)
        if (*p == '/')
            name = p + 1;
    sys5(SYS_prctl, PR_SET_NAME, name, 0, 0, 0);
    stack_set_aux(s, AT_EXECFN, (u64)called);
    stack_set_aux(s, AT_UID, ids->ruid);
    stack_set_aux(s, AT_EUID, ids->euid);
    stack_set_aux(s, AT_GID, ids->rgid);
    stack_set_aux(s, AT_EGID, ids->egid);
    stack_set_aux(s, AT_SECURE, 0);
    stack_publish(s, ids->euid, ids->egid);
}

/* The name the program was called by (field e), else its canonical path (field x). NUL-terminated in place: the text is ours, and
 * every field was parsed. */
static const char *called_as(const struct handover *h)
{
    const struct handover_text *name = HANDOVER(h, 'e').at ? &HANDOVER(h, 'e') : &HANDOVER(h, 'x');
    if (!name->at)
        return "";
    ((char *)name->at)[name->len] = 0;
    return name->at;
}

static _Noreturn void cannot_load(bool first, const struct stack *s, const struct loaded *l, long error)
{
    if (error == -EEXIST) /* nobody else wants this address: it is lpmx-start itself, started by an lpmx inside */
        fatal(125, "cannot run ", l->what, ": its address is taken by lpmx; lpmx does not run inside its own containers", NULL);
    if (!first) { /* execve has succeeded as far as anybody knows: the kernel kills in this case too */
        sys2(SYS_kill, sys0(SYS_getpid), 9);
        sys1(SYS_exit_group, 127);
    }
    bool missing = error == -ENOENT;
    fatal(missing ? 127 : 126, "cannot run \"", s->argv[0], "\": ", l->what, ": ", missing ? "the image lacks this program interpreter" : errno_text(error), NULL);
}

__attribute__((used)) _Noreturn void start_main(long *sp)
{
    static struct core_program program;
    static struct handover h;
    struct stack s;
    struct loaded loaded;
    const char *what = "";
    __asm__ volatile("" : : "r"(window_rest));
    stack_read(&s, sp);
    u64 mask = signal_init();
    take_handover(&s, &h);
    find_start_path(&s);
    int r = core_init(core_self, &h, start_path, &what);
    if (r)
        fatal(125, "cannot start a program of this container: ", what, ": ", errno_text(r), NULL);
    r = filter_ensure(&what);
    if (r)
        fatal(125, "cannot contain a program on this machine: ", what, NULL);
    bool first = HANDOVER(&h, 'f').at != NULL;
    const char *called;
    if (first) {
        called = first_start(core_self, &h, &s, &program);
    } else {
        program.fd = core_program_handed(core_self, &h);
        called = called_as(&h);
    }
    stack_drop_own(&s, NULL);
    loaded.what = called;
    r = program.fd < 0 ? program.fd : (int)load_program(core_self, &s, program.fd, called, &loaded);
    if (r)
        cannot_load(first, &s, &loaded, r);
    describe_program(core_self, &s, called);
    patch_init(&s, loaded.low, loaded.high, loaded.is_go);
    exec_show(mask);
    load_jump(loaded.entry, sp);
}
