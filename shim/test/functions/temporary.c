/* Tests of functions.def: temporary files. Names are random: said is whether they fit the pattern and what is there.
 * The X in the names are no gaps left open: mkstemp(3) and its like want six of them and put something in their place; fewer are refused. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "functions.h"

static const char *fits(const char *name, const char *start, const char *end)
{
    size_t n = strlen(name), a = strlen(start), b = strlen(end);
    return n == a + 6 + b && !memcmp(name, start, a) && !strcmp(name + n - b, end) && !strstr(name, "XXXXXX") ? "named" : name;
}

static void say_made(int fd, const char *name, const char *start, const char *end)
{
    int close_on_exec = fcntl(fd, F_GETFD), flags = fcntl(fd, F_GETFL);
    say("%s %s %s", result(fd >= 0 ? 0 : -1), fits(name, start, end), seen(name));
    if (fd >= 0)
        say(" %s%s%s", (flags & O_ACCMODE) == O_RDWR ? "both ways" : "wrong", close_on_exec ? " cloexec" : "", flags & O_APPEND ? " append" : "");
}

void try_mkstemp(const struct function *f)
{
    int (*call)(char *) = f->call;
    char name[] = "d/nXXXXXX", missing[] = "none/nXXXXXX", wrong[] = "nXX";
    say_made(call(name), name, "d/n", "");
    say(", missing %s, no pattern %s", result(call(missing)), result(call(wrong)));
}

void try_mkostemp(const struct function *f)
{
    int (*call)(char *, int) = f->call;
    char name[] = "d/nXXXXXX", missing[] = "none/nXXXXXX";
    say_made(call(name, O_CLOEXEC | O_APPEND), name, "d/n", "");
    say(", missing %s", result(call(missing, 0)));
}

void try_mkstemps(const struct function *f)
{
    int (*call)(char *, int) = f->call;
    char name[] = "d/nXXXXXX.end", missing[] = "none/nXXXXXX.end", wrong[] = "nXXXXXX";
    say_made(call(name, 4), name, "d/n", ".end");
    say(", missing %s, no pattern %s", result(call(missing, 4)), result(call(wrong, 4)));
}

void try_mkostemps(const struct function *f)
{
    int (*call)(char *, int, int) = f->call;
    char name[] = "d/nXXXXXX.end", missing[] = "none/nXXXXXX.end";
    say_made(call(name, 4, O_CLOEXEC), name, "d/n", ".end");
    say(", missing %s", result(call(missing, 4, 0)));
}

void try_mktemp(const struct function *f)
{
    char *(*call)(char *) = f->call;
    char name[] = "d/nXXXXXX";
    say("%s %s", fits(call(name), "d/n", ""), seen(name));
}

void try_tmpfile(const struct function *f)
{
    char line[20] = "";
    struct stat st;
    FILE *file = CALL(FILE *, void)();
    if (!file) {
        say("%s", error(errno));
        return;
    }
    fputs("kept", file);
    rewind(file);
    const char *got = fgets(line, sizeof line, file);
    say("%s, names %s", got ? got : "(nothing)", fstat(fileno(file), &st) ? error(errno) : st.st_nlink ? "some" : "none");
}

/* tmpnam and tmpnam_r: a name where nothing is. */
void try_tmpnam(const struct function *f)
{
    char room[L_tmpnam] = "", *name = CALL(char *, char *)(room);
    say("below /tmp %d %s", name == room && !strncmp(name, "/tmp/", 5), seen(name));
}

void try_tempnam(const struct function *f)
{
    char *(*call)(const char *, const char *) = f->call;
    unsetenv("TMPDIR");
    char *name = call("d", "pre");
    say("in d %d %s", name && !strncmp(name, "d/pre", 5), name ? seen(name) : error(errno));
    setenv("TMPDIR", home, 1); /* glibc looks there first */
    name = call("none", NULL);
    say(", from the environment %d", name && !strncmp(name, home, strlen(home)));
}
