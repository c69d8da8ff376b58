/* See caps.h. The rules are those of security/commoncap.c; file capabilities give nothing on exec, as with no_new_privs. */
#include "caps.h"
#include "ops.h"

#define CAPS_OF_FSUID 0x800021fu /* CAP_FS_MASK: CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, LINUX_IMMUTABLE, MKNOD */

#define SECBIT_NOROOT_ 0x1u
#define SECBIT_NO_FIXUP 0x4u
#define SECBIT_KEEP_CAPS_ 0x10u
#define SECBIT_NO_AMBIENT 0x40u
#define SECURE_BITS 0x55u
#define SECURE_LOCKS 0xaau

#define PR_GET_KEEPCAPS_ 7
#define PR_SET_KEEPCAPS_ 8
#define PR_CAPBSET_READ_ 23
#define PR_CAPBSET_DROP_ 24
#define PR_GET_SECUREBITS_ 27
#define PR_SET_SECUREBITS_ 28
#define PR_CAP_AMBIENT_ 47
#define AMBIENT_IS_SET 1
#define AMBIENT_RAISE 2
#define AMBIENT_LOWER 3
#define AMBIENT_CLEAR_ALL 4

/* What was found out for other capabilities (permit.c) does not count any more. */
static void set_effective(struct core *c, u32 effective)
{
    if (c->ids.effective != effective)
        __atomic_fetch_add(&c->ids_turn, 1, __ATOMIC_RELAXED);
    c->ids.effective = effective;
}

static bool is_root(const struct core_ids *i)
{
    return !i->ruid || !i->euid || !i->suid;
}

void caps_follow_user(struct core *c, const struct core_ids *old)
{
    struct core_ids *i = &c->ids;
    u32 effective = i->effective;
    if (i->caps.secure & SECBIT_NO_FIXUP)
        return;
    if (is_root(old) && !is_root(i)) {
        if (!(i->caps.secure & SECBIT_KEEP_CAPS_))
            i->caps.permitted = effective = 0;
        i->caps.ambient = 0;
    }
    if (!old->euid && i->euid)
        effective = 0;
    if (old->euid && !i->euid)
        effective = i->caps.permitted;
    set_effective(c, effective);
}

void caps_follow_fsuid(struct core *c, u32 old)
{
    struct core_ids *i = &c->ids;
    if (i->caps.secure & SECBIT_NO_FIXUP)
        return;
    if (!old && i->fsuid)
        set_effective(c, i->effective & ~CAPS_OF_FSUID);
    if (old && !i->fsuid)
        set_effective(c, i->effective | (i->caps.permitted & CAPS_OF_FSUID));
}

/* Of a process that has its ids from the start. */
static void start_caps(struct core_caps *caps, u32 ruid, u32 euid)
{
    *caps = (struct core_caps){.bounding = ROOT_CAPS, .permitted = ruid && euid ? 0 : ROOT_CAPS};
}

void core_start_caps(struct core_ids *i)
{
    start_caps(&i->caps, i->ruid, i->euid);
    i->effective = i->euid ? 0 : i->caps.permitted;
}

bool caps_after_exec(const struct core_ids *now, const u32 ids[8], struct core_caps *out)
{
    struct core_caps usual;
    bool other = ids[1] != now->ruid || ids[5] != now->rgid;
    bool root = !(now->caps.secure & SECBIT_NOROOT_) && (!ids[0] || !ids[1]);
    *out = now->caps;
    out->secure &= ~SECBIT_KEEP_CAPS_;
    out->ambient = other ? 0 : now->caps.ambient;
    out->permitted = out->ambient | (root ? now->caps.bounding | now->caps.inheritable : 0);
    start_caps(&usual, ids[0], ids[1]);
    return memcmp(&usual, out, sizeof usual) != 0;
}

int caps_init(struct core *c, const struct handover_text *t)
{
    u64 v[5];
    const char *s = t->at;
    core_start_caps(&c->ids);
    if (!s)
        return 0;
    for (unsigned i = 0; i < 5; i++, s += *s == ' ')
        if (!text_number(&s, &v[i]))
            return -EINVAL;
    c->ids.caps = (struct core_caps){(u32)v[0], (u32)v[1], (u32)v[2], (u32)v[3], (u32)v[4]};
    bool root = !(c->ids.caps.secure & SECBIT_NOROOT_) && !c->ids.euid;
    c->ids.effective = root ? c->ids.caps.permitted : c->ids.caps.ambient;
    return 0;
}

/* ---- capget and capset: a header with version and pid, then the sets, the lower 32 bits of each first (capget(2)). */
#define CAPS_V1 0x19980330
#define CAPS_V2 0x20071026
#define CAPS_V3 0x20080522

static long cap_header(long at, u32 head[2])
{
    u32 v3 = CAPS_V3;
    long r = guest_read(head, (const void *)at, 2 * sizeof *head);
    if (r)
        return r;
    if (head[0] == CAPS_V1 || head[0] == CAPS_V2 || head[0] == CAPS_V3)
        return (int)head[1] < 0 ? -EINVAL : 0;
    r = guest_write((void *)at, &v3, sizeof v3);
    return r ? r : -EINVAL;
}

