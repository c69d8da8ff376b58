/* Walking many components at once. For walk.c only. */
#ifndef LPMX_QUICK_H
#define LPMX_QUICK_H

#include "walker.h"

/* Takes as much of the rest as needs no closer look into the canonical part. 1: that was all of it, the spot's name is set and has to be looked
 * up (*untouched: the layers have the last word on it); 0: the walk goes on with the next component, or at its mount point. */
int walk_quick(struct walker *w, bool *untouched);

/* Below a bind: takes all that is left, if the kernel says that no link is on the way, or with WALK_UNPROVED without asking it. */
bool walk_straight(struct walker *w);

static inline const char *skip_slashes(const char *at)
{
    while (*at == '/')
        at++;
    return at;
}

/* Over slashes and any "." that something follows. */
static inline const char *next_component(const char *at)
{
    for (;;) {
        at = skip_slashes(at);
        if (at[0] != '.' || at[1] != '/' || !*skip_slashes(at + 1))
            return at;
        at++;
    }
}

static inline bool is_dots(const char *at)
{
    return at[0] == '.' && (!at[1] || at[1] == '/' || (at[1] == '.' && (!at[2] || at[2] == '/')));
}

#endif
