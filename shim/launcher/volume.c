/* -v, --mount and --tmpfs; see volume.h. */
#include "volume.h"
#include "files.h"
#include "origin.h"
#include <string.h>
#include <unistd.h>

static bool one_of(const char *word, size_t len, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == len && !memcmp(*words, word, len))
            return true;
    return false;
}

/* Whether `options` is a comma-separated list of the options docker and podman know. Only ro and nocopy mean something here:
 * labels, propagation and consistency are matters of mounts and daemons. */
static bool take_options(const char *options, struct mount *m)
{
    static const char *const known[] = {"ro", "readonly", "rw", "z", "Z", "cached", "delegated", "consistent", "nocopy", "copy",
                                        "private", "rprivate", "shared", "rshared", "slave", "rslave", "bind", "rbind", "U",
                                        "exec", "noexec", "dev", "nodev", "suid", "nosuid", NULL};
    bool readonly = m->readonly, nocopy = m->nocopy;
    do {
        size_t len = strcspn(options, ",");
        if (!one_of(options, len, known))
            return false;
        readonly |= one_of(options, len, (const char *const[]){"ro", "readonly", NULL});
        nocopy |= one_of(options, len, (const char *const[]){"nocopy", NULL});
        options += len;
    } while (*options++ == ',');
    m->readonly = readonly;
    m->nocopy = nocopy;
    return true;
}

static char *absolute(const char *path, const char *word)
{
    char cwd[4096];
    char *host = *path == '/' ? origin_path(path) : NULL;
    if (*path == '/' && !host)
        fail("cannot use the volume \"%s\": %s lies in the container's own part, which other containers do not see\n"
             "hint: use a folder that was mounted with -v", word, path);
    if (host)
        return host;
    if (!getcwd(cwd, sizeof cwd))
        fail("cannot resolve the relative path \"%s\": the current folder is gone", path);
    return join_path(cwd, path);
}

static bool volume_name_ok(const char *name)
{
    for (size_t k = 0; name[k]; k++) {
        bool letter = (name[k] | 32) >= 'a' && (name[k] | 32) <= 'z', digit = name[k] >= '0' && name[k] <= '9';
        if (!letter && !digit && (k == 0 || !strchr("_.-", name[k])))
            return false;
    }
    return name[0] && name[1];
}

static void set_source(struct mount *m, const char *source)
{
    if (*source == '/' || *source == '.' || strchr(source, '/')) {
        m->kind = MOUNT_BIND;
        m->source = absolute(source, m->word);
    } else if (volume_name_ok(source)) {
        m->kind = MOUNT_VOLUME;
        m->source = source;
    } else {
        fail("cannot use the volume name \"%s\" in \"%s\": it has to be of letters, digits and _.- (a path begins with / or ./)", source, m->word);
    }
}

/* A wrong option rather than the end of a path with a colon in it? */
static bool looks_like_option(const char *text)
{
    return strlen(text) <= 12 && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789,_-")];
}

/* The target, with trailing ":options" taken off. */
static void set_target(struct mount *m, const char *target, bool colons)
{
    const char *colon = strrchr(target, ':');
    if (colon && colon[1] != '/') {
        if (take_options(colon + 1, m))
            target = copy_text(target, (size_t)(colon - target));
        else if (!colons && looks_like_option(colon + 1))
            fail("cannot use the volume \"%s\": unknown option \"%s\"\nhint: it is written SRC:DST[:ro]", m->word, colon + 1);
    }
    m->target = target;
}

/* Splits at the ":/" (or "=/") whose left side exists, else at the first. NULL when there is none. */
static const char *split_point(const char *word, char mark)
{
    const char *first = NULL;
    for (const char *at = word + 1; *word && *at; at++) {
        if (*at != mark || at[1] != '/')
            continue;
        if (!first)
            first = at;
        char *source = copy_text(word, (size_t)(at - word));
        char *host = *source == '/' ? origin_path(source) : source;
        if (host && access(host, F_OK) == 0)
            return at;
    }
    return first;
}

struct mount volume_parse(const char *word)
{
    struct mount m = {.word = word};
    const char *at = split_point(word, ':');
    if (!at)
        at = split_point(word, '=');
    if (at) {
        set_target(&m, at + 1, memchr(word, ':', (size_t)(at - word)));
        set_source(&m, copy_text(word, (size_t)(at - word)));
        return m;
    }
    if (*word != '/')
        fail("cannot use the volume \"%s\": the path in the container has to be absolute\nhint: it is written SRC:DST[:ro]", word);
    m.kind = MOUNT_ANONYMOUS;
    m.source = "";
    set_target(&m, word, false);
    return m;
}

struct mount tmpfs_parse(const char *word)
{
    size_t len = strcspn(word, ":"); /* size, mode and the like: /dev/shm has its own */
    struct mount m = {.kind = MOUNT_TMPFS, .source = "", .target = copy_text(word, len), .word = word};
    m.readonly = word[len] && (strstr(word + len, ":ro,") || strstr(word + len, ",ro,") || !strcmp(word + strlen(word) - 3, ":ro"));
    if (*word != '/')
        fail("cannot use --tmpfs \"%s\": the path in the container has to be absolute", word);
    return m;
}

