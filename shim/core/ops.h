/* The system calls that the core implements: one function each, arguments as the kernel's. They return the kernel's result, -errno, or
 * CORE_PASS. dispatch.c maps numbers to them (calls.def). */
#ifndef LPMX_OPS_H
#define LPMX_OPS_H

#include "view.h"

#define CALL(name, trap, op) long op(struct call *k, const long *a);
#include "calls.def"
#undef CALL

#define ROOT_CAPS 0xa80425fbu /* of a guest root: what docker gives by default (capability(7)) */
#define ROOT_CAPS_TEXT "a80425fb"

/* fds.c: path[len] is the folder of a process's descriptors in /proc; its listing without the core's own. */
bool fds_folder(const char *path, u32 len);
long fds_list(struct call *k, const long *a);

/* names.c: mkdir -p of path[len] in the guest's view. 0 or -errno. */
int make_dirs(struct call *k, const char *path, size_t len);
/* A bind is mounted somewhere below n. */
bool mounted_in(const struct core *c, const struct name *n);

/* open.c: *at variants of the others need a raw descriptor. */
long open_at(struct call *k, int dirfd, const char *guest, int flags, u32 mode);

#endif
