/* Steps: file operations as data, so that one sequence can be run over the view and natively, compared, shrunk and printed. */
#ifndef LPMX_TEST_STEPS_H
#define LPMX_TEST_STEPS_H

#include "harness.h"
#include <stdio.h>

#define STEP_PATH 900
#define STEP_TEXT 1500
#define STEP_SLOTS 6
#define STEP_NO_SLOT (-1)

#define STEP_KINDS(X)                                                                                                                 \
    X(OPEN) X(CLOSE) X(WRITE) X(PREAD) X(FTRUNCATE) X(FSTAT) X(FCHMOD) X(FCHOWN) X(FUTIMENS) X(SLURP) X(SPILL) X(LIST) X(STAT) X(LSTAT)      \
    X(STATX) X(ACCESS) X(READLINK) X(MKDIR) X(MKNOD) X(RMDIR) X(UNLINK) X(RENAME) X(LINK) X(SYMLINK) X(CHMOD) X(CHOWN) X(LCHOWN)             \
    X(UTIMENS) X(TRUNCATE) X(CHDIR) X(FCHDIR) X(GETCWD) X(TMPFILE) X(LINKFD) X(UMASK) X(RESTART) X(SETXATTR) X(GETXATTR)

enum step_kind {
#define X(name) STEP_##name,
    STEP_KINDS(X)
#undef X
        STEP_KIND_COUNT
};

struct step {
    enum step_kind kind;
    int slot, at, at2; /* descriptor slots: subject, start of path, start of path2 */
    int flags;
    u32 mode;
    long number;
    char path[STEP_PATH], path2[STEP_PATH];
};

struct outcome {
    long value; /* result or -errno */
    char text[STEP_TEXT];
};

struct runner {
    caller call;
    const char *folder; /* of the container, for RESTART; NULL natively */
    u64 hard_ino;       /* st_nlink of this inode is shown as 1: a lower file with two names */
    int fd[STEP_SLOTS];
    bool readonly;      /* the times of pipes are not shown: on a read-only mount writing to one changes none */
};

void runner_begin(struct runner *r, caller call, const char *folder);
void step_run(struct runner *r, const struct step *s, struct outcome *out);
void step_print(FILE *to, const struct step *s);
/* Escapes what is not printable; NULL-terminated in a static buffer. */
const char *shown(const char *text);

/* tree.c: lists a directory by getdents64 into names "name/type", sorted, in `out`; -errno or the number of names. */
long list_names(struct runner *r, int fd, size_t buffer, bool rewind, char *out, size_t cap);
/* Appends one line for each name below path to out[cap]; `times`: with mtimes of what is not a directory. */
void dump_tree(struct runner *r, const char *path, bool times, char *out, size_t cap);
/* What stat shows, without what two file systems may differ in. */
void stat_text(struct runner *r, const void *st, bool times, char *out, size_t cap);

/* random_steps.c: draws the next step from random_state. `limited`: no owners, devices and set-id bits (the oracle is no true root).
 * `binds`: also names in the binds of bind_image.h, and only what user and root may do there alike. */
void step_random(struct step *s, bool limited, bool binds, bool long_names);

#endif
