/* Which programs of the host the broker is for; see broker.h. */
#include "broker.h"
#include "call.h"
#include "container.h"
#include "files.h"
#include "origin.h"
#include "places.h"
#include "unpack.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEPTH_MAX 8 /* containers whose maps lead to one another */

bool broker_privileged(const char *program)
{
    struct stat st;
    struct statvfs fs;
    char value[64];
    if (stat(program, &st) < 0 || !S_ISREG(st.st_mode))
        return false;
    bool set_id = st.st_mode & S_ISUID || (st.st_mode & S_ISGID && st.st_mode & S_IXGRP); /* set-gid without x is a mark for locking */
    if (!set_id && syscall(SYS_getxattr, program, "security.capability", value, sizeof value) < 0 && errno != ERANGE)
        return false;
    return statvfs(program, &fs) < 0 || !(fs.f_flag & ST_NOSUID);
}

static bool same_program(const char *a, const char *b)
{
    char *left, *right;
    return !strcmp(a, b) || ((left = real_path(a)) && (right = real_path(b)) && !strcmp(left, right));
}

static bool is_listed(const struct plan *p, const char *program)
{
    for (size_t k = 0; k < p->brokered.n; k++)
        if (same_program(p->brokered.at[k], program))
            return true;
    return false;
}

bool broker_wants(const struct plan *p, const char *program)
{
    return (p && is_listed(p, program)) || broker_privileged(program);
}

/* The host's program that a bind shows, NULL when it shows something else; *container = the one that it leads to instead. */
static const char *program_of(const struct plan *p, const struct plan_bind *b, const char **container)
{
    struct call c;
    const char *kind;
    *container = NULL;
    if (!(b->flags & LPMX_BIND_MAP) || !b->host)
        return NULL;
    if (b->flags & LPMX_BIND_HIDDEN) { /* lpmx itself, for a scheduler's command */
        const char *name = strrchr(b->guest, '/') + 1;
        return p->grid.n == 2 && strcmp(name, "lpmx") ? join_path(p->grid.at[1], name) : NULL;
    }
    if (!call_read(b->host, &c) || !(kind = call_get(&c, "kind")))
        return NULL;
    if (!strcmp(kind, "exec"))
        *container = call_get(&c, "container");
    return strcmp(kind, "host") ? NULL : call_get(&c, "program");
}

static bool needed(const struct plan *p, int depth)
{
    const char *container;
    if (p->brokered.n)
        return true;
    for (size_t k = 0; k < p->nbinds; k++) {
        const char *program = program_of(p, &p->binds[k], &container);
        char *folder = container && depth < DEPTH_MAX ? container_folder(container) : NULL;
        if (program && broker_privileged(program))
            return true;
        if (!folder || !container_exists(folder) || !strcmp(container, p->id))
            continue;
        struct plan *other = need(sizeof *other);
        container_load(other, folder);
        if (needed(other, depth + 1))
            return true;
    }
    return false;
}

bool broker_needed(const struct plan *p)
{
    return needed(p, 0);
}

bool broker_allows(const struct plan *p, const char *program)
{
    const char *container, *shown;
    if (is_listed(p, program))
        return true;
    if (!broker_privileged(program))
        return false;
    struct list others = {0}; /* under another name, which takes more calls to find out */
    for (size_t k = 0; k < p->nbinds; k++) {
        if (!(shown = program_of(p, &p->binds[k], &container)))
            continue;
        if (!strcmp(shown, program))
            return true;
        list_add(&others, shown);
    }
    for (size_t k = 0; k < others.n; k++)
        if (same_program(others.at[k], program))
            return true;
    return false;
}

void broker_list(struct plan *p, const char *program)
{
    if (*program != '/')
        fail("cannot use --broker %s: the absolute path of a program of the host is needed", program);
    const char *path = origin_file(program, "--broker");
    if (access(path, X_OK) < 0)
        fail("cannot use --broker %s: %s", program, errno == ENOENT ? "the host has no such program" : strerror(errno));
    if (!is_listed(p, path))
        list_add(&p->brokered, path);
}

void broker_unlist(struct plan *p, const char *program)
{
    struct list kept = {0};
    for (size_t k = 0; k < p->brokered.n; k++)
        if (!same_program(p->brokered.at[k], program))
            list_add(&kept, p->brokered.at[k]);
    if (kept.n == p->brokered.n)
        fail("cannot take %s from the broker: it was not given to it by --broker\nhint: lpmx get %s", program, p->name);
    p->brokered = kept;
}

void brokers_compose(struct plan *p, const struct parsed *c)
{
    const char *words = setting("LPMX_BROKER");
    for (size_t len; words && *words; words += len + (words[len] == ':')) {
        len = strcspn(words, ":");
        char *program = copy_text(words, len);
        if (access(program, X_OK) == 0) /* one setting for several hosts */
            broker_list(p, program);
    }
    for (size_t k = 0; k < c->nuses; k++)
        if (c->uses[k].flag->field == FIELD_BROKER)
            broker_list(p, c->uses[k].value);
}
