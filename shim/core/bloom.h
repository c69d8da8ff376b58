/* Asking and telling the bloom filter of the upper. Without one every name counts as touched. */
#ifndef LPMX_BLOOM_H
#define LPMX_BLOOM_H

#include "state.h"

/* Uses the tree's bloom if it has one of this boot; `known`: that was seen before. */
void bloom_map(struct core *c, bool known);
/* The one name, and the one parent, by hash (true without a bloom). */
bool bloom_changed(const struct core *c, u64 hash);
bool bloom_replaced(const struct core *c, u64 hash);
/* Neither n nor its parents were ever changed: the layers have the last word. */
bool bloom_untouched(const struct core *c, const struct name *n);
/* … and nothing directly in it. */
bool bloom_children_untouched(const struct core *c, const struct name *dir);
/* To be called before a mark or an object is made at n. */
void bloom_touch(const struct core *c, const struct name *n);
/* … and when n may from now on be another kind of parent than the layers say: a link, a moved or removed directory. */
void bloom_replace(const struct core *c, const struct name *n);
/* A directory has been renamed or removed; how many have, 0 = nobody counts. */
void bloom_moved(const struct core *c);
u64 bloom_moves(const struct core *c);

#endif
