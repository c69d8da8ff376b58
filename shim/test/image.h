/* A store with one small image and one container, written from a table: layers on disk, index, plan and the container's folder, by the
 * contract's formats (contract.h). An independent writer: it shares only the structs and the path hash with the code under test. */
#ifndef LPMX_TEST_IMAGE_H
#define LPMX_TEST_IMAGE_H

#include "../include/contract.h"
#include <stdbool.h>

struct image_node {
    const char *path; /* "/d/f"; every parent must be in the table too; sorted is not needed */
    u32 mode;         /* st_mode as the guest sees it */
    u32 layer;        /* a directory is in every layer that has something below it, too */
    const char *text; /* content or link text; NULL = empty */
    u32 uid, gid;
    u32 major, minor;
    const char *same; /* the file is a hard link of this one, earlier in the table, of the same layer */
    long hole;        /* bytes of hole behind the text, then the text again */
};

struct image_bind {
    const char *guest, *host;
    u32 flags;
};

struct image {
    const struct image_node *nodes;
    u32 count, nlayers;
    const struct image_bind *binds; /* sorted by guest */
    u32 nbinds, flags;              /* LPMX_CONTAINER_* */
};

#define IMAGE_TIME 1000000000 /* mtime of node n is this + 1000 * (n + 1); the root's this */

/* folder/{layers/K,index}: once. */
void image_write(const struct image *im, const char *folder);
/* folder/container/{upper,dead,plan}, fresh, as the launcher makes it; with a bloom when asked for. */
void image_container(const struct image *im, const char *folder, bool bloom);
/* The same tree as one plain directory, the oracle's. With `owners`: true owners, modes and devices (needs root of its name space). */
void image_flatten(const struct image *im, const char *path, bool owners);

#endif
