/* A job on the node that runs it: enters the container of the submission again, as `lpmx exec` does, with what the scheduler says; see grid.h
 * and grid_submit.c for the spec.
 *
 * The plan is a second one of the container, since the job sees folders of this node (TMPDIR, its spool); it is called after this process and
 * removed by a later job. Ending with 127 tells the scheduler that the command could not be found. */
#include "bloom.h"
#include "compose.h"
#include "container.h"
#include "cross.h"
#include "entry.h"
#include "files.h"
#include "grid.h"
#include "guest.h"
#include "places.h"
#include "run.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

extern char **environ;

#define SPEC_MAX (64 << 20)

static _Noreturn void gone(const char *what)
{
    warn("cannot run this job on %s: %s\nhint: the store has to be on a file system that all nodes have, and the container has to stay until its jobs have run",
         node_name(), what);
    _exit(EXIT_NOT_FOUND);
}

static struct list read_spec(const char *path)
{
    struct list spec = {0};
    size_t size = 0;
    char *at = read_file(path, SPEC_MAX, &size);
    if (!at)
        gone(format("%s: %s", path, strerror(errno)));
    for (char *end = at + size; at < end; at += strlen(at) + 1)
        list_add(&spec, at);
    return spec;
}

/* Each value of a key that may be there several times. */
static void each(const struct list *spec, const char *key, struct list *out)
{
    size_t len = strlen(key);
    for (size_t k = 0; k < spec->n; k++)
        if (starts_with(spec->at[k], key) && spec->at[k][len] == '=')
            env_put(out, spec->at[k] + len + 1);
}

/* The container's, or the submission's where the scheduler brought it along; what was asked for by name; what the scheduler says. */
static struct list environment(const struct plan *p, const struct list *spec, enum grid_scheduler s, const char *hash)
{
    struct list env = {0};
    const char *mark = getenv(GRID_MARK);
    if (mark && !strcmp(mark, hash))
        each(spec, "env", &env);
    else
        for (size_t k = 0; k < p->env.n; k++)
            env_put(&env, p->env.at[k]);
    each(spec, "set", &env);
    for (char **e = environ; *e; e++)
        if (grid_variable(s, *e))
            env_put(&env, *e);
    return env;
}

/* Whether the container shows the host's file of that name there already. */
static bool is_shown(const struct plan *p, const char *path)
{
    const struct plan_bind *b = plan_bind_at(p, path);
    return b ? b->host && !strcmp(path, plan_bind_path(b, path)) : p->image->host;
}

static void show(struct plan *p, const char *guest, const char *host, u32 flags)
{
    struct stat st;
    if (p->nbinds < BINDS_MAX && stat(host, &st) == 0)
        p->binds[p->nbinds++] = (struct plan_bind){.guest = guest, .host = host, .flags = flags | (S_ISDIR(st.st_mode) ? 0 : LPMX_BIND_FILE)};
}

static void show_folders(struct plan *p, enum grid_scheduler s)
{
    struct image image;
    const char *name;
    bool known = image_find(p->image->id, &image);
    for (size_t k = 0; (name = grid_folder_at(s, k)); k++) {
        const char *path = setting(name), *guest = path && *path == '/' ? clean_guest_path(path) : NULL;
        if (guest && known)
            guest = guest_canonical(&image, guest);
        if (guest && strcmp(guest, "/") && !is_shown(p, guest))
            show(p, guest, path, 0);
    }
}

/* Plans of jobs that have ended. */
static void sweep(const char *state)
{
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, state);
    while ((name = listing_next(&list, &type)))
        if ((starts_with(name, "plan.") && strchr(name + 5, '.') && container_mark_dead(name + 5)) ||
            (starts_with(name, "entry.") && strchr(name + 6, '.') && container_mark_dead(name + 6)))
            unlink(join_path(state, name));
}

