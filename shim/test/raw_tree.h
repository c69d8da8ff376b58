/* The container's folder as bytes on disk, judged without the core: the invariants of upper.md section 3, and the sweep of section 12. */
#ifndef LPMX_TEST_RAW_TREE_H
#define LPMX_TEST_RAW_TREE_H

#include "image.h"

/* NULL when I1, I3 and I4 hold, else what does not (static text). For a moment when nobody changes the tree. */
const char *tree_fault(const struct image *im, const char *folder);
/* What the engine does with nobody running: pending temps are published, the others removed. NULL, or what went wrong. */
const char *tree_sweep(const struct image *im, const char *folder);
/* The lower path has a mark that names a temp still in work/. */
bool tree_pending(const char *folder, const char *path);
/* Number of temps in work/. */
unsigned tree_temps(const char *folder);

#endif
