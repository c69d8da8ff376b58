/* Metadata: chmod, chown, times, truncate. A live entry is copied up with the change already in the copy. */
#include "ops.h"
#include "permit.h"

#define AT_EMPTY_PATH_ 0x1000

struct change {
    struct touch touch;
    bool truncate;
};

/* A link has no bits to keep an owner in: it is made anew with the owner in its text. Between the look and the rename another may remove
 * or replace it, and is undone then; other names of the same link keep the old owner. */
static int relink(struct call *k, int fd, const char *path, const struct stat *st, const struct touch *t)
{
    char temp[TEMP_MAX], front[OWNED_MAX];
    struct identity id = {.mode = S_IFLNK};
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    char *text = slot->bytes + OWNED_MAX; /* the new front is written before the guest's part */
    int work = place_fd(k, PLACE_WORK);
    long n = work < 0 ? work : sys4(SYS_readlinkat, fd, path, text, SLOT_SIZE - OWNED_MAX - 1);
    u32 skip = link_skip(k->c, text, n, &id), uid = id.uid, gid = id.gid;
    touched_identity(t, &id);
    long r = n < 0 ? n : 0;
    if (!r && (id.uid != uid || id.gid != gid)) {
        text[n] = 0;
        u32 len = link_front(k->c, id.uid, id.gid, front);
        memcpy(text + skip - len, front, len);
        r = temp_name(k, 'n', st->st_ino, temp);
        if (!r)
            r = sys3(SYS_symlinkat, text + skip - len, work, temp);
        struct timespec times[2] = {st->st_atim, st->st_mtim};
        if (!r)
            r = sys4(SYS_utimensat, work, temp, times, AT_SYMLINK_NOFOLLOW);
        if (!r)
            r = sys4(SYS_renameat, work, temp, fd, path);
        if (r)
            sys3(SYS_unlinkat, work, temp, 0);
    }
    slot_put(k->c, slot);
    return (int)r;
}

/* chmod and chown of an object: read its identity, change it, write the bits. path NULL: of the descriptor itself. */
static int object_identity(struct call *k, int fd, const char *path, const struct touch *t)
{
    struct stat st;
    struct identity id;
    long r = path ? sys4(SYS_newfstatat, fd, path, &st, AT_SYMLINK_NOFOLLOW) : sys2(SYS_fstat, fd, &st);
    if (!r)
        r = ident_of_object(k, &st, &id);
    if (r || S_ISLNK(st.st_mode))
        return r || !t->set_owner ? (int)r : path ? relink(k, fd, path, &st, t) : 0;
    touched_identity(t, &id);
    if (t->set_owner && S_ISREG(id.mode))
        xattr_drop_caps(k, fd, path); /* as the kernel does, for root too */
    int bits = ident_bits(k, &id, st.st_ino);
    return bits < 0 ? bits : (int)(path ? sys3(SYS_fchmodat, fd, path, bits) : sys2(SYS_fchmod, fd, bits));
}

