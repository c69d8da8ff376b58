/* Straight paths: one question to the kernel, openat2(2) with RESOLVE_NO_SYMLINKS (Linux 5.6), instead of one for each component. A path
 * below a bind that leads through no link means the same to the host as to the guest. Without that call, or with a link on the way, the walk
 * goes step by step. */
#include "quick.h"
#include "numbers.h"

#define RESOLVE_NO_SYMLINKS_ 4
#define O_LARGEFILE_ 0100000 /* which open and openat add by themselves */

long open_straight(struct core *c, int dir, const char *path, int flags, u32 mode)
{
    const u64 how[3] = {(u32)flags | (flags & O_PATH ? 0 : O_LARGEFILE_), mode, RESOLVE_NO_SYMLINKS_};
    if (c->no_openat2)
        return -ENOSYS;
    long r = sys4(SYS_openat2, dir, path, how, sizeof how);
    if (r == -ENOSYS)
        c->no_openat2 = true;
    /* The last two may be a filter's answer, or about flags that openat does not mind. */
    return r == -ELOOP || r == -EPERM || r == -EINVAL ? -ENOSYS : r;
}

static bool one_name(const char *path)
{
    while (*path && *path != '/')
        path++;
    return !*path;
}

long stat_straight(struct core *c, int dir, const char *path, struct stat *st)
{
    if (one_name(path))
        return sys4(SYS_newfstatat, dir, path, st, AT_SYMLINK_NOFOLLOW);
    long fd = open_straight(c, dir, path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0)
        return fd == -EMFILE || fd == -ENFILE ? -ENOSYS : fd;
    long r = sys2(SYS_fstat, fd, st);
    sys1(SYS_close, fd);
    return r;
}

long unproved_result(const struct spot *s, long r)
{
    return r == -ENOSYS || (r == -ENOENT && s->unproved == 2) ? CORE_PASS : r;
}

/* Takes all that is left into the canonical part, if it is only names, with no other mount point among them. The number of names or 0. */
static u32 take_names(struct walker *w, u32 *len)
{
    struct spot *s = w->s;
    struct core *c = w->k->c;
    char *to = s->buf + s->name.len;
    const char *from = s->buf + w->rest;
    u32 count = 0;
    for (;; count++) {
        const char *next = next_component(from);
        char *start = to;
        if (!*next)
            break;
        *to++ = '/';
        do
            *to++ = *next++;
        while (*next && *next != '/');
        *to = 0;
        if (is_dots(start + 1) || to - start > NAME_LEN_MAX + 1 || bind_at(c, s->buf, (u32)(to - s->buf)) >= 0)
            return 0;
        from = next;
    }
    *len = (u32)(to - s->buf);
    return *from == '/' ? 0 : count;
}

/* No name that is followed is a link. False: or that is not known. */
static bool is_proved(struct walker *w, u32 len)
{
    struct spot *s = w->s;
    struct core *c = w->k->c;
    struct stat st;
    char *rel = s->buf + s->bind_skip + 1;
    int dir = place_fd(w->k, PLACE_BIND + s->bind);
    if (dir < 0)
        return false;
    if (w->flags & WALK_FOLLOW)
        return !stat_straight(c, dir, rel, &st) && !S_ISLNK(st.st_mode);
    char *last = s->buf + len;
    while (*last != '/')
        last--;
    if (last < rel)
        return true;
    *last = 0;
    long fd = open_straight(c, dir, rel, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    *last = '/';
    if (fd >= 0)
        sys1(SYS_close, fd);
    return fd >= 0;
}

bool walk_straight(struct walker *w)
{
    struct spot *s = w->s;
    u32 len, rest_len = s->cap - 1 - w->rest;
    if (w->k->c->no_openat2 || w->k->c->binds[s->bind].flags & (LPMX_BIND_TRUST | LPMX_BIND_FILE) || walker_gap(w) < rest_len + 2)
        return false;
    u32 count = take_names(w, &len);
    bool proved = count && (w->flags & WALK_UNPROVED || is_proved(w, len));
    if (!proved) {
        s->buf[s->name.len] = 0;
        return false;
    }
    s->unproved = !(w->flags & WALK_UNPROVED) ? 0 : w->from_cwd ? 2 : 1;
    s->name.len = len;
    s->dots = 0;
    s->must_dir = false;
    return true;
}
