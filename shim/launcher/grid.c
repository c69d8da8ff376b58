/* Which scheduler this host has, and its commands in a container; see grid.h. */
#include "grid.h"
#include "compose.h"
#include "files.h"
#include "guest.h"
#include "origin.h"
#include "unpack.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of the scheduler's commands, NULL where this host has none. A few calls of access(2): this is done at each start. */
static const char *commands_of(enum grid_scheduler s)
{
    char *path = find_on_path(grid_command_at(s, 0)->name);
    return path ? copy_text(path, (size_t)(strrchr(path, '/') - path)) : NULL;
}

static enum grid_scheduler find_scheduler(const char **folder)
{
    bool sge = setting("SGE_ROOT");
    if (sge && (*folder = commands_of(GRID_SGE)))
        return GRID_SGE;
    if ((*folder = commands_of(GRID_SLURM)))
        return GRID_SLURM;
    if (!sge && find_on_path("pbsnodes") && (*folder = commands_of(GRID_PBS)))
        return GRID_PBS;
    if (setting("LSF_ENVDIR") && (*folder = commands_of(GRID_LSF)))
        return GRID_LSF;
    return GRID_NONE;
}

/* Where programs find commands in the image: the host's place if it has that folder, else where a PATH surely leads. */
static const char *guest_folder(const struct plan *p, const char *host)
{
    const char *const tried[] = {host, "/usr/bin", "/bin", "/usr/local/bin"};
    const char *path = env_get(&p->env, "PATH");
    for (size_t k = 0; k < sizeof tried / sizeof *tried; k++) {
        char *guest = guest_canonical(p->image, tried[k]);
        bool searched = k || (path && strstr(format(":%s:", path), format(":%s:", tried[k])));
        if (searched && guest && S_ISDIR(guest_mode(p->image, guest)))
            return guest;
    }
    return NULL;
}

/* over: also where the image has a file of that name, since the scheduler was asked for. */
static void show_commands(struct plan *p, enum grid_scheduler s, const char *host, bool over)
{
    const char *folder = guest_folder(p, host);
    const struct grid_command *c;
    for (size_t k = 0; folder && (c = grid_command_at(s, k)); k++) {
        char *guest = join_path(folder, c->name), *program = join_path(host, c->name);
        if (!lpmx_path() || access(program, X_OK) < 0 || (!over && guest_mode(p->image, guest)))
            continue;
        bind_add(p, guest, LPMX_BIND_RO | LPMX_BIND_FILE | LPMX_BIND_MAP | LPMX_BIND_HIDDEN, false, "")->host = lpmx_path();
    }
}

static bool is_shown(const struct plan *p, const char *guest)
{
    for (size_t k = 0; k < p->nbinds; k++)
        if (p->binds[k].flags & LPMX_BIND_HIDDEN && !strcmp(p->binds[k].guest, guest))
            return true;
    return false;
}

/* All of a scheduler's commands are lpmx itself in a container, so that showing them costs no file; which is meant says the name it was found by. */
void grid_stand_in(char **argv)
{
    const char *guest = origin_program(), *name = guest ? base_name(guest) : NULL;
    if (!guest || !strcmp(name, "lpmx") || !origin_plan() || !is_shown(origin_plan(), guest))
        return;
    const struct list *shown = &origin_plan()->grid;
    const struct grid_command *c = shown->n == 2 ? grid_command(grid_named(shown->at[0]), name) : NULL;
    if (!c)
        return;
    char *program = join_path(shown->at[1], name);
    if (access(program, X_OK) < 0 && find_on_path(name)) /* another node has it elsewhere */
        program = find_on_path(name);
    if (c->what == GRID_QUERY)
        call_serve_host(&(struct call){{0}}, program, argv);
    grid_submit(c, program, argv);
}

void grid_compose(struct plan *p, const struct parsed *c)
{
    const char *word = parsed_value(c, FIELD_GRID), *folder = NULL, *name;
    bool automatic = !word || !strcasecmp(word, "auto");
    enum grid_scheduler s = automatic ? find_scheduler(&folder) : grid_named(word);
    if (!automatic && s == GRID_NONE && strcasecmp(word, "none"))
        fail("cannot use --grid %s: the schedulers are sge, slurm, pbs and lsf; auto is what is found here, none is none of them", word);
    if (s == GRID_NONE)
        return;
    if (!automatic && !(folder = commands_of(s)))
        fail("cannot use --grid %s: there is no %s on this host's PATH\nhint: load the scheduler's module first, or leave --grid out", word,
             grid_command_at(s, 0)->name);
    show_commands(p, s, folder, !automatic);
    list_add(&p->grid, grid_name(s));
    list_add(&p->grid, folder);
    for (size_t k = 0; (name = grid_setting_at(s, k)); k++)
        if (setting(name) && !env_get(&p->env, name)) {
            env_put(&p->env, format("%s=%s", name, setting(name)));
            list_add(&p->given, format("host-env=%s", name));
        }
}
