/* Submitting from inside: the job file that takes the place of the caller's script or command; see grid.h.
 *
 * A folder per submission, <store>/containers/<id>/jobs/<hash of what is in it>, so equal ones share it and it goes away with the container:
 *     .spec     NUL-terminated "KEY=VALUE": container, scheduler, user, cwd and hostcwd (guest and host path of the submission's folder),
 *               command, arg or interpreter; then as often as needed own (settings of lpmx), set (variables the job has), env (all variables)
 *     .script   the script as it was at submission: schedulers copy it then, too
 *     NAME      what the scheduler gets; named as the caller's file or command, since jobs are called by that */
#include "container.h"
#include "cross.h"
#include "files.h"
#include "grid.h"
#include "guest.h"
#include "origin.h"
#include "places.h"
#include "unpack.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define SCRIPT_MAX (16 << 20)
#define KEPT_SECONDS (180 * 86400) /* after the last job that began */

/* A file of the calling container. One that lies under a folder which the container has removed may still be found in the image. */
static char *read_guest(const char *path, size_t *len, int links)
{
    const struct plan *p = origin_plan();
    char *guest = clean_guest_path(path), *host = origin_path(guest), link[4096];
    struct stat st;
    if (host)
        return read_file(host, SCRIPT_MAX, len);
    host = format("%s/upper%s", p->tree, guest);
    ssize_t n = readlink(host, link, sizeof link - 1);
    if (n > 0 && links < 8) {
        link[n] = 0;
        return read_guest(*link == '/' ? link : format("%.*s/%s", (int)(strrchr(guest, '/') - guest), guest, link), len, links + 1);
    }
    if (lstat(host, &st) == 0)
        return read_file(host, SCRIPT_MAX, len);
    struct image image;
    char *text = image_find(p->image->id, &image) ? guest_read(&image, guest, SCRIPT_MAX) : NULL;
    if (text)
        *len = strlen(text);
    return text;
}

/* As the submitting commands look for it: sbatch also along PATH. */
static char *find_script(const struct submission *s, const char *name, size_t *len)
{
    const char *cwd = origin_cwd() ? origin_cwd() : "/", *path = env_get(origin_env(), "PATH");
    char *text = read_guest(*name == '/' ? name : format("%s/%s", cwd, name), len, 0);
    for (size_t n; !text && s->command->scheduler == GRID_SLURM && !strchr(name, '/') && path && *path; path += n + (path[n] == ':')) {
        n = strcspn(path, ":");
        text = read_guest(format("%.*s/%s", (int)n, path, name), len, 0);
    }
    return text;
}

static const char *prefix_of(const struct submission *s)
{
    static const char *const own[] = {"", "#$", "#SBATCH", "#PBS", "#BSUB"};
    return s->prefix ? s->prefix : own[s->command->scheduler];
}

/* The words of a directive line; quoted ones stay one, with their quotes. */
static struct list split(const char *at)
{
    struct list words = {0};
    for (size_t len; *(at += strspn(at, " \t\r")); at += len) {
        char quote = 0;
        for (len = 0; at[len] && (quote || !strchr(" \t\r", at[len])); len++)
            quote = quote ? (at[len] == quote ? 0 : quote) : at[len] == '"' || at[len] == '\'' ? at[len] : 0;
        list_add(&words, copy_text(at, len));
    }
    list_add(&words, NULL);
    words.n--;
    return words;
}

static void add_joined(struct text *out, const char *const *words)
{
    for (; *words; words++)
        text_format(out, "%s%s", out->len ? " " : "", *words);
}

/* One directive line for the job file, paths translated; what it asks for is noted in s. */
static void add_directive(struct text *job, struct submission *s, const char *prefix, const char *line)
{
    struct list words = split(line + strlen(prefix));
    struct text before = {0}, after = {0};
    s->out = (struct list){0};
    grid_words(s, words.at);
    add_joined(&before, words.at);
    if (s->out.n)
        add_joined(&after, s->out.at);
    add_joined(&after, words.at + s->used);
    if (before.at && after.at && !strcmp(before.at, after.at))
        text_format(job, "%s\n", line);
    else if (after.at)
        text_format(job, "%s %s\n", prefix, after.at);
}

static void add_directives(struct text *job, struct submission *s, const char *prefix, const char *script)
{
    enum grid_scheduler which = s->command->scheduler;
    for (size_t len; *prefix && *script; script += len + (script[len] == '\n')) {
        len = strcspn(script, "\n");
        char *line = copy_text(script, len);
        if (starts_with(line, prefix))
            add_directive(job, s, prefix, line);
        else if (which == GRID_SLURM && (starts_with(line, "#PBS") || starts_with(line, "#BSUB")))
            text_format(job, "%s\n", line);
        else if ((which == GRID_SLURM || which == GRID_PBS) && line[strspn(line, " \t")] && *line != '#')
            return; /* directives end where commands begin */
    }
}

