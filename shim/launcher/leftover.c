/* Ending what a container's main program left behind; see run.h.
 *
 * We are the subreaper of all descendants, so the living ones are found by following parents through /proc. On kernels
 * before 3.4 orphans belong to init and are not found: only direct children are ended there.
 */
#include "run.h"
#include "files.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GRACE_MS 2000

struct process {
    pid_t pid, parent;
    bool ours;
};

/* (proc(5), stat: pid (comm) state ppid) */
static pid_t parent_of(pid_t pid)
{
    char *stat = read_file(format("/proc/%d/stat", (int)pid), 4096, NULL);
    char *at = stat ? strrchr(stat, ')') : NULL;
    return at && strlen(at) > 4 && at[2] != 'Z' ? (pid_t)strtol(at + 4, NULL, 10) : 0;
}

static size_t all_processes(struct process **out)
{
    struct listing list;
    const char *name;
    u8 type;
    size_t n = 0, cap = 0;
    listing_open(&list, "/proc");
    while ((name = listing_next(&list, &type))) {
        pid_t pid = (pid_t)strtol(name, NULL, 10);
        if (pid <= 0)
            continue;
        if (n == cap) {
            struct process *more = need((cap = cap ? 2 * cap : 512) * sizeof *more);
            if (n)
                memcpy(more, *out, n * sizeof *more);
            *out = more;
        }
        (*out)[n++] = (struct process){pid, parent_of(pid), false};
    }
    return n;
}

/* How many descendants of ours live; each gets the signal (0 = none). */
static size_t signal_all(int number)
{
    struct process *p = NULL;
    size_t n = all_processes(&p), found = 0;
    for (bool more = true; more;) {
        more = false;
        for (size_t k = 0; k < n; k++) {
            bool ours = p[k].parent == getpid();
            for (size_t m = 0; m < n && !ours && p[k].parent; m++)
                ours = p[m].ours && p[m].pid == p[k].parent;
            more |= ours && !p[k].ours;
            p[k].ours |= ours;
        }
    }
    for (size_t k = 0; k < n; k++)
        if (p[k].ours) {
            found++;
            if (number)
                kill(p[k].pid, number);
        }
    return found;
}

/* Reaps; false when no child is left at all, which is nearly always so. */
static bool reap_some(void)
{
    pid_t pid;
    do
        pid = waitpid(-1, NULL, WNOHANG);
    while (pid > 0);
    return pid == 0;
}

bool leftover_end(bool subreaper)
{
    if (!reap_some())
        return subreaper;
    signal_all(SIGTERM);
    signal_all(SIGCONT); /* a stopped one could not end */
    for (int ms = 0, step = 1; ms < GRACE_MS && reap_some(); ms += step) {
        step = ms < 20 ? 1 : 20;
        nanosleep(&(struct timespec){0, step * 1000000L}, NULL);
    }
    /* Those that start new ones while they are ended need more than one round. */
    for (int round = 0; round < 100 && reap_some() && signal_all(SIGKILL); round++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    return subreaper && !reap_some();
}
