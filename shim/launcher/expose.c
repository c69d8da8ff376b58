/* lpmx expose, and its list; see expose.h. */
#include "expose.h"
#include "call.h"
#include "container.h"
#include "files.h"
#include "guest.h"
#include "places.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *command_path(const char *name)
{
    return format("%s/bin/%s", store_root(), name);
}

/* Whether the container has a program at a guest path: its image, its writable layer or a mount. A link of the layer is believed. */
static bool has_at(const struct plan *p, const struct image *image, const char *path)
{
    struct stat st;
    char *guest = guest_canonical(image, path);
    if (!guest)
        return false;
    const struct plan_bind *b = plan_bind_at(p, guest);
    if (b)
        return stat(plan_bind_path(b, guest), &st) == 0 && S_ISREG(st.st_mode);
    u32 mode = guest_mode(image, guest);
    return (S_ISREG(mode) && mode & 0111) || lstat(format("%s/upper%s", p->tree, guest), &st) == 0;
}

static bool has_program(const struct plan *p, const char *program)
{
    struct image image;
    if (!image_find(p->image->id, &image))
        return true; /* its image is gone: nobody can tell */
    if (*program == '/')
        return has_at(p, &image, program);
    const char *path = env_get(&p->env, "PATH");
    for (size_t len; path && *path; path += len + (path[len] == ':')) {
        len = strcspn(path, ":");
        if (len && has_at(p, &image, format("%.*s/%s", (int)len, path, program)))
            return true;
    }
    return false;
}

static void check_name(const char *name)
{
    if (!*name || *name == '.' || *name == '-' || strchr(name, '/') || strlen(name) > 200)
        fail("cannot expose a program as \"%s\": that is no name for a file in a folder of commands\nhint: give another with --name", name);
}

static void check_free(const char *path, const struct parsed *c, const char *id, const char *program)
{
    struct call there;
    if (access(path, F_OK) < 0 || parsed_bool(c, FIELD_FORCE, false))
        return;
    if (!call_read(path, &there))
        fail("cannot expose %s: %s is there and was not made by lpmx\nhint: give another name with --name", program, path);
    const char *whose = call_get(&there, "container"), *what = call_get(&there, "program");
    if (!whose || !what || strcmp(whose, id) || strcmp(what, program))
        fail("cannot expose %s: the name is taken by %s of container %.12s\nhint: give another name with --name, or replace it with --force", program,
             what ? what : "a program", whose ? whose : "?");
}

void verb_expose(const struct parsed *c)
{
    const char *container = parsed_value(c, FIELD_ID), *program = parsed_value(c, FIELD_PROGRAM), *name = parsed_value(c, FIELD_NAME);
    size_t used = 0;
    if (!container)
        container = used < c->nrest ? c->rest[used++] : NULL;
    if (!program)
        program = used < c->nrest ? c->rest[used++] : NULL;
    if (!container || !program || used < c->nrest)
        fail_usage(c->command, "lpmx expose needs a container and one program of it");
    struct plan *p = need(sizeof *p);
    container_load(p, container_find(container));
    if (p->flags & LPMX_CONTAINER_RM)
        fail("cannot expose %s: container %s goes away when it ends (--rm)\nhint: make a container that stays: lpmx create", program, container);
    if (!*program || (strchr(program, '/') && *program != '/'))
        fail("cannot expose \"%s\": give a name that is on the container's PATH, or an absolute path in it", program);
    if (!has_program(p, program))
        fail("cannot expose %s: container %s has no such program\nhint: give its path in the container", program, container);
    if (!name)
        name = base_name(program);
    check_name(name);
    char *path = command_path(name);
    check_free(path, c, p->id, program);
    struct call call = call_new("exec");
    list_add(&call.keys, format("container=%s", p->id));
    list_add(&call.keys, format("program=%s", program));
    if (parsed_value(c, FIELD_USER))
        list_add(&call.keys, format("user=%s", parsed_value(c, FIELD_USER)));
    if (parsed_value(c, FIELD_WORKDIR))
        list_add(&call.keys, format("workdir=%s", parsed_value(c, FIELD_WORKDIR)));
    if (parsed_bool(c, FIELD_CLEAN_ENV, false))
        list_add(&call.keys, "clean=1");
    for (size_t k = 0; k < c->nuses; k++)
        if (c->uses[k].flag->field == FIELD_ENV)
            list_add(&call.keys, format("env=%s", c->uses[k].value));
    int error = make_dirs(join_path(store_root(), "bin"), 0755);
    if (!error)
        error = call_write(path, &call);
    if (error)
        fail("cannot write the command %s: %s", path, strerror(-error));
    char *line = format("%s\n", path);
    _exit(write_all(1, line, strlen(line)) ? EXIT_ENGINE : 0);
}

void verb_expose_rm(const struct parsed *c)
{
    int status = 0;
    for (size_t k = 0; k < c->nrest; k++) {
        struct call call;
        char *path = command_path(c->rest[k]);
        if (strchr(c->rest[k], '/') || !call_read(path, &call)) {
            warn("cannot remove %s: no such exposed command (lpmx expose ls lists them)", c->rest[k]);
            status = 1;
        } else if (unlink(path) < 0) {
            warn("cannot remove %s: %s", path, strerror(errno));
            status = 1;
        }
    }
    _exit(status);
}

static void add_row(struct text *out, bool json, const char *name, const struct call *call)
{
    const char *id = call_get(call, "container"), *program = call_get(call, "program");
    char *folder = id ? container_folder(id) : NULL;
    bool there = folder && container_exists(folder);
    struct plan *p = need(sizeof *p);
    if (there)
        container_load(p, folder);
    if (!json) {
        text_format(out, "%-24s %-32s %s\n", name, there ? p->name : format("%.12s (gone)", id ? id : "?"), program ? program : "?");
        return;
    }
    text_add(out, out->len > 1 ? ",{\"name\":" : "{\"name\":");
    json_string(out, name);
    text_add(out, ",\"containerId\":");
    json_string(out, id ? id : "");
    text_add(out, ",\"container\":");
    json_string(out, there ? p->name : "");
    text_add(out, ",\"program\":");
    json_string(out, program ? program : "");
    text_add(out, ",\"path\":");
    json_string(out, command_path(name));
    text_add(out, "}");
}

void verb_expose_ls(const struct parsed *c)
{
    bool json = parsed_bool(c, FIELD_JSON, false), quiet = parsed_bool(c, FIELD_QUIET, false);
    struct text out = {0};
    struct list names = {0};
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, join_path(store_root(), "bin"));
    while ((name = listing_next(&list, &type)))
        list_add(&names, copy_text(name, strlen(name)));
    list_sort(&names);
    text_add(&out, json ? "[" : quiet ? "" : format("%-24s %-32s %s\n", "NAME", "CONTAINER", "PROGRAM"));
    for (size_t k = 0; k < names.n; k++) {
        struct call call;
        if (!call_read(command_path(names.at[k]), &call))
            continue;
        if (quiet && !json)
            text_format(&out, "%s\n", names.at[k]);
        else
            add_row(&out, json, names.at[k], &call);
    }
    text_add(&out, json ? "]\n" : "");
    _exit(out.len && write_all(1, out.at, out.len) ? EXIT_ENGINE : 0);
}
