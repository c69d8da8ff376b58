/* The bloom filter of the upper (upper.md section 8): a name without a bit is what the layers say, with no system call. A bit is set
 * before the mark or object that it announces, and never cleared, so a miss proves that nothing had happened when it was read. */
#include "bloom.h"
#include <sys/mman.h>

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

static void map_file(struct core *c, long fd)
{
    struct stat st;
    if (sys2(SYS_fstat, fd, &st) || st.st_uid != c->real_uid || st.st_size < LPMX_BLOOM_BITS_AT)
        return;
    u64 blocks = (u64)(st.st_size - LPMX_BLOOM_BITS_AT) / 64;
    if (blocks < LPMX_BLOOM_BLOCKS || blocks > LPMX_BLOOM_BLOCKS_MAX || blocks & (blocks - 1))
        return;
    long at = sys6(SYS_mmap, 0, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    struct lpmx_bloom *head = (void *)at;
    if (at <= 0)
        return;
    if (memcmp(head->magic, LPMX_MAGIC_BLOOM, 8) || head->abi != LPMX_ABI || head->blocks != blocks) {
        sys2(SYS_munmap, at, st.st_size);
        return;
    }
    c->bloom_head = head;
    c->bloom_blocks = (u32)blocks;
    c->bloom = (u64 *)(at + LPMX_BLOOM_BITS_AT);
}

void bloom_map(struct core *c, const char *known)
{
    struct call k = {.c = c};
    char path[64];
    int tree = place_fd(&k, PLACE_TREE);
    bool leased = known && *known == '2';
    long fd = tree < 0 ? tree : leased ? -ENOENT : sys4(SYS_openat, tree, "bloom", O_RDWR | O_CLOEXEC, 0);
    if (fd == -ENOENT && !known)
        leased = sys3(SYS_faccessat, tree, "hosts", F_OK) == 0;
    if (fd == -ENOENT && leased && lease_bloom_path(c, path, sizeof path) > 0)
        fd = sys4(SYS_openat, AT_FDCWD, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd >= 0) {
        map_file(c, fd);
        if (c->bloom && (c->bloom_head->leased != leased || (!known && !same_boot(c->bloom_head->boot))))
            c->bloom = NULL;
        sys1(SYS_close, fd);
    }
    call_end(&k);
}

bool bloom_usable(const struct core *c)
{
    return c->bloom && !__atomic_load_n(&c->bloom_head->off, __ATOMIC_ACQUIRE) && (!c->bloom_head->leased || lease_valid(c));
}

/* Of a name that the layers do not have, only a parent that they have tells that it is missing: any other may be a file or a link. */
static bool lower_dir(const struct core *c, u64 hash, const char *name, u32 len)
{
    const struct lpmx_entry *e = c->host ? NULL : index_find(&c->index, hash, name, len);
    return e && S_ISDIR(e->mode);
}

bool bloom_untouched(const struct core *c, const struct name *n)
{
    if (!bloom_usable(c) || bloom_has(c->bloom, c->bloom_blocks, n->hash))
        return false;
    struct path_hash h = hash_start(c->seed);
    u32 at = 0;
    for (u32 end = 1; end <= n->dir_len; end++) {
        if (end < n->dir_len && n->path[end] != '/')
            continue;
        h = hash_more(h, n->path + at, end - at);
        u64 hash = hash_end(h);
        if (bloom_has(c->bloom, c->bloom_blocks, hash ^ LPMX_BLOOM_X))
            return false;
        if (end == n->dir_len && !n->low.mode && !lower_dir(c, hash, n->path + at + 1, end - at - 1))
            return false;
        at = end;
    }
    return n->low.mode || n->dir_len || !c->host;
}

bool bloom_children_untouched(const struct core *c, const struct name *dir)
{
    return c->bloom && !bloom_has(c->bloom, c->bloom_blocks, dir->hash ^ LPMX_BLOOM_C) && bloom_untouched(c, dir);
}

int bloom_touch(struct core *c, const struct name *n)
{
    if (!c->bloom)
        return c->may_change ? 0 : lease_change(c);
    bloom_set(c->bloom, c->bloom_blocks, n->dir_hash ^ LPMX_BLOOM_C);
    bloom_set(c->bloom, c->bloom_blocks, n->hash);
    return 0;
}

int bloom_replace(struct core *c, const struct name *n)
{
    if (c->bloom)
        bloom_set(c->bloom, c->bloom_blocks, n->hash ^ LPMX_BLOOM_X);
    return bloom_touch(c, n);
}

void bloom_moved(const struct core *c)
{
    if (c->bloom)
        __atomic_fetch_add(&c->bloom_head->moves, 1, __ATOMIC_SEQ_CST);
}

u64 bloom_moves(const struct core *c)
{
    return bloom_usable(c) ? __atomic_load_n(&c->bloom_head->moves, __ATOMIC_ACQUIRE) + 1 : 0;
}

void bloom_begin(const struct core *c)
{
    if (c->bloom)
        __atomic_fetch_add(&c->bloom_head->begun, 1, __ATOMIC_SEQ_CST);
}

void bloom_end(const struct core *c)
{
    if (c->bloom)
        __atomic_fetch_add(&c->bloom_head->ended, 1, __ATOMIC_SEQ_CST);
}

u64 bloom_epoch(const struct core *c)
{
    if (!bloom_usable(c))
        return 0;
    u64 begun = __atomic_load_n(&c->bloom_head->begun, __ATOMIC_ACQUIRE);
    return begun == __atomic_load_n(&c->bloom_head->ended, __ATOMIC_ACQUIRE) ? begun + 1 : 0;
}

bool tree_may_have(const struct core *c, u64 trait)
{
    return !bloom_usable(c) || __atomic_load_n(&c->bloom_head->traits, __ATOMIC_ACQUIRE) & trait;
}

void tree_gets(const struct core *c, u64 trait)
{
    if (c->bloom)
        __atomic_fetch_or(&c->bloom_head->traits, trait, __ATOMIC_SEQ_CST);
}
