/* AF_UNIX sockets with path names, and inotify: host paths in other clothes. sun_path holds 108 bytes; a longer host path goes through
 * /proc/self/fd. */
#include "permit.h"
#include "sock.h"

int address_take(const void *at, long len, struct address *out)
{
    if (len < 3 || len > 2 + SUN_PATH)
        return 0;
    memset(out, 0, sizeof *out);
    long r = guest_read(out, at, (size_t)len);
    return r ? (int)r : out->family == AF_UNIX_ && out->path[0];
}

static size_t proc_fd_path(char *out, size_t cap, int fd)
{
    size_t pos = 0;
    text_add(out, cap, &pos, "/proc/self/fd/", 14);
    return pos + text_decimal(out + pos, (u64)fd);
}

/* By the directory that the name is in, which is closed at the end of the call: what is kept of it is the bare name. */
static int path_in_folder(struct call *k, const struct spot *s, char out[SUN_PATH])
{
    const char *rel;
    int fd = spot_at(k, s, &rel);
    u32 dir_len = s->name.dir_len;
    if (fd < 0)
        return fd == AT_FDCWD ? -ENAMETOOLONG : fd;
    s->name.path[dir_len] = 0;
    long up = sys4(SYS_openat, fd, dir_len > s->bind_skip ? rel : ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    s->name.path[dir_len] = '/';
    if (up < 0)
        return (int)up;
    call_keep(k, (int)up);
    size_t pos = proc_fd_path(out, SUN_PATH, (int)up);
    const char *name = s->name.path + dir_len + 1;
    return text_add(out, SUN_PATH, &pos, "/", 1) && text_add(out, SUN_PATH, &pos, name, strlen(name)) ? (int)pos : -ENAMETOOLONG;
}

/* The spot as a text of at most 107 bytes. */
static int short_path(struct call *k, const struct spot *s, char out[SUN_PATH])
{
    const char *rel;
    int n = spot_path(k, s, out, SUN_PATH);
    if (n >= 0)
        return n;
    int fd = spot_at(k, s, &rel);
    if (fd < 0)
        return fd == AT_FDCWD ? -ENAMETOOLONG : fd;
    size_t pos = proc_fd_path(out, SUN_PATH, fd);
    if (fd >= LPMX_FD_MIN && text_add(out, SUN_PATH, &pos, "/", 1) && text_add(out, SUN_PATH, &pos, rel, strlen(rel)))
        return (int)pos;
    return path_in_folder(k, s, out);
}

static bool bare(const char *path)
{
    while (*path && *path != '/')
        path++;
    return !*path;
}

int address_to_host(struct call *k, struct address *ad, bool bind)
{
    struct spot s;
    char path[SUN_PATH];
    int r = walk_text(k, ad->path, bind ? 0 : WALK_FOLLOW, &s);
    if (!r)
        r = permit_way(k, &s);
    if (!r && !bind)
        r = permit_spot(k, &s, MAY_WRITE);
    if (!r && bind) {
        struct stat st;
        const char *at;
        int fd = spot_at(k, &s, &at);
        bool there = s.kind == KIND_BIND ? !sys4(SYS_newfstatat, fd, at, &st, AT_SYMLINK_NOFOLLOW) : s.kind != KIND_NONE;
        r = there ? -EADDRINUSE : spot_writable(k, &s);
        if (!r)
            r = permit_make(k, &s);
        if (!r && s.kind == KIND_NONE) {
            r = bloom_touch(k->c, &s.name);
            if (!r)
                r = bring_up_parent(k, &s.name);
        }
    } else if (!r && s.kind == KIND_NONE) {
        r = -ENOENT;
    } else if (!r && s.kind == KIND_LOWER) {
        r = -ECONNREFUSED; /* nobody listens on a socket of an image */
    }
    if (!r)
        r = bind && bare(ad->path) && s.name.len > s.bind_skip ? path_in_folder(k, &s, path) : short_path(k, &s, path);
    walk_end(k, &s);
    if (r < 0)
        return r;
    memcpy(ad->path, path, (size_t)r + 1);
    return 2 + r + 1;
}

/* The kernel has made the socket for the one real user, and without the part of the umask that it does not have (op_umask): whose it is in the
 * guest, and what its owner may do, is noted where that is something else. */
static void note_owner(struct call *k, const char *path)
{
    struct spot s;
    struct stat st;
    const char *at;
    const struct core_ids *i = &k->c->ids;
    bool owned = i->fsuid == k->c->con->owner_uid && i->fsgid == k->c->con->owner_gid;
    if (owned && !k->c->umask_owner)
        return;
    int r = walk_text(k, path, 0, &s);
    int fd = !r && (s.kind == KIND_OBJECT || s.kind == KIND_BIND) ? spot_at(k, &s, &at) : -ENOENT;
    if (fd >= 0 && !sys4(SYS_newfstatat, fd, at, &st, AT_SYMLINK_NOFOLLOW)) {
        struct identity id = {.mode = st.st_mode & ~k->c->umask_owner, .uid = i->fsuid, .gid = i->fsgid};
        int bits = s.kind == KIND_BIND ? (int)(id.mode & 07777) : ident_bits(k, &id, st.st_ino);
        if (bits >= 0)
            sys3(SYS_fchmodat, fd, at, bits);
    }
    walk_end(k, &s);
}

long op_bind(struct call *k, const long *a)
{
    struct address ad, asked;
    int r = address_take((const void *)a[1], (int)a[2], &ad);
    if (r <= 0)
        return r ? r : CORE_PASS;
    memcpy(&asked, &ad, sizeof asked);
    r = address_to_host(k, &ad, true);
    r = r < 0 ? r : (int)sys3(SYS_bind, a[0], &ad, r);
    if (!r)
        note_owner(k, asked.path);
    return r;
}

long op_connect(struct call *k, const long *a)
{
    struct address ad;
    int r = address_take((const void *)a[1], (int)a[2], &ad);
    if (r <= 0)
        return r ? r : CORE_PASS;
    r = address_to_host(k, &ad, false);
    return r < 0 ? r : sys3(SYS_connect, a[0], &ad, r);
}

long op_sendto(struct call *k, const long *a)
{
    struct address ad;
    int r = address_take((const void *)a[4], (int)a[5], &ad);
    if (r <= 0)
        return r ? r : CORE_PASS;
    r = address_to_host(k, &ad, false);
    return r < 0 ? r : sys6(SYS_sendto, a[0], a[1], a[2], a[3], (long)&ad, r);
}

/* "/proc/self/fd/N/…": a bare name in a folder (path_in_folder), or by a place: the upper or, in the process that bound it, a bind. */
static int guest_of_fd_path(const struct core *c, const char *path, char *out, size_t cap)
{
    const char *s = path + 14;
    size_t pos = 0;
    u64 fd;
    if (!text_number(&s, &fd) || *s != '/')
        return -ENOENT;
    if (fd < LPMX_FD_MIN)
        s++;
    for (u32 i = 0; i < c->nbinds; i++)
        if ((u64)c->place_fd[PLACE_BIND + i] == fd + 1)
            text_add(out, cap, &pos, bind_guest(c, (int)i), strlen(bind_guest(c, (int)i)));
    return text_add(out, cap, &pos, s, strlen(s)) ? (int)pos : -ENAMETOOLONG;
}

u32 address_to_guest(struct call *k, struct address *ad, u32 len)
{
    char guest[2 * SUN_PATH];
    int n = -ENOENT;
    if (ad->family != AF_UNIX_ || len < 3 || !ad->path[0])
        return len;
    ad->path[len - 2 < SUN_PATH ? len - 2 : SUN_PATH] = 0;
    if (str_starts(ad->path, "/proc/self/fd/"))
        n = guest_of_fd_path(k->c, ad->path, guest, sizeof guest);
    else if (ad->path[0] == '/')
        n = reverse_path(k->c, ad->path, (u32)strlen(ad->path), guest, sizeof guest);
    u32 shown = (u32)n;
    if (n > 0 && root_shown(k->c, guest, &shown))
        n = (int)shown;
    if (n <= 0 || n >= SUN_PATH)
        return len;
    memcpy(ad->path, guest, (size_t)n);
    ad->path[n] = 0;
    return 2 + (u32)n + 1;
}

long address_give(struct call *k, struct address *ad, u32 len, long at, long len_at, u32 room)
{
    len = address_to_guest(k, ad, len);
    long r = guest_write((void *)at, ad, room < len ? room : len);
    return r ? r : guest_write((void *)len_at, &len, sizeof len);
}

static long address_out(struct call *k, const long *a, long nr)
{
    struct address ad;
    u32 room, len = sizeof ad - 1;
    long r = guest_read(&room, (const void *)a[2], sizeof room);
    if (r)
        return r;
    r = sys3(nr, a[0], &ad, &len);
    return r ? r : address_give(k, &ad, len, a[1], a[2], room);
}

long op_getsockname(struct call *k, const long *a)
{
    return address_out(k, a, SYS_getsockname);
}

long op_getpeername(struct call *k, const long *a)
{
    return address_out(k, a, SYS_getpeername);
}

/* SO_PEERCRED: who is at the other end. The kernel knows only the real user, whom all processes of the container share; servers let in their own
 * user (ssh-agent, gpg-agent) or ask which it is (PostgreSQL). */
long op_getsockopt(struct call *k, const long *a)
{
    struct {
        u32 pid, uid, gid;
    } peer;
    u32 room, len = sizeof peer;
    if (a[1] != 1 /* SOL_SOCKET */ || a[2] != 17 /* SO_PEERCRED */)
        return CORE_PASS;
    long r = guest_read(&room, (const void *)a[4], sizeof room);
    if (!r)
        r = sys5(SYS_getsockopt, a[0], a[1], a[2], &peer, &len);
    if (r)
        return r;
    peer_shown(k, peer.pid, &peer.uid, &peer.gid);
    len = room < len ? room : len;
    r = guest_write((void *)a[3], &peer, len);
    return r ? r : guest_write((void *)a[4], &len, sizeof len);
}

#define WATCHED_MAX (16l << 20)
#define READ_EVENTS 0x31u /* IN_ACCESS, IN_CLOSE_NOWRITE, IN_OPEN */

/* Changes will be made in the upper: that is where to watch. What is large is not copied for it, nor what is watched for reading only. */
static int watch_upper(struct call *k, struct spot *s, u32 mask)
{
    struct touch t = {.length = -1};
    const char *path;
    struct stat st;
    if (s->kind != KIND_LOWER || k->c->readonly)
        return 0;
    int r, fd = spot_at(k, s, &path);
    if (S_ISDIR(s->name.low.mode)) {
        r = bring_up(k, &s->name);
    } else {
        bool wanted = S_ISREG(s->name.low.mode) && mask & 0xfff & ~READ_EVENTS;
        if (!wanted || sys4(SYS_newfstatat, fd, path, &st, AT_SYMLINK_NOFOLLOW) || st.st_size > WATCHED_MAX)
            return 0;
        r = first_touch(k, &s->name, &t);
        r = r == -EAGAIN ? 0 : r; /* another did it, or removed it: the watch will tell */
    }
    s->kind = KIND_OBJECT;
    return r;
}

long op_inotify_add_watch(struct call *k, const long *a)
{
    struct spot s;
    const char *rel;
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    bool nofollow = a[2] & 0x02000000; /* IN_DONT_FOLLOW */
    long r = walk(k, AT_FDCWD, (const char *)a[1], nofollow ? 0 : WALK_FOLLOW, &s);
    if (!r && s.kind == KIND_NONE)
        r = -ENOENT;
    if (!r)
        r = permit_spot(k, &s, MAY_READ);
    if (!r)
        r = watch_upper(k, &s, (u32)a[2]);
    int fd = r ? (int)r : spot_at(k, &s, &rel);
    if (!r && fd < 0 && fd != AT_FDCWD)
        r = fd;
    if (!r) {
        size_t pos = 0;
        if (fd != AT_FDCWD) {
            pos = proc_fd_path(slot->bytes, SLOT_SIZE, fd);
            text_add(slot->bytes, SLOT_SIZE, &pos, "/", 1);
        }
        r = text_add(slot->bytes, SLOT_SIZE, &pos, rel, strlen(rel)) ? 0 : -ENAMETOOLONG;
    }
    walk_end(k, &s);
    if (!r)
        r = sys3(SYS_inotify_add_watch, a[0], slot->bytes, a[2]);
    slot_put(k->c, slot);
    return r;
}
