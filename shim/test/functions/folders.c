/* Tests of functions.def: working directory and root, canonical paths, directory streams. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "functions.h"

static const char *here(void)
{
    static char out[PATH_MAX];
    return syscall(SYS_getcwd, out, sizeof out) < 0 ? error(errno) : out;
}

static int raw_open(const char *path)
{
    return (int)syscall(SYS_open, path, O_RDONLY | O_DIRECTORY);
}

void try_chdir(const struct function *f)
{
    int (*call)(const char *) = f->call;
    say("%s %s", result(call("d")), here());
    say(", up %s %s", result(call("..")), text("f"));
    say(", missing %s, file %s, root %s %s", result(call("none")), result(call("f")), result(call("/../..")), here());
}

void try_fchdir(const struct function *f)
{
    int (*call)(int) = f->call;
    int file = (int)syscall(SYS_open, "f", O_RDONLY);
    say("%s %s, file %s, closed %s", result(call(raw_open("d"))), here(), result(call(file)), result(call(-1)));
}

void try_getcwd(const struct function *f)
{
    char out[PATH_MAX];
    char *(*call)(char *, size_t, size_t) = f->call; /* the third is that of __getcwd_chk */
    say("%s, small %s", call(out, sizeof out, sizeof out), call(out, 3, sizeof out) ? "fits" : error(errno));
    char *made = call(NULL, 0, (size_t)-1);
    say(", made %s", made ? made : error(errno));
    syscall(SYS_mkdir, "gone", 0755);
    chdir("gone");
    syscall(SYS_rmdir, at("gone"));
    say(", removed %s", call(out, sizeof out, sizeof out) ? out : error(errno));
}

void try_getwd(const struct function *f)
{
    char out[PATH_MAX];
    char *(*call)(char *, size_t) = f->call;
    chdir("d");
    say("%s", call(out, sizeof out) ? out : error(errno));
}

void try_current(const struct function *f)
{
    char *(*call)(void) = f->call;
    unsetenv("PWD");
    char *out = call();
    say("%s", out ? out : error(errno));
    setenv("PWD", at("../"), 1); /* not where it is */
    out = call();
    say(", wrong PWD %s", out ? out : error(errno));
}

void try_chroot(const struct function *f)
{
    int (*call)(const char *) = f->call;
    say("missing %s, file %s, ", result(call("none")), result(call("f")));
    say("%s %s %s, outside %s, up %s", result(call(".")), text("/f"), seen("/d/x"), seen("/srv"), result(syscall(SYS_chdir, "/../../..")));
    say(" %s", here());
}

/* Needs mounts of its own: refused, in a chroot as well. */
void try_pivot_root(const struct function *f)
{
    say("%s %s", CALL(int, const char *, const char *)(".", "d") < 0 ? "refused" : "done", text("f"));
}

void try_realpath(const struct function *f)
{
    char out[PATH_MAX] = "";
    char *(*call)(const char *, char *, size_t) = f->call; /* the third is that of __realpath_chk */
    say("%s, ", call("d/..//l", out, sizeof out) ? out : error(errno));
    say("%s, ", call("/proc/self/cwd/l", out, sizeof out) ? out : error(errno));
    say("missing %s, ", call("none", out, sizeof out) ? out : error(errno));
    say("below a file %s", call("f/x", out, sizeof out) ? out : error(errno));
    errno = 0;
    char *made = strstr(f->name, "chk") ? NULL : call("l", NULL, 0); /* the version of 2.2.5 refuses that */
    say(", made %s", made ? made : error(errno));
}

void try_canonical(const struct function *f)
{
    char *(*call)(const char *) = f->call;
    char *a = call("./l"), *b = call("none");
    say("%s, missing %s", a ? a : "(nothing)", b ? b : error(errno));
}

static void add_entry(const struct dirent *e)
{
    add(e ? e->d_name : "(end)");
}

void try_opendir(const struct function *f)
{
    DIR *(*call)(const char *) = f->call;
    DIR *d = call("d"), *root = call("/srv/functions/..");
    for (struct dirent *e; d && (e = readdir(d));)
        add_entry(e);
    say_added();
    say(", by an absolute path %d, missing %s", root != NULL, call("none") ? "opened" : error(errno));
    say(", file %s", call("f") ? "opened" : error(errno));
}

void try_fdopendir(const struct function *f)
{
    DIR *(*call)(int) = f->call;
    DIR *d = call(raw_open("d"));
    for (struct dirent *e; d && (e = readdir(d));)
        add_entry(e);
    say_added();
    say(", file %s", call((int)syscall(SYS_open, "f", O_RDONLY)) ? "opened" : error(errno));
}

