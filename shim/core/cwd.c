/* The guest's working directory, kept as text beside the kernel's. The kernel's own cwd is always set too (to the directory on the host
 * that stands for it): it is what children inherit, what host programs see, and what is asked when our text cannot be trusted.
 *
 * A vfork child writes its own slot, never its parent's, and raises cwd_split; only then must a reader ask who it is. */
#include "ops.h"
#include "permit.h"

/* Copies slot text; false while or because it changes. */
static int cwd_read(const struct cwd *s, char *out, size_t cap)
{
    for (int tries = 0; tries < 100; tries++) {
        u32 turn = __atomic_load_n(&s->turn, __ATOMIC_ACQUIRE);
        if (turn & 1)
            continue;
        u32 len = s->len;
        if (len >= CORE_PATH_MAX)
            return -EAGAIN; /* too deep for a text */
        if (len + 1 > cap)
            return -ENAMETOOLONG;
        memcpy(out, s->path, len);
        out[len] = 0;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (s->turn == turn)
            return (int)len;
    }
    return -EAGAIN;
}

static void cwd_write(struct cwd *s, u32 pid, const char *path, u32 len)
{
    __atomic_fetch_add(&s->turn, 1, __ATOMIC_ACQ_REL);
    s->pid = pid;
    s->len = len;
    if (len < CORE_PATH_MAX) {
        memcpy(s->path, path, len);
        s->path[len] = 0;
    }
    __atomic_fetch_add(&s->turn, 1, __ATOMIC_ACQ_REL);
}

static APART int cwd_of_kernel(struct call *k, char *out, size_t cap)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    long n = sys2(SYS_getcwd, slot->bytes, SLOT_SIZE);
    int r = n < 0 ? (int)n : slot->bytes[0] != '/' ? -ENOENT : reverse_path(k->c, slot->bytes, (u32)n - 1, out, cap);
    slot_put(k->c, slot);
    return r;
}

/* The directory that is at n now was made after n's mark: a copy is made before its mark, so this one took its place. */
static APART bool younger_than_mark(struct call *k, const struct name *n)
{
    u64 x[32] = {0}; /* struct statx: [0] mask, [10] and [11] time of birth */
    struct timespec mark;
    int upper = place_fd(k, PLACE_UPPER);
    if (upper < 0 || sys5(SYS_statx, upper, name_rel(n), AT_SYMLINK_NOFOLLOW, 0x800 /* STATX_BTIME */, x) || !(x[0] & 0x800) || mark_time(k, n, &mark))
        return false;
    return (long)x[10] > mark.tv_sec || ((long)x[10] == mark.tv_sec && (long)(u32)x[11] > mark.tv_nsec);
}

/* The kernel's cwd is a layer's directory, which stays for ever; in the view it was removed, and what is there now is another one. */
static bool removed_in_view(struct call *k, char *path, u32 len)
{
    struct name n;
    struct stat st, here;
    if (bind_over(k->c, path, len) >= 0)
        return false;
    name_set(k, &n, path, len);
    int kind = S_ISDIR(n.low.mode) ? lookup(k, &n, &st) : KIND_LOWER;
    if (kind != KIND_OBJECT)
        return kind == KIND_NONE;
    bool other = !sys4(SYS_newfstatat, AT_FDCWD, ".", &here, 0) && here.st_ino != st.st_ino;
    return other && younger_than_mark(k, &n);
}

/* Directories have been moved or removed since we asked: is ours still what its name says? 0 = it is, 1 = it was written anew, -ENOENT = gone. */
static APART int cwd_ask(struct call *k, struct cwd *own, u64 moves)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    char *host = slot->bytes, *now = slot->bytes + SLOT_SIZE / 2;
    long n = sys2(SYS_getcwd, host, SLOT_SIZE / 2);
    int r = n == -ENOENT ? -ENOENT : 0;
    int len = n > 1 && host[0] == '/' ? reverse_path(k->c, host, (u32)n - 1, now, SLOT_SIZE / 2) : -ENOENT;
    if (len > 0 && len < CORE_PATH_MAX && removed_in_view(k, now, (u32)len))
        r = -ENOENT;
    else if (len >= 0 && len < CORE_PATH_MAX && ((u32)len != own->len || memcmp(now, own->path, own->len))) {
        cwd_write(own, own->pid, now, (u32)len);
        r = 1;
    }
    if (!r)
        own->moves = moves;
    slot_put(k->c, slot);
    return r;
}

