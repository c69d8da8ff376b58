/* User and group ids as the guest sees them, and its capabilities: kept in the process (and handed over on exec), never asked of the kernel.
 * A guest root may become anybody, as setresuid(2) & co say; others move between their three ids. */
#include "ops.h"

#define KEEP ((u32)-1)
#define CAP_SETGID 6
#define CAP_SETUID 7
#define PR_GET_KEEPCAPS 7

long op_getuid(struct call *k, const long *a)
{
    (void)a;
    return k->c->ids.ruid;
}

long op_geteuid(struct call *k, const long *a)
{
    (void)a;
    return k->c->ids.euid;
}

long op_getgid(struct call *k, const long *a)
{
    (void)a;
    return k->c->ids.rgid;
}

long op_getegid(struct call *k, const long *a)
{
    (void)a;
    return k->c->ids.egid;
}

static long put3(const long *a, u32 x, u32 y, u32 z)
{
    long r = guest_write((void *)a[0], &x, sizeof x);
    if (!r)
        r = guest_write((void *)a[1], &y, sizeof y);
    return r ? r : guest_write((void *)a[2], &z, sizeof z);
}

long op_getresuid(struct call *k, const long *a)
{
    const struct core_ids *i = &k->c->ids;
    return put3(a, i->ruid, i->euid, i->suid);
}

long op_getresgid(struct call *k, const long *a)
{
    const struct core_ids *i = &k->c->ids;
    return put3(a, i->rgid, i->egid, i->sgid);
}

struct triple {
    u32 *real, *effective, *saved, *fs;
    u32 cap; /* bit of the capability that may set them to anything */
};

static struct triple users(struct core_ids *i)
{
    return (struct triple){&i->ruid, &i->euid, &i->suid, &i->fsuid, 1u << CAP_SETUID};
}

static struct triple groups(struct core_ids *i)
{
    return (struct triple){&i->rgid, &i->egid, &i->sgid, &i->fsgid, 1u << CAP_SETGID};
}

static u32 permitted(const struct core_ids *i)
{
    return i->ruid && i->euid && i->suid ? i->permitted : ROOT_CAPS;
}

static u32 effective(const struct core_ids *i)
{
    return !i->euid ? ROOT_CAPS : i->ruid && i->suid ? i->effective : 0;
}

static bool may(const struct core_ids *i, const struct triple *t, u32 v)
{
    return v == KEEP || effective(i) & t->cap || v == *t->real || v == *t->effective || v == *t->saved;
}

/* The permitted ones stay only with PR_SET_KEEPCAPS, which passes through to the kernel: it remembers that for us. */
static void leave_root(struct core_ids *i)
{
    if (!i->ruid || !i->euid || !i->suid)
        return;
    i->permitted = sys1(SYS_prctl, PR_GET_KEEPCAPS) == 1 ? ROOT_CAPS : 0;
    i->effective = 0;
}

static long set_three(struct core_ids *i, struct triple t, u32 real, u32 effective, u32 saved)
{
    if (!may(i, &t, real) || !may(i, &t, effective) || !may(i, &t, saved))
        return -EPERM;
    bool was_root = !i->ruid || !i->euid || !i->suid;
    if (saved != KEEP)
        *t.saved = saved;
    if (real != KEEP)
        *t.real = real;
    if (effective != KEEP)
        *t.effective = effective;
    *t.fs = *t.effective;
    if (was_root)
        leave_root(i);
    return 0;
}

static long set_one(struct core_ids *i, struct triple t, u32 v)
{
    if (v == KEEP)
        return -EINVAL;
    return effective(i) & t.cap ? set_three(i, t, v, v, v) : set_three(i, t, KEEP, v, KEEP);
}

/* setreuid: the saved id follows when the real one is set or the effective one leaves the old real one. */
static long set_two(struct core_ids *i, struct triple t, u32 real, u32 effective)
{
    u32 old = *t.real;
    bool follow = real != KEEP || (effective != KEEP && effective != old);
    long r = set_three(i, t, real, effective, KEEP);
    if (!r && follow) {
        bool was_root = !i->ruid || !i->euid || !i->suid;
        *t.saved = *t.effective;
        if (was_root)
            leave_root(i);
    }
    return r;
}

