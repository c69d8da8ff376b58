/* Starting the program of a container and waiting for it; see run.h.
 *
 * The program stays in our process group, so the terminal's ^C and ^Z reach both: those signals (si_code SI_KERNEL) are not
 * passed on again. All signals are blocked here and taken one by one, so nothing is ever done in a handler.
 */
#include "run.h"
#include "broker.h"
#include "files.h"
#include "origin.h"
#include "places.h"
#include "unpack.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* One field of the hand-over: letter, length, ':', bytes (contract.h). */
static void put(struct text *t, char letter, const char *value)
{
    text_format(t, "%c%zu:%s", letter, strlen(value), value);
}

static mode_t umask_owner;

void run_take_umask(void)
{
    mode_t mask = umask(077);
    umask_owner = (mask & 0700) | origin_umask();
    umask(mask & 077);
}

mode_t run_umask(void)
{
    mode_t mask = umask(077);
    umask(mask);
    return mask | umask_owner;
}

static void put_broker(struct text *over, struct broker b)
{
    if (b.name)
        put(over, 'y', b.name);
    if (b.name && b.hold >= 0)
        put(over, 'z', format("%d", b.hold));
}

/* The engine that is wished for, NULL for none: the container's, the caller's wish, the one that contains the caller. */
static const char *engine_wish(const struct plan *p)
{
    const char *wish = getenv("LPMX_ENGINE");
    if (p->flags & (LPMX_CONTAINER_TRAP | LPMX_CONTAINER_PRELOAD))
        return p->flags & LPMX_CONTAINER_TRAP ? LPMX_ENGINE_TRAP : LPMX_ENGINE_PRELOAD;
    if (!wish || !*wish)
        return origin_engine();
    if (!strcmp(wish, "auto"))
        return NULL;
    if (strcmp(wish, LPMX_ENGINE_TRAP) && strcmp(wish, LPMX_ENGINE_PRELOAD))
        fail("unknown engine \"%s\" in LPMX_ENGINE\nhint: it takes trap, preload or auto", wish);
    return wish;
}

struct image_of_exec {
    char *path;
    char **argv, **env;
};

static struct image_of_exec prepare(const struct run *r, bool stays)
{
    struct text over = {0};
    struct list env = r->env;
    text_add(&over, LPMX_HANDOVER "=");
    put(&over, 'a', format("%d", LPMX_ABI));
    put(&over, 's', store_root());
    put(&over, 'p', r->plan_path ? r->plan_path : join_path(r->plan->folder, "plan"));
    put(&over, 'f', r->only_points ? "m" : r->cwd ? "u" : "wu");
    if (r->cwd)
        put(&over, 'c', strcmp(r->cwd, "/") ? r->cwd : "");
    put(&over, 'v', origin_save(r->plan->folder, r->entry));
    const char *engine = engine_wish(r->plan);
    if (engine)
        put(&over, 'q', engine);
    if (umask_owner)
        put(&over, 'k', format("%u", (unsigned)umask_owner));
    if (!r->only_points)
        put_broker(&over, broker_enter(r->plan, stays));
    if (r->plan->changes)
        put(&over, 'u', format("%u", r->plan->changes));
    if (lpmx_path())
        put(&over, 'r', lpmx_path());
    list_add(&env, over.at);
    return (struct image_of_exec){join_path(cache_with(LPMX_PIECE_NATIVE), "lpmx-start"), (char **)r->argv.at, (char **)env.at};
}

void run_native(const char *program, const char *const *argv, const struct list *env)
{
    struct text over = {0};
    struct list with = {0};
    char *start = join_path(cache_with(LPMX_PIECE_NATIVE), "lpmx-start");
    text_add(&over, LPMX_HANDOVER "=");
    put(&over, 'a', format("%d", LPMX_ABI));
    put(&over, 's', store_root());
    put(&over, 'n', "1");
    put(&over, 'h', program);
    put_broker(&over, broker_of_caller());
    put(&over, 'f', "-");
    if (umask_owner)
        put(&over, 'k', format("%u", (unsigned)umask_owner));
    if (lpmx_path())
        put(&over, 'r', lpmx_path());
    for (size_t k = 0; k < env->n; k++)
        list_add(&with, env->at[k]);
    list_add(&with, over.at);
    execve(start, (char **)argv, (char **)with.at);
    fail("cannot start %s: %s", start, strerror(errno));
}

