/* The verbs that the launcher serves itself. Each ends the process. */
#ifndef LPMX_LAUNCHER_VERBS_H
#define LPMX_LAUNCHER_VERBS_H

#include "parse.h"

_Noreturn void verb_run(const struct parsed *c);    /* run, docker create, docker fastrun */
_Noreturn void verb_create(const struct parsed *c); /* create */
_Noreturn void verb_start(const struct parsed *c);  /* start */
_Noreturn void verb_exec(const struct parsed *c);   /* exec */
_Noreturn void verb_resume(const struct parsed *c); /* resume */
/* Prints what the command line means as one line of JSON, without any effect. */
_Noreturn void verb_plan(const struct parsed *c);

/* continue.c: lets a container's programs go on when the engine that stopped them is killed. For the engine only. */
_Noreturn void continue_when_killed(const char *const *words);

/* detach.c: splits off a process that goes on without us. True in it (*ready_fd: where to say that all is well), false here
 * after it said so (its words are on stdout, *status is 0) or ended (*status). */
bool detach(int *ready_fd, int *status);
/* stdin from /dev/null, stdout and stderr to the end of a file. */
void detach_streams(const char *log);

#endif
