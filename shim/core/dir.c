/* Listing a merged directory: once per open or rewind a snapshot is made in the order that upper.md section 6 asks for (marks, pending
 * copies, objects), then handed out in pieces. The position is the byte offset in the snapshot and lives in the kernel's own file offset, so
 * that lseek, telldir, dup and fork work as they are. Snapshots are kept by descriptor; one that is missing is simply made again. */
#include "ops.h"
#include <sys/mman.h>

struct snapshot {
    u32 busy;
    int fd;
    u64 dev, ino;
    char *mem;
    u32 used, cap;
};

#define MREMAP_MAYMOVE_ 1 /* hidden by strict headers */
#define SNAPSHOTS 32
static struct snapshot snapshots[SNAPSHOTS];

static void *map_memory(size_t n)
{
    long r = sys6(SYS_mmap, 0, (long)n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return r < 0 && r > -4096 ? NULL : (void *)r;
}

static void drop(struct snapshot *s)
{
    if (s->mem)
        sys2(SYS_munmap, s->mem, s->cap);
    s->mem = NULL;
    s->used = s->cap = 0;
    s->fd = -1;
}

static int add(struct snapshot *s, const char *name, u32 len, u64 ino, u8 type)
{
    u32 size = (u32)(offsetof(struct linux_dirent64, name) + len + 1 + 7) & ~7u;
    if (s->used + size > s->cap) {
        u32 cap = s->cap ? s->cap * 2 : 8192;
        long r = s->mem ? sys4(SYS_mremap, s->mem, s->cap, cap, MREMAP_MAYMOVE_) : (long)map_memory(cap);
        if (!r || (r < 0 && r > -4096))
            return -ENOMEM;
        s->mem = (char *)r;
        s->cap = cap;
    }
    struct linux_dirent64 *e = (struct linux_dirent64 *)(s->mem + s->used);
    s->used += size;
    e->ino = ino;
    e->off = s->used;
    e->len = (u16)size;
    e->type = type;
    memcpy(e->name, name, len);
    e->name[len] = 0;
    return 0;
}

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

static int see_mark(void *ctx, const struct linux_dirent64 *e)
{
    struct making *m = ctx;
    struct name child;
    if (is_dot(e->name))
        return 0;
    m->any = true;
    m->copied = m->copied || e->type != 8 /* DT_REG: gone */;
    if (m->marked) {
        child_name(m, e->name, (u32)strlen(e->name), &child);
        const struct lpmx_entry *dir = m->dir->low.entry, *low = child.low.entry;
        if (low) {
            u32 n = (u32)(low - m->k->c->index.entries) - dir->a;
            if (n < dir->b)
                m->marked[n >> 3] |= (u8)(1 << (n & 7));
        }
        child_done(m);
    }
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
    u64 ino = e->ino;
    u32 len = (u32)strlen(e->name);
    if (is_dot(e->name))
        return 0;
    if (e->type == 4 /* DT_DIR */) {
        struct name child;
        child_name(m, e->name, len, &child);
        if (S_ISDIR(child.low.mode))
            ino = child.low.ino;
        child_done(m);
    }
    /* A socket may stand for a device: let them ask. */
    return add(m->s, e->name, len, ino, e->type == 12 /* DT_SOCK */ ? 0 : e->type);
}

/* A child of the host's own directory (image `host`). */
static int see_host(void *ctx, const struct linux_dirent64 *e)
{
    struct making *m = ctx;
    struct name child;
    char temp[TEMP_MAX];
    u32 len = (u32)strlen(e->name);
    if (is_dot(e->name))
        return 0;
    if (m->any) {
        child_name(m, e->name, len, &child);
        int mark = mark_read(m->k, &child, temp);
        child_done(m);
        if (mark != MARK_NONE)
            return mark < 0 ? mark : 0;
    }
    return add(m->s, e->name, len, e->ino, e->type);
}

static int add_lower(struct making *m)
{
    const struct lpmx_entry *dir = m->dir->low.entry;
    const struct index *x = &m->k->c->index;
    if (!dir)
        return list_place(m->k, PLACE_LAYER, name_rel(m->dir), see_host, m);
    for (u32 i = 0; i < dir->b && dir->a + i < x->head->nentries; i++) {
        const struct lpmx_entry *e = &x->entries[dir->a + i];
        if (m->marked[i >> 3] >> (i & 7) & 1)
            continue;
        u64 ino = (u64)(e - x->entries) | 1ull << 61;
        int r = add(m->s, index_text(x, e->name, e->name_len), e->name_len, ino, (u8)((e->mode & S_IFMT) >> 12));
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
        if (len <= dir || !bind_in(guest, m->path, dir) || dir + NAME_LEN_MAX < len)
            continue;
        child_name(m, guest + dir + 1, len - dir - 1, &at);
        int kind = lookup(m->k, &at, &st);
        child_done(m);
        int r = kind == KIND_NONE ? add(m->s, guest + dir + 1, len - dir - 1, i + 1, c->binds[i].flags & LPMX_BIND_FILE ? 8 : 4) : 0;
        if (r)
            return r;
    }
    return 0;
}

/* Marks, then pending copies, then objects: in this order (upper.md section 6). */
static int add_changed(struct making *m, enum kind kind)
{
    char folder[20];
    mark_folder(m->dir, folder);
    int r = list_place(m->k, PLACE_DEAD, folder, see_mark, m);
    if (!r && m->copied) {
        r = list_place(m->k, PLACE_WORK, ".", see_temp, m);
        if (r == 1)
            r = list_place(m->k, PLACE_DEAD, folder, help_mark, m);
    }
    return !r && kind != KIND_LOWER ? list_place(m->k, PLACE_UPPER, name_rel(m->dir), see_object, m) : r;
}

static int make(struct making *m)
{
    struct call *k = m->k;
    struct stat st;
    int kind = lookup(k, m->dir, &st);
    if (kind < 0)
        return kind;
    size_t bits = m->dir->low.entry && S_ISDIR(m->dir->low.mode) ? m->dir->low.entry->b / 8 + 1 : 0;
    if (bits && !(m->marked = map_memory(bits)))
        return -ENOMEM;
    int r = add(m->s, ".", 1, m->dir->low.ino, 4);
    if (!r)
        r = add(m->s, "..", 2, m->dir->low.ino, 4);
    if (!r && !bloom_children_untouched(k->c, m->dir))
        r = add_changed(m, (enum kind)kind);
    if (!r && S_ISDIR(m->dir->low.mode))
        r = add_lower(m);
    if (!r)
        r = add_mounts(m);
    if (m->marked)
        sys2(SYS_munmap, m->marked, bits);
    return r;
}

static struct snapshot *snapshot_get(int fd, const struct stat *st, struct snapshot *own)
{
    struct snapshot *spare = NULL;
    for (int pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < SNAPSHOTS; i++) {
            struct snapshot *s = &snapshots[i];
            bool same = s->mem && s->fd == fd && s->dev == st->st_dev && s->ino == st->st_ino;
            bool wanted = pass == 0 ? same : !s->mem || s->fd == fd;
            u32 idle = 0;
            if (wanted && __atomic_compare_exchange_n(&s->busy, &idle, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
                return s;
            if (pass && !spare && !s->busy)
                spare = s;
        }
    u32 idle = 0; /* all in use by other descriptors: the first idle one is given up, its owner makes it again */
    if (spare && __atomic_compare_exchange_n(&spare->busy, &idle, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return spare;
    *own = (struct snapshot){.fd = -1};
    return own;
}

/* The older record: the type stands in the last byte. */
static long put_old(const struct linux_dirent64 *e, u32 len, long out)
{
    struct {
        u64 ino;
        long off;
        u16 len;
        char name[NAME_LEN_MAX + 3];
    } old;
    memset(&old, 0, sizeof old);
    old.ino = e->ino;
    old.off = e->off;
    old.len = (u16)len;
    memcpy(old.name, e->name, strlen(e->name));
    ((char *)&old)[len - 1] = (char)e->type;
    return guest_write((void *)out, &old, len);
}

static long hand_out(const struct snapshot *s, int fd, long out, u64 room, bool old)
{
    long at = sys3(SYS_lseek, fd, 0, SEEK_CUR), start = at;
    u64 done = 0;
    if (at < 0 || at >= (long)s->used)
        return at < 0 ? at : 0;
    while (at < (long)s->used) {
        const struct linux_dirent64 *e = (const void *)(s->mem + at);
        u32 len = old ? (u32)(18 + strlen(e->name) + 2 + 7) & ~7u : e->len;
        if (done + len > room)
            break;
        long r = old ? put_old(e, len, out + (long)done) : guest_write((void *)(out + (long)done), e, len);
        if (r)
            return r;
        done += len;
        at = e->off;
    }
    if (at == start)
        return -EINVAL;
    long r = sys3(SYS_lseek, fd, at, SEEK_SET);
    return r < 0 ? r : (long)done;
}

static long list_merged(struct call *k, int fd, struct name *dir, char *path, long out, u64 room, bool old)
{
    struct stat st;
    struct snapshot own;
    long at = sys3(SYS_lseek, fd, 0, SEEK_CUR), r = sys2(SYS_fstat, fd, &st);
    if (at < 0 || r)
        return r ? r : at;
    struct snapshot *s = snapshot_get(fd, &st, &own);
    if (at == 0 || !s->mem || s->fd != fd || s->dev != st.st_dev || s->ino != st.st_ino) {
        struct making m = {.k = k, .s = s, .dir = dir, .path = path};
        s->used = 0;
        r = make(&m);
        s->fd = fd;
        s->dev = st.st_dev;
        s->ino = st.st_ino;
    }
    if (!r)
        r = hand_out(s, fd, out, room, old);
    if (r <= 0 || s == &own)
        drop(s);
    if (s != &own)
        __atomic_store_n(&s->busy, 0, __ATOMIC_RELEASE);
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

static long list(struct call *k, const long *a, bool old)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    struct name dir;
    char *path = slot->bytes;
    long r = CORE_PASS;
    int n = reverse_fd(k, (int)a[0], path, SLOT_SIZE - NAME_LEN_MAX - 2);
    if (n == -EBADF) {
        r = n;
    } else if (n >= 0 && bind_over(k->c, path, (u32)n) >= 0) {
        r = !old && fds_folder(path, (u32)n) ? fds_list(k, a) : CORE_PASS;
    } else if (n >= 0) {
        name_set(k, &dir, path, (u32)n);
        struct stat st;
        long err = sys2(SYS_fstat, a[0], &st);
        if (err || !S_ISDIR(st.st_mode))
            r = err ? err : -ENOTDIR;
        else if (S_ISDIR(dir.low.mode) || bind_any_in(k->c, path, (u32)n))
            r = list_merged(k, (int)a[0], &dir, path, a[1], (u32)a[2], old);
        else if (!old)
            r = list_upper(a);
    }
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
