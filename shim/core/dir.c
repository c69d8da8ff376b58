/* Listing a merged directory: once per open or rewind a snapshot is made in the order that upper.md section 6 asks for (marks, pending
 * copies, objects), then handed out in pieces. The position is the byte offset in the snapshot and lives in the kernel's own file offset, so
 * that lseek, telldir, dup and fork work as they are. */
#include "ops.h"
#include "snapshot.h"

/* Calls `each` for every name of an open directory; stops at a result that is not 0. Closes fd. */
typedef int (*each_name)(void *ctx, const struct linux_dirent64 *e);

static int list_fd(struct call *k, long fd, each_name each, void *ctx)
{
    struct slot *slot = slot_get(k->c);
    int r = slot ? 0 : -ENOMEM;
    long got;
    while (!r && (got = sys3(SYS_getdents64, fd, slot->bytes, SLOT_SIZE))) {
        if (got < 0)
            r = (int)got;
        for (long at = 0; !r && at < got;) {
            const struct linux_dirent64 *e = (const void *)(slot->bytes + at);
            at += e->len;
            r = each(ctx, e);
        }
    }
    if (slot)
        slot_put(k->c, slot);
    sys1(SYS_close, fd);
    return r;
}

static int list_place(struct call *k, int place, const char *rel, each_name each, void *ctx)
{
    int dir = place_fd(k, place);
    long fd = dir < 0 ? dir : sys4(SYS_openat, dir, rel, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd == -ENOENT || fd == -ENOTDIR)
        return 0;
    return fd < 0 ? (int)fd : list_fd(k, fd, each, ctx);
}

struct making {
    struct call *k;
    struct snapshot *s;
    struct name *dir;
    char *path;      /* the directory's path with room for a name behind it */
    u8 *marked;      /* bit n: lower child n is detached */
    bool any, copied;
};

