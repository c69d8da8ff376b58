/* The binds of a plan: the default view, then what the user asked for. Part of the composer; see compose.h. */
#include "compose.h"
#include "files.h"
#include "guest.h"
#include "map.h"
#include "origin.h"
#include "places.h"
#include "tree.h"
#include "volume.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHM "/dev/shm"

struct plan_bind *bind_add(struct plan *p, const char *guest, u32 flags, bool user, const char *word)
{
    size_t k = 0;
    while (k < p->nbinds && strcmp(p->binds[k].guest, guest))
        k++;
    if (k < p->nbinds && p->binds[k].user)
        fail("cannot use the volume \"%s\": duplicate mount point %s", word, guest);
    if (k == BINDS_MAX)
        fail("cannot use the volume \"%s\": a container has at most %d", word, BINDS_MAX);
    p->nbinds += k == p->nbinds;
    p->binds[k] = (struct plan_bind){.guest = guest, .flags = flags, .user = user};
    return &p->binds[k];
}

bool bind_remove(struct plan *p, const char *word, u32 flag)
{
    char *guest = guest_canonical(p->image, word);
    for (size_t k = 0; k < p->nbinds; k++) {
        const struct plan_bind *b = &p->binds[k];
        bool here = !strcmp(b->guest, word) || (guest && !strcmp(b->guest, guest));
        if (!here || (b->flags & LPMX_BIND_MAP) != flag || b->flags & (LPMX_BIND_HIDDEN | LPMX_BIND_TRUST))
            continue;
        memmove(&p->binds[k], &p->binds[k + 1], (p->nbinds - k - 1) * sizeof p->binds[0]);
        p->nbinds--;
        return true;
    }
    return false;
}

static void add_source(struct plan_bind *b, const struct mount *m)
{
    struct stat st;
    b->host = real_path(m->source);
    if (!b->host && m->absent) {
        b->host = m->source;
        b->flags |= m->file ? LPMX_BIND_FILE : 0;
        return;
    }
    if (!b->host || stat(b->host, &st) < 0)
        fail("cannot use the volume \"%s\": missing volume source %s (%s)\nhint: make it first, or give a name without / for a volume kept by lpmx",
             m->word, m->source, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        b->flags |= LPMX_BIND_FILE;
}

static size_t user_binds(const struct plan *p)
{
    size_t n = 0;
    for (size_t k = 0; k < p->nbinds; k++)
        n += p->binds[k].user;
    return n;
}

void bind_add_mount(struct plan *p, const struct mount *m)
{
    char *guest = guest_canonical(p->image, m->target);
    if (!guest)
        fail("cannot use the volume \"%s\": too many links on the way to %s in the image", m->word, m->target);
    if (!strcmp(guest, "/"))
        fail("cannot use the volume \"%s\": the target cannot be /", m->word);
    if (strlen(guest) > 4000)
        fail("cannot use the volume \"%s\": the target is too long", m->word);
    struct plan_bind *b = bind_add(p, guest, m->readonly ? LPMX_BIND_RO : 0, true, m->word);
    switch (m->kind) {
    case MOUNT_BIND:
        add_source(b, m);
        break;
    case MOUNT_VOLUME:
        b->host = format("%s/volumes/%s", store_root(), m->source);
        b->make = m->nocopy ? MAKE_DIR : MAKE_SEEDED;
        break;
    case MOUNT_ANONYMOUS:
        b->own = format("%zu", user_binds(p));
        b->make = m->nocopy ? MAKE_DIR : MAKE_SEEDED;
        break;
    case MOUNT_TMPFS:
        b->own = format("tmpfs.%zu", user_binds(p));
        b->make = MAKE_SHM;
        break;
    }
}

static void default_view(struct plan *p)
{
    static const char *const shown[] = {"/dev", "/proc", "/sys"};
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++)
        bind_add(p, shown[k], LPMX_BIND_TRUST, false, "")->host = shown[k];
    if (access(SHM, F_OK) == 0) { /* a place in the host's /dev cannot be made up */
        struct plan_bind *shm = bind_add(p, SHM, 0, false, "");
        shm->own = "shm";
        shm->make = MAKE_SHM;
    }
    if (!(p->flags & LPMX_CONTAINER_READONLY))
        return; /* volumes of the image lie in the writable layer, which begins with what the image has */
    for (size_t k = 0; k < p->image->volumes.n; k++) {
        char *guest = guest_canonical(p->image, p->image->volumes.at[k]);
        if (!guest || !strcmp(guest, "/"))
            continue;
        struct plan_bind *b = bind_add(p, guest, 0, false, guest);
        b->own = format("image%zu", k + 1);
        b->make = MAKE_SEEDED;
    }
}

/* Called from a container, ours sees the same mounts under the same names: work is handed over by file names. Not what is the caller's alone
 * (generated files, private folders, maps). */
static void add_callers(struct plan *p)
{
    const struct plan *from = origin_plan();
    for (size_t k = 0; from && k < from->nbinds; k++) {
        const struct plan_bind *b = &from->binds[k];
        size_t n = 0;
        bool own = b->flags & (LPMX_BIND_MAP | LPMX_BIND_TRUST) || starts_with(b->host, from->folder) || starts_with(b->host, from->tree) ||
                   starts_with(b->host, store_root()) || starts_with(b->host, SHM "/lpmx-");
        while (n < p->nbinds && strcmp(p->binds[n].guest, b->guest))
            n++;
        if (!own && n == p->nbinds)
            bind_add(p, b->guest, b->flags, false, b->guest)->host = b->host;
    }
}

