/* The bits of a tree as it lies there: what the core would have set while it was made (upper.md section 8).
 *
 * Every object and every mark is an N, its parent a C. X is for names that are no longer the directory that the layers have: a mark
 * without a directory object beside it, and symlinks. The hash of a marked name continues that of its folder in dead/.
 */
#include "bloom.h"
#include "files.h"
#include "../core/bloom_bits.h"
#include "../core/hash.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NAME_BITS 24 /* eight of them are set: with a third of all bits set a key that is not in it is found in one case of a hundred */

struct scan {
    u64 *bits; /* LPMX_BLOOM_BLOCKS_MAX blocks */
    u64 *dirs; /* hashes of directory objects, sorted before they are asked for */
    size_t ndirs, room, names, most;
};

static void set(struct scan *s, u64 key)
{
    bloom_set(s->bits, LPMX_BLOOM_BLOCKS_MAX, key);
}

static struct path_hash child_hash(struct path_hash dir, const char *name)
{
    return hash_more(hash_more(dir, "/", 1), name, strlen(name));
}

static bool add(struct scan *s, struct path_hash dir, u64 hash)
{
    set(s, hash);
    set(s, hash_end(dir) ^ LPMX_BLOOM_C);
    return ++s->names <= s->most;
}

static bool scan_objects(struct scan *s, const char *path, struct path_hash at)
{
    struct listing list;
    const char *name;
    u8 type;
    bool going = true;
    if (s->ndirs == s->room) {
        u64 *more = need((s->room = s->room ? 2 * s->room : 4096) * sizeof *more);
        if (s->ndirs)
            memcpy(more, s->dirs, s->ndirs * sizeof *more);
        s->dirs = more;
    }
    s->dirs[s->ndirs++] = hash_end(at);
    listing_open(&list, path);
    while (going && (name = listing_next(&list, &type))) {
        struct path_hash h = child_hash(at, name);
        char *child = join_path(path, name);
        struct stat st;
        if (type == DT_UNKNOWN && lstat(child, &st) == 0)
            type = S_ISDIR(st.st_mode) ? DT_DIR : S_ISLNK(st.st_mode) ? DT_LNK : DT_REG;
        going = add(s, at, hash_end(h));
        if (type == DT_LNK)
            set(s, hash_end(h) ^ LPMX_BLOOM_X);
        if (going && type == DT_DIR)
            going = scan_objects(s, child, h);
    }
    return going;
}

static int compare(const void *a, const void *b)
{
    u64 x = *(const u64 *)a, y = *(const u64 *)b;
    return x < y ? -1 : x > y;
}

static bool scan_marks(struct scan *s, const char *folder, u64 dir)
{
    struct listing list;
    const char *name;
    u8 type;
    bool going = true;
    struct path_hash at = hash_resume(dir);
    listing_open(&list, folder);
    while (going && (name = listing_next(&list, &type))) {
        u64 hash = hash_end(child_hash(at, name));
        going = add(s, at, hash);
        if (!bsearch(&hash, s->dirs, s->ndirs, sizeof hash, compare))
            set(s, hash ^ LPMX_BLOOM_X);
    }
    return going;
}

/* A key's block in a smaller filter is that of its lower bits. */
static void fold(u64 *bits, u32 blocks)
{
    for (size_t word = (size_t)blocks * 8; word < (size_t)LPMX_BLOOM_BLOCKS_MAX * 8; word++)
        bits[word % ((size_t)blocks * 8)] |= bits[word];
}

u32 bloom_scan(const char *tree, u64 seed, size_t most, u64 **bits)
{
    struct scan s = {.bits = need((size_t)LPMX_BLOOM_BLOCKS_MAX * 64), .most = most};
    struct listing list;
    const char *name;
    u8 type;
    bool going = scan_objects(&s, join_path(tree, "upper"), hash_start(seed));
    qsort(s.dirs, s.ndirs, sizeof *s.dirs, compare);
    char *dead = join_path(tree, "dead");
    listing_open(&list, dead);
    while (going && (name = listing_next(&list, &type))) {
        char *end;
        u64 dir = strtoull(name, &end, 16);
        if (strlen(name) == 16 && !*end)
            going = scan_marks(&s, join_path(dead, name), dir);
    }
    u32 blocks = LPMX_BLOOM_BLOCKS;
    while (blocks < LPMX_BLOOM_BLOCKS_MAX && s.names * NAME_BITS > (size_t)blocks * 512)
        blocks *= 2;
    fold(s.bits, blocks);
    *bits = s.bits;
    return going ? blocks : 0;
}
