/* See image.h. */
#define _GNU_SOURCE
#include "image.h"
#include "../core/hash.h"
#include "files.h"
#include "harness.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const struct image_node root_node = {"", S_IFDIR | 0755, 0, NULL, 0, 0, 0, 0, NULL, 0};

static bool is_parent(const char *dir, const char *path)
{
    size_t n = strlen(dir);
    return !strncmp(dir, path, n) && path[n] == '/' && !strchr(path + n + 1, '/');
}

static bool is_above(const char *dir, const char *path)
{
    size_t n = strlen(dir);
    return !strncmp(dir, path, n) && path[n] == '/';
}

static bool plain(const struct image_node *e)
{
    u32 own = S_ISDIR(e->mode) ? 0700 : 0600;
    bool type = S_ISDIR(e->mode) || S_ISREG(e->mode);
    return type && !e->uid && !e->gid && !(e->mode & 07000) && (e->mode & own) == own;
}

static void set_times(const char *path, long seconds)
{
    struct timespec times[2] = {{seconds, 0}, {seconds, 123456000}};
    if (utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW))
        die("cannot set the times of %s: %m", path);
}

static void write_content(const char *path, const struct image_node *e)
{
    const char *text = e->text ? e->text : "";
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ssize_t n = (ssize_t)strlen(text);
    if (fd < 0 || write(fd, text, (size_t)n) != n)
        die("cannot write %s: %m", path);
    if (e->hole && (lseek(fd, e->hole, SEEK_END) < 0 || write(fd, text, (size_t)n) != n))
        die("cannot write %s: %m", path);
    close(fd);
}

/* ---- layers */

static u32 top_layer(const struct image *im, const struct image_node *e)
{
    u32 top = e->layer;
    for (u32 i = 0; S_ISDIR(e->mode) && i < im->count; i++)
        if (is_above(e->path, im->nodes[i].path) && im->nodes[i].layer > top)
            top = im->nodes[i].layer;
    return top;
}

static bool in_layer(const struct image *im, const struct image_node *e, u32 layer)
{
    if (e->layer == layer)
        return true;
    for (u32 i = 0; S_ISDIR(e->mode) && i < im->count; i++)
        if (is_above(e->path, im->nodes[i].path) && im->nodes[i].layer == layer)
            return true;
    return false;
}

static void write_node(const struct image_node *e, const char *base)
{
    char path[8192], other[8192];
    snprintf(path, sizeof path, "%s%s", base, e->path);
    if (e->same) {
        snprintf(other, sizeof other, "%s%s", base, e->same);
        if (link(other, path))
            die("cannot link %s: %m", path);
    } else if (S_ISDIR(e->mode)) {
        if (mkdir(path, 0700))
            die("cannot make %s: %m", path);
    } else if (S_ISLNK(e->mode)) {
        if (symlink(e->text, path))
            die("cannot make %s: %m", path);
    } else {
        write_content(path, e);
    }
    if (!S_ISLNK(e->mode) && chmod(path, (e->mode & 0777) | (S_ISDIR(e->mode) ? 0700 : 0600) | (plain(e) ? 0 : S_ISVTX)))
        die("cannot set the mode of %s: %m", path);
}

/* Children change their directory's times, so these come last, deepest first. */
static void write_times(const struct image *im, const char *base, u32 layer)
{
    char path[8192];
    for (u32 i = im->count; i--;) {
        const struct image_node *e = &im->nodes[i];
        long n = (long)i;
        while (n && e->same && strcmp(im->nodes[n].path, e->same))
            n--;
        snprintf(path, sizeof path, "%s%s", base, e->path);
        if (layer == UINT32_MAX || in_layer(im, e, layer))
            set_times(path, IMAGE_TIME + 1000 * (n + 1));
    }
    set_times(base, IMAGE_TIME);
}

static void write_layers(const struct image *im, const char *folder)
{
    char base[5000];
    for (u32 layer = 0; layer < im->nlayers; layer++) {
        snprintf(base, sizeof base, "%s/layers/%u", folder, layer);
        make_folder(base, 0755);
        for (u32 i = 0; i < im->count; i++)
            if (in_layer(im, &im->nodes[i], layer))
                write_node(&im->nodes[i], base);
        write_times(im, base, layer);
    }
}

/* ---- index */

struct pool {
    char text[1 << 16];
    u32 used;
};

