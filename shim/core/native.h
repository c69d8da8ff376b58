/* The host's own view (native.c). */
#ifndef LPMX_NATIVE_H
#define LPMX_NATIVE_H

#include "exec.h"

/* Any call in that view: its result, or CORE_PASS. */
long native_call(struct call *k, long nr, const long *a);
/* Fills host, guest and head for the program at a host path: what exec_examine says, or -errno. */
int native_inspect(int dirfd, const char *path, bool follow, struct plan *p);

#endif
