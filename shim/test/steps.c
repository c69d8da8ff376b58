/* See steps.h. Raw system calls only, so that both runs ask exactly the same. */
#define _GNU_SOURCE
#include "steps.h"
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef SYS_statx
#define SYS_statx 332
#endif
#define NO_FD 900 /* a number that is never open: EBADF */

static const char *const kind_names[] = {
#define X(name) #name,
    STEP_KINDS(X)
#undef X
};

const char *shown(const char *text)
{
    static char buf[4][2 * STEP_PATH];
    static unsigned turn;
    char *out = buf[turn++ & 3];
    size_t n = strlen(text), pos = 0;
    for (size_t i = 0; i < n && pos < sizeof *buf - 40; i++) {
        size_t run = 1;
        while (i + run < n && text[i + run] == text[i])
            run++;
        if (run > 20) {
            pos += (size_t)sprintf(out + pos, "<%c*%zu>", text[i], run);
            i += run - 1;
        } else {
            out[pos++] = text[i] < 32 ? '?' : text[i];
        }
    }
    out[pos] = 0;
    return out;
}

void step_print(FILE *to, const struct step *s)
{
    fprintf(to, "%s", kind_names[s->kind]);
    if (s->slot != STEP_NO_SLOT)
        fprintf(to, " slot %d", s->slot);
    if (s->at != STEP_NO_SLOT && *s->path)
        fprintf(to, " at %d", s->at);
    if (*s->path)
        fprintf(to, " \"%s\"", shown(s->path));
    if (s->at2 != STEP_NO_SLOT && *s->path2)
        fprintf(to, " at %d", s->at2);
    if (*s->path2)
        fprintf(to, " \"%s\"", shown(s->path2));
    fprintf(to, " flags %#o mode %#o number %ld\n", (unsigned)s->flags, s->mode, s->number);
}

void runner_begin(struct runner *r, caller call, const char *folder)
{
    *r = (struct runner){.call = call, .folder = folder};
    for (int i = 0; i < STEP_SLOTS; i++)
        r->fd[i] = NO_FD;
}

static int slot_fd(const struct runner *r, int slot)
{
    return slot == STEP_NO_SLOT ? AT_FDCWD : r->fd[slot];
}

/* Content that tells which step wrote it. */
static size_t content(const struct step *s, char out[256])
{
    size_t n = 0;
    for (long i = 0; i < 1 + s->number % 7; i++)
        n += (size_t)sprintf(out + n, "<%ld.%ld>", s->number, i);
    return n;
}

static void describe_bytes(const char *bytes, long n, char *text)
{
    snprintf(text, STEP_TEXT, "%ld bytes %.*s #%llx", n, (int)(n < 60 ? n : 60), bytes, (unsigned long long)hash_bytes(1, bytes, (size_t)n));
    for (char *p = text; *p; p++)
        if (*p < 32)
            *p = '?';
}

static long read_all(struct runner *r, int fd, char *text)
{
    static char buf[1 << 20];
    long done = 0, n;
    while (done < (long)sizeof buf && (n = CALL4(r->call, SYS_read, fd, buf + done, sizeof buf - (size_t)done, 0)) > 0)
        done += n;
    if (n >= 0)
        describe_bytes(buf, done, text);
    return n < 0 ? n : done;
}

static long slurp(struct runner *r, const struct step *s, char *text)
{
    long fd = CALL4(r->call, SYS_openat, slot_fd(r, s->at), s->path, s->flags | O_NONBLOCK, s->mode);
    if (fd < 0)
        return fd;
    long n = read_all(r, (int)fd, text);
    long back = CALL2(r->call, SYS_close, fd, 0);
    return n < 0 ? n : back < 0 ? back : fd;
}

static long spill(struct runner *r, const struct step *s)
{
    char bytes[256];
    long fd = CALL4(r->call, SYS_openat, slot_fd(r, s->at), s->path, s->flags | O_NONBLOCK, s->mode);
    if (fd < 0)
        return fd;
    long n = CALL4(r->call, SYS_write, fd, bytes, content(s, bytes), 0);
    CALL2(r->call, SYS_close, fd, 0);
    return n;
}

static long put_in_slot(struct runner *r, int slot, long fd)
{
    if (fd < 0)
        return fd;
    if (r->fd[slot] != NO_FD)
        CALL2(r->call, SYS_close, r->fd[slot], 0);
    r->fd[slot] = (int)fd;
    return fd;
}

