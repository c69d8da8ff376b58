/* Small things that all of the launcher shares: messages, growing strings and lists.
 *
 * The launcher is a short-lived program of one thread: memory is never freed, running out of it ends the program, and so does
 * every error of the user (fail). Nothing here may be used between fork and exec.
 */
#ifndef LPMX_LAUNCHER_BASE_H
#define LPMX_LAUNCHER_BASE_H

#include "../include/contract.h"
#include <stdbool.h>
#include <stddef.h>

enum exit_status {
    EXIT_ENGINE = 125,     /* wrong usage, or lpmx itself could not do it */
    EXIT_NOT_RUNNABLE = 126,
    EXIT_NOT_FOUND = 127,
};

/* Prints `lpmx: MESSAGE` on stderr and ends with status 125. What the user can do follows in the text as "\nhint: ADVICE". */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints `lpmx: warning: MESSAGE` on stderr. */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints `lpmx: MESSAGE` on stderr if LPMX_LOG asks for more than errors. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What is to be undone when fail ends the program (an unfinished container folder); NULL = nothing. */
void on_fail(void (*undo)(void));

/* A zeroed block of memory; it is never freed. */
void *need(size_t size);
/* printf into new memory. */
char *format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *copy_text(const char *text, size_t len);
bool starts_with(const char *text, const char *prefix);
/* An unsigned decimal number of at most `max`, nothing else around it. False if it is not one. */
bool parse_number(const char *text, u64 max, u64 *out);

/* A growing string, NUL-terminated from the first append on. */
struct text {
    char *at;
    size_t len, cap;
};
void text_put(struct text *t, const char *data, size_t len);
void text_add(struct text *t, const char *string);
void text_format(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A growing list of strings, always followed by a NULL. */
struct list {
    const char **at;
    size_t n, cap;
};
void list_add(struct list *l, const char *string);
void list_sort(struct list *l); /* bytewise */

/* The environment as lists of "NAME=value". env_get: the value or NULL. env_put replaces an equal name in place, so that the
 * order stays; "NAME" without '=' removes it. */
const char *env_get(const struct list *env, const char *name);
void env_put(struct list *env, const char *assignment);
/* The launcher's own, as a list. */
struct list env_own(void);
/* Whether an assignment is of that name; a name ending in * stands for all that begin so. */
bool env_named(const char *assignment, const char *name);
/* Value of a variable of the launcher's own environment; NULL when unset or empty. */
const char *setting(const char *name);

#endif
