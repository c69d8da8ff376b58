/* Walking a guest path: component by component in the guest's view, so that links restart at the guest's root, ".." above the root stays
 * and no link leads to the host (architecture.md section 4).
 *
 * The buffer of the spot holds the canonical part at its left and what is still to be walked at its right end. Components that the index
 * knows as directories, and those it does not know at all, are not asked for one by one: the look-up of the last one proves the path or
 * answers ENOTDIR, and then the walk is repeated with care. */
#include "permit.h"
#include "quick.h"

#define WALK_CAREFUL 0x100

/* What is at the canonical name now, followed if it is a link that must be. 1 = substituted, 0 = settled, or -errno. */
static int settle_known(struct walker *w, bool last, u32 dir_len, bool untouched)
{
    struct spot *s = w->s;
    struct stat here, *st = w->k->seen ? w->k->seen : &here;
    int kind = lookup_known(w->k, &s->name, untouched, st);
    if (kind < 0)
        return kind;
    s->kind = (enum kind)kind;
    s->mode = kind == KIND_OBJECT ? st->st_mode : 0;
    w->k->saw = last && w->k->seen && kind == KIND_OBJECT;
    u32 mode = kind == KIND_OBJECT ? st->st_mode : kind == KIND_LOWER ? s->name.low.mode : 0;
    bool slash = last && s->must_dir;
    bool follow = !last || (slash ? !(w->flags & WALK_NAME) : w->flags & WALK_FOLLOW);
    if (S_ISLNK(mode) && follow) {
        if (kind == KIND_OBJECT)
            return substitute_disk(w, place_fd(w->k, PLACE_UPPER), name_rel(&s->name), true, dir_len);
        const struct lpmx_entry *e = s->name.low.entry;
        if (!e)
            return substitute_disk(w, place_fd(w->k, PLACE_LAYER), name_rel(&s->name), false, dir_len);
        u32 len = e->b;
        const char *text = index_bytes(&w->k->c->index, e->a, &len);
        return substitute(w, text, len, dir_len);
    }
    if (last)
        return 0;
    return !mode ? -ENOENT : S_ISDIR(mode) ? 0 : -ENOTDIR;
}

static int settle(struct walker *w, bool last, u32 dir_len)
{
    const struct name *n = &w->s->name;
    return settle_known(w, last, dir_len, n->len && bloom_untouched(w->k->c, n));
}

/* A name that no directory can hold; but whether there is a directory comes first. */
static int too_long(struct walker *w)
{
    struct spot *s = w->s;
    enum kind kind;
    s->buf[s->name.len] = 0;
    name_set(w->k, &s->name, s->buf, s->name.len);
    int mode = lookup_mode(w->k, &s->name, &kind);
    return mode < 0 ? mode : !mode ? -ENOENT : S_ISDIR(mode) ? -ENAMETOOLONG : -ENOTDIR;
}

/* Takes the next component into the canonical part. 0 = go on, or -errno. */
static int step(struct walker *w, const char *comp, u32 len, bool last)
{
    struct spot *s = w->s;
    struct core *c = w->k->c;
    u32 dir_len = s->name.len;
    if (len > NAME_LEN_MAX)
        return w->unproved ? too_long(w) : -ENAMETOOLONG;
    s->buf[dir_len] = '/';
    memmove(s->buf + dir_len + 1, comp, len);
    s->name.len = dir_len + 1 + len;
    s->buf[s->name.len] = 0;
    int mount = bind_at(c, s->buf, s->name.len);
    if (mount >= 0) {
        if (w->flags & WALK_NO_XDEV)
            return -EXDEV;
        s->bind = mount;
        s->bind_skip = s->name.len;
        w->unproved = false;
        return 0;
    }
    int r;
    if (s->bind >= 0) {
        r = walker_step_bind(w, last, dir_len);
        return r < 0 ? r : 0;
    }
    name_set(w->k, &s->name, s->buf, s->name.len);
    bool quick = !(w->flags & WALK_CAREFUL) && (!s->name.low.mode || S_ISDIR(s->name.low.mode));
    if (!last && quick) {
        w->unproved = true;
        return 0;
    }
    r = settle(w, last, dir_len);
    return r < 0 ? r : 0;
}

/* Below a bind, where "/", "." or ".." want a directory. */
static int dir_of_host(struct walker *w)
{
    struct spot *s = w->s;
    bool file = w->k->c->binds[s->bind].flags & LPMX_BIND_FILE;
    s->kind = KIND_BIND;
    s->name.path = s->buf;
    int mode = file || s->name.len > s->bind_skip ? spot_host_mode(w->k, s) : S_IFDIR;
    return mode < 0 ? mode : S_ISDIR(mode) ? 0 : -ENOTDIR;
}

