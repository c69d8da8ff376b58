/* Tests of functions.def: opening, and streams of stdio. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "functions.h"

void try_open(const struct function *f)
{
    int (*call)(const char *, int, ...) = f->call;
    say("%s, %s, %s", text_of(call("f", O_RDONLY)), text_of(call(at("../program/../f"), O_RDONLY)), text_of(call(at("l"), O_RDONLY)));
    say(", link itself %s, missing %s", result(call("l", O_RDONLY | O_NOFOLLOW)), result(call("none/f", O_RDONLY)));
    say(", made %s", result(syscall(SYS_write, call("n", O_CREAT | O_EXCL | O_WRONLY, 0640), "text of n", 9)));
    say(" %s %s, again %s", seen("n"), text("n"), result(call("n", O_CREAT | O_EXCL | O_WRONLY, 0640)));
    say(", emptied %d %s", call("f", O_WRONLY | O_TRUNC) >= 0, seen("f"));
}

void try_open_2(const struct function *f)
{
    int (*call)(const char *, int) = f->call;
    say("%s, %s, missing %s", text_of(call("f", O_RDONLY)), text_of(call(at("l"), O_RDONLY)), result(call("none", O_RDONLY)));
    say(", emptied %d %s", call("f", O_WRONLY | O_TRUNC) >= 0, seen("f"));
}

static int folder(void)
{
    return (int)syscall(SYS_open, home, O_RDONLY | O_DIRECTORY);
}

void try_openat(const struct function *f)
{
    int (*call)(int, const char *, int, ...) = f->call;
    int dir = folder();
    chdir("/");
    say("%s, %s, missing %s", text_of(call(dir, "f", O_RDONLY)), text_of(call(-1, at("l"), O_RDONLY)), result(call(dir, "none", O_RDONLY)));
    say(", no folder %s, made %d", result(call(-1, "f", O_RDONLY)), call(dir, "d/n", O_CREAT | O_WRONLY, 0600) >= 0);
    say(" %s, up %s", seen(at("d/n")), text_of(call(dir, "d/../f", O_RDONLY)));
}

void try_openat_2(const struct function *f)
{
    int (*call)(int, const char *, int) = f->call;
    int dir = folder();
    chdir("/");
    say("%s, %s, missing %s", text_of(call(dir, "f", O_RDONLY)), text_of(call(-1, at("l"), O_RDONLY)), result(call(dir, "none", O_RDONLY)));
}

void try_creat(const struct function *f)
{
    int (*call)(const char *, mode_t) = f->call;
    say("new %d %s, ", call("n", 0640) >= 0, seen("n"));
    say("emptied %d %s, through a link %d, ", call("f", 0600) >= 0, seen("f"), call(at("l"), 0600) >= 0);
    say("missing %s, folder %s", result(call("none/f", 0600)), result(call("d", 0600)));
}

/* A handle is of the host's file system whatever path it came from: the container says that there are none (and a chroot has them). */
void try_name_to_handle(const struct function *f)
{
    struct file_handle *handle = calloc(1, sizeof *handle + 128);
    int mount;
    handle->handle_bytes = 128;
    int r = CALL(int, int, const char *, struct file_handle *, int *, int)(AT_FDCWD, "f", handle, &mount, 0);
    say("%s", r == 0 || errno == EOPNOTSUPP || errno == ENOSYS ? "a handle or none" : strerror(errno));
    r = CALL(int, int, const char *, struct file_handle *, int *, int)(AT_FDCWD, "none", handle, &mount, 0);
    say(", missing %s", r < 0 && (errno == ENOENT || errno == EOPNOTSUPP || errno == ENOSYS) ? "none" : "wrong");
}

/* With a handle of the container's root as the host's file system knows it, or one made up: never a file. */
void try_handle(const struct function *f)
{
    struct file_handle *handle = calloc(1, sizeof *handle + 128);
    handle->handle_bytes = 8;
    handle->handle_type = 1;
    int r = CALL(int, int, struct file_handle *, int)(AT_FDCWD, handle, O_RDONLY);
    say("%s", r < 0 ? "no file" : text_of(r));
}