void try_readdir(const struct function *f)
{
    struct dirent *(*call)(DIR *) = f->call;
    write_file("d/n", "", 0644);
    DIR *d = opendir("d");
    unsigned wrong = 0;
    struct stat st;
    for (struct dirent *e; (e = call(d));) {
        add_entry(e);
        if (e->d_name[0] == 'n') /* of a layer's file the number is another (docs/internals/core.md) */
            wrong += syscall(SYS_lstat, "d/n", &st) || st.st_ino != e->d_ino;
        wrong += e->d_type != (e->d_name[0] == '.' ? DT_DIR : DT_REG);
    }
    say_added();
    say(" wrong %u", wrong);
}

void try_readdir_r(const struct function *f)
{
    int (*call)(DIR *, struct dirent *, struct dirent **) = f->call;
    DIR *d = opendir("d");
    struct dirent *e = malloc(sizeof *e + 256), *out = NULL;
    int r;
    while (!(r = call(d, e, &out)) && out)
        add_entry(out);
    say_added();
    say(" %d", r);
}

void try_closedir(const struct function *f)
{
    DIR *d = opendir("d");
    int fd = dirfd(d);
    say("%s", result(CALL(int, DIR *)(d)));
    say(", its descriptor %s", result(syscall(SYS_fchdir, fd)));
}

void try_rewinddir(const struct function *f)
{
    DIR *d = opendir("d");
    while (readdir(d))
        continue;
    write_file("d/z", "", 0644);
    CALL(void, DIR *)(d);
    for (struct dirent *e; (e = readdir(d));)
        add_entry(e);
    say_added();
}

/* Where telldir says, seekdir goes on. */
static void seek_and_tell(long (*tell)(DIR *), void (*seek)(DIR *, long))
{
    DIR *d = opendir("d");
    char name[300];
    readdir(d);
    long place = tell(d);
    strcpy(name, readdir(d)->d_name);
    while (readdir(d))
        continue;
    seek(d, place);
    struct dirent *e = readdir(d);
    say("same entry %d, told the same %d", e && !strcmp(e->d_name, name), (seek(d, place), tell(d) == place));
}

void try_seekdir(const struct function *f)
{
    seek_and_tell(telldir, f->call);
}

void try_telldir(const struct function *f)
{
    seek_and_tell(f->call, seekdir);
}

void try_dirfd(const struct function *f)
{
    say("%s %s", result(syscall(SYS_fchdir, CALL(int, DIR *)(opendir("d")))), here());
}

static int not_dots(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

static void say_scanned(int n, struct dirent **list)
{
    say("%s", result(n));
    for (int i = 0; i < n; i++)
        say(" %s", list[i]->d_name);
}

typedef int compare(const struct dirent **, const struct dirent **);

void try_scandir(const struct function *f)
{
    int (*call)(const char *, struct dirent ***, int (*)(const struct dirent *), compare *) = f->call;
    struct dirent **list = NULL;
    say_scanned(call("d", &list, not_dots, alphasort), list);
    say(", missing %s", result(call("none", &list, NULL, NULL)));
}

void try_scandirat(const struct function *f)
{
    int (*call)(int, const char *, struct dirent ***, int (*)(const struct dirent *), compare *) = f->call;
    struct dirent **list = NULL;
    int dir = raw_open(home);
    chdir("/");
    say_scanned(call(dir, "d", &list, not_dots, alphasort), list);
    say(", missing %s", result(call(dir, "none", &list, NULL, NULL)));
}

void try_sort(const struct function *f)
{
    struct dirent **list = NULL;
    write_file("d/x10", "", 0644);
    write_file("d/x9", "", 0644);
    say_scanned(scandir("d", &list, not_dots, (compare *)f->call), list);
}

/* struct linux_dirent64 of getdents(2), which is glibc's struct dirent64 too. */
static void add_block(const char *block, long n)
{
    for (long i = 0; i < n;) {
        const struct dirent *e = (const void *)(block + i);
        add_entry(e);
        i += e->d_reclen;
    }
}

void try_getdirentries(const struct function *f)
{
    long base = 0, n;
    int dir = raw_open("d");
    char block[2000] __attribute__((aligned(8)));
    while ((n = CALL(ssize_t, int, char *, size_t, long *)(dir, block, sizeof block, &base)) > 0)
        add_block(block, n);
    say_added();
    say(" %s", result(n));
}

void try_getdents(const struct function *f)
{
    long n;
    int dir = raw_open("d");
    char block[2000] __attribute__((aligned(8)));
    while ((n = CALL(ssize_t, int, void *, size_t)(dir, block, sizeof block)) > 0)
        add_block(block, n);
    say_added();
    say(" %s, closed %s", result(n), result(CALL(ssize_t, int, void *, size_t)(-1, block, sizeof block)));
}