long op_setuid(struct call *k, const long *a) { return set_one(&k->c->ids, users(&k->c->ids), (u32)a[0]); }
long op_setgid(struct call *k, const long *a) { return set_one(&k->c->ids, groups(&k->c->ids), (u32)a[0]); }
long op_setreuid(struct call *k, const long *a) { return set_two(&k->c->ids, users(&k->c->ids), (u32)a[0], (u32)a[1]); }
long op_setregid(struct call *k, const long *a) { return set_two(&k->c->ids, groups(&k->c->ids), (u32)a[0], (u32)a[1]); }
long op_setresuid(struct call *k, const long *a) { return set_three(&k->c->ids, users(&k->c->ids), (u32)a[0], (u32)a[1], (u32)a[2]); }
long op_setresgid(struct call *k, const long *a) { return set_three(&k->c->ids, groups(&k->c->ids), (u32)a[0], (u32)a[1], (u32)a[2]); }

/* They answer the former id, also when nothing changed. */
static long set_fs(struct core_ids *i, struct triple t, u32 v)
{
    u32 old = *t.fs;
    if (may(i, &t, v) && v != KEEP)
        *t.fs = v;
    return old;
}

long op_setfsuid(struct call *k, const long *a) { return set_fs(&k->c->ids, users(&k->c->ids), (u32)a[0]); }
long op_setfsgid(struct call *k, const long *a) { return set_fs(&k->c->ids, groups(&k->c->ids), (u32)a[0]); }

long op_getgroups(struct call *k, const long *a)
{
    const struct core_ids *i = &k->c->ids;
    if (!a[0])
        return i->ngroups;
    if ((int)a[0] < 0 || (u32)a[0] < i->ngroups)
        return -EINVAL;
    long r = guest_write((void *)a[1], i->groups, i->ngroups * sizeof(u32));
    return r ? r : i->ngroups;
}

long op_setgroups(struct call *k, const long *a)
{
    struct core_ids *i = &k->c->ids;
    if (!(effective(i) & 1u << CAP_SETGID))
        return -EPERM;
    if ((unsigned long)a[0] > 65536)
        return -EINVAL;
    u32 n = a[0] > 64 ? 64 : (u32)a[0]; /* more than we carry: the first ones count */
    long r = n ? guest_read(i->groups, (const void *)a[1], n * sizeof(u32)) : 0;
    if (!r)
        i->ngroups = n;
    __atomic_fetch_add(&k->c->ids_turn, 1, __ATOMIC_RELAXED);
    return r;
}

/* Header of capget and capset (capget(2)): version, pid. */
#define CAPS_V1 0x19980330
#define CAPS_V2 0x20071026
#define CAPS_V3 0x20080522

static long cap_header(long at, u32 *version)
{
    u32 head[2], v3 = CAPS_V3;
    long r = guest_read(head, (const void *)at, sizeof head);
    if (r)
        return r;
    *version = head[0];
    if (head[0] == CAPS_V1 || head[0] == CAPS_V2 || head[0] == CAPS_V3)
        return 0;
    r = guest_write((void *)at, &v3, sizeof v3);
    return r ? r : -EINVAL;
}

long op_capget(struct call *k, const long *a)
{
    const struct core_ids *i = &k->c->ids;
    u32 version;
    u32 data[6] = {effective(i), permitted(i), 0, 0, 0, 0};
    long r = cap_header(a[0], &version);
    if (r)
        return r == -EINVAL && !a[1] ? 0 : r;
    return a[1] ? guest_write((void *)a[1], data, version == CAPS_V1 ? 12 : 24) : 0;
}

/* What a guest root gives away is not remembered: it gets everything back on its next look. */
long op_capset(struct call *k, const long *a)
{
    struct core_ids *i = &k->c->ids;
    u32 version, data[3]; /* effective, permitted, inheritable */
    long r = cap_header(a[0], &version);
    if (!r)
        r = guest_read(data, (const void *)a[1], sizeof data);
    if (r || !i->ruid || !i->euid || !i->suid)
        return r;
    if (data[1] & ~i->permitted || data[0] & ~data[1])
        return -EPERM;
    i->permitted = data[1];
    i->effective = data[0];
    return 0;
}
