/* Tests of functions.def: links, removing, renaming, making. XXXXXX in a name is what mktemp(3) fills in. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "functions.h"

/* The fixture, open, with the working directory elsewhere. */
static int away(void)
{
    int dir = (int)syscall(SYS_open, home, O_RDONLY);
    chdir("/");
    return dir;
}

static unsigned long links(const char *path)
{
    struct stat st;
    return syscall(SYS_lstat, path, &st) ? 0 : (unsigned long)st.st_nlink;
}

static const char *target(const char *path)
{
    static char out[300];
    long n = syscall(SYS_readlink, path, out, sizeof out - 1);
    out[n < 0 ? 0 : n] = 0;
    return out;
}

void try_readlink(const struct function *f)
{
    char out[100] = "";
    ssize_t (*call)(const char *, char *, size_t, size_t) = f->call; /* the fourth is that of __readlink_chk */
    say("%s", result(call("l", out, sizeof out, sizeof out)));
    say(" %s, no link %s, missing %s", out, result(call("f", out, sizeof out, sizeof out)), result(call("none", out, sizeof out, sizeof out)));
    say(", cut %s", result(call("/proc/self/exe", out, 4, sizeof out)));
    say(" %.4s", out);
}

void try_readlinkat(const struct function *f)
{
    char out[100] = "";
    ssize_t (*call)(int, const char *, char *, size_t, size_t) = f->call;
    int dir = away();
    say("%s", result(call(dir, "l", out, sizeof out, sizeof out)));
    say(" %s, missing %s", out, result(call(dir, "none", out, sizeof out, sizeof out)));
}

void try_symlink(const struct function *f)
{
    int (*call)(const char *, const char *) = f->call;
    say("%s %s", result(call("/srv/../f", "d/n")), target("d/n"));
    say(", again %s, missing %s, empty %s", result(call("x", "l")), result(call("x", "none/l")), result(call("", "n")));
}

void try_symlinkat(const struct function *f)
{
    int (*call)(const char *, int, const char *) = f->call;
    int dir = away();
    say("%s %s, again %s", result(call("../f", dir, "d/n")), text(at("d/n")), result(call("x", dir, "l")));
}

void try_link(const struct function *f)
{
    int (*call)(const char *, const char *) = f->call;
    say("%s %s %lu, again %s", result(call("f", at("d/n"))), text("d/n"), links("f"), result(call("f", "l")));
    say(", missing %s, folder %s", result(call("none", "n")), result(call("d", "n")));
}

void try_linkat(const struct function *f)
{
    int (*call)(int, const char *, int, const char *, int) = f->call;
    int dir = away();
    say("%s %lu", result(call(dir, "f", dir, "d/n", 0)), links(at("f")));
    say(", link itself %s %s", result(call(dir, "l", dir, "m", 0)), target(at("m")));
    say(", followed %s %lu, missing %s", result(call(dir, "l", dir, "o", AT_SYMLINK_FOLLOW)), links(at("f")), result(call(dir, "none", dir, "p", 0)));
}

void try_unlink(const struct function *f)
{
    int (*call)(const char *) = f->call;
    say("%s %s, link %s %s", result(call("d/x")), seen("d/x"), result(call(at("l"))), seen("f"));
    say(", folder %s, missing %s", result(call("d")), result(call("none")));
}

void try_rmdir(const struct function *f)
{
    int (*call)(const char *) = f->call;
    say("full %s, file %s, missing %s", result(call("d")), result(call("f")), result(call("none")));
    syscall(SYS_unlink, "d/x");
    syscall(SYS_unlink, "d/y");
    say(", empty %s %s", result(call(at("d"))), seen("d"));
}

void try_remove(const struct function *f)
{
    int (*call)(const char *) = f->call;
    say("%s %s, full %s, missing %s", result(call("f")), seen("f"), result(call("d")), result(call("none")));
    say(", %s %s, empty %s %s", result(call("d/x")), result(call("d/y")), result(call("d")), seen("d"));
}

void try_unlinkat(const struct function *f)
{
    int (*call)(int, const char *, int) = f->call;
    int dir = away();
    say("%s %s, full %s", result(call(dir, "d/x", 0)), seen(at("d/x")), result(call(dir, "d", AT_REMOVEDIR)));
    say(", %s, empty %s %s", result(call(dir, "d/y", 0)), result(call(dir, "d", AT_REMOVEDIR)), seen(at("d")));
    say(", missing %s", result(call(dir, "none", 0)));
}

/* A file is renamed, also over another; a folder of the image may answer EXDEV, and then the program copies: so a new one. */
void try_rename(const struct function *f)
{
    int (*call)(const char *, const char *) = f->call;
    say("%s %s %s", result(call("f", at("d/n"))), text("d/n"), seen("f"));
    say(", over another %s %s %s", result(call("d/n", "d/x")), text("d/x"), seen("d/n"));
    mkdir("e", 0700);
    say(", folder %s %s, over a full one %s, missing %s", result(call("e", "g")), seen("g"), result(call("g", "d")), result(call("none", "n")));
}

