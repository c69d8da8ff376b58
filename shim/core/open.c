/* open and its relatives. Reading takes the object or the layer's file as it is; the first opening for writing copies it up. */
#include "ops.h"
#include "permit.h"

#define O_TMPFILE_ 020200000
#define CHANGES(flags) (!((flags) & O_PATH) && (((flags) & 3) != O_RDONLY || (flags) & O_TRUNC)) /* musl counts O_PATH to O_ACCMODE */

struct opening {
    int flags;
    u32 mode;
};

/* Where the kernel would need help: a device of the image, only stood in for on disk. */
static long open_device(const struct identity *id, const struct opening *o)
{
    static const struct {
        u8 major, minor;
        const char *path;
    } known[] = {{1, 3, "/dev/null"}, {1, 5, "/dev/zero"}, {1, 7, "/dev/full"}, {1, 8, "/dev/random"}, {1, 9, "/dev/urandom"}, {5, 0, "/dev/tty"}};
    for (unsigned i = 0; S_ISCHR(id->mode) && i < sizeof known / sizeof *known; i++)
        if (id->major == known[i].major && id->minor == known[i].minor)
            return sys4(SYS_openat, AT_FDCWD, known[i].path, o->flags & ~(O_CREAT | O_EXCL), 0);
    return S_ISSOCK(id->mode) || S_ISREG(id->mode) ? -ENXIO : -EPERM;
}