int cwd_get(struct call *k, char *out, size_t cap)
{
    struct core *c = k->c;
    struct cwd *own = &c->cwd[0];
    if (c->cwd_split) {
        u32 pid = core_pid(c);
        for (own = c->cwd; own < c->cwd + 4 && own->pid != pid; own++)
            ;
        if (own == c->cwd + 4)
            return cwd_of_kernel(k, out, cap);
    }
    u64 moves = bloom_moves(c);
    if (own->moves != moves || !moves) {
        int r = cwd_ask(k, own, moves);
        if (r < 0)
            return r;
    }
    int r = cwd_read(own, out, cap);
    return r == -EAGAIN ? cwd_of_kernel(k, out, cap) : r;
}

int cwd_set(struct call *k, const char *path, u32 len)
{
    struct core *c = k->c;
    if (len > CORE_PATH_MAX)
        len = CORE_PATH_MAX;
    u32 pid = core_pid(c);
    if (pid == c->pid) {
        c->cwd[0].moves = bloom_moves(c);
        cwd_write(&c->cwd[0], pid, path, len);
        return 0;
    }
    unsigned i = 1;
    while (i < 3 && c->cwd[i].pid && c->cwd[i].pid != pid)
        i++;
    c->cwd[i].moves = bloom_moves(c);
    cwd_write(&c->cwd[i], pid, path, len);
    c->cwd_split = 1;
    return 0;
}

int cwd_refresh(struct call *k)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    int n = cwd_of_kernel(k, slot->bytes, SLOT_SIZE);
    if (n >= 0 || n == -ENAMETOOLONG)
        n = cwd_set(k, slot->bytes, n < 0 ? CORE_PATH_MAX : (u32)n);
    slot_put(k->c, slot);
    return n;
}

bool cwd_gone(void)
{
    struct stat st;
    return !sys4(SYS_newfstatat, AT_FDCWD, ".", &st, 0) && !st.st_nlink;
}

bool cwd_moved(struct call *k)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return false;
    char *known = slot->bytes, *now = slot->bytes + SLOT_SIZE / 2;
    int n = cwd_get(k, known, SLOT_SIZE / 2), m = cwd_of_kernel(k, now, SLOT_SIZE / 2);
    bool moved = n >= 0 && m >= 0 && !str_equal(known, now);
    if (moved)
        moved = cwd_set(k, now, (u32)m) == 0;
    slot_put(k->c, slot);
    return moved;
}

int cwd_init(struct core *c, const struct handover_text *t)
{
    u32 len = t->at ? t->len : 0;
    if (len >= CORE_PATH_MAX)
        return -EINVAL;
    if (len && t->at[0] != '/') /* "." */
        len = CORE_PATH_MAX;
    cwd_write(&c->cwd[0], c->pid, t->at ? t->at : "", len);
    c->cwd[0].moves = len < CORE_PATH_MAX ? bloom_moves(c) : 0;
    return 0;
}

static long enter_host(struct call *k, const struct spot *s)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    long r = spot_path(k, s, slot->bytes, SLOT_SIZE);
    if (r >= 0)
        r = sys1(SYS_chdir, slot->bytes);
    slot_put(k->c, slot);
    return r;
}

