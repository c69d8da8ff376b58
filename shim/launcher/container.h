/* Containers on disk: <store>/containers/<id>/{plan,meta.json,state/,…} and <store>/names/<name>.
 *
 * meta.json is written last: a container without it does not exist, whatever a killed process left of it. The link of the name
 * is made exclusively and so decides who has it.
 */
#ifndef LPMX_LAUNCHER_CONTAINER_H
#define LPMX_LAUNCHER_CONTAINER_H

#include "parse.h"
#include "plan.h"

/* Chooses id and (unless given) name, makes folder, writable layer, files, plan and meta.json of a composed plan. Fails with
 * everything undone again. With `live` this process is entered in state/live first. */
void container_make(struct plan *p, const struct parsed *c, bool live);

/* Finds a container by name, id or unique beginning of an id in the user's store; its folder, or fails. */
char *container_find(const char *word);
/* Reads the plan of an existing container; _as: the plan in that file, of that store. */
void container_load(struct plan *p, const char *folder);
void container_load_as(struct plan *p, const char *folder, const char *path, const char *store);
/* Looks the plan's image up, so that what it has at a path can be asked; without effect when it is gone. */
void container_load_image(struct plan *p);
/* The plan that an exec with another user or working directory (each NULL when it is the container's), or of a parallel job (job.h), needs:
 * plans are immutable, so it is a second one, kept as long as the container, since what is started may live as long. NULL: the container's
 * own will do. */
const char *container_plan_for(struct plan *p, const char *user, const char *workdir);
/* The second plan, of p as it is: `more` is what tells it from others beside user, working directory and p->looked_up. */
const char *container_plan_as(struct plan *p, const char *more);
/* Whether a process of the container's main life runs (on another host: is believed to). */
bool container_running(const char *folder);
/* Whether any other process of this kernel lives in it, as far as can be told from this pid namespace: if in doubt, true. */
bool container_used_here(const char *folder);
/* Enters this process in state/live with what it is ("main", "exec", or "job" of a scheduler, which outlives the container's main program); path of the entry. */
char *container_enter(const char *folder, const char *what);
/* Whether an entry of state/live is surely of a dead process. */
bool container_mark_dead(const char *entry);
/* Ends what others than the main program have started in it on this host, with what that left in the background: TERM, after a moment KILL.
 * Jobs of a scheduler live on. */
void container_end_others(const char *folder);
/* Records the exit status of the main program. */
void container_record_exit(const char *folder, int status);
/* Notes that a process joined which is not a descendant of the container's launcher: it may outlive it. */
void container_joined(const char *folder);
/* Removes everything of the container. nobody_left: every process that could still write to its tree has ended, so that the
 * tree may be another container's. */
void container_remove(const struct plan *p, bool nobody_left);
/* sweep.c: how many contained processes have a container's folder of this name in their maps; each gets the signal, if not 0. */
size_t container_guests(const char *folder_name, int number);
/* sweep.c: removes what killed launchers left. kept: a container that stays is being made, so there is time to look closer. */
void container_sweep(bool kept);

/* <store>/containers/<id>: the folder of a container, or a link to it. */
char *container_entry(const char *id);
/* The folder itself, the link followed; NULL when there is none. */
char *container_folder(const char *id);
bool container_exists(const char *folder);

#endif
