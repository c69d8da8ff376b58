/* See judge.h. */
#define _GNU_SOURCE
#include "judge.h"
#include "harness.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NODES_MAX 24
#define WORLDS_MAX 20000

enum { NODE_FILE = 1, NODE_DIR, NODE_LOWER_DIR }; /* renaming the last may be refused with EXDEV */

struct node {
    char path[JUDGE_PATH];
    u8 kind, leader; /* files with the same leader are one inode */
    u16 mode, tag;
};

enum { IDLE, WAITING, DECIDED, LISTING };

struct pending {
    u8 state;
    bool gone; /* a listing's directory was missing at some moment */
    long result; /* of what has happened; of a listing: the names it must show */
    long may;
};

/* One possibility: a tree, and what has become of each running operation. Compared as bytes, so always cleared first. */
struct world {
    u32 count;
    struct node node[NODES_MAX];
    struct pending process[JUDGE_PROCESSES];
};

struct worlds {
    struct world *w;
    unsigned n;
};

static struct worlds now, next;
static const struct event *running[JUDGE_PROCESSES];

static struct node *find(struct world *w, const char *path)
{
    for (u32 i = 0; i < w->count; i++)
        if (!strcmp(w->node[i].path, path))
            return &w->node[i];
    return NULL;
}

static bool is_dir(const struct node *n)
{
    return n && n->kind != NODE_FILE;
}

static bool under(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    return !strncmp(path, dir, n) && path[n] == '/';
}

/* Error of reaching the path's parent. */
static long walk_to(struct world *w, const char *path)
{
    char dir[JUDGE_PATH];
    for (const char *s = strchr(path + 1, '/'); s; s = strchr(s + 1, '/')) {
        snprintf(dir, sizeof dir, "%.*s", (int)(s - path), path);
        struct node *n = find(w, dir);
        if (!n)
            return -ENOENT;
        if (!is_dir(n))
            return -ENOTDIR;
    }
    return 0;
}

static long names_in(struct world *w, const char *dir)
{
    long names = 0;
    size_t n = strlen(dir);
    for (u32 i = 0; i < w->count; i++)
        if (under(w->node[i].path, dir) && !strchr(w->node[i].path + n + 1, '/'))
            names |= JUDGE_NAME(w->node[i].path[n + 1]);
    return names;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct node *)a)->path, ((const struct node *)b)->path);
}

/* Sorted, the inodes numbered by their first name: so that equal trees are equal bytes. */
static void normalise(struct world *w)
{
    u8 known[256] = {0}, turn = 0;
    qsort(w->node, w->count, sizeof *w->node, by_path);
    memset(w->node + w->count, 0, (NODES_MAX - w->count) * sizeof *w->node);
    for (u32 i = 0; i < w->count; i++)
        if (w->node[i].kind == NODE_FILE) {
            u8 *number = &known[w->node[i].leader];
            if (!*number)
                *number = ++turn;
            w->node[i].leader = *number;
        }
}

static void add(struct world *w, const char *path, u8 kind, u32 mode, u32 tag, u8 leader)
{
    if (w->count == NODES_MAX)
        die("the judge's tree is too big");
    struct node *n = &w->node[w->count++];
    memset(n, 0, sizeof *n);
    snprintf(n->path, sizeof n->path, "%s", path);
    n->kind = kind;
    n->mode = (u16)mode;
    n->tag = (u16)tag;
    n->leader = leader;
}

static void drop(struct world *w, struct node *n)
{
    *n = w->node[--w->count];
}

static void keep(struct worlds *to, const struct world *w)
{
    for (unsigned i = 0; i < to->n; i++)
        if (!memcmp(&to->w[i], w, sizeof *w))
            return;
    if (to->n < WORLDS_MAX)
        to->w[to->n++] = *w;
}

/* Listings that are under way see the tree as it is now. */
static void watch(struct world *w)
{
    for (int i = 0; i < JUDGE_PROCESSES; i++) {
        struct pending *p = &w->process[i];
        if (p->state != LISTING)
            continue;
        const char *dir = running[i]->path;
        bool there = !walk_to(w, dir) && is_dir(find(w, dir));
        long names = there ? names_in(w, dir) : 0;
        p->gone = p->gone || !there;
        p->result &= names;
        p->may |= names;
    }
}