void binds_compose(struct plan *p, const struct parsed *c)
{
    default_view(p);
    for (size_t k = 0; k < c->nuses; k++) {
        const char *value = c->uses[k].value;
        struct mount list[64];
        size_t n = 0;
        switch (c->uses[k].flag->field) {
        case FIELD_VOLUME:
            list[n++] = volume_parse(value);
            break;
        case FIELD_MOUNT:
            list[n++] = mount_parse(value);
            break;
        case FIELD_TMPFS:
            list[n++] = tmpfs_parse(value);
            break;
        case FIELD_LPMX_VOLUME:
        case FIELD_LPMX_FILE:
            lpmx_volumes_parse(value, list, &n, 64);
            break;
        }
        for (size_t m = 0; m < n; m++)
            bind_add_mount(p, &list[m]);
    }
    add_callers(p);
}

/* A new folder for a volume; seeded under another name first, so that a killed process leaves no half volume. */
static void make_volume(const struct plan *p, const struct plan_bind *b)
{
    if (access(b->host, F_OK) == 0)
        return;
    char *parent = copy_text(b->host, (size_t)(strrchr(b->host, '/') - b->host));
    char *temp = format("%s/.%s.%ld.tmp", parent, strrchr(b->host, '/') + 1, (long)getpid());
    int error = make_dirs(parent, 0700);
    if (!error && mkdir(temp, 0700) < 0)
        error = -errno;
    if (!error && b->make == MAKE_SEEDED && !p->image->host)
        error = guest_copy(p->image, b->guest, temp);
    if (!error && chmod(temp, 0755) == 0 && rename(temp, b->host) < 0 && errno != EEXIST && errno != ENOTEMPTY)
        error = -errno;
    if (error)
        fail("cannot make the volume %s: %s", b->host, strerror(-error));
    remove_tree(temp); /* another process was first */
}

/* What its private folders begin with: inside the container's own folder when that is in memory already. */
static char *shm_prefix(const struct plan *p)
{
    if (starts_with(p->folder, SHM "/"))
        return format("%s/", p->folder);
    return format("%s/lpmx-%lu.%.16s.", SHM, (unsigned long)getuid(), p->id);
}

static void make_shm(const struct plan *p, struct plan_bind *b, bool live)
{
    b->host = format("%s%s", shm_prefix(p), b->own);
    if (live ? mkdir(b->host, 0700) == 0 : access(SHM, W_OK) == 0)
        return; /* what is only created gets it when it is started: binds_again */
    b->host = join_path(tree_volumes(p->tree), b->own);
    int error = make_dirs(b->host, 0700);
    if (error)
        fail("cannot make %s: %s", b->host, strerror(-error));
}

/* A target inside another bind gets its mount point there, as container runtimes do: cwltool waits for it. */
static void make_mount_point(const struct plan *p, const struct plan_bind *b)
{
    const struct plan_bind *outer = plan_bind_at(p, copy_text(b->guest, (size_t)(strrchr(b->guest, '/') - b->guest)));
    if (!outer || !outer->host || outer->flags & (LPMX_BIND_TRUST | LPMX_BIND_RO | LPMX_BIND_FILE))
        return;
    char *place = plan_bind_path(outer, b->guest);
    if (access(place, F_OK) == 0)
        return;
    int error = make_dirs(b->flags & LPMX_BIND_FILE ? copy_text(place, (size_t)(strrchr(place, '/') - place)) : place, 0755);
    if (!error && b->flags & LPMX_BIND_FILE)
        error = write_file(place, "", 0, 0644);
    if (error && error != -EEXIST)
        note("the mount point %s could not be made: %s", place, strerror(-error));
}

static int by_length(const void *a, const void *b)
{
    size_t left = strlen(((const struct plan_bind *)a)->guest), right = strlen(((const struct plan_bind *)b)->guest);
    return left < right ? -1 : left > right;
}

void binds_prepare(struct plan *p, bool live)
{
    for (size_t k = 0; k < p->nbinds; k++) {
        struct plan_bind *b = &p->binds[k];
        map_make(b);
        if (b->make == MAKE_SHM) {
            make_shm(p, b, live);
            continue;
        }
        if (!b->host)
            b->host = join_path(b->make ? tree_volumes(p->tree) : p->folder, b->own);
        if (b->make)
            make_volume(p, b);
    }
    qsort(p->binds, p->nbinds, sizeof *p->binds, by_length); /* outer ones first */
    for (size_t k = 0; k < p->nbinds; k++)
        if (p->binds[k].user)
            make_mount_point(p, &p->binds[k]);
}

void binds_clean(const struct plan *p)
{
    if (starts_with(p->folder, SHM "/"))
        return; /* goes with the folder */
    for (size_t k = 0; k < p->nbinds; k++)
        if (p->binds[k].host && starts_with(p->binds[k].host, shm_prefix(p)))
            remove_tree(p->binds[k].host);
}

void binds_again(const struct plan *p)
{
    for (size_t k = 0; k < p->nbinds && !starts_with(p->folder, SHM "/"); k++)
        if (p->binds[k].host && starts_with(p->binds[k].host, shm_prefix(p)) && mkdir(p->binds[k].host, 0700) < 0 && errno != EEXIST)
            fail("cannot make %s: %s", p->binds[k].host, strerror(errno));
}
