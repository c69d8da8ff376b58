/* The model image with binds, and the host's side of them; see model_image.h. */
#ifndef LPMX_TEST_BIND_IMAGE_H
#define LPMX_TEST_BIND_IMAGE_H

#include "image.h"

/* Guest side: /empty (a directory of the image), /d/e/x (read-only), /ro (a single file), /tmp/m/new (missing in the image). */
/* Makes the host's folders below `folder`, fresh. */
void bind_folders(const char *folder);
/* The image whose binds lead to `folder`; valid until the next call. */
const struct image *bind_image(bool limited, const char *folder);
/* The same binds as mounts of the kernel below `root`, for the oracle; needs a mount name space of its own. folder NULL: none.
 * `readonly`: the root, but not what is mounted in it. */
void bind_mounts(const char *folder, const char *root, bool readonly);

#endif
