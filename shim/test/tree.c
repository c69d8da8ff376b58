/* Listing and dumping what a runner sees; see steps.h. */
#define _GNU_SOURCE
#include "steps.h"
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#define NAMES_MAX 400

struct dent {
    u64 ino;
    long off;
    u16 len;
    u8 type;
    char name[];
};

struct names {
    u32 n;
    char name[NAMES_MAX][262];
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Unknown types are asked for, as any program does. */
static char type_letter(struct runner *r, int fd, const struct dent *e)
{
    struct stat st;
    u8 type = e->type;
    if (!type && !CALL4(r->call, SYS_newfstatat, fd, e->name, &st, AT_SYMLINK_NOFOLLOW))
        type = (u8)((st.st_mode & S_IFMT) >> 12);
    return "?pc?d?b?-?l?s???"[type & 15];
}

static long read_names(struct runner *r, int fd, size_t buffer, struct names *out)
{
    static char buf[1 << 15] __attribute__((aligned(8)));
    long n;
    out->n = 0;
    while ((n = CALL4(r->call, SYS_getdents64, fd, buf, buffer, 0)) > 0)
        for (long at = 0; at < n;) {
            const struct dent *e = (const void *)(buf + at);
            at += e->len;
            if (out->n == NAMES_MAX)
                return -E2BIG;
            snprintf(out->name[out->n++], sizeof *out->name, "%s/%c", e->name, type_letter(r, fd, e));
        }
    qsort(out->name, out->n, sizeof *out->name, compare_names);
    return n;
}

long list_names(struct runner *r, int fd, size_t buffer, bool rewind, char *out, size_t cap)
{
    static struct names names;
    char half[700] __attribute__((aligned(8)));
    if (rewind) { /* a part is read, then all from the start */
        CALL4(r->call, SYS_getdents64, fd, half, sizeof half, 0);
        CALL4(r->call, SYS_lseek, fd, 0, SEEK_SET, 0);
    }
    long e = read_names(r, fd, buffer, &names);
    size_t pos = 0;
    u64 h = 1;
    for (u32 i = 0; !e && i < names.n; i++) {
        h = hash_bytes(h, names.name[i], strlen(names.name[i]) + 1);
        if (pos + 60 < cap)
            pos += (size_t)snprintf(out + pos, cap - pos, "%.40s ", names.name[i]);
    }
    if (!e && pos + 20 < cap)
        snprintf(out + pos, cap - pos, "#%llx", (unsigned long long)h);
    return e ? e : (long)names.n;
}

void stat_text(struct runner *r, const void *at, bool times, char *out, size_t cap)
{
    const struct stat *st = at;
    bool dir = S_ISDIR(st->st_mode), device = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
    int n = snprintf(out, cap, "%o", st->st_mode);
    if (!S_ISLNK(st->st_mode))
        n += snprintf(out + n, cap - (size_t)n, " %u:%u", st->st_uid, st->st_gid);
    if (!dir && !S_ISLNK(st->st_mode))
        n += snprintf(out + n, cap - (size_t)n, " links %u", st->st_ino == r->hard_ino ? 1 : (u32)st->st_nlink);
    if (S_ISREG(st->st_mode) || S_ISLNK(st->st_mode))
        n += snprintf(out + n, cap - (size_t)n, " size %ld", (long)st->st_size);
    if (device)
        n += snprintf(out + n, cap - (size_t)n, " device %u:%u", major(st->st_rdev), minor(st->st_rdev));
    times = times && !device && !(r->readonly && S_ISFIFO(st->st_mode)); /* writing does not change them, but the host's /dev/null is another one */
    if (times && st->st_mtim.tv_sec > 1500000000)
        snprintf(out + n, cap - (size_t)n, " now");
    else if (times)
        snprintf(out + n, cap - (size_t)n, " %ld.%09ld", (long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
}

struct dump {
    struct runner *r;
    bool times;
    char *out;
    size_t pos, cap;
};

static void put(struct dump *d, const char *form, ...) __attribute__((format(printf, 2, 3)));

static void put(struct dump *d, const char *form, ...)
{
    va_list ap;
    va_start(ap, form);
    int n = vsnprintf(d->out + d->pos, d->cap - d->pos, form, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= d->cap - d->pos)
        die("the dump of a tree is too long");
    d->pos += (size_t)n;
}

static void dump_content(struct dump *d, const char *path, const struct stat *st)
{
    char text[4200];
    long n;
    if (S_ISLNK(st->st_mode)) {
        n = CALL4(d->r->call, SYS_readlink, path, text, sizeof text - 1, 0);
        text[n > 0 ? n : 0] = 0;
        put(d, n < 0 ? " -> %s%s" : " -> %s%s", n < 0 ? error_name(n) : "", shown(text));
    } else if (S_ISREG(st->st_mode)) {
        struct step s = {.kind = STEP_SLURP, .slot = STEP_NO_SLOT, .at = STEP_NO_SLOT, .at2 = STEP_NO_SLOT};
        struct outcome o;
        snprintf(s.path, sizeof s.path, "%s", path);
        step_run(d->r, &s, &o);
        put(d, " %s %s", error_name(o.value), o.text);
    }
}

static void dump_one(struct dump *d, const char *path, unsigned depth)
{
    struct stat st;
    char text[300];
    put(d, "%s", *path ? shown(path) : "/");
    long e = CALL2(d->r->call, SYS_lstat, *path ? path : "/", &st);
    if (e) {
        put(d, " %s\n", error_name(e));
        return;
    }
    stat_text(d->r, &st, d->times && !S_ISDIR(st.st_mode), text, sizeof text);
    put(d, " %s", text);
    dump_content(d, path, &st);
    put(d, "\n");
    if (!S_ISDIR(st.st_mode) || depth > 12 || strlen(path) > STEP_PATH - 270)
        return;
    long fd = CALL4(d->r->call, SYS_open, *path ? path : "/", O_RDONLY | O_DIRECTORY, 0, 0);
    struct names *names = malloc(sizeof *names);
    e = fd < 0 ? fd : read_names(d->r, (int)fd, 1 << 15, names);
    if (fd >= 0)
        CALL2(d->r->call, SYS_close, fd, 0);
    if (e)
        put(d, "%s: list %s\n", shown(path), error_name(e));
    for (u32 i = 0; !e && i < names->n; i++) {
        char child[STEP_PATH];
        size_t n = strlen(names->name[i]) - 2;
        if (!strncmp(names->name[i], "./", 2) || !strncmp(names->name[i], "../", 3))
            continue;
        put(d, "%c ", names->name[i][n + 1]);
        snprintf(child, sizeof child, "%s/%.*s", path, (int)n, names->name[i]);
        dump_one(d, child, depth + 1);
    }
    free(names);
}

void dump_tree(struct runner *r, const char *path, bool times, char *out, size_t cap)
{
    struct dump d = {r, times, out, 0, cap};
    out[0] = 0;
    dump_one(&d, path, 0);
}