void try_renameat(const struct function *f)
{
    int (*call)(int, const char *, int, const char *) = f->call;
    int dir = away();
    say("%s %s %s, missing %s", result(call(dir, "f", dir, "d/n")), text(at("d/n")), seen(at("f")), result(call(dir, "none", dir, "n")));
}

void try_renameat2(const struct function *f)
{
    int (*call)(int, const char *, int, const char *, unsigned) = f->call;
    int dir = away();
    say("%s %s", result(call(dir, "f", dir, "d/n", 1)), text(at("d/n")));
    say(", not over another %s", result(call(dir, "d/n", dir, "d/x", 1)));
    say(", exchanged %s %s %s", result(call(dir, "d/n", dir, "s", 2)), text(at("s")), seen(at("d/n")));
}

void try_mkdir(const struct function *f)
{
    int (*call)(const char *, mode_t) = f->call;
    say("%s %s, again %s", result(call(at("d/n"), 0751)), seen("d/n"), result(call("d/n", 0751)));
    say(", missing %s, below a file %s", result(call("none/n", 0777)), result(call("f/n", 0777)));
}

void try_mkdirat(const struct function *f)
{
    int (*call)(int, const char *, mode_t) = f->call;
    int dir = away();
    say("%s %s, again %s", result(call(dir, "n", 0777)), seen(at("n")), result(call(dir, "n", 0777)));
}

void try_mkfifo(const struct function *f)
{
    int (*call)(const char *, mode_t) = f->call;
    say("%s %s, again %s, missing %s", result(call(at("n"), 0662)), seen("n"), result(call("n", 0600)), result(call("none/n", 0600)));
}

void try_mkfifoat(const struct function *f)
{
    int (*call)(int, const char *, mode_t) = f->call;
    int dir = away();
    say("%s %s, again %s", result(call(dir, "n", 0600)), seen(at("n")), result(call(dir, "n", 0600)));
}

static const char *number(const char *path)
{
    struct stat st;
    if (syscall(SYS_stat, path, &st))
        return error(errno);
    return st.st_rdev == makedev(1, 3) ? "of null" : "other";
}

void try_mknod(const struct function *f)
{
    int (*call)(const char *, mode_t, dev_t) = f->call;
    say("file %s %s, fifo %s %s", result(call("n", S_IFREG | 0640, 0)), seen("n"), result(call(at("m"), S_IFIFO | 0600, 0)), seen("m"));
    say(", device %s %s", result(call("o", S_IFCHR | 0666, makedev(1, 3))), number("o"));
    say(", again %s, missing %s", result(call("n", S_IFREG | 0600, 0)), result(call("none/n", S_IFREG | 0600, 0)));
}

void try_mknodat(const struct function *f)
{
    int (*call)(int, const char *, mode_t, dev_t) = f->call;
    int dir = away();
    say("file %s %s", result(call(dir, "n", S_IFREG | 0640, 0)), seen(at("n")));
    say(", device %s %s", result(call(dir, "o", S_IFCHR | 0666, makedev(1, 3))), number(at("o")));
}

void try_xmknod(const struct function *f)
{
    int (*call)(int, const char *, mode_t, dev_t *) = f->call;
    dev_t none = 0, null = makedev(1, 3);
    say("file %s %s", result(call(0, "n", S_IFREG | 0640, &none)), seen("n"));
    say(", device %s %s, missing %s", result(call(0, "o", S_IFCHR | 0666, &null)), number("o"), result(call(0, "none/n", S_IFREG, &none)));
}

void try_xmknodat(const struct function *f)
{
    int (*call)(int, int, const char *, mode_t, dev_t *) = f->call;
    dev_t none = 0, null = makedev(1, 3);
    int dir = away();
    say("file %s %s", result(call(0, dir, "n", S_IFREG | 0640, &none)), seen(at("n")));
    say(", device %s %s", result(call(0, dir, "o", S_IFCHR | 0666, &null)), number(at("o")));
}

void try_mkdtemp(const struct function *f)
{
    char name[400], *out;
    strcpy(name, at("d/nXXXXXX"));
    out = CALL(char *, char *)(name);
    say("%s %s", out == name && !strncmp(name, at("d/n"), strlen(at("d/n"))) && !strstr(name, "XXXXXX") ? "named" : error(errno), seen(name));
    char missing[] = "none/nXXXXXX", wrong[] = "nXXX";
    say(", missing %s", CALL(char *, char *)(missing) ? "made" : error(errno));
    say(", no pattern %s", CALL(char *, char *)(wrong) ? "made" : error(errno));
}
