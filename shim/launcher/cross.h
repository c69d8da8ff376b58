/* What goes along when a program of one container, or of the host, calls one of another: environment and working directory.
 *
 * Environment: the caller's, minus what its own container had set, plus what the target sets. Some names always are the target's: where
 * programs, libraries and modules are, and who the user is. Working directory: the same folder where the target sees it (a mount that
 * both have), else the target's own.
 */
#ifndef LPMX_LAUNCHER_CROSS_H
#define LPMX_LAUNCHER_CROSS_H

#include "plan.h"

/* The environment in a container. */
struct list cross_env_in(const struct plan *target, const struct list *caller, const struct plan *from);
/* The environment of a program of the host: this process's own, which is what lpmx was entered with (origin.h), and the caller's. */
struct list cross_env_out(const struct list *caller, const struct plan *from);
/* The guest path at which the container sees this process's working directory, NULL when it does not. */
char *cross_cwd_in(const struct plan *target);
/* Goes to where a program of the host can work: stays in a folder that is no container's, else where lpmx was called. */
void cross_cwd_out(void);

#endif
