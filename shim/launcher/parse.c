/* Table-driven parsing of docker-style command lines; see parse.h. */
#include "parse.h"
#include "commands.gen.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void fail_usage(const struct command *command, const char *fmt, ...)
{
    char message[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    dprintf(2, "%s\n\nUsage:  %s\n\nRun 'lpmx %s --help' for more information\n", message, command->usage, command->words);
    _exit(EXIT_ENGINE);
}

/* How many of `words` spell the command's words; 0 when they do not. */
static size_t match_words(const char *spelling, const char *const *words)
{
    size_t used = 0;
    while (*spelling) {
        size_t len = strcspn(spelling, " ");
        const char *word = words[used];
        if (!word || strlen(word) != len || memcmp(word, spelling, len))
            return 0;
        used++;
        spelling += len + (spelling[len] == ' ');
    }
    return used;
}

const struct command *command_find(const char *const *words, size_t *used)
{
    const struct command *best = NULL;
    *used = 0;
    for (size_t k = 0; k < sizeof command_table / sizeof *command_table; k++) {
        size_t n = match_words(command_table[k].words, words);
        if (n > *used) {
            best = &command_table[k];
            *used = n;
        }
    }
    return best;
}

static const struct command_flag *find_long(const struct command *c, const char *name, size_t len)
{
    size_t low = 0, high = c->nflags;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct command_flag *f = &c->flags[middle];
        int order = strncmp(f->name, name, len);
        if (!order)
            order = f->name[len] != 0;
        if (!order)
            return f;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const struct command_flag *find_letter(const struct command *c, char letter)
{
    for (size_t k = 0; k < c->nflags; k++)
        if (c->flags[k].letter == letter)
            return &c->flags[k];
    return NULL;
}

/* As Go's strconv.ParseBool, which docker uses. NULL when it is none. */
static const char *truth(const char *value)
{
    static const char *const on[] = {"1", "t", "T", "TRUE", "true", "True"};
    static const char *const off[] = {"0", "f", "F", "FALSE", "false", "False"};
    for (size_t k = 0; k < sizeof on / sizeof *on; k++) {
        if (!strcmp(value, on[k]))
            return "true";
        if (!strcmp(value, off[k]))
            return "false";
    }
    return NULL;
}

/* `spelled` is how the user wrote the flag, for messages: "--name" or "-n". */
static void use_flag(struct parsed *p, const struct command_flag *flag, const char *value, const char *spelled)
{
    if (flag->action == FLAG_REFUSED)
        fail("%s is not supported\nhint: %s", spelled, flag->note);
    if (flag->kind == FLAG_BOOL) {
        const char *known = truth(value);
        if (!known)
            fail_usage(p->command, "invalid argument \"%s\" for \"%s\" flag: expected true or false", value, spelled);
        value = known;
    }
    if (flag->action == FLAG_IGNORED)
        note("%s has no effect: %s", spelled, flag->note);
    p->uses[p->nuses++] = (struct flag_use){flag, value};
}

/* One "--…" word and perhaps the next. Returns how many were taken. */
static size_t parse_long(struct parsed *p, const char *const *words)
{
    const char *name = words[0] + 2;
    size_t len = strcspn(name, "=");
    const struct command_flag *flag = find_long(p->command, name, len);
    if (!flag)
        fail_usage(p->command, "unknown flag: --%.*s", (int)len, name);
    char *spelled = format("--%s", flag->name);
    if (name[len] == '=')
        return use_flag(p, flag, name + len + 1, spelled), 1;
    if (flag->kind == FLAG_BOOL)
        return use_flag(p, flag, "true", spelled), 1;
    if (!words[1])
        fail_usage(p->command, "flag needs an argument: --%s", flag->name);
    return use_flag(p, flag, words[1], spelled), 2;
}

/* One "-abc" word and perhaps the next: letters of bools, the last one may take a value. */
static size_t parse_letters(struct parsed *p, const char *const *words)
{
    for (const char *at = words[0] + 1; *at; at++) {
        const struct command_flag *flag = find_letter(p->command, *at);
        if (!flag)
            fail_usage(p->command, "unknown shorthand flag: '%c' in %s", *at, words[0]);
        char *spelled = format("-%c", *at);
        if (at[1] == '=')
            return use_flag(p, flag, at + 2, spelled), 1;
        if (flag->kind == FLAG_BOOL) {
            use_flag(p, flag, "true", spelled);
            continue;
        }
        if (at[1])
            return use_flag(p, flag, at + 1, spelled), 1;
        if (!words[1])
            fail_usage(p->command, "flag needs an argument: '%c' in %s", *at, words[0]);
        return use_flag(p, flag, words[1], spelled), 2;
    }
    return 1;
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

struct parsed parse_command(const struct command *command, const char *const *words, size_t used)
{
    size_t n = 0, letters = 0;
    for (; words[n]; n++)
        letters += strlen(words[n]) + 1;
    struct parsed p = {.command = command, .words = words, .uses = need(letters * sizeof(struct flag_use))};
    const char *const *at = words + used;
    bool takes_program = command->what < COMMAND_EXPOSE; /* whose own flags follow */
    struct list rest = {0};
    while (*at && (!takes_program || ((*at)[0] == '-' && (*at)[1]))) {
        if (!strcmp(*at, "--")) {
            at++;
            break;
        }
        if ((*at)[0] == '-' && (*at)[1])
            at += (*at)[1] == '-' ? parse_long(&p, at) : parse_letters(&p, at);
        else
            list_add(&rest, *at++);
    }
    while (*at)
        list_add(&rest, *at++);
    p.nrest = rest.n;
    p.rest = rest.n ? rest.at : words + n;
    if (p.nrest < command->min_args && !parsed_bool(&p, FIELD_HELP, false))
        fail_usage(command, "'lpmx %s' requires at least %d argument%s", command->words, command->min_args, plural(command->min_args));
    return p;
}

const char *parsed_value(const struct parsed *p, enum flag_field field)
{
    for (size_t k = p->nuses; k > 0; k--)
        if (p->uses[k - 1].flag->field == field)
            return p->uses[k - 1].value;
    return NULL;
}

bool parsed_bool(const struct parsed *p, enum flag_field field, bool otherwise)
{
    const char *value = parsed_value(p, field);
    return value ? !strcmp(value, "true") : otherwise;
}
