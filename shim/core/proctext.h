/* Files of /proc whose text the guest must not see as the kernel has it: made anew when they are opened. For proc.c, proctext.c and mounts.c only. */
#ifndef LPMX_PROCTEXT_H
#define LPMX_PROCTEXT_H

#include "ops.h"

/* A text read from the kernel line by line, and one that is written. */
#define TEXT_IN (SLOT_SIZE / 2)
#define TEXT_OUT (SLOT_SIZE / 2)
struct proctext {
    struct call *k;
    struct slot *slot; /* first half: what was read; second half: what is to be written */
    int in, out;
    u32 have, at; /* of what was read */
    u32 waiting;  /* of what is to be written */
    long error;
};

/* The next line without its end, valid until the next call; NULL at the end. Longer than TEXT_IN - 1: in pieces. */
char *proctext_line(struct proctext *t);
void proctext_put(struct proctext *t, const char *text, size_t n);
static inline void proctext_say(struct proctext *t, const char *text) { proctext_put(t, text, strlen(text)); }
/* Opens "/proc/<pid>/<what>" (pid 0: self) for reading; -errno. */
int proctext_open(u64 pid, const char *what);

/* proc.c: "/proc/self/…", "/proc/thread-self/…", "/proc/<pid>/…" and task/<tid>/ below: what follows, or NULL. *pid: 0 = this process. */
const char *proc_part(const char *path, u64 *pid);
/* The guest path of the program that process pid runs. Length or -errno. */
int proc_program(struct call *k, u64 pid, char *out, size_t cap);

/* mounts.c: the container's mounts, in the format of /proc/PID/mountinfo or of /proc/PID/mounts. */
void mounts_write(struct proctext *t, bool info);

#endif
