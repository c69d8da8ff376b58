/* A walk in progress: its buffer and the putting in of link texts. For the files of the walk only (walk.c, quick.c, below.c, walker.c). */
#ifndef LPMX_WALKER_H
#define LPMX_WALKER_H

#include "view.h"

/* The buffer of the spot holds the canonical part at its left and what is still to be walked at its right end. */
struct walker {
    struct call *k;
    struct spot *s;
    u32 rest; /* offset of what is still to be walked; the text ends at cap - 1 */
    unsigned hops;
    unsigned flags;
    bool unproved; /* a component was passed without asking */
    bool from_cwd; /* the path is relative to the cwd */
    bool jump;     /* the link's text is one of /proc that leads to where it leads, not a path to be looked up below the root */
    bool root_known; /* the kernel would have looked at its root by now */
    u32 root_len;  /* where absolute paths begin and ".." stops; 0 = the container's root */
    const char *root; /* its path; NULL: what the buffer begins with (openat2) */
};

/* More room, once: 0 or -errno. The buffer moves. */
int walker_grow(struct walker *w);
/* Free bytes between the two parts. */
u32 walker_gap(const struct walker *w);
/* The canonical part is the root. The buffer has room for it. */
bool walker_at_root(const struct walker *w);
void walker_to_root(struct walker *w);
/* Cuts the canonical part to len and finds out what lies over it. */
void walker_rewind(struct walker *w, u32 len);
/* Puts a link's text in front of the rest and goes on from its directory or from the root: 1 or -errno. text is in the gap or elsewhere. */
int substitute(struct walker *w, const char *text, u32 len, u32 dir_len);
/* The same with a link kept on disk at (fd, path); `ours`: an object of the upper. */
int substitute_disk(struct walker *w, int fd, const char *path, bool ours, u32 dir_len);
/* below.c: a component below a bind, last or not. 1 = a link was substituted, 0 = go on, or -errno. */
int walker_step_bind(struct walker *w, bool last, u32 dir_len);

#endif