/* One field of a line of comma-separated values; quotes removed. */
static char *csv_field(const char **line, const char *word)
{
    struct text out = {0};
    text_add(&out, "");
    const char *at = *line;
    if (*at == '"') {
        for (at++; *at && (*at != '"' || at[1] == '"'); at++) {
            text_put(&out, at, 1);
            at += *at == '"';
        }
        if (*at != '"' || (at[1] && at[1] != ','))
            fail("cannot use --mount '%s': a quote is not closed where the field ends", word);
        at++;
    } else {
        size_t len = strcspn(at, ",");
        if (memchr(at, '"', len))
            fail("cannot use --mount '%s': a quote has to begin the field", word);
        text_put(&out, at, len);
        at += len;
    }
    *line = *at ? at + 1 : at;
    return out.at;
}

static bool truth(const char *value, const char *key, const char *word)
{
    if (!*value || !strcmp(value, "true") || !strcmp(value, "1"))
        return true;
    if (!strcmp(value, "false") || !strcmp(value, "0"))
        return false;
    fail("cannot use --mount '%s': %s has to be true or false, not \"%s\"", word, key, value);
}

static void mount_field(struct mount *m, char *key, bool *typed)
{
    static const char *const ignored[] = {"bind-propagation", "consistency", "bind-nonrecursive", "bind-recursive", "volume-label", "relabel",
                                          "tmpfs-size", "tmpfs-mode", "volume-driver", "volume-opt", "bind-create-src", "U", "chown", NULL};
    char *value = strchr(key, '=');
    size_t len = value ? (size_t)(value - key) : strlen(key);
    value = value ? value + 1 : key + len;
    key = copy_text(key, len);
    if (!strcmp(key, "type")) {
        static const char *const types[] = {"bind", "volume", "anonymous", "tmpfs"};
        for (int k = 0; k < 4; k++)
            if (k != MOUNT_ANONYMOUS && !strcmp(value, types[k])) {
                m->kind = (enum mount_kind)k;
                *typed = true;
            }
        if (!*typed)
            fail("cannot use --mount '%s': type has to be bind, volume or tmpfs, not \"%s\"", m->word, value);
    } else if (!strcmp(key, "source") || !strcmp(key, "src")) {
        m->source = value;
    } else if (!strcmp(key, "target") || !strcmp(key, "destination") || !strcmp(key, "dst")) {
        m->target = value;
    } else if (!strcmp(key, "readonly") || !strcmp(key, "ro")) {
        m->readonly = truth(value, key, m->word);
    } else if (!strcmp(key, "rw")) {
        m->readonly = !truth(value, key, m->word);
    } else if (!strcmp(key, "volume-nocopy")) {
        m->nocopy = truth(value, key, m->word);
    } else if (!strcmp(key, "absent")) {
        m->absent = true;
        m->file = !strcmp(value, "file");
    } else if (!one_of(key, len, ignored)) {
        fail("cannot use --mount '%s': unknown field \"%s\"\nhint: known are type, source, target and readonly", m->word, key);
    }
}

struct mount mount_parse(const char *word)
{
    struct mount m = {.kind = MOUNT_VOLUME, .source = "", .target = "", .word = word};
    bool typed = false;
    for (const char *line = word; *line;)
        mount_field(&m, csv_field(&line, word), &typed);
    if (*m.target != '/')
        fail("cannot use --mount '%s': target is missing or not absolute", word);
    if (m.kind == MOUNT_BIND) {
        if (!*m.source)
            fail("cannot use --mount '%s': source is missing", word);
        m.source = absolute(m.source, m.word);
    } else if (m.kind == MOUNT_TMPFS && *m.source) {
        fail("cannot use --mount '%s': a tmpfs has no source", word);
    } else if (m.kind == MOUNT_VOLUME && !*m.source) {
        m.kind = MOUNT_ANONYMOUS;
    } else if (m.kind == MOUNT_VOLUME && !volume_name_ok(m.source)) {
        fail("cannot use --mount '%s': \"%s\" is no volume name\nhint: for a path of the host add type=bind", word, m.source);
    }
    return m;
}

void lpmx_volumes_parse(const char *word, struct mount *list, size_t *n, size_t max)
{
    /* A ':' ends a pair only if another HOST=GUEST follows. */
    for (const char *at = word; *at;) {
        size_t len = strlen(at);
        for (const char *colon = strchr(at, ':'); colon; colon = strchr(colon + 1, ':')) {
            const char *equals = strchr(colon, '=');
            if (memchr(at, '=', (size_t)(colon - at)) && equals && equals[1] == '/') {
                len = (size_t)(colon - at);
                break;
            }
        }
        if (*n == max)
            fail("cannot use \"%s\": more than %zu volumes", word, max);
        list[(*n)++] = volume_parse(copy_text(at, len));
        at += len + (at[len] == ':');
    }
}