static long list(struct runner *r, const struct step *s, char *text)
{
    long fd = CALL4(r->call, SYS_openat, slot_fd(r, s->at), s->path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return fd;
    long n = list_names(r, (int)fd, (size_t)s->number, s->flags, text, STEP_TEXT);
    CALL2(r->call, SYS_close, fd, 0);
    return n;
}

static long stat_any(struct runner *r, const struct step *s, char *text)
{
    struct stat st;
    long e = s->kind == STEP_FSTAT   ? CALL2(r->call, SYS_fstat, r->fd[s->slot], &st)
             : s->kind == STEP_STAT  ? CALL4(r->call, SYS_newfstatat, slot_fd(r, s->at), s->path, &st, 0)
                                     : CALL4(r->call, SYS_newfstatat, slot_fd(r, s->at), s->path, &st, AT_SYMLINK_NOFOLLOW);
    if (!e)
        stat_text(r, &st, true, text, STEP_TEXT);
    return e;
}

static long statx_any(struct runner *r, const struct step *s, char *text)
{
    struct {
        u32 mask, blksize;
        u64 attributes;
        u32 nlink, uid, gid;
        u16 mode, pad;
        u64 ino, size, blocks, attributes_mask;
        struct {
            long sec;
            u32 nsec, pad;
        } time[4]; /* access, birth, change, modification */
        u32 rdev_major, rdev_minor, dev_major, dev_minor;
        u64 rest[14];
    } x;
    long e = CALL6(r->call, SYS_statx, slot_fd(r, s->at), s->path, s->flags, 0x7ff, &x, 0);
    struct stat st = {.st_mode = x.mode, .st_uid = x.uid, .st_gid = x.gid, .st_nlink = x.nlink, .st_ino = x.ino, .st_size = (long)x.size};
    st.st_mtim = (struct timespec){x.time[3].sec, x.time[3].nsec};
    st.st_rdev = makedev(x.rdev_major, x.rdev_minor);
    if (!e)
        stat_text(r, &st, true, text, STEP_TEXT);
    return e;
}

static long times(struct runner *r, const struct step *s, int fd, const char *path)
{
    struct timespec t[2] = {{500000000 + s->number, 1000}, {600000000 + s->number, 2000}};
    if (s->mode & 1)
        t[0].tv_nsec = UTIME_OMIT;
    if (s->mode & 2)
        t[1].tv_nsec = UTIME_OMIT;
    if (s->mode & 4)
        t[1].tv_nsec = UTIME_NOW;
    return CALL4(r->call, SYS_utimensat, fd, path, t, s->flags);
}

static long read_link(struct runner *r, const struct step *s, char *text)
{
    long n = CALL4(r->call, SYS_readlinkat, slot_fd(r, s->at), s->path, text, s->number);
    text[n > 0 ? n : 0] = 0;
    return n;
}

static long getcwd_text(struct runner *r, const struct step *s, char *text)
{
    long n = CALL2(r->call, SYS_getcwd, text, s->number);
    text[n > 0 ? n : 0] = 0;
    return n;
}

/* An unnamed file is written and given a name: over the view as libc does it (/proc/self/fd), natively by the empty path, as the oracle's
 * root has no /proc. */
static long tmpfile_named(struct runner *r, const struct step *s)
{
    char proc[40], bytes[256];
    long fd = CALL4(r->call, SYS_openat, slot_fd(r, s->at), s->path, O_TMPFILE | O_RDWR, s->mode);
    if (fd < 0)
        return fd;
    long e = CALL4(r->call, SYS_write, fd, bytes, content(s, bytes), 0);
    snprintf(proc, sizeof proc, "/proc/self/fd/%ld", fd);
    if (e > 0 && r->folder)
        e = CALL6(r->call, SYS_linkat, AT_FDCWD, proc, slot_fd(r, s->at2), s->path2, AT_SYMLINK_FOLLOW, 0);
    else if (e > 0)
        e = CALL6(r->call, SYS_linkat, fd, "", slot_fd(r, s->at2), s->path2, AT_EMPTY_PATH, 0);
    CALL2(r->call, SYS_close, fd, 0);
    return e;
}

/* A second name for what is open, written to by that name: no layer may change. */
static long linked_by_fd(struct runner *r, const struct step *s)
{
    char bytes[256];
    long fd = CALL4(r->call, SYS_openat, slot_fd(r, s->at), s->path, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0)
        return fd;
    struct stat st;
    bool device = CALL2(r->call, SYS_fstat, fd, &st) || S_ISCHR(st.st_mode); /* opened, it is the host's */
    long e = device ? -ENXIO : CALL6(r->call, SYS_linkat, fd, "", slot_fd(r, s->at2), s->path2, AT_EMPTY_PATH, 0);
    CALL2(r->call, SYS_close, fd, 0);
    fd = e ? e : CALL4(r->call, SYS_openat, slot_fd(r, s->at2), s->path2, O_WRONLY | O_APPEND | O_NONBLOCK, 0);
    e = fd < 0 ? fd : CALL4(r->call, SYS_write, fd, bytes, content(s, bytes), 0);
    if (fd >= 0)
        CALL2(r->call, SYS_close, fd, 0);
    return e;
}

static long on_descriptor(struct runner *r, const struct step *s, struct outcome *out)
{
    char bytes[256], buf[300];
    int fd = s->slot == STEP_NO_SLOT ? NO_FD : r->fd[s->slot];
    long n;
    switch (s->kind) {
    case STEP_OPEN: return put_in_slot(r, s->slot, CALL4(r->call, SYS_openat, slot_fd(r, s->at), s->path, s->flags | O_NONBLOCK, s->mode));
    case STEP_CLOSE: r->fd[s->slot] = NO_FD; return CALL2(r->call, SYS_close, fd, 0);
    case STEP_WRITE: return CALL4(r->call, SYS_write, fd, bytes, content(s, bytes), 0);
    case STEP_PREAD:
        if ((n = CALL4(r->call, SYS_pread64, fd, buf, sizeof buf, s->number)) >= 0)
            describe_bytes(buf, n, out->text);
        return n;
    case STEP_FTRUNCATE: return CALL2(r->call, SYS_ftruncate, fd, s->number);
    case STEP_FSTAT: return stat_any(r, s, out->text);
    case STEP_FCHMOD: return CALL2(r->call, SYS_fchmod, fd, s->mode);
    case STEP_FCHOWN: return CALL4(r->call, SYS_fchown, fd, s->number, s->mode, 0);
    case STEP_FUTIMENS: return times(r, s, fd, NULL);
    case STEP_FCHDIR: return CALL2(r->call, SYS_fchdir, fd, 0);
    default: return -ENOSYS;
    }
}

static long on_process(struct runner *r, const struct step *s, struct outcome *out)
{
    long n;
    switch (s->kind) {
    case STEP_CHDIR: return CALL2(r->call, SYS_chdir, s->path, 0);
    case STEP_GETCWD: return getcwd_text(r, s, out->text);
    case STEP_UMASK: return CALL2(r->call, SYS_umask, s->mode, 0);
    case STEP_RESTART: n = r->folder ? core_restart(r->folder) : 0; return n ? n : CALL2(r->call, SYS_chdir, "/", 0);
    case STEP_TMPFILE: return tmpfile_named(r, s);
    case STEP_LINKFD: return linked_by_fd(r, s);
    case STEP_SETXATTR: return CALL6(r->call, SYS_setxattr, s->path, "user.note", &s->number, sizeof s->number, 0, 0);
    case STEP_GETXATTR: {
        long v = 0;
        n = CALL4(r->call, SYS_getxattr, s->path, "user.note", &v, sizeof v);
        snprintf(out->text, STEP_TEXT, "%ld", v);
        return n;
    }
    default: return on_descriptor(r, s, out);
    }
}

static long on_path(struct runner *r, const struct step *s, struct outcome *out)
{
    caller c = r->call;
    int at = slot_fd(r, s->at), at2 = slot_fd(r, s->at2);
    switch (s->kind) {
    case STEP_SLURP: return slurp(r, s, out->text);
    case STEP_SPILL: return spill(r, s);
    case STEP_LIST: return list(r, s, out->text);
    case STEP_STAT:
    case STEP_LSTAT: return stat_any(r, s, out->text);
    case STEP_STATX: return statx_any(r, s, out->text);
    case STEP_ACCESS: return CALL4(c, SYS_faccessat, at, s->path, s->mode, 0);
    case STEP_READLINK: return read_link(r, s, out->text);
    case STEP_MKDIR: return CALL4(c, SYS_mkdirat, at, s->path, s->mode, 0);
    case STEP_MKNOD: return CALL4(c, SYS_mknodat, at, s->path, s->mode, s->number);
    case STEP_RMDIR: return CALL4(c, SYS_unlinkat, at, s->path, AT_REMOVEDIR, 0);
    case STEP_UNLINK: return CALL4(c, SYS_unlinkat, at, s->path, 0, 0);
    case STEP_RENAME:
        return s->flags ? CALL6(c, SYS_renameat2, at, s->path, at2, s->path2, s->flags, 0)
                        : CALL4(c, SYS_renameat, at, s->path, at2, s->path2);
    case STEP_LINK: return CALL6(c, SYS_linkat, at, s->path, at2, s->path2, s->flags, 0);
    case STEP_SYMLINK: return CALL4(c, SYS_symlinkat, s->path2, at, s->path, 0);
    case STEP_CHMOD: return CALL4(c, SYS_fchmodat, at, s->path, s->mode, 0);
    case STEP_CHOWN: return CALL6(c, SYS_fchownat, at, s->path, s->number, s->mode, 0, 0);
    case STEP_LCHOWN: return CALL6(c, SYS_fchownat, at, s->path, s->number, s->mode, AT_SYMLINK_NOFOLLOW, 0);
    case STEP_UTIMENS: return times(r, s, at, s->path);
    case STEP_TRUNCATE: return CALL2(c, SYS_truncate, s->path, s->number);
    default: return on_process(r, s, out);
    }
}

void step_run(struct runner *r, const struct step *s, struct outcome *out)
{
    out->text[0] = 0;
    out->value = on_path(r, s, out);
}
