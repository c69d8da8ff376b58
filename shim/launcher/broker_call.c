/* The command's side of the broker; see broker.h. This process stays in the place of the program: it passes on what it is sent and ends, or stops, as
 * the program does. What a terminal sends to a whole process group the program gets by itself when it is in ours.
 */
#define _GNU_SOURCE
#include "broker.h"
#include "files.h"
#include "origin.h"
#include "run.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct ucred peer = {0};
    socklen_t size = sizeof peer, len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
    int fd = strlen(name) < sizeof at.sun_path ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0)
        return -1;
    memcpy(at.sun_path + 1, name, strlen(name));
    if (connect(fd, (void *)&at, len) == 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == getuid())
        return fd; /* another user's may have that name by now */
    close(fd);
    return -1;
}

struct files {
    u32 *numbers;
    int *fds;
    u32 n, cap;
};

static void add_file(struct files *f, u32 number, int fd)
{
    if (f->n == f->cap) {
        struct files more = {need((2 * f->cap + 64) * sizeof(u32)), need((2 * f->cap + 64) * sizeof(int)), f->n, 2 * f->cap + 64};
        if (f->n) {
            memcpy(more.numbers, f->numbers, f->n * sizeof(u32));
            memcpy(more.fds, f->fds, f->n * sizeof(int));
        }
        *f = more;
    }
    f->numbers[f->n] = number;
    f->fds[f->n++] = fd;
}

/* What a program executed here would have: all that stays over exec but for the core's own (what keeps the broker, places). */
static bool is_passed(int fd, int hold)
{
    int flags = fcntl(fd, F_GETFD), mode = fcntl(fd, F_GETFL);
    bool cores = fd >= LPMX_FD_MIN && fd <= LPMX_FD_MAX && mode & O_PATH;
    return flags >= 0 && !(flags & FD_CLOEXEC) && fd != hold && !cores;
}

static int ascending(const void *a, const void *b)
{
    return *(const u32 *)a < *(const u32 *)b ? -1 : *(const u32 *)a > *(const u32 *)b;
}

static struct files open_files(int hold)
{
    struct files f = {0};
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, "/proc/self/fd");
    for (int fd = 0; list.fd < 0 && fd <= LPMX_FD_MAX; fd++)
        if (is_passed(fd, hold))
            add_file(&f, (u32)fd, fd);
    while ((name = listing_next(&list, &type)))
        if (is_passed(atoi(name), hold))
            add_file(&f, (u32)atoi(name), atoi(name));
    qsort(f.numbers, f.n, sizeof *f.numbers, ascending);
    for (u32 k = 0; k < f.n; k++)
        f.fds[k] = (int)f.numbers[k];
    int cwd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cwd < 0)
        cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    add_file(&f, UINT32_MAX, cwd < 0 ? open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : cwd);
    return f;
}

static void describe(struct lpmx_ask *ask, const struct list *argv, const struct list *env, const struct files *f)
{
    sigset_t blocked;
    cpu_set_t cpus;
    *ask = (struct lpmx_ask){.magic = LPMX_MAGIC_ASK, .abi = LPMX_ABI, .nargs = (u32)argv->n, .nenv = (u32)env->n, .nfds = f->n, .umask = run_umask()};
    errno = 0;
    ask->nice = (u32)(getpriority(PRIO_PROCESS, 0) + 20);
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    for (int n = 1; n < 65; n++) {
        struct sigaction action;
        ask->blocked |= (u64)(sigismember(&blocked, n) == 1) << (n - 1);
        ask->ignored |= (u64)(sigaction(n, NULL, &action) == 0 && action.sa_handler == SIG_IGN) << (n - 1);
    }
    if (sched_getaffinity(0, sizeof cpus, &cpus) >= 0)
        memcpy(ask->cpus, &cpus, sizeof cpus < sizeof ask->cpus ? sizeof cpus : sizeof ask->cpus);
    for (int k = 0; k < 16; k++) {
        struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
        getrlimit(k, &limit);
        ask->limits[2 * k] = limit.rlim_cur;
        ask->limits[2 * k + 1] = limit.rlim_max;
    }
}

