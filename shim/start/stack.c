/* The initial stack: argc, argv, envp and auxv as the kernel laid them out for lpmx-start. The guest gets the same stack, with
 * the hand-over variable gone and the auxv telling about the guest's program instead of us. Runs before the guest only.
 */
#include "start.h"
#include <elf.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

void stack_read(struct stack *s, long *sp)
{
    s->sp = sp;
    s->argc = sp[0];
    s->argv = (char **)(sp + 1);
    s->envp = s->argv + s->argc + 1;
    s->own = NULL;
    char **env = s->envp;
    for (; *env; env++)
        if (!s->own && !memcmp(*env, LPMX_HANDOVER "=", sizeof LPMX_HANDOVER))
            s->own = env;
    s->auxv = (u64 *)(env + 1);
    if (env == s->envp) {
        s->env_start = s->env_end = NULL;
        return;
    }
    s->env_start = s->envp[0];
    s->env_end = env[-1] + strlen(env[-1]) + 1;
    if (s->own == s->envp)
        s->env_start += strlen(s->env_start) + 1;
    else if (s->own == env - 1)
        s->env_end = env[-1];
}

void stack_drop_own(struct stack *s, char *instead)
{
    u64 *to = (u64 *)s->own, *from = to + 1;
    s->own = NULL;
    if (!to)
        return;
    if (instead) {
        *to = (u64)instead;
        return;
    }
    while ((*to++ = *from++)) /* the rest of envp with its NULL */
        ;
    s->auxv = to;
    do {
        to[0] = from[0];
        to[1] = from[1];
        to += 2;
        from += 2;
    } while (to[-2] != AT_NULL);
}

const char *stack_getenv(const struct stack *s, const char *name)
{
    size_t n = strlen(name);
    for (char **env = s->envp; *env; env++) {
        size_t i = 0;
        while (i < n && (*env)[i] == name[i])
            i++;
        if (i == n && (*env)[n] == '=')
            return *env + n + 1;
    }
    return NULL;
}

u64 stack_aux(const struct stack *s, u64 type)
{
    for (u64 *aux = s->auxv; aux[0] != AT_NULL; aux += 2)
        if (aux[0] == type)
            return aux[1];
    return 0;
}

void stack_set_aux(struct stack *s, u64 type, u64 value)
{
    for (u64 *aux = s->auxv; aux[0] != AT_NULL; aux += 2)
        if (aux[0] == type)
            aux[1] = value;
}

void stack_drop_aux(struct stack *s, u64 type)
{
    for (u64 *aux = s->auxv; aux[0] != AT_NULL; aux += 2)
        if (aux[0] == type)
            aux[0] = AT_IGNORE;
}

/* What the kernel was told last. The auxv is a copy with one entry more, which the guest's own has not. */
static struct prctl_mm_map published;
static u64 shown_auxv[64];
static u64 *shown_user;

static void copy_auxv(const u64 *from)
{
    u64 *to = shown_auxv;
    while (from[0] != AT_NULL && to < shown_auxv + 60) {
        *to++ = *from++;
        *to++ = *from++;
    }
    *to++ = LPMX_AUX_USER;
    shown_user = to++;
    *to++ = AT_NULL;
    *to++ = 0;
    published.auxv = (void *)shown_auxv;
    published.auxv_size = (u32)((char *)to - (char *)shown_auxv);
}

/* Needs Linux 3.18 with CONFIG_CHECKPOINT_RESTORE; without it /proc goes on describing lpmx-start, which only debuggers notice, and peers of
 * sockets do not learn who this is inside. The code and data bounds stay our own: kernels before 5.10 want the heap to lie behind them, and
 * ours does. */
void stack_publish(const struct stack *s, u32 euid, u32 egid)
{
    extern const char __ehdr_start[], etext[], edata[], end[];
    u64 brk = (u64)sys1(SYS_brk, 0);
    char *arg_start = s->argc ? s->argv[0] : s->env_start;
    char *arg_end = s->argc ? s->argv[s->argc - 1] + strlen(s->argv[s->argc - 1]) + 1 : s->env_start;
    if (!s->env_start || !arg_start || brk < (u64)end)
        return;
    published = (struct prctl_mm_map){
        .start_code = (u64)__ehdr_start, .end_code = (u64)etext, .start_data = (u64)edata, .end_data = (u64)edata,
        .start_brk = brk, .brk = brk, .start_stack = (u64)s->sp,
        .arg_start = (u64)arg_start, .arg_end = (u64)arg_end, .env_start = (u64)s->env_start, .env_end = (u64)s->env_end,
        .exe_fd = (u32)-1,
    };
    copy_auxv(s->auxv);
    *shown_user = (u64)euid << 32 | egid;
    sys5(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, &published, sizeof published, 0);
}

/* The call sets all bounds at once, and another thread may be moving the heap's end: with threads, what was said before stays. */
void engine_show_user(u32 euid, u32 egid)
{
    struct stat threads;
    if (!shown_user || core_is_guest_of(core_self) || sys4(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &threads, 0) || threads.st_nlink != 3)
        return;
    *shown_user = (u64)euid << 32 | egid;
    published.brk = (u64)sys1(SYS_brk, 0);
    sys5(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, &published, sizeof published, 0);
}
