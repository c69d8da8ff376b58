/* Directories and mount points that are made for the container's start, not for a call of the guest. */
#include "ops.h"

int make_dirs(struct call *k, const char *path, size_t len)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    int r = len < CORE_PATH_MAX ? 0 : -ENAMETOOLONG;
    for (size_t i = 1; !r && i <= len; i++) {
        if (i < len && path[i] != '/')
            continue;
        struct spot s;
        memcpy(slot->bytes, path, i);
        slot->bytes[i] = 0;
        r = walk_text(k, slot->bytes, WALK_FOLLOW, &s);
        if (!r && (s.kind == KIND_NONE || s.kind == KIND_BIND)) {
            r = (int)make_plain(k, &s, S_IFDIR | 0755);
            r = r == -EEXIST ? 0 : r;
        }
        walk_end(k, &s);
    }
    slot_put(k->c, slot);
    return r;
}

/* The directory that a bind is mounted in must be there; the name itself is only shown (dir.c). In another bind, though, the host must have
 * it: a program may look there from outside. */
static int make_mount_point(struct call *k, int bind, char *path, u32 len)
{
    struct spot s = {.kind = KIND_BIND};
    u32 flags = k->c->binds[bind].flags;
    if (flags & LPMX_BIND_HIDDEN)
        return 0;
    name_set(k, &s.name, path, len);
    if (s.name.dir_len && (s.name.low.mode == 0 || k->c->host)) {
        int r = make_dirs(k, path, s.name.dir_len);
        if (r)
            return r;
    }
    s.bind = bind_over(k->c, path, s.name.dir_len);
    if (s.bind < 0 || flags & LPMX_BIND_MAP)
        return 0;
    s.bind_skip = (u32)strlen(bind_guest(k->c, s.bind));
    int r = (int)make_plain(k, &s, flags & LPMX_BIND_FILE ? S_IFREG | 0644 : S_IFDIR | 0755);
    return r == -EEXIST ? 0 : r;
}

int core_make_mount_points(struct core *c, const char **what)
{
    struct call k = {.c = c};
    struct slot *slot = slot_get(c);
    bool readonly = c->readonly;
    u32 user = c->ids.fsuid;
    int r = slot ? ident_root(&k) : -ENOMEM;
    c->readonly = false;
    c->ids.fsuid = 0;
    for (u32 i = 0; !r && i < c->nbinds; i++) {
        *what = bind_guest(c, (int)i);
        size_t len = strlen(*what);
        memcpy(slot->bytes, *what, len + 1);
        r = make_mount_point(&k, (int)i, slot->bytes, (u32)len);
        if (r == -EROFS)
            r = 0; /* inside a read-only bind: shown all the same */
    }
    c->readonly = readonly;
    c->ids.fsuid = user;
    if (slot)
        slot_put(c, slot);
    call_end(&k);
    return r;
}
