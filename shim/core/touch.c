/* First touch: a live lower entry becomes an object of the upper (upper.md section 5). The copy is made complete under work/, the
 * exclusive creation of its mark decides, and the rename into place may be done by anybody. */
#include "view.h"
#include <sys/ioctl.h>

#define FICLONE_ 0x40049409
#define SEEK_DATA_ 3
#define SEEK_HOLE_ 4

static int write_all(int out, const char *buf, long n)
{
    for (long done = 0; done < n;) {
        long w = sys3(SYS_write, out, buf + done, n - done);
        if (w == -EINTR)
            continue;
        if (w < 0)
            return (int)w;
        done += w;
    }
    return 0;
}

/* Copies [from, to) through a buffer. Ends early at the end of the file. */
static int copy_range(struct core *c, int in, int out, long from, long to)
{
    struct slot *slot = slot_get(c);
    if (!slot)
        return -ENOMEM;
    int r = 0;
    sys3(SYS_lseek, out, from, SEEK_SET);
    while (!r && from < to) {
        long want = to - from < SLOT_SIZE ? to - from : SLOT_SIZE;
        long n = sys4(SYS_pread64, in, slot->bytes, want, from);
        if (n == -EINTR)
            continue;
        if (n <= 0) {
            r = (int)n;
            break;
        }
        r = write_all(out, slot->bytes, n);
        from += n;
    }
    slot_put(c, slot);
    return r;
}

/* Content of a regular file, holes kept where the host tells them. */
static int copy_data(struct core *c, int in, int out, long size)
{
    long from = 0;
    if (!size || sys3(SYS_ioctl, out, FICLONE_, in) == 0)
        return 0;
#ifdef SYS_copy_file_range
    while (from < size) {
        long off_in = from, off_out = from;
        long n = sys6(SYS_copy_file_range, in, (long)&off_in, out, (long)&off_out, size - from, 0);
        if (n <= 0)
            break; /* old kernel or another file system: by hand from here */
        from += n;
    }
#endif
    while (from < size) {
        long data = sys3(SYS_lseek, in, from, SEEK_DATA_), end = size;
        if (data == -ENXIO)
            break; /* only a hole is left */
        if (data >= 0) {
            from = data;
            end = sys3(SYS_lseek, in, from, SEEK_HOLE_);
            if (end < 0 || end > size)
                end = size;
        }
        int r = copy_range(c, in, out, from, end);
        if (r)
            return r;
        from = end;
    }
    return (int)sys2(SYS_ftruncate, out, size);
}

void touched_identity(const struct touch *t, struct identity *id)
{
    if (t->set_mode)
        id->mode = (id->mode & S_IFMT) | (t->mode & 07777);
    if (t->set_owner) {
        if (t->uid != (u32)-1)
            id->uid = t->uid;
        if (t->gid != (u32)-1)
            id->gid = t->gid;
        if (!S_ISDIR(id->mode)) /* as the kernel does (fs/open.c, chown_common), for root too */
            id->mode &= ~(id->mode & 010 ? 06000u : 04000u);
    }
}

static void touched_times(const struct touch *t, const struct stat *st, struct timespec out[2])
{
    out[0] = st->st_atim;
    out[1] = st->st_mtim;
    if (t->set_times)
        for (int i = 0; i < 2; i++)
            if (t->times[i].tv_nsec != UTIME_OMIT)
                out[i] = t->times[i];
}

