/* The broker's life: made before an entry into a container, ended when the last process of that entry is; see broker.h.
 *
 * It stays in the caller's session, so that its children can join the caller's process groups, but in a process group of its own: what a terminal
 * or anybody else sends to the caller's does not reach it. It is no child of the container's programs: they may wait for all of theirs.
 */
#define _GNU_SOURCE
#include "broker.h"
#include "files.h"
#include "origin.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct broker broker_of_caller(void)
{
    struct broker b;
    b.name = origin_broker(&b.hold);
    return b;
}

/* A new abstract socket that listens: nothing is left of it when its process ends, and no long path limits it. */
static int listen_new(const struct plan *p, const char **name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct timespec now;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    clock_gettime(CLOCK_MONOTONIC, &now);
    *name = format("lpmx.%lu.%.12s.%lx.%lx", (unsigned long)getuid(), p->id, (unsigned long)getpid(),
                   (unsigned long)now.tv_sec * 1000000000 + (unsigned long)now.tv_nsec);
    memcpy(at.sun_path + 1, *name, strlen(*name));
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(*name));
    if (fd >= 0 && bind(fd, (void *)&at, len) == 0 && listen(fd, 128) == 0)
        return fd;
    int error = errno;
    if (fd >= 0)
        close(fd);
    return -error;
}

/* The end of the pipe that is kept: where the core hides it from the container's programs. -1 where this process may not have such numbers. */
static int move_hold(int fd)
{
    struct rlimit was, wide;
    int high = fcntl(fd, F_DUPFD, LPMX_FD_MIN);
    if (high < 0 && getrlimit(RLIMIT_NOFILE, &was) == 0) {
        wide = was;
        wide.rlim_cur = was.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &wide) == 0)
            high = fcntl(fd, F_DUPFD, LPMX_FD_MIN);
        setrlimit(RLIMIT_NOFILE, &was);
    }
    if (high > LPMX_FD_MAX)
        close(high);
    return high > LPMX_FD_MAX ? -1 : high;
}

/* Nothing of the caller's stays open here: others wait for the end of its pipes. */
static void leave_files(int keep, int keep_too)
{
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, "/proc/self/fd");
    for (int fd = 0; list.fd < 0 && fd <= LPMX_FD_MAX; fd++)
        if (fd != keep && fd != keep_too)
            close(fd);
    while ((name = listing_next(&list, &type))) {
        int fd = atoi(name);
        if (fd != keep && fd != keep_too && fd != list.fd)
            close(fd);
    }
    while (open("/dev/null", O_RDWR) >= 0 && fcntl(2, F_GETFD) < 0)
        ;
    if (chdir("/") < 0)
        return;
}

static void take(int door, int life)
{
    struct ucred peer = {0};
    socklen_t len = sizeof peer;
    int conn = accept(door, NULL, NULL);
    if (conn < 0) {
        if (errno != EINTR && errno != ECONNABORTED) /* no descriptors or memory just now */
            nanosleep(&(struct timespec){0, 10000000}, NULL);
        return;
    }
    fcntl(conn, F_SETFD, FD_CLOEXEC);
    bool ours = getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == getuid();
    pid_t pid = ours ? fork() : 0;
    if (ours && pid == 0) {
        close(door);
        close(life);
        broker_serve(conn, peer.pid);
    }
    if (pid < 0)
        wire_word(conn, LPMX_WORD_FAILED, (u32)errno);
    close(conn);
}

static _Noreturn void live(int door, int life)
{
    static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE, SIGCHLD};
    sigset_t none;
    setpgid(0, 0);
    prctl(PR_SET_NAME, "lpmx-broker", 0, 0, 0);
    for (size_t k = 0; k < sizeof ignored / sizeof *ignored; k++)
        signal(ignored[k], SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    leave_files(door, life);
    for (;;) {
        struct pollfd fds[] = {{life, POLLIN, 0}, {door, POLLIN, 0}};
        if (poll(fds, 2, -1) < 0)
            continue;
        if (fds[0].revents)
            _exit(0); /* the last process that could ask has ended */
        take(door, life);
    }
}

static bool make(const struct plan *p, struct broker *b, bool stays)
{
    int ends[2], door = listen_new(p, &b->name);
    if (door < 0 || pipe2(ends, O_CLOEXEC) < 0)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        if (fork() == 0)
            live(door, ends[0]);
        _exit(0); /* its parent is not to be the container's program */
    }
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(door);
    close(ends[0]);
    b->hold = move_hold(ends[1]);
    bool kept = b->hold < 0 && stays; /* by this process, which its programs do not get it from */
    if (!kept)
        close(ends[1]);
    return pid > 0 && (b->hold >= 0 || kept);
}

struct broker broker_enter(const struct plan *p, bool stays)
{
    struct broker b = broker_of_caller();
    if (b.name || origin_filtered() || !broker_needed(p))
        return b;
    if (!make(p, &b, stays)) {
        warn("no broker can be started: set-id programs of the host run without their rights in %s", p->name);
        b = (struct broker){NULL, -1};
    }
    return b;
}
