/* Settings of a container that may be running; see set.h. Everything takes effect at the next exec of each of its programs (replan.h): variables too,
 * which lpmx-start puts into environments that were made before (shim/start/environment.c). */
#include "set.h"
#include "broker.h"
#include "compose.h"
#include "container.h"
#include "env.h"
#include "files.h"
#include "map.h"
#include "replan.h"
#include "volume.h"
#include <string.h>
#include <unistd.h>

/* Everything asked for, in the order in which it is done. */
struct wishes {
    struct list unset, env, rm_maps, rm_volumes, volumes, maps, brokered, rm_brokered;
};

static bool same_name(const char *assignment, const char *other)
{
    size_t len = strcspn(assignment, "=");
    return strcspn(other, "=") == len && !memcmp(assignment, other, len);
}

static void change_variable(struct plan *p, const char *assignment)
{
    struct list kept = {0};
    env_put(&p->env, assignment);
    for (size_t k = 0; k < p->changed.n; k++)
        if (!same_name(strchr(p->changed.at[k], ' ') + 1, assignment))
            list_add(&kept, p->changed.at[k]);
    list_add(&kept, format("%u %s", p->changes, assignment));
    p->changed = kept;
}

static void add_volume(struct plan *p, const char *word)
{
    struct mount m = volume_parse(word);
    if (m.kind != MOUNT_BIND && m.kind != MOUNT_VOLUME)
        fail("cannot mount \"%s\" in a container that is there already: only folders of the host and named volumes\nhint: write SRC:DST", word);
    bind_add_mount(p, &m);
}

static void change(struct plan *p, const void *data)
{
    const struct wishes *w = data;
    for (size_t k = 0; k < w->unset.n; k++)
        change_variable(p, w->unset.at[k]);
    for (size_t k = 0; k < w->env.n; k++)
        change_variable(p, w->env.at[k]);
    for (size_t k = 0; k < w->rm_maps.n; k++)
        map_remove(p, w->rm_maps.at[k]);
    for (size_t k = 0; k < w->rm_volumes.n; k++)
        if (!bind_remove(p, w->rm_volumes.at[k], 0))
            fail("cannot remove the mount: nothing that may go is mounted at %s\nhint: lpmx get %s", w->rm_volumes.at[k], p->name);
    for (size_t k = 0; k < w->volumes.n; k++)
        add_volume(p, w->volumes.at[k]);
    for (size_t k = 0; k < w->maps.n; k++)
        map_add(p, w->maps.at[k]);
    for (size_t k = 0; k < w->rm_brokered.n; k++)
        broker_unlist(p, w->rm_brokered.at[k]);
    for (size_t k = 0; k < w->brokered.n; k++)
        broker_list(p, w->brokered.at[k]);
    binds_prepare(p, false);
}

/* set -i CONTAINER -t add_exec|remove_exec|add_map|remove_map -n GUESTPATH -v HOSTPATH. The original's add_map named a function of libc
 * beside the file; since its 1.9 that had no effect. */
static void lpmx_wishes(struct wishes *w, const struct parsed *c, const char *type)
{
    const char *name = parsed_value(c, FIELD_NAME), *value = parsed_value(c, FIELD_VOLUME);
    bool adds = starts_with(type, "add_");
    if (strcmp(type, "add_exec") && strcmp(type, "remove_exec") && strcmp(type, "add_map") && strcmp(type, "remove_map"))
        fail_usage(c->command, "unknown type \"%s\": it is add_exec, remove_exec, add_map or remove_map", type);
    if (!name || (adds && !value))
        fail_usage(c->command, "-t %s needs -n GUESTPATH%s", type, adds ? " and -v HOSTPATH" : "");
    if (*name != '/' || (adds && *value != '/'))
        fail("cannot use -t %s -n \"%s\": a path of the container and one of the host are needed, both from /", type, name);
    if (!strcmp(type, "add_exec"))
        list_add(&w->maps, format("%s=%s", value, name));
    else if (!strcmp(type, "remove_exec"))
        list_add(&w->rm_maps, name);
    else if (adds)
        list_add(&w->volumes, format("%s:%s", value, name));
    else
        list_add(&w->rm_volumes, name);
}

