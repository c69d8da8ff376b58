/* See raw_tree.h. */
#define _GNU_SOURCE
#include "raw_tree.h"
#include "../core/hash.h"
#include "harness.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char fault[1200];

static u64 hash_path(const char *path, size_t n)
{
    return hash_end(hash_more(hash_start(0), path, n));
}

enum { NO_MARK, GONE, COPIED };

/* The mark of a lower path; its temp's name in out[200]. */
static int read_mark(const char *folder, const char *path, char *out)
{
    char at[6000];
    const char *last = strrchr(path, '/');
    snprintf(at, sizeof at, "%s/container/dead/%016llx%s", folder, (unsigned long long)hash_path(path, (size_t)(last - path)), last);
    ssize_t n = readlink(at, out, 199);
    if (n < 0)
        return errno == EINVAL ? GONE : NO_MARK;
    out[n] = 0;
    return COPIED;
}

/* st_mode of what upper/ has at the path; 0 = nothing. */
static u32 object_at(const char *folder, const char *path)
{
    struct stat st;
    char at[6000];
    snprintf(at, sizeof at, "%s/container/upper%s", folder, path);
    return lstat(at, &st) ? 0 : st.st_mode;
}

static bool temp_there(const char *folder, const char *temp)
{
    struct stat st;
    char at[6000];
    snprintf(at, sizeof at, "%s/container/work/%s", folder, temp);
    return !lstat(at, &st);
}

bool tree_pending(const char *folder, const char *path)
{
    char temp[200];
    return read_mark(folder, path, temp) == COPIED && temp_there(folder, temp);
}

/* I4: an unmarked entry has live or merged directories above it. */
static const char *above_fault(const char *folder, const struct image_node *e)
{
    char dir[1000], temp[200];
    snprintf(dir, sizeof dir, "%s", e->path);
    for (char *cut; (cut = strrchr(dir, '/')) && cut > dir;) {
        *cut = 0;
        int mark = read_mark(folder, dir, temp);
        u32 mode = object_at(folder, dir);
        if (mark == NO_MARK || S_ISDIR(mode) || (mark == COPIED && temp_there(folder, temp)))
            continue;
        snprintf(fault, sizeof fault, "I4: %.400s has no mark, but %.400s above it is no directory any more", e->path, dir);
        return fault;
    }
    return NULL;
}

const char *tree_fault(const struct image *im, const char *folder)
{
    char temp[200];
    for (u32 i = 0; i < im->count; i++) {
        const struct image_node *e = &im->nodes[i];
        int mark = read_mark(folder, e->path, temp);
        u32 mode = object_at(folder, e->path);
        const char *above = mark == NO_MARK ? above_fault(folder, e) : NULL;
        if (above)
            return above;
        if (mode && mark == NO_MARK) {
            snprintf(fault, sizeof fault, "I1: an object at %.400s without a mark", e->path);
            return fault;
        }
        if (mode && mark == COPIED && temp_there(folder, temp)) {
            snprintf(fault, sizeof fault, "I3: an object at %.400s while its temp is still there", e->path);
            return fault;
        }
    }
    return NULL;
}

static const struct image_node *node_of_hash(const struct image *im, u64 hash)
{
    for (u32 i = 0; i < im->count; i++)
        if (hash_path(im->nodes[i].path, strlen(im->nodes[i].path)) == hash)
            return &im->nodes[i];
    return NULL;
}

static const char *sweep_one(const struct image *im, const char *folder, const char *temp)
{
    char from[6000], to[6000], named[200];
    snprintf(from, sizeof from, "%s/container/work/%s", folder, temp);
    const struct image_node *e = !strncmp(temp, "c.", 2) ? node_of_hash(im, strtoull(temp + 2, NULL, 16)) : NULL;
    if (e && read_mark(folder, e->path, named) == COPIED && !strcmp(named, temp)) {
        snprintf(to, sizeof to, "%s/container/upper%s", folder, e->path);
        if (!rename(from, to))
            return NULL;
    } else if (!unlink(from) || !rmdir(from)) {
        return NULL;
    }
    snprintf(fault, sizeof fault, "sweeping %.400s: %s", temp, strerror(errno));
    return fault;
}

static DIR *open_work(const char *folder)
{
    char work[6000];
    snprintf(work, sizeof work, "%s/container/work", folder);
    return opendir(work);
}

const char *tree_sweep(const struct image *im, const char *folder)
{
    DIR *dir = open_work(folder);
    const char *r = NULL;
    for (struct dirent *d; dir && !r && (d = readdir(dir));)
        if (d->d_name[0] != '.')
            r = sweep_one(im, folder, d->d_name);
    if (dir)
        closedir(dir);
    return r;
}

unsigned tree_temps(const char *folder)
{
    DIR *dir = open_work(folder);
    unsigned n = 0;
    for (struct dirent *d; dir && (d = readdir(dir));)
        n += d->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return n;
}
