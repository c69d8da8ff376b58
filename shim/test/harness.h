/* What every hosted test of the core stands on: the core's door to the kernel (sys_hook: counted, made to fail or to end the process at
 * call N), copies from "guest" memory, a fresh core over a container's folder, a temp folder of its own, and the report.
 *
 * The caller of a step is either call_core or call_kernel, so that the same code can be run over the view and natively. */
#ifndef LPMX_TEST_HARNESS_H
#define LPMX_TEST_HARNESS_H

#include "../include/contract.h"
#include <stdbool.h>
#include <stddef.h>

/* ---- the hook. hook_count counts the core's calls; at number hook_end (1 …) the process ends before the call is made, at number
 * hook_fail the call is not made and answers hook_error. 0 = never. hook_before, when set, runs before each call. */
#define HOOK_EXIT 77
extern long hook_count, hook_end, hook_fail, hook_error;
extern long hook_missing; /* a call that this kernel does not have, 0 = none */
extern void (*hook_before)(void);

/* ---- callers: a system call's result, or -errno */
typedef long (*caller)(long nr, const long a[6]);
long call_core(long nr, const long a[6]);
long call_kernel(long nr, const long a[6]);
#define CALL6(c, nr, a, b, d, e, f, g) (c)((nr), (const long[6]){(long)(a), (long)(b), (long)(d), (long)(e), (long)(f), (long)(g)})
#define CALL4(c, nr, a, b, d, e) CALL6(c, nr, a, b, d, e, 0, 0)
#define CALL2(c, nr, a, b) CALL6(c, nr, a, b, 0, 0, 0, 0)

/* Forgets the core's state and starts it again over the plan of `folder` (image.h), as a new process would. 0 or -errno. */
int core_restart(const char *folder);

/* ---- the run */
extern char test_folder[4096]; /* the temp folder; removed by test_end unless LPMX_TEST_KEEP is set or something failed */
extern bool test_root;         /* started as root: oracles may use that, the core never runs so */
extern bool test_long;         /* --long, or LPMX_TEST_LONG in the environment */
void test_start(const char *name, int argc, char **argv);
const char *test_text(const char *name);             /* --name=TEXT; NULL when it is not given */
long test_option(const char *name, long otherwise); /* --name=N */
int test_end(void);                                 /* prints the sums; the exit status */
/* One line per test. False = it failed; the reason is printed with it. */
bool test_report(const char *test, bool passed, const char *reason, ...) __attribute__((format(printf, 3, 4)));
void test_skip(const char *test, const char *reason);
void be_unprivileged(void); /* uid 65534 when started as root */
/* Runs f in a child as the unprivileged user; its exit status, or 128 + the signal. */
int in_child(int (*f)(void *), void *arg);

/* ---- small things */
u64 random_next(void); /* xorshift64* over random_state */
extern u64 random_state;
static inline u32 random_below(u32 n) { return (u32)(random_next() >> 33) % n; }
u32 from_hex(const char *text, u8 *out); /* hexadecimal with blanks between bytes where wanted; how many bytes */
void *shared_memory(size_t n);
const char *error_name(long r); /* -errno -> "ENOENT" */
_Noreturn void die(const char *what, ...) __attribute__((format(printf, 1, 2)));

#endif
