/* run, create, start, exec, resume; see verbs.h. */
#include "verbs.h"
#include "bloom.h"
#include "compose.h"
#include "container.h"
#include "engine.h"
#include "entry.h"
#include "env.h"
#include "files.h"
#include "guest.h"
#include "job.h"
#include "origin.h"
#include "places.h"
#include "run.h"
#include "unpack.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static void pull(const char *word, const struct parsed *c)
{
    struct list args = {0};
    list_add(&args, "pull");
    if (parsed_bool(c, FIELD_QUIET, false))
        list_add(&args, "-q");
    if (parsed_value(c, FIELD_PLATFORM)) {
        list_add(&args, "--platform");
        list_add(&args, parsed_value(c, FIELD_PLATFORM));
    }
    list_add(&args, word);
    if (engine_run(args.at))
        _exit(EXIT_ENGINE); /* it has said why */
}

/* The image of run and create; pulled by the engine when it is not known and --pull allows it. */
static const struct image *get_image(const struct parsed *c, bool may_pull)
{
    const char *word = c->rest[0], *policy = parsed_value(c, FIELD_PULL);
    bool always = policy && !strcmp(policy, "always"), never = policy && !strcmp(policy, "never");
    if (policy && !always && !never && strcmp(policy, "missing"))
        fail("invalid pull option: '%s': must be one of \"always\", \"missing\" or \"never\"", policy);
    struct image *image = need(sizeof *image);
    if (image_find(word, image) && (!always || image->host || !may_pull))
        return image;
    if (never || !may_pull)
        fail("no such image: %s\nhint: load it with `lpmx load` or pull it with `lpmx pull %s`", word, word);
    if (!always && !parsed_bool(c, FIELD_QUIET, false))
        note("unable to find image '%s' locally", word);
    pull(word, c);
    if (!image_find(word, image))
        fail("cannot run %s: it was pulled, but the store does not know it\nhint: look at `lpmx images`", word);
    return image;
}

static void join_lists(struct list *out, const struct list *a, const struct list *b)
{
    for (size_t k = 0; k < a->n; k++)
        list_add(out, a->at[k]);
    for (size_t k = 0; k < b->n; k++)
        list_add(out, b->at[k]);
}

/* Once: who tries the image `host` first should not lose work. */
static void tell_about_host(void)
{
    char *marker = join_path(store_root(), ".host-explained");
    if (access(marker, F_OK) == 0)
        return;
    warn("the image \"host\" is this machine's own /, read-only: what is written outside of mounts (-v) never reaches it (said once)");
    write_file(marker, "", 0, 0600);
}

/* Everything of run and create up to the finished container. */
static struct plan *make(const struct parsed *c, bool live)
{
    struct plan *p = need(sizeof *p);
    const struct image *image = get_image(c, true);
    compose(p, c, image, c->rest[0], c->rest + 1);
    const char *cidfile = parsed_value(c, FIELD_CIDFILE);
    if (cidfile && access(origin_file(cidfile, "--cidfile"), F_OK) == 0)
        fail("container ID file found, make sure the other container isn't running or delete %s", cidfile);
    cache_with(LPMX_PIECE_NATIVE); /* where that fails nothing is to be made */
    container_sweep(!(p->flags & LPMX_CONTAINER_RM));
    container_make(p, c, live);
    if (image->host)
        tell_about_host();
    return p;
}

/* Runs the container's main program to its end. */
static _Noreturn void live_and_leave(struct plan *p, struct run *r, const char *entry)
{
    r->plan = p;
    if (r->ready_fd >= 0)
        detach_streams(join_path(p->folder, "state/log"));
    bool nobody_left;
    int status = run_wait(r, &nobody_left);
    on_fail(NULL);
    if (p->flags & LPMX_CONTAINER_RM) {
        container_end_others(p->folder);
        bloom_leave(p);
        container_remove(p, nobody_left);
    } else {
        container_record_exit(p->folder, status);
        unlink(entry);
        if (!container_running(p->folder)) {
            container_end_others(p->folder);
            work_sweep(p);
            bloom_leave(p);
            if (!container_used_here(p->folder)) /* a scheduler's jobs live on */
                binds_clean(p);
        }
    }
    _exit(status);
}

void verb_run(const struct parsed *c)
{
    struct run r = {.ready_fd = -1, .no_proxy = !parsed_bool(c, FIELD_SIG_PROXY, true)};
    int status;
    bool apart = parsed_bool(c, FIELD_DETACH, false);
    if (apart && !detach(&r.ready_fd, &status))
        _exit(status);
    struct plan *p = make(c, true);
    join_lists(&r.argv, &p->entrypoint, &p->cmd);
    r.env = p->env;
    r.plan_path = entry_plan(p, &r.env, c);
    r.ready_text = format("%s\n", p->id);
    r.pty = !apart && run_wants_pty(p->flags & LPMX_CONTAINER_TTY, p->flags & LPMX_CONTAINER_STDIN);
    live_and_leave(p, &r, format("%s/state/live/%s", p->folder, live_name()));
}

void verb_create(const struct parsed *c)
{
    struct plan *p = make(c, false);
    on_fail(NULL);
    char *line = format("%s\n", p->id);
    _exit(write_all(1, line, strlen(line)) ? EXIT_ENGINE : 0);
}

