/* The hosted half of sys.h, and the report: see harness.h. */
#define _GNU_SOURCE
#include "harness.h"
#include "../core/state.h"
#include "files.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

long hook_count, hook_end, hook_fail, hook_error, hook_missing;
void (*hook_before)(void);
char test_folder[4096];
bool test_root, test_long;
u64 random_state = 1;

static const char *program = "test";
static int passed, failed, skipped, arg_count;
static char **arg_list;

static long raw(long nr, long a, long b, long c, long d, long e, long f)
{
    long ret;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return ret;
}

long sys_hook(long nr, long a, long b, long c, long d, long e, long f)
{
    long n = ++hook_count;
    if (hook_before)
        hook_before();
    if (n == hook_end)
        _exit(HOOK_EXIT);
    if (nr == hook_missing && nr)
        return -ENOSYS;
    return n == hook_fail ? hook_error : raw(nr, a, b, c, d, e, f);
}

static bool bad_pointer(const void *p)
{
    return (unsigned long)p < 4096;
}

long guest_copy_str(char *dst, const char *src, size_t cap)
{
    if (bad_pointer(src))
        return -EFAULT;
    for (size_t i = 0; i < cap; i++)
        if (!(dst[i] = src[i]))
            return (long)i;
    return -ENAMETOOLONG;
}

long guest_read(void *dst, const void *src, size_t n)
{
    if (bad_pointer(src))
        return -EFAULT;
    memcpy(dst, src, n);
    return 0;
}

long guest_write(void *dst, const void *src, size_t n)
{
    if (bad_pointer(dst))
        return -EFAULT;
    memcpy(dst, src, n);
    return 0;
}

void engine_exec_begin(u32 *busy)
{
    (void)busy;
}

void engine_show_user(u32 euid, u32 egid)
{
    (void)euid, (void)egid;
}

void engine_exec_failed(u32 *busy)
{
    (void)busy;
}

long call_kernel(long nr, const long a[6])
{
    return raw(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

long call_core(long nr, const long a[6])
{
    long r = core_syscall(core_self, nr, a);
    return r == CORE_PASS ? call_kernel(nr, a) : r;
}

int core_restart(const char *folder)
{
    static char text[8192];
    char plan[4096];
    struct handover h;
    const char *what;
    size_t pos = 0;
    for (int i = 0; i < 64; i++)
        if (core_self->own_fds >> i & 1)
            close(LPMX_FD_MIN + i);
    memset(core_self, 0, sizeof *core_self);
    snprintf(plan, sizeof plan, "%s/container/plan", folder);
    handover_put(text, sizeof text, &pos, 'a', "1", 1);
    handover_put(text, sizeof text, &pos, 's', folder, strlen(folder));
    handover_put(text, sizeof text, &pos, 'p', plan, strlen(plan));
    handover_put(text, sizeof text, &pos, 'i', "0 0 0 0 0 0 0 0 0", 17);
    handover_put(text, sizeof text, &pos, 'm', "0 0", 3);
    handover_put(text, sizeof text, &pos, 'c', "", 0);
    handover_put(text, sizeof text, &pos, 'f', "", 0); /* a first start looks for the bloom */
    int r = handover_parse(text, &h);
    if (!r)
        r = core_init(core_self, &h, "/lpmx-start", &what);
    return r ? r : core_make_mount_points(core_self, &what);
}

void be_unprivileged(void)
{
    if (getuid())
        return;
    if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
        die("cannot become uid %d", NOBODY);
}

int in_child(int (*f)(void *), void *arg)
{
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        be_unprivileged();
        int r = f(arg);
        fflush(stdout);
        _exit(r);
    }
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            die("waitpid: %m");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

const char *test_text(const char *name)
{
    size_t n = strlen(name);
    for (int i = 1; i < arg_count; i++)
        if (!strncmp(arg_list[i], "--", 2) && !strncmp(arg_list[i] + 2, name, n) && arg_list[i][2 + n] == '=')
            return arg_list[i] + 3 + n;
    return NULL;
}

long test_option(const char *name, long otherwise)
{
    const char *text = test_text(name);
    return text ? strtol(text, NULL, 0) : otherwise;
}

void test_start(const char *name, int argc, char **argv)
{
    const char *base = getenv("TMPDIR");
    program = name;
    arg_count = argc;
    arg_list = argv;
    test_long = getenv("LPMX_TEST_LONG") != NULL;
    for (int i = 1; i < argc; i++)
        test_long = test_long || !strcmp(argv[i], "--long");
    test_root = !getuid();
    for (int fd = 3; fd <= LPMX_FD_MAX; fd++)
        close(fd); /* what a runner left open would be counted as ours */
    umask(022);
    char folder[2048];
    snprintf(folder, sizeof folder, "%s/lpmx-%s.XXXXXX", base && *base ? base : "/tmp", name);
    if (!mkdtemp(folder) || !realpath(folder, test_folder))
        die("cannot make %s: %m", folder);
    if (test_root && chown(test_folder, NOBODY, NOBODY))
        die("cannot give %s away: %m", test_folder);
}

int test_end(void)
{
    if (!failed && !getenv("LPMX_TEST_KEEP"))
        remove_tree(test_folder);
    else
        printf("%s: kept %s\n", program, test_folder);
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed || !passed;
}

bool test_report(const char *test, bool ok, const char *reason, ...)
{
    va_list ap;
    *(ok ? &passed : &failed) += 1;
    printf("%s %s/%s", ok ? "ok" : "FAILED", program, test);
    if (reason && *reason) {
        fputs(": ", stdout);
        va_start(ap, reason);
        vprintf(reason, ap);
        va_end(ap);
    }
    putchar('\n');
    fflush(stdout);
    return ok;
}

void test_skip(const char *test, const char *reason)
{
    skipped++;
    printf("skipped %s/%s: %s\n", program, test, reason);
}

void die(const char *what, ...)
{
    va_list ap;
    fflush(stdout);
    fprintf(stderr, "%s: ", program);
    va_start(ap, what);
    vfprintf(stderr, what, ap);
    va_end(ap);
    fputc('\n', stderr);
    _exit(99);
}

u64 random_next(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1dull;
}

u32 from_hex(const char *text, u8 *out)
{
    u32 n = 0;
    for (unsigned byte; *text; text += *text == ' ' ? 1 : 2)
        if (*text != ' ' && sscanf(text, "%2x", &byte) == 1)
            out[n++] = (u8)byte;
    return n;
}

void *shared_memory(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        die("no memory");
    return p;
}

const char *error_name(long r)
{
    static const struct {
        int number;
        const char *name;
    } known[] = {
#define E(name) {name, #name}
        E(EPERM), E(ENOENT), E(EINTR), E(EIO), E(ENXIO), E(E2BIG), E(EBADF), E(EAGAIN), E(ENOMEM), E(EACCES), E(EFAULT), E(EBUSY), E(EEXIST),
        E(EXDEV), E(ENODEV), E(ENOTDIR), E(EISDIR), E(EINVAL), E(EMFILE), E(ETXTBSY), E(ENOSPC), E(ESPIPE), E(EROFS), E(EMLINK), E(ERANGE),
        E(ENAMETOOLONG), E(ENOSYS), E(ENOTEMPTY), E(ELOOP), E(ENODATA), E(EOPNOTSUPP), E(EDQUOT), E(ESTALE), E(ENOEXEC),
#undef E
    };
    static char other[24];
    if (r >= 0)
        return "ok";
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].number == -r)
            return known[i].name;
    snprintf(other, sizeof other, "errno %ld", -r);
    return other;
}
