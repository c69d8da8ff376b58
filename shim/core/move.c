/* rename and link (upper.md section 6): the two operations over two names. */
#include "ops.h"
#include "permit.h"

#define RENAME_NOREPLACE_ 1
#define RENAME_EXCHANGE_ 2

static bool inside(const struct name *from, const struct name *to)
{
    return to->len > from->len && !memcmp(to->path, from->path, from->len) && to->path[from->len] == '/';
}

static u32 seen_mode(const struct name *n, enum kind kind, const struct stat *st)
{
    return kind == KIND_OBJECT ? st->st_mode : kind == KIND_LOWER ? n->low.mode : 0;
}

/* ENOENT from the native call: which of the two is missing? 0 = try again. */
static int again(struct call *k, struct name *from, struct name *to)
{
    struct stat st;
    int kind = lookup(k, from, &st);
    if (kind <= 0)
        return kind < 0 ? kind : -ENOENT;
    return bring_up_parent(k, to);
}

/* The source becomes an object. 0, -EAGAIN, or -errno. */
static int prepare_source(struct call *k, struct name *from, bool *dir)
{
    struct stat st;
    int kind = lookup(k, from, &st);
    if (kind <= 0)
        return kind < 0 ? kind : -ENOENT;
    u32 mode = seen_mode(from, (enum kind)kind, &st);
    *dir = S_ISDIR(mode);
    if (*dir && S_ISDIR(from->low.mode)) {
        int pure = emptied(k, from, true);
        if (pure != 1)
            return pure < 0 ? pure : -EXDEV;
    }
    if (kind != KIND_LOWER)
        return 0;
    struct touch t = {.length = -1};
    int r = *dir ? bring_up(k, from) : first_touch(k, from, &t);
    return r ? r : -EAGAIN;
}

/* What is at the target must be an object or nothing when the native call comes. */
static int prepare_target(struct call *k, struct name *to, bool dir)
{
    struct stat st;
    struct touch t = {.length = -1};
    if (!to->low.mode)
        return 0;
    int kind = lookup(k, to, &st);
    if (kind < 0)
        return kind;
    bool lower_dir = S_ISDIR(to->low.mode);
    if (kind == KIND_LOWER) {
        if (dir && !lower_dir)
            return -ENOTDIR;
        if (!dir && lower_dir)
            return -EISDIR;
        if (!dir) {
            int r = first_touch(k, to, &t);
            return r ? r : -EAGAIN;
        }
    }
    if (!lower_dir || kind == KIND_NONE)
        return 0;
    /* Whatever the source is now: it may be a directory by the time of the rename. */
    int empty = emptied(k, to, false);
    if (empty < 0)
        return empty;
    if (!empty && (kind == KIND_LOWER || S_ISDIR(st.st_mode)))
        return dir ? -ENOTEMPTY : -EISDIR;
    if (kind == KIND_LOWER) {
        int r = bring_up(k, to);
        return r ? r : -EAGAIN;
    }
    return 0;
}

static long rename_call(int fd, const char *from, int fd2, const char *to, unsigned flags)
{
    return flags ? sys5(SYS_renameat2, fd, from, fd2, to, flags) : sys4(SYS_renameat, fd, from, fd2, to);
}

static long rename_names(struct call *k, struct name *from, struct name *to, unsigned flags)
{
    int upper = place_fd(k, PLACE_UPPER);
    if (upper < 0)
        return upper;
    if (!from->len || !to->len)
        return -EBUSY;
    for (;;) {
        bool dir = false, other;
        struct stat st;
        int r = prepare_source(k, from, &dir);
        if (!r && flags & RENAME_NOREPLACE_ && to->low.mode && lookup(k, to, &st) == KIND_LOWER)
            r = -EEXIST;
        if (!r && !(flags & RENAME_NOREPLACE_))
            r = flags & RENAME_EXCHANGE_ ? prepare_source(k, to, &other) : prepare_target(k, to, dir);
        if (r == -EAGAIN)
            continue;
        if (r)
            return r;
        if ((r = bloom_replace(k->c, from)) || (r = bloom_replace(k->c, to)))
            return r;
        bloom_begin(k->c); /* whatever it is by now */
        long done = rename_call(upper, name_rel(from), upper, name_rel(to), flags);
        bloom_end(k->c);
        if (!done && (dir || flags & RENAME_EXCHANGE_))
            bloom_moved(k->c);
        if (done == -ENOSYS)
            return -EINVAL; /* what a file system without the flags says */
        if (done != -ENOENT)
            return done;
        if ((r = again(k, from, to)))
            return r;
    }
}

