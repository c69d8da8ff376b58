/* Names that come and go: mkdir, mknod, symlink, unlink, rmdir (upper.md section 6). */
#include "ops.h"
#include "permit.h"

/* A new object at a name where nothing is: made by `make`, the parent brought up when that is what is missing. */
typedef long (*maker)(struct call *k, const struct name *n, const void *arg);

static long place_new(struct call *k, struct spot *s, maker make, const void *arg)
{
    if (s->kind == KIND_LOWER || s->kind == KIND_OBJECT)
        return -EEXIST;
    if (k->c->readonly) {
        int missing = spot_parent(k, s);
        return missing ? missing : -EROFS;
    }
    int refused = permit_make(k, s);
    while (!refused) {
        long r = make(k, &s->name, arg);
        if (r != -ENOENT || !s->name.dir_len)
            return r;
        refused = bring_up_parent(k, &s->name);
    }
    return refused;
}

struct node {
    u32 mode; /* type and permissions, before umask */
    u64 dev;
    char *text; /* of a link, the guest's, with OWNED_MAX bytes of room before it */
    bool grouped; /* the parent is set-gid: */
    u32 group;
};

/* The identity a new node of ours will have; the umask has been applied to st. */
static void node_identity(struct call *k, const struct node *w, const struct stat *st, struct identity *id)
{
    *id = (struct identity){(w->mode & S_IFMT) | (st->st_mode & 0777) | (w->mode & 07000), k->c->ids.fsuid, w->grouped ? w->group : k->c->ids.fsgid, 0, 0};
    if (w->grouped && S_ISDIR(w->mode))
        id->mode |= S_ISGID;
    id->major = (u32)(w->dev >> 8 & 0xfff);
    id->minor = (u32)((w->dev & 0xff) | (w->dev >> 12 & 0xfff00));
}

static long make_link(struct call *k, int fd, const char *path, const struct node *w)
{
    char front[OWNED_MAX];
    u32 len = link_front(k->c, k->c->ids.fsuid, w->grouped ? w->group : k->c->ids.fsgid, front);
    memcpy(w->text - len, front, len);
    return sys3(SYS_symlinkat, w->text - len, fd, path);
}

static long make_raw(int fd, const char *path, const struct node *w)
{
    if (S_ISDIR(w->mode))
        return sys3(SYS_mkdirat, fd, path, w->mode & 0777);
    u32 type = S_ISFIFO(w->mode) ? S_IFIFO : S_ISREG(w->mode) ? S_IFREG : S_IFSOCK;
    return sys4(SYS_mknodat, fd, path, type | (w->mode & 0777), 0);
}

static bool plain_node(const struct core *c, u32 mode)
{
    u32 own = S_ISDIR(mode) ? 0700 : 0600;
    bool special = S_ISCHR(mode) || S_ISBLK(mode);
    return !special && (mode & (07000 | own)) == own && c->ids.fsuid == c->con->owner_uid && c->ids.fsgid == c->con->owner_gid;
}

/* Not plain: complete under work/, then linked (or, a directory, renamed) into place without replacing anything. */
static long make_classed(struct call *k, const struct name *n, const struct node *w)
{
    char temp[TEMP_MAX];
    struct stat st;
    struct identity id;
    int work = place_fd(k, PLACE_WORK), upper = place_fd(k, PLACE_UPPER);
    int err = temp_name(k, 'n', n->hash, temp);
    if (work < 0 || upper < 0 || err)
        return work < 0 ? work : upper < 0 ? upper : err;
    long r = make_raw(work, temp, w);
    if (r)
        return r;
    r = sys4(SYS_newfstatat, work, temp, &st, AT_SYMLINK_NOFOLLOW);
    node_identity(k, w, &st, &id);
    int bits = r ? (int)r : ident_bits(k, &id, st.st_ino);
    r = bits < 0 ? bits : sys3(SYS_fchmodat, work, temp, bits);
    bool dir = S_ISDIR(w->mode);
    if (!r && dir) {
        r = sys5(SYS_renameat2, work, temp, upper, name_rel(n), 1);
        if (r == -ENOSYS || r == -EINVAL) {
            r = sys3(SYS_mkdirat, upper, name_rel(n), 0700);
            if (!r)
                r = sys3(SYS_fchmodat, upper, name_rel(n), bits);
        }
        if (!r)
            return 0;
    } else if (!r) {
        r = publish_new(k, n, temp);
    }
    if (r)
        sys3(SYS_unlinkat, work, temp, dir ? AT_REMOVEDIR : 0);
    return r;
}

