/* The composer; see compose.h. Rules: ecosystem of docker, `docker run --help` and the OCI image config. */
#include "compose.h"
#include "broker.h"
#include "entry.h"
#include "env.h"
#include "files.h"
#include "grid.h"
#include "guest.h"
#include "map.h"
#include "places.h"
#include <string.h>
#include <unistd.h>

#define STOP_TIMEOUT 10 /* seconds between the stop signal and KILL, as docker */
#define ACTION_SCRIPT "/.singularity.d/lpmx" /* src/engine/singularity/action_script.ts */

int signal_number(const char *text)
{
    static const char names[][7] = {"HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
                                    "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
                                    "WINCH", "IO", "PWR", "SYS"};
    u64 number;
    if (parse_number(text, 64, &number))
        return (int)number;
    if (!strncasecmp(text, "SIG", 3))
        text += 3;
    if (!strncasecmp(text, "RTMIN+", 6) && parse_number(text + 6, 30, &number))
        return 34 + (int)number;
    if (!strncasecmp(text, "RTMAX-", 6) && parse_number(text + 6, 30, &number))
        return 64 - (int)number;
    for (int k = 0; k < 31; k++)
        if (!strcasecmp(text, names[k]))
            return k + 1;
    return 0;
}

static const char *shell_of(const struct image *image)
{
    char *bash = guest_canonical(image, "/bin/bash");
    return bash && guest_mode(image, bash) ? "/bin/bash" : "/bin/sh";
}

/* LPMX gave its words to a shell. One word still goes there, as it may be a whole command line; several stay as they are, so
 * that blanks in them survive. An entrypoint is left out, but for the one that only sets up the environment of a SIF. */
static void lpmx_command(struct plan *p, const struct parsed *c, const char *const *args)
{
    if (p->image->entrypoint.n == 1 && !strcmp(p->image->entrypoint.at[0], ACTION_SCRIPT))
        p->entrypoint = p->image->entrypoint;
    if (c->command->what == COMMAND_LPMX_CREATE || !args[1]) {
        list_add(&p->cmd, shell_of(p->image));
        if (c->command->what == COMMAND_LPMX_FASTRUN) {
            list_add(&p->cmd, "-c");
            list_add(&p->cmd, args[0]);
        }
        return;
    }
    for (; *args; args++)
        list_add(&p->cmd, *args);
}

static void compose_command(struct plan *p, const struct parsed *c, const char *const *args)
{
    const char *entrypoint = parsed_value(c, FIELD_ENTRYPOINT);
    if (c->command->what == COMMAND_LPMX_CREATE || c->command->what == COMMAND_LPMX_FASTRUN)
        return lpmx_command(p, c, args);
    if (!entrypoint)
        p->entrypoint = p->image->entrypoint;
    else if (*entrypoint)
        list_add(&p->entrypoint, entrypoint);
    for (const char *const *arg = args; *arg; arg++)
        list_add(&p->cmd, *arg);
    if (!*args && !entrypoint) /* a given entrypoint takes the image's CMD away, also an empty one */
        p->cmd = p->image->cmd;
    if (p->image->host && !p->cmd.n && !p->entrypoint.n)
        list_add(&p->cmd, "/bin/sh");
    if (!p->cmd.n && !p->entrypoint.n)
        fail("cannot run %s: no command specified, and the image has none\nhint: give one after its name", p->image_name);
    const char *first = p->entrypoint.n ? p->entrypoint.at[0] : p->cmd.at[0];
    if (!*first)
        fail("cannot run %s: the command is an empty word", p->image_name);
}

/* The owner that plain files of the writable layer show: what the user resolves to in the image. An unknown name is left to
 * lpmx-start, which looks into the container's own /etc/passwd and complains. */
static void compose_owner(struct plan *p)
{
    char *user = copy_text(p->user, strcspn(p->user, ":"));
    const char *group = p->user[strlen(user)] ? p->user + strlen(user) + 1 : NULL;
    u64 uid = 0, gid = 0;
    if (!*user)
        return;
    char *passwd = guest_read(p->image, "/etc/passwd", 16 << 20);
    bool numeric = parse_number(user, UINT32_MAX - 1, &uid);
    if (passwd) {
        int by = numeric ? 2 : 0;
        char *found_uid = colon_field(passwd, by, user, 2), *found_gid = colon_field(passwd, by, user, 3);
        if (found_uid && found_gid && !(parse_number(found_uid, UINT32_MAX - 1, &uid) && parse_number(found_gid, UINT32_MAX - 1, &gid)))
            return;
    }
    if (group && !parse_number(group, UINT32_MAX - 1, &gid)) {
        char *groups = guest_read(p->image, "/etc/group", 16 << 20);
        char *found = groups ? colon_field(groups, 0, group, 2) : NULL;
        if (!found || !parse_number(found, UINT32_MAX - 1, &gid))
            return;
    }
    p->owner_uid = (u32)uid;
    p->owner_gid = (u32)gid;
}

static void compose_place(struct plan *p, const struct parsed *c)
{
    const char *workdir = parsed_value(c, FIELD_WORKDIR);
    if (workdir && *workdir != '/')
        fail("cannot use the working directory \"%s\": it has to be an absolute path in the container", workdir);
    char cwd[4096];
    if (!workdir && p->image->host && getcwd(cwd, sizeof cwd))
        workdir = copy_text(cwd, strlen(cwd));
    if (!workdir)
        workdir = *p->image->workdir ? p->image->workdir : "/";
    p->workdir = clean_guest_path(workdir);
    const char *user = parsed_value(c, FIELD_USER);
    p->user = user ? user : p->image->user;
    const char *hostname = parsed_value(c, FIELD_HOSTNAME);
    p->hostname = hostname && *hostname ? hostname : node_name();
    const char *stop = parsed_value(c, FIELD_STOP_SIGNAL);
    p->stop_signal = p->image->stop_signal;
    if (stop && !(p->stop_signal = (u32)signal_number(stop)))
        fail("cannot use --stop-signal %s: invalid signal\nhint: give a name like SIGTERM or a number", stop);
    const char *timeout = parsed_value(c, FIELD_STOP_TIMEOUT);
    p->stop_timeout = STOP_TIMEOUT;
    if (timeout && !parse_number(timeout, 1 << 30, &p->stop_timeout))
        fail("cannot use --stop-timeout %s: it has to be a number of seconds", timeout);
}