static int apply_object(struct call *k, int fd, const char *path, const struct change *ch)
{
    const struct touch *t = &ch->touch;
    if (t->set_times)
        return (int)sys4(SYS_utimensat, fd, path, t->times, AT_SYMLINK_NOFOLLOW);
    if (!ch->truncate)
        return object_identity(k, fd, path, t);
    long out = sys4(SYS_openat, fd, path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (out < 0)
        return (int)out;
    long r = sys2(SYS_ftruncate, out, t->length);
    sys1(SYS_close, out);
    return (int)r;
}

/* Below a bind: the host's own, except that ownership changes nothing there. */
static int apply_bind(struct call *k, const struct spot *s, const struct change *ch, bool follow)
{
    const char *path;
    int fd = spot_at(k, s, &path), r = spot_writable(k, s);
    if (r) { /* what is not there is not read-only */
        int mode = spot_host_mode(k, s);
        return mode < 0 ? mode : ch->truncate && !S_ISREG(mode) ? (S_ISDIR(mode) ? -EISDIR : -EINVAL) : r;
    }
    if (fd < 0 && fd != AT_FDCWD)
        return fd;
    const struct touch *t = &ch->touch;
    struct stat st;
    if (t->set_owner)
        return (int)sys4(SYS_newfstatat, fd, path, &st, AT_SYMLINK_NOFOLLOW);
    if (t->set_mode && !follow && !sys4(SYS_newfstatat, fd, path, &st, AT_SYMLINK_NOFOLLOW) && S_ISLNK(st.st_mode))
        return -EOPNOTSUPP;
    if (t->set_mode)
        return (int)sys3(SYS_fchmodat, fd, path, t->mode & 07777);
    if (t->set_times)
        return (int)sys4(SYS_utimensat, fd, path, t->times, follow ? 0 : AT_SYMLINK_NOFOLLOW);
    return apply_object(k, fd, path, ch);
}

/* Package managers say whose each link is: mostly nothing new. */
static bool same_owner(const struct lpmx_entry *e, const struct touch *t)
{
    return e && (t->uid == (u32)-1 || t->uid == e->uid) && (t->gid == (u32)-1 || t->gid == e->gid);
}

static long change_spot(struct call *k, struct spot *s, const struct change *ch, bool follow)
{
    if (s->kind == KIND_BIND)
        return apply_bind(k, s, ch, follow);
    if (s->kind == KIND_NONE)
        return -ENOENT;
    u32 mode = s->kind == KIND_LOWER ? s->name.low.mode : s->mode;
    if (ch->truncate && !S_ISREG(mode))
        return S_ISDIR(mode) ? -EISDIR : -EINVAL;
    if (k->c->readonly)
        return -EROFS;
    if (S_ISLNK(mode) && ch->touch.set_mode)
        return -EOPNOTSUPP; /* as Linux 6.6 (fs/attr.c, notify_change); some file systems answered so before */
    int refused = permit_change_spot(k, s, &ch->touch, ch->truncate);
    if (refused)
        return refused;
    if (S_ISDIR(mode) && (ch->touch.set_mode || ch->touch.set_owner))
        bloom_moved(k->c);
    if (s->kind == KIND_LOWER) {
        struct touch t = ch->touch;
        if (S_ISLNK(mode) && t.set_owner && same_owner(s->name.low.entry, &t))
            return 0;
        return first_touch(k, &s->name, &t);
    }
    const char *path;
    int fd = spot_at(k, s, &path);
    if (fd < 0)
        return fd;
    int r = apply_object(k, fd, path, ch);
    return r == -ENOENT ? -EAGAIN : r;
}

static long change_at(struct call *k, int dirfd, long path, bool follow, const struct change *ch)
{
    struct spot s;
    long r;
    do {
        r = walk(k, dirfd, (const char *)path, follow ? WALK_FOLLOW : 0, &s);
        if (!r)
            r = change_spot(k, &s, ch, follow);
        walk_end(k, &s);
    } while (r == -EAGAIN);
    return r;
}

/* An object by its descriptor: whatever its name is by now. */
static long change_object_fd(struct call *k, int fd, const struct touch *t)
{
    if (k->c->readonly)
        return -EROFS;
    struct stat st;
    struct identity id;
    int r = (int)sys2(SYS_fstat, fd, &st);
    r = r || permit_all(k->c) || ident_of_object(k, &st, &id) ? r : permit_change(k->c, &id, t);
    if (r)
        return r;
    if (S_ISDIR(st.st_mode))
        bloom_moved(k->c);
    return t->set_times ? sys4(SYS_utimensat, fd, 0, t->times, 0) : object_identity(k, fd, NULL, t);
}

/* What an open descriptor refers to; a lower file opened for reading is copied up. A descriptor made with O_PATH will do only where the
 * caller said AT_EMPTY_PATH. */
static long change_fd(struct call *k, int fd, const struct change *ch, bool empty)
{
    struct spot s;
    long flags = sys2(SYS_fcntl, fd, F_GETFL);
    if (flags < 0 || (flags & O_PATH && !empty))
        return -EBADF;
    if (!(flags & O_PATH) && reverse_in_tree(k, fd))
        return change_object_fd(k, fd, &ch->touch);
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    int n = reverse_fd(k, fd, slot->bytes, SLOT_SIZE);
    long r = -ENOENT;
    if (n >= 0) {
        do {
            r = walk_text(k, n ? slot->bytes : "/", WALK_WHOLE, &s);
            if (!r)
                r = change_spot(k, &s, ch, false);
            walk_end(k, &s);
        } while (r == -EAGAIN);
    } else if (n == -EBADF) {
        r = n;
    }
    slot_put(k->c, slot);
    if (n != -ENAMETOOLONG && r != -ENOENT && r != -ENOTDIR)
        return r;
    if (reverse_in_layer(k, fd)) /* its name is gone: nobody else will see the change */
        return 0;
    return ch->touch.set_mode ? sys2(SYS_fchmod, fd, ch->touch.mode & 0777) : ch->touch.set_times ? sys4(SYS_utimensat, fd, 0, ch->touch.times, 0) : 0;
}

long op_chmod(struct call *k, const long *a)
{
    struct change ch = {.touch = {.set_mode = true, .mode = (u32)a[1], .length = -1}};
    return change_at(k, AT_FDCWD, a[0], true, &ch);
}

long op_fchmod(struct call *k, const long *a)
{
    struct change ch = {.touch = {.set_mode = true, .mode = (u32)a[1], .length = -1}};
    return change_fd(k, (int)a[0], &ch, false);
}

long op_fchmodat(struct call *k, const long *a)
{
    struct change ch = {.touch = {.set_mode = true, .mode = (u32)a[2], .length = -1}};
    return change_at(k, (int)a[0], a[1], true, &ch);
}

static bool empty_path(long path)
{
    char first = 0;
    return guest_read(&first, (const void *)path, 1) == 0 && !first;
}

long op_fchmodat2(struct call *k, const long *a)
{
    struct change ch = {.touch = {.set_mode = true, .mode = (u32)a[2], .length = -1}};
    if (a[3] & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH_))
        return -EINVAL;
    if (a[3] & AT_EMPTY_PATH_ && empty_path(a[1]))
        return change_fd(k, (int)a[0], &ch, true);
    return change_at(k, (int)a[0], a[1], !(a[3] & AT_SYMLINK_NOFOLLOW), &ch);
}