static int send_request(int conn, const char *program, const struct list *argv, const struct list *env, const struct files *f)
{
    struct lpmx_ask ask;
    struct text strings = {0};
    char cwd[4096];
    const char *where = getcwd(cwd, sizeof cwd) && *cwd == '/' ? cwd : "/";
    text_put(&strings, origin_plan()->id, strlen(origin_plan()->id) + 1);
    text_put(&strings, program, strlen(program) + 1);
    text_put(&strings, where, strlen(where) + 1);
    for (size_t k = 0; k < argv->n; k++)
        text_put(&strings, argv->at[k], strlen(argv->at[k]) + 1);
    for (size_t k = 0; k < env->n; k++)
        text_put(&strings, env->at[k], strlen(env->at[k]) + 1);
    describe(&ask, argv, env, f);
    ask.size = strings.len;
    int error = wire_send(conn, &ask, sizeof ask);
    return error ? error : wire_send(conn, strings.at, strings.len);
}

static _Noreturn void gone(const char *program)
{
    fail("the broker has ended while it ran %s: what became of the program is not known", program);
}

/* As the program: a shell tells by it what happened. No core, the program has left one if it was to. */
static _Noreturn void die_of(int number)
{
    sigset_t only;
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    sigemptyset(&only);
    sigaddset(&only, number);
    signal(number, SIG_DFL);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    _exit(128 + number);
}

static void refuse(const char *program, const struct lpmx_word *word)
{
    if (word->kind == LPMX_WORD_REFUSED)
        fail("cannot run %s: container %s has no map to it that the broker serves", program, origin_plan()->name);
    warn("cannot run the host's %s: %s", program, strerror((int)word->value));
    _exit(word->value == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE);
}

/* One message of the broker. */
static void take_word(int conn, const char *program, const struct files *f, u32 *sent, bool *joined)
{
    struct lpmx_word word;
    if (wire_receive(conn, &word, sizeof word))
        gone(program);
    switch (word.kind) {
    case LPMX_WORD_MORE: {
        u32 n = f->n - *sent < LPMX_ASK_BATCH ? f->n - *sent : LPMX_ASK_BATCH;
        int error = n ? wire_send_fds(conn, f->numbers + *sent, f->fds + *sent, n) : -EPROTO;
        if (error)
            fail("cannot hand the open files to the broker for %s: %s", program, strerror(-error));
        *sent += n;
        return;
    }
    case LPMX_WORD_STARTED:
        *joined = word.value;
        return;
    case LPMX_WORD_STOPPED:
        raise(SIGSTOP); /* the shell waits for us, and will continue the whole group */
        return;
    case LPMX_WORD_EXITED:
        _exit((int)word.value);
    case LPMX_WORD_KILLED:
        die_of((int)word.value);
    default:
        refuse(program, &word);
    }
}

static void pass_on(int conn, int signals, bool joined)
{
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) != sizeof info)
        return;
    int number = (int)info.ssi_signo;
    if (number == SIGTTIN || number == SIGTTOU || number == SIGPIPE || number == SIGURG || number == SIGCHLD)
        return;
    if (info.ssi_code != SI_KERNEL || !joined)
        wire_word(conn, LPMX_WORD_SIGNAL, (u32)number);
}

void broker_call(const char *program, const struct list *argv, const struct list *env)
{
    int hold, conn;
    const char *name = origin_broker(&hold);
    if (!origin_plan() || !broker_wants(origin_plan(), program))
        return;
    if (!name || (conn = connect_to(name)) < 0) {
        char *why = name ? format("the broker of container %s has ended", origin_plan()->name)
                         : format("container %s was entered before it had that map, or from inside another", origin_plan()->name);
        warn("%s runs without the rights of its file: %s: enter it again from the host (lpmx exec, lpmx start)", program,
             why);
        return;
    }
    struct files f = open_files(hold);
    if (send_request(conn, program, argv, env, &f))
        gone(program);
    sigset_t taken = run_signals();
    bool joined = false;
    u32 sent = 0;
    int signals = signalfd(-1, &taken, SFD_CLOEXEC);
    if (signals < 0)
        fail("cannot wait for %s: %s", program, strerror(errno));
    sigprocmask(SIG_BLOCK, &taken, NULL);
    for (;;) {
        struct pollfd fds[] = {{signals, POLLIN, 0}, {conn, POLLIN, 0}};
        if (poll(fds, 2, -1) < 0)
            continue;
        if (fds[0].revents)
            pass_on(conn, signals, joined);
        if (fds[1].revents)
            take_word(conn, program, &f, &sent, &joined);
    }
}
