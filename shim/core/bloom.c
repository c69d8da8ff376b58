/* The bloom filter of the upper (upper.md section 8): a name without a bit is what the layers say, with no system call. A bit is set
 * before the mark or object that it announces, and never cleared, so a miss proves that nothing had happened when it was read. */
#include "bloom.h"
#include <sys/mman.h>

static bool has(const u64 *bits, u64 key)
{
    const u64 *block = bits + (key >> 24 & (LPMX_BLOOM_BLOCKS - 1)) * 8;
    for (unsigned i = 0; i < 4; i++)
        if (!(__atomic_load_n(&block[key >> (52 + 3 * i) & 7], __ATOMIC_ACQUIRE) >> (key >> 6 * i & 63) & 1))
            return false;
    return true;
}

static void set(u64 *bits, u64 key)
{
    u64 *block = bits + (key >> 24 & (LPMX_BLOOM_BLOCKS - 1)) * 8;
    for (unsigned i = 0; i < 4; i++) {
        u64 bit = 1ull << (key >> 6 * i & 63);
        u64 *word = &block[key >> (52 + 3 * i) & 7];
        if (!(__atomic_load_n(word, __ATOMIC_RELAXED) & bit))
            __atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST);
    }
}

static bool same_boot(const char *boot)
{
    char now[40];
    memset(now, 0, sizeof now);
    long fd = sys4(SYS_openat, AT_FDCWD, "/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return false;
    long n = sys3(SYS_read, fd, now, 36);
    sys1(SYS_close, fd);
    return n == 36 && !memcmp(now, boot, sizeof now);
}

void bloom_map(struct core *c, bool known)
{
    struct call k = {.c = c};
    struct stat st;
    int tree = place_fd(&k, PLACE_TREE);
    long fd = tree < 0 ? tree : sys4(SYS_openat, tree, "bloom", O_RDWR | O_CLOEXEC, 0);
    if (fd >= 0 && !sys2(SYS_fstat, fd, &st) && st.st_size == LPMX_BLOOM_BITS_AT + LPMX_BLOOM_BLOCKS * 64) {
        long at = sys6(SYS_mmap, 0, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        const struct lpmx_bloom *head = (const void *)at;
        if (at > 0 && !memcmp(head->magic, LPMX_MAGIC_BLOOM, 8) && head->abi == LPMX_ABI && head->blocks == LPMX_BLOOM_BLOCKS && (known || same_boot(head->boot)))
            c->bloom = (u64 *)(at + LPMX_BLOOM_BITS_AT);
    }
    if (fd >= 0)
        sys1(SYS_close, fd);
    call_end(&k);
}

/* Of a name that the layers do not have, only a parent that they have tells that it is missing: any other may be a file or a link. */
static bool lower_dir(const struct core *c, u64 hash, const char *name, u32 len)
{
    const struct lpmx_entry *e = c->host ? NULL : index_find(&c->index, hash, name, len);
    return e && S_ISDIR(e->mode);
}

bool bloom_changed(const struct core *c, u64 hash)
{
    return !c->bloom || has(c->bloom, hash);
}

bool bloom_replaced(const struct core *c, u64 hash)
{
    return !c->bloom || has(c->bloom, hash ^ LPMX_BLOOM_X);
}

bool bloom_untouched(const struct core *c, const struct name *n)
{
    if (!c->bloom || has(c->bloom, n->hash))
        return false;
    struct path_hash h = hash_start(c->seed);
    u32 at = 0;
    for (u32 end = 1; end <= n->dir_len; end++) {
        if (end < n->dir_len && n->path[end] != '/')
            continue;
        h = hash_more(h, n->path + at, end - at);
        u64 hash = hash_end(h);
        if (has(c->bloom, hash ^ LPMX_BLOOM_X))
            return false;
        if (end == n->dir_len && !n->low.mode && !lower_dir(c, hash, n->path + at + 1, end - at - 1))
            return false;
        at = end;
    }
    return n->low.mode || n->dir_len || !c->host;
}

bool bloom_children_untouched(const struct core *c, const struct name *dir)
{
    return c->bloom && !has(c->bloom, dir->hash ^ LPMX_BLOOM_C) && bloom_untouched(c, dir);
}

void bloom_touch(const struct core *c, const struct name *n)
{
    if (!c->bloom)
        return;
    set(c->bloom, n->dir_hash ^ LPMX_BLOOM_C);
    set(c->bloom, n->hash);
}

void bloom_replace(const struct core *c, const struct name *n)
{
    if (!c->bloom)
        return;
    set(c->bloom, n->hash ^ LPMX_BLOOM_X);
    bloom_touch(c, n);
}

static u64 *moves(const struct core *c)
{
    return &((struct lpmx_bloom *)((char *)c->bloom - LPMX_BLOOM_BITS_AT))->moves;
}

void bloom_moved(const struct core *c)
{
    if (c->bloom)
        __atomic_fetch_add(moves(c), 1, __ATOMIC_SEQ_CST);
}

u64 bloom_moves(const struct core *c)
{
    return c->bloom ? __atomic_load_n(moves(c), __ATOMIC_ACQUIRE) + 1 : 0;
}
