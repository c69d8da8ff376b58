/* Look-up of one name whose parents are already resolved in the guest's view (upper.md section 4), and the question whether a directory's
 * lower part is all gone (sections 3 and 6). */
#include "view.h"

static int lookup_object(struct call *k, const struct name *n, struct stat *st)
{
    int fd = place_fd(k, PLACE_UPPER);
    if (fd < 0)
        return fd;
    long r = sys4(SYS_newfstatat, fd, name_rel(n), st, AT_SYMLINK_NOFOLLOW);
    return r == -ENOENT ? KIND_NONE : r < 0 ? (int)r : KIND_OBJECT;
}

int lookup(struct call *k, const struct name *n, struct stat *st)
{
    return lookup_known(k, n, n->len && !k->deep && bloom_untouched(k->c, n), st);
}

int lookup_known(struct call *k, const struct name *n, bool untouched, struct stat *st)
{
    char temp[TEMP_MAX];
    if (untouched)
        return n->low.mode ? KIND_LOWER : KIND_NONE;
    if (!n->low.mode || !n->len)
        return lookup_object(k, n, st);
    /* Without a bloom the mark comes first: its absence settles the whole path (invariant I4). */
    int mark = mark_read(k, n, temp);
    if (mark < 0)
        return mark;
    if (mark == MARK_NONE)
        return KIND_LOWER;
    int pending = mark == MARK_COPIED ? publish_pending(k, n, temp) : 0;
    return pending ? pending : lookup_object(k, n, st);
}

int lookup_mode(struct call *k, const struct name *n, enum kind *kind)
{
    struct stat st;
    int r = lookup(k, n, &st);
    if (r < 0)
        return r;
    *kind = (enum kind)r;
    return r == KIND_LOWER ? (int)n->low.mode : r == KIND_OBJECT ? (int)st.st_mode : 0;
}

/* One lower child of n: 1 detached, 0 live or pending, or -errno. */
static int child_detached(struct call *k, const struct name *n, const char *name, u32 len, bool deep)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    char temp[TEMP_MAX], *path = slot->bytes;
    struct name child;
    int r = -ENAMETOOLONG;
    if (n->len + len + 2 < SLOT_SIZE) {
        memcpy(path, n->path, n->len);
        path[n->len] = '/';
        memcpy(path + n->len + 1, name, len);
        path[n->len + 1 + len] = 0;
        name_set(k, &child, path, n->len + 1 + len);
        r = bloom_untouched(k->c, &child) ? MARK_NONE : mark_read(k, &child, temp);
        int done = r == MARK_COPIED ? publish(k, &child, temp) : -ENOENT;
        if (!done)
            r = deep ? MARK_COPIED : MARK_NONE; /* it is an object now */
        else if (done != -ENOENT && done != -ENOTDIR)
            r = done; /* it is there still */
        if (r > 0 && deep && S_ISDIR(child.low.mode)) {
            struct stat st;
            int kind = lookup(k, &child, &st);
            r = kind < 0 ? kind : kind == KIND_OBJECT && S_ISDIR(st.st_mode) ? emptied(k, &child, true) : 1;
        }
    }
    slot_put(k->c, slot);
    return r < 0 ? r : r != MARK_NONE;
}

/* The image `host`: the children are those of the directory itself. */
static int emptied_host(struct call *k, const struct name *n, bool deep)
{
    int dir = place_fd(k, PLACE_LAYER), r = 1;
    long fd = dir < 0 ? dir : sys4(SYS_openat, dir, name_rel(n), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0), got;
    if (fd == -ENOENT || fd == -ENOTDIR)
        return 1;
    if (fd < 0)
        return (int)fd;
    struct slot *slot = slot_get(k->c);
    if (!slot)
        r = -ENOMEM;
    while (r == 1 && (got = sys3(SYS_getdents64, fd, slot->bytes, SLOT_SIZE)) > 0)
        for (long at = 0; r == 1 && at < got;) {
            struct linux_dirent64 *d = (void *)(slot->bytes + at);
            at += d->len;
            if (!str_equal(d->name, ".") && !str_equal(d->name, ".."))
                r = child_detached(k, n, d->name, (u32)strlen(d->name), deep);
        }
    if (slot)
        slot_put(k->c, slot);
    sys1(SYS_close, fd);
    return r;
}

int emptied(struct call *k, const struct name *n, bool deep)
{
    if (!S_ISDIR(n->low.mode))
        return 1;
    if (k->c->host)
        return emptied_host(k, n, deep);
    const struct lpmx_entry *e = n->low.entry;
    const struct index *x = &k->c->index;
    for (u32 i = 0; i < e->b; i++) {
        if (e->a + i >= x->head->nentries)
            return -EIO;
        const struct lpmx_entry *ch = &x->entries[e->a + i];
        u32 len = ch->name_len;
        const char *name = index_bytes(x, ch->name, &len);
        int r = child_detached(k, n, name, len, deep);
        if (r != 1)
            return r;
    }
    return 1;
}
