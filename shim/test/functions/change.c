/* Tests of functions.def: modes, owners, times, sizes, extended attributes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

#include "functions.h"

static int opened(const char *path)
{
    return (int)syscall(SYS_open, path, O_RDWR);
}

static int away(void)
{
    int dir = (int)syscall(SYS_open, home, O_RDONLY);
    chdir("/");
    return dir;
}

static void say_owner(const char *path)
{
    struct stat st;
    if (syscall(SYS_lstat, path, &st))
        say(" %s", error(errno));
    else
        say(" %u:%u", st.st_uid, st.st_gid);
}

static void say_times(const char *path)
{
    struct stat st;
    if (syscall(SYS_lstat, path, &st))
        say(" %s", error(errno));
    else if (st.st_mtim.tv_sec > 1000000000)
        say(" as made");
    else
        say(" %ld.%09ld %ld.%09ld", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

void try_chmod(const struct function *f)
{
    int (*call)(const char *, mode_t) = f->call;
    say("%s %s, by link %s %s", result(call("f", 0604)), seen("f"), result(call(at("l"), 0711)), seen("f"));
    say(", folder %s %s, missing %s", result(call("d", 01770)), seen("d"), result(call("none", 0600)));
}

void try_lchmod(const struct function *f)
{
    int (*call)(const char *, mode_t) = f->call;
    say("%s %s, missing %s", result(call("f", 0604)), seen("f"), result(call("none", 0600)));
    say(", link %s", call("l", 0600) < 0 ? "refused" : "done");
    say(" %s", seen("f"));
}

void try_fchmod(const struct function *f)
{
    int (*call)(int, mode_t) = f->call;
    say("%s %s, closed %s", result(call(opened("f"), 0604)), seen("f"), result(call(-1, 0600)));
}

void try_fchmodat(const struct function *f)
{
    int (*call)(int, const char *, mode_t, int) = f->call;
    int dir = away();
    say("%s %s, missing %s", result(call(dir, "l", 0604, 0)), seen(at("f")), result(call(dir, "none", 0600, 0)));
    say(", file itself %s %s", result(call(dir, "f", 0610, AT_SYMLINK_NOFOLLOW)), seen(at("f")));
}

void try_chown(const struct function *f)
{
    int (*call)(const char *, uid_t, gid_t) = f->call;
    say("%s", result(call("f", 12, 34)));
    say_owner("f");
    say(", by link %s", result(call(at("l"), 56, (gid_t)-1)));
    say_owner("f");
    say_owner("l");
    say(", missing %s", result(call("none", 1, 1)));
}

void try_fchown(const struct function *f)
{
    int (*call)(int, uid_t, gid_t) = f->call;
    say("%s", result(call(opened("f"), 12, 34)));
    say_owner("f");
    say(", closed %s", result(call(-1, 1, 1)));
}

void try_fchownat(const struct function *f)
{
    int (*call)(int, const char *, uid_t, gid_t, int) = f->call;
    int dir = away();
    say("%s", result(call(dir, "l", 12, 34, 0)));
    say_owner(at("f"));
    say(", link itself %s", result(call(dir, "l", 56, 78, AT_SYMLINK_NOFOLLOW)));
    say_owner(at("l"));
    say_owner(at("f"));
    say(", missing %s", result(call(dir, "none", 1, 1, 0)));
}

void try_utime(const struct function *f)
{
    int (*call)(const char *, const struct utimbuf *) = f->call;
    struct utimbuf times = {100, 200};
    say("%s", result(call(at("l"), &times)));
    say_times("f");
    say(", now %s", result(call("f", NULL)));
    say_times("f");
    say(", missing %s", result(call("none", &times)));
}

static const struct timeval two[2] = {{100, 5}, {200, 7}};

/* utimes and lutimes: whether the file or the link changes tells which. */
void try_utimes(const struct function *f)
{
    int (*call)(const char *, const struct timeval *) = f->call;
    say("%s", result(call("l", two)));
    say_times("f");
    say_times("l");
    say(", %s", result(call(at("d"), two)));
    say_times("d");
    say(", missing %s", result(call("none", two)));
}

void try_futimes(const struct function *f)
{
    int (*call)(int, const struct timeval *) = f->call;
    say("%s", result(call(opened("f"), two)));
    say_times("f");
    say(", closed %s", result(call(-1, two)));
}

void try_futimesat(const struct function *f)
{
    int (*call)(int, const char *, const struct timeval *) = f->call;
    int dir = away();
    say("%s", result(call(dir, "l", two)));
    say_times(at("f"));
    say(", missing %s", result(call(dir, "none", two)));
}

