/* From a system call number to its operation, and the list of trapped calls for the filter. One table: calls.def. */
#include "native.h"
#include "numbers.h"

static struct core the_core __attribute__((section(".bss.core"))); /* start.ld */
struct core *const core_self = &the_core;

long op_none(struct call *k, const long *a)
{
    (void)k, (void)a;
    return CORE_PASS;
}

long op_refuse(struct call *k, const long *a)
{
    (void)k, (void)a;
    return -EPERM;
}

long op_unsupported(struct call *k, const long *a)
{
    (void)k, (void)a;
    return -EOPNOTSUPP;
}

#define OPS_MAX 512
typedef long (*operation)(struct call *, const long *);

static const operation operations[OPS_MAX] = {
#define CALL(name, trap, op) [SYS_##name] = op,
#include "calls.def"
#undef CALL
};

const struct core_call core_calls[] = {
#define CALL(name, trap, op) {SYS_##name, TRAP_##trap},
#include "calls.def"
#undef CALL
};
const unsigned core_calls_count = sizeof core_calls / sizeof *core_calls;

long core_syscall(struct core *c, long nr, const long a[6])
{
    if (nr < 0 || nr >= OPS_MAX || !operations[nr])
        return CORE_PASS;
    struct call k = {.c = c};
    long r = c->native ? native_call(&k, nr, a) : operations[nr](&k, a);
    call_end(&k);
    return r;
}