static long make_node(struct call *k, const struct name *n, const void *arg)
{
    struct node w = *(const struct node *)arg;
    int upper = place_fd(k, PLACE_UPPER);
    int told = upper < 0 ? upper : w.text ? bloom_replace(k->c, n) : bloom_touch(k->c, n);
    if (told)
        return told;
    w.grouped = parent_group(k, n, &w.group);
    if (w.text)
        return make_link(k, upper, name_rel(n), &w);
    if (w.grouped || !plain_node(k->c, w.mode))
        return make_classed(k, n, &w);
    return make_raw(upper, name_rel(n), &w);
}

/* Below a bind: on the host. */
static long make_in_bind(struct call *k, const struct spot *s, const struct node *w)
{
    const char *at;
    int fd = spot_at(k, s, &at);
    if (fd == AT_FDCWD || s->name.len == s->bind_skip)
        return -EEXIST;
    long r = fd < 0 ? fd : spot_writable(k, s);
    if (r == -EROFS) {
        int there = spot_host_mode(k, s);
        return there >= 0 ? -EEXIST : there == -ENOENT ? r : there;
    }
    if (r)
        return r;
    if (w->text)
        return sys3(SYS_symlinkat, w->text, fd, at);
    return S_ISDIR(w->mode) ? sys3(SYS_mkdirat, fd, at, w->mode & 07777) : sys4(SYS_mknodat, fd, at, w->mode, w->dev);
}

static long make_spot(struct call *k, struct spot *s, const struct node *w)
{
    return s->kind == KIND_BIND ? make_in_bind(k, s, w) : place_new(k, s, make_node, w);
}

long make_plain(struct call *k, struct spot *s, u32 mode)
{
    struct node w = {.mode = mode};
    return make_spot(k, s, &w);
}

static long make_at(struct call *k, int dirfd, long path, const struct node *w)
{
    struct spot s;
    long r = walk(k, dirfd, (const char *)path, WALK_NAME, &s);
    if (!r && s.must_dir && (s.dots || !S_ISDIR(w->mode))) {
        int there = s.kind == KIND_BIND ? spot_host_mode(k, &s) : s.kind == KIND_NONE ? -ENOENT : 0;
        r = there < 0 ? there : -EEXIST;
    }
    if (!r)
        r = make_spot(k, &s, w);
    walk_end(k, &s);
    return r;
}

long op_mkdirat(struct call *k, const long *a)
{
    struct node w = {.mode = S_IFDIR | ((u32)a[2] & 01777 & ~k->c->umask_owner)};
    return make_at(k, (int)a[0], a[1], &w);
}

long op_mkdir(struct call *k, const long *a)
{
    const long at[] = {AT_FDCWD, a[0], a[1]};
    return op_mkdirat(k, at);
}

long op_mknodat(struct call *k, const long *a)
{
    struct node w = {.mode = (u32)a[2] & ~k->c->umask_owner, .dev = (u64)a[3]};
    if (!(w.mode & S_IFMT))
        w.mode |= S_IFREG;
    if (S_ISDIR(w.mode))
        return -EPERM;
    if (S_ISLNK(w.mode))
        return -EINVAL;
    if ((S_ISCHR(w.mode) || S_ISBLK(w.mode)) && !(k->c->ids.effective & CAP_MKNOD))
        return -EPERM;
    return make_at(k, (int)a[0], a[1], &w);
}

long op_mknod(struct call *k, const long *a)
{
    const long at[] = {AT_FDCWD, a[0], a[1], a[2]};
    return op_mknodat(k, at);
}

long op_symlinkat(struct call *k, const long *a)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    long n = guest_copy_str(slot->bytes + OWNED_MAX, (const char *)a[0], CORE_PATH_MAX - OWNED_MAX);
    struct node w = {.mode = S_IFLNK | 0777, .text = slot->bytes + OWNED_MAX};
    long r = n < 0 ? n : !n ? -ENOENT : make_at(k, (int)a[1], a[2], &w);
    slot_put(k->c, slot);
    return r;
}

long op_symlink(struct call *k, const long *a)
{
    const long at[] = {a[0], AT_FDCWD, a[1]};
    return op_symlinkat(k, at);
}

/* The directory's times move when a lower name goes that was never an object. */
static void parent_changed(struct call *k, const struct name *n)
{
    int upper = place_fd(k, PLACE_UPPER);
    n->path[n->dir_len] = 0;
    sys4(SYS_utimensat, upper, n->dir_len ? n->path + 1 : ".", 0, AT_SYMLINK_NOFOLLOW);
    n->path[n->dir_len] = '/';
}