static bool is_dot(const char *name)
{
    return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* The child `name` of the directory; its path is in m->path until child_done. */
static void child_name(struct making *m, const char *name, u32 len, struct name *child)
{
    u32 at = m->dir->len;
    m->path[at] = '/';
    memcpy(m->path + at + 1, name, len);
    m->path[at + 1 + len] = 0;
    name_set(m->k, child, m->path, at + 1 + len);
}

static void child_done(struct making *m)
{
    m->path[m->dir->len] = 0;
}

/* The lower child is not to be listed from the layers. */
static void detached(struct making *m, const struct name *child)
{
    const struct lpmx_entry *dir = m->dir->low.entry, *low = child->low.entry;
    if (!m->marked || !low)
        return;
    u32 n = (u32)(low - m->k->c->index.entries) - dir->a;
    if (n < dir->b)
        m->marked[n >> 3] |= (u8)(1 << (n & 7));
}

static int see_mark(void *ctx, const struct linux_dirent64 *e)
{
    struct making *m = ctx;
    struct name child;
    if (is_dot(e->name))
        return 0;
    m->any = true;
    m->copied = m->copied || e->type != 8 /* DT_REG: gone */;
    child_name(m, e->name, (u32)strlen(e->name), &child);
    detached(m, &child);
    child_done(m);
    return 0;
}

static int see_temp(void *ctx, const struct linux_dirent64 *e)
{
    (void)ctx;
    return e->name[0] == 'c' && e->name[1] == '.';
}

static int help_mark(void *ctx, const struct linux_dirent64 *e)
{
    struct making *m = ctx;
    struct name child;
    char temp[TEMP_MAX];
    if (is_dot(e->name) || e->type == 8)
        return 0;
    child_name(m, e->name, (u32)strlen(e->name), &child);
    int r = mark_read(m->k, &child, temp) == MARK_COPIED ? publish_pending(m->k, &child, temp) : 0;
    child_done(m);
    return r;
}

static int see_object(void *ctx, const struct linux_dirent64 *e)
{
    struct making *m = ctx;
    struct name child;
    u64 ino = e->ino;
    u32 len = (u32)strlen(e->name);
    if (is_dot(e->name))
        return 0;
    child_name(m, e->name, len, &child);
    if (e->type == 4 /* DT_DIR */ && S_ISDIR(child.low.mode))
        ino = child.low.ino;
    m->any = true;
    detached(m, &child); /* its mark may be younger than our list of marks */
    child_done(m);
    /* A socket may stand for a device: let them ask. */
    return snapshot_add(m->s, e->name, len, ino, e->type == 12 /* DT_SOCK */ ? 0 : e->type);
}

static bool listed(const struct snapshot *s, const char *name)
{
    for (u32 at = 0; at < s->used;) {
        const struct linux_dirent64 *e = (const void *)(s->mem + at);
        if (str_equal(e->name, name))
            return true;
        at += e->len;
    }
    return false;
}

/* A child of the host's own directory (image `host`). */
static int see_host(void *ctx, const struct linux_dirent64 *e)
{
    struct making *m = ctx;
    struct name child;
    struct stat st;
    char temp[TEMP_MAX];
    u32 len = (u32)strlen(e->name);
    if (is_dot(e->name))
        return 0;
    child_name(m, e->name, len, &child);
    int mark = m->any ? mark_read(m->k, &child, temp) : MARK_NONE, kind = mark == MARK_NONE ? KIND_LOWER : KIND_NONE;
    /* A copy that is younger than our list of objects is still this name; one that was removed again is not. */
    if (mark == MARK_COPIED && !listed(m->s, e->name))
        kind = lookup(m->k, &child, &st);
    child_done(m);
    if (mark < 0 || kind < 0)
        return mark < 0 ? mark : kind;
    return kind == KIND_NONE ? 0 : snapshot_add(m->s, e->name, len, e->ino, e->type);
}

static int add_lower(struct making *m)
{
    const struct lpmx_entry *dir = m->dir->low.entry;
    const struct index *x = &m->k->c->index;
    if (!dir)
        return list_place(m->k, PLACE_LAYER, name_rel(m->dir), see_host, m);
    for (u32 i = 0; i < dir->b && dir->a + i < x->head->nentries; i++) {
        const struct lpmx_entry *e = &x->entries[dir->a + i];
        if (m->marked && m->marked[i >> 3] >> (i & 7) & 1)
            continue;
        u64 ino = (u64)(e - x->entries) | 1ull << 61;
        u32 len = e->name_len;
        const char *name = index_bytes(x, e->name, &len);
        int r = snapshot_add(m->s, name, len, ino, (u8)((e->mode & S_IFMT) >> 12));
        if (r)
            return r;
    }
    return 0;
}

/* Mount points that nothing else brought. */
static int add_mounts(struct making *m)
{
    struct core *c = m->k->c;
    struct name at;
    struct stat st;
    u32 dir = m->dir->len;
    for (u32 i = 0; i < c->nbinds; i++) {
        const char *guest = bind_guest(c, (int)i);
        u32 len = (u32)strlen(guest);
        if (c->binds[i].flags & LPMX_BIND_HIDDEN || len <= dir || !bind_in(guest, m->path, dir) || dir + NAME_LEN_MAX < len)
            continue;
        child_name(m, guest + dir + 1, len - dir - 1, &at);
        int kind = lookup(m->k, &at, &st);
        child_done(m);
        int r = kind == KIND_NONE ? snapshot_add(m->s, guest + dir + 1, len - dir - 1, i + 1, c->binds[i].flags & LPMX_BIND_FILE ? 8 : 4) : 0;
        if (r)
            return r;
    }
    return 0;
}

static size_t mark_bytes(const struct making *m)
{
    return m->dir->low.entry && S_ISDIR(m->dir->low.mode) ? m->dir->low.entry->b / 8 + 1 : 0;
}

/* Marks, then pending copies, then objects: in this order (upper.md section 6). */
static int add_changed(struct making *m, enum kind kind)
{
    char folder[20];
    if (mark_bytes(m) && !(m->marked = snapshot_memory(mark_bytes(m))))
        return -ENOMEM;
    mark_folder(m->dir, folder);
    int r = list_place(m->k, PLACE_DEAD, folder, see_mark, m);
    if (!r && m->copied) {
        r = list_place(m->k, PLACE_WORK, ".", see_temp, m);
        if (r == 1)
            r = list_place(m->k, PLACE_DEAD, folder, help_mark, m);
    }
    /* It may have been copied up since it was looked at: then there are marks. */
    return !r && (kind != KIND_LOWER || m->any) ? list_place(m->k, PLACE_UPPER, name_rel(m->dir), see_object, m) : r;
}

/* What stat shows as the number of the directory above. */
static u64 parent_number(struct call *k, const struct name *dir, u64 own)
{
    struct name parent;
    struct stat st;
    if (!dir->len)
        return own;
    parent_enter(k, dir, &parent);
    u64 ino = parent.low.ino ? parent.low.ino : lookup(k, &parent, &st) == KIND_OBJECT ? st.st_ino : own;
    parent_leave(dir);
    return ino;
}

static int make(struct making *m)
{
    struct call *k = m->k;
    struct stat st;
    int kind = lookup(k, m->dir, &st);
    if (kind < 0)
        return kind;
    u64 own = m->dir->low.ino ? m->dir->low.ino : kind == KIND_OBJECT ? st.st_ino : 1;
    int r = snapshot_add(m->s, ".", 1, own, 4);
    if (!r)
        r = snapshot_add(m->s, "..", 2, parent_number(k, m->dir, own), 4);
    if (!r && !bloom_children_untouched(k->c, m->dir))
        r = add_changed(m, (enum kind)kind);
    if (!r && S_ISDIR(m->dir->low.mode))
        r = add_lower(m);
    if (!r)
        r = add_mounts(m);
    if (m->marked)
        sys2(SYS_munmap, m->marked, mark_bytes(m));
    return r;
}

struct listing {
    int fd;
    struct stat st;
    long at; /* the kernel's file offset: where in the snapshot */
    long out;
    u64 room;
    bool old;
};

static long hand_out(struct snapshot *s, const struct listing *l)
{
    long r = snapshot_hand_out(s, l->fd, l->at, l->out, l->room, l->old);
    if (r <= 0 || !snapshot_pooled(s))
        snapshot_drop(s);
    snapshot_put(s);
    return r;
}

static int see_any(void *ctx, const struct linux_dirent64 *e)
{
    struct making *m = ctx;
    return snapshot_add(m->s, e->name, (u32)strlen(e->name), e->ino, e->type);
}

/* A directory of the host, with the maps in it: nothing is made there to mount them on. */
static int make_bound(struct making *m, int dir)
{
    const struct core *c = m->k->c;
    long fd = sys4(SYS_openat, dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    int r = fd < 0 ? (int)fd : list_fd(m->k, fd, see_any, m);
    for (u32 i = 0; !r && i < c->nbinds; i++) {
        const char *guest = bind_guest(c, (int)i), *name = guest + m->dir->len + 1;
        if (!(c->binds[i].flags & LPMX_BIND_MAP) || c->binds[i].flags & LPMX_BIND_HIDDEN || strlen(guest) <= m->dir->len ||
            !bind_in(guest, m->path, m->dir->len) || sys4(SYS_faccessat, dir, name, 0, 0) == 0)
            continue;
        r = snapshot_add(m->s, name, (u32)strlen(name), i + 1, 8);
    }
    return r;
}

static long list_merged(struct call *k, const struct listing *l, struct name *dir, char *path)
{
    struct snapshot own, *s = snapshot_get(l->fd, &l->st, &own);
    struct making m = {.k = k, .s = s, .dir = dir, .path = path};
    s->used = 0;
    long r = bind_over(k->c, path, dir->len) >= 0 ? make_bound(&m, l->fd) : make(&m);
    s->fd = l->fd;
    s->dev = l->st.st_dev;
    s->ino = l->st.st_ino;
    if (!r)
        return hand_out(s, l);
    snapshot_drop(s);
    snapshot_put(s);
    return r;
}

/* A directory of the upper alone: the kernel's listing, but for the sockets that may stand for devices. */
static long list_upper(const long *a)
{
    long n = sys3(SYS_getdents64, a[0], a[1], a[2]);
    u64 head[3];
    for (long at = 0; at < n;) {
        const struct linux_dirent64 *e = (const void *)head;
        char *in = (char *)a[1] + at;
        u8 unknown = 0;
        if (guest_read(head, in, sizeof head) || e->len < sizeof head)
            break;
        if (e->type == 12 /* DT_SOCK */)
            guest_write(in + offsetof(struct linux_dirent64, type), &unknown, 1);
        at += e->len;
    }
    return n;
}

static long list_named(struct call *k, const long *a, const struct listing *l, char *path)
{
    struct name dir;
    int n = dirfd_path(k, l->fd, &l->st, path, SLOT_SIZE - NAME_LEN_MAX - 2);
    if (n < 0)
        return n == -EBADF ? n : CORE_PASS;
    if (bind_over(k->c, path, (u32)n) >= 0) {
        if (!l->old && fds_folder(path, (u32)n))
            return fds_list(k, a);
        if (!bind_any_map(k->c, path, (u32)n))
            return CORE_PASS;
        name_below_bind(&dir, path, (u32)n);
        return list_merged(k, l, &dir, path);
    }
    name_set(k, &dir, path, (u32)n);
    if (S_ISDIR(dir.low.mode) || bind_any_in(k->c, path, (u32)n))
        return list_merged(k, l, &dir, path);
    return l->old ? CORE_PASS : list_upper(a);
}

static long list(struct call *k, const long *a, bool old)
{
    struct listing l = {.fd = (int)a[0], .out = a[1], .room = (u32)a[2], .old = old};
    long r = sys2(SYS_fstat, l.fd, &l.st);
    if (r || !S_ISDIR(l.st.st_mode))
        return r ? r : -ENOTDIR;
    l.at = sys3(SYS_lseek, l.fd, 0, SEEK_CUR);
    if (l.at < 0)
        return l.at == -ESPIPE ? CORE_PASS : l.at;
    struct snapshot *s = l.at ? snapshot_under_way(l.fd, &l.st) : NULL;
    if (s)
        return hand_out(s, &l);
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    r = list_named(k, a, &l, slot->bytes);
    slot_put(k->c, slot);
    return r;
}

long op_getdents64(struct call *k, const long *a)
{
    return list(k, a, false);
}

long op_getdents(struct call *k, const long *a)
{
    return list(k, a, true);
}
