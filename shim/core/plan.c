/* Mapping and validating the plan and the index. After core_init has accepted them the rest of the core trusts their offsets. */
#include "bloom.h"
#include <sys/mman.h>

struct section {
    const void *at;
    u64 size;
};

static int find_section(const u8 *map, u64 size, u32 id, struct section *out)
{
    const struct lpmx_file *h = (const void *)map;
    const struct lpmx_section *s = (const void *)(h + 1);
    out->at = NULL;
    out->size = 0;
    for (u32 i = 0; i < h->nsections; i++) {
        if (s[i].offset > size || size - s[i].offset < s[i].size || s[i].offset % 8)
            return -EINVAL;
        if (s[i].id == id) {
            out->at = map + s[i].offset;
            out->size = s[i].size;
            return 0;
        }
        bool known = s[i].id >= LPMX_SEC_STRINGS && s[i].id <= LPMX_SEC_ENTRY;
        if (!known && s[i].flags & LPMX_SECTION_REQUIRED)
            return -EINVAL;
    }
    return 0;
}

static int check_header(const u8 *map, u64 size)
{
    const struct lpmx_file *h = (const void *)map;
    if (size < sizeof *h || memcmp(h->magic, LPMX_MAGIC_PLAN, 8) || h->abi != LPMX_ABI || h->size != size)
        return -EINVAL;
    return h->nsections > 64 || (size - sizeof *h) / sizeof(struct lpmx_section) < h->nsections ? -EINVAL : 0;
}

/* A list of string references, all inside the pool. */
static int take_list(const struct section *s, u64 pool, const u32 **list, u32 *count, u32 max)
{
    *list = s->at;
    *count = (u32)(s->size / sizeof(u32));
    if (s->size % sizeof(u32) || *count > max)
        return -EINVAL;
    for (u32 i = 0; i < *count; i++)
        if ((*list)[i] >= pool)
            return -EINVAL;
    return 0;
}

static int take_binds(struct core *c, const struct section *s, u64 pool)
{
    c->binds = s->at;
    c->nbinds = (u32)(s->size / sizeof *c->binds);
    if (s->size % sizeof *c->binds || c->nbinds > CORE_BINDS_MAX)
        return -EINVAL;
    for (u32 i = 0; i < c->nbinds; i++) {
        const struct lpmx_bind *b = &c->binds[i];
        if (b->guest >= pool || b->host >= pool || c->strings[b->guest] != '/' || c->strings[b->host] != '/')
            return -EINVAL;
        size_t n = strlen(c->strings + b->guest);
        if (n < 2 || n >= CORE_PATH_MAX)
            return -EINVAL;
        c->bind_lengths[n >> 6 & 3] |= 1ull << (n & 63);
    }
    return 0;
}

static int take_plan(struct core *c, const u8 *map, u64 size)
{
    struct section strings, con, layers, binds, env, changes;
    int r = check_header(map, size);
    if (r || (r = find_section(map, size, LPMX_SEC_STRINGS, &strings)) || (r = find_section(map, size, LPMX_SEC_CONTAINER, &con)) ||
        (r = find_section(map, size, LPMX_SEC_LAYERS, &layers)) || (r = find_section(map, size, LPMX_SEC_BINDS, &binds)) ||
        (r = find_section(map, size, LPMX_SEC_ENV, &env)) || (r = find_section(map, size, LPMX_SEC_CHANGES, &changes)))
        return r;
    const char *pool = strings.at;
    if (!strings.size || pool[0] || pool[strings.size - 1] || con.size != sizeof *c->con)
        return -EINVAL;
    c->strings = pool;
    c->con = con.at;
    const u32 *refs = con.at;
    for (unsigned i = 0; i < 8; i++) /* id … user: the leading string references */
        if (refs[i] >= strings.size)
            return -EINVAL;
    if (c->con->hostname >= strings.size)
        return -EINVAL;
    if ((r = take_list(&layers, strings.size, &c->layers, &c->nlayers, CORE_LAYERS_MAX)) ||
        (r = take_list(&env, strings.size, &c->env, &c->nenv, 1u << 20)) ||
        (r = take_list(&changes, strings.size, &c->changes, &c->nchanges, 1u << 20)))
        return r;
    c->host = c->con->flags & LPMX_CONTAINER_HOST;
    c->readonly = c->con->flags & LPMX_CONTAINER_READONLY;
    if (c->host && c->nlayers != 1)
        return -EINVAL;
    return take_binds(c, &binds, strings.size);
}

