/* Tests of functions.def: status of files and file systems, access. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "functions.h"

static int is_same(const struct stat *a, const char *path)
{
    struct stat b;
    return !syscall(SYS_lstat, path, &b) && a->st_ino == b.st_ino && a->st_dev == b.st_dev;
}

static void say_status(int r, const struct stat *st, const char *path)
{
    if (r < 0)
        say("%s", error(errno));
    else
        say("%o %ld %u:%u same %d", st->st_mode, S_ISREG(st->st_mode) ? (long)st->st_size : 0, st->st_uid, st->st_gid, is_same(st, path));
}

/* stat and lstat: the answer for the link tells which. */
void try_stat(const struct function *f)
{
    int (*call)(const char *, struct stat *) = f->call;
    struct stat st;
    say_status(call("f", &st), &st, "f");
    say(", ");
    say_status(call(at("d/../l"), &st), &st, strstr(f->name, "lstat") ? "l" : "f");
    say(", missing %s, below a file %s", result(call("none", &st)), result(call("f/x", &st)));
    say(", empty %s", result(call("", &st)));
}

void try_xstat(const struct function *f)
{
    int (*call)(int, const char *, struct stat *) = f->call;
    struct stat st;
    say_status(call(1, "f", &st), &st, "f");
    say(", ");
    say_status(call(1, at("l"), &st), &st, strstr(f->name, "lx") ? "l" : "f");
    say(", missing %s", result(call(1, "none", &st)));
}

static int raw_open(const char *path, int flags)
{
    return (int)syscall(SYS_open, path, flags);
}

void try_fstat(const struct function *f)
{
    int (*call)(int, struct stat *) = f->call;
    struct stat st;
    say_status(call(raw_open("f", O_RDONLY), &st), &st, "f");
    say(", ");
    say_status(call(raw_open("d", O_RDONLY), &st), &st, "d");
    say(", closed %s", result(call(-1, &st)));
}

void try_fxstat(const struct function *f)
{
    int (*call)(int, int, struct stat *) = f->call;
    struct stat st;
    say_status(call(1, raw_open("f", O_RDONLY), &st), &st, "f");
    say(", closed %s", result(call(1, -1, &st)));
}

void try_fstatat(const struct function *f)
{
    int (*call)(int, const char *, struct stat *, int) = f->call;
    struct stat st;
    int dir = raw_open(home, O_RDONLY), file = raw_open("f", O_RDONLY);
    chdir("/");
    say_status(call(dir, "l", &st, 0), &st, at("f"));
    say(", ");
    say_status(call(dir, "l", &st, AT_SYMLINK_NOFOLLOW), &st, at("l"));
    say(", ");
    say_status(call(file, "", &st, AT_EMPTY_PATH), &st, at("f"));
    say(", missing %s", result(call(dir, "none", &st, 0)));
}

void try_fxstatat(const struct function *f)
{
    int (*call)(int, int, const char *, struct stat *, int) = f->call;
    struct stat st;
    int dir = raw_open(home, O_RDONLY);
    chdir("/");
    say_status(call(1, dir, "l", &st, 0), &st, at("f"));
    say(", ");
    say_status(call(1, dir, "l", &st, AT_SYMLINK_NOFOLLOW), &st, at("l"));
    say(", missing %s", result(call(1, dir, "none", &st, 0)));
}

/* struct statx as far as it is looked at (linux/stat.h); older headers have none. */
struct extended {
    unsigned mask, block;
    unsigned long attributes;
    unsigned links, uid, gid;
    unsigned short mode, spare;
    unsigned long inode, size;
    unsigned long rest[26];
};
_Static_assert(sizeof(struct extended) == 256, "as the kernel has it");

void try_statx(const struct function *f)
{
    int (*call)(int, const char *, int, unsigned, struct extended *) = f->call;
    struct extended x;
    int dir = raw_open(home, O_RDONLY), file = raw_open("f", O_RDONLY);
    chdir("/");
    say("%s", result(call(dir, "l", 0, 0x7ff, &x)));
    say(" %o %lu, link %s", x.mode, x.size, result(call(dir, "l", AT_SYMLINK_NOFOLLOW, 0x7ff, &x)));
    say(" %o %lu, itself %s", x.mode, x.size, result(call(file, "", AT_EMPTY_PATH, 0x7ff, &x)));
    say(" %o %lu, missing %s", x.mode, x.size, result(call(dir, "none", 0, 0x7ff, &x)));
}

