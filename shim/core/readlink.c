/* readlink. What the index holds is answered from it; links of the upper are stored with a text in front that the kernel cannot follow, and the
 * magic links of /proc lead into the view. */
#include "ops.h"

static long link_text_out(const char *text, long n, long buf, long size)
{
    if (n > size)
        n = size;
    long r = guest_write((void *)buf, text, (size_t)n);
    return r ? r : n;
}

static long readlink_spot(struct call *k, const struct spot *s, char *text, size_t cap, u32 *skip)
{
    const char *path;
    *skip = 0;
    if (s->kind == KIND_NONE)
        return -ENOENT;
    if (s->kind == KIND_BIND) {
        int n = proc_readlink(k, s->name.path, s->name.len, text, cap);
        if (n != -ENOENT)
            return n;
    } else if (!S_ISLNK(s->kind == KIND_OBJECT ? s->mode : s->name.low.mode)) {
        return -EINVAL;
    }
    const struct lpmx_entry *e = s->kind == KIND_LOWER ? s->name.low.entry : NULL;
    if (e) {
        u32 len = e->b;
        const char *known = index_bytes(&k->c->index, e->a, &len);
        len = len < cap ? len : (u32)cap;
        memcpy(text, known, len);
        return len;
    }
    int fd = spot_at(k, s, &path);
    if (fd < 0 && fd != AT_FDCWD)
        return fd;
    struct identity id;
    long r = sys4(SYS_readlinkat, fd, path, text, cap);
    if (s->kind == KIND_OBJECT)
        *skip = link_skip(k->c, text, r, &id);
    return r;
}

static long readlink_at(struct call *k, int dirfd, long path, long buf, long size)
{
    struct spot s;
    u32 skip = 0;
    if (size <= 0)
        return -EINVAL;
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    long r;
    if (dirfd != AT_FDCWD && no_path(path)) { /* an O_PATH descriptor of a link */
        r = sys4(SYS_readlinkat, dirfd, "", slot->bytes, SLOT_SIZE);
        struct identity id;
        skip = link_skip(k->c, slot->bytes, r, &id);
    } else {
        r = walk(k, dirfd, (const char *)path, 0, &s);
        if (!r)
            r = readlink_spot(k, &s, slot->bytes, SLOT_SIZE, &skip);
        walk_end(k, &s);
    }
    if (r >= 0)
        r = link_text_out(slot->bytes + skip, r - (long)skip, buf, size);
    slot_put(k->c, slot);
    return r;
}

long op_readlink(struct call *k, const long *a)
{
    return readlink_at(k, AT_FDCWD, a[0], a[1], (int)a[2]);
}

long op_readlinkat(struct call *k, const long *a)
{
    return readlink_at(k, (int)a[0], a[1], a[2], (int)a[3]);
}
