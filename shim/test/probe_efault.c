/* Probe: bad pointers and unending strings in system calls. The kernel answers EFAULT or ENAMETOOLONG, and no handler of the
 * guest for SIGSEGV may run. Raw system calls, so that no libc looks at the pointers first.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t faults;

static void count(int sig)
{
    (void)sig;
    faults++;
    _exit(9);
}

static const char *name(long r)
{
    return r >= 0 ? "ok" : errno == EFAULT ? "EFAULT" : errno == ENAMETOOLONG ? "ENAMETOOLONG" : strerror(errno);
}

/* Paths of every length that end right before a page that is not there, whole and without their end, and as long as a path may be. */
static void page_ends(char *end)
{
    struct stat st;
    char text[200];
    unsigned wrong = 0;
    memset(text, '/', sizeof text);
    memcpy(text + sizeof text - 10, "etc/passwd", 10);
    for (unsigned n = 10; n <= sizeof text; n++) {
        const char *path = text + sizeof text - n;
        memcpy(end - n - 1, path, n);
        end[-1] = 0;
        wrong += syscall(SYS_stat, end - n - 1, &st) != (n == 10 ? -1 : 0);
        memcpy(end - n, path, n);
        wrong += syscall(SYS_stat, end - n, &st) != -1 || errno != EFAULT;
    }
    printf("page ends %u wrong", wrong);
    static char longest[4200];
    memset(longest, '/', sizeof longest - 1);
    for (unsigned n = 4090; n < 4100; n++) {
        longest[n] = 0;
        printf(" %s", name(syscall(SYS_stat, longest, &st)));
        longest[n] = '/';
    }
    printf("\n");
}

int main(void)
{
    static char out[4096], big[8192];
    struct stat st;
    memset(big, 'a', sizeof big - 1);
    char *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(two + 4096, 4096, PROT_NONE); /* a hole could be given to somebody else */
    memset(two, '/', 4096);
    char *bad[] = {NULL, (char *)16, (char *)0x123456789000, (char *)-4096, (char *)0x8000000000000000, two + 4090, two + 4096};
    signal(SIGSEGV, count);
    signal(SIGBUS, count);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *p = bad[i];
        printf("%u open %s", i, name(syscall(SYS_open, p, O_RDONLY)));
        printf(" openat %s", name(syscall(SYS_openat, AT_FDCWD, p, O_RDONLY)));
        printf(" stat %s", name(syscall(SYS_stat, p, &st)));
        printf(" access %s", name(syscall(SYS_access, p, 0)));
        printf(" readlink %s", name(syscall(SYS_readlink, p, out, sizeof out)));
        printf(" mkdir %s", name(syscall(SYS_mkdir, p, 0755)));
        printf(" unlink %s", name(syscall(SYS_unlink, p)));
        printf(" rename %s", name(syscall(SYS_rename, p, "x")));
        printf(" symlink %s", name(syscall(SYS_symlink, p, "/nonexistent/x")));
        printf(" chdir %s", name(syscall(SYS_chdir, p)));
        printf(" execve %s\n", name(syscall(SYS_execve, p, NULL, NULL)));
    }
    printf("stat to bad %s", name(syscall(SYS_stat, "/etc", (void *)16)));
    printf(" getcwd %s", name(syscall(SYS_getcwd, (void *)16, 4096)));
    printf(" readlink to bad %s", name(syscall(SYS_readlink, "/proc/self/exe", (void *)16, 100)));
    printf(" rename second %s", name(syscall(SYS_rename, "/etc", (void *)16)));
    printf(" sigaction %s", name(syscall(SYS_rt_sigaction, SIGUSR1, (void *)16, NULL, 8)));
    printf(" sigaction old %s", name(syscall(SYS_rt_sigaction, SIGSEGV, NULL, (void *)16, 8)));
    printf(" sigprocmask %s", name(syscall(SYS_rt_sigprocmask, SIG_BLOCK, (void *)16, NULL, 8)));
    printf(" how %s", name(syscall(SYS_rt_sigprocmask, -1, (void *)16, NULL, 8)));
    printf(" sigsuspend %s\n", name(syscall(SYS_rt_sigsuspend, (void *)16, 8)));
    printf("too long %s %s\n", name(syscall(SYS_open, big, O_RDONLY)), name(syscall(SYS_stat, big, &st)));
    printf("empty %s\n", name(syscall(SYS_open, "", O_RDONLY)));
    printf("argv %s", name(syscall(SYS_execve, "/bin/sh", (char **)16, NULL)));
    char *args[] = {"sh", (char *)16, NULL};
    printf(" argument %s", name(syscall(SYS_execve, "/bin/sh", args, NULL)));
    printf(" envp %s\n", name(syscall(SYS_execve, "/bin/sh", NULL, (char **)16)));
    page_ends(two + 4096);
    printf("handler runs %d\n", (int)faults);
    return 0;
}
