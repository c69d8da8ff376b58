/* The written forms of a plan; see plan.h. */
#include "plan.h"
#include "files.h"
#include "sections.h"
#include <stdlib.h>
#include <string.h>

const struct plan_bind *plan_bind_at(const struct plan *p, const char *guest)
{
    const struct plan_bind *best = NULL;
    for (size_t k = 0; k < p->nbinds; k++)
        if (is_below(guest, p->binds[k].guest) && (!best || strlen(p->binds[k].guest) > strlen(best->guest)))
            best = &p->binds[k];
    return best;
}

char *plan_bind_path(const struct plan_bind *b, const char *guest)
{
    return format("%s%s", b->host, guest + strlen(b->guest));
}

static int by_guest(const void *a, const void *b)
{
    return strcmp(((const struct plan_bind *)a)->guest, ((const struct plan_bind *)b)->guest);
}

struct text plan_encode(struct plan *p)
{
    struct section_writer w = {0};
    struct lpmx_container c = {
        .id = writer_text(&w, p->id),
        .name = writer_text(&w, p->name),
        .image_id = writer_text(&w, p->image->id),
        .image_name = writer_text(&w, p->image_name),
        .tree = writer_text(&w, p->tree_entry),
        .index = writer_text(&w, p->index),
        .workdir = writer_text(&w, p->workdir),
        .user = writer_text(&w, p->user),
        .owner_uid = p->owner_uid,
        .owner_gid = p->owner_gid,
        .flags = p->flags,
        .stop_signal = p->stop_signal,
        .hostname = writer_text(&w, p->hostname),
        .changes = p->changes,
        .created = p->created,
    };
    writer_add(&w, LPMX_SEC_CONTAINER, &c, sizeof c);
    writer_list(&w, LPMX_SEC_LAYERS, &p->layers);
    writer_list(&w, LPMX_SEC_ENV, &p->env);
    writer_list(&w, LPMX_SEC_ENTRYPOINT, &p->entrypoint);
    writer_list(&w, LPMX_SEC_CMD, &p->cmd);
    writer_list(&w, LPMX_SEC_GRID, &p->grid);
    if (p->brokered.n)
        writer_list(&w, LPMX_SEC_BROKER, &p->brokered);
    if (p->changed.n)
        writer_list(&w, LPMX_SEC_CHANGES, &p->changed);
    if (p->entry.n)
        writer_list(&w, LPMX_SEC_ENTRY, &p->entry);
    qsort(p->binds, p->nbinds, sizeof *p->binds, by_guest);
    struct lpmx_bind *binds = need(p->nbinds * sizeof *binds);
    for (size_t k = 0; k < p->nbinds; k++)
        binds[k] = (struct lpmx_bind){writer_text(&w, p->binds[k].guest), writer_text(&w, p->binds[k].host), p->binds[k].flags, 0};
    writer_add(&w, LPMX_SEC_BINDS, binds, p->nbinds * sizeof *binds);
    return writer_finish(&w, LPMX_MAGIC_PLAN);
}

/* Length of the UTF-8 sequence at `at`, 0 when it is none (overlong forms and surrogates are none). */
static size_t utf8_length(const u8 *at)
{
    size_t len = at[0] < 0x80 ? 1 : at[0] >= 0xc2 && at[0] < 0xe0 ? 2 : (at[0] & 0xf0) == 0xe0 ? 3 : at[0] >= 0xf0 && at[0] < 0xf5 ? 4 : 0;
    for (size_t k = 1; k < len; k++)
        if ((at[k] & 0xc0) != 0x80)
            return 0;
    if (len == 3 && ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f)))
        return 0;
    if (len == 4 && ((at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f)))
        return 0;
    return len;
}

void json_string(struct text *out, const char *string)
{
    text_add(out, "\"");
    for (const u8 *at = (const u8 *)string; *at;) {
        size_t len = utf8_length(at);
        if (*at == '"' || *at == '\\')
            text_format(out, "\\%c", *at);
        else if (*at < 0x20)
            text_format(out, "\\u%04x", *at);
        else if (!len)
            text_add(out, "\xef\xbf\xbd");
        else
            text_put(out, (const char *)at, len);
        at += len ? len : 1;
    }
    text_add(out, "\"");
}

