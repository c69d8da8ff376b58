/* Walking many components at once. For walk.c only. */
#ifndef LPMX_QUICK_H
#define LPMX_QUICK_H

#include "walker.h"

/* Takes as much of the rest as needs no closer look into the canonical part. 1: that was all of it, the spot's name is set and has to be looked
 * up (*untouched: the layers have the last word on it); 0: the walk goes on with the next component, or at its mount point. */
int walk_quick(struct walker *w, bool *untouched);

#endif