/* n bytes that stay as long as the process; NULL when there are no more. */
static char *pool_take(struct core *c, u64 n)
{
    if (n > sizeof c->pool - 8 - c->pool_used)
        return NULL;
    c->pool_used += (u32)(n + 7) & ~7u;
    return c->pool + sizeof c->pool - c->pool_used;
}

const char *core_keep(struct core *c, const char *text, u32 len)
{
    char *at = pool_take(c, len + 1ul);
    if (at) {
        memcpy(at, text, len);
        at[len] = 0;
    }
    return at;
}

/* A small file is read: a mapping of its own costs more, in every process. */
static bool read_small(struct core *c, long fd, long size, const u8 **out)
{
    char *at = size <= 2 * CORE_PATH_MAX ? pool_take(c, (u64)size) : NULL;
    *out = (const u8 *)at;
    return at && sys4(SYS_pread64, fd, at, size, 0) == size;
}

/* The whole of a file, read-only. */
static int map_file(struct core *c, const char *path, const u8 **map, u64 *size)
{
    struct stat st;
    long fd = sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return (int)fd;
    long r = sys2(SYS_fstat, fd, &st);
    if (!r && st.st_size <= 0)
        r = -EINVAL;
    *size = (u64)st.st_size;
    if (!r && !read_small(c, fd, st.st_size, map)) {
        r = sys6(SYS_mmap, 0, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        *map = (const u8 *)r;
    }
    sys1(SYS_close, fd);
    return r < 0 && r > -4096 ? (int)r : 0;
}

/* Keeps a copy of a hand-over field: the guest may overwrite its environment. */
static const char *keep(struct core *c, const struct handover_text *t)
{
    return t->at ? core_keep(c, t->at, t->len) : "";
}

static void take_ids(struct core *c, const struct handover_text *t)
{
    u32 *out[] = {&c->ids.ruid, &c->ids.euid, &c->ids.suid, &c->ids.fsuid, &c->ids.rgid, &c->ids.egid, &c->ids.sgid, &c->ids.fsgid};
    const char *s = t->at;
    c->ids.ngroups = 0;
    for (unsigned i = 0; s && s < t->at + t->len; i++, s += *s == ' ') {
        u64 v;
        if (!text_number(&s, &v))
            return;
        if (i < 8)
            *out[i] = (u32)v;
        else if (c->ids.ngroups < 64)
            c->ids.groups[c->ids.ngroups++] = (u32)v;
    }
}

static u32 take_number(const struct handover_text *t)
{
    const char *s = t->at;
    u64 v;
    return s && text_number(&s, &v) ? (u32)v : 0;
}

static void take_main(struct core *c, const struct handover_text *t)
{
    u64 uid, gid;
    const char *s = t->at;
    c->real_uid = (u32)sys0(SYS_getuid);
    c->real_gid = (u32)sys0(SYS_getgid);
    if (s && text_number(&s, &uid) && *s++ == ' ' && text_number(&s, &gid)) {
        c->main_known = true;
        c->main_uid = (u32)uid;
        c->main_gid = (u32)gid;
    }
}

static int take_index(struct core *c, const char **what)
{
    const char *rel = c->strings + c->con->index;
    size_t cap = c->store_len + strlen(rel) + 2;
    char *path = pool_take(c, cap);
    const u8 *map;
    u64 size;
    size_t pos = 0;
    *what = "cannot read the image's index";
    if (!path || (*rel != '/' && (!text_add(path, cap, &pos, c->store, c->store_len) || !text_add(path, cap, &pos, "/", 1))))
        return -ENAMETOOLONG;
    if (!text_add(path, cap, &pos, rel, strlen(rel)))
        return -ENAMETOOLONG;
    int r = map_file(c, path, &map, &size);
    if (!r)
        r = index_attach(&c->index, map, size);
    if (!r) {
        c->seed = c->index.head->seed;
        if (c->index.head->nlayers > c->nlayers)
            r = -EINVAL;
    }
    return r;
}

static void hash_binds(struct core *c)
{
    for (u32 i = 0; i < c->nbinds; i++) {
        const char *guest = c->strings + c->binds[i].guest;
        u64 hash = hash_end(hash_more(hash_start(c->seed), guest, strlen(guest)));
        c->bind_hashes[hash >> 6 & 7] |= 1ull << (hash & 63);
    }
}

/* Everything is the process's own, its umask as well: the bits that a container's programs do not hand to the kernel come back. */
static int take_native(struct core *c, const struct handover_text *mask)
{
    const char *bits = mask->at;
    u64 owner = 0;
    c->ids.ruid = c->ids.euid = c->ids.suid = c->ids.fsuid = (u32)sys0(SYS_getuid);
    c->ids.rgid = c->ids.egid = c->ids.sgid = c->ids.fsgid = (u32)sys0(SYS_getgid);
    if (bits && text_number(&bits, &owner))
        sys1(SYS_umask, sys1(SYS_umask, 077) | (long)(owner & 0700));
    return 0;
}

int cwd_init(struct core *c, const struct handover_text *t);
int caps_init(struct core *c, const struct handover_text *t);
int root_init(struct core *c, const struct handover_text *t);
void fork_init(struct core *c);

int core_init(struct core *c, const struct handover *h, const char *start_path, const char **what)
{
    const u8 *map;
    u64 size;
    struct handover_text start = {start_path, (u32)strlen(start_path)};
    c->pool_used = 0; /* written before anything near it is read, which would cost a fault of its own */
    *what = "the container's hand-over is damaged";
    c->native = HANDOVER(h, 'n').at;
    c->preload = HANDOVER(h, 'q').len == sizeof LPMX_ENGINE_PRELOAD - 1;
    if (!HANDOVER(h, 's').at || !(HANDOVER(h, 'p').at || c->native) || !(c->store = keep(c, &HANDOVER(h, 's'))) ||
        !(c->plan = keep(c, &HANDOVER(h, 'p'))) || !(c->start = keep(c, &start)) || !(c->launcher = keep(c, &HANDOVER(h, 'r'))) ||
        !(c->exe = keep(c, &HANDOVER(h, 'x'))) || !(c->entry = keep(c, &HANDOVER(h, 'v'))) || !(c->broker = keep(c, &HANDOVER(h, 'y'))))
        return -EINVAL;
    c->store_len = (u32)strlen(c->store);
    fork_init(c);
    fds_keep(c, take_number(&HANDOVER(h, 'z')));
    if (c->native)
        return take_native(c, &HANDOVER(h, 'k'));
    *what = "cannot read the container's plan";
    int r = map_file(c, c->plan, &map, &size);
    if (!r)
        r = take_plan(c, map, size);
    if (!r && !c->host)
        r = take_index(c, what);
    if (r)
        return r;
    c->handed_changes = take_number(&HANDOVER(h, 'u'));
    place_take(c, &HANDOVER(h, 'w'), c->handed_changes == c->con->changes);
    hash_binds(c);
    take_ids(c, &HANDOVER(h, 'i'));
    c->umask_owner = take_number(&HANDOVER(h, 'k')) & 0700;
    take_main(c, &HANDOVER(h, 'm'));
    if (HANDOVER(h, 'b').at || HANDOVER(h, 'f').at)
        bloom_map(c, HANDOVER(h, 'b').at);
    *what = "the container's hand-over is damaged";
    if ((r = caps_init(c, &HANDOVER(h, 'l'))))
        return r;
    r = root_init(c, &HANDOVER(h, 'o'));
    return r ? r : cwd_init(c, &HANDOVER(h, 'c'));
}

const struct lpmx_container *core_container(const struct core *c)
{
    return c->con;
}

const char *core_change(const struct core *c, u32 at)
{
    u64 number;
    if (at >= c->nchanges)
        return NULL;
    const char *text = c->strings + c->changes[at];
    return text_number(&text, &number) && *text == ' ' && number > c->handed_changes ? text + 1 : "";
}

const char *core_string(const struct core *c, u32 ref)
{
    return c->strings + ref;
}

struct core_ids *core_identity(struct core *c)
{
    return &c->ids;
}
