/* lpmx set, lpmx get: the variables, mounts and maps of a container that may be running. */
#ifndef LPMX_LAUNCHER_SET_H
#define LPMX_LAUNCHER_SET_H

#include "parse.h"

_Noreturn void verb_set(const struct parsed *c);
_Noreturn void verb_get(const struct parsed *c);

#endif