/* A regular file. On success *fd is open on the copy with the flags of t, or -1. */
static APART int copy_file(struct call *k, const struct name *n, int layer, int work, const char *temp, struct touch *t)
{
    struct stat st, made;
    struct identity id;
    struct timespec times[2];
    bool all = t->length < 0;
    long in = sys4(SYS_openat, layer, name_rel(n), O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (in < 0)
        return (int)in;
    long r = sys2(SYS_fstat, in, &st);
    long out = r ? r : sys4(SYS_openat, work, temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out >= 0) {
        r = copy_data(k->c, (int)in, (int)out, all || t->length > st.st_size ? st.st_size : t->length);
        if (!r && !all && t->length > st.st_size)
            r = sys2(SYS_ftruncate, out, t->length);
        if (!r)
            r = sys2(SYS_fstat, out, &made);
        if (!r)
            r = ident_of_low(k, &n->low, &st, &id);
        touched_identity(t, &id);
        if (!r)
            xattr_copy(k, &n->low, (int)in, (int)out, all && !t->set_owner);
        int bits = r ? (int)r : ident_bits(k, &id, made.st_ino);
        r = bits < 0 ? bits : sys2(SYS_fchmod, out, bits);
        touched_times(t, &st, times);
        if (!r && (all || t->set_times))
            r = sys4(SYS_utimensat, out, 0, times, 0);
        if (!r && !(k->c->con->flags & LPMX_CONTAINER_RM))
            sys1(SYS_fdatasync, out);
        if (!r && t->open) {
            t->fd = (int)sys4(SYS_openat, work, temp, (t->flags & ~(O_CREAT | O_EXCL | O_TRUNC)) | O_NOFOLLOW, 0);
            r = t->fd < 0 ? t->fd : 0;
        }
        sys1(SYS_close, out);
    } else {
        r = out;
    }
    sys1(SYS_close, in);
    return (int)r;
}

static int copy_link(struct call *k, const struct name *n, int layer, int work, const char *temp, const struct identity *id)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    char *text = slot->bytes;
    u32 front = link_front(k->c, id->uid, id->gid, text);
    long len;
    if (n->low.entry) {
        u32 size = n->low.entry->b;
        const char *target = index_bytes(&k->c->index, n->low.entry->a, &size);
        len = size < CORE_PATH_MAX ? size : 0;
        memcpy(text + front, target, (size_t)len);
    } else {
        len = sys4(SYS_readlinkat, layer, name_rel(n), text + front, CORE_PATH_MAX);
    }
    long r = len;
    if (len >= 0) {
        text[front + len] = 0;
        r = sys3(SYS_symlinkat, text, work, temp);
    }
    slot_put(k->c, slot);
    return (int)r;
}