static u32 pool_add(struct pool *p, const char *s)
{
    u32 n = (u32)strlen(s) + 1, at = p->used;
    if (n == 1)
        return 0;
    if (at + n > sizeof p->text)
        die("the string pool is full");
    memcpy(p->text + at, s, n);
    p->used += n;
    return at;
}

static const char *last_name(const char *path)
{
    const char *s = strrchr(path, '/');
    return s ? s + 1 : path;
}

static int by_name(const void *a, const void *b)
{
    const struct image_node *const *x = a, *const *y = b;
    return strcmp(last_name((*x)->path), last_name((*y)->path));
}

/* Breadth first; children of a directory contiguous and sorted. */
static u32 index_order(const struct image *im, const struct image_node **order, struct lpmx_entry *entries)
{
    u32 n = 1;
    order[0] = &root_node;
    for (u32 at = 0; at < n; at++) {
        entries[at].a = n;
        for (u32 i = 0; i < im->count; i++)
            if (is_parent(order[at]->path, im->nodes[i].path)) {
                entries[n].parent = at;
                order[n++] = &im->nodes[i];
            }
        entries[at].b = n - entries[at].a;
        qsort(order + entries[at].a, entries[at].b, sizeof *order, by_name);
    }
    if (n != im->count + 1)
        die("a parent is missing in the table of the image");
    return n;
}

static void index_entry(const struct image *im, const struct image_node *e, struct lpmx_entry *out, struct pool *p)
{
    bool device = S_ISCHR(e->mode) || S_ISBLK(e->mode);
    out->hash = hash_end(hash_more(hash_start(0), e->path, strlen(e->path)));
    out->name = *e->path ? pool_add(p, last_name(e->path)) : 0;
    out->name_len = (u16)strlen(last_name(e->path));
    out->layer = (u16)top_layer(im, e);
    out->mode = e->mode;
    out->uid = e->uid;
    out->gid = e->gid;
    if (!S_ISDIR(e->mode)) {
        out->a = S_ISLNK(e->mode) ? pool_add(p, e->text) : device ? e->major : 0;
        out->b = S_ISLNK(e->mode) ? (u32)strlen(e->text) : device ? e->minor : 0;
        out->flags = S_ISREG(e->mode) || S_ISLNK(e->mode) ? 0 : LPMX_ENTRY_STUB;
    }
}

static void write_index(const struct image *im, const char *folder)
{
    static struct pool pool;
    char path[5000];
    u32 max = im->count + 1, nslots = 2;
    struct lpmx_entry *entries = calloc(max, sizeof *entries);
    const struct image_node **order = calloc(max, sizeof *order);
    memset(&pool, 0, sizeof pool);
    pool.used = 1;
    u32 n = index_order(im, order, entries);
    while (nslots < 2 * n)
        nslots *= 2;
    u32 *slots = calloc(nslots, sizeof *slots);
    for (u32 i = 0; i < n; i++) {
        index_entry(im, order[i], &entries[i], &pool);
        u32 slot = (u32)entries[i].hash & (nslots - 1);
        while (slots[slot])
            slot = (slot + 1) & (nslots - 1);
        slots[slot] = i + 1;
    }
    struct lpmx_index head = {LPMX_MAGIC_INDEX, LPMX_ABI, im->nlayers, 0, 0, n, nslots, 0, sizeof head, 0, pool.used, 0};
    head.slots = head.entries + n * sizeof *entries;
    head.strings = head.slots + nslots * sizeof *slots;
    head.size = head.strings + pool.used;
    char *file = malloc(head.size);
    memcpy(file, &head, sizeof head);
    memcpy(file + head.entries, entries, n * sizeof *entries);
    memcpy(file + head.slots, slots, nslots * sizeof *slots);
    memcpy(file + head.strings, pool.text, pool.used);
    snprintf(path, sizeof path, "%s/index", folder);
    write_file(path, file, head.size);
    free(file), free(entries), free(order), free(slots);
}

void image_write(const struct image *im, const char *folder)
{
    write_layers(im, folder);
    write_index(im, folder);
}

/* ---- plan and container */

#define SECTIONS 5

struct plan_file {
    struct lpmx_file head;
    struct lpmx_section section[SECTIONS];
    u8 bytes[1 << 17];
};

static void plan_section(struct plan_file *f, u32 id, const void *bytes, u64 size)
{
    u64 at = (f->head.size + 7) & ~7ull;
    f->section[f->head.nsections++] = (struct lpmx_section){id, LPMX_SECTION_REQUIRED, at, size};
    if (at + size > sizeof *f)
        die("the plan is too big");
    memcpy((u8 *)f + at, bytes, size);
    f->head.size = at + size;
}

