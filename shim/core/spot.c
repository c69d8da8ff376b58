/* The result of a walk as the kernel needs it: descriptor and path, or absolute host path. */
#include "view.h"

int spot_at(struct call *k, const struct spot *s, const char **path)
{
    struct core *c = k->c;
    *path = name_rel(&s->name);
    if (s->kind != KIND_BIND)
        return place_fd(k, s->kind == KIND_LOWER ? PLACE_LAYER + (int)s->name.low.layer : PLACE_UPPER);
    if (c->binds[s->bind].flags & LPMX_BIND_FILE) {
        *path = bind_host(c, s->bind);
        return AT_FDCWD;
    }
    *path = s->name.len > s->bind_skip ? s->name.path + s->bind_skip + 1 : ".";
    return place_fd(k, PLACE_BIND + s->bind);
}

int spot_path(struct call *k, const struct spot *s, char *out, size_t cap)
{
    struct core *c = k->c;
    if (s->deep)
        return -ENAMETOOLONG;
    int place = s->kind == KIND_BIND ? PLACE_BIND + s->bind : s->kind == KIND_LOWER ? PLACE_LAYER + (int)s->name.low.layer : PLACE_UPPER;
    int n = place_path(c, place, out, cap);
    if (n < 0)
        return n;
    size_t pos = (size_t)n;
    if (pos == 1)
        pos = 0; /* "/" */
    const char *tail = s->kind == KIND_BIND ? s->name.path + s->bind_skip : s->name.path;
    if (!text_add(out, cap, &pos, tail, strlen(tail)))
        return -ENAMETOOLONG;
    return (int)pos;
}

int spot_writable(struct call *k, const struct spot *s)
{
    if (s->kind == KIND_BIND)
        return k->c->binds[s->bind].flags & LPMX_BIND_RO ? -EROFS : 0;
    return k->c->readonly ? -EROFS : 0;
}

int spot_host_mode(struct call *k, const struct spot *s)
{
    return bind_host_mode(k, s->bind, s->bind_skip, s->name.path, s->name.len);
}

/* The same of its directory: the name is cut for the look. */
static int bind_parent(struct call *k, struct spot *s)
{
    if (s->dots || s->name.len == s->bind_skip)
        return 0;
    s->name.path[s->name.dir_len] = 0;
    int mode = bind_host_mode(k, s->bind, s->bind_skip, s->name.path, s->name.dir_len);
    s->name.path[s->name.dir_len] = '/';
    return mode < 0 ? mode : S_ISDIR(mode) ? 0 : -ENOTDIR;
}

int spot_parent(struct call *k, struct spot *s)
{
    struct name parent;
    enum kind kind;
    if (s->kind == KIND_BIND)
        return bind_parent(k, s);
    if (s->kind != KIND_NONE || !s->name.len)
        return 0;
    if (s->dots)
        return -ENOENT;
    parent_enter(k, &s->name, &parent);
    int mode = lookup_mode(k, &parent, &kind);
    parent_leave(&s->name);
    return mode < 0 ? mode : !mode ? -ENOENT : S_ISDIR(mode) ? 0 : -ENOTDIR;
}
