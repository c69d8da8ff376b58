/* Command lines of the verbs in commands.gen.h, parsed as docker does: flags stop at the first other word where a program's may follow. */
#ifndef LPMX_LAUNCHER_PARSE_H
#define LPMX_LAUNCHER_PARSE_H

#include "base.h"
#include "commands.h"

struct flag_use {
    const struct command_flag *flag;
    const char *value; /* FLAG_BOOL: "true" or "false" */
};

struct parsed {
    const struct command *command;
    const char *const *words; /* the words after "lpmx" as they came */
    struct flag_use *uses;
    size_t nuses;
    const char *const *rest; /* from the first word that is no flag; NULL-terminated */
    size_t nrest;
};

/* The command that `words` (after "lpmx") begin with, and in *used how many of them name it; NULL when the launcher does not
 * serve it. Global flags of lpmx before the verb are not looked at: the engine takes those. */
const struct command *command_find(const char *const *words, size_t *used);

/* Parses the words after the verb. Ends with docker's message and status 125 on a wrong one. With --help among the flags only
 * that is reported (parsed_bool FIELD_HELP). */
struct parsed parse_command(const struct command *command, const char *const *words, size_t used);

/* The last value of a field, or NULL when it was not given; whether a bool is on (`otherwise` when not given). */
const char *parsed_value(const struct parsed *p, enum flag_field field);
bool parsed_bool(const struct parsed *p, enum flag_field field, bool otherwise);

/* Ends with MESSAGE, the usage line and where to read more, as docker prints them; status 125. */
_Noreturn void fail_usage(const struct command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
