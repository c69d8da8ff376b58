/* Shared by the exec planner (exec.c) and the writer of its hand-over (handing.c). */
#ifndef LPMX_EXEC_H
#define LPMX_EXEC_H

#include "ops.h"

#define SCRIPTS_MAX 4
#define HEAD 256

/* What an exec needs while it is prepared; in a slot, since a vfork child's stack may be tiny. */
struct plan {
    char head[HEAD];         /* first bytes of the file */
    char host[CORE_PATH_MAX + 256];
    char guest[CORE_PATH_MAX];
    char script[CORE_PATH_MAX]; /* name that an interpreter is given: the path as it was asked for */
    char interp[SCRIPTS_MAX][HEAD]; /* first lines: the arguments they give point in here */
    int dir, skip;           /* descriptor of the place that the host path lies in, and where its name there begins; dir < 0: none */
    int fd_handed;           /* memfd or deleted file, or -1 */
    u32 set_id;              /* S_ISUID, S_ISGID of the program */
    u32 uid, gid;            /* its owner */
    bool raw;                /* a program of lpmx, which is executed as it is */
};

/* Looks at the first n bytes of a program: 0 = ELF, 1 = script, or -errno. */
int exec_examine(const char head[HEAD], long n);

/* The identity after the exec: set-id bits, and saved ids that follow (execve(2)). In the order of struct core_ids. */
void plan_ids(const struct plan *p, u32 ids[8]);
/* Writes "LPMX_PLAN=…" for the program in p, NUL-terminated. 0 or -errno (-E2BIG: cap is too small). */
int write_handover(struct call *k, const struct plan *p, char *out, size_t cap);

#endif
