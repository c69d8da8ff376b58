/* Finding images in the stores: the user's own and the read-only ones of LPMX_STORES. */
#ifndef LPMX_LAUNCHER_STORE_H
#define LPMX_LAUNCHER_STORE_H

#include "base.h"
#include "../core/index.h"

#define HOST_IMAGE "host" /* the built-in image: this machine's own / */

struct image {
    bool host;         /* the built-in image; of the rest only id and name are set */
    const char *id;    /* 64 hex digits, or "host" */
    const char *name;  /* as it was loaded or pulled, normalised */
    const char *store; /* the store that holds it */
    const char *index; /* path, relative to that store */
    const char *workdir, *user;
    u32 stop_signal;
    struct list layers; /* paths, relative to that store */
    struct list env, entrypoint, cmd, volumes;
};

/* Looks an image up by name, id or unique beginning of an id. False when no store knows it. Fails on a word that can be
 * neither, on an ambiguous id and on a damaged store. */
bool image_find(const char *word, struct image *out);

/* The image's index, mapped; fails when it is damaged. Not for the host image. */
const struct index *image_index(const struct image *image);

#endif
