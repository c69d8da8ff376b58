/* User and group ids as the guest sees them: kept in the process (and handed over on exec), never asked of the kernel.
 * Who has CAP_SETUID may become anybody, as setresuid(2) & co say; others move between their three ids. What that does to capabilities: caps.c. */
#include "caps.h"
#include "ops.h"

#define KEEP ((u32)-1)

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
    u32 cap; /* the capability that may set them to anything */
};

static struct triple users(struct core_ids *i)
{
    return (struct triple){&i->ruid, &i->euid, &i->suid, &i->fsuid, CAP_SETUID};
}

static struct triple groups(struct core_ids *i)
{
    return (struct triple){&i->rgid, &i->egid, &i->sgid, &i->fsgid, CAP_SETGID};
}

static bool may(const struct core_ids *i, const struct triple *t, u32 v)
{
    return v == KEEP || i->effective & t->cap || v == *t->real || v == *t->effective || v == *t->saved;
}

static long set_three(struct call *k, struct triple t, u32 real, u32 effective, u32 saved)
{
    struct core_ids *i = &k->c->ids, old = *i;
    if (!may(i, &t, real) || !may(i, &t, effective) || !may(i, &t, saved))
        return -EPERM;
    if (saved != KEEP)
        *t.saved = saved;
    if (real != KEEP)
        *t.real = real;
    if (effective != KEEP)
        *t.effective = effective;
    *t.fs = *t.effective;
    if (t.cap == CAP_SETUID)
        caps_follow_user(k->c, &old);
    if (old.euid != i->euid || old.egid != i->egid)
        engine_show_user(i->euid, i->egid);
    return 0;
}

static long set_one(struct call *k, struct triple t, u32 v)
{
    if (v == KEEP)
        return -EINVAL;
    return k->c->ids.effective & t.cap ? set_three(k, t, v, v, v) : set_three(k, t, KEEP, v, KEEP);
}

/* setreuid: the saved id follows when the real one is set or the effective one leaves the old real one. */
static long set_two(struct call *k, struct triple t, u32 real, u32 effective)
{
    bool real_may = real == KEEP || k->c->ids.effective & t.cap || real == *t.real || real == *t.effective; /* the saved one is not enough */
    bool follow = real != KEEP || (effective != KEEP && effective != *t.real);
    return real_may ? set_three(k, t, real, effective, !follow ? KEEP : effective != KEEP ? effective : *t.effective) : -EPERM;
}

long op_setuid(struct call *k, const long *a) { return set_one(k, users(&k->c->ids), (u32)a[0]); }
long op_setgid(struct call *k, const long *a) { return set_one(k, groups(&k->c->ids), (u32)a[0]); }
long op_setreuid(struct call *k, const long *a) { return set_two(k, users(&k->c->ids), (u32)a[0], (u32)a[1]); }
long op_setregid(struct call *k, const long *a) { return set_two(k, groups(&k->c->ids), (u32)a[0], (u32)a[1]); }
long op_setresuid(struct call *k, const long *a) { return set_three(k, users(&k->c->ids), (u32)a[0], (u32)a[1], (u32)a[2]); }
long op_setresgid(struct call *k, const long *a) { return set_three(k, groups(&k->c->ids), (u32)a[0], (u32)a[1], (u32)a[2]); }

/* They answer the former id, also when nothing changed. */
static long set_fs(struct call *k, struct triple t, u32 v)
{
    struct core_ids *i = &k->c->ids, old = *i;
    u32 was = *t.fs;
    if (v == KEEP || (v != was && !may(i, &t, v)))
        return was;
    *t.fs = v;
    if (t.cap == CAP_SETUID)
        caps_follow_fsuid(k->c, old.fsuid);
    return was;
}

long op_setfsuid(struct call *k, const long *a) { return set_fs(k, users(&k->c->ids), (u32)a[0]); }
long op_setfsgid(struct call *k, const long *a) { return set_fs(k, groups(&k->c->ids), (u32)a[0]); }

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
    if (!(i->effective & CAP_SETGID))
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
