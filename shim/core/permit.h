/* What a guest that is not root may do to what it does not own. The host allows whatever the real user owns, so the question is answered here, by the
 * identities that the guest sees. A guest root is never asked, and below a bind the host judges. All answer 0, -EACCES or -EPERM. */
#ifndef LPMX_PERMIT_H
#define LPMX_PERMIT_H

#include "caps.h"
#include "view.h"

#define MAY_READ 4
#define MAY_WRITE 2
#define MAY_SEARCH 1 /* or execute */

/* Nobody to be asked: a root that has given nothing up, and the image `host`, whose files are judged by the host. */
static inline bool permit_all(const struct core *c) { return (c->ids.effective & CAPS_OF_FILES) == CAPS_OF_FILES || c->host; }
/* An identity's mode bits for the guest, `how` = MAY_…. */
int permit_id(const struct core *c, const struct identity *id, int how);
/* Searching the directories that lead to s; of a relative path those behind s->base. */
int permit_way(struct call *k, const struct spot *s);
/* The object itself. */
int permit_spot(struct call *k, const struct spot *s, int how);
/* What open(2) with these flags needs of what is there. */
int permit_open(struct call *k, const struct spot *s, int flags);
/* A name is to be made in its directory, or removed from there: sticky directories keep what is others'. */
int permit_make(struct call *k, const struct spot *s);
int permit_remove(struct call *k, const struct spot *s);
/* A change of an object that has this identity: mode and times are its owner's, the group may become one of the owner's own. */
int permit_change(const struct core *c, const struct identity *id, const struct touch *t);
int permit_change_spot(struct call *k, const struct spot *s, const struct touch *t, bool truncate);

#endif