/* ".." : the place above, which the canonical part knows once it is proved to be a directory. */
static int step_up(struct walker *w)
{
    struct spot *s = w->s;
    if (w->unproved && s->name.len && s->bind < 0) {
        u32 dir_len = s->name.len;
        while (dir_len && s->buf[--dir_len] != '/')
            ;
        s->buf[--w->rest] = '.'; /* ".." comes again after what is put before it */
        s->buf[--w->rest] = '.';
        name_set(w->k, &s->name, s->buf, s->name.len);
        int r = settle(w, false, dir_len);
        if (r >= 0)
            w->unproved = false;
        return r < 0 ? r : 0;
    }
    int r = s->bind >= 0 ? dir_of_host(w) : 0;
    u32 len = s->name.len;
    w->root_known = true;
    if (walker_at_root(w))
        return r ? r : w->flags & WALK_BENEATH ? -EXDEV : 0;
    if (w->flags & WALK_NO_XDEV && s->bind >= 0 && len == s->bind_skip)
        return -EXDEV;
    while (len && s->buf[--len] != '/')
        ;
    if (!r)
        walker_rewind(w, len);
    return r;
}

/* Walks what is left; the result is in the spot. */
static int walk_rest(struct walker *w)
{
    struct spot *s = w->s;
    bool asked = false, untouched;
    for (;;) {
        if (s->bind < 0 && !(w->flags & WALK_CAREFUL) && walk_quick(w, &untouched)) {
            int r = settle_known(w, true, s->name.dir_len, untouched);
            if (r < 0)
                return r;
            asked = !r;
            if (asked)
                break;
            continue;
        }
        if (s->bind >= 0 && !(w->flags & WALK_RESOLVE) && walk_straight(w))
            break;
        while (s->buf[w->rest] == '/')
            w->rest++;
        if (!s->buf[w->rest])
            break;
        u32 start = w->rest, end = start;
        while (s->buf[end] && s->buf[end] != '/')
            end++;
        u32 next = end;
        while (s->buf[next] == '/')
            next++;
        bool last = !s->buf[next];
        s->must_dir = last && s->buf[end] == '/';
        u32 len = end - start;
        w->rest = end;
        asked = false;
        s->dots = 0;
        if (len <= 2 && s->buf[start] == '.' && (len == 1 || s->buf[start + 1] == '.')) {
            s->must_dir = s->must_dir || last;
            s->dots = last ? (u8)len : 0;
            int r = len == 1 ? 0 : step_up(w);
            if (r)
                return r;
            continue;
        }
        if (start - s->name.len < 16) {
            w->rest = start;
            int r = walker_grow(w);
            if (r)
                return r;
            start = w->rest;
            w->rest += len;
        }
        int r = step(w, s->buf + start, len, last);
        if (r)
            return r;
        asked = last && !s->buf[w->rest];
    }
    if (s->bind >= 0) {
        name_below_bind(&s->name, s->buf, s->name.len);
        s->kind = KIND_BIND;
        s->mode = 0;
        int r = s->must_dir && (s->dots || !(w->flags & WALK_NAME)) ? dir_of_host(w) : 0;
        return r == -ENOENT && !s->dots ? 0 : r;
    }
    /* The walk may have ended without a look at the last name: at the root, after "..", or "." */
    if (!asked) {
        struct stat here, *st = w->k->seen ? w->k->seen : &here;
        w->flags |= WALK_FOLLOW;
        name_set(w->k, &s->name, s->buf, s->name.len);
        int kind = lookup(w->k, &s->name, st);
        if (kind < 0)
            return kind;
        s->kind = (enum kind)kind;
        s->mode = kind == KIND_OBJECT ? st->st_mode : 0;
        w->k->saw = w->k->seen && kind == KIND_OBJECT;
    }
    u32 mode = s->kind == KIND_OBJECT ? s->mode : s->kind == KIND_LOWER ? s->name.low.mode : 0;
    bool may_be_file = w->flags & WALK_NAME && !s->dots;
    if (s->must_dir && mode && !S_ISDIR(mode) && !may_be_file)
        return -ENOTDIR;
    return 0;
}