static long unlink_name(struct call *k, struct spot *s)
{
    struct name *n = &s->name;
    char temp[TEMP_MAX];
    int upper = place_fd(k, PLACE_UPPER);
    if (upper < 0)
        return upper;
    for (;;) {
        long r = n->low.mode && bloom_untouched(k->c, n) ? -ENOENT : sys3(SYS_unlinkat, upper, name_rel(n), 0);
        if (!n->low.mode || (r != -ENOENT && r != -ENOTDIR))
            return r;
        if (S_ISDIR(n->low.mode)) {
            struct stat st;
            int kind = lookup(k, n, &st);
            if (kind != KIND_OBJECT)
                return kind < 0 ? kind : kind == KIND_LOWER ? -EISDIR : -ENOENT;
            continue;
        }
        int up = bring_up_parent(k, n);
        if (up)
            return up;
        r = mark_gone(k, n);
        if (!r) {
            parent_changed(k, n);
            return 0;
        }
        if (r != -EEXIST)
            return r;
        r = mark_read(k, n, temp) == MARK_COPIED ? publish_pending(k, n, temp) : 0;
        return r ? r : sys3(SYS_unlinkat, upper, name_rel(n), 0);
    }
}

static long rmdir_name(struct call *k, struct spot *s)
{
    struct name *n = &s->name;
    int upper = place_fd(k, PLACE_UPPER);
    if (upper < 0)
        return upper;
    if (!n->len)
        return -EBUSY;
    for (;;) {
        enum kind kind;
        int mode = lookup_mode(k, n, &kind);
        if (mode < 0 || kind == KIND_NONE)
            return mode < 0 ? mode : -ENOENT;
        if (!S_ISDIR(mode))
            return -ENOTDIR;
        if (!S_ISDIR(n->low.mode)) {
            int told = bloom_replace(k->c, n); /* who has it open must not take a later one for it (dirfds.c) */
            return told ? told : sys3(SYS_unlinkat, upper, name_rel(n), AT_REMOVEDIR);
        }
        int empty = emptied(k, n, false);
        if (empty != 1)
            return empty < 0 ? empty : -ENOTEMPTY;
        int r = bloom_replace(k->c, n);
        if (!r && kind == KIND_OBJECT)
            return sys3(SYS_unlinkat, upper, name_rel(n), AT_REMOVEDIR);
        if (!r)
            r = bring_up_parent(k, n);
        if (!r)
            r = mark_gone(k, n);
        if (!r)
            parent_changed(k, n);
        if (r != -EEXIST)
            return r;
    }
}

/* A directory that has a mount point in it is in use. */
bool mounted_in(const struct core *c, const struct name *n)
{
    for (u32 i = 0; i < c->nbinds; i++) {
        const char *g = bind_guest(c, (int)i);
        u32 j = 0;
        while (j < n->len && g[j] == n->path[j])
            j++;
        if (j == n->len && g[j] == '/')
            return true;
    }
    return false;
}

static long remove_dir(struct call *k, struct spot *s)
{
    bloom_begin(k->c);
    long r = rmdir_name(k, s);
    bloom_end(k->c);
    return r;
}

static long remove_at(struct call *k, int dirfd, long path, bool dir)
{
    struct spot s;
    long r = walk(k, dirfd, (const char *)path, WALK_NAME, &s);
    if (!r && s.kind == KIND_BIND) {
        r = bind_remove(k, &s, dir);
    } else if (!r) {
        u32 mode = s.kind == KIND_LOWER ? s.name.low.mode : s.mode;
        if (s.kind == KIND_NONE)
            r = -ENOENT;
        else if (s.dots)
            r = !dir ? -EISDIR : s.dots == 1 ? -EINVAL : s.dots == 2 ? -ENOTEMPTY : -EBUSY;
        else if (!s.name.len)
            r = dir ? -EBUSY : -EISDIR;
        else if (!dir && s.must_dir)
            r = S_ISDIR(mode) ? -EISDIR : -ENOTDIR;
        else if (k->c->readonly)
            r = -EROFS;
        else if (dir && !s.deep && mounted_in(k->c, &s.name))
            r = -EBUSY;
        else if (!(r = permit_remove(k, &s)))
            r = dir ? remove_dir(k, &s) : S_ISDIR(mode) ? -EISDIR : unlink_name(k, &s);
    }
    if (dir && !r)
        bloom_moved(k->c);
    walk_end(k, &s);
    return r;
}

long op_unlinkat(struct call *k, const long *a)
{
    if (a[2] & ~AT_REMOVEDIR)
        return -EINVAL;
    return remove_at(k, (int)a[0], a[1], a[2] & AT_REMOVEDIR);
}

long op_unlink(struct call *k, const long *a)
{
    return remove_at(k, AT_FDCWD, a[0], false);
}

long op_rmdir(struct call *k, const long *a)
{
    return remove_at(k, AT_FDCWD, a[0], true);
}
