/* What stat shows instead of what the host has. For stat.c only. */
#ifndef LPMX_SHOWN_H
#define LPMX_SHOWN_H

#include "ops.h"

/* Puts the identity into st; n: the name, for a directory that the layers have too, or NULL. */
void shown_put(struct call *k, struct stat *st, const struct identity *id, const struct name *n);
/* stat(2) of a live entry of the index, and of an open descriptor, straight into the guest's memory: 0 or -errno. */
long shown_low(struct call *k, const struct spot *s, long out);
long shown_unproved(struct call *k, const struct spot *s, bool follow, long out); /* CORE_PASS: it has to be walked */
long shown_plain_fd(struct call *k, int fd, long out); /* CORE_PASS: what it is open on needs a closer look */

#endif
