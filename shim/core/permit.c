/* See permit.h. What was once permitted to search is kept in a small table of hashes, so that usual look-ups cost one comparison; a directory that is
 * changed or moved makes the table worthless (bloom_moves is part of each hash). */
#include "permit.h"

static bool in_group(const struct core_ids *me, u32 gid)
{
    bool in = me->fsgid == gid;
    for (u32 i = 0; i < me->ngroups && !in; i++)
        in = me->groups[i] == gid;
    return in;
}

int permit_id(const struct core *c, const struct identity *id, int how)
{
    u32 caps = c->ids.effective;
    if (permit_all(c) || caps & CAP_DAC_OVERRIDE || S_ISLNK(id->mode))
        return 0;
    if (caps & CAP_DAC_READ_SEARCH && (S_ISDIR(id->mode) ? !(how & MAY_WRITE) : how == MAY_READ))
        return 0;
    u32 bits = c->ids.fsuid == id->uid ? id->mode >> 6 : in_group(&c->ids, id->gid) ? id->mode >> 3 : id->mode;
    return (bits & (u32)how) == (u32)how ? 0 : -EACCES;
}

/* 1 = *id is filled, 0 = nothing there, or -errno. */
static int identity_now(struct call *k, const struct name *n, struct identity *id)
{
    struct stat st;
    int kind = lookup(k, n, &st);
    if (kind <= 0)
        return kind;
    int r = kind == KIND_LOWER ? ident_of_low(k, &n->low, NULL, id) : ident_of_object(k, &st, id);
    return r ? r : 1;
}

static int spot_identity(struct call *k, const struct spot *s, struct identity *id)
{
    struct stat st = {.st_mode = s->mode};
    if (s->kind == KIND_LOWER)
        return ident_of_low(k, &s->name.low, NULL, id);
    if (s->mode & S_ISVTX && !S_ISLNK(s->mode)) { /* its number is needed for the record */
        const char *path;
        int fd = spot_at(k, s, &path);
        long r = fd < 0 ? fd : sys4(SYS_newfstatat, fd, path, &st, AT_SYMLINK_NOFOLLOW);
        if (r)
            return (int)r;
    }
    return ident_of_object(k, &st, id);
}

/* Which word of the table answers for a directory, and what it then holds; 0 = it is not kept. */
static u64 key_of(const struct core *c, u64 dir_hash)
{
    u64 moves = bloom_moves(c);
    u64 key = dir_hash ^ (moves + ((u64)c->ids_turn << 32)) * 0x9e3779b97f4a7c15u ^ ((u64)c->ids.fsuid << 32 | c->ids.fsgid) * 0xc2b2ae3d27d4eb4fu;
    return moves ? key | 1 : 0;
}

/* Search permission for the directories of path with lengths from … to. The path is cut and restored. */
static int search_way(struct call *k, char *path, u32 from, u32 to)
{
    int r = 0;
    for (u32 i = from; !r && i <= to; i++) {
        struct name dir;
        struct identity id;
        if (i && i < to && path[i] != '/')
            continue;
        char end = path[i];
        path[i] = 0;
        name_set(k, &dir, path, i);
        int there = identity_now(k, &dir, &id);
        path[i] = end;
        r = there == 1 && S_ISDIR(id.mode) ? permit_id(k->c, &id, MAY_SEARCH) : 0;
    }
    return r;
}

int permit_way(struct call *k, const struct spot *s)
{
    struct core *c = k->c;
    const struct name *n = &s->name;
    if (permit_all(c) || s->kind == KIND_BIND || !n->len || s->deep)
        return 0;
    u64 key = key_of(c, n->dir_hash);
    volatile u64 *kept = &c->permitted[n->dir_hash >> 20 & (PERMITTED - 1)];
    if (key && *kept == key)
        return 0;
    const char *root;
    u32 base = s->base ? s->base : root_now(c, &root);
    int r = search_way(k, n->path, 0, n->dir_len);
    if (!r && key)
        *kept = key;
    return r && base ? search_way(k, n->path, base, n->dir_len) : r;
}

int permit_spot(struct call *k, const struct spot *s, int how)
{
    struct identity id;
    if (permit_all(k->c) || s->kind == KIND_BIND || s->kind == KIND_NONE || !how)
        return 0;
    int r = spot_identity(k, s, &id);
    return r ? r : permit_id(k->c, &id, how);
}

int permit_open(struct call *k, const struct spot *s, int flags)
{
    static const u8 how[] = {MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE};
    return flags & O_PATH ? 0 : permit_spot(k, s, how[flags & 3] | (flags & O_TRUNC ? MAY_WRITE : 0));
}

static int change_name(struct call *k, const struct spot *s, bool remove)
{
    struct identity dir, id;
    struct name parent;
    if (permit_all(k->c) || s->kind == KIND_BIND || !s->name.len)
        return 0;
    parent_enter(k, &s->name, &parent);
    int there = identity_now(k, &parent, &dir);
    parent_leave(&s->name);
    if (there != 1)
        return there < 0 ? there : 0;
    int r = permit_id(k->c, &dir, MAY_WRITE | MAY_SEARCH);
    if (r || !remove || !(dir.mode & S_ISVTX) || dir.uid == k->c->ids.fsuid || s->kind == KIND_NONE || k->c->ids.effective & CAP_FOWNER)
        return r;
    r = spot_identity(k, s, &id);
    return r ? r : id.uid == k->c->ids.fsuid ? 0 : -EPERM;
}

int permit_make(struct call *k, const struct spot *s)
{
    return change_name(k, s, false);
}

int permit_remove(struct call *k, const struct spot *s)
{
    return change_name(k, s, true);
}

int permit_change(const struct core *c, const struct identity *id, const struct touch *t)
{
    if (permit_all(c))
        return 0;
    bool owner = c->ids.fsuid == id->uid || (c->ids.effective & CAP_FOWNER && !t->set_owner);
    if (t->set_owner && c->ids.effective & CAP_CHOWN)
        return 0;
    if (t->set_owner) {
        bool user = t->uid == (u32)-1 || (owner && t->uid == id->uid);
        bool group = t->gid == (u32)-1 || (owner && (t->gid == id->gid || in_group(&c->ids, t->gid)));
        return user && group ? 0 : -EPERM;
    }
    if (t->set_mode)
        return owner ? 0 : -EPERM;
    if (!t->set_times || owner)
        return 0;
    bool now = t->times[0].tv_nsec == UTIME_NOW && t->times[1].tv_nsec == UTIME_NOW;
    return !now ? -EPERM : permit_id(c, id, MAY_WRITE);
}

int permit_change_spot(struct call *k, const struct spot *s, const struct touch *t, bool truncate)
{
    struct identity id;
    if (permit_all(k->c))
        return 0;
    int r = spot_identity(k, s, &id);
    return r ? r : truncate ? permit_id(k->c, &id, MAY_WRITE) : permit_change(k->c, &id, t);
}
