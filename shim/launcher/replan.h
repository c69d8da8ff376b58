/* Changing the plan of a container that may be running: the next exec of each of its programs sees the new one. */
#ifndef LPMX_LAUNCHER_REPLAN_H
#define LPMX_LAUNCHER_REPLAN_H

#include "plan.h"

/* Applies a change to every plan of the container (its own and those of execs with another user) and replaces them, one after the other; other
 * processes that do the same wait. Then folders that new mounts lie in are made. */
void replan(const char *folder, void (*change)(struct plan *p, const void *data), const void *data);

#endif