long op_umask(struct call *k, const long *a)
{
    long old = sys1(SYS_umask, a[0] & 077) | k->c->umask_owner;
    k->c->umask_owner = (u32)a[0] & 0700;
    return old;
}

static struct change owner_change(long uid, long gid)
{
    return (struct change){.touch = {.set_owner = true, .uid = (u32)uid, .gid = (u32)gid, .length = -1}};
}

long op_chown(struct call *k, const long *a)
{
    struct change ch = owner_change(a[1], a[2]);
    return change_at(k, AT_FDCWD, a[0], true, &ch);
}

long op_lchown(struct call *k, const long *a)
{
    struct change ch = owner_change(a[1], a[2]);
    return change_at(k, AT_FDCWD, a[0], false, &ch);
}

long op_fchown(struct call *k, const long *a)
{
    struct change ch = owner_change(a[1], a[2]);
    return change_fd(k, (int)a[0], &ch, false);
}

long op_fchownat(struct call *k, const long *a)
{
    struct change ch = owner_change(a[2], a[3]);
    if (a[4] & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH_))
        return -EINVAL;
    if (a[4] & AT_EMPTY_PATH_ && empty_path(a[1]))
        return change_fd(k, (int)a[0], &ch, true);
    return change_at(k, (int)a[0], a[1], !(a[4] & AT_SYMLINK_NOFOLLOW), &ch);
}

static long set_times(struct call *k, int dirfd, long path, bool follow, bool empty, const struct timespec *times)
{
    struct change ch = {.touch = {.set_times = true, .length = -1}};
    for (int i = 0; i < 2; i++)
        ch.touch.times[i] = times ? times[i] : (struct timespec){0, UTIME_NOW};
    for (int i = 0; i < 2; i++)
        if (ch.touch.times[i].tv_nsec != UTIME_NOW && ch.touch.times[i].tv_nsec != UTIME_OMIT && (u64)ch.touch.times[i].tv_nsec > 999999999)
            return -EINVAL;
    if (ch.touch.times[0].tv_nsec == UTIME_OMIT && ch.touch.times[1].tv_nsec == UTIME_OMIT)
        return 0;
    return path ? change_at(k, dirfd, path, follow, &ch) : dirfd == AT_FDCWD ? -EFAULT : change_fd(k, dirfd, &ch, empty);
}

long op_utimensat(struct call *k, const long *a)
{
    struct timespec times[2];
    long r = a[2] ? guest_read(times, (const void *)a[2], sizeof times) : 0;
    if (a[3] & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH_))
        return -EINVAL;
    bool empty = a[1] && a[3] & AT_EMPTY_PATH_ && empty_path(a[1]);
    return r ? r : set_times(k, (int)a[0], empty ? 0 : a[1], !(a[3] & AT_SYMLINK_NOFOLLOW), empty, a[2] ? times : NULL);
}

static long set_timevals(struct call *k, int dirfd, long path, long at)
{
    struct timespec times[2];
    long tv[4];
    if (!at)
        return set_times(k, dirfd, path, true, false, NULL);
    long r = guest_read(tv, (const void *)at, sizeof tv);
    if (r)
        return r;
    for (int i = 0; i < 2; i++) {
        if ((unsigned long)tv[2 * i + 1] > 999999)
            return -EINVAL;
        times[i] = (struct timespec){tv[2 * i], tv[2 * i + 1] * 1000};
    }
    return set_times(k, dirfd, path, true, false, times);
}

long op_utimes(struct call *k, const long *a)
{
    return a[0] ? set_timevals(k, AT_FDCWD, a[0], a[1]) : -EFAULT;
}

long op_futimesat(struct call *k, const long *a)
{
    return set_timevals(k, (int)a[0], a[1], a[2]);
}

long op_utime(struct call *k, const long *a)
{
    long t[2];
    if (!a[1])
        return set_times(k, AT_FDCWD, a[0], true, false, NULL);
    long r = guest_read(t, (const void *)a[1], sizeof t);
    struct timespec times[2] = {{r ? 0 : t[0], 0}, {r ? 0 : t[1], 0}};
    return r ? r : set_times(k, AT_FDCWD, a[0], true, false, times);
}

long op_truncate(struct call *k, const long *a)
{
    struct change ch = {.touch = {.length = a[1]}, .truncate = true};
    return a[1] < 0 ? -EINVAL : change_at(k, AT_FDCWD, a[0], true, &ch);
}
