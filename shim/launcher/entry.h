/* What a plan only names and each entry of the container looks up on the host anew: a GPU's driver, a display. A container may be started on another
 * node, with another driver, by somebody at another display. */
#ifndef LPMX_LAUNCHER_ENTRY_H
#define LPMX_LAUNCHER_ENTRY_H

#include "parse.h"
#include "plan.h"

/* Takes --gpu, --gpus, --nv, --rocm and --x11 of a command line into p->entry (LPMX_SEC_ENTRY). Fails on a wrong value. */
void entry_take(struct plan *p, const struct parsed *c);
/* Looks up what p->entry names: adds binds to the plan and variables to `env`, which is copied first. `c`: the command line, NULL when there is
 * none of this container's. Fails when what is to be there is not. */
void entry_resolve(struct plan *p, struct list *env, const struct parsed *c);
/* The same, and the plan for run and start that has it; NULL when the container's own will do. */
const char *entry_plan(struct plan *p, struct list *env, const struct parsed *c);

/* Shows a host file or folder at a canonical guest path for this entry. What the user mounted there stays; nothing is made on the host. */
void entry_bind(struct plan *p, const char *guest, const char *host, u32 flags);

/* x11.c: shows the caller's display and its cookie. `asked`: on this command line, so that without a display it fails; else it warns. */
void x11_show(struct plan *p, struct list *env, const struct parsed *c, bool asked);
#define X11_COOKIE "/tmp/.lpmx-xauthority" /* guest path */

#endif
