/* THE composer: command line and image in, plan out. Nothing else in lpmx makes plans.
 *
 * compose only reads (the image, /etc/hosts, whether sources exist), so that `lpmx __plan` can show a plan without effects;
 * binds_prepare then makes what the plan's binds need on the host.
 */
#ifndef LPMX_LAUNCHER_COMPOSE_H
#define LPMX_LAUNCHER_COMPOSE_H

#include "parse.h"
#include "plan.h"

/* Fills everything but id, name, folder, tree and created. image_word is how the user named the image, args what follows it.
 * Fails with one message on anything that docker would refuse. */
void compose(struct plan *p, const struct parsed *c, const struct image *image, const char *image_word, const char *const *args);

/* The number of a signal given by name (with or without SIG, RTMIN+n) or number; 0 when it is none. */
int signal_number(const char *text);

/* binds.c */
void binds_compose(struct plan *p, const struct parsed *c);
/* Makes volumes, private folders and mount points, and fills in every bind's host path. p->folder and p->tree are there. `live`: the
 * container starts now. */
void binds_prepare(struct plan *p, bool live);
/* Removes what lives only while the container runs (its /dev/shm). */
void binds_clean(const struct plan *p);
/* Makes that again, for another start of a kept container. */
void binds_again(const struct plan *p);

/* etc.c: the generated files of /etc as binds of p->files. */
void etc_compose(struct plan *p, const struct parsed *c);
/* Adds a bind; a user's one replaces a default of the same place and may not come twice. */
struct plan_bind *bind_add(struct plan *p, const char *guest, u32 flags, bool user, const char *word);

/* What one -v means. */
struct mount;
void bind_add_mount(struct plan *p, const struct mount *m);
/* Takes away the bind at a guest path that is a map (flag = LPMX_BIND_MAP) or a mount (0); /proc, /sys and /dev stay. False: none is there. */
bool bind_remove(struct plan *p, const char *word, u32 flag);

#endif
