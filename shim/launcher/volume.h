/* -v, --mount and --tmpfs as docker and podman write them: text in, mounts out. Whether a source exists decides where a word
 * with several colons is split (cwltool passes paths with colons), nothing else is looked at. */
#ifndef LPMX_LAUNCHER_VOLUME_H
#define LPMX_LAUNCHER_VOLUME_H

#include "base.h"

enum mount_kind {
    MOUNT_BIND,      /* source: a path of the host */
    MOUNT_VOLUME,    /* source: name of a volume of the store */
    MOUNT_ANONYMOUS, /* a volume without a name */
    MOUNT_TMPFS,
};

struct mount {
    enum mount_kind kind;
    const char *source; /* MOUNT_BIND: absolute, not yet resolved */
    const char *target; /* absolute guest path as given */
    bool readonly;
    bool nocopy; /* a new volume stays empty */
    bool absent; /* the source need not be there, as of a container that comes from another machine (lpmx unpack) … */
    bool file;   /* … and is a file then */
    const char *word; /* what the user wrote, for messages */
};

/* -v WORD: SRC:DST[:OPTIONS], NAME:DST[:OPTIONS], DST, or LPMX's SRC=DST. Fails on anything else. */
struct mount volume_parse(const char *word);
/* --mount WORD: comma-separated key=value (RFC 4180 quoting). */
struct mount mount_parse(const char *word);
/* --tmpfs DST[:OPTIONS] */
struct mount tmpfs_parse(const char *word);
/* LPMX's -v and -f: HOST=GUEST[:HOST=GUEST...]; appends to list[*n], at most max. */
void lpmx_volumes_parse(const char *word, struct mount *list, size_t *n, size_t max);

#endif
