/* Shows with which rights and surroundings it runs: for tests of set-id programs of the host that a container calls (tests/specs/compose/broker).
 * Usage: tool_rights WORD..., done in order; see main. Static musl. The test set-up, which is root, makes set-id copies of it, so it does nothing
 * that its caller could not do: it gives its rights back first, but for `show`.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* effective ids against the real ones, and what /proc/self/status has of NoNewPrivs, Seccomp and the effective capabilities */
static void show(void)
{
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    printf("uid %s", geteuid() == getuid() ? "own" : geteuid() ? "other" : "root");
    printf(" gid %s", getegid() == getgid() ? "own" : "other");
    while (status && fgets(line, sizeof line, status)) {
        line[strcspn(line, "\n")] = 0;
        if (!strncmp(line, "NoNewPrivs:", 11) || !strncmp(line, "Seccomp:", 8))
            printf(" %.*s %s", (int)strcspn(line, ":"), line, line + strcspn(line, "\t") + 1);
        if (!strncmp(line, "CapEff:", 7))
            printf(" caps %s", strtoull(line + 7, NULL, 16) ? "some" : "none");
    }
    if (status)
        fclose(status);
    printf("\n");
}

/* stdin to stdout, as cat(1) */
static void copy(void)
{
    char chunk[65536];
    ssize_t got;
    while ((got = read(0, chunk, sizeof chunk)) > 0)
        for (ssize_t at = 0, put; at < got; at += put)
            if ((put = write(1, chunk + at, (size_t)(got - at))) < 0)
                exit(99);
}

static void show_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    struct dirent *e;
    int n = 0;
    while (folder && (e = readdir(folder)))
        if (*e->d_name != '.' && atoi(e->d_name) != dirfd(folder)) {
            if (n < 8)
                printf("%s%s", n ? " " : "", e->d_name);
            n++;
        }
    printf(" (%d)\n", n);
}

/* umask, nice, the soft and hard limit on open files, ignored and blocked signals (bits), CPUs */
static void show_settings(void)
{
    struct rlimit files;
    cpu_set_t cpus;
    mode_t mask = umask(0);
    unsigned long long ignored = 0, blocked = 0;
    sigset_t set;
    umask(mask);
    getrlimit(RLIMIT_NOFILE, &files);
    sigprocmask(SIG_BLOCK, NULL, &set);
    for (int n = 1; n < 32; n++) {
        struct sigaction action;
        ignored |= (unsigned long long)(sigaction(n, NULL, &action) == 0 && action.sa_handler == SIG_IGN) << (n - 1);
        blocked |= (unsigned long long)sigismember(&set, n) << (n - 1);
    }
    sched_getaffinity(0, sizeof cpus, &cpus);
    printf("umask %03o nice %d files %llu %llu ignored %llx blocked %llx cpus %d\n", (unsigned)mask, getpriority(PRIO_PROCESS, 0),
           (unsigned long long)files.rlim_cur, (unsigned long long)files.rlim_max, ignored, blocked, CPU_COUNT(&cpus));
}

static void got(int number)
{
    char text[] = "got 00\n";
    text[4] = (char)('0' + number / 10);
    text[5] = (char)('0' + number % 10);
    if (write(1, text, 7) < 0)
        _exit(99);
}

static void sizes(char **argv)
{
    size_t args = 0, env = 0;
    for (; *argv; argv++)
        args += strlen(*argv);
    for (char **e = environ; *e; e++)
        env += strlen(*e);
    printf("args %zu env %zu\n", args, env);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 && !strcmp(argv[1], "show"))
        show();
    if (setresgid(getgid(), getgid(), getgid()) || setresuid(getuid(), getuid(), getuid()))
        return 98;
    for (int k = 1; k < argc; k++) {
        const char *word = argv[k], *next = k + 1 < argc ? argv[k + 1] : "0";
        if (!strcmp(word, "exit"))
            return atoi(next);
        if (!strcmp(word, "kill"))
            raise(atoi(next));
        if (!strcmp(word, "cat"))
            copy();
        if (!strcmp(word, "say"))
            dprintf(atoi(next), "said\n");
        if (!strcmp(word, "catch"))
            signal(atoi(next), got);
        if (!strcmp(word, "sleep")) /* to the end, whatever is caught */
            for (unsigned left = (unsigned)atoi(next); left;)
                left = sleep(left);
        if (!strcmp(word, "pause"))
            pause();
        if (!strcmp(word, "env"))
            printf("%s\n", getenv(next) ? getenv(next) : "(unset)");
        if (!strcmp(word, "pid"))
            printf("%d\n", (int)getpid());
        if (!strcmp(word, "group"))
            printf("%d %d\n", (int)getpgrp(), (int)getsid(0));
        if (!strcmp(word, "cwd")) {
            char cwd[4096];
            printf("%s\n", getcwd(cwd, sizeof cwd) ? cwd : "?");
        }
        if (!strcmp(word, "files"))
            show_files();
        if (!strcmp(word, "settings"))
            show_settings();
        if (!strcmp(word, "sizes"))
            sizes(argv);
        if (!strcmp(word, "name"))
            printf("%s\n", argv[0]);
    }
    return 0;
}
