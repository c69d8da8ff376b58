/* The functions of libc that take or return paths, each called in a folder of its own: what the tests of functions.def may use.
 * A test runs in a child of its own with its fixture as working directory:
 *   f  "text of f\n", 0644     d/x, d/y  empty files     l -> f     s  a script of ../program
 *   ../program  this program ("tell FILE" prints the file's text)     ../library.so  see library/library.c
 * What a call did is looked at by the raw system calls of look.c, not by another function of libc. */
#ifndef LPMX_FUNCTIONS_H
#define LPMX_FUNCTIONS_H

struct function {
    const char *name, *version; /* version: "" where the libc has none */
    void *call; /* of the libc itself, not of this program's headers */
};

extern char home[300]; /* the fixture, absolute */

#define FUNCTION(group, name, test) void try_##test(const struct function *f);
#include "functions.def"
#undef FUNCTION

/* look.c: adds to the line of the function. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
/* What is said so far is printed, before a program that prints starts. */
void flush(void);
/* "0", a number, or the error's text where it is negative: of errno. */
const char *result(long value);
/* The same of a function that returns the error. */
const char *error(int value);
/* The first line of a file, or the error. */
const char *text(const char *path);
/* The same of a descriptor that is open at its beginning, which is closed. */
const char *text_of(int fd);
/* "file 644 10" (type, mode, size), or the error; a link is not followed. */
const char *seen(const char *path);
/* An absolute path of the fixture: "/srv/..." */
const char *at(const char *name);
/* Names that come in any order: added, then said sorted. What is in home's parent is said relative to it. */
void add(const char *name);
void say_added(void);
/* Waits for a child: its exit status, or 1000 + signal. */
int ended(int pid);
int write_file(const char *path, const char *content, unsigned mode);

/* Arguments are taken from left to right, as clang does it, the one compiler here: say("%s %s", result(call()), seen("f")) looks afterwards.
 * As CALL(int, const char *, int)(path, flags). */
#define CALL(type, ...) ((type(*)(__VA_ARGS__))f->call)

#endif