void try_statfs(const struct function *f)
{
    int (*call)(const char *, struct statfs *) = f->call;
    struct statfs s;
    say("%s", result(call("l", &s)));
    say(" name %ld, /proc %s", (long)s.f_namelen, result(call("/proc/self", &s)));
    say(" type %lx, missing %s", (long)s.f_type, result(call("none", &s)));
}

void try_fstatfs(const struct function *f)
{
    int (*call)(int, struct statfs *) = f->call;
    struct statfs s;
    say("%s", result(call(raw_open("f", O_RDONLY), &s)));
    say(" name %ld, /proc %s", (long)s.f_namelen, result(call(raw_open("/proc/self", O_RDONLY), &s)));
    say(" type %lx, closed %s", (long)s.f_type, result(call(-1, &s)));
}

void try_statvfs(const struct function *f)
{
    int (*call)(const char *, struct statvfs *) = f->call;
    struct statvfs s;
    say("%s", result(call(at("d"), &s)));
    say(" name %ld read-only %d, missing %s", (long)s.f_namemax, (int)(s.f_flag & ST_RDONLY), result(call("none", &s)));
}

void try_fstatvfs(const struct function *f)
{
    int (*call)(int, struct statvfs *) = f->call;
    struct statvfs s;
    say("%s", result(call(raw_open("d", O_RDONLY), &s)));
    say(" name %ld, closed %s", (long)s.f_namemax, result(call(-1, &s)));
}

void try_pathconf(const struct function *f)
{
    long (*call)(const char *, int) = f->call;
    say("name %ld path %ld", call("d", _PC_NAME_MAX), call(home, _PC_PATH_MAX));
#ifdef __GLIBC__
    say(", missing %s", result(call("none", _PC_NAME_MAX)));
#endif
}

void try_fpathconf(const struct function *f)
{
    long (*call)(int, int) = f->call;
    say("name %ld pipe %ld", call(raw_open("d", O_RDONLY), _PC_NAME_MAX), call(raw_open("f", O_RDONLY), _PC_PIPE_BUF));
}

/* By device number, not by name; the kernel's are the host's. */
void try_ustat(const struct function *f)
{
    char buffer[64];
    say("no such device %s", CALL(int, dev_t, void *)(0xffff, buffer) < 0 ? "refused" : "known");
}

void try_quotactl(const struct function *f)
{
    const int sync = (int)0x80000100; /* QCMD(Q_SYNC, USRQUOTA) */
    say("no such device %s", CALL(int, int, const char *, int, void *)(sync, at("none"), 0, NULL) < 0 ? "refused" : "known");
}

/* access by the real, euidaccess by the effective user: as root all is allowed but executing what nobody may. */
void try_access(const struct function *f)
{
    int (*call)(const char *, int) = f->call;
    say("%s %s, run %s %s", result(call("f", R_OK | W_OK)), result(call(at("l"), F_OK)), result(call("f", X_OK)), result(call("s", X_OK)));
    say(", missing %s, below a file %s", result(call("none", F_OK)), result(call("f/x", F_OK)));
    if (setgid(500) || setuid(500))
        say(", still root");
    say(", as another %s %s", result(call(at("f"), R_OK)), result(call(at("f"), W_OK)));
}

void try_faccessat(const struct function *f)
{
    int (*call)(int, const char *, int, int) = f->call;
    int dir = raw_open(home, O_RDONLY);
    chdir("/");
    say("%s %s, run %s", result(call(dir, "f", R_OK, 0)), result(call(dir, "l", W_OK, AT_EACCESS)), result(call(dir, "f", X_OK, 0)));
    say(", missing %s", result(call(dir, "none", F_OK, 0)));
    say(", link itself %s", result(call(dir, "l", F_OK, AT_SYMLINK_NOFOLLOW)));
}
