/* The way that most paths go: all components at once. Only real directories occur as parents in the index, so one look-up of the whole name
 * proves every component before it; on a miss the longest part that the layers know decides. What needs a closer look (a link or a file in
 * the middle, "..", a mount point) is left to the walk, which goes on from there step by step.
 *
 * The hash of the whole path is continued from component to component, and the bloom filter is asked about each parent on the way. */
#include "quick.h"

#define DEEPEST 20

struct pass {
    u64 hash[DEEPEST + 1]; /* [0]: of the place it starts from; [i]: up to component i */
    u32 end[DEEPEST + 1];
    u32 count;
    bool clean; /* the bloom says that no parent of the last component has been replaced by anything in the upper */
};

/* The hash of the canonical part, and whether the directories in it are those of the layers. */
static struct path_hash hash_base(const struct walker *w, struct pass *p)
{
    const struct core *c = w->k->c;
    const struct spot *s = w->s;
    struct path_hash h = hash_start(c->seed);
    u32 at = 0;
    for (u32 end = 1; end <= s->name.len; end++)
        if (end == s->name.len || s->buf[end] == '/') {
            h = hash_more(h, s->buf + at, end - at);
            at = end;
            p->clean = p->clean && !bloom_replaced(c, hash_end(h));
        }
    p->hash[0] = hash_end(h);
    p->end[0] = s->name.len;
    return h;
}

/* Takes components of the rest into the canonical part as long as they are plain; the first that is a mount point is the last one.
 * Returns where the rest begins then, with the slash behind the component. The rest's own text stays as it is. */
static u32 take(struct walker *w, struct pass *p)
{
    struct spot *s = w->s;
    struct core *c = w->k->c;
    struct path_hash h = hash_base(w, p);
    char *to = s->buf + s->name.len;
    const char *from = s->buf + w->rest;
    while (p->count < DEEPEST) {
        const char *next = next_component(from);
        char *start = to;
        if (!*next || is_dots(next))
            break;
        h = hash_byte(h, *to++ = '/');
        do
            h = hash_byte(h, *to++ = *next++);
        while (*next && *next != '/');
        if (to - start > NAME_LEN_MAX + 1)
            break;
        if (p->count)
            p->clean = p->clean && !bloom_replaced(c, p->hash[p->count]);
        from = next;
        p->count++;
        p->hash[p->count] = hash_end(h);
        p->end[p->count] = (u32)(to - s->buf);
        if (bind_may_be(c, p->hash[p->count]) && (s->bind = bind_at(c, s->buf, p->end[p->count])) >= 0)
            break;
    }
    return (u32)(from - s->buf);
}

static const struct lpmx_entry *entry_of(const struct walker *w, const struct pass *p, u32 i)
{
    const struct core *c = w->k->c;
    u32 start = i ? p->end[i - 1] + 1 : 0;
    if (i)
        return index_find(&c->index, p->hash[i], w->s->buf + start, p->end[i] - start);
    start = p->end[0];
    if (!start)
        return c->index.entries;
    while (w->s->buf[start - 1] != '/')
        start--;
    return index_find(&c->index, p->hash[0], w->s->buf + start, p->end[0] - start);
}

/* The first component that the layers have as something else than a directory, of those before `last`; 0 = there is none. A name that they
 * have has only directories above it, so the search goes up from the end. */
static u32 obstacle(const struct walker *w, const struct pass *p, u32 last)
{
    for (u32 i = last; i-- > 1;) {
        const struct lpmx_entry *e = entry_of(w, p, i);
        if (e)
            return S_ISDIR(e->mode) ? 0 : i;
    }
    return 0;
}

/* Goes back to before component i: the walk has to look at it itself. */
static void give_back(struct walker *w, struct pass *p, u32 i)
{
    struct spot *s = w->s;
    const char *from = next_component(s->buf + w->rest);
    for (u32 taken = 1; taken < i; taken++) {
        while (*from != '/')
            from++;
        from = next_component(from);
    }
    w->rest = (u32)(from - s->buf);
    p->count = i - 1;
    s->bind = -1;
}

static void set_name(struct walker *w, const struct pass *p, const struct lpmx_entry *e)
{
    struct name *n = &w->s->name;
    n->path = w->s->buf;
    n->dir_len = p->end[p->count - 1];
    n->dir_hash = p->hash[p->count - 1];
    n->hash = p->hash[p->count];
    n->low = (struct low){0};
    if (e)
        low_of_entry(w->k->c, n, e);
}

/* What bloom_untouched says, from what the pass has seen. */
static bool untouched(const struct walker *w, const struct pass *p)
{
    const struct name *n = &w->s->name;
    if (!p->clean || bloom_changed(w->k->c, n->hash))
        return false;
    if (n->low.mode)
        return true;
    const struct lpmx_entry *parent = entry_of(w, p, p->count - 1);
    return parent && S_ISDIR(parent->mode);
}

/* The image `host` has no index: the host itself is asked, and only for the whole. */
static int quick_host(struct walker *w, struct pass *p, u32 rest, bool all, bool *is_untouched)
{
    struct spot *s = w->s;
    struct stat st;
    u32 base = p->end[0], len = p->end[p->count];
    char cut = s->buf[len];
    s->buf[len] = 0;
    int dir = all ? place_fd(w->k, PLACE_LAYER) : -ENOSYS;
    long r = dir < 0 ? dir : stat_straight(w->k->c, dir, s->buf + 1, &st);
    if (r && r != -ENOENT) {
        s->buf[len] = cut;
        s->buf[base] = 0;
        s->bind = -1;
        return 0;
    }
    s->name.len = len;
    s->dots = 0;
    s->must_dir = s->buf[rest] == '/';
    w->rest = rest;
    w->unproved = w->unproved || p->count > 1;
    set_name(w, p, NULL);
    if (!r)
        low_of_host(&s->name, &st);
    *is_untouched = !r && p->clean && !bloom_changed(w->k->c, s->name.hash);
    return 1;
}

int walk_quick(struct walker *w, bool *is_untouched)
{
    struct spot *s = w->s;
    struct pass p;
    u32 rest_len = s->cap - 1 - w->rest;
    if (walker_gap(w) < rest_len + 2)
        return 0;
    p.count = 0;
    p.clean = bloom_usable(w->k->c);
    u32 rest = take(w, &p);
    if (!p.count)
        return 0;
    bool all = s->bind < 0 && !*skip_slashes(s->buf + rest);
    if (w->k->c->host)
        return quick_host(w, &p, rest, all, is_untouched);
    const struct lpmx_entry *e = all ? entry_of(w, &p, p.count) : NULL;
    u32 wrong = e ? 0 : obstacle(w, &p, s->bind >= 0 || all ? p.count : p.count + 1);
    if (wrong) {
        give_back(w, &p, wrong);
        all = false;
    } else {
        w->rest = rest;
    }
    s->name.len = p.end[p.count];
    s->buf[s->name.len] = 0;
    s->dots = 0;
    s->must_dir = s->buf[w->rest] == '/' && !*skip_slashes(s->buf + w->rest);
    w->unproved = s->bind < 0 && (w->unproved || p.count > !!all);
    if (s->bind >= 0)
        s->bind_skip = s->name.len;
    if (!all)
        return 0;
    set_name(w, &p, e);
    *is_untouched = untouched(w, &p);
    return 1;
}
