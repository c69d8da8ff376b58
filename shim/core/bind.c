/* Binds: host paths shown at guest paths. Few, so a scan; a bit set of their lengths spares most of it. */
#include "view.h"

int bind_at(const struct core *c, const char *path, u32 len)
{
    if (!(c->bind_lengths[len >> 6 & 3] >> (len & 63) & 1))
        return -1;
    for (u32 i = 0; i < c->nbinds; i++) {
        const char *g = bind_guest(c, (int)i);
        u32 j = 0;
        while (j < len && g[j] == path[j])
            j++;
        if (j == len && !g[j])
            return (int)i;
    }
    return -1;
}

int bind_over(const struct core *c, const char *path, u32 len)
{
    for (u32 end = len; end; end--)
        if (end == len || path[end] == '/') {
            int i = bind_at(c, path, end);
            if (i >= 0)
                return i;
        }
    return -1;
}

/* The bind's guest path is a direct child of path[len]. */
bool bind_in(const char *guest, const char *path, u32 len)
{
    if (memcmp(guest, path, len) || guest[len] != '/')
        return false;
    for (const char *s = guest + len + 1; *s; s++)
        if (*s == '/')
            return false;
    return true;
}

bool bind_any_map(const struct core *c, const char *path, u32 len)
{
    for (u32 i = 0; i < c->nbinds; i++)
        if ((c->binds[i].flags & (LPMX_BIND_MAP | LPMX_BIND_HIDDEN)) == LPMX_BIND_MAP && strlen(bind_guest(c, (int)i)) > len &&
            bind_in(bind_guest(c, (int)i), path, len))
            return true;
    return false;
}

bool bind_any_in(const struct core *c, const char *path, u32 len)
{
    for (u32 i = 0; i < c->nbinds; i++)
        if (!(c->binds[i].flags & LPMX_BIND_HIDDEN) && strlen(bind_guest(c, (int)i)) > len && bind_in(bind_guest(c, (int)i), path, len))
            return true;
    return false;
}

/* What bind number `bind`, mounted at path[skip], has at path[len]. */
int bind_host_mode(struct call *k, int bind, u32 skip, const char *path, u32 len)
{
    struct stat st;
    const struct lpmx_bind *b = &k->c->binds[bind];
    bool file = b->flags & LPMX_BIND_FILE;
    int fd = file ? AT_FDCWD : place_fd(k, PLACE_BIND + bind);
    if (file && len > skip)
        return -ENOTDIR;
    if (fd < 0 && fd != AT_FDCWD)
        return fd;
    const char *rel = file ? bind_host(k->c, bind) : len > skip ? path + skip + 1 : ".";
    long r = sys4(SYS_newfstatat, fd, rel, &st, b->flags & (LPMX_BIND_TRUST | LPMX_BIND_FILE) ? 0 : AT_SYMLINK_NOFOLLOW);
    return r ? (int)r : (int)st.st_mode;
}

long bind_remove(struct call *k, struct spot *s, bool dir)
{
    const char *at;
    bool mount = s->name.len == s->bind_skip;
    int fd = spot_at(k, s, &at), mode = s->must_dir || mount ? spot_host_mode(k, s) : 0, refused = mount ? 0 : spot_writable(k, s);
    if (s->dots)
        return !dir ? -EISDIR : s->dots == 1 ? -EINVAL : -ENOTEMPTY;
    if (refused) {
        int missing = spot_parent(k, s);
        return missing ? missing : refused;
    }
    if (mode < 0)
        return mode;
    if (mode && dir != S_ISDIR(mode))
        return dir ? -ENOTDIR : -EISDIR;
    if (mode && !dir && s->must_dir)
        return -ENOTDIR;
    return mount ? -EBUSY : fd < 0 ? fd : sys3(SYS_unlinkat, fd, at, dir ? AT_REMOVEDIR : 0);
}
