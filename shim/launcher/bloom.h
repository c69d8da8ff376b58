/* The bloom filter of a writable layer, and the layer's hosts/ folder where other hosts may change it too (contract.h; upper.md
 * sections 8 and 9 of the design; docs/decisions/0006). The core uses both; here they are made, which is right only while no process
 * of the container runs. Without them everything works, with more system calls. */
#ifndef LPMX_LAUNCHER_BLOOM_H
#define LPMX_LAUNCHER_BLOOM_H

#include "plan.h"

/* In a new tree, by its descriptor: an empty bloom, or hosts/ when the file system is not of this host alone. 0 or -errno. */
int bloom_make(int tree);
/* Whether a tree has hosts/. */
bool tree_shared(const char *tree);
/* Before a process starts in an existing tree; the caller is in state/live. Makes or renews what is missing or of another boot. */
void bloom_enter(const struct plan *p);
/* After the last process of the caller; nothing happens while others of this host live. */
void bloom_leave(const struct plan *p);

/* Whether another host is entered in hosts/. */
bool bloom_elsewhere(const struct plan *p);

/* work_sweep.c: removes the temps of killed processes, when nobody works in the tree. */
void work_sweep(const struct plan *p);
/* numbers.c: forgets what files were by their inode numbers when the tree has been copied, and says so, when nobody works in it. */
void numbers_check(const struct plan *p);
/* bloom_scan.c: the bits of everything in a tree that nobody changes meanwhile. How many blocks they are; 0: there are more than `most` names. */
u32 bloom_scan(const char *tree, u64 seed, size_t most, u64 **bits);

#endif