/* Starts the main program of an existing container again, or `argv` in its place. */
static _Noreturn void start_again(const char *folder, struct run *r, const struct list *argv, bool terminal)
{
    struct plan *p = need(sizeof *p);
    container_load(p, folder);
    if (argv)
        r->argv = *argv;
    else
        join_lists(&r->argv, &p->entrypoint, &p->cmd);
    r->env = p->env;
    r->plan_path = entry_plan(p, &r->env, NULL);
    r->pty = terminal && run_wants_pty(p->flags & LPMX_CONTAINER_TTY, p->flags & LPMX_CONTAINER_STDIN);
    char *entry = container_enter(folder, "main");
    work_sweep(p);
    numbers_check(p);
    bloom_enter(p);
    binds_again(p);
    live_and_leave(p, r, entry);
}

void verb_start(const struct parsed *c)
{
    bool attach = parsed_bool(c, FIELD_ATTACH, false) || parsed_bool(c, FIELD_INTERACTIVE, false);
    int worst = 0;
    if (attach && c->nrest > 1)
        fail("you cannot start and attach multiple containers at once");
    for (size_t k = 0; k < c->nrest; k++) {
        struct run r = {.ready_fd = -1, .ready_text = format("%s\n", c->rest[k]), .no_proxy = !parsed_bool(c, FIELD_SIG_PROXY, true)};
        int status = 0;
        char *folder = container_find(c->rest[k]);
        if (container_running(folder)) {
            if (attach)
                fail("cannot attach to container %s: it is running already\nhint: use lpmx exec", c->rest[k]);
            write_all(1, r.ready_text, strlen(r.ready_text));
            continue;
        }
        if (attach || detach(&r.ready_fd, &status))
            start_again(folder, &r, NULL, attach);
        worst = status ? status : worst;
    }
    _exit(worst);
}

void verb_resume(const struct parsed *c)
{
    struct run r = {.ready_fd = -1};
    struct list argv = {0};
    char *folder = container_find(c->rest[0]);
    for (size_t k = 1; k < c->nrest; k++)
        list_add(&argv, c->rest[k]);
    if (argv.n < 2) { /* no command: a shell; one word: a command line for it, as LPMX had it */
        const char *line = argv.n ? argv.at[0] : NULL;
        argv = (struct list){0};
        list_add(&argv, "/bin/sh");
        if (line)
            list_add(&argv, "-c");
        if (line)
            list_add(&argv, line);
    }
    start_again(folder, &r, &argv, false);
}

void verb_exec(const struct parsed *c)
{
    struct plan *p = need(sizeof *p);
    struct run r = {.plan = p, .ready_fd = -1, .ready_text = "\n"};
    bool apart = parsed_bool(c, FIELD_DETACH, false);
    bool tty = parsed_bool(c, FIELD_TTY, false);
    int status;
    char *folder = container_find(c->rest[0]);
    container_load(p, folder);
    r.env = p->env;
    if (tty && !p->image->host)
        env_put(&r.env, "TERM=xterm");
    job_env(&r.env);
    env_add_flags(&r.env, c);
    for (size_t k = 1; k < c->nrest; k++)
        list_add(&r.argv, c->rest[k]);
    entry_take(p, c);
    entry_resolve(p, &r.env, c);
    r.plan_path = container_plan_for(p, parsed_value(c, FIELD_USER), parsed_value(c, FIELD_WORKDIR));
    binds_again(p);
    container_joined(folder);
    if (apart) {
        int ready_fd;
        if (!detach(&ready_fd, &status))
            _exit(status);
        detach_streams("/dev/null");
        r.ready_fd = ready_fd;
    } else if (run_wants_pty(tty, parsed_bool(c, FIELD_INTERACTIVE, false))) {
        r.pty = true;
        char *entry = container_enter(folder, "exec");
        bloom_enter(p);
        bool nobody_left;
        status = run_wait(&r, &nobody_left);
        unlink(entry);
        _exit(status);
    }
    container_enter(folder, "exec");
    bloom_enter(p);
    if (apart)
        write_all(r.ready_fd, "", 1);
    run_exec(&r);
}

static void plan_of_container(const struct parsed *c)
{
    struct text out = {0};
    struct list env = {0}, args = {0};
    for (size_t k = 0; k < c->nrest; k++)
        list_add(&args, c->rest[k]);
    env_add_flags(&env, c);
    text_add(&out, "{\"command\":");
    json_string(&out, c->command->words);
    text_add(&out, ",\"args\":");
    json_list(&out, &args);
    text_add(&out, ",\"env\":");
    json_list(&out, &env);
    static const struct {
        enum flag_field field;
        const char *name;
    } shown[] = {{FIELD_ATTACH, "attach"}, {FIELD_DETACH, "detach"}, {FIELD_INTERACTIVE, "interactive"}, {FIELD_TTY, "tty"},
                 {FIELD_USER, "user"},     {FIELD_WORKDIR, "workdir"}};
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++) {
        const char *value = parsed_value(c, shown[k].field);
        if (!value)
            continue;
        text_format(&out, ",\"%s\":", shown[k].name);
        json_string(&out, value);
    }
    text_add(&out, "}\n");
    write_all(1, out.at, out.len);
}

void verb_plan(const struct parsed *c)
{
    enum command_what what = c->command->what;
    if (what == COMMAND_START || what == COMMAND_EXEC || what == COMMAND_LPMX_RESUME) {
        plan_of_container(c);
        _exit(0);
    }
    struct plan *p = need(sizeof *p);
    compose(p, c, get_image(c, false), c->rest[0], c->rest + 1);
    p->name = parsed_value(c, FIELD_NAME);
    char *json = plan_json(p, c->command->words);
    _exit(write_all(1, json, strlen(json)) ? EXIT_ENGINE : 0);
}
