/* stat and its relatives, access, statfs. What the layers hold is shown with the index's identity, objects with their own. */
#include "caps.h"
#include "shown.h"
#include <sys/statfs.h>

#define AT_EMPTY_PATH_ 0x1000

/* The spot's real stat and the identity to show. */
static int spot_stat(struct call *k, const struct spot *s, bool follow, struct stat *st, struct identity *id)
{
    const char *path;
    if (s->kind == KIND_NONE)
        return -ENOENT;
    int fd = spot_at(k, s, &path);
    if (fd < 0 && fd != AT_FDCWD)
        return fd;
    bool trust = s->kind == KIND_BIND && k->c->binds[s->bind].flags & (LPMX_BIND_TRUST | LPMX_BIND_FILE);
    bool through = trust && (follow || s->must_dir || s->name.len == s->bind_skip);
    bool seen = s->kind == KIND_OBJECT && !s->deep && k->saw && k->seen == st; /* the walk has asked */
    long r = seen ? 0 : sys4(SYS_newfstatat, fd, path, st, through ? 0 : AT_SYMLINK_NOFOLLOW);
    if (r)
        return (int)r;
    if (s->kind == KIND_LOWER)
        return ident_of_low(k, &s->name.low, st, id);
    if (s->kind == KIND_OBJECT) {
        r = ident_of_object(k, st, id);
        if (!r && S_ISLNK(st->st_mode))
            link_shown(k, fd, path, st, id);
        return (int)r;
    }
    if (s->must_dir && !S_ISDIR(st->st_mode))
        return -ENOTDIR;
    ident_of_bind(k, st, id);
    peer_of_folder(k, s->name.path, st, id);
    if (trust) { /* devices and pseudo files keep their type's numbers */
        id->major = (u32)(st->st_rdev >> 8 & 0xfff);
        id->minor = (u32)((st->st_rdev & 0xff) | (st->st_rdev >> 12 & 0xfff00));
    }
    return 0;
}

/* An open descriptor. Ordinary files need no look at where they are: only what is not plain has its sticky bit set on disk. */
static int fd_stat(struct call *k, int fd, struct stat *st, struct identity *id, struct name *n, struct slot **slot)
{
    long r = fds_ours(k->c, fd) ? -EBADF : sys2(SYS_fstat, fd, st);
    if (r)
        return (int)r;
    n->low.mode = 0;
    ident_of_bind(k, st, id);
    if (!S_ISDIR(st->st_mode) && !S_ISLNK(st->st_mode) && !(st->st_mode & S_ISVTX))
        return 0;
    if (S_ISREG(st->st_mode) && reverse_in_tree(k, fd))
        return ident_of_object(k, st, id);
    if (!(*slot = slot_get(k->c)))
        return -ENOMEM;
    int len = S_ISDIR(st->st_mode) ? dirfd_path(k, fd, st, (*slot)->bytes, SLOT_SIZE) : reverse_fd(k, fd, (*slot)->bytes, SLOT_SIZE);
    if (len < 0 || bind_over(k->c, (*slot)->bytes, (u32)len) >= 0)
        return 0;
    name_set(k, n, (*slot)->bytes, (u32)len);
    if (S_ISREG(st->st_mode) && n->low.mode) /* open on the layer's, whatever its name is by now */
        return ident_of_low(k, &n->low, st, id);
    struct stat now;
    int kind = lookup(k, n, &now);
    if (kind == KIND_LOWER)
        return ident_of_low(k, &n->low, st, id);
    if (kind == KIND_OBJECT && S_ISDIR(n->low.mode) && S_ISDIR(st->st_mode) && S_ISDIR(now.st_mode))
        *st = now; /* it may have been opened before it was copied up */
    int unknown = kind < 0 ? 0 : ident_of_object(k, st, id);
    if (S_ISLNK(st->st_mode))
        link_shown(k, fd, "", st, id);
    return unknown;
}

static long stat_out(struct call *k, int r, struct stat *st, const struct identity *id, const struct name *n, long out)
{
    if (r)
        return r;
    shown_put(k, st, id, n);
    return guest_write((void *)out, st, sizeof *st);
}

static long stat_path(struct call *k, int dirfd, const char *path, bool follow, long out)
{
    struct spot s;
    struct stat st;
    struct identity id;
    unsigned how = follow ? WALK_FOLLOW : 0;
    k->seen = &st;
    long ret = walk(k, dirfd, path, how | WALK_UNPROVED, &s);
    if (!ret && s.unproved) {
        ret = shown_unproved(k, &s, follow, out);
        if (ret != CORE_PASS) {
            walk_end(k, &s);
            return ret;
        }
        walk_end(k, &s);
        ret = walk(k, dirfd, path, how, &s);
    }
    if (!ret && s.kind == KIND_LOWER && s.name.low.entry) {
        ret = shown_low(k, &s, out);
    } else if (!ret) {
        int r = spot_stat(k, &s, follow, &st, &id);
        ret = stat_out(k, r, &st, &id, s.kind == KIND_BIND ? NULL : &s.name, out);
    }
    walk_end(k, &s);
    return ret;
}