/* The operation of process i happens in a copy of w, with this result. */
static void happens(const struct world *w, int i, long result)
{
    struct world copy = *w;
    normalise(&copy);
    copy.process[i].state = DECIDED;
    copy.process[i].result = result;
    watch(&copy);
    keep(&now, &copy);
}

static void move_tree(struct world *w, const char *from, const char *to)
{
    size_t n = strlen(from);
    for (u32 k = 0; k < w->count; k++) {
        char moved[2 * JUDGE_PATH];
        struct node *node = &w->node[k];
        if (strcmp(node->path, from) && !under(node->path, from))
            continue;
        snprintf(moved, sizeof moved, "%s%s", to, node->path + n);
        if (strlen(moved) >= JUDGE_PATH)
            die("the judge's paths are too long");
        strcpy(node->path, moved);
        if (node->kind == NODE_LOWER_DIR)
            node->kind = NODE_DIR;
    }
}

static void do_rename(struct world *w, int i, const struct event *e)
{
    struct node *from = find(w, e->path);
    long walked = walk_to(w, e->other);
    if (walked) /* the kernel finds both directories first; a path is not resolved at one instant, though */
        happens(w, i, walked);
    if (!from) {
        happens(w, i, -ENOENT);
        return;
    }
    if (!strcmp(e->path, e->other)) {
        happens(w, i, 0);
        return;
    }
    if (from->kind == NODE_LOWER_DIR)
        happens(w, i, -EXDEV);
    if (walked || under(e->other, e->path) || under(e->path, e->other)) {
        happens(w, i, walked ? walked : under(e->other, e->path) ? -EINVAL : -ENOTEMPTY);
        return;
    }
    struct node *to = find(w, e->other);
    bool dir = is_dir(from);
    if (to) {
        long no = dir && !is_dir(to)                           ? -ENOTDIR
                  : !dir && is_dir(to)                         ? -EISDIR
                  : is_dir(to) && names_in(w, e->other)        ? -ENOTEMPTY
                                                               : 0;
        if (no || (!dir && from->leader == to->leader)) {
            happens(w, i, no);
            return;
        }
        drop(w, to);
    }
    move_tree(w, e->path, e->other);
    happens(w, i, 0);
}

/* The kernel looks for the source first and for the target later (fs/namei.c, do_linkat), and what it finds need never have been there
 * at one moment: EEXIST may be answered for a source that has gone meanwhile. `gone` marks a world in which it was seen. */
static void do_link(struct world *w, int i, const struct event *e)
{
    struct node *from = find(w, e->path), *to = find(w, e->other);
    long walked = walk_to(w, e->other);
    bool seen = w->process[i].gone;
    if (!from) {
        happens(w, i, -ENOENT);
        if (seen && to)
            happens(w, i, -EEXIST);
        return;
    }
    if (!seen && !is_dir(from)) {
        struct world later = *w;
        later.process[i].gone = true;
        keep(&now, &later);
    }
    if (is_dir(from))
        happens(w, i, -EPERM);
    if (walked || to) {
        happens(w, i, walked ? walked : -EEXIST);
        return;
    }
    if (is_dir(from))
        return;
    add(w, e->other, NODE_FILE, from->mode, from->tag, from->leader);
    happens(w, i, 0);
}

static u8 new_leader(const struct world *w)
{
    u8 max = 0;
    for (u32 i = 0; i < w->count; i++)
        max = w->node[i].leader > max ? w->node[i].leader : max;
    return (u8)(max + 1);
}