/* A new file whose identity is not plain is made complete under work/ and linked into place (upper.md section 6). */
static long create_classed(struct call *k, const struct name *n, const struct opening *o, u32 mode, u32 gid)
{
    char temp[TEMP_MAX];
    struct stat st;
    struct identity id;
    int work = place_fd(k, PLACE_WORK), r = temp_name(k, 'n', n->hash, temp);
    if (work < 0 || r)
        return work < 0 ? work : r;
    long made = sys4(SYS_openat, work, temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (made < 0)
        return made;
    long ret = sys2(SYS_fstat, made, &st);
    id = (struct identity){S_IFREG | (st.st_mode & 0777) | (mode & 07000), k->c->ids.fsuid, gid, 0, 0};
    int bits = ret ? (int)ret : ident_bits(k, &id, st.st_ino);
    ret = bits < 0 ? bits : sys2(SYS_fchmod, made, 0600);
    if (!ret)
        ret = sys4(SYS_openat, work, temp, (o->flags & ~(O_CREAT | O_EXCL | O_TRUNC)) | O_NOFOLLOW, 0);
    if (ret >= 0) {
        long linked = sys2(SYS_fchmod, made, bits);
        if (!linked)
            linked = publish_new(k, n, temp);
        if (linked) {
            sys1(SYS_close, ret);
            ret = linked;
        }
    }
    if (ret < 0)
        sys3(SYS_unlinkat, work, temp, 0);
    sys1(SYS_close, made);
    return ret;
}

/* POSIX promises the lowest free number, and programs that closed 0, 1 or 2 before count on it: those we used on the way are free by now. */
static long lowest(long fd)
{
    if (fd < 0)
        return fd;
    long flags = sys2(SYS_fcntl, fd, F_GETFD);
    long low = sys3(SYS_fcntl, fd, flags & FD_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD, 0);
    if (low < 0)
        return fd;
    sys1(SYS_close, low < fd ? fd : low);
    return low < fd ? low : fd;
}

static bool plain_file(const struct core *c, u32 mode)
{
    return (mode & 07600) == 0600 && c->ids.fsuid == c->con->owner_uid && c->ids.fsgid == c->con->owner_gid;
}

/* Nothing is there: create. -EAGAIN = look again. */
static long create(struct call *k, struct spot *s, const struct opening *o)
{
    struct name *n = &s->name;
    if (s->must_dir)
        return -EISDIR;
    if (name_last_len(n) > NAME_LEN_MAX)
        return -ENAMETOOLONG;
    int refused = permit_make(k, s);
    if (!refused)
        refused = bloom_touch(k->c, n);
    if (refused)
        return refused;
    for (;;) {
        int upper = place_fd(k, PLACE_UPPER);
        u32 gid = k->c->ids.fsgid;
        bool plain = !parent_group(k, n, &gid) && plain_file(k->c, o->mode);
        long r = upper < 0 ? upper
                 : plain   ? sys4(SYS_openat, upper, name_rel(n), o->flags | O_NOFOLLOW, o->mode)
                           : lowest(create_classed(k, n, o, o->mode, gid));
        if (!plain && r == -EEXIST && !(o->flags & O_EXCL))
            return -EAGAIN;
        if (r == -ELOOP)
            return -EAGAIN;
        if (r != -ENOENT || (s->deep && !n->dir_len))
            return r;
        int up = bring_up_parent(k, n);
        if (up)
            return up;
        struct stat st;
        if (n->low.mode && lookup(k, n, &st) == KIND_LOWER)
            return -EAGAIN;
    }
}

/* A path below a bind that nobody has looked at. CORE_PASS: it has to be walked. */
static long open_unproved(struct call *k, const struct spot *s, const struct opening *o)
{
    const char *path;
    if (k->c->binds[s->bind].flags & LPMX_BIND_RO && (CHANGES(o->flags) || o->flags & O_CREAT))
        return CORE_PASS;
    int fd = spot_at(k, s, &path);
    long r = fd < 0 ? fd : open_straight(k->c, fd, path, o->flags, o->flags & O_CREAT ? o->mode : 0);
    return unproved_result(s, r);
}

static long open_bind(struct call *k, const struct spot *s, const struct opening *o)
{
    const char *path;
    u32 how = k->c->binds[s->bind].flags;
    int fd = spot_at(k, s, &path);
    if (fd < 0 && fd != AT_FDCWD)
        return fd;
    int flags = o->flags;
    bool through = how & LPMX_BIND_TRUST || s->name.len == s->bind_skip;
    if (!through && !(flags & O_NOFOLLOW))
        flags |= O_NOFOLLOW;
    if (s->must_dir && !(flags & O_CREAT))
        flags |= O_DIRECTORY;
    if (how & LPMX_BIND_RO && (CHANGES(flags) || flags & O_CREAT)) {
        struct stat st;
        long r = sys4(SYS_newfstatat, fd, path, &st, through ? 0 : AT_SYMLINK_NOFOLLOW);
        if (r == -ENOENT)
            return flags & O_CREAT ? -EROFS : r;
        if (!r && S_ISLNK(st.st_mode) && !(flags & O_EXCL))
            return -ELOOP;
        if (!r && (flags & O_TMPFILE_) == O_TMPFILE_)
            return S_ISDIR(st.st_mode) ? -EROFS : -ENOTDIR;
        bool exclusive = flags & O_CREAT && flags & O_EXCL;
        if (r || S_ISDIR(st.st_mode) || exclusive)
            return r ? r : exclusive ? -EEXIST : -EISDIR;
        if (CHANGES(flags) && S_ISREG(st.st_mode))
            return -EROFS;
        flags &= ~O_CREAT;
    }
    long r = how & LPMX_BIND_TRUST ? proc_open(k, s->name.path, flags) : CORE_PASS;
    return r == CORE_PASS ? sys4(SYS_openat, fd, path, flags, o->mode) : lowest(r);
}

/* A live lower entry. -EAGAIN = look again. */
static long open_lower(struct call *k, struct spot *s, const struct opening *o)
{
    const char *path;
    u32 mode = s->name.low.mode;
    bool changes = CHANGES(o->flags) && !(o->flags & O_PATH);
    const struct lpmx_entry *e = s->name.low.entry;
    if (S_ISDIR(mode) && (changes || o->flags & O_CREAT))
        return -EISDIR;
    if (o->flags & O_DIRECTORY && !S_ISDIR(mode))
        return S_ISLNK(mode) && o->flags & O_NOFOLLOW && !(o->flags & O_PATH) ? -ELOOP : -ENOTDIR;
    if (e && !(o->flags & O_PATH) && (S_ISCHR(mode) || S_ISBLK(mode) || S_ISSOCK(mode))) {
        struct identity id = {mode, 0, 0, e->a, e->b};
        return open_device(&id, o);
    }
    if (S_ISLNK(mode) && !(o->flags & O_PATH))
        return -ELOOP;
    bool fifo = S_ISFIFO(mode) && !(o->flags & O_PATH);
    if (changes || fifo) {
        struct touch t = {.length = o->flags & O_TRUNC ? 0 : -1, .open = S_ISREG(mode), .flags = o->flags};
        if (S_ISREG(mode) && k->c->readonly)
            return -EROFS;
        int r = first_touch(k, &s->name, &t);
        return r ? r : S_ISREG(mode) ? lowest(t.fd) : -EAGAIN;
    }
    int fd = spot_at(k, s, &path);
    return fd < 0 ? fd : sys4(SYS_openat, fd, path, (o->flags & ~O_CREAT) | O_NOFOLLOW, 0);
}

static long open_object(struct call *k, struct spot *s, const struct opening *o)
{
    const char *path;
    struct stat st;
    struct identity id;
    if (k->c->readonly && CHANGES(o->flags) && S_ISREG(s->mode))
        return -EROFS;
    int fd = spot_at(k, s, &path);
    if (fd < 0)
        return fd;
    int flags = o->flags & ~O_EXCL;
    if (flags & O_CREAT && S_ISDIR(s->mode))
        return -EISDIR;
    long r = sys4(SYS_openat, fd, path, (flags & ~O_CREAT) | O_NOFOLLOW, 0);
    if (r == -ENXIO && S_ISSOCK(s->mode)) { /* a placeholder? */
        r = sys4(SYS_newfstatat, fd, path, &st, AT_SYMLINK_NOFOLLOW);
        if (!r)
            r = ident_of_object(k, &st, &id);
        return r ? r : open_device(&id, o);
    }
    return r == -ENOENT ? -EAGAIN : r;
}

static long open_spot(struct call *k, struct spot *s, const struct opening *o)
{
    bool create_it = o->flags & O_CREAT && !(o->flags & O_PATH);
    if (create_it && s->must_dir) {
        int missing = spot_parent(k, s);
        return missing ? missing : s->dots && o->flags & O_EXCL ? -EEXIST : -EISDIR;
    }
    if (s->kind == KIND_BIND)
        return open_bind(k, s, o);
    if (s->kind == KIND_NONE && create_it && !k->c->readonly)
        return create(k, s, o);
    if (s->kind == KIND_NONE) {
        int missing = create_it ? spot_parent(k, s) : -ENOENT;
        return missing ? missing : -EROFS;
    }
    if (create_it && o->flags & O_EXCL)
        return -EEXIST;
    int refused = permit_open(k, s, o->flags);
    if (refused)
        return refused;
    return s->kind == KIND_LOWER ? open_lower(k, s, o) : open_object(k, s, o);
}

/* O_TMPFILE: an unnamed file of the upper. */
static APART long open_tmpfile(struct call *k, struct spot *s, const struct opening *o)
{
    if (s->kind == KIND_BIND)
        return open_bind(k, s, o);
    if (s->kind == KIND_NONE)
        return -ENOENT;
    if (!S_ISDIR(s->kind == KIND_LOWER ? s->name.low.mode : s->mode))
        return -ENOTDIR;
    int fd = k->c->readonly ? -EROFS : permit_spot(k, s, MAY_WRITE | MAY_SEARCH);
    fd = fd ? fd : place_fd(k, PLACE_WORK);
    long r = fd < 0 ? fd : sys4(SYS_openat, fd, ".", o->flags, o->mode);
    struct stat st;
    if (r < 0 || plain_file(k->c, o->mode) || sys2(SYS_fstat, r, &st))
        return r;
    struct identity id = {S_IFREG | (st.st_mode & 0777) | (o->mode & 07000), k->c->ids.fsuid, k->c->ids.fsgid, 0, 0};
    int bits = ident_bits(k, &id, st.st_ino);
    long err = bits < 0 ? bits : sys2(SYS_fchmod, r, bits);
    if (err)
        sys1(SYS_close, r);
    return err ? err : r;
}

long open_at(struct call *k, int dirfd, const char *guest, int flags, u32 mode, unsigned resolve)
{
    struct spot s;
    struct opening o = {flags, mode & 07777 & ~k->c->umask_owner};
    bool nofollow = flags & O_NOFOLLOW || (flags & O_CREAT && flags & O_EXCL);
    unsigned how = resolve | (nofollow ? 0 : WALK_FOLLOW) | (flags & O_CREAT && !(flags & O_PATH) ? WALK_NAME : 0);
    how |= (flags & O_TMPFILE_) == O_TMPFILE_ ? 0 : WALK_UNPROVED;
    long r;
    do {
        r = walk(k, dirfd, guest, how, &s);
        if (!r && s.unproved) {
            r = open_unproved(k, &s, &o);
            if (r == CORE_PASS) {
                how &= ~(unsigned)WALK_UNPROVED;
                r = -EAGAIN;
            }
        } else if (!r)
            r = (flags & O_TMPFILE_) == O_TMPFILE_ ? open_tmpfile(k, &s, &o) : open_spot(k, &s, &o);
        walk_end(k, &s);
    } while (r == -EAGAIN);
    return r;
}

long op_open(struct call *k, const long *a)
{
    return open_at(k, AT_FDCWD, (const char *)a[0], (int)a[1], (u32)a[2], 0);
}

long op_openat(struct call *k, const long *a)
{
    return open_at(k, (int)a[0], (const char *)a[1], (int)a[2], (u32)a[3], 0);
}

long op_creat(struct call *k, const long *a)
{
    return open_at(k, AT_FDCWD, (const char *)a[0], O_CREAT | O_WRONLY | O_TRUNC, (u32)a[1], 0);
}

int core_open_guest(struct core *c, const char *path)
{
    struct call k = {.c = c};
    struct spot s;
    struct opening o = {O_RDONLY | O_CLOEXEC, 0};
    long r;
    if (c->native)
        return (int)sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    do {
        r = walk_text(&k, path, WALK_FOLLOW, &s);
        if (!r)
            r = open_spot(&k, &s, &o);
        walk_end(&k, &s);
    } while (r == -EAGAIN);
    call_end(&k);
    return (int)r;
}
