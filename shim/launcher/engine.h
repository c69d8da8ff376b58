/* Starting the engine, the TypeScript part of lpmx that runs on Deno, with the private glibc of the payload. */
#ifndef LPMX_LAUNCHER_ENGINE_H
#define LPMX_LAUNCHER_ENGINE_H

#include "base.h"

/* Replaces this process by the engine. args: the words after "lpmx", NULL-terminated. Fails when it cannot be started. */
_Noreturn void engine_exec(const char *const *args);
/* Runs the engine as a child, its stdout sent to our stderr (stdout belongs to the contained program). Its exit status, or
 * 128+N when signal N ended it. */
int engine_run(const char *const *args);
/* To be called first thing, in case the engine has started this: takes the caller's limits again. */
void engine_left(void);

#endif