static long do_simple(struct world *w, const struct event *e)
{
    struct node *n = find(w, e->path);
    switch (e->op) {
    case J_CREATE:
    case J_MKDIR:
        if (n)
            return -EEXIST;
        add(w, e->path, e->op == J_MKDIR ? NODE_DIR : NODE_FILE, e->op == J_MKDIR ? 0 : e->mode, 0, e->op == J_MKDIR ? 0 : new_leader(w));
        return 0;
    default: break;
    }
    if (!n)
        return -ENOENT;
    switch (e->op) {
    case J_STAT: return is_dir(n) ? JUDGE_DIR : JUDGE_FILE + n->mode;
    case J_READ: return is_dir(n) ? -EISDIR : JUDGE_TAG + n->tag;
    case J_CHMOD:
        for (u32 k = 0; k < w->count && !is_dir(n); k++)
            if (w->node[k].kind == NODE_FILE && w->node[k].leader == n->leader)
                w->node[k].mode = (u16)e->mode;
        return 0;
    case J_UNLINK:
        if (is_dir(n))
            return -EISDIR;
        drop(w, n);
        return 0;
    default: /* J_RMDIR */
        if (!is_dir(n) || names_in(w, e->path))
            return is_dir(n) ? -ENOTEMPTY : -ENOTDIR;
        drop(w, n);
        return 0;
    }
}

static void apply(const struct world *w, int i)
{
    struct world copy = *w;
    const struct event *e = running[i];
    long walked = walk_to(&copy, e->path);
    if (walked)
        happens(&copy, i, walked);
    else if (e->op == J_RENAME)
        do_rename(&copy, i, e);
    else if (e->op == J_LINK)
        do_link(&copy, i, e);
    else {
        long r = do_simple(&copy, e);
        happens(&copy, i, r);
    }
}

/* Everything that may have happened by now: `now` grows while it is walked through. */
static void close_over(void)
{
    for (unsigned k = 0; k < now.n; k++)
        for (int i = 0; i < JUDGE_PROCESSES; i++)
            if (now.w[k].process[i].state == WAITING)
                apply(&now.w[k], i);
}

static void begins(const struct event *e)
{
    running[e->process] = e;
    for (unsigned k = 0; k < now.n; k++) {
        struct world *w = &now.w[k];
        struct pending *p = &w->process[e->process];
        *p = (struct pending){.state = WAITING};
        if (e->op == J_LIST) {
            bool there = !walk_to(w, e->path) && is_dir(find(w, e->path));
            long names = there ? names_in(w, e->path) : 0;
            *p = (struct pending){LISTING, !there, names, names};
        }
    }
    close_over();
}

static bool explains(const struct pending *p, long result)
{
    if (p->state == LISTING)
        return result < 0 ? p->gone : !(p->result & ~result) && !(result & ~p->may);
    return p->state == DECIDED && p->result == result;
}

static void settle(const struct event *e)
{
    next.n = 0;
    for (unsigned k = 0; k < now.n; k++) {
        struct world w = now.w[k];
        if (e->type == 'r' && !explains(&w.process[e->process], e->result))
            continue;
        memset(&w.process[e->process], 0, sizeof *w.process);
        keep(&next, &w);
    }
    struct worlds swap = now;
    now = next;
    next = swap;
}

long judge(const struct judge_entry *start, unsigned count, const struct event *events, unsigned n)
{
    if (!now.w) {
        now.w = calloc(WORLDS_MAX, sizeof *now.w);
        next.w = calloc(WORLDS_MAX, sizeof *next.w);
    }
    if (!now.w || !next.w)
        die("no memory for the judge");
    memset(&now.w[0], 0, sizeof *now.w);
    for (unsigned i = 0; i < count; i++)
        add(&now.w[0], start[i].path, start[i].dir ? NODE_LOWER_DIR : NODE_FILE, start[i].dir ? 0 : start[i].mode, start[i].tag, start[i].dir ? 0 : (u8)(i + 1));
    normalise(&now.w[0]);
    now.n = 1;
    for (unsigned i = 0; i < n; i++) {
        if (events[i].type == 'i')
            begins(&events[i]);
        else
            settle(&events[i]);
        if (!now.n)
            return (long)i;
        if (now.n >= WORLDS_MAX)
            return -2;
    }
    return -1;
}

void judge_print(FILE *to, const struct event *e)
{
    static const char *const names[] = {"stat", "read", "list", "creat", "chmod", "unlink", "mkdir", "rmdir", "rename", "link"};
    fprintf(to, "%c %u", e->type, e->process);
    if (e->type == 'i')
        fprintf(to, " %s %s %s %o", names[e->op], e->path, e->other, e->mode);
    if (e->type == 'r' && e->result < 0)
        fprintf(to, " %s", error_name(e->result));
    else if (e->type == 'r')
        fprintf(to, " %#lx", e->result);
    fputc('\n', to);
}
