/* See walker.h. */
#include "walker.h"

#define HOPS_MAX 40

int walker_grow(struct walker *w)
{
    struct spot *s = w->s;
    if (s->slot)
        return -ENAMETOOLONG;
    if (!(s->slot = slot_get(w->k->c)))
        return -ENOMEM;
    u32 tail = s->cap - w->rest, cap = SLOT_SIZE;
    memcpy(s->slot->bytes, s->buf, s->name.len);
    memcpy(s->slot->bytes + cap - tail, s->buf + w->rest, tail);
    w->rest = cap - tail;
    s->buf = s->slot->bytes;
    s->cap = cap;
    return 0;
}

u32 walker_gap(const struct walker *w)
{
    return w->rest - w->s->name.len;
}

void walker_rewind(struct walker *w, u32 len)
{
    struct spot *s = w->s;
    s->name.len = len;
    s->buf[len] = 0;
    s->bind = bind_over(w->k->c, s->buf, len);
    s->bind_skip = s->bind < 0 ? 0 : (u32)strlen(bind_guest(w->k->c, s->bind));
}

bool walker_at_root(const struct walker *w)
{
    return w->s->name.len == w->root_len && (!w->root || !memcmp(w->s->buf, w->root, w->root_len));
}

void walker_to_root(struct walker *w)
{
    if (w->root)
        memcpy(w->s->buf, w->root, w->root_len);
    walker_rewind(w, w->root_len);
}

/* What openat2 was told not to do: fs/namei.c, pick_link, nd_jump_link, nd_jump_root. */
static int refused(const struct walker *w, bool absolute)
{
    if (w->flags & WALK_NO_LINKS || (w->jump && w->flags & WALK_NO_MAGIC))
        return -ELOOP;
    if (w->jump)
        return w->flags & (WALK_NO_XDEV | WALK_BENEATH | WALK_IN_ROOT) ? -EXDEV : 0;
    if (!absolute)
        return 0;
    /* The kernel compares with a root that it has not looked up where the path had neither "/" nor ".." so far: another mount. */
    bool crosses = w->flags & WALK_NO_XDEV && (!w->root_known || w->s->bind != bind_over(w->k->c, w->root ? w->root : w->s->buf, w->root_len));
    return crosses || w->flags & WALK_BENEATH ? -EXDEV : 0;
}

/* Four texts of the longest kind fit: what needs more goes round in circles, and the kernel, which has no such limit, counts to the end. */
static int grow_for_link(struct walker *w)
{
    int r = walker_grow(w);
    return r == -ENAMETOOLONG ? -ELOOP : r;
}

int substitute(struct walker *w, const char *text, u32 len, u32 dir_len)
{
    struct spot *s = w->s;
    if (++w->hops > HOPS_MAX)
        return -ELOOP;
    int no = w->flags & WALK_RESOLVE ? refused(w, len && text[0] == '/') : 0;
    if (no || !len)
        return no ? no : -ENOENT;
    while (walker_gap(w) < len + 8 || w->rest < w->root_len + len + 8) { /* with text in the gap the caller has made room */
        int r = grow_for_link(w);
        if (r)
            return r;
    }
    bool more = s->buf[w->rest] != 0;
    if (more)
        s->buf[--w->rest] = '/';
    bool absolute = text[0] == '/';
    w->rest -= len;
    memmove(s->buf + w->rest, text, len);
    if (absolute && !w->jump)
        walker_to_root(w);
    else
        walker_rewind(w, absolute ? 0 : dir_len);
    w->jump = false;
    return 1;
}

int substitute_disk(struct walker *w, int fd, const char *path, bool ours, u32 dir_len)
{
    for (;;) {
        u32 room = walker_gap(w);
        char *at = w->s->buf + w->s->name.len + 2;
        long n = room < 16 ? 0 : sys4(SYS_readlinkat, fd, path, at, room - 4);
        if (n < 0)
            return (int)n;
        struct identity owner;
        u32 skip = ours ? link_skip(w->k->c, at, n, &owner) : 0;
        if (n && n + 16 < (long)room)
            return substitute(w, at + skip, (u32)n > skip ? (u32)n - skip : 0, dir_len);
        u32 rel = (u32)(path - w->s->buf); /* path may point into the buffer that moves */
        bool inside = path >= w->s->buf && rel < w->s->cap;
        int r = grow_for_link(w);
        if (r)
            return r;
        if (inside) {
            path = w->s->buf + rel;
            w->s->buf[w->s->name.len] = 0;
        }
    }
}