static long copy_dir(struct call *k, const struct name *n, int layer, int work, const char *temp)
{
    long r = sys3(SYS_mkdirat, work, temp, 0700);
    if (r || (n->low.entry && !n->low.entry->ext))
        return r;
    long in = sys4(SYS_openat, layer, name_rel(n), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    long out = sys4(SYS_openat, work, temp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (in >= 0 && out >= 0)
        xattr_copy(k, &n->low, (int)in, (int)out, false);
    if (in >= 0)
        sys1(SYS_close, in);
    if (out >= 0)
        sys1(SYS_close, out);
    return 0;
}

/* Gives what was made its identity. */
static APART int mark_identity(struct call *k, const struct identity *id, int work, const char *temp)
{
    struct stat made;
    long r = sys4(SYS_newfstatat, work, temp, &made, AT_SYMLINK_NOFOLLOW);
    int bits = r ? (int)r : ident_bits(k, id, made.st_ino);
    return bits < 0 ? bits : (int)sys3(SYS_fchmodat, work, temp, bits);
}

/* Directories, links and special files: made, then given identity and times. */
static APART int copy_other(struct call *k, const struct name *n, int layer, int work, const char *temp, const struct touch *t)
{
    struct stat st;
    struct identity id;
    struct timespec times[2];
    u32 type = n->low.mode & S_IFMT;
    long r = sys4(SYS_newfstatat, layer, name_rel(n), &st, AT_SYMLINK_NOFOLLOW);
    if (!r)
        r = ident_of_low(k, &n->low, &st, &id);
    if (r)
        return (int)r;
    touched_identity(t, &id);
    if (type == S_IFLNK)
        r = copy_link(k, n, layer, work, temp, &id);
    else if (type == S_IFDIR)
        r = copy_dir(k, n, layer, work, temp);
    else
        r = sys4(SYS_mknodat, work, temp, (type == S_IFIFO ? S_IFIFO : S_IFSOCK) | 0600, 0);
    if (!r && type != S_IFLNK)
        r = mark_identity(k, &id, work, temp);
    touched_times(t, &st, times);
    if (!r)
        r = sys4(SYS_utimensat, work, temp, times, AT_SYMLINK_NOFOLLOW);
    return (int)r;
}

static void drop_temp(int work, const char *temp, bool dir)
{
    sys3(SYS_unlinkat, work, temp, dir ? AT_REMOVEDIR : 0);
}

/* The parent's times before the rename, put back after it, as the kernel's overlay does. */
static APART void publish_quietly(struct call *k, const struct name *n, const char *temp)
{
    int upper = place_fd(k, PLACE_UPPER);
    struct stat st;
    n->path[n->dir_len] = 0;
    const char *dir = n->dir_len ? n->path + 1 : ".";
    long known = sys4(SYS_newfstatat, upper, dir, &st, AT_SYMLINK_NOFOLLOW);
    n->path[n->dir_len] = '/';
    publish(k, n, temp);
    if (known)
        return;
    struct timespec times[2] = {st.st_atim, st.st_mtim};
    n->path[n->dir_len] = 0;
    sys4(SYS_utimensat, upper, dir, times, AT_SYMLINK_NOFOLLOW);
    n->path[n->dir_len] = '/';
}

/* First touch of a name whose parent is an object. */
static int touch_one(struct call *k, struct name *n, struct touch *t)
{
    char temp[TEMP_MAX];
    t->fd = -1;
    int layer = place_fd(k, PLACE_LAYER + (int)n->low.layer), work = place_fd(k, PLACE_WORK);
    if (layer < 0 || work < 0)
        return layer < 0 ? layer : work;
    int r = temp_name(k, 'c', n->hash, temp);
    if (r)
        return r;
    r = S_ISREG(n->low.mode) ? copy_file(k, n, layer, work, temp, t) : copy_other(k, n, layer, work, temp, t);
    if (!r)
        r = mark_copied(k, n, temp);
    if (r) {
        if (t->fd >= 0)
            sys1(SYS_close, t->fd);
        t->fd = -1;
        drop_temp(work, temp, S_ISDIR(n->low.mode));
        return r == -EEXIST ? -EAGAIN : r;
    }
    publish_quietly(k, n, temp);
    return 0;
}

/* The directory itself, its parent being an object. */
static int bring_up_one(struct call *k, struct name *dir)
{
    for (;;) {
        struct stat st;
        int kind = lookup(k, dir, &st);
        if (kind < 0)
            return kind;
        if (kind == KIND_OBJECT)
            return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
        if (kind == KIND_NONE)
            return -ENOENT;
        if (!S_ISDIR(dir->low.mode))
            return -ENOTDIR;
        struct touch t = {.length = -1};
        int r = touch_one(k, dir, &t);
        if (r != -EAGAIN)
            return r;
    }
}

/* Top-down: a live directory has live or merged ancestors only (I4). No recursion: guest stacks are small. */
static int bring_up_path(struct call *k, char *path, u32 len)
{
    struct name at;
    enum kind kind;
    if (!len)
        return 0; /* the root is always there */
    char end = path[len];
    path[len] = 0;
    name_set(k, &at, path, len);
    int r = lookup_mode(k, &at, &kind);
    path[len] = end;
    if (r < 0 || kind == KIND_NONE)
        return r < 0 ? r : -ENOENT;
    if (kind == KIND_OBJECT || !S_ISDIR(r))
        return S_ISDIR(r) ? 0 : -ENOTDIR;
    for (u32 i = 1; i <= len; i++) {
        if (i < len && path[i] != '/')
            continue;
        char cut = path[i];
        path[i] = 0;
        name_set(k, &at, path, i);
        r = bring_up_one(k, &at);
        path[i] = cut;
        if (r)
            return r;
    }
    return 0;
}

int bring_up(struct call *k, struct name *dir)
{
    return bring_up_path(k, dir->path, dir->len);
}

int bring_up_parent(struct call *k, struct name *n)
{
    return bring_up_path(k, n->path, n->dir_len);
}

int first_touch(struct call *k, struct name *n, struct touch *t)
{
    int r = bring_up_parent(k, n);
    return r ? r : touch_one(k, n, t);
}