static void write_plan(const struct image *im, const char *folder)
{
    static struct plan_file file;
    static struct pool pool;
    struct lpmx_container con = {0};
    struct lpmx_bind binds[64] = {0};
    u32 layers[16];
    char name[64], path[5000];
    memset(&file, 0, sizeof file);
    memset(&pool, 0, sizeof pool);
    pool.used = 1;
    con.id = pool_add(&pool, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    con.name = pool_add(&pool, "test");
    con.image_id = con.id;
    con.image_name = pool_add(&pool, "image");
    con.tree = pool_add(&pool, "container");
    con.index = pool_add(&pool, "index");
    con.workdir = pool_add(&pool, "/");
    con.hostname = con.name;
    con.flags = im->flags;
    for (u32 i = 0; i < im->nlayers; i++) {
        snprintf(name, sizeof name, "layers/%u", i);
        layers[i] = pool_add(&pool, name);
    }
    for (u32 i = 0; i < im->nbinds; i++)
        binds[i] = (struct lpmx_bind){pool_add(&pool, im->binds[i].guest), pool_add(&pool, im->binds[i].host), im->binds[i].flags, 0};
    u32 env[] = {pool_add(&pool, "PATH=/bin")};
    memcpy(file.head.magic, LPMX_MAGIC_PLAN, 8);
    file.head.abi = LPMX_ABI;
    file.head.size = offsetof(struct plan_file, bytes);
    plan_section(&file, LPMX_SEC_STRINGS, pool.text, pool.used);
    plan_section(&file, LPMX_SEC_CONTAINER, &con, sizeof con);
    plan_section(&file, LPMX_SEC_LAYERS, layers, im->nlayers * sizeof *layers);
    plan_section(&file, LPMX_SEC_BINDS, binds, im->nbinds * sizeof *binds);
    plan_section(&file, LPMX_SEC_ENV, env, sizeof env);
    snprintf(path, sizeof path, "%s/container/plan", folder);
    write_file(path, &file, file.head.size);
}

static void write_bloom(const char *folder)
{
    static char file[LPMX_BLOOM_BITS_AT + LPMX_BLOOM_BLOCKS * 64];
    struct lpmx_bloom head = {.magic = LPMX_MAGIC_BLOOM, .abi = LPMX_ABI, .blocks = LPMX_BLOOM_BLOCKS};
    char path[5000];
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, head.boot, 36) != 36)
        die("cannot read the boot id: %m");
    close(fd);
    memcpy(file, &head, sizeof head);
    snprintf(path, sizeof path, "%s/container/bloom", folder);
    write_file(path, file, sizeof file);
}

void image_container(const struct image *im, const char *folder, bool bloom)
{
    static const char *const parts[] = {"upper", "dead"}; /* the others are made when they are needed */
    char path[5000];
    snprintf(path, sizeof path, "%s/container", folder);
    remove_tree(path);
    make_folder(path, 0700);
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(path, sizeof path, "%s/container/%s", folder, parts[i]);
        if (mkdir(path, 0755))
            die("cannot make %s: %m", path);
        if (!i)
            set_times(path, IMAGE_TIME);
    }
    snprintf(path, sizeof path, "%s/container/dead/gone", folder);
    write_file(path, "", 0);
    if (bloom)
        write_bloom(folder);
    write_plan(im, folder);
}

/* ---- the oracle's tree */

static void flatten_node(const struct image_node *e, const char *base, bool owners)
{
    char path[8192];
    bool device = S_ISCHR(e->mode) || S_ISBLK(e->mode);
    snprintf(path, sizeof path, "%s%s", base, e->path);
    if (S_ISREG(e->mode))
        write_content(path, e);
    else if (S_ISDIR(e->mode) ? mkdir(path, 0700) : S_ISLNK(e->mode) ? symlink(e->text, path) : mknod(path, e->mode, device ? makedev(e->major, e->minor) : 0))
        die("cannot make %s: %m", path);
    if (owners && lchown(path, e->uid, e->gid))
        die("cannot give %s away: %m", path);
    if (!S_ISLNK(e->mode) && chmod(path, e->mode & 07777))
        die("cannot set the mode of %s: %m", path);
}

void image_flatten(const struct image *im, const char *path, bool owners)
{
    make_folder(path, 0755);
    for (u32 i = 0; i < im->count; i++)
        flatten_node(&im->nodes[i], path, owners);
    write_times(im, path, UINT32_MAX);
}
