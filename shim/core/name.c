/* Names: canonical guest paths with their hashes and what the layers have there. */
#include "view.h"

#define MERGED_INO (1ull << 61) /* no file system gives such numbers */

void low_of_host(struct name *n, const struct stat *st)
{
    n->low.mode = st->st_mode;
    n->low.ino = st->st_ino | MERGED_INO;
}

/* The image `host`: the machine's own files, asked for component by component, since a link of the host among the parents would mean
 * that the lower tree has no such name. */
static int low_find_host(struct call *k, struct name *n)
{
    struct stat st;
    int fd = place_fd(k, PLACE_LAYER);
    if (fd < 0)
        return fd;
    long all = stat_straight(k->c, fd, n->path + 1, &st); /* without openat2 one by one */
    if (all && all != -ENOSYS)
        return 0;
    for (u32 end = all ? 1 : n->len + 1; end <= n->len; end++) {
        if (end < n->len && n->path[end] != '/')
            continue;
        char cut = n->path[end];
        n->path[end] = 0;
        long r = sys4(SYS_newfstatat, fd, n->path + 1, &st, AT_SYMLINK_NOFOLLOW);
        n->path[end] = cut;
        if (r || (end < n->len && !S_ISDIR(st.st_mode)))
            return 0;
    }
    low_of_host(n, &st);
    return 0;
}

int low_find(struct call *k, struct name *n)
{
    struct core *c = k->c;
    n->low = (struct low){0};
    if (k->deep)
        return 0;
    if (!n->len) {
        n->low.mode = S_IFDIR | 0755;
        n->low.entry = c->host ? NULL : c->index.entries;
        n->low.layer = n->low.entry ? n->low.entry->layer : 0;
        n->low.ino = MERGED_INO;
        return 0;
    }
    if (c->host)
        return low_find_host(k, n);
    const struct lpmx_entry *e = index_find(&c->index, n->hash, name_last(n), name_last_len(n));
    if (e)
        low_of_entry(c, n, e);
    return 0;
}

void low_of_entry(const struct core *c, struct name *n, const struct lpmx_entry *e)
{
    if (e->layer >= c->nlayers)
        return;
    n->low.entry = e;
    n->low.mode = e->mode;
    n->low.layer = e->layer;
    n->low.ino = (u64)(e - c->index.entries) | MERGED_INO;
}

static void name_cut(struct name *n, char *path, u32 len)
{
    n->path = path;
    n->len = len;
    n->dir_len = len;
    while (n->dir_len && path[--n->dir_len] != '/')
        ;
}

void name_below_bind(struct name *n, char *path, u32 len)
{
    name_cut(n, path, len);
    n->dir_hash = n->hash = 0;
    n->low = (struct low){0};
}

int name_set(struct call *k, struct name *n, char *path, u32 len)
{
    name_cut(n, path, len);
    struct path_hash h = hash_more(hash_start(k->c->seed), path, n->dir_len);
    n->dir_hash = hash_end(h);
    n->hash = hash_end(hash_more(h, path + n->dir_len, len - n->dir_len));
    return low_find(k, n);
}

void parent_enter(struct call *k, const struct name *n, struct name *parent)
{
    n->path[n->dir_len] = 0;
    name_set(k, parent, n->path, n->dir_len);
}

void parent_leave(const struct name *n)
{
    if (n->len)
        n->path[n->dir_len] = '/';
}
