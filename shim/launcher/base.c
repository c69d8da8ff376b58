/* Messages, growing strings and lists of the launcher; see base.h. */
#include "base.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern char **environ;

static void (*undo_on_fail)(void);

void on_fail(void (*undo)(void))
{
    undo_on_fail = undo;
}

/* One write per message: lines of parallel jobs that share a log do not mix. */
static void say(const char *kind, const char *fmt, va_list args)
{
    char line[4096];
    int used = snprintf(line, sizeof line, "lpmx: %s", kind);
    int more = vsnprintf(line + used, sizeof line - (size_t)used - 1, fmt, args);
    size_t len = (size_t)used + (size_t)(more < 0 ? 0 : more);
    if (len > sizeof line - 2)
        len = sizeof line - 2;
    line[len++] = '\n';
    if (write(2, line, len) < 0)
        return; /* nobody left to tell */
}

void fail(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say("", fmt, args);
    va_end(args);
    void (*undo)(void) = undo_on_fail;
    undo_on_fail = NULL;
    if (undo)
        undo();
    _exit(EXIT_ENGINE);
}

void warn(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say("warning: ", fmt, args);
    va_end(args);
}

void note(const char *fmt, ...)
{
    const char *log = setting("LPMX_LOG");
    if (!log || !strcmp(log, "off") || !strcmp(log, "error"))
        return;
    va_list args;
    va_start(args, fmt);
    say("", fmt, args);
    va_end(args);
}

/* Nothing is freed, so the next free byte is all the bookkeeping there is: a start costs no system call for memory. */
void *need(size_t size)
{
    static _Alignas(16) char first[128 << 10];
    static char *at = first, *end = first + sizeof first;
    size = (size + 15) & ~(size_t)15;
    if (size > (size_t)(end - at)) {
        size_t chunk = size > (1 << 20) ? size : 1 << 20;
        void *more = mmap(NULL, chunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (more == MAP_FAILED) {
            fail("cannot start: out of memory (asked for %zu bytes)\nhint: raise the limit on memory (ulimit -v)", chunk);
        }
        at = more;
        end = at + chunk;
    }
    void *memory = at;
    at += size;
    return memory;
}

static void *grown(const void *old, size_t old_size, size_t size)
{
    void *memory = need(size);
    if (old_size)
        memcpy(memory, old, old_size);
    return memory;
}

static char *format_args(const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (len < 0)
        fail("cannot start: a message could not be formatted");
    char *out = need((size_t)len + 1);
    vsnprintf(out, (size_t)len + 1, fmt, args);
    return out;
}

char *format(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *out = format_args(fmt, args);
    va_end(args);
    return out;
}

char *copy_text(const char *text, size_t len)
{
    char *out = need(len + 1);
    memcpy(out, text, len);
    return out;
}

bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool parse_number(const char *text, u64 max, u64 *out)
{
    u64 value = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        u64 digit = (u64)(*text - '0');
        if (value > max / 10 || value * 10 > max - digit)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

void text_put(struct text *t, const char *data, size_t len)
{
    if (t->len + len + 1 > t->cap) {
        t->cap = (t->len + len + 1) * 2;
        t->at = grown(t->at, t->len, t->cap);
    }
    memcpy(t->at + t->len, data, len);
    t->len += len;
    t->at[t->len] = 0;
}

void text_add(struct text *t, const char *string)
{
    text_put(t, string, strlen(string));
}

void text_format(struct text *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    text_add(t, format_args(fmt, args));
    va_end(args);
}

void list_add(struct list *l, const char *string)
{
    if (l->n + 2 > l->cap) {
        l->cap = l->cap ? l->cap * 2 : 16;
        l->at = grown(l->at, l->n * sizeof *l->at, l->cap * sizeof *l->at);
    }
    l->at[l->n++] = string;
    l->at[l->n] = NULL;
}

static size_t name_length(const char *assignment)
{
    return strcspn(assignment, "=");
}

static size_t env_find(const struct list *env, const char *name, size_t len)
{
    size_t k = 0;
    while (k < env->n && (name_length(env->at[k]) != len || memcmp(env->at[k], name, len)))
        k++;
    return k;
}

const char *env_get(const struct list *env, const char *name)
{
    size_t k = env_find(env, name, strlen(name));
    return k < env->n && env->at[k][strlen(name)] == '=' ? env->at[k] + strlen(name) + 1 : NULL;
}

void env_put(struct list *env, const char *assignment)
{
    size_t len = name_length(assignment);
    size_t k = env_find(env, assignment, len);
    if (assignment[len] == '=') {
        if (k < env->n)
            env->at[k] = assignment;
        else
            list_add(env, assignment);
    } else if (k < env->n) {
        env->n--;
        memmove(env->at + k, env->at + k + 1, (env->n - k + 1) * sizeof *env->at);
    }
}

struct list env_own(void)
{
    struct list env = {0};
    for (char **e = environ; *e; e++)
        list_add(&env, *e);
    return env;
}

bool env_named(const char *assignment, const char *name)
{
    size_t len = strlen(name), has = name_length(assignment);
    bool all = len && name[len - 1] == '*';
    return all ? has >= len - 1 && !memcmp(assignment, name, len - 1) : has == len && !memcmp(assignment, name, len);
}

const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void list_sort(struct list *l)
{
    if (l->n)
        qsort(l->at, l->n, sizeof *l->at, by_bytes);
}