/* The text to be walked is at the right end of the buffer; base = where a relative one starts from. */
static int walk_from(struct walker *w, int dirfd)
{
    struct spot *s = w->s;
    s->name.len = 0;
    s->base = 0;
    s->buf[0] = 0;
    s->bind = -1;
    if (w->flags & WALK_BENEATH && s->buf[w->rest] == '/')
        return -EXDEV;
    w->root_known = s->buf[w->rest] == '/' || w->flags & WALK_IN_ROOT;
    if (s->buf[w->rest] != '/' || w->flags & WALK_IN_ROOT) {
        struct stat st;
        int n = 0;
        w->from_cwd = dirfd == AT_FDCWD;
        if (!w->from_cwd && (n = (int)sys2(SYS_fstat, dirfd, &st)))
            return n;
        if (!w->from_cwd && !S_ISDIR(st.st_mode))
            return -ENOTDIR;
        for (;;) {
            n = w->from_cwd ? cwd_get(w->k, s->buf, w->rest) : dirfd_path(w->k, dirfd, &st, s->buf, w->rest);
            if (n != -ENAMETOOLONG || s->slot)
                break;
            s->name.len = 0;
            int r = walker_grow(w);
            if (r)
                return r;
        }
        if (n < 0)
            return n;
        walker_rewind(w, (u32)n);
        s->base = (u32)n;
        if (w->flags & (WALK_BENEATH | WALK_IN_ROOT)) {
            w->root = NULL;
            w->root_len = (u32)n;
        }
        if (dirfd != AT_FDCWD && s->bind < 0) /* it may be gone */
            w->unproved = true;
    } else if (w->root_len) {
        int r = w->rest < w->root_len + 16 ? walker_grow(w) : 0;
        if (r)
            return r;
        walker_to_root(w);
        s->dots = 3;
        w->unproved = s->bind < 0; /* it may be gone */
    }
    return walk_rest(w);
}

/* Takes the path into the right end of the buffer. */
static int take_text(struct walker *w, const char *text, bool ours)
{
    struct spot *s = w->s;
    long n = ours ? (long)strlen(text) : 0;
    for (;;) {
        if (ours)
            n = n + 1 > (long)s->cap ? -ENAMETOOLONG : n;
        else
            n = guest_copy_str(s->buf, text, s->cap < CORE_PATH_MAX ? s->cap : CORE_PATH_MAX);
        if (n != -ENAMETOOLONG || s->slot)
            break;
        if (!(s->slot = slot_get(w->k->c)))
            return -ENOMEM;
        s->buf = s->slot->bytes;
        s->cap = SLOT_SIZE;
        if (ours)
            n = (long)strlen(text);
    }
    if (n < 0)
        return (int)n;
    if (!n)
        return -ENOENT;
    w->rest = s->cap - 1 - (u32)n;
    memmove(s->buf + w->rest, ours ? text : s->buf, (size_t)n);
    s->buf[s->cap - 1] = 0;
    return 0;
}

static int walk_any(struct call *k, int dirfd, const char *text, bool ours, unsigned flags, struct spot *s)
{
    bool checked = false;
    flags |= flags & WALK_RESOLVE ? WALK_CAREFUL : 0;
    s->buf = s->small;
    s->cap = sizeof s->small;
    s->slot = NULL;
    s->dots = 0;
    s->deep = false;
    s->base = 0;
    s->unproved = 0;
    s->kind = KIND_NONE;
    s->mode = 0;
    for (;;) {
        struct walker w = {.k = k, .s = s, .flags = flags, .root = ""};
        s->must_dir = false;
        k->saw = false;
        if (k->c->rooted && !(flags & WALK_WHOLE))
            w.root_len = root_elsewhere(k->c, &w.root);
        int r = take_text(&w, text, ours);
        if (!r)
            r = walk_from(&w, dirfd);
        if (r == -ENOTDIR && w.unproved && !(flags & WALK_CAREFUL)) {
            flags |= WALK_CAREFUL;
            continue;
        }
        /* Nothing there, seen from the cwd: it may have been moved, which only the kernel knows. */
        bool missing = r == -ENOENT || (!r && s->kind == KIND_NONE);
        if (missing && !checked && w.from_cwd && cwd_moved(k)) {
            checked = true;
            continue;
        }
        return r;
    }
}

/* Behind a relative path there may be more than a text can hold (deep.c). */
static int walk_deep_too(struct call *k, int dirfd, const char *text, bool ours, unsigned flags, struct spot *s)
{
    int r = walk_any(k, dirfd, text, ours, flags, s);
    bool deep = r == -ENAMETOOLONG || (!r && s->base && s->name.len >= DEEP_FROM);
    if (!deep)
        return r;
    s->unproved = 0;
    if (flags & WALK_RESOLVE)
        return -ENOSYS; /* as a kernel without openat2: callers look up each name themselves */
    return deep_walk(k, dirfd, text, flags & ~(unsigned)WALK_UNPROVED, s);
}

int walk(struct call *k, int dirfd, const char *guest, unsigned flags, struct spot *s)
{
    int r = walk_deep_too(k, dirfd, guest, false, flags, s);
    return r ? r : permit_way(k, s);
}

int walk_text(struct call *k, const char *text, unsigned flags, struct spot *s)
{
    return walk_deep_too(k, AT_FDCWD, text, true, flags, s);
}

void walk_end(struct call *k, struct spot *s)
{
    if (s->slot)
        slot_put(k->c, s->slot);
    s->slot = NULL;
}
