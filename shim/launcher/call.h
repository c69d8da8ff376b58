/* Commands: copies of this program that stand for another one (contract.h, "Commands"). The files of bin/ are such, and what a map shows. */
#ifndef LPMX_LAUNCHER_CALL_H
#define LPMX_LAUNCHER_CALL_H

#include "base.h"

struct call {
    struct list keys; /* "key=value", in the order of the file */
};

/* Reads what is behind the program in the file; false when it is no command. */
bool call_read(const char *path, struct call *out);
/* The value of a key, or NULL. */
const char *call_get(const struct call *c, const char *key);
/* Makes the command `path` by temporary file and rename. 0 or -errno. */
int call_write(const char *path, const struct call *c);
/* What every new command carries: store, lpmx, cache, time. */
struct call call_new(const char *kind);

/* When this program is a command, does what it stands for and never returns. */
void call_serve(char **argv);
/* The same for the command in that file. */
_Noreturn void call_serve_file(const char *path, char **argv);

/* Does what a command of kind "host" stands for. */
_Noreturn void call_serve_host(const struct call *c, const char *program, char **argv);
/* Replaces this process by a program of the host, in the host's view. It is called as the caller called us where that is its name. */
_Noreturn void call_host(const char *program, const char *called, const struct list *args, const struct list *env);

#endif
