/* Maps: a guest path that leads to a program of the host or of another container. What is shown there is a command (call.h) in <store>/maps,
 * named by what it stands for, so that all containers share it. */
#ifndef LPMX_LAUNCHER_MAP_H
#define LPMX_LAUNCHER_MAP_H

#include "parse.h"
#include "plan.h"

/* -m of the command line: adds their binds to a plan in the making. */
void maps_compose(struct plan *p, const struct parsed *c);
/* The programs that every container finds without being asked: lpmx itself. */
void maps_default(struct plan *p);
/* Makes the command that a bind shows, where there is none yet. */
void map_make(const struct plan_bind *b);
/* One "TARGET=GUESTPATH" more, one guest path less. Both fail with a line. */
void map_add(struct plan *p, const char *word);
void map_remove(struct plan *p, const char *word);
/* What a map of an existing container leads to, as people write it. */
const char *map_target(const struct plan_bind *b);
/* Whether the broker runs what it leads to (broker.h). */
bool map_brokered(const struct plan *p, const struct plan_bind *b);
/* An existing container with what its image has, for changing its binds. */
struct plan *map_load(const char *container);
/* lpmx map add, rm, ls */
_Noreturn void verb_map_add(const struct parsed *c);
_Noreturn void verb_map_rm(const struct parsed *c);
_Noreturn void verb_map_ls(const struct parsed *c);

#endif