static void compose_layers(struct plan *p)
{
    if (p->image->host) {
        list_add(&p->layers, "/");
        p->index = "";
        return;
    }
    /* Paths of another store cannot be relative to ours. */
    bool own = !strcmp(p->image->store, store_root());
    for (size_t k = 0; k < p->image->layers.n; k++)
        list_add(&p->layers, own ? p->image->layers.at[k] : join_path(p->image->store, p->image->layers.at[k]));
    p->index = own ? p->image->index : join_path(p->image->store, p->image->index);
}

static void compose_labels(struct plan *p, const struct parsed *c)
{
    for (size_t k = 0; k < c->nuses; k++)
        if (c->uses[k].flag->field == FIELD_LABEL_FILE)
            env_add_file(&p->labels, c->uses[k].value, "--label-file", false);
    for (size_t k = 0; k < c->nuses; k++) {
        const char *value = c->uses[k].value;
        if (c->uses[k].flag->field == FIELD_LABEL)
            env_put(&p->labels, strchr(value, '=') ? value : format("%s=", value));
    }
}

/* What goes into generated files or is looked up on this host: needed to make the container again elsewhere (lpmx package). */
static void compose_given(struct plan *p, const struct parsed *c)
{
    for (size_t k = 0; k < c->nuses; k++) {
        const char *value = c->uses[k].value;
        if (c->uses[k].flag->field == FIELD_HOSTNAME && *value)
            list_add(&p->given, format("hostname=%s", value));
        else if (c->uses[k].flag->field == FIELD_ADD_HOST)
            list_add(&p->given, format("add-host=%s", value));
        else if (c->uses[k].flag->field == FIELD_GRID)
            list_add(&p->given, format("grid=%s", value));
    }
}

/* The host's network is all there is: what asks for its ports and names is granted, a mapping is not. */
static void check_network(const struct parsed *c)
{
    for (size_t k = 0; k < c->nuses; k++) {
        const char *value = c->uses[k].value;
        if (c->uses[k].flag->field == FIELD_NETWORK) {
            bool known = !strcmp(value, "host") || !strcmp(value, "bridge") || !strcmp(value, "default") || !strcmp(value, "none");
            if (!known && !starts_with(value, "container:"))
                fail("cannot use --network %s: there are no networks of that kind\nhint: the host's network is used, so leave it out", value);
            if (!strcmp(value, "none"))
                note("--network none has no effect: the host's network is used as it is");
        } else if (c->uses[k].flag->field == FIELD_PUBLISH) {
            char *ports = copy_text(value, strcspn(value, "/"));
            char *inside = strrchr(ports, ':');
            if (inside) {
                *inside++ = 0;
                const char *outside = strrchr(ports, ':') ? strrchr(ports, ':') + 1 : ports;
                if (*outside && strcmp(outside, inside))
                    fail("cannot publish %s: ports are the host's own\nhint: let the program listen on %s, or say -p %s:%s", value, outside, inside, inside);
            }
        }
    }
}

static u32 engine_flag(const struct parsed *c)
{
    const char *name = parsed_value(c, FIELD_ENGINE);
    if (!name || !strcmp(name, "auto"))
        return 0;
    if (strcmp(name, LPMX_ENGINE_TRAP) && strcmp(name, LPMX_ENGINE_PRELOAD))
        fail("unknown engine \"%s\"\nhint: --engine takes trap, preload or auto", name);
    return strcmp(name, LPMX_ENGINE_TRAP) ? LPMX_CONTAINER_PRELOAD : LPMX_CONTAINER_TRAP;
}

void compose(struct plan *p, const struct parsed *c, const struct image *image, const char *image_word, const char *const *args)
{
    enum command_what what = c->command->what;
    bool lpmx_shell = what == COMMAND_LPMX_CREATE && isatty(0);
    p->image = image;
    p->image_name = image_word;
    p->flags = (image->host ? LPMX_CONTAINER_HOST : 0) | (parsed_bool(c, FIELD_READ_ONLY, false) ? LPMX_CONTAINER_READONLY : 0) |
               (parsed_bool(c, FIELD_RM, what == COMMAND_LPMX_FASTRUN) ? LPMX_CONTAINER_RM : 0) |
               (parsed_bool(c, FIELD_TTY, lpmx_shell) ? LPMX_CONTAINER_TTY : 0) |
               (parsed_bool(c, FIELD_INTERACTIVE, lpmx_shell) ? LPMX_CONTAINER_STDIN : 0) | engine_flag(c);
    check_network(c);
    compose_command(p, c, args);
    compose_place(p, c);
    compose_owner(p);
    compose_layers(p);
    compose_labels(p, c);
    compose_given(p, c);
    p->env = env_compose(c, image, p->hostname, p->flags & LPMX_CONTAINER_TTY);
    etc_compose(p, c);
    maps_default(p);
    grid_compose(p, c);
    binds_compose(p, c);
    maps_compose(p, c);
    entry_take(p, c);
    brokers_compose(p, c);
}
