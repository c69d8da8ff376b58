/* Where this launcher was called from: the host, a contained program, or a program of the host that a contained one called.
 *
 * A contained caller's files, environment and working directory are its container's, but we run in the host's view (contract.h, "Commands").
 * So our own settings come from the environment that lpmx was entered with from the host, and paths that the caller writes are
 * looked up in its container.
 */
#ifndef LPMX_LAUNCHER_ORIGIN_H
#define LPMX_LAUNCHER_ORIGIN_H

#include "plan.h"

/* Takes the hand-over out of the environment and puts the host's in its place. Once, at start. */
void origin_init(void);
/* Whether the caller is contained: its plan; NULL on the host and below programs of the host. */
const struct plan *origin_plan(void);
/* The environment and, when it is contained, the working directory (guest path) of the caller. */
const struct list *origin_env(void);
const char *origin_cwd(void);
/* The guest path by which a contained caller found this program, else NULL. */
const char *origin_program(void);
/* The bits 0700 of the caller's umask that the kernel does not know of. */
u32 origin_umask(void);
/* The socket of the broker that serves the caller's entry (broker.h), else NULL; *hold = the descriptor that keeps it, or -1. */
const char *origin_broker(int *hold);
/* The engine that contains the caller, when that is not the filter's; else NULL. */
const char *origin_engine(void);
/* Whether our filter is active in this process, so that programs of the host have to be started by lpmx-start. */
bool origin_filtered(void);
/* The host path of what an absolute path means to the caller; NULL when it lies in the container's own part, which only its programs see. */
char *origin_path(const char *path);
/* The same for a path that the caller gave for `what`, absolute or not; fails with what to do. */
const char *origin_file(const char *path, const char *what);
/* Writes working directory and environment of the host to the container's folder, for programs of the host that are called from inside;
 * `path` of that file, or NULL for one that equal ones share. Its path, "" when it cannot be had. */
const char *origin_save(const char *folder, const char *path);
/* Working directory of the host as it was saved, NULL when it is not known. */
const char *origin_host_cwd(void);

#endif
