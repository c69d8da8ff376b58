/* Options of submitting commands, by the table; see grid.h. Grid Engine and LSF have words that begin with one dash, Slurm and PBS
 * letters and (Slurm) long names, as getopt(3) reads them. */
#include "grid.h"
#include "files.h"
#include "origin.h"
#include <string.h>

/* A path on the host. Paths that are relative, or begin with a variable of the scheduler, mean the same there. Grid Engine and PBS allow
 * HOST:PATH; Grid Engine several with commas. */
static const char *one_path(const struct submission *s, const char *word)
{
    bool hosts = s->command->scheduler == GRID_SGE || s->command->scheduler == GRID_PBS;
    size_t host = hosts ? strcspn(word, ":/") : 0;
    const char *path = hosts && word[host] == ':' ? word + host + 1 : word;
    if (*path != '/')
        return word;
    char *there = origin_path(path);
    if (!there)
        fail("cannot submit with %s: it lies in the container's own part, which the scheduler does not see\n"
             "hint: use a folder that was mounted with -v", path);
    if (!strcmp(there, clean_guest_path(path)))
        return word;
    bool folder = path[strlen(path) - 1] == '/';
    return format("%.*s%s%s", (int)(path - word), word, there, folder ? "/" : "");
}

static const char *translate(const struct submission *s, const char *word)
{
    if (s->command->scheduler != GRID_SGE || !strchr(word, ','))
        return one_path(s, word);
    struct text out = {0};
    for (size_t len; *word; word += len + (word[len] == ',')) {
        len = strcspn(word, ",");
        text_format(&out, "%s%s", out.len ? "," : "", one_path(s, copy_text(word, len)));
    }
    return out.at;
}

/* NAME[=VALUE] with commas between; ALL, NONE and their like are the scheduler's to obey. */
static void export(struct submission *s, const char *word)
{
    for (size_t len; *word; word += len + (word[len] == ',')) {
        while (*word == ' ')
            word++;
        len = strcspn(word, ",");
        char *one = copy_text(word, len);
        const char *own = strchr(one, '=') ? NULL : env_get(origin_env(), one);
        if (strchr(one, '='))
            env_put(&s->set, one);
        else if (own)
            env_put(&s->set, format("%s=%s", one, own));
    }
}

/* Takes an option's argument; what the host's command gets in its place, NULL = neither option nor argument. */
static const char *take(struct submission *s, const struct grid_option *o, const char *value)
{
    switch (o->role) {
    case GRID_PATH:
        return translate(s, value);
    case GRID_INTERPRETER:
        s->interpreter = value;
        return NULL;
    case GRID_PREFIX:
        s->prefix = value;
        break;
    case GRID_BINARY:
        s->binary = *value == 'y' || *value == 'Y';
        break;
    case GRID_EXPORT:
        export(s, value);
        break;
    case GRID_WRAP:
        s->wrap = value;
        return NULL;
    case GRID_SYNC:
        s->sync |= !o->words || *value == 'y' || *value == 'Y';
        break;
    case GRID_HERE:
        s->here = true;
        break;
    case GRID_NAME:
        s->named = true;
        break;
    case GRID_ASIS:
        s->asis = true;
        break;
    }
    return value;
}

static const char *const *one_word(struct submission *s, const char *const *at)
{
    const struct grid_option *o = grid_option(s->command, *at, strlen(*at), false);
    const char *name = *at++;
    size_t words = o ? o->words : 0;
    if (!strcmp(name, "-binding") && *at && (!strcmp(*at, "env") || !strcmp(*at, "pe") || !strcmp(*at, "set")))
        words = 2;
    if (o && !words)
        take(s, o, "");
    if (!words || !*at) {
        list_add(&s->out, name);
        return at;
    }
    const char *value = take(s, o, *at++);
    if (value) {
        list_add(&s->out, name);
        list_add(&s->out, value);
    }
    for (size_t k = 1; k < words && *at; k++)
        list_add(&s->out, *at++);
    return at;
}

static const char *const *long_name(struct submission *s, const char *const *at)
{
    const char *name = *at++;
    size_t len = strcspn(name, "=");
    const struct grid_option *o = grid_option(s->command, name, len, true);
    if (!o || (o->words && !name[len] && !*at)) {
        list_add(&s->out, name);
        return at;
    }
    const char *given = name[len] ? name + len + 1 : o->words ? *at++ : "";
    const char *value = take(s, o, given);
    if (!value)
        return at;
    bool joined = name[len];
    list_add(&s->out, joined ? format("%.*s=%s", (int)len, name, value) : name);
    if (!joined && o->words)
        list_add(&s->out, value);
    return at;
}

static const char *const *letters(struct submission *s, const char *const *at)
{
    const char *word = *at++;
    for (size_t k = 1; word[k]; k++) {
        char name[3] = {'-', word[k], 0};
        const struct grid_option *o = grid_option(s->command, name, 2, false);
        if (!o || !o->words) {
            if (o)
                take(s, o, "");
            continue;
        }
        bool joined = word[k + 1];
        const char *given = joined ? word + k + 1 : *at ? *at++ : NULL;
        const char *value = given ? take(s, o, given) : NULL;
        char *before = copy_text(word, k + (!given || value));
        if (before[0] && before[1])
            list_add(&s->out, joined && value ? format("%s%s", before, value) : before);
        if (!joined && value)
            list_add(&s->out, value);
        return at;
    }
    list_add(&s->out, word);
    return at;
}

void grid_words(struct submission *s, const char *const *words)
{
    bool getopt = s->command->scheduler == GRID_SLURM || s->command->scheduler == GRID_PBS;
    const char *const *at = words;
    while (*at && (*at)[0] == '-' && (*at)[1]) {
        if (getopt && !strcmp(*at, "--")) {
            list_add(&s->out, *at++);
            s->binary |= s->command->scheduler == GRID_PBS;
            break;
        }
        at = !getopt ? one_word(s, at) : (*at)[1] == '-' ? long_name(s, at) : letters(s, at);
    }
    s->used = (size_t)(at - words);
}