static bool same_name(const struct name *a, const struct name *b) { return a->len == b->len && !memcmp(a->path, b->path, a->len); }

/* Where the name itself is mounted: the bind that its directory is in, or -1. */
static int mount_of_name(const struct core *c, const struct spot *s)
{
    return s->kind != KIND_BIND ? -1 : s->name.len > s->bind_skip ? s->bind : bind_over(c, s->name.path, s->name.dir_len);
}

/* One of them is a mount point: busy, unless it is to stay where it is. */
static int rename_point(struct call *k, const struct spot *from, const struct spot *to, unsigned flags)
{
    int over = mount_of_name(k->c, from);
    if (over < 0 ? k->c->readonly : k->c->binds[over].flags & LPMX_BIND_RO)
        return -EROFS;
    return same_name(&from->name, &to->name) && !(flags & RENAME_NOREPLACE_) && !from->must_dir && !to->must_dir ? 0 : -EBUSY;
}

/* What the kernel says about slashes at the end, which the walk has taken off (do_renameat2). */
static int judge_slashes(struct call *k, const struct spot *from, const struct spot *to, unsigned flags)
{
    int mode = spot_host_mode(k, from), there = spot_host_mode(k, to);
    bool swap = flags & RENAME_EXCHANGE_;
    if (mode < 0)
        return mode;
    if (flags & RENAME_NOREPLACE_ && there >= 0)
        return -EEXIST;
    if (swap && (there < 0 || (to->must_dir && !S_ISDIR(there))))
        return there < 0 ? there : -ENOTDIR;
    bool asks_dir = from->must_dir || (to->must_dir && !swap);
    return asks_dir && !S_ISDIR(mode) ? -ENOTDIR : 0;
}

/* Both below the same kind of place, or it is another device. */
static long rename_bind(struct call *k, const struct spot *from, const struct spot *to, unsigned flags)
{
    const char *a, *b;
    if (from->kind != to->kind || from->name.len == from->bind_skip || to->name.len == to->bind_skip)
        return rename_point(k, from, to, flags);
    int fd = spot_at(k, from, &a), fd2 = spot_at(k, to, &b), r = spot_writable(k, from);
    if (r || fd < 0 || fd2 < 0)
        return r ? r : fd < 0 ? fd : fd2;
    if (from->must_dir || to->must_dir)
        r = judge_slashes(k, from, to, flags);
    if (r)
        return r;
    long done = rename_call(fd, a, fd2, b, flags);
    if (!done)
        bloom_moved(k->c);
    return done;
}

static u32 spot_mode(const struct spot *s)
{
    return s->kind == KIND_LOWER ? s->name.low.mode : s->kind == KIND_OBJECT ? s->mode : 0;
}

static long rename_spots(struct call *k, struct spot *from, struct spot *to, unsigned flags)
{
    if (mount_of_name(k->c, from) != mount_of_name(k->c, to) || from->deep != to->deep)
        return -EXDEV;
    if (from->dots || !from->name.len)
        return -EBUSY;
    if (to->dots || !to->name.len)
        return flags & RENAME_NOREPLACE_ ? -EEXIST : -EBUSY;
    if (from->kind == KIND_NONE || (flags & RENAME_EXCHANGE_ && to->kind == KIND_NONE))
        return -ENOENT;
    if (from->kind == KIND_BIND || to->kind == KIND_BIND)
        return rename_bind(k, from, to, flags);
    if (k->c->readonly)
        return -EROFS;
    if (flags & RENAME_NOREPLACE_ && (from->must_dir || to->must_dir) && to->kind != KIND_NONE)
        return -EEXIST;
    if (flags & RENAME_EXCHANGE_ && to->must_dir && !S_ISDIR(spot_mode(to)))
        return -ENOTDIR;
    if (!S_ISDIR(spot_mode(from)) && (from->must_dir || (to->must_dir && !(flags & RENAME_EXCHANGE_))))
        return -ENOTDIR;
    if (inside(&from->name, &to->name))
        return flags & RENAME_NOREPLACE_ && to->kind != KIND_NONE ? -EEXIST : -EINVAL;
    if (inside(&to->name, &from->name) && !(flags & RENAME_NOREPLACE_))
        return flags & RENAME_EXCHANGE_ ? -EINVAL : -ENOTEMPTY;
    if (S_ISDIR(spot_mode(from)) && !from->deep && mounted_in(k->c, &from->name))
        return -EBUSY;
    if (flags & RENAME_EXCHANGE_ && S_ISDIR(spot_mode(to)) && !to->deep && mounted_in(k->c, &to->name))
        return -EBUSY;
    int r = permit_remove(k, from);
    r = r ? r : permit_remove(k, to);
    return r ? r : rename_names(k, &from->name, &to->name, flags);
}