void json_list(struct text *out, const struct list *strings)
{
    text_add(out, "[");
    for (size_t k = 0; k < strings->n; k++) {
        if (k)
            text_add(out, ",");
        json_string(out, strings->at[k]);
    }
    text_add(out, "]");
}

static void json_field(struct text *out, const char *key, const char *value)
{
    text_format(out, ",\"%s\":", key);
    json_string(out, value ? value : "");
}

static void json_bool(struct text *out, const char *key, bool value)
{
    text_format(out, ",\"%s\":%s", key, value ? "true" : "false");
}

static void json_strings(struct text *out, const char *key, const struct list *strings)
{
    text_format(out, ",\"%s\":", key);
    json_list(out, strings);
}

static void json_binds(struct text *out, const struct plan *p)
{
    static const struct {
        u32 bit;
        const char *name;
    } names[] = {{LPMX_BIND_RO, "ro"}, {LPMX_BIND_TRUST, "trust"}, {LPMX_BIND_FILE, "file"}, {LPMX_BIND_MAP, "map"}};
    text_add(out, ",\"binds\":[");
    for (size_t k = 0, shown = 0; k < p->nbinds; k++) {
        const struct plan_bind *b = &p->binds[k];
        if (b->flags & LPMX_BIND_HIDDEN)
            continue;
        text_add(out, shown++ ? ",{\"guest\":" : "{\"guest\":");
        json_string(out, b->guest);
        json_field(out, b->target ? "target" : b->host ? "host" : "own", b->target ? b->target : b->host ? b->host : b->own);
        struct list flags = {0};
        for (size_t n = 0; n < sizeof names / sizeof *names; n++)
            if (b->flags & names[n].bit)
                list_add(&flags, names[n].name);
        json_strings(out, "flags", &flags);
        text_add(out, "}");
    }
    text_add(out, "]");
}

char *plan_json(struct plan *p, const char *command)
{
    struct text out = {0};
    qsort(p->binds, p->nbinds, sizeof *p->binds, by_guest);
    text_add(&out, "{\"command\":");
    json_string(&out, command);
    json_field(&out, "id", p->id);
    text_format(&out, ",\"created\":%llu", (unsigned long long)p->created);
    json_field(&out, "tree", p->tree_entry);
    json_field(&out, "image", p->image->name);
    json_field(&out, "imageId", p->image->id);
    json_field(&out, "imageName", p->image_name);
    json_field(&out, "name", p->name);
    json_strings(&out, "entrypoint", &p->entrypoint);
    json_strings(&out, "cmd", &p->cmd);
    json_strings(&out, "env", &p->env);
    json_strings(&out, "layers", &p->layers);
    json_field(&out, "index", p->index);
    json_field(&out, "workdir", p->workdir);
    json_field(&out, "user", p->user);
    json_field(&out, "hostname", p->hostname);
    text_format(&out, ",\"owner\":[%u,%u],\"stopSignal\":%u,\"stopTimeout\":%llu", p->owner_uid, p->owner_gid, p->stop_signal,
                (unsigned long long)p->stop_timeout);
    json_bool(&out, "rm", p->flags & LPMX_CONTAINER_RM);
    json_bool(&out, "readOnly", p->flags & LPMX_CONTAINER_READONLY);
    json_bool(&out, "tty", p->flags & LPMX_CONTAINER_TTY);
    json_bool(&out, "interactive", p->flags & LPMX_CONTAINER_STDIN);
    if (p->flags & (LPMX_CONTAINER_TRAP | LPMX_CONTAINER_PRELOAD))
        json_field(&out, "engine", p->flags & LPMX_CONTAINER_TRAP ? LPMX_ENGINE_TRAP : LPMX_ENGINE_PRELOAD);
    json_strings(&out, "labels", &p->labels);
    if (p->given.n)
        json_strings(&out, "given", &p->given);
    if (p->entry.n)
        json_strings(&out, "entry", &p->entry);
    if (p->brokered.n)
        json_strings(&out, "broker", &p->brokered);
    json_binds(&out, p);
    text_add(&out, ",\"files\":{");
    for (size_t k = 0; k < p->nfiles; k++) {
        text_format(&out, "%s\"%s\":", k ? "," : "", p->files[k].name);
        json_string(&out, p->files[k].content);
    }
    text_add(&out, "}}\n");
    return out.at;
}
