/* The life of a container's processes: start, signals, terminal, end. */
#ifndef LPMX_LAUNCHER_RUN_H
#define LPMX_LAUNCHER_RUN_H

#include "plan.h"
#include <signal.h>
#include <sys/types.h>

struct run {
    const struct plan *plan;
    const char *plan_path; /* what lpmx-start is to read; NULL = the plan of the container's folder */
    const char *entry;     /* where the host's environment is to be kept for programs of the host; NULL = in a file that equal ones share */
    const char *cwd;       /* guest path that the working directory has there; NULL = go to the plan's */
    struct list argv, env;
    bool only_points; /* make what the mounts need and end */
    bool no_proxy;  /* --sig-proxy=false: signals are not passed on */
    bool pty;       /* give the program a terminal of its own */
    int ready_fd;   /* --detach: ready_text is written here once the program has started; -1 = none */
    const char *ready_text;
};

/* Takes the bits 0700 out of our umask, for the contained program to have: with them nothing that we make could be used. Once, at start. */
void run_take_umask(void);
/* The umask that was ours at the start. */
mode_t run_umask(void);
/* All signals that can be taken instead of acted on. */
sigset_t run_signals(void);
/* Replaces this process by the program. Only returns by failing. */
_Noreturn void run_exec(const struct run *r);
/* Replaces this process by a program of the host (its path), below a contained one: in the host's own view. */
_Noreturn void run_native(const char *program, const char *const *argv, const struct list *env);
/* Starts the program as a child, passes signals to it and waits; then ends what it left behind: TERM, after a moment KILL.
 * Returns its exit status, 128+N for signal N; *nobody_left as of leftover_end. */
int run_wait(const struct run *r, bool *nobody_left);
/* Whether -t wants a terminal of its own: asked for, and stdin is none. With -i that is an error in docker; wrappers in batch
 * jobs say -it all the time, so it is only warned about. */
bool run_wants_pty(bool tty, bool interactive);

/* pty.c */
struct pty {
    int master;
    const char *slave;
};
/* Opens a pseudo-terminal. False when the system has none. */
bool pty_open(struct pty *t);
/* In the child, before exec: makes it the controlling terminal and stdin, stdout, stderr. Raw system calls only. */
void pty_enter(const struct pty *t);
/* Copies what the program printed to stdout until nothing is there; false when the program's side is closed for good. */
bool pty_copy(const struct pty *t);

/* leftover.c: ends all descendants of this process: TERM, after a moment KILL. True when none can be left: not before Linux 3.4,
 * where orphans cannot be found. */
bool leftover_end(bool subreaper);

#endif