static void read_wishes(struct wishes *w, const struct parsed *c)
{
    const char *type = parsed_value(c, FIELD_TYPE);
    env_add_flags(&w->env, c);
    for (size_t k = 0; k < c->nuses; k++) {
        const char *value = c->uses[k].value;
        switch (c->uses[k].flag->field) {
        case FIELD_UNSET:
            list_add(&w->unset, value);
            break;
        case FIELD_BROKER:
            list_add(&w->brokered, value);
            break;
        case FIELD_RM_BROKER:
            list_add(&w->rm_brokered, value);
            break;
        case FIELD_RM_MAP:
            list_add(&w->rm_maps, value);
            break;
        case FIELD_RM_VOLUME:
            list_add(&w->rm_volumes, value);
            break;
        case FIELD_VOLUME:
            if (!type)
                list_add(&w->volumes, value);
            break;
        case FIELD_MAP:
            list_add(&w->maps, value);
            break;
        }
    }
    if (type)
        lpmx_wishes(w, c, type);
    for (size_t k = 0; k < w->unset.n; k++)
        if (!*w->unset.at[k] || strchr(w->unset.at[k], '='))
            fail("cannot unset \"%s\": give the name of a variable", w->unset.at[k]);
    for (size_t k = 0; k < w->env.n; k++)
        if (same_name(w->env.at[k], LPMX_HANDOVER))
            fail("cannot set " LPMX_HANDOVER ": lpmx uses it itself");
}

static struct plan *find(const struct parsed *c)
{
    const char *word = parsed_value(c, FIELD_ID);
    size_t rest = c->nrest;
    if (!word && rest)
        word = c->rest[--rest];
    if (!word || rest)
        fail_usage(c->command, "'lpmx %s' requires exactly one container", c->command->words);
    return map_load(word);
}

void verb_set(const struct parsed *c)
{
    struct wishes w = {0};
    struct plan *p = find(c);
    read_wishes(&w, c);
    if (w.unset.n + w.env.n + w.rm_maps.n + w.rm_volumes.n + w.volumes.n + w.maps.n + w.brokered.n + w.rm_brokered.n)
        replan(p->folder, change, &w);
    else
        fail_usage(c->command, "nothing to set");
    _exit(0);
}

static bool is_shown(const struct plan_bind *b)
{
    return !(b->flags & LPMX_BIND_HIDDEN);
}

static void put_binds(struct text *out, const struct plan *p, bool maps)
{
    text_add(out, maps ? ",\"maps\":[" : ",\"mounts\":[");
    for (size_t k = 0, n = 0; k < p->nbinds; k++) {
        const struct plan_bind *b = &p->binds[k];
        bool map = b->flags & LPMX_BIND_MAP;
        if (!is_shown(b) || map != maps)
            continue;
        text_add(out, n++ ? ",{\"guest\":" : "{\"guest\":");
        json_string(out, b->guest);
        text_add(out, maps ? ",\"target\":" : ",\"host\":");
        json_string(out, maps ? map_target(b) : b->host);
        if (maps && map_brokered(p, b))
            text_add(out, ",\"broker\":true");
        text_add(out, maps ? "}" : b->flags & LPMX_BIND_RO ? ",\"readOnly\":true}" : ",\"readOnly\":false}");
    }
    text_add(out, "]");
}

static void put_json(struct text *out, const struct plan *p)
{
    text_add(out, "{\"id\":");
    json_string(out, p->id);
    text_add(out, ",\"name\":");
    json_string(out, p->name);
    text_add(out, ",\"env\":");
    json_list(out, &p->env);
    put_binds(out, p, false);
    put_binds(out, p, true);
    if (p->entry.n) {
        text_add(out, ",\"entry\":");
        json_list(out, &p->entry);
    }
    text_add(out, "}\n");
}

static void put_rows(struct text *out, const struct plan *p, const char *only)
{
    text_format(out, "%-6s %-32s %s\n", "KIND", "NAME", "VALUE");
    for (size_t k = 0; k < p->env.n; k++) {
        size_t len = strcspn(p->env.at[k], "=");
        if (!only || same_name(only, p->env.at[k]))
            text_format(out, "%-6s %-32.*s %s\n", "env", (int)len, p->env.at[k], p->env.at[k] + len + (p->env.at[k][len] == '='));
    }
    for (size_t k = 0; k < p->nbinds; k++) {
        const struct plan_bind *b = &p->binds[k];
        bool map = b->flags & LPMX_BIND_MAP;
        if (is_shown(b) && (!only || !strcmp(only, b->guest)))
            text_format(out, "%-6s %-32s %s%s\n", map ? "map" : "mount", b->guest, map ? map_target(b) : b->host,
                        map ? map_brokered(p, b) ? " (broker)" : "" : b->flags & LPMX_BIND_RO ? " (read-only)" : "");
    }
    for (size_t k = 0; k < p->entry.n; k++) {
        int len = (int)strcspn(p->entry.at[k], "=");
        if (!only || same_name(only, p->entry.at[k]))
            text_format(out, "%-6s %-32.*s %s\n", "entry", len, p->entry.at[k], p->entry.at[k] + len + 1);
    }
}

void verb_get(const struct parsed *c)
{
    struct plan *p = find(c);
    struct text out = {0};
    if (parsed_bool(c, FIELD_JSON, false))
        put_json(&out, p);
    else
        put_rows(&out, p, parsed_value(c, FIELD_NAME));
    _exit(write_all(1, out.at, out.len) ? EXIT_ENGINE : 0);
}