/* The new calls that mount: the container has no mounts of its own to make, a missing name is missing. */
static const char *refused(int r)
{
    return r < 0 && (errno == EPERM || errno == ENOSYS || errno == ENOENT || errno == EINVAL || errno == ENODEV) ? "refused" : "done";
}

void try_open_tree(const struct function *f)
{
    int r = CALL(int, int, const char *, unsigned)(AT_FDCWD, "none", 0);
    say("missing %s", refused(r));
    r = CALL(int, int, const char *, unsigned)(AT_FDCWD, "d", O_CLOEXEC);
    say(", a folder %s", r < 0 ? refused(r) : seen("d/x")[0] == 'f' ? "refused" : "wrong");
}

void try_fspick(const struct function *f)
{
    say("missing %s", refused(CALL(int, int, const char *, unsigned)(AT_FDCWD, "none", 0)));
    say(", no mount %s", refused(CALL(int, int, const char *, unsigned)(AT_FDCWD, "d", 0)));
}

void try_fsopen(const struct function *f)
{
    say("unknown %s", refused(CALL(int, const char *, unsigned)("lpmx-no-such", 0)));
}

static const char *read_stream(FILE *stream)
{
    static char line[200];
    if (!stream)
        return error(errno);
    line[0] = 0;
    const char *got = fgets(line, sizeof line, stream) ? line : "(nothing)";
    line[strcspn(line, "\n")] = 0;
    return got;
}

void try_fopen(const struct function *f)
{
    FILE *(*call)(const char *, const char *) = f->call;
    say("%s, ", read_stream(call("f", "r")));
    say("%s, missing %s", read_stream(call(at("l"), "re")), call("none", "r+") ? "opened" : error(errno));
    FILE *out = call(at("d/n"), "w");
    say(", written %d %d", out ? fputs("text of n\n", out) >= 0 : -1, out ? fclose(out) : -1);
    out = call("d/n", "a");
    say(", added %d %d", out ? fputs("more\n", out) >= 0 : -1, out ? fclose(out) : -1);
    say(" %s %s, exclusive %s", seen("d/n"), text("d/n"), call("d/n", "wx") ? "opened" : error(errno));
}

void try_freopen(const struct function *f)
{
    FILE *(*call)(const char *, const char *, FILE *) = f->call;
    FILE *stream = fopen("/dev/null", "r");
    say("%s, ", read_stream(call("f", "r", stream)));
    say("%s", read_stream(call(at("s"), "r", stream)));
    FILE *again = call(NULL, "r", stream); /* the same file by /proc/self/fd */
    say(", same again %s", again ? read_stream(again) : error(errno));
    say(", missing %s", call("none", "r", fopen("/dev/null", "r")) ? "opened" : error(errno));
    say(", written %d", call("n", "w", fopen("/dev/null", "r")) != NULL);
    say(" %s", seen("n"));
}

/* What fopen and freopen are made of, exported for an old C++ library: on a stream whose file is closed. */
static FILE *closed_stream(void)
{
    FILE *stream = fopen("/dev/null", "r");
#ifdef __GLIBC__
    extern int _IO_file_close_it(FILE *);
    _IO_file_close_it(stream);
#endif
    return stream;
}

void try_io_file_fopen(const struct function *f)
{
    FILE *(*call)(FILE *, const char *, const char *, int) = f->call;
    say("%s, ", read_stream(call(closed_stream(), "f", "r", 1)));
    say("missing %s", call(closed_stream(), "none", "r", 1) ? "opened" : error(errno));
    say(", made %d %s", call(closed_stream(), at("n"), "w", 1) != NULL, seen("n"));
}

void try_io_file_open(const struct function *f)
{
    FILE *(*call)(FILE *, const char *, int, int, int, int) = f->call;
    const int no_writes = 8;
    say("%s, ", read_stream(call(closed_stream(), "f", O_RDONLY, 0, no_writes, 1)));
    say("missing %s", call(closed_stream(), "none", O_RDONLY, 0, no_writes, 1) ? "opened" : error(errno));
    say(", made %d %s", call(closed_stream(), at("n"), O_CREAT | O_WRONLY, 0604, 4, 1) != NULL, seen("n"));
}
