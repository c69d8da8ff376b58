/* Maps of a container, when it is made and later; see map.h. */
#include "map.h"
#include "broker.h"
#include "call.h"
#include "compose.h"
#include "container.h"
#include "files.h"
#include "guest.h"
#include "origin.h"
#include "places.h"
#include "replan.h"
#include "unpack.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HINT "\nhint: it is written TARGET=GUESTPATH, where TARGET is a program of the host (/usr/bin/qsub), an exposed command or CONTAINER:PROGRAM"

/* Where the command that stands for `c` is; the same for equal ones. */
static char *shared_command(const struct call *c, const char *name)
{
    struct text all = {0};
    for (size_t k = 0; k < c->keys.n; k++)
        if (!starts_with(c->keys.at[k], "time="))
            text_format(&all, "%s\n", c->keys.at[k]);
    return format("%s/maps/%016llx.%s", store_root(), (unsigned long long)text_hash(all.at), name);
}

void map_make(const struct plan_bind *b)
{
    if (!b->call || access(b->host, X_OK) == 0)
        return;
    int error = make_dirs(format("%s/maps", store_root()), 0700);
    if (!error)
        error = call_write(b->host, b->call);
    if (error)
        fail("cannot make the command %s: %s", b->host, strerror(-error));
}

static void set_call(struct plan_bind *b, struct call c, const char *program)
{
    struct call *kept = need(sizeof *kept);
    list_add(&c.keys, format("program=%s", program));
    *kept = c;
    b->call = kept;
    b->host = shared_command(kept, base_name(program));
}

static void of_container(struct plan_bind *b, const char *target, const char *colon)
{
    struct plan *p = need(sizeof *p);
    container_load(p, container_find(copy_text(target, (size_t)(colon - target))));
    struct call c = call_new("exec");
    list_add(&c.keys, format("container=%s", p->id));
    set_call(b, c, colon + 1);
}

static void of_host(struct plan_bind *b, const char *path, const char *word)
{
    struct call c;
    struct stat st;
    char *real = real_path(path);
    if (!real || stat(real, &st) < 0)
        fail("cannot use the map \"%s\": the host has no %s (%s)" HINT, word, path, strerror(errno));
    if (!S_ISREG(st.st_mode) || access(real, X_OK) < 0)
        fail("cannot use the map \"%s\": %s is not a program that you may run", word, path);
    if (call_read(real, &c) || (lpmx_path() && !strcmp(real, lpmx_path())))
        b->host = real; /* runs everywhere as it is */
    else
        set_call(b, call_new("host"), path); /* as it was named: some programs look at that */
}

/* What is to be shown for a target. */
static void set_target(struct plan_bind *b, const char *target, const char *word)
{
    const char *colon = strchr(target, ':');
    struct call c;
    b->target = target;
    if (*target == '/')
        return of_host(b, origin_file(target, "the map's program"), word);
    if (colon && colon[1])
        return of_container(b, target, colon);
    b->host = format("%s/bin/%s", store_root(), target);
    if (colon || !*target || strchr(target, '/') || !call_read(b->host, &c))
        fail("cannot use the map \"%s\": there is no exposed command \"%s\"" HINT, word, target);
}

/* docker's -m is --memory, which has no effect here. */
static bool is_memory(const char *word)
{
    size_t digits = strspn(word, "0123456789");
    return digits && strspn(word + digits, "bkmgBKMG") == strlen(word + digits);
}

void map_add(struct plan *p, const char *word)
{
    const char *at = strstr(word, "=/");
    if (!at || at == word)
        fail("cannot use the map \"%s\": no path of the container in it" HINT, word);
    char *guest = guest_canonical(p->image, at + 1);
    if (!guest || !strcmp(guest, "/"))
        fail("cannot use the map \"%s\": %s cannot be a program's path", word, at + 1);
    struct plan_bind *b = bind_add(p, guest, LPMX_BIND_RO | LPMX_BIND_FILE | LPMX_BIND_MAP, false, word);
    set_target(b, copy_text(word, (size_t)(at - word)), word);
}

/* LPMX wrote several in one word: HOST=GUEST:HOST=GUEST. */
static void lpmx_maps(struct plan *p, const char *word)
{
    while (*word) {
        const char *equals = strstr(word, "=/");
        size_t len = equals ? (size_t)(equals - word) + strcspn(equals, ":") : strlen(word);
        map_add(p, copy_text(word, len));
        word += len + (word[len] == ':');
    }
}