static const char *quoted(const char *word)
{
    struct text out = {0};
    text_add(&out, "'");
    for (; *word; word++)
        text_format(&out, *word == '\'' ? "'\\''" : "%c", *word);
    text_add(&out, "'");
    return out.at;
}

static void put(struct text *spec, const char *key, const char *value)
{
    text_format(spec, "%s=%s", key, value);
    text_put(spec, "", 1);
}

/* What of the submission the job has to know. */
static void describe(struct text *spec, const struct submission *s, const char *interpreter)
{
    const struct plan *p = origin_plan();
    char cwd[4096];
    put(spec, "container", p->id);
    put(spec, "scheduler", grid_name(s->command->scheduler));
    put(spec, "user", p->user);
    put(spec, "cwd", origin_cwd() ? origin_cwd() : "/");
    put(spec, "hostcwd", getcwd(cwd, sizeof cwd) ? cwd : "");
    if (interpreter)
        put(spec, "interpreter", interpreter);
    for (char **e = environ; *e; e++)
        if (starts_with(*e, "XDG_CACHE_HOME=") || (starts_with(*e, "LPMX_") && !starts_with(*e, "LPMX_HOME=") && !starts_with(*e, GRID_MARK "=")))
            put(spec, "own", *e);
    for (size_t k = 0; k < s->set.n; k++)
        put(spec, "set", s->set.at[k]);
    for (size_t k = 0; k < origin_env()->n; k++)
        if (!starts_with(origin_env()->at[k], "LPMX_"))
            put(spec, "env", origin_env()->at[k]);
}

static void sweep(const char *jobs)
{
    struct listing list;
    const char *name;
    struct stat st;
    u8 type;
    listing_open(&list, jobs);
    while (getpid() % 16 == 0 && (name = listing_next(&list, &type)))
        if (stat(join_path(jobs, name), &st) == 0 && st.st_mtime < time(NULL) - KEPT_SECONDS)
            remove_tree(join_path(jobs, name));
}

static void write_or_fail(const char *path, const char *data, size_t len)
{
    int error = replace_file(path, data, len, 0700);
    if (error)
        fail("cannot submit: %s: %s", path, strerror(-error));
}

/* Writes the folder of a submission; path of the job file. `head`: what it begins with; command = it stands for a command. */
static char *write_job(const struct text *spec, const struct text *script, const struct text *head, const char *name, const char **mark, char **call)
{
    const struct plan *p = origin_plan();
    char *jobs = format("%s/jobs", container_entry(p->id));
    u64 hash = text_hash(format("%s %s %s", name, script ? script->at : "", head->at ? head->at : ""));
    for (size_t at = 0; at < spec->len; at += strlen(spec->at + at) + 1)
        hash = text_hash(format("%llx %s", (unsigned long long)hash, spec->at + at));
    char *folder = format("%s/%016llx", jobs, (unsigned long long)hash), *path = join_path(folder, name);
    const char *lpmx = lpmx_path() ? lpmx_path() : "lpmx", *where = join_path(folder, ".spec");
    struct text job = {0};
    text_add(&job, head->at ? head->at : "");
    *call = format("%s __job %s --", quoted(lpmx), quoted(where));
    text_format(&job, "# made by lpmx: runs in container %s\n", p->name);
    text_format(&job, "[ -x %s ] || { echo \"lpmx: cannot run this job on $(uname -n): there is no \"%s >&2; exit 127; }\n", quoted(lpmx), quoted(lpmx));
    text_format(&job, "exec %s \"$@\"\n", *call);
    int error = make_dirs(folder, 0700);
    if (error)
        fail("cannot submit: %s: %s", folder, strerror(-error));
    sweep(jobs);
    if (script)
        write_or_fail(join_path(folder, ".script"), script->at, script->len);
    write_or_fail(where, spec->at, spec->len);
    write_or_fail(path, job.at, job.len);
    *mark = format(GRID_MARK "=%016llx", (unsigned long long)hash);
    return path;
}

/* In a folder of the container alone nobody else could write a job's output. */
static void check_folder(const struct submission *s, bool moved)
{
    bool used = s->command->scheduler == GRID_SGE ? s->here : s->command->what == GRID_SCRIPT && s->command->scheduler != GRID_LSF;
    for (size_t k = 0; k < s->out.n; k++)
        used &= !starts_with(s->out.at[k], "-D") && !starts_with(s->out.at[k], "--chdir") && !starts_with(s->out.at[k], "-d");
    if (moved && used)
        fail("cannot submit from %s: it lies in the container's own part, which the scheduler does not see\n"
             "hint: use a folder that was mounted with -v", origin_cwd() ? origin_cwd() : "/");
}

static void check_container(const struct submission *s)
{
    const struct plan *p = origin_plan();
    if (p->flags & LPMX_CONTAINER_RM && s->command->what != GRID_WAITS && !s->sync)
        fail("cannot submit from container %s: it goes away when its main program ends (--rm), and jobs run later\n"
             "hint: make one that stays: lpmx create --name NAME IMAGE, then lpmx exec NAME COMMAND", p->name);
}