static const struct timespec exact[2] = {{100, 123456789}, {200, 987654321}};

void try_utimensat(const struct function *f)
{
    int (*call)(int, const char *, const struct timespec *, int) = f->call;
    int dir = away();
    say("%s", result(call(dir, "l", exact, 0)));
    say_times(at("f"));
    say_times(at("l"));
    say(", link itself %s", result(call(dir, "l", exact, AT_SYMLINK_NOFOLLOW)));
    say_times(at("l"));
    say(", missing %s", result(call(dir, "none", exact, 0)));
}

void try_futimens(const struct function *f)
{
    int (*call)(int, const struct timespec *) = f->call;
    say("%s", result(call(opened("f"), exact)));
    say_times("f");
    say(", closed %s", result(call(-1, exact)));
}

void try_truncate(const struct function *f)
{
    int (*call)(const char *, off_t) = f->call;
    say("%s %s %s", result(call("f", 4)), seen("f"), text("f"));
    say(", by link %s %s, missing %s, folder %s", result(call(at("l"), 5000)), seen("f"), result(call("none", 0)), result(call("d", 0)));
}

void try_ftruncate(const struct function *f)
{
    int (*call)(int, off_t) = f->call;
    say("%s %s %s, closed %s", result(call(opened("f"), 4)), seen("f"), text("f"), result(call(-1, 0)));
}

/* BSD's file flags: Linux has only the names. */
void try_chflags(const struct function *f)
{
    say("%s %s", result(CALL(int, const char *, unsigned long)("f", 0)), seen("f"));
}

void try_fchflags(const struct function *f)
{
    say("%s %s", result(CALL(int, int, unsigned long)(opened("f"), 0)), seen("f"));
}

static const char *attribute(const char *path)
{
    static char out[100];
    long n = syscall(SYS_lgetxattr, path, "user.note", out, sizeof out - 1);
    if (n < 0)
        return error(errno);
    out[n] = 0;
    return out;
}

static void set_attribute(const char *path)
{
    syscall(SYS_setxattr, path, "user.note", "kept", 4L, 0L);
}

/* Attributes "user." cannot be on links: what follows the link and what does not answer differently. */
void try_setxattr(const struct function *f)
{
    int (*call)(const char *, const char *, const void *, size_t, int) = f->call;
    say("%s %s", result(call("f", "user.note", "one", 3, 0)), attribute("f"));
    say(", by link %s %s", result(call(at("l"), "user.note", "two", 3, 0)), attribute("f"));
    say(", not anew %s, missing %s", result(call("f", "user.note", "x", 1, 1)), result(call("none", "user.note", "x", 1, 0)));
}

void try_getxattr(const struct function *f)
{
    ssize_t (*call)(const char *, const char *, void *, size_t) = f->call;
    char out[20] = "";
    set_attribute("f");
    say("%s", result(call(at("f"), "user.note", out, sizeof out)));
    say(" %s, by link %s, none %s", out, result(call("l", "user.note", out, sizeof out)), result(call("f", "user.other", out, sizeof out)));
    say(", missing %s", result(call("none", "user.note", out, sizeof out)));
}

void try_listxattr(const struct function *f)
{
    ssize_t (*call)(const char *, char *, size_t) = f->call;
    char out[100] = "";
    set_attribute("f");
    say("%s", result(call(at("f"), out, sizeof out)));
    say(" %s, by link %s", out, result(call("l", out, sizeof out)));
    say(", size %s, missing %s", result(call("f", NULL, 0)), result(call("none", out, sizeof out)));
}

void try_removexattr(const struct function *f)
{
    int (*call)(const char *, const char *) = f->call;
    set_attribute("f");
    say("by link %s", result(call("l", "user.note")));
    set_attribute("f");
    say(", %s %s, again %s", result(call(at("f"), "user.note")), attribute("f"), result(call("f", "user.note")));
    say(", missing %s", result(call("none", "user.note")));
}

void try_fsetxattr(const struct function *f)
{
    int (*call)(int, const char *, const void *, size_t, int) = f->call;
    say("%s %s, closed %s", result(call(opened("f"), "user.note", "one", 3, 0)), attribute("f"), result(call(-1, "user.note", "x", 1, 0)));
}

void try_fremovexattr(const struct function *f)
{
    int (*call)(int, const char *) = f->call;
    set_attribute("f");
    say("%s %s, closed %s", result(call(opened("f"), "user.note")), attribute("f"), result(call(-1, "user.note")));
}
