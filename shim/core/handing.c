/* Writing the hand-over (contract.h) for a program that is about to be executed. */
#include "caps.h"
#include "exec.h"

static int put_number(char *out, size_t cap, size_t *pos, u32 v)
{
    char text[24];
    unsigned n = text_decimal(text, v);
    text[n++] = ' ';
    return text_add(out, cap, pos, text, n) ? 0 : -E2BIG;
}

static APART int put_pair(char *out, size_t cap, size_t *pos, char letter, u32 a, u32 b)
{
    char text[48];
    size_t n = 0;
    put_number(text, sizeof text, &n, a);
    put_number(text, sizeof text, &n, b);
    return handover_put(out, cap, pos, letter, text, n);
}

void plan_ids(const struct plan *p, u32 ids[8])
{
    if (p->set_id & S_ISUID)
        ids[1] = p->uid;
    if (p->set_id & S_ISGID)
        ids[5] = p->gid;
    ids[2] = ids[3] = ids[1];
    ids[6] = ids[7] = ids[5];
}

/* The lists are written in the free part, then moved to where their field is: this may run in a vfork child that has 5 KB of stack. */
static APART int put_ids(struct core *c, const struct plan *p, char *out, size_t cap, size_t *pos)
{
    u32 ids[8];
    size_t n = 0;
    memcpy(ids, &c->ids, sizeof ids);
    plan_ids(p, ids);
    if (cap - *pos < 16 + 72 * 12)
        return -E2BIG;
    char *text = out + *pos + 16;
    for (u32 j = 0; j < 8 + c->ids.ngroups; j++)
        if (put_number(text, 72 * 12, &n, j < 8 ? ids[j] : c->ids.groups[j - 8]))
            return -E2BIG;
    int r = handover_put(out, cap, pos, 'i', text, n - 1);
    if (r || cap - *pos < 128)
        return r ? r : -E2BIG;
    struct core_caps caps;
    text = out + *pos + 16;
    n = 0;
    if (caps_after_exec(&c->ids, ids, &caps)) {
        const u32 set[] = {caps.permitted, caps.inheritable, caps.bounding, caps.ambient, caps.secure};
        for (unsigned j = 0; j < 5; j++)
            put_number(text, 64, &n, set[j]);
        if ((r = handover_put(out, cap, pos, 'l', text, n - 1)))
            return r;
    }
    if (cap - *pos < 64)
        return -E2BIG;
    text = out + *pos + 16;
    n = 0;
    put_number(text, 48, &n, c->main_known ? c->main_uid : c->ids.ruid);
    put_number(text, 48, &n, c->main_known ? c->main_gid : c->ids.rgid);
    return handover_put(out, cap, pos, 'm', text, n - 1);
}

static APART int put_broker(const struct core *c, char *out, size_t cap, size_t *pos)
{
    char text[24];
    int r = handover_put(out, cap, pos, 'y', c->broker, strlen(c->broker));
    return r || !c->broker_fd ? r : handover_put(out, cap, pos, 'z', text, text_decimal(text, (u64)c->broker_fd - 1));
}

int write_handover(struct call *k, const struct plan *p, char *out, size_t cap)
{
    struct core *c = k->c;
    size_t pos = 0;
    char *cwd;
    if (!text_add(out, cap, &pos, LPMX_HANDOVER "=", sizeof LPMX_HANDOVER))
        return -E2BIG;
    int r = handover_put(out, cap, &pos, 'a', "1", 1);
    if (!r)
        r = handover_put(out, cap, &pos, 's', c->store, c->store_len);
    if (!r)
        r = c->native ? handover_put(out, cap, &pos, 'n', "1", 1) : handover_put(out, cap, &pos, 'p', c->plan, strlen(c->plan));
    if (!r && *c->entry)
        r = handover_put(out, cap, &pos, 'v', c->entry, strlen(c->entry));
    if (!r && c->preload)
        r = handover_put(out, cap, &pos, 'q', LPMX_ENGINE_PRELOAD, sizeof LPMX_ENGINE_PRELOAD - 1);
    if (!r && *c->broker)
        r = put_broker(c, out, cap, &pos);
    if (!r && !c->native && c->con->changes) {
        char text[24];
        r = handover_put(out, cap, &pos, 'u', text, text_decimal(text, c->con->changes));
    }
    if (!r && c->bloom)
        r = handover_put(out, cap, &pos, 'b', c->bloom_head->leased ? "2" : "1", 1);
    if (!r)
        r = handover_put(out, cap, &pos, 'r', c->launcher, strlen(c->launcher));
    if (!r)
        r = handover_put(out, cap, &pos, 'x', p->guest, strlen(p->guest));
    if (!r)
        r = handover_put(out, cap, &pos, 'e', p->script, strlen(p->script));
    if (!r && p->fd_handed >= 0) {
        char text[24];
        unsigned n = text_decimal(text, (u64)p->fd_handed);
        r = handover_put(out, cap, &pos, 'd', text, n);
    } else if (!r) {
        r = handover_put(out, cap, &pos, 'h', p->host, strlen(p->host));
        if (!r && p->dir >= 0 && !p->raw && !sys3(SYS_fcntl, p->dir, F_SETFD, 0))
            r = put_pair(out, cap, &pos, 'g', (u32)p->dir, (u32)p->skip);
    }
    if (!r && c->umask_owner) {
        char text[24];
        r = handover_put(out, cap, &pos, 'k', text, text_decimal(text, c->umask_owner));
    }
    if (c->native)
        return r;
    const char *root;
    u32 root_len = root_now(c, &root);
    if (!r && root_len)
        r = handover_put(out, cap, &pos, 'o', root, root_len);
    if (!r)
        r = put_ids(c, p, out, cap, &pos);
    if (!r && !p->raw && cap - pos > 1024 + 16)
        r = handover_put(out, cap, &pos, 'w', out + pos + 16, (size_t)place_hand(c, out + pos + 16, 1024));
    if (r || cap - pos < CORE_PATH_MAX + 16)
        return r ? r : -E2BIG;
    cwd = out + pos + 16; /* in the free part, then moved to where its field is written */
    int n = cwd_get(k, cwd, CORE_PATH_MAX);
    if (n == -ENAMETOOLONG || n == -ENOENT) { /* the kernel's cwd is inherited; it may have been removed */
        cwd[0] = '.';
        n = 1;
    }
    return n < 0 ? n : handover_put(out, cap, &pos, 'c', cwd, (size_t)n);
}