void run_exec(const struct run *r)
{
    struct image_of_exec e = prepare(r, false);
    execve(e.path, e.argv, e.env);
    fail("cannot start %s: %s", e.path, strerror(errno));
}

bool run_wants_pty(bool tty, bool interactive)
{
    if (!tty || isatty(0))
        return false;
    if (interactive)
        warn("the input device is not a terminal: going on without one (-t)");
    return !interactive;
}

/* The child of vfork: shares our memory until exec, so it makes system calls only. */
static _Noreturn void become(const struct run *r, const struct image_of_exec *e, const struct pty *pty, const sigset_t *mask, bool no_children, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent)
        _exit(EXIT_ENGINE); /* it died before the line above */
    if (r->pty)
        pty_enter(pty);
    if (no_children)
        signal(SIGCHLD, SIG_IGN);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execve(e->path, e->argv, e->env);
    _exit(EXIT_ENGINE);
}

static void pass_on(const struct run *r, pid_t child, const siginfo_t *info)
{
    int number = info->si_signo;
    bool everybody_has_it = info->si_code == SI_KERNEL && !r->pty;
    if (number == SIGTTIN || number == SIGTTOU || number == SIGPIPE || number == SIGURG)
        return;
    if (!everybody_has_it && !r->no_proxy)
        kill(child, number);
}

/* Reaps what has ended. True when the main program is among it. */
static bool reap(const struct run *r, pid_t child, int *status)
{
    int state;
    pid_t pid;
    bool ended = false;
    while ((pid = waitpid(-1, &state, WNOHANG | WUNTRACED)) > 0) {
        if (pid != child)
            continue;
        if (WIFSTOPPED(state)) {
            if (!r->pty && access(join_path(r->plan->folder, "state/paused"), F_OK) < 0)
                raise(SIGSTOP); /* the shell waits for us, and will continue the whole group */
            continue;
        }
        *status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
        ended = true;
    }
    return ended;
}

static void watch(const struct run *r, const struct pty *pty, pid_t child, const sigset_t *taken, int *status)
{
    bool open = r->pty, ended = false;
    siginfo_t info;
    int bell = open ? signalfd(-1, taken, SFD_CLOEXEC) : -1; /* only to be woken: signals are taken below */
    while (!ended) {
        int number;
        if (open) {
            struct pollfd fds[] = {{pty->master, POLLIN, 0}, {bell, POLLIN, 0}};
            if (poll(fds, 2, bell < 0 ? 50 : -1) > 0 && fds[0].revents)
                open = pty_copy(pty);
            number = sigtimedwait(taken, &info, &(struct timespec){0, 0});
        } else {
            number = sigwaitinfo(taken, &info);
        }
        if (number == SIGCHLD)
            ended = reap(r, child, status);
        else if (number > 0)
            pass_on(r, child, &info);
    }
    if (open)
        while (poll(&(struct pollfd){pty->master, POLLIN, 0}, 1, 0) > 0 && pty_copy(pty))
            ;
}

sigset_t run_signals(void)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t set;
    sigfillset(&set);
    for (size_t k = 0; k < sizeof own / sizeof *own; k++)
        sigdelset(&set, own[k]);
    return set;
}

int run_wait(const struct run *r, bool *nobody_left)
{
    struct image_of_exec e = prepare(r, true);
    struct pty pty = {-1, NULL};
    struct sigaction children;
    sigset_t taken = run_signals(), before;
    int status = EXIT_ENGINE;
    struct run with = *r;
    if (r->pty && !pty_open(&pty)) {
        warn("no pseudo-terminal can be had: going on without one (-t)");
        with.pty = false;
    }
    sigaction(SIGCHLD, NULL, &children);
    bool no_children = children.sa_handler == SIG_IGN;
    signal(SIGCHLD, SIG_DFL); /* ignored, as some callers leave it, the status would be lost */
    sigprocmask(SIG_BLOCK, &taken, &before);
    bool subreaper = prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0; /* since 3.4; before, orphans cannot be found */
    pid_t parent = getpid();
    pid_t child = vfork();
    if (child == 0)
        become(&with, &e, &pty, &before, no_children, parent);
    if (child < 0)
        fail("cannot start %s: %s", r->argv.at[0], strerror(errno));
    if (r->ready_fd >= 0) {
        write_all(r->ready_fd, r->ready_text, strlen(r->ready_text)); /* whoever waited may have gone */
        close(r->ready_fd);
    }
    watch(&with, &pty, child, &taken, &status);
    *nobody_left = leftover_end(subreaper);
    return status;
}