void maps_compose(struct plan *p, const struct parsed *c)
{
    for (size_t k = 0; k < c->nuses; k++) {
        if (c->uses[k].flag->field == FIELD_MAP && !is_memory(c->uses[k].value))
            map_add(p, c->uses[k].value);
        if (c->uses[k].flag->field == FIELD_LPMX_MAP)
            lpmx_maps(p, c->uses[k].value);
    }
}

void maps_default(struct plan *p)
{
    static const char *const folders[] = {"/usr/local/bin", "/usr/bin", "/bin"};
    for (size_t k = 0; lpmx_path() && k < 3; k++) {
        char *folder = guest_canonical(p->image, folders[k]);
        if (!folder || !S_ISDIR(guest_mode(p->image, folder)))
            continue;
        char *guest = format("%s/lpmx", folder);
        if (!guest_mode(p->image, guest))
            bind_add(p, guest, LPMX_BIND_RO | LPMX_BIND_FILE | LPMX_BIND_MAP | LPMX_BIND_HIDDEN, false, "")->host = lpmx_path();
        return;
    }
}

struct plan *map_load(const char *container)
{
    struct plan *p = need(sizeof *p);
    container_load(p, container_find(container));
    container_load_image(p);
    return p;
}

static void add_all(struct plan *p, const void *words)
{
    for (const char *const *word = words; *word; word++)
        map_add(p, *word);
    for (size_t k = 0; k < p->nbinds; k++)
        map_make(&p->binds[k]);
}

void verb_map_add(const struct parsed *c)
{
    struct plan *p = map_load(c->rest[0]);
    replan(p->folder, add_all, c->rest + 1);
    _exit(0);
}

void map_remove(struct plan *p, const char *word)
{
    if (!bind_remove(p, word, LPMX_BIND_MAP))
        fail("cannot remove the map: nothing is mapped at %s\nhint: lpmx map ls %s", word, p->name);
}

static void remove_all(struct plan *p, const void *words)
{
    for (const char *const *word = words; *word; word++)
        map_remove(p, *word);
}

void verb_map_rm(const struct parsed *c)
{
    struct plan *p = map_load(c->rest[0]);
    replan(p->folder, remove_all, c->rest + 1);
    _exit(0);
}

const char *map_target(const struct plan_bind *b)
{
    struct call call;
    if (!call_read(b->host, &call) || !call_get(&call, "program"))
        return b->host;
    const char *container = call_get(&call, "container");
    return container ? format("%.12s:%s", container, call_get(&call, "program")) : call_get(&call, "program");
}

bool map_brokered(const struct plan *p, const struct plan_bind *b)
{
    struct call call;
    const char *kind = call_read(b->host, &call) ? call_get(&call, "kind") : NULL, *program = kind ? call_get(&call, "program") : NULL;
    return program && !strcmp(kind, "host") && broker_wants(p, program);
}

void verb_map_ls(const struct parsed *c)
{
    struct plan *p = map_load(c->rest[0]);
    struct text out = {0};
    bool json = parsed_bool(c, FIELD_JSON, false);
    text_add(&out, json ? "[" : format("%-32s %s\n", "GUEST PATH", "TARGET"));
    for (size_t k = 0, n = 0; k < p->nbinds; k++) {
        if (!(p->binds[k].flags & LPMX_BIND_MAP) || p->binds[k].flags & LPMX_BIND_HIDDEN)
            continue;
        const char *target = map_target(&p->binds[k]);
        if (json) {
            text_add(&out, n++ ? ",{\"guest\":" : "{\"guest\":");
            json_string(&out, p->binds[k].guest);
            text_add(&out, ",\"target\":");
            json_string(&out, target);
            text_add(&out, map_brokered(p, &p->binds[k]) ? ",\"broker\":true}" : "}");
        } else {
            text_format(&out, "%-32s %s%s\n", p->binds[k].guest, target, map_brokered(p, &p->binds[k]) ? " (broker)" : "");
        }
    }
    text_add(&out, json ? "]\n" : "");
    _exit(write_all(1, out.at, out.len) ? EXIT_ENGINE : 0);
}