static long stat_fd(struct call *k, int fd, long out)
{
    long plain = shown_plain_fd(k, fd, out);
    if (plain != CORE_PASS)
        return plain;
    struct stat st;
    struct identity id;
    struct name n;
    struct slot *slot = NULL;
    int r = fd_stat(k, fd, &st, &id, &n, &slot);
    long ret = stat_out(k, r, &st, &id, &n, out);
    if (slot)
        slot_put(k->c, slot);
    return ret;
}

long op_stat(struct call *k, const long *a)
{
    return stat_path(k, AT_FDCWD, (const char *)a[0], true, a[1]);
}

long op_lstat(struct call *k, const long *a)
{
    return stat_path(k, AT_FDCWD, (const char *)a[0], false, a[1]);
}

long op_fstat(struct call *k, const long *a)
{
    return stat_fd(k, (int)a[0], a[1]);
}

static long stat_cwd(struct call *k, long out)
{
    struct spot s;
    struct stat st;
    struct identity id;
    int r = walk_text(k, ".", WALK_FOLLOW, &s);
    if (!r)
        r = spot_stat(k, &s, true, &st, &id);
    long ret = stat_out(k, r, &st, &id, &s.name, out);
    walk_end(k, &s);
    return ret;
}

long op_newfstatat(struct call *k, const long *a)
{
    if (a[3] & AT_EMPTY_PATH_ && no_path(a[1]))
        return (int)a[0] == AT_FDCWD ? stat_cwd(k, a[2]) : stat_fd(k, (int)a[0], a[2]);
    if (a[3] & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH_ | 0x800 | 0x6000))
        return -EINVAL;
    return stat_path(k, (int)a[0], (const char *)a[1], !(a[3] & AT_SYMLINK_NOFOLLOW), a[2]);
}

/* struct statx of linux/stat.h, as far as we alter it. */
struct statx_ {
    u32 mask, blksize;
    u64 attributes;
    u32 nlink, uid, gid;
    u16 mode, pad;
    u64 ino, size, blocks, attributes_mask;
    u64 times[8];
    u32 rdev_major, rdev_minor, dev_major, dev_minor;
    u64 rest[14];
};

static void statx_show(struct statx_ *x, const struct stat *st, const struct identity *id)
{
    x->mode = (u16)st->st_mode;
    x->uid = st->st_uid;
    x->gid = st->st_gid;
    x->nlink = (u32)st->st_nlink;
    x->ino = st->st_ino;
    x->size = (u64)st->st_size;
    x->dev_major = (u32)(st->st_dev >> 8 & 0xfff);
    x->dev_minor = (u32)((st->st_dev & 0xff) | (st->st_dev >> 12 & 0xfff00));
    bool device = S_ISCHR(id->mode) || S_ISBLK(id->mode);
    x->rdev_major = device ? id->major : 0;
    x->rdev_minor = device ? id->minor : 0;
}

static long statx_path(struct call *k, const long *a, struct statx_ *x)
{
    struct spot s;
    struct stat st;
    struct identity id;
    bool follow = !(a[2] & AT_SYMLINK_NOFOLLOW);
    const char *path;
    long r = walk(k, (int)a[0], (const char *)a[1], follow ? WALK_FOLLOW : 0, &s);
    if (!r)
        r = spot_stat(k, &s, follow, &st, &id);
    if (!r) {
        int fd = spot_at(k, &s, &path);
        bool link = S_ISLNK(st.st_mode) || s.kind != KIND_BIND;
        r = sys5(SYS_statx, fd, path, (a[2] & 0x6000) | (link ? AT_SYMLINK_NOFOLLOW : 0), a[3], x);
        shown_put(k, &st, &id, s.kind == KIND_BIND ? NULL : &s.name);
        statx_show(x, &st, &id);
    }
    walk_end(k, &s);
    return r;
}

static long statx_fd(struct call *k, const long *a, struct statx_ *x)
{
    struct stat st;
    struct identity id;
    struct name n;
    struct slot *slot = NULL;
    long r = fd_stat(k, (int)a[0], &st, &id, &n, &slot);
    if (!r)
        r = sys5(SYS_statx, a[0], "", AT_EMPTY_PATH_ | (a[2] & 0x6000), a[3], x);
    if (!r) {
        shown_put(k, &st, &id, &n);
        statx_show(x, &st, &id);
    }
    if (slot)
        slot_put(k->c, slot);
    return r;
}

