/* One component of a walk below a bind, where the host says what is a link; in /proc and /dev the links that must lead into the view are ours
 * (proc.c), and the kernel may follow the rest, unless openat2 wants to know of every one. */
#include "walker.h"

/* Another file system of the host begins here, which to the guest is one more mount. */
static APART bool host_mount(int fd, const char *rel)
{
    struct stat st, top;
    return !sys4(SYS_newfstatat, fd, rel, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode) && !sys4(SYS_newfstatat, fd, ".", &top, 0) && st.st_dev != top.st_dev;
}

/* Below a bind that the kernel may follow links in. As walker_step_bind. */
static int step_trusted(struct walker *w, u32 dir_len)
{
    struct spot *s = w->s;
    char small[256];
    char *at = small;
    size_t cap = sizeof small;
    if (walker_gap(w) >= CORE_PATH_MAX + 16) {
        at = s->buf + s->name.len + 2;
        cap = CORE_PATH_MAX;
    }
    int n = proc_link(w->k, s->buf, s->name.len, at, cap);
    if (n == -ENAMETOOLONG && at == small) {
        int r = walker_grow(w);
        if (r)
            return r;
        s->buf[s->name.len] = 0;
        return step_trusted(w, dir_len);
    }
    w->jump = proc_magic(s->buf, s->name.len);
    if (n == -ENOENT && w->flags & WALK_RESOLVE) { /* a link that is usually the kernel's business */
        int fd = place_fd(w->k, PLACE_BIND + s->bind);
        n = fd < 0 ? fd : substitute_disk(w, fd, s->buf + s->bind_skip + 1, false, dir_len);
        return n == -EINVAL || n == -ENOENT ? 0 : n;
    }
    return n == -ENOENT ? 0 : n < 0 ? n : substitute(w, at, (u32)n, dir_len);
}

int walker_step_bind(struct walker *w, bool last, u32 dir_len)
{
    struct spot *s = w->s;
    struct core *c = w->k->c;
    const struct lpmx_bind *b = &c->binds[s->bind];
    const char *rel = s->buf + s->bind_skip + 1;
    if (b->flags & LPMX_BIND_FILE)
        return -ENOTDIR;
    int fd = w->flags & WALK_NO_XDEV || !(b->flags & LPMX_BIND_TRUST) ? place_fd(w->k, PLACE_BIND + s->bind) : 0;
    if (fd < 0)
        return fd;
    if (w->flags & WALK_NO_XDEV && host_mount(fd, rel))
        return -EXDEV;
    if (last && !(w->flags & WALK_FOLLOW) && (!s->must_dir || w->flags & WALK_NAME))
        return 0;
    if (b->flags & LPMX_BIND_TRUST)
        return step_trusted(w, dir_len);
    int r = substitute_disk(w, fd, rel, false, dir_len);
    return r == -EINVAL || (last && r == -ENOENT) ? 0 : r;
}
