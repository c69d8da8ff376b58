/* Messages: recvfrom, accept, sendmsg, recvmsg and their plural forms. Names of AF_UNIX sockets are paths, and SCM_CREDENTIALS
 * (unix(7)) says who the sender is: the kernel knows the real user, the guest itself. The kernel reads and writes the guest's buffers itself;
 * what is changed is a copy of the header on the way out, and the guest's own on the way in. Nothing is held while a call blocks. */
#include "caps.h"
#include "sock.h"

struct header { /* struct msghdr */
    u64 name;
    u32 name_len, pad;
    u64 vec, vec_len, control, control_len;
    u32 flags, pad2;
};
struct header_of_many { /* struct mmsghdr */
    struct header h;
    u32 len, pad;
};
struct control { /* struct cmsghdr */
    u64 len;
    u32 level, type;
};
struct credentials {
    u32 pid, uid, gid;
};

#define SOL_SOCKET_ 1
#define SCM_CREDENTIALS_ 2
#define CONTROL_MAX 256
#define MANY 64

static bool is_credentials(const struct control *m)
{
    return m->level == SOL_SOCKET_ && m->type == SCM_CREDENTIALS_ && m->len >= sizeof *m + sizeof(struct credentials);
}

/* Offset of the control message behind the one at `at`, or `end`. */
static u64 control_next(u64 at, u64 end, const struct control *m)
{
    u64 step = (m->len + 7) & ~7ul;
    return m->len < sizeof *m || step > end - at ? end : at + step;
}

/* ---- in */

long op_accept4(struct call *k, const long *a)
{
    struct address ad;
    u32 room, len = sizeof ad;
    if (!a[1])
        return CORE_PASS;
    long r = guest_read(&room, (const void *)a[2], sizeof room);
    if (r)
        return r;
    if ((int)room < 0)
        return -EINVAL;
    long fd = a[3] ? sys4(SYS_accept4, a[0], &ad, &len, a[3]) : sys3(SYS_accept, a[0], &ad, &len);
    if (fd < 0)
        return fd;
    r = address_give(k, &ad, len, a[1], a[2], room);
    if (!r)
        return fd;
    sys1(SYS_close, fd);
    return r;
}

long op_accept(struct call *k, const long *a)
{
    const long four[] = {a[0], a[1], a[2], 0};
    return op_accept4(k, four);
}

long op_recvfrom(struct call *k, const long *a)
{
    struct address ad;
    u32 room, len = sizeof ad;
    if (!a[4])
        return CORE_PASS;
    long r = guest_read(&room, (const void *)a[5], sizeof room);
    if (r)
        return r;
    if ((int)room < 0)
        return -EINVAL;
    long n = sys6(SYS_recvfrom, a[0], a[1], a[2], a[3], (long)&ad, (long)&len);
    if (n < 0)
        return n;
    r = address_give(k, &ad, len, a[4], a[5], room);
    return r ? r : n;
}

/* The name that the kernel wrote into room bytes of the guest. */
static void name_received(struct call *k, struct header *h, u32 room, void *at)
{
    struct address ad;
    u32 len = h->name_len;
    if (!h->name || len < 3 || len > room || len > sizeof ad || guest_read(&ad, (const void *)h->name, len))
        return;
    u32 now = address_to_guest(k, &ad, len);
    if (now == len)
        return;
    guest_write((void *)h->name, &ad, now < room ? now : room);
    guest_write((char *)at + offsetof(struct header, name_len), &now, sizeof now);
}

static void control_received(struct call *k, const struct header *h)
{
    struct control m;
    struct credentials who;
    for (u64 at = 0; at + sizeof m + sizeof who <= h->control_len; at = control_next(at, h->control_len, &m)) {
        char *in = (char *)h->control + at;
        if (guest_read(&m, in, sizeof m))
            return;
        if (!is_credentials(&m) || guest_read(&who, in + sizeof m, sizeof who))
            continue;
        peer_shown(k, who.pid, &who.uid, &who.gid);
        guest_write(in + sizeof m, &who, sizeof who);
    }
}

/* Header at `at` after the call: room is what msg_namelen was before. */
static void received(struct call *k, void *at, u32 room)
{
    struct header h;
    if (guest_read(&h, at, sizeof h))
        return;
    name_received(k, &h, room, at);
    if (h.control && h.control_len)
        control_received(k, &h);
}

long op_recvmsg(struct call *k, const long *a)
{
    struct header h;
    if (guest_read(&h, (const void *)a[1], sizeof h) || (!h.name && !h.control_len))
        return CORE_PASS;
    long n = sys3(SYS_recvmsg, a[0], a[1], a[2]);
    if (n >= 0)
        received(k, (void *)a[1], h.name_len);
    return n;
}

