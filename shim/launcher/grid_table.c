/* Looking things up in grid.def; see grid.h. */
#include "grid.h"
#include <string.h>

#define COMMAND(s, n, w)
#define OPTION(s, c, o, n, r)
#define VARIABLE(s, p)
#define FOLDER(s, n)
#define SETTING(s, n)

#undef COMMAND
#define COMMAND(s, n, w) {GRID_##s, GRID_##w, n},
static const struct grid_command commands[] = {
#include "grid.def"
};
#undef COMMAND
#define COMMAND(s, n, w)

#undef OPTION
#define OPTION(s, c, o, n, r) {GRID_##s, n, GRID_##r, c, o},
static const struct grid_option options[] = {
#include "grid.def"
};
#undef OPTION
#define OPTION(s, c, o, n, r)

struct named {
    u8 scheduler;
    const char *name;
};

#undef VARIABLE
#define VARIABLE(s, p) {GRID_##s, p},
static const struct named variables[] = {
#include "grid.def"
};
#undef VARIABLE
#define VARIABLE(s, p)

#undef FOLDER
#define FOLDER(s, n) {GRID_##s, n},
static const struct named folders[] = {
#include "grid.def"
};
#undef FOLDER
#define FOLDER(s, n)

#undef SETTING
#define SETTING(s, n) {GRID_##s, n},
static const struct named settings[] = {
#include "grid.def"
};

#define COUNT(array) (sizeof array / sizeof *array)

static const char *const names[] = {"none", "sge", "slurm", "pbs", "lsf"};

enum grid_scheduler grid_named(const char *word)
{
    for (size_t k = 1; k < COUNT(names); k++)
        if (!strcasecmp(word, names[k]))
            return (enum grid_scheduler)k;
    return GRID_NONE;
}

const char *grid_name(enum grid_scheduler s)
{
    return names[s];
}

const struct grid_command *grid_command_at(enum grid_scheduler s, size_t k)
{
    for (size_t n = 0; n < COUNT(commands); n++)
        if (commands[n].scheduler == s && !k--)
            return &commands[n];
    return NULL;
}

const struct grid_command *grid_command(enum grid_scheduler s, const char *name)
{
    for (size_t n = 0; n < COUNT(commands); n++)
        if (commands[n].scheduler == s && !strcmp(commands[n].name, name))
            return &commands[n];
    return NULL;
}

const struct grid_option *grid_option(const struct grid_command *c, const char *name, size_t len, bool abbreviated)
{
    const struct grid_option *found = NULL;
    for (size_t k = 0; k < COUNT(options); k++) {
        const struct grid_option *o = &options[k];
        if (o->scheduler != c->scheduler || (*o->command && strcmp(o->command, c->name)) || strncmp(o->name, name, len))
            continue;
        if (!o->name[len])
            return o;
        if (abbreviated && !found)
            found = o;
    }
    return found;
}

static const char *named_at(const struct named *list, size_t n, enum grid_scheduler s, size_t k)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].scheduler == s && !k--)
            return list[i].name;
    return NULL;
}

bool grid_variable(enum grid_scheduler s, const char *assignment)
{
    const char *name;
    for (size_t k = 0; (name = named_at(variables, COUNT(variables), s, k)); k++)
        if (env_named(assignment, name))
            return true;
    return false;
}

const char *grid_folder_at(enum grid_scheduler s, size_t k)
{
    return named_at(folders, COUNT(folders), s, k);
}

const char *grid_setting_at(enum grid_scheduler s, size_t k)
{
    return named_at(settings, COUNT(settings), s, k);
}
