/* Reading the index of an image (contract.h, "Index"). Pure memory reads over a validated mapping; the launcher uses it too. */
#ifndef LPMX_INDEX_H
#define LPMX_INDEX_H

#include "hash.h"
#include <stdbool.h>

struct index {
    const struct lpmx_index *head; /* NULL: no index */
    const u32 *slots;
    const struct lpmx_entry *entries;
    const char *strings;
};

/* Checks header, bounds and every entry's references that a look-up follows lazily: only the sections' bounds, in O(1).
 * 0 or -EINVAL. `size` is the length of the mapping. */
int index_attach(struct index *x, const void *map, u64 size);

/* The entry of the canonical path whose hash is `hash` and whose last component is name[len]; NULL when there is none. */
const struct lpmx_entry *index_find(const struct index *x, u64 hash, const char *name, size_t len);

/* True if its texts end within it, which whoever uses index_text has to ask once: not part of index_attach, as it touches one more page. */
bool index_ended(const struct index *x);
/* Bounded access: offsets in a damaged index never lead outside the mapping. */
const char *index_text(const struct index *x, u32 offset, u32 len);
/* The same for use with its length, ended or not: *len becomes what is really there. */
const char *index_bytes(const struct index *x, u32 offset, u32 *len);

/* The next extended attribute of an entry; *at begins with its `ext`. False when there are no more. */
struct index_attr {
    const char *name, *value; /* the name ends with a NUL, the value has no end of its own */
    u32 name_len, len;
};
bool index_attr_next(const struct index *x, u32 *at, struct index_attr *attr);

#endif
