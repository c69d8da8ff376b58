/* Exposed commands: files of <store>/bin that run a program of a container from anywhere (call.h). */
#ifndef LPMX_LAUNCHER_EXPOSE_H
#define LPMX_LAUNCHER_EXPOSE_H

#include "parse.h"

_Noreturn void verb_expose(const struct parsed *c);
_Noreturn void verb_expose_rm(const struct parsed *c);
_Noreturn void verb_expose_ls(const struct parsed *c);

#endif