/* Of another process: what it started with is all that is known. */
long op_capget(struct call *k, const long *a)
{
    const struct core_ids *i = &k->c->ids;
    u32 head[2], data[6] = {i->effective, i->caps.permitted, i->caps.inheritable, 0, 0, 0};
    long r = cap_header(a[0], head);
    if (r)
        return r == -EINVAL && !a[1] ? 0 : r;
    return a[1] ? guest_write((void *)a[1], data, head[0] == CAPS_V1 ? 12 : 24) : 0;
}

long op_capset(struct call *k, const long *a)
{
    struct core_ids *i = &k->c->ids;
    struct core_caps *caps = &i->caps;
    u32 head[2], data[6] = {0};
    long r = cap_header(a[0], head);
    if (!r && head[1] && head[1] != (u32)sys0(SYS_getpid) && head[1] != (u32)sys0(SYS_gettid))
        r = -EPERM;
    if (!r)
        r = guest_read(data, (const void *)a[1], head[0] == CAPS_V1 ? 12 : 24);
    if (r)
        return r;
    u32 effective = data[0], permitted = data[1], inheritable = data[2];
    bool capped = !(i->effective & CAP_SETPCAP);
    if ((capped && inheritable & ~(caps->inheritable | caps->permitted)) || inheritable & ~(caps->inheritable | caps->bounding))
        return -EPERM;
    if (permitted & ~caps->permitted || effective & ~permitted || (data[3] | data[4] | data[5]) & 0x1ff)
        return -EPERM;
    caps->permitted = permitted;
    caps->inheritable = inheritable;
    caps->ambient &= permitted & inheritable;
    set_effective(k->c, effective);
    return 0;
}

/* ---- prctl(2). The number of a capability is the kernel's to judge: it knows the last one. */

static bool known_cap(long cap)
{
    return (unsigned long)cap < 64 && sys2(SYS_prctl, PR_CAPBSET_READ_, cap) >= 0;
}

static bool has(u32 set, long cap)
{
    return cap < 32 && set >> cap & 1;
}

static long ambient(struct core_caps *caps, const long *a)
{
    if (a[1] == AMBIENT_CLEAR_ALL) {
        if (a[2] || a[3] || a[4])
            return -EINVAL;
        caps->ambient = 0;
        return 0;
    }
    if (!known_cap(a[2]) || a[3] || a[4] || a[1] < AMBIENT_IS_SET || a[1] > AMBIENT_LOWER)
        return -EINVAL;
    if (a[1] == AMBIENT_IS_SET)
        return has(caps->ambient, a[2]);
    if (a[1] == AMBIENT_RAISE && (!has(caps->permitted & caps->inheritable, a[2]) || caps->secure & SECBIT_NO_AMBIENT))
        return -EPERM;
    u32 bit = a[2] < 32 ? 1u << a[2] : 0;
    caps->ambient = a[1] == AMBIENT_RAISE ? caps->ambient | bit : caps->ambient & ~bit;
    return 0;
}

/* cap_task_prctl */
static long set_secure(struct core_ids *i, u32 wish)
{
    u32 now = i->caps.secure, locks = now & SECURE_LOCKS;
    if ((locks >> 1 & (now ^ wish)) || locks & ~wish || wish & ~(SECURE_BITS | SECURE_LOCKS) || !(i->effective & CAP_SETPCAP))
        return -EPERM;
    i->caps.secure = wish;
    return 0;
}

long op_prctl(struct call *k, const long *a)
{
    struct core_ids *i = &k->c->ids;
    struct core_caps *caps = &i->caps;
    switch (a[0]) {
    case PR_GET_KEEPCAPS_: return !!(caps->secure & SECBIT_KEEP_CAPS_);
    case PR_SET_KEEPCAPS_:
        if ((unsigned long)a[1] > 1 || caps->secure & SECBIT_KEEP_CAPS_ << 1)
            return (unsigned long)a[1] > 1 ? -EINVAL : -EPERM;
        caps->secure = (caps->secure & ~SECBIT_KEEP_CAPS_) | (a[1] ? SECBIT_KEEP_CAPS_ : 0);
        return 0;
    case PR_CAPBSET_READ_: return known_cap(a[1]) ? has(caps->bounding, a[1]) : -EINVAL;
    case PR_CAPBSET_DROP_:
        if (!(i->effective & CAP_SETPCAP) || !known_cap(a[1]))
            return !(i->effective & CAP_SETPCAP) ? -EPERM : -EINVAL;
        caps->bounding &= ~(a[1] < 32 ? 1u << a[1] : 0);
        return 0;
    case PR_GET_SECUREBITS_: return caps->secure;
    case PR_SET_SECUREBITS_: return set_secure(i, (u32)a[1]);
    case PR_CAP_AMBIENT_: return ambient(caps, a);
    default: return CORE_PASS;
    }
}
