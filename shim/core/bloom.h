/* Asking and telling the bloom filter of the upper. Without one every name counts as touched. */
#ifndef LPMX_BLOOM_H
#define LPMX_BLOOM_H

#include "bloom_bits.h"
#include "state.h"

/* Uses the bloom of this boot or host, if there is one; `known`: "1" or "2" as in the hand-over when that was seen before, else NULL. */
void bloom_map(struct core *c, const char *known);
/* There is one, and it may be relied on: to be asked before the bits, of which no more is true than was then. */
bool bloom_usable(const struct core *c);
/* The one name, and the one parent, by hash, of a usable one. */
static inline bool bloom_changed(const struct core *c, u64 hash)
{
    return bloom_has(c->bloom, c->bloom_blocks, hash);
}

static inline bool bloom_replaced(const struct core *c, u64 hash)
{
    return bloom_has(c->bloom, c->bloom_blocks, hash ^ LPMX_BLOOM_X);
}

/* Neither n nor its parents were ever changed: the layers have the last word. */
bool bloom_untouched(const struct core *c, const struct name *n);
/* … and nothing directly in it. */
bool bloom_children_untouched(const struct core *c, const struct name *dir);
/* To be called before a mark or an object is made at n. 0, or -errno: the change may not be made. */
int bloom_touch(struct core *c, const struct name *n);
/* … and when n may from now on be another kind of parent than the layers say: a link, a moved or removed directory. */
int bloom_replace(struct core *c, const struct name *n);
/* A directory has been renamed or removed; how many have, 0 = nobody counts. */
void bloom_moved(const struct core *c);
u64 bloom_moves(const struct core *c);
/* Around every call that may rename or remove a directory of the upper. bloom_epoch is another one after it; 0 = not known, or one is under way. */
void bloom_begin(const struct core *c);
void bloom_end(const struct core *c);
u64 bloom_epoch(const struct core *c);

/* lease.c: a bloom is to be relied on only for a time when other hosts may change the tree. */
bool lease_valid(const struct core *c);
/* Before a change without a bloom: waits until nobody relies on one. 0 or -errno. */
int lease_change(struct core *c);
/* The host path of the leased bloom. */
int lease_bloom_path(const struct core *c, char *out, size_t cap);

/* LPMX_TRAIT_*: whether the tree may have such objects, and that it is about to get one. */
bool tree_may_have(const struct core *c, u64 trait);
void tree_gets(const struct core *c, u64 trait);

#endif
