/* What an image shows at a guest path, before anything runs in it: used to place binds and to read the image's /etc files. */
#ifndef LPMX_LAUNCHER_GUEST_H
#define LPMX_LAUNCHER_GUEST_H

#include "store.h"

/* Resolves all links of the image in an absolute guest path, the last component's too, ".." as well. Components that the image
 * lacks are kept as they are. NULL after 40 links. "/" for the root. */
char *guest_canonical(const struct image *image, const char *path);
/* st_mode of what lies at a canonical path, 0 when the image has nothing there. */
u32 guest_mode(const struct image *image, const char *canonical);
/* The content of a file of the image, links followed; NULL when it has none that can be read. */
char *guest_read(const struct image *image, const char *path, size_t max);
/* Copies what the image has below a canonical directory path into an existing host folder (a new volume). 0 or -errno. */
int guest_copy(const struct image *image, const char *canonical, const char *to);

#endif
