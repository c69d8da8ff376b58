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

#define MOST 20000 /* names: more would fill the filter, and take seconds on a network file system */

struct scan {
    u64 *bits;
    u64 *dirs; /* hashes of directory objects, sorted before they are asked for */
    size_t ndirs, names;
};

static struct path_hash child_hash(struct path_hash dir, const char *name)
{
    return hash_more(hash_more(dir, "/", 1), name, strlen(name));
}

static bool add(struct scan *s, struct path_hash dir, u64 hash)
{
    bloom_set(s->bits, hash);
    bloom_set(s->bits, hash_end(dir) ^ LPMX_BLOOM_C);
    return ++s->names <= MOST;
}

static bool scan_objects(struct scan *s, const char *path, struct path_hash at)
{
    struct listing list;
    const char *name;
    u8 type;
    bool going = true;
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
            bloom_set(s->bits, hash_end(h) ^ LPMX_BLOOM_X);
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
            bloom_set(s->bits, hash ^ LPMX_BLOOM_X);
    }
    return going;
}

bool bloom_scan(const char *tree, u64 seed, u64 *bits)
{
    struct scan s = {.bits = bits, .dirs = need((MOST + 2) * sizeof *s.dirs)};
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
    return going;
}
