/* One call of a program by the broker; see broker.h. This process waits for the program and passes signals and its end between it and the client. A
 * client that ends before its program (it was killed: it cannot do anything else then) takes it along: TERM, after a moment KILL.
 */
#define _GNU_SOURCE
#include "broker.h"
#include "container.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STRINGS_MAX (256u << 20)
#define GRACE_MS 2000

struct request {
    struct lpmx_ask ask;
    const char *container, *program, *cwd;
    struct list argv, env;
    int conn;
    pid_t peer;
};

static int read_strings(struct request *r)
{
    u64 size = r->ask.size;
    if (memcmp(r->ask.magic, LPMX_MAGIC_ASK, 8) || r->ask.abi != LPMX_ABI || !size || size > STRINGS_MAX || !r->ask.nfds || r->ask.nfds > 1 << 20)
        return -EPROTO;
    char *at = need(size), *end = at + size;
    int error = wire_receive(r->conn, at, size);
    if (error || end[-1])
        return error ? error : -EPROTO;
    struct list all = {0};
    for (; at < end; at += strlen(at) + 1)
        list_add(&all, at);
    if (!r->ask.nargs || all.n != 3 + (u64)r->ask.nargs + r->ask.nenv)
        return -EPROTO;
    r->container = all.at[0];
    r->program = all.at[1];
    r->cwd = all.at[2];
    for (size_t k = 3; k < all.n; k++)
        list_add(k < 3 + (size_t)r->ask.nargs ? &r->argv : &r->env, all.at[k]);
    list_add(&r->env, NULL);
    return 0;
}

/* By the plan as it is now: maps of a running container count at once. */
static bool is_allowed(const struct request *r)
{
    bool id = strlen(r->container) == 64 && !r->container[strspn(r->container, "0123456789abcdef")];
    char *folder = id ? container_folder(r->container) : NULL;
    if (!folder || !container_exists(folder) || *r->program != '/')
        return false;
    struct plan *p = need(sizeof *p);
    container_load(p, folder);
    return broker_allows(p, r->program);
}

static bool is_among(const u32 *numbers, u32 n, int fd)
{
    while (n--)
        if (numbers[n] == (u32)fd)
            return true;
    return false;
}

/* Another number for a descriptor of ours: from `from` on, free, and none of the program's. */
static int move_away(int fd, const u32 *numbers, u32 n, int from)
{
    int to = fcntl(fd, F_DUPFD_CLOEXEC, from);
    while (to >= 0 && is_among(numbers, n, to)) {
        int next = fcntl(fd, F_DUPFD_CLOEXEC, to + 1);
        close(to);
        to = next;
    }
    if (to >= 0)
        close(fd);
    return to;
}

/* The program's descriptors, each under its number. They come in ascending order and so take numbers not above their own; from the last one down
 * each can go to its place. The working directory is the last. */
static int take_files(struct request *r, int *report)
{
    struct rlimit files;
    u32 n = r->ask.nfds, *numbers = need(n * sizeof *numbers);
    int *fds = need(n * sizeof *fds), limit = 1024;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
        limit = files.rlim_max < INT32_MAX ? (int)files.rlim_max : INT32_MAX;
    }
    r->conn = move_away(r->conn, NULL, 0, (int)n + 3); /* received ones take the lowest */
    *report = move_away(*report, NULL, 0, (int)n + 3);
    if (r->conn < 0 || *report < 0)
        return -EMFILE;
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    for (u32 k = 0; k < n;) {
        u32 some = n - k < LPMX_ASK_BATCH ? n - k : LPMX_ASK_BATCH;
        int error = wire_word(r->conn, LPMX_WORD_MORE, 0);
        if (!error)
            error = wire_receive_fds(r->conn, numbers + k, fds + k, some);
        if (error)
            return error;
        k += some;
    }
    u32 left = n - 1;
    for (u32 k = 0; k < left; k++)
        if ((u32)fds[k] > numbers[k] || (k && numbers[k] <= numbers[k - 1]))
            return -EMFILE;
    if (fchdir(fds[left]) < 0 && chdir(r->cwd) < 0)
        return -errno;
    close(fds[left]);
    int *own[] = {&r->conn, report};
    for (int k = 0; k < 2; k++) /* out of the way of what comes to its place now */
        if (is_among(numbers, left, *own[k]) && (*own[k] = move_away(*own[k], numbers, left, (int)n + 3)) < 0)
            return -EMFILE;
    while (left--) {
        if (fds[left] == (int)numbers[left])
            continue;
        if (numbers[left] < (u32)limit && dup2(fds[left], (int)numbers[left]) < 0) /* beyond it: opened before the limit was set */
            return -errno;
        close(fds[left]);
    }
    return 0;
}

