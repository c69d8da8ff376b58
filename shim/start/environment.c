/* Variables that were set from outside while the container runs (contract.h, LPMX_SEC_CHANGES), put into the environment of a program that is
 * about to start: once in each line of descent, so that a program that changes one afterwards keeps its own.
 *
 * argc, argv, envp and auxv are made anew beside the stack and then moved to where the kernel's lie, lower when they have grown. Our own frames
 * lie right there, so the start goes on with a new one. Rare: runs only in the first programs after such a change.
 */
#include "start.h"
#include <elf.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static char *env_start, *env_end; /* as the kernel made them */

static size_t name_length(const char *assignment)
{
    size_t n = 0;
    while (assignment[n] && assignment[n] != '=')
        n++;
    return n;
}

/* The change that is about this variable, or NULL. */
static const char *change_of(struct core *c, const char *entry)
{
    const char *change;
    size_t n = name_length(entry);
    for (u32 k = 0; (change = core_change(c, k)); k++)
        if (*change && name_length(change) == n && !memcmp(change, entry, n))
            return change;
    return NULL;
}

/* Copies of strings that the program may write to. */
static char *strings;

static long keep(const char *text)
{
    char *at = strings;
    memcpy(at, text, strlen(text) + 1);
    strings += strlen(text) + 1;
    return (long)at;
}

static long *put_environment(struct core *c, const struct stack *s, long *to)
{
    const char *change;
    for (char **env = s->envp; *env; env++) {
        change = change_of(c, *env);
        if (!change)
            *to++ = (long)*env;
        else if (change[name_length(change)])
            *to++ = keep(change);
    }
    for (u32 k = 0; (change = core_change(c, k)); k++) {
        char **env = s->envp;
        while (*env && change_of(c, *env) != change)
            env++;
        if (!*env && *change && change[name_length(change)])
            *to++ = keep(change);
    }
    *to++ = 0;
    return to;
}

/* Goes on as start_changed, with the stack made of what is at from. */
static _Noreturn void go_on(long *to, const void *from, size_t size, u64 mask)
{
    __asm__ volatile("movq %%rdi, %%rsp\n  movq %%rdi, %%r12\n  cld\n  rep movsb\n"
                     "  movq %%r12, %%rdi\n  movq %%rdx, %%rsi\n  andq $-16, %%rsp\n  xorl %%ebp, %%ebp\n  call start_changed\n  hlt\n"
                     : : "D"(to), "S"(from), "c"(size), "d"(mask) : "memory", "r12");
    __builtin_unreachable();
}

void environment_change(struct core *c, const struct stack *s, u64 mask)
{
    size_t texts = 0, words = 0;
    const char *change;
    for (u32 k = 0; (change = core_change(c, k)); k++) {
        words += *change != 0;
        texts += strlen(change) + 1;
    }
    if (!words)
        return;
    u64 *end = s->auxv;
    for (; end[0] != AT_NULL; end += 2)
        ;
    size_t had = (size_t)((char *)(end + 2) - (char *)s->sp);
    long *made = (long *)sys6(SYS_mmap, 0, (long)(had + words * sizeof(long) + texts), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if ((long)made < 0 && (long)made > -4096)
        return; /* without them the program runs as before */
    strings = (char *)made + had + words * sizeof(long);
    size_t before = (size_t)((char *)s->envp - (char *)s->sp), vector = (size_t)((char *)(end + 2) - (char *)s->auxv);
    memcpy(made, s->sp, before);
    long *at = put_environment(c, s, (long *)((char *)made + before));
    memcpy(at, s->auxv, vector);
    size_t size = (size_t)((char *)at - (char *)made) + vector;
    env_start = s->env_start;
    env_end = s->env_end;
    go_on(size > had ? s->sp - ((size - had + 15) & ~15ul) / sizeof(long) : s->sp, made, size, mask);
}

void environment_read(struct stack *s, long *sp)
{
    stack_read(s, sp);
    s->env_start = env_start;
    s->env_end = env_end;
}