struct ready {
    struct list argv;
    const char *mark;
};

static void add_all(struct list *out, const char *const *words)
{
    for (; *words; words++)
        list_add(out, *words);
}

/* A command with its arguments: srun, -b y, PBS's --, LSF. */
static struct ready with_command(struct submission *s, const char *const *words)
{
    struct ready r = {{0}, NULL};
    struct text spec = {0}, head = {0}, line = {0};
    char *call;
    bool shell = s->command->scheduler == GRID_LSF; /* takes its words as one command line */
    add_joined(&line, words);
    text_add(&head, "#!/bin/sh\n");
    put(&spec, "command", shell ? "/bin/sh" : words[0]);
    if (shell) {
        put(&spec, "arg", "-c");
        put(&spec, "arg", line.at);
    }
    describe(&spec, s, NULL);
    char *path = write_job(&spec, NULL, &head, base_name(words[0]), &r.mark, &call);
    add_all(&r.argv, s->out.at ? s->out.at : &(const char *){NULL});
    if (shell && !s->named) {
        list_add(&r.argv, "-J");
        list_add(&r.argv, line.at);
    }
    list_add(&r.argv, path);
    if (!shell)
        add_all(&r.argv, words + 1);
    return r;
}

/* A script: of a file, from stdin (name NULL) or as text of --wrap. */
static struct ready with_script(struct submission *s, const char *name, const struct text *script, const char *const *args)
{
    struct ready r = {{0}, NULL};
    struct text spec = {0}, head = {0};
    struct submission lines = {.command = s->command};
    enum grid_scheduler which = s->command->scheduler;
    char *call;
    bool shebang = starts_with(script->at, "#!");
    if (shebang || which == GRID_LSF)
        text_add(&head, "#!/bin/sh\n"); /* sbatch refuses a script without */
    add_directives(&head, &lines, prefix_of(s), script->at);
    for (size_t k = 0; k < s->set.n; k++)
        env_put(&lines.set, s->set.at[k]);
    s->set = lines.set;
    s->here |= lines.here;
    const char *interpreter = s->interpreter ? s->interpreter : lines.interpreter;
    describe(&spec, s, interpreter ? interpreter : shebang ? "" : "/bin/sh");
    char *path = write_job(&spec, script, &head, name ? base_name(name) : "stdin", &r.mark, &call);
    add_all(&r.argv, s->out.at ? s->out.at : &(const char *){NULL});
    if (which == GRID_SGE || which == GRID_PBS) { /* whatever shell the queue or the user has */
        list_add(&r.argv, "-S");
        list_add(&r.argv, "/bin/sh");
    }
    if (s->wrap)
        list_add(&r.argv, format("--wrap=exec %s", call));
    else if (name)
        list_add(&r.argv, path);
    else if (dup2(open(path, O_RDONLY | O_CLOEXEC), 0) < 0)
        fail("cannot submit: %s: %s", path, strerror(errno));
    add_all(&r.argv, args);
    return r;
}

/* What the host's command is to be called with. The words as they are when nothing of ours is submitted. */
static struct ready prepare(struct submission *s, const char *const *words, bool moved)
{
    struct text script = {0};
    const char *const *left = words + s->used;
    bool command = s->command->what == GRID_WAITS || s->binary || (s->command->scheduler == GRID_LSF && *left);
    struct ready as_is = {{0}, NULL};
    add_all(&as_is.argv, words);
    if (s->asis || (command && !*left))
        return as_is;
    check_container(s);
    check_folder(s, moved);
    if (command)
        return with_command(s, left);
    if (s->wrap)
        text_format(&script, "#!/bin/sh\n# This script was created by sbatch --wrap.\n\n%s\n", s->wrap);
    else if (*left)
        script.at = find_script(s, *left, &script.len);
    else
        script.at = read_to_end(0, &script.len);
    if (!script.at)
        return as_is; /* the host's command says so */
    return with_script(s, s->wrap ? "wrap" : *left, &script, s->wrap || !*left ? left : left + 1);
}

void grid_submit(const struct grid_command *command, const char *program, char **argv)
{
    struct submission s = {.command = command};
    struct list args = {0};
    char before[4096], after[4096];
    const char *const *words = (const char *const *)argv + 1;
    if (!getcwd(before, sizeof before))
        *before = 0;
    cross_cwd_out();
    bool moved = !getcwd(after, sizeof after) || strcmp(before, after);
    grid_words(&s, words);
    struct ready r = prepare(&s, words, moved);
    struct list env = cross_env_out(origin_env(), origin_plan());
    for (size_t k = 0; k < s.set.n; k++)
        if (!env_get(&env, copy_text(s.set.at[k], strcspn(s.set.at[k], "="))))
            env_put(&env, s.set.at[k]);
    if (r.mark)
        env_put(&env, r.mark);
    if (r.argv.n)
        add_all(&args, r.argv.at);
    call_host(program, argv[0], &args, &env);
}