static const char *write_plan(struct plan *p)
{
    char *state = join_path(p->folder, "state"), *path = format("%s/plan.%s", state, live_name());
    sweep(state);
    struct text bytes = plan_encode(p);
    int error = replace_file(path, bytes.at, bytes.len, 0600);
    if (error)
        fail("cannot write %s: %s", path, strerror(-error));
    return path;
}

/* The program of the job: the command of the submission, or its script where the job sees that. */
static struct list program(struct plan *p, const struct list *spec, const char *folder, const char *hash)
{
    struct list argv = {0};
    const char *command = env_get(spec, "command"), *interpreter = env_get(spec, "interpreter");
    if (command) {
        list_add(&argv, command);
        for (size_t k = 0; k < spec->n; k++)
            if (starts_with(spec->at[k], "arg="))
                list_add(&argv, spec->at[k] + 4);
        return argv;
    }
    char *guest = format("/.lpmx-job.%s", hash);
    show(p, guest, join_path(folder, ".script"), LPMX_BIND_RO | LPMX_BIND_MAP | LPMX_BIND_HIDDEN);
    if (interpreter && *interpreter)
        list_add(&argv, interpreter);
    list_add(&argv, guest);
    return argv;
}

/* The submission's folder when the scheduler chose the same; else what the container sees of the one that it did choose. */
static const char *folder_inside(const struct plan *p, const struct list *spec)
{
    char cwd[4096];
    const char *host = env_get(spec, "hostcwd"), *guest = env_get(spec, "cwd");
    bool same = host && guest && getcwd(cwd, sizeof cwd) && !strcmp(cwd, host);
    return same ? guest : cross_cwd_in(p);
}

/* The store is where the spec lies: <store>/containers/<id>/jobs/<hash>/.spec */
static void find_store(const struct list *spec, char *folder)
{
    struct list own = {0};
    char *store = copy_text(folder, strlen(folder));
    for (int up = 0; up < 4 && strrchr(store, '/'); up++)
        *strrchr(store, '/') = 0;
    each(spec, "own", &own);
    for (size_t k = 0; k < own.n; k++) {
        size_t len = strcspn(own.at[k], "=");
        setenv(copy_text(own.at[k], len), own.at[k] + len + 1, 0);
    }
    store_root_is(store);
}

void grid_job(const char *const *words)
{
    const char *path = words[0] ? words[0] : "", *slash = strrchr(path, '/');
    if (!slash || !words[1] || strcmp(words[1], "--"))
        fail("__job is not for users");
    struct list spec = read_spec(path);
    char *jobs = copy_text(path, (size_t)(slash - path)), *hash = strrchr(jobs, '/') ? strrchr(jobs, '/') + 1 : jobs;
    find_store(&spec, jobs);
    const char *id = env_get(&spec, "container"), *user = env_get(&spec, "user"), *named = env_get(&spec, "scheduler");
    char *folder = id ? real_path(container_entry(id)) : NULL;
    if (!folder || !container_exists(folder))
        gone(format("its container %.12s is gone", id ? id : "?"));
    struct plan *p = need(sizeof *p);
    struct run r = {.plan = p, .ready_fd = -1};
    enum grid_scheduler s = grid_named(named ? named : "");
    container_load(p, folder);
    p->user = user ? user : p->user;
    r.env = environment(p, &spec, s, hash);
    r.argv = program(p, &spec, jobs, hash);
    for (words += 2; *words; words++)
        list_add(&r.argv, *words);
    show_folders(p, s);
    entry_resolve(p, &r.env, NULL);
    r.cwd = folder_inside(p, &spec);
    note("this job runs in container %s on %s", p->name, node_name());
    unsetenv(GRID_MARK);
    utimes(jobs, NULL);
    binds_again(p);
    container_joined(folder);
    container_enter(folder, "job");
    r.plan_path = write_plan(p);
    r.entry = format("%s/state/entry.%s", folder, live_name());
    bloom_enter(p);
    run_exec(&r);
}