static int enter_spot(struct call *k, struct spot *s)
{
    const char *path;
    struct stat st;
    int fd = spot_at(k, s, &path);
    if (s->kind == KIND_NONE)
        return -ENOENT;
    u32 mode = s->kind == KIND_LOWER ? s->name.low.mode : s->mode;
    if (fd != AT_FDCWD && fd < 0)
        return fd;
    int refused = permit_spot(k, s, MAY_SEARCH);
    if ((mode && !S_ISDIR(mode)) || refused)
        return mode && !S_ISDIR(mode) ? -ENOTDIR : refused;
    if (s->kind == KIND_BIND) {
        long r = sys4(SYS_newfstatat, fd, path, &st, 0);
        if (r || !S_ISDIR(st.st_mode))
            return r ? (int)r : -ENOTDIR;
    }
    long dir = sys4(SYS_openat, fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    long r = dir < 0 ? dir : sys1(SYS_fchdir, dir);
    if (dir >= 0)
        sys1(SYS_close, dir);
    if (r == -EMFILE) /* the guest has taken all; chdir itself needs none */
        r = enter_host(k, s);
    return r ? (int)r : s->deep ? cwd_refresh(k) : cwd_set(k, s->name.path, s->name.len);
}

long op_chdir(struct call *k, const long *a)
{
    struct spot s;
    int r = walk(k, AT_FDCWD, (const char *)a[0], WALK_FOLLOW, &s);
    if (!r)
        r = enter_spot(k, &s);
    walk_end(k, &s);
    return r;
}

long op_fchdir(struct call *k, const long *a)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    int n = reverse_fd(k, (int)a[0], slot->bytes, SLOT_SIZE);
    long r = n == -EBADF ? n : sys1(SYS_fchdir, a[0]);
    if (!r)
        r = n == -ENAMETOOLONG ? cwd_refresh(k) : n < 0 ? n : cwd_set(k, slot->bytes, (u32)n);
    slot_put(k->c, slot);
    return r;
}

/* What getcwd(2) tells of path[len], in a slot: below another root, or outside of it. */
static int cwd_shown(struct core *c, char *path, u32 len)
{
    static const char outside[] = "(unreachable)";
    u32 front = root_shown(c, path, &len) ? 0 : sizeof outside - 1;
    if (len + front >= CORE_PATH_MAX)
        return -ENAMETOOLONG;
    memmove(path + front, path, len + 1);
    memcpy(path, outside, front);
    if (!len)
        path[front + len++] = '/';
    return (int)(front + len);
}

long op_getcwd(struct call *k, const long *a)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    struct name n;
    struct stat st;
    char *path = slot->bytes;
    int len = cwd_get(k, path, SLOT_SIZE);
    if (len > 0 && bind_over(k->c, path, (u32)len) < 0) {
        /* Gone or moved? The kernel knows. */
        name_set(k, &n, path, (u32)len);
        int kind = lookup(k, &n, &st);
        if (kind == KIND_NONE || kind < 0) {
            len = cwd_of_kernel(k, path, SLOT_SIZE);
            if (len > 0) {
                name_set(k, &n, path, (u32)len);
                len = lookup(k, &n, &st) == KIND_NONE ? -ENOENT : len;
            }
            if (len > 0)
                cwd_set(k, path, (u32)len);
        }
    }
    if (len >= 0)
        len = cwd_shown(k->c, path, (u32)len);
    long r = len;
    if (len > 0) {
        path[len++] = 0;
        r = (unsigned long)len > (unsigned long)a[1] ? -ERANGE : guest_write((char *)a[0], path, (size_t)len);
        r = r ? r : len;
    }
    slot_put(k->c, slot);
    return r;
}

int core_enter_dir(struct core *c, const char *path, bool make)
{
    struct call k = {.c = c};
    struct spot s;
    struct core_ids *i = &c->ids;
    u32 user = i->fsuid, group = i->fsgid, caps = i->effective; /* a missing workdir is made by root, as docker does */
    if (make)
        i->fsuid = i->fsgid = 0, i->effective = ROOT_CAPS;
    int r = make ? make_dirs(&k, path, strlen(path)) : 0;
    i->fsuid = user;
    i->fsgid = group;
    i->effective = caps;
    if (r)
        return r;
    r = walk_text(&k, path, WALK_FOLLOW, &s);
    if (!r)
        r = enter_spot(&k, &s);
    walk_end(&k, &s);
    call_end(&k);
    return r;
}