/* At most MANY at a time when there are names: the kernel overwrites the room for each with its length. */
long op_recvmmsg(struct call *k, const long *a)
{
    struct header h;
    struct header_of_many *all = (void *)a[1];
    u32 room[MANY], count = (u32)a[2];
    bool wanted = false;
    for (u32 i = 0; i < count && i < MANY; i++) {
        if (guest_read(&h, &all[i].h, sizeof h))
            return CORE_PASS;
        room[i] = h.name_len;
        wanted = wanted || h.name || h.control_len;
    }
    if (!wanted)
        return CORE_PASS;
    long n = sys5(SYS_recvmmsg, a[0], a[1], count < MANY ? count : MANY, a[3], a[4]);
    for (long i = 0; i < n; i++)
        received(k, &all[i].h, room[i]);
    return n;
}

/* ---- out */

static bool one_of(u32 id, u32 real, u32 effective, u32 saved)
{
    return id == real || id == effective || id == saved;
}

/* Credentials that the guest may claim become the real ones. 1 = there are some, 0 = none, or -errno. */
static int control_to_host(struct call *k, const struct header *h, char copy[CONTROL_MAX])
{
    const struct core_ids *i = &k->c->ids;
    struct control m;
    struct credentials who;
    bool any = false;
    for (u64 at = 0; at + sizeof m + sizeof who <= h->control_len; at = control_next(at, h->control_len, &m)) {
        if (guest_read(&m, (const char *)h->control + at, sizeof m))
            return 0;
        if (!is_credentials(&m))
            continue;
        if (h->control_len > CONTROL_MAX || (!any && guest_read(copy, (const void *)h->control, h->control_len)))
            return 0;
        any = true;
        memcpy(&who, copy + at + sizeof m, sizeof who);
        bool uid = i->effective & CAP_SETUID || one_of(who.uid, i->ruid, i->euid, i->suid);
        if (!uid || !(i->effective & CAP_SETGID || one_of(who.gid, i->rgid, i->egid, i->sgid)))
            return -EPERM;
        who.uid = k->c->real_uid;
        who.gid = k->c->real_gid;
        memcpy(copy + at + sizeof m, &who, sizeof who);
    }
    return any;
}

/* One message. CORE_PASS when nothing in it is to be changed. */
static long send_one(struct call *k, long fd, const void *at, long flags)
{
    struct header h;
    struct address ad;
    _Alignas(8) char control[CONTROL_MAX];
    if (guest_read(&h, at, sizeof h))
        return CORE_PASS;
    int named = h.name ? address_take((const void *)h.name, h.name_len, &ad) : 0;
    int claims = h.control ? control_to_host(k, &h, control) : 0;
    if (named < 0 || claims < 0)
        return named < 0 ? named : claims;
    if (!named && !claims)
        return CORE_PASS;
    if (named) {
        int len = address_to_host(k, &ad, false);
        if (len < 0)
            return len;
        h.name = (u64)&ad;
        h.name_len = (u32)len;
    }
    if (claims)
        h.control = (u64)control;
    return sys3(SYS_sendmsg, fd, &h, flags);
}

long op_sendmsg(struct call *k, const long *a)
{
    return send_one(k, a[0], (const void *)a[1], a[2]);
}

/* One by one from the first that needs it. */
long op_sendmmsg(struct call *k, const long *a)
{
    struct header_of_many *all = (void *)a[1];
    struct header h;
    bool alter = false;
    long done = 0, count = (u32)a[2] < 1024 ? (u32)a[2] : 1024;
    for (long i = 0; i < count && !alter; i++) {
        if (guest_read(&h, &all[i].h, sizeof h))
            return CORE_PASS;
        u16 family = 0;
        alter = h.control_len || (h.name && !guest_read(&family, (const void *)h.name, sizeof family) && family == AF_UNIX_);
    }
    long r = alter ? -ENOSYS : sys4(SYS_sendmmsg, a[0], a[1], a[2], a[3]);
    if (r != -ENOSYS)
        return r;
    for (; done < count; done++) { /* Linux before 3.0 has no such call, and C libraries that do not expect that send their questions about names by it */
        long n = send_one(k, a[0], &all[done].h, a[3]);
        if (n == CORE_PASS)
            n = sys3(SYS_sendmsg, a[0], &all[done].h, a[3]);
        if (n < 0)
            return done ? done : n;
        u32 len = (u32)n;
        if (guest_write(&all[done].len, &len, sizeof len))
            return -EFAULT;
    }
    return done;
}
