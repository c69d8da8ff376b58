/* The environment of a container, put together as docker does it. */
#ifndef LPMX_LAUNCHER_ENV_H
#define LPMX_LAUNCHER_ENV_H

#include "parse.h"
#include "store.h"

/* PATH, HOSTNAME and TERM (with -t), then what the image sets, then --env-file and -e in that order. The image `host` starts
 * from the caller's environment instead. Fails on a file that cannot be read. */
struct list env_compose(const struct parsed *p, const struct image *image, const char *hostname, bool tty);
/* Adds --env-file and -e of the command line. */
void env_add_flags(struct list *env, const struct parsed *p);
/* Lines "key=value" of an --env-file or --label-file; with `inherit` a bare key takes the caller's value or is left out. */
void env_add_file(struct list *out, const char *path, const char *flag, bool inherit);

#endif
