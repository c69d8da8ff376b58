/* The system calls that the core implements: one function each, arguments as the kernel's. They return the kernel's result, -errno, or
 * CORE_PASS. dispatch.c maps numbers to them (calls.def). */
#ifndef LPMX_OPS_H
#define LPMX_OPS_H

#include "view.h"

#define CALL(name, trap, op) long op(struct call *k, const long *a);
#include "calls.def"
#undef CALL

#define ROOT_CAPS 0xa80425fbu /* of a guest root: what docker gives by default (capability(7)) */

/* peer.c: the user and group that process `pid` runs as inside. False: it does not tell. */
bool peer_user(u64 pid, u32 *euid, u32 *egid);
/* Ids that the kernel reports of process `pid`, as the guest is to see them: the real user's are whose the process is inside, or else the guest's own. */
void peer_shown(struct call *k, u32 pid, u32 *uid, u32 *gid);

/* The same for /proc/<pid> itself: whose it is. */
void peer_of_folder(struct call *k, const char *path, const struct stat *st, struct identity *id);

/* fds.c: path[len] is the folder of a process's descriptors in /proc; its listing without the core's own. */
bool fds_folder(const char *path, u32 len);
long fds_list(struct call *k, const long *a);

/* names.c: makes a file or directory at s, with this st_mode as far as the umask lets it. */
long make_plain(struct call *k, struct spot *s, u32 mode);
/* points.c: mkdir -p of path[len] in the guest's view. 0 or -errno. */
int make_dirs(struct call *k, const char *path, size_t len);
/* names.c: a bind is mounted somewhere below n. */
bool mounted_in(const struct core *c, const struct name *n);

/* open.c; resolve: WALK_NO_LINKS … of openat2. */
long open_at(struct call *k, int dirfd, const char *guest, int flags, u32 mode, unsigned resolve);

/* A guest path that is not given: NULL or "". */
static inline bool no_path(long path)
{
    char first = 0;
    return !path || (guest_read(&first, (const void *)path, 1) == 0 && !first);
}

#endif
