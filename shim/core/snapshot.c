/* See snapshot.h. The position in a listing is the byte offset in the snapshot and lives in the kernel's own file offset. */
#include "snapshot.h"
#include <sys/mman.h>

#define MREMAP_MAYMOVE_ 1 /* hidden by strict headers */
#define SNAPSHOTS 32
#define KEPT 65536 /* bytes of memory that stay with a place of the pool for its next listing */
static struct snapshot snapshots[SNAPSHOTS];

void *snapshot_memory(size_t n)
{
    long r = sys6(SYS_mmap, 0, (long)n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return r < 0 && r > -4096 ? NULL : (void *)r;
}

bool snapshot_pooled(const struct snapshot *s)
{
    return s >= snapshots && s < snapshots + SNAPSHOTS;
}

void snapshot_drop(struct snapshot *s)
{
    bool keep = snapshot_pooled(s) && s->cap <= KEPT;
    if (s->mem && !keep) {
        sys2(SYS_munmap, s->mem, s->cap);
        s->mem = NULL;
        s->cap = 0;
    }
    s->used = 0;
    s->fd = -1;
}

int snapshot_add(struct snapshot *s, const char *name, u32 len, u64 ino, u8 type)
{
    u32 size = (u32)(offsetof(struct linux_dirent64, name) + len + 1 + 7) & ~7u;
    if (s->used + size > s->cap) {
        u32 cap = s->cap ? s->cap * 2 : 8192;
        long r = s->mem ? sys4(SYS_mremap, s->mem, s->cap, cap, MREMAP_MAYMOVE_) : (long)snapshot_memory(cap);
        if (!r || (r < 0 && r > -4096))
            return -ENOMEM;
        s->mem = (char *)r;
        s->cap = cap;
    }
    struct linux_dirent64 *e = (struct linux_dirent64 *)(s->mem + s->used);
    s->used += size;
    e->ino = ino;
    e->off = s->used;
    e->len = (u16)size;
    e->type = type;
    memcpy(e->name, name, len);
    e->name[len] = 0;
    return 0;
}

bool snapshot_is(const struct snapshot *s, int fd, const struct stat *st)
{
    return s->mem && s->fd == fd && s->dev == st->st_dev && s->ino == st->st_ino;
}

struct snapshot *snapshot_get(int fd, const struct stat *st, struct snapshot *own)
{
    struct snapshot *spare = NULL;
    for (int pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < SNAPSHOTS; i++) {
            struct snapshot *s = &snapshots[i];
            bool same = snapshot_is(s, fd, st);
            bool wanted = pass == 0 ? same : !s->mem || s->fd < 0 || s->fd == fd;
            u32 idle = 0;
            if (wanted && __atomic_compare_exchange_n(&s->busy, &idle, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
                return s;
            if (pass && !spare && !s->busy)
                spare = s;
        }
    u32 idle = 0; /* all in use by other descriptors: the first idle one is given up, its owner makes it again */
    if (spare && __atomic_compare_exchange_n(&spare->busy, &idle, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return spare;
    *own = (struct snapshot){.fd = -1};
    return own;
}

struct snapshot *snapshot_under_way(int fd, const struct stat *st)
{
    for (unsigned i = 0; i < SNAPSHOTS; i++) {
        u32 idle = 0;
        if (snapshot_is(&snapshots[i], fd, st) &&
            __atomic_compare_exchange_n(&snapshots[i].busy, &idle, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return &snapshots[i];
    }
    return NULL;
}

void snapshot_put(struct snapshot *s)
{
    if (snapshot_pooled(s))
        __atomic_store_n(&s->busy, 0, __ATOMIC_RELEASE);
}

/* The older record: the type stands in the last byte. */
static long put_old(const struct linux_dirent64 *e, u32 len, long out)
{
    struct {
        u64 ino;
        long off;
        u16 len;
        char name[NAME_LEN_MAX + 3];
    } old;
    memset(&old, 0, sizeof old);
    old.ino = e->ino;
    old.off = e->off;
    old.len = (u16)len;
    memcpy(old.name, e->name, strlen(e->name));
    ((char *)&old)[len - 1] = (char)e->type;
    return guest_write((void *)out, &old, len);
}

/* As many records as fit, in one piece: they stand in the snapshot as the guest gets them. */
static long put_new(const struct snapshot *s, long *at, long out, u64 room)
{
    long start = *at;
    while (*at < (long)s->used) {
        const struct linux_dirent64 *e = (const void *)(s->mem + *at);
        if ((u64)(e->off - start) > room)
            break;
        *at = e->off;
    }
    long r = guest_write((void *)out, s->mem + start, (size_t)(*at - start));
    return r ? r : *at - start;
}

static long put_all_old(const struct snapshot *s, long *at, long out, u64 room)
{
    u64 done = 0;
    while (*at < (long)s->used) {
        const struct linux_dirent64 *e = (const void *)(s->mem + *at);
        u32 len = (u32)(18 + strlen(e->name) + 2 + 7) & ~7u;
        if (done + len > room)
            break;
        long r = put_old(e, len, out + (long)done);
        if (r)
            return r;
        done += len;
        *at = e->off;
    }
    return (long)done;
}

long snapshot_hand_out(const struct snapshot *s, int fd, long at, long out, u64 room, bool old)
{
    if (at >= (long)s->used)
        return 0;
    long done = old ? put_all_old(s, &at, out, room) : put_new(s, &at, out, room);
    if (done <= 0)
        return done ? done : -EINVAL;
    long r = sys3(SYS_lseek, fd, at, SEEK_SET);
    return r < 0 ? r : done;
}