long op_statx(struct call *k, const long *a)
{
    struct statx_ x;
    bool fd = a[2] & AT_EMPTY_PATH_ && (int)a[0] != AT_FDCWD && no_path(a[1]);
    if (a[3] & (long)0x80000000 || a[2] & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH_ | 0x800 | 0x6000))
        return -EINVAL;
    long r = fd ? statx_fd(k, a, &x) : statx_path(k, a, &x);
    return r ? r : guest_write((void *)a[4], &x, sizeof x);
}

/* What the identity allows: a guest root may all but execute what nobody may. Asked for the real ids, or the effective ones. */
static int allowed(struct call *k, const struct identity *id, int how, long flags)
{
    const struct core_ids *me = &k->c->ids;
    u32 uid = flags & AT_EACCESS ? me->euid : me->ruid, gid = flags & AT_EACCESS ? me->egid : me->rgid;
    if (S_ISLNK(id->mode) || !how)
        return 0;
    u32 caps = flags & AT_EACCESS ? me->effective : me->ruid ? 0 : me->caps.permitted;
    if (caps & CAP_DAC_OVERRIDE)
        return how & 1 && !S_ISDIR(id->mode) && !(id->mode & 0111) ? -EACCES : 0;
    if (caps & CAP_DAC_READ_SEARCH && (S_ISDIR(id->mode) ? !(how & 2) : how == 4))
        return 0;
    bool group = gid == id->gid;
    for (u32 i = 0; i < me->ngroups && !group; i++)
        group = me->groups[i] == id->gid;
    u32 bits = uid == id->uid ? id->mode >> 6 : group ? id->mode >> 3 : id->mode;
    return (bits & (u32)how) == (u32)how ? 0 : -EACCES;
}

static long access_at(struct call *k, int dirfd, long path, int how, long flags)
{
    struct spot s;
    struct stat st;
    struct identity id;
    const char *at;
    bool follow = !(flags & AT_SYMLINK_NOFOLLOW);
    if (how & ~7)
        return -EINVAL;
    long r = walk(k, dirfd, (const char *)path, follow ? WALK_FOLLOW : 0, &s);
    if (!r && s.kind == KIND_LOWER && s.name.low.entry)
        r = ident_of_low(k, &s.name.low, NULL, &id); /* the index knows all that is asked */
    else if (!r)
        r = spot_stat(k, &s, follow, &st, &id);
    if (!r && s.kind != KIND_BIND)
        r = allowed(k, &id, how, flags);
    else if (!r) {
        int fd = spot_at(k, &s, &at);
        r = S_ISLNK(st.st_mode) ? 0 : sys3(SYS_faccessat, fd, at, how);
    }
    if (!r && how & 2)
        r = S_ISREG(id.mode) || S_ISDIR(id.mode) || S_ISLNK(id.mode) ? spot_writable(k, &s) : 0;
    walk_end(k, &s);
    return r;
}

long op_access(struct call *k, const long *a)
{
    return access_at(k, AT_FDCWD, a[0], (int)a[1], 0);
}

long op_faccessat(struct call *k, const long *a)
{
    return access_at(k, (int)a[0], a[1], (int)a[2], 0);
}

long op_faccessat2(struct call *k, const long *a)
{
    if (a[3] & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH_ | AT_EACCESS))
        return -EINVAL;
    if (a[3] & AT_EMPTY_PATH_ && no_path(a[1]) && (int)a[0] != AT_FDCWD) {
        struct stat st;
        struct identity id;
        struct name n;
        struct slot *slot = NULL;
        long r = fd_stat(k, (int)a[0], &st, &id, &n, &slot);
        if (slot)
            slot_put(k->c, slot);
        return r ? r : allowed(k, &id, (int)a[2], a[3]);
    }
    return access_at(k, (int)a[0], a[1], (int)a[2], a[3]);
}

long op_statfs(struct call *k, const long *a)
{
    struct spot s;
    const char *path;
    struct statfs fs;
    long r = walk(k, AT_FDCWD, (const char *)a[0], WALK_FOLLOW, &s);
    if (!r && s.kind == KIND_NONE)
        r = -ENOENT;
    if (!r) {
        int dir = s.kind == KIND_BIND ? spot_at(k, &s, &path) : place_fd(k, PLACE_UPPER);
        if (s.kind != KIND_BIND)
            path = ".";
        long fd = dir < 0 && dir != AT_FDCWD ? dir : sys4(SYS_openat, dir, path, O_PATH | O_CLOEXEC, 0);
        r = fd < 0 ? fd : sys2(SYS_fstatfs, fd, &fs);
        if (fd >= 0)
            sys1(SYS_close, fd);
    }
    walk_end(k, &s);
    return r ? r : guest_write((void *)a[1], &fs, sizeof fs);
}
