/* Probe: descriptors that run out, are all closed or all taken, and limits lowered below the numbers that the core keeps its own at.
 * Path calls that need no descriptor natively must go on working without one, and counts and numbers must be the native ones.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/probe.XXXXXX";

/* Path calls that need no descriptor, each a bit of the result; all = 1023. */
static int paths(void)
{
    struct stat st;
    char from[64], to[64], text[256];
    int good = 0;
    snprintf(from, sizeof from, "%s/from", dir);
    snprintf(to, sizeof to, "%s/to", dir);
    good |= (stat("/etc/passwd", &st) == 0) << 0;
    good |= (access("/no/such", F_OK) == -1 && errno == ENOENT) << 1;
    good |= (mkdir(from, 0700) == 0) << 2;
    good |= (rename(from, to) == 0) << 3;
    good |= (rmdir(to) == 0) << 4;
    good |= (symlink("target", from) == 0) << 5;
    good |= (readlink(from, text, sizeof text) == 6) << 6;
    good |= (unlink(from) == 0) << 7;
    good |= (chdir(dir) == 0 && getcwd(text, sizeof text) && !strcmp(text, dir)) << 8;
    good |= (chmod(".", 0750) == 0 && stat(dir, &st) == 0 && (st.st_mode & 0777) == 0750) << 9;
    return good;
}

static int set_limit(rlim_t soft, int hard_too)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = soft;
    if (hard_too)
        limit.rlim_max = soft;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

/* How many opens succeed, and how the next fails; then all are closed again. */
static int open_all(const char *what)
{
    int count = 0, fd, last = -1;
    while ((fd = open("/etc/passwd", O_RDONLY)) >= 0) {
        count++;
        last = fd;
    }
    printf("%s: %d opened, last %d, then %s, paths %d, limit %ld\n", what, count, last, strerror(errno), paths(), sysconf(_SC_OPEN_MAX));
    DIR *list = opendir("/etc");
    printf("%s: opendir %s", what, list ? "works" : strerror(errno));
    for (fd = 3; fd <= last; fd++)
        close(fd);
    list = opendir("/etc");
    printf(", after closing %s\n", list && readdir(list) ? "works" : strerror(errno));
    if (list)
        closedir(list);
    return count;
}

static int count_listed(void)
{
    DIR *list = opendir("/proc/self/fd");
    int n = 0;
    while (list && readdir(list))
        n++;
    if (list)
        closedir(list);
    return n;
}

/* Runs act in a child of its own and tells how it ended. */
static void child(const char *what, void (*act)(void))
{
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        act();
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status) || WEXITSTATUS(status))
        printf("%s: %s %d\n", what, WIFSIGNALED(status) ? "killed by" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void soft_64(void)
{
    set_limit(64, 0);
    open_all("soft limit 64");
}
static void hard_64(void)
{
    set_limit(64, 1);
    open_all("hard limit 64");
    printf("system %d\n", system("exit 3") >> 8);
}
static void no_more(void)
{
    set_limit(3, 0);
    open_all("soft limit 3");
    set_limit(0, 0);
    open_all("soft limit 0");
}
static void no_more_ever(void)
{
    set_limit(3, 1);
    open_all("hard limit 3");
}

static void all_closed(void)
{
    int was = count_listed();
    for (int fd = 3; fd < 1100; fd++)
        close(fd);
    printf("all closed: listed %d more than now, paths %d\n", was - count_listed(), paths());
    syscall(SYS_close_range, 3, ~0U, 0);
    printf("close_range: paths %d next %d\n", paths(), open("/dev/null", O_RDONLY));
    syscall(SYS_close_range, 3, ~0U, 4); /* CLOSE_RANGE_CLOEXEC */
    printf("cloexec: paths %d system %d\n", paths(), system("exit 3") >> 8);
}

static void all_taken(void)
{
    int taken = 0, good = 0;
    struct stat st, null;
    set_limit(1024, 0);
    int fd = open("/dev/null", O_RDWR);
    fstat(fd, &null);
    for (int to = 3; to < 1024; to++)
        taken += to == fd || dup2(fd, to) == to;
    printf("taken %d, paths %d, open %d %s\n", taken, paths(), open("/etc/passwd", O_RDONLY), strerror(errno));
    for (int to = 3; to < 1024; to++)
        good += fstat(to, &st) == 0 && st.st_rdev == null.st_rdev;
    printf("still there %d\n", good);
    close(700);
    printf("freed one: open %d then %d\n", open("/etc/passwd", O_RDONLY), open("/etc/passwd", O_RDONLY));
    for (int from = 3; from < 1024; from++)
        close(from);
    printf("closed again: paths %d open %d\n", paths(), open("/etc/passwd", O_RDONLY));
}

/* The numbers in which the core keeps its own. */
static void high_numbers(void)
{
    struct stat st;
    int hidden = 0;
    char byte;
    for (int fd = 900; fd < 1024; fd++) {
        struct pollfd ask = {.fd = fd, .events = POLLIN};
        hidden += fcntl(fd, F_GETFD) == -1 && errno == EBADF && fstat(fd, &st) == -1 && errno == EBADF && dup(fd) == -1 && errno == EBADF &&
            read(fd, &byte, 1) == -1 && errno == EBADF && close(fd) == -1 && errno == EBADF && fchdir(fd) == -1 && errno == EBADF &&
            dup2(fd, 5) == -1 && errno == EBADF && openat(fd, "x", O_RDONLY) == -1 && errno == EBADF && poll(&ask, 1, 0) == 1 && ask.revents == POLLNVAL;
    }
    printf("nobody's numbers %d\n", hidden);
    int null = open("/dev/null", O_RDWR);
    printf("F_DUPFD from 1000: %d %d\n", fcntl(null, F_DUPFD, 1000), fcntl(null, F_DUPFD_CLOEXEC, 1000));
    printf("dup2 %d dup3 %d paths %d\n", dup2(null, 963), dup3(null, 964, O_CLOEXEC), paths());
    printf("kept over exec: %d\n", system("[ -c /proc/self/fd/963 ]"));
}

int main(void)
{
    if (!mkdtemp(dir))
        return 1;
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    printf("at first: paths %d\n", paths());
    child("soft limit 64", soft_64);
    child("hard limit 64", hard_64);
    child("soft limit 3", no_more);
    child("hard limit 3", no_more_ever);
    child("all closed", all_closed);
    child("all taken", all_taken);
    child("high numbers", high_numbers);
    printf("rmdir %d\n", rmdir(dir));
    return 0;
}
