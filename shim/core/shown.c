/* What stat shows instead of what the host has: identity, and one inode number for a merged directory, copied up or not. The commonest results
 * are written to the guest by the kernel, and only the part that we know better is put over them. */
#include "shown.h"

/* Device of the upper tree: merged directories keep it and their number while they are copied up. */
static u64 upper_dev(struct call *k)
{
    struct stat st;
    int fd = k->c->upper_dev ? 0 : place_fd(k, PLACE_UPPER);
    if (!k->c->upper_dev && fd >= 0 && !sys2(SYS_fstat, fd, &st))
        k->c->upper_dev = st.st_dev;
    return k->c->upper_dev;
}

static u64 device_number(u32 major, u32 minor)
{
    return (minor & 0xff) | (major & 0xfff) << 8 | (u64)(minor & ~0xffu) << 12;
}

void shown_put(struct call *k, struct stat *st, const struct identity *id, const struct name *n)
{
    bool dir = n && S_ISDIR(n->low.mode) && S_ISDIR(st->st_mode);
    st->st_mode = id->mode;
    st->st_uid = id->uid;
    st->st_gid = id->gid;
    st->st_rdev = S_ISCHR(id->mode) || S_ISBLK(id->mode) ? device_number(id->major, id->minor) : 0;
    if (dir) {
        st->st_dev = upper_dev(k);
        st->st_ino = n->low.ino;
        st->st_nlink = 1;
    }
}

/* The part of struct stat that we know better than the kernel. */
struct shown {
    u64 dev, ino, nlink;
    u32 mode, uid, gid, pad;
    u64 rdev;
};
_Static_assert(offsetof(struct stat, st_mode) == offsetof(struct shown, mode) && offsetof(struct stat, st_size) == sizeof(struct shown),
    "struct stat of x86_64");

/* What the layers have: the kernel writes to the guest, and the index puts its part over that. */
long shown_low(struct call *k, const struct spot *s, long out)
{
    const char *path;
    const struct lpmx_entry *e = s->name.low.entry;
    int fd = spot_at(k, s, &path);
    long r = fd < 0 ? fd : sys4(SYS_newfstatat, fd, path, out, AT_SYMLINK_NOFOLLOW);
    if (r)
        return r;
    struct shown now = {.nlink = 1, .mode = e->mode, .uid = e->uid, .gid = e->gid};
    size_t from = offsetof(struct shown, mode);
    if (S_ISCHR(e->mode) || S_ISBLK(e->mode)) {
        now.rdev = device_number(e->a, e->b);
    } else if (S_ISDIR(e->mode)) {
        now.dev = upper_dev(k);
        now.ino = s->name.low.ino;
        from = 0;
    }
    return guest_write((char *)out + from, (char *)&now + from, sizeof now - from);
}

/* The owner alone, over what the kernel wrote; mode is filled in. */
static long own(struct call *k, long out, u32 *mode)
{
    u32 now[4]; /* mode, uid, gid, padding */
    long r = guest_read(now, (char *)out + offsetof(struct shown, mode), sizeof now);
    if (r)
        return r;
    u32 owner[2] = {now[1], now[2]};
    *mode = now[0];
    ident_owner(k->c, &owner[0], &owner[1]);
    return owner[0] == now[1] && owner[1] == now[2] ? 0 : guest_write((char *)out + offsetof(struct shown, uid), owner, sizeof owner);
}

long shown_unproved(struct call *k, const struct spot *s, bool follow, long out)
{
    const char *path;
    u32 mode = 0;
    int dir = spot_at(k, s, &path);
    long r = dir < 0 ? dir : stat_straight(k->c, dir, path, (struct stat *)out);
    if (!r)
        r = own(k, out, &mode);
    return follow && S_ISLNK(mode) ? CORE_PASS : unproved_result(s, r);
}

/* An ordinary file needs its owner shown and nothing else. */
long shown_plain_fd(struct call *k, int fd, long out)
{
    u32 mode;
    long r = fds_ours(k->c, fd) ? -EBADF : sys2(SYS_fstat, fd, out);
    if (!r)
        r = own(k, out, &mode);
    return !r && (S_ISDIR(mode) || S_ISLNK(mode) || mode & S_ISVTX) ? CORE_PASS : r;
}