static void take_limits(const struct lpmx_ask *ask)
{
    cpu_set_t cpus;
    int level = (int)ask->nice - 20;
    u64 any = 0;
    for (size_t k = 0; k < 16; k++)
        any |= ask->cpus[k];
    memcpy(&cpus, ask->cpus, sizeof cpus);
    if (any)
        sched_setaffinity(0, sizeof cpus, &cpus);
    if (level != getpriority(PRIO_PROCESS, 0))
        setpriority(PRIO_PROCESS, 0, level);
    umask((mode_t)ask->umask & 0777);
    for (int k = 0; k < 16; k++) {
        struct rlimit now, wanted = {ask->limits[2 * k], ask->limits[2 * k + 1]};
        if (getrlimit(k, &now) < 0 || (now.rlim_cur == wanted.rlim_cur && now.rlim_max == wanted.rlim_max))
            continue;
        wanted.rlim_max = wanted.rlim_max < now.rlim_max ? wanted.rlim_max : now.rlim_max;
        wanted.rlim_cur = wanted.rlim_cur < wanted.rlim_max ? wanted.rlim_cur : wanted.rlim_max;
        setrlimit(k, &wanted);
    }
}

static void take_signals(const struct lpmx_ask *ask)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    for (int n = 1; n < 65; n++) {
        if (n != SIGKILL && n != SIGSTOP)
            signal(n, ask->ignored >> (n - 1) & 1 ? SIG_IGN : SIG_DFL);
        if (ask->blocked >> (n - 1) & 1)
            sigaddset(&blocked, n);
    }
    sigprocmask(SIG_SETMASK, &blocked, NULL);
}

/* Becomes the program. `report` gets whether it is in the client's process group, then, if it cannot be started, why. */
static _Noreturn void become(struct request *r, int report)
{
    int error = take_files(r, &report);
    u32 joined = getsid(r->peer) == getsid(0) && setpgid(0, getpgid(r->peer)) == 0;
    if (!joined)
        setsid();
    if (write(report, &joined, sizeof joined) == sizeof joined && !error) {
        take_limits(&r->ask);
        take_signals(&r->ask);
        execve(r->program, (char **)r->argv.at, (char **)r->env.at);
        error = -errno;
    }
    u32 why = (u32)-error;
    _exit(write(report, &why, sizeof why) < 0 ? EXIT_NOT_RUNNABLE : EXIT_ENGINE);
}

static void woken(int number)
{
    (void)number;
}

/* Tells what has become of the program; never returns once it has ended. */
static void tell_end(int conn, pid_t child)
{
    int state;
    pid_t pid;
    while ((pid = waitpid(child, &state, WNOHANG | WUNTRACED)) == child) {
        if (WIFSTOPPED(state)) {
            wire_word(conn, LPMX_WORD_STOPPED, (u32)WSTOPSIG(state));
            continue;
        }
        wire_word(conn, WIFEXITED(state) ? LPMX_WORD_EXITED : LPMX_WORD_KILLED, (u32)(WIFEXITED(state) ? WEXITSTATUS(state) : WTERMSIG(state)));
        _exit(0);
    }
    if (pid < 0)
        _exit(0);
}

/* What the client sends is passed on; false once it is gone. */
static bool pass_on(int conn, pid_t child)
{
    struct lpmx_word word;
    if (wire_receive(conn, &word, sizeof word))
        return false;
    if (word.kind == LPMX_WORD_SIGNAL && word.value && word.value < 65)
        kill(child, (int)word.value);
    return true;
}

static _Noreturn void watch(int conn, pid_t child)
{
    sigset_t children, none;
    struct timespec grace = {GRACE_MS / 1000, 0};
    bool there = true, ended = false;
    sigemptyset(&none);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL); /* let through in ppoll only, so none is missed */
    for (;;) {
        struct pollfd fds = {conn, POLLIN, 0};
        tell_end(conn, child);
        int n = ppoll(&fds, there, !there && !ended ? &grace : NULL, &none);
        if (n > 0 && !pass_on(conn, child)) {
            there = false;
            kill(child, SIGTERM);
            kill(child, SIGCONT); /* a stopped one could not end */
        } else if (n == 0) {
            ended = true;
            kill(child, SIGKILL);
        }
    }
}

_Noreturn void broker_serve(int conn, pid_t peer)
{
    struct request *r = need(sizeof *r);
    u32 told[2] = {0};
    int report[2], error;
    r->conn = conn;
    r->peer = peer;
    signal(SIGCHLD, woken);
    if ((error = wire_receive(conn, &r->ask, sizeof r->ask)) || (error = read_strings(r))) {
        wire_word(conn, LPMX_WORD_FAILED, (u32)-error);
        _exit(0);
    }
    if (!is_allowed(r)) {
        wire_word(conn, LPMX_WORD_REFUSED, 0);
        _exit(0);
    }
    pid_t child = pipe2(report, O_CLOEXEC) < 0 ? -1 : fork();
    if (child == 0) {
        close(report[0]);
        become(r, report[1]);
    }
    error = child < 0 ? errno : 0;
    if (child >= 0) {
        close(report[1]);
        ssize_t first = read(report[0], &told[0], sizeof told[0]), second = read(report[0], &told[1], sizeof told[1]);
        error = second > 0 ? (int)told[1] : first > 0 ? 0 : EIO; /* nothing: it was killed */
        close(report[0]);
    }
    if (error) {
        wire_word(conn, LPMX_WORD_FAILED, (u32)error);
        _exit(0);
    }
    wire_word(conn, LPMX_WORD_STARTED, told[0]);
    watch(conn, child);
}
