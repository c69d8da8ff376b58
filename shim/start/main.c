/* The start of lpmx-start: takes the hand-over variable, sets up handler, core and filter, maps the guest's program, jumps.
 *
 * Order matters: the SIGSYS handler comes before the filter (a trap without it kills), and the filter may be there already,
 * inherited from an earlier program, so the handler comes before everything that might trap. Our own calls come from the fixed text window and
 * are never trapped. Where there are no filters, or the preload engine is wished for, shim/preload does their work.
 */
#include "../preload/preload.h"
#include <elf.h>
#include <errno.h>
#include <linux/prctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static char start_path[4096];

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
    if (handover_parse(*s->own + sizeof LPMX_HANDOVER, h))
        fatal(125, "the variable " LPMX_HANDOVER " is damaged or of another release: start the program by \"lpmx run\"", NULL);
}

/* Our own path, by which the next exec starts us again. The kernel gives it as it was called; after fexecve it is no use. */
static const char *find_start_path(const struct stack *s)
{
    const char *called = (const char *)stack_aux(s, AT_EXECFN);
    if (called && *called == '/' && !str_starts(called, "/dev/fd/"))
        return called;
    long n = sys3(SYS_readlink, "/proc/self/exe", start_path, sizeof start_path - 1);
    start_path[n > 0 ? n : 0] = 0;
    return start_path;
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
    if (preload_hides_vdso())
        stack_drop_aux(s, AT_SYSINFO_EHDR);
    stack_publish(s, ids->euid, ids->egid);
}

/* The name the program was called by (field e), else its canonical path (field x). */
static const char *called_as(const struct handover *h)
{
    const struct handover_text *name = HANDOVER(h, 'e').at ? &HANDOVER(h, 'e') : &HANDOVER(h, 'x');
    const char *kept = name->at ? core_keep(core_self, name->at, name->len) : NULL;
    return kept ? kept : "";
}

static _Noreturn void cannot_load(bool first, const struct stack *s, const struct loaded *l, long error)
{
    if (error == -EEXIST) /* nobody else wants this address: it is lpmx-start itself, started by an lpmx inside */
        fatal(125, "cannot run ", l->what, ": its address is taken by lpmx; lpmx does not run inside its own containers", NULL);
    if (!first) { /* execve has succeeded as far as anybody knows: the kernel kills in this case too */
        sys2(SYS_kill, sys0(SYS_getpid), 9);
        sys1(SYS_exit_group, 127);
    }
    if (l->unchangeable)
        fatal(125, "cannot run \"", s->argv[0], "\": the preload engine cannot change the code of ", l->what, ", which containing it takes: ", errno_text(error),
              " (SELinux may forbid execmod)", NULL);
    bool missing = error == -ENOENT;
    fatal(missing ? 127 : 126, "cannot run \"", s->argv[0], "\": ", l->what, ": ", missing ? "the image lacks this program interpreter" : errno_text(error), NULL);
}

static _Noreturn void start_program(struct stack *s, const struct handover *h, u64 mask)
{
    static struct core_program program; /* of a first start only */
    int fd;
    struct loaded loaded;
    bool first = HANDOVER(h, 'f').at != NULL;
    const char *called;
    if (first) {
        called = first_start(core_self, h, s, &program);
        fd = program.fd;
    } else {
        called = called_as(h);
        fd = core_program_handed(core_self, h);
    }
    stack_drop_own(s, NULL);
    loaded.what = called;
    int r = fd < 0 ? fd : (int)load_program(core_self, s, fd, called, &loaded);
    if (r)
        cannot_load(first, s, &loaded, r);
    describe_program(core_self, s, called);
    patch_init(s, loaded.low, loaded.high, loaded.is_go);
    exec_show(mask);
    load_jump(loaded.entry, s->sp);
}

/* A filter that is on stays on, and nothing else is needed then. True: one is to be installed. */
static bool choose_engine(struct handover *h)
{
    const struct handover_text *wish = &HANDOVER(h, 'q');
    bool preload = wish->len == sizeof LPMX_ENGINE_PRELOAD - 1 && !memcmp(wish->at, LPMX_ENGINE_PRELOAD, wish->len);
    if (filter_is_active())
        return false;
    if ((wish->at && !preload) || (!wish->at && filter_is_possible()))
        return true;
    preload_begin();
    HANDOVER(h, 'q') = (struct handover_text){LPMX_ENGINE_PRELOAD, sizeof LPMX_ENGINE_PRELOAD - 1};
    return false;
}

__attribute__((used)) _Noreturn void start_main(long *sp)
{
    struct handover h;
    struct stack s;
    const char *what = "";
    stack_read(&s, sp);
    take_handover(&s, &h);
    bool filter = choose_engine(&h);
    u64 mask = signal_init();
    int r = core_init(core_self, &h, find_start_path(&s), &what);
    if (r)
        fatal(125, "cannot start a program of this container: ", what, ": ", errno_text(r), NULL);
    r = filter ? filter_install(&what) : 0;
    if (r)
        fatal(125, "cannot contain a program on this machine: ", what, NULL);
    environment_change(core_self, &s, mask);
    start_program(&s, &h, mask);
}

__attribute__((used)) _Noreturn void start_changed(long *sp, u64 mask)
{
    struct handover h;
    struct stack s;
    environment_read(&s, sp);
    take_handover(&s, &h);
    start_program(&s, &h, mask);
}
