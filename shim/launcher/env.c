/* The environment of a container; see env.h. Rules of the file: docker/cli opts/file.go. */
#include "env.h"
#include "files.h"
#include "origin.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

void env_add_file(struct list *out, const char *path, const char *flag, bool inherit)
{
    size_t size;
    const char *at = read_file(origin_file(path, flag), 16 << 20, &size);
    if (!at)
        fail("cannot read the file of %s, \"%s\": %s", flag, path, strerror(errno));
    if (starts_with(at, "\xef\xbb\xbf"))
        at += 3;
    for (size_t len; *at; at += len + (at[len] == '\n')) {
        len = strcspn(at, "\n");
        size_t end = len && at[len - 1] == '\r' ? len - 1 : len;
        size_t skip = 0;
        while (skip < end && (at[skip] == ' ' || at[skip] == '\t'))
            skip++;
        if (skip == end || at[skip] == '#')
            continue;
        char *line = copy_text(at + skip, end - skip);
        size_t name = strcspn(line, "=");
        if (!name)
            fail("cannot use the file of %s, \"%s\": no variable name on line '%s'", flag, path, line);
        if (strcspn(line, " \t") < name)
            fail("cannot use the file of %s, \"%s\": variable '%.*s' contains whitespace", flag, path, (int)name, line);
        if (line[name] == '=' || !inherit)
            env_put(out, line[name] ? line : format("%s=", line));
        else if (env_get(origin_env(), line))
            env_put(out, format("%s=%s", line, env_get(origin_env(), line)));
    }
}

void env_add_flags(struct list *env, const struct parsed *p)
{
    for (size_t k = 0; k < p->nuses; k++)
        if (p->uses[k].flag->field == FIELD_ENV_FILE)
            env_add_file(env, p->uses[k].value, "--env-file", true);
    for (size_t k = 0; k < p->nuses; k++) {
        const char *value = p->uses[k].value;
        if (p->uses[k].flag->field != FIELD_ENV)
            continue;
        if (!*value || *value == '=')
            fail("cannot use -e \"%s\": it is written NAME=VALUE or NAME", value);
        /* A bare name that the caller lacks takes the image's away: docker does so. */
        const char *own = strchr(value, '=') ? NULL : env_get(origin_env(), value);
        env_put(env, own ? format("%s=%s", value, own) : value);
    }
}

struct list env_compose(const struct parsed *p, const struct image *image, const char *hostname, bool tty)
{
    struct list env = {0};
    list_add(&env, DEFAULT_PATH);
    if (image->host) {
        for (char **e = environ; *e; e++)
            if (!starts_with(*e, "LPMX_"))
                env_put(&env, *e);
        if (parsed_value(p, FIELD_HOSTNAME))
            env_put(&env, format("HOSTNAME=%s", hostname));
    } else {
        env_put(&env, format("HOSTNAME=%s", hostname));
        if (tty)
            env_put(&env, "TERM=xterm");
        for (size_t k = 0; k < image->env.n; k++)
            env_put(&env, image->env.at[k]);
    }
    env_add_flags(&env, p);
    return env;
}
