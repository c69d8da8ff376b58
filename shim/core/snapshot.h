/* Snapshots of merged listings: what one open directory is handing out. Kept by descriptor in a fixed pool, without locks in memory: a busy
 * word each. A snapshot that is missing is made again by its owner. For dir.c only. */
#ifndef LPMX_SNAPSHOT_H
#define LPMX_SNAPSHOT_H

#include "view.h"

struct snapshot {
    u32 busy;
    int fd;
    u64 dev, ino;
    char *mem;
    u32 used, cap;
};

void *snapshot_memory(size_t n); /* fresh zeroed memory, or NULL */
void snapshot_drop(struct snapshot *s); /* nothing is left to hand out */
int snapshot_add(struct snapshot *s, const char *name, u32 len, u64 ino, u8 type); /* 0 or -ENOMEM */
/* The snapshot of this descriptor, or one to be filled, now busy; *own where the pool has none left. */
struct snapshot *snapshot_get(int fd, const struct stat *st, struct snapshot *own);
bool snapshot_is(const struct snapshot *s, int fd, const struct stat *st);
/* The snapshot of a listing that is under way on this descriptor (the directory may have another name by now), busy; or NULL. */
struct snapshot *snapshot_under_way(int fd, const struct stat *st);
void snapshot_put(struct snapshot *s);
bool snapshot_pooled(const struct snapshot *s); /* it stays for the next call; else it lives in one call only */
/* Copies what fits from position `at` on and moves the kernel's file offset: bytes, 0 at the end, or -errno. */
long snapshot_hand_out(const struct snapshot *s, int fd, long at, long out, u64 room, bool old);

#endif