/* The kernel finds both directories before it judges the names: a missing one is the error, whatever else there is. */
static long parent_first(struct call *k, struct spot *s, long r)
{
    int missing = r < 0 ? spot_parent(k, s) : 0;
    return missing ? missing : r;
}

static long rename_at(struct call *k, const long *a, unsigned flags)
{
    struct spot from, to;
    if (flags & ~3u || flags == 3)
        return -EINVAL;
    long r = walk(k, (int)a[0], (const char *)a[1], WALK_NAME, &from);
    if (!r)
        r = spot_parent(k, &from);
    if (!r) {
        r = walk(k, (int)a[2], (const char *)a[3], WALK_NAME, &to);
        if (!r)
            r = parent_first(k, &to, rename_spots(k, &from, &to, flags));
        walk_end(k, &to);
    }
    walk_end(k, &from);
    return r;
}

long op_renameat(struct call *k, const long *a) { return rename_at(k, a, 0); }
long op_renameat2(struct call *k, const long *a) { return rename_at(k, a, (unsigned)a[4]); }

long op_rename(struct call *k, const long *a)
{
    const long at[] = {AT_FDCWD, a[0], AT_FDCWD, a[1]};
    return rename_at(k, at, 0);
}

static long link_names(struct call *k, struct name *from, struct name *to)
{
    int upper = place_fd(k, PLACE_UPPER);
    struct stat st;
    if (upper < 0)
        return upper;
    for (;;) {
        int kind = lookup(k, from, &st);
        if (kind <= 0)
            return kind < 0 ? kind : -ENOENT;
        if (to->low.mode && lookup(k, to, &st) == KIND_LOWER)
            return -EEXIST;
        if (kind == KIND_LOWER && S_ISDIR(from->low.mode))
            return lookup(k, to, &st) == KIND_OBJECT ? -EEXIST : -EPERM;
        if (kind == KIND_LOWER) {
            struct touch t = {.length = -1};
            int r = first_touch(k, from, &t);
            if (r && r != -EAGAIN)
                return r;
            continue;
        }
        long r = bloom_replace(k->c, to);
        if (r)
            return r;
        r = sys5(SYS_linkat, upper, name_rel(from), upper, name_rel(to), 0);
        if (r != -ENOENT)
            return r;
        int miss = again(k, from, to);
        if (miss)
            return miss;
    }
}

/* The unnamed file is where the name shall be. */
static bool same_mount(struct call *k, int fd, const struct spot *to)
{
    if (to->kind != KIND_BIND)
        return reverse_in_tree(k, fd);
    struct slot *slot = slot_get(k->c);
    int n = slot ? reverse_fd(k, fd, slot->bytes, SLOT_SIZE) : -ENOMEM;
    bool same = n >= 0 && bind_over(k->c, slot->bytes, (u32)n) == to->bind;
    if (slot)
        slot_put(k->c, slot);
    return same;
}

/* linkat with a descriptor in place of the first name: an O_TMPFILE file gets its name. */
static long link_fd(struct call *k, int fd, struct spot *to)
{
    const char *path;
    char proc[32];
    size_t pos = 0;
    text_add(proc, sizeof proc, &pos, "/proc/self/fd/", 14);
    text_decimal(proc + pos, (u64)fd);
    if (to->kind == KIND_LOWER || to->kind == KIND_OBJECT)
        return -EEXIST;
    if (to->kind == KIND_BIND && spot_host_mode(k, to) >= 0)
        return -EEXIST;
    if (to->must_dir)
        return -ENOENT;
    int r = spot_writable(k, to);
    if (!r && !same_mount(k, fd, to))
        r = -EXDEV;
    if (!r)
        r = permit_make(k, to);
    if (!r && to->kind != KIND_BIND) {
        r = bloom_touch(k->c, &to->name);
        if (!r)
            r = bring_up_parent(k, &to->name);
    }
    int dir = r ? r : spot_at(k, to, &path);
    return dir < 0 ? dir : sys5(SYS_linkat, AT_FDCWD, proc, dir, path, AT_SYMLINK_FOLLOW);
}

static long link_spots(struct call *k, struct spot *from, struct spot *to)
{
    const char *a, *b;
    if (from->kind == KIND_NONE)
        return -ENOENT;
    if (from->deep != to->deep)
        return -EXDEV;
    if (to->kind == KIND_BIND) {
        int fd = spot_at(k, from, &a), fd2 = spot_at(k, to, &b), r = spot_writable(k, to);
        if (spot_host_mode(k, to) >= 0)
            return -EEXIST;
        bool same = from->kind == KIND_BIND && from->bind == to->bind;
        return to->must_dir ? -ENOENT : r ? r : !same ? -EXDEV : fd < 0 ? fd : fd2 < 0 ? fd2 : sys5(SYS_linkat, fd, a, fd2, b, 0);
    }
    if (from->kind == KIND_BIND)
        return to->kind != KIND_NONE ? -EEXIST : to->must_dir ? -ENOENT : k->c->readonly ? -EROFS : -EXDEV;
    if (to->must_dir && to->kind == KIND_NONE)
        return -ENOENT;
    if (k->c->readonly)
        return to->kind == KIND_NONE ? -EROFS : -EEXIST;
    int r = to->kind == KIND_NONE ? permit_make(k, to) : 0;
    return r ? r : link_names(k, &from->name, &to->name);
}

/* "/proc/self/fd/N", the way to name a file by descriptor; -1 = it is not. */
static int proc_fd_of(const char *path, char *text, size_t cap)
{
    const char *s = text + 14;
    u64 n;
    if (guest_copy_str(text, path, cap) < 0 || !str_starts(text, "/proc/self/fd/") || !text_number(&s, &n) || *s)
        return -1;
    return (int)n;
}

static APART long walk_to_fd(struct call *k, int fd, struct spot *s)
{
    struct slot *slot = slot_get(k->c);
    int n = slot ? reverse_fd(k, fd, slot->bytes, SLOT_SIZE) : -ENOMEM;
    s->slot = NULL;
    long r = n == -ENOENT || n == -ENOTDIR ? -EXDEV : n < 0 ? n : walk_text(k, slot->bytes, WALK_WHOLE, s);
    if (slot)
        slot_put(k->c, slot);
    return r;
}

/* The descriptor that stands for the first name, or -1. */
static APART int source_fd(const long *a, long flags)
{
    char text[64], first = 1;
    if (flags & 0x1000 && guest_read(&first, (const void *)a[1], 1) == 0 && !first)
        return (int)a[0];
    return flags & AT_SYMLINK_FOLLOW ? proc_fd_of((const char *)a[1], text, sizeof text) : -1;
}

/* A file of the upper, or one without a name: the descriptor itself is linked. */
static APART bool unnamed(struct call *k, int fd)
{
    struct stat st;
    return (!sys2(SYS_fstat, fd, &st) && !st.st_nlink) || reverse_in_tree(k, fd);
}

static APART long link_unnamed(struct call *k, int fd, const long *a)
{
    struct spot to;
    long r = walk(k, (int)a[2], (const char *)a[3], WALK_NAME, &to);
    if (!r)
        r = parent_first(k, &to, link_fd(k, fd, &to));
    walk_end(k, &to);
    return r;
}

static long link_at(struct call *k, const long *a, long flags)
{
    struct spot from, to;
    if (flags & ~(AT_SYMLINK_FOLLOW | 0x1000))
        return -EINVAL;
    int fd = source_fd(a, flags);
    if (fd >= 0 && unnamed(k, fd))
        return link_unnamed(k, fd, a);
    /* A layer's own file must not get a name in the upper: it is found by its path, and copied. */
    long r = fd >= 0 ? walk_to_fd(k, fd, &from) : walk(k, (int)a[0], (const char *)a[1], flags & AT_SYMLINK_FOLLOW ? WALK_FOLLOW : 0, &from);
    if (!r && from.kind == KIND_NONE)
        r = parent_first(k, &from, -ENOENT);
    if (!r) {
        r = walk(k, (int)a[2], (const char *)a[3], WALK_NAME, &to);
        if (!r)
            r = parent_first(k, &to, link_spots(k, &from, &to));
        int there = r < 0 && from.kind == KIND_BIND ? spot_host_mode(k, &from) : 0;
        r = there < 0 ? there : r;
        walk_end(k, &to);
    }
    walk_end(k, &from);
    return r;
}

long op_linkat(struct call *k, const long *a)
{
    return link_at(k, a, a[4]);
}

long op_link(struct call *k, const long *a)
{
    const long at[] = {AT_FDCWD, a[0], AT_FDCWD, a[1]};
    return link_at(k, at, 0);
}
