/* Files and folders as the launcher needs them; see files.h. */
#include "files.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

char *read_file(const char *path, size_t max, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return NULL;
    struct text out = {0};
    char chunk[8192];
    ssize_t got;
    while ((got = read(fd, chunk, sizeof chunk)) > 0 && out.len + (size_t)got <= max)
        text_put(&out, chunk, (size_t)got);
    int error = got < 0 ? errno : got > 0 ? EFBIG : 0;
    close(fd);
    if (error) {
        errno = error;
        return NULL;
    }
    if (!out.at)
        text_add(&out, "");
    if (len)
        *len = out.len;
    return out.at;
}

int write_all(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len) {
        ssize_t put = write(fd, at, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -errno;
        if (put == 0)
            return -ENOSPC;
        at += put;
        len -= (size_t)put;
    }
    return 0;
}

int write_file(const char *path, const void *data, size_t len, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return -errno;
    int error = write_all(fd, data, len);
    if (close(fd) < 0 && !error)
        error = -errno; /* NFS tells of a full disk or quota only here */
    if (error)
        unlink(path);
    return error;
}

int replace_file(const char *path, const void *data, size_t len, mode_t mode)
{
    char *temp = format("%s.%ld.tmp", path, (long)getpid());
    unlink(temp);
    int error = write_file(temp, data, len, mode);
    if (!error && rename(temp, path) < 0) {
        error = -errno;
        unlink(temp);
    }
    return error;
}

struct dent {
    u64 ino;
    long off;
    unsigned short reclen;
    unsigned char type;
    char name[];
};

void listing_open(struct listing *l, const char *path)
{
    l->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    l->len = l->at = 0;
}

const char *listing_next(struct listing *l, u8 *type)
{
    while (l->fd >= 0) {
        if (l->at == l->len) {
            l->len = (int)syscall(SYS_getdents64, l->fd, l->buffer, sizeof l->buffer);
            l->at = 0;
            if (l->len <= 0)
                break;
        }
        const struct dent *d = (const void *)(l->buffer + l->at);
        l->at += d->reclen;
        *type = d->type;
        if (strcmp(d->name, ".") && strcmp(d->name, ".."))
            return d->name;
    }
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    return NULL;
}

static void sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

void sync_folder(const char *path)
{
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, path);
    while ((name = listing_next(&list, &type)))
        if (type == DT_REG)
            sync_path(join_path(path, name));
    sync_path(path);
}

int make_dirs(const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0)
        return 0;
    if (errno == EEXIST) {
        struct stat st;
        return stat(path, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
    }
    const char *slash = strrchr(path, '/');
    if (errno != ENOENT || !slash || slash == path)
        return -errno;
    int error = make_dirs(copy_text(path, (size_t)(slash - path)), mode);
    if (error)
        return error;
    return mkdir(path, mode) == 0 || errno == EEXIST ? 0 : -errno;
}

static int open_dir(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
        fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int remove_entry(int parent, const char *name, bool dir);

static int remove_inside(int fd)
{
    char chunk[16384];
    long got, removed;
    int error = 0;
    do { /* removing while reading may skip entries, so go on until a whole pass finds none */
        removed = 0;
        if (lseek(fd, 0, SEEK_SET) < 0)
            return -errno;
        while ((got = syscall(SYS_getdents64, fd, chunk, sizeof chunk)) > 0) {
            for (long at = 0; at < got;) {
                struct dent *d = (struct dent *)(chunk + at);
                at += d->reclen;
                if (!strcmp(d->name, ".") || !strcmp(d->name, ".."))
                    continue;
                error = remove_entry(fd, d->name, d->type == 4);
                if (error)
                    return error;
                removed++;
            }
            if (got < (long)(sizeof chunk - sizeof(struct dent) - NAME_MAX - 9) && removed)
                return 0; /* one short buffer held them all */
        }
        if (got < 0)
            return -errno;
    } while (removed);
    return 0;
}

static int remove_entry(int parent, const char *name, bool dir)
{
    if (!dir) {
        if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
            return 0;
        if (errno == EACCES && parent >= 0 && fchmod(parent, 0700) == 0 && unlinkat(parent, name, 0) == 0)
            return 0;
        if (errno != EISDIR && errno != EPERM)
            return -errno;
    } else if (unlinkat(parent, name, AT_REMOVEDIR) == 0) {
        return 0; /* most folders of a container's tree are empty */
    }
    int fd = open_dir(parent, name);
    if (fd == -ENOENT)
        return 0;
    if (fd < 0)
        return fd;
    int error = remove_inside(fd);
    close(fd);
    if (error)
        return error;
    if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return 0;
    if (errno == EACCES && parent >= 0 && fchmod(parent, 0700) == 0 && unlinkat(parent, name, AT_REMOVEDIR) == 0)
        return 0;
    return -errno;
}

int remove_tree(const char *path)
{
    return remove_entry(AT_FDCWD, path, true);
}

char *real_path(const char *path)
{
    char *out = need(PATH_MAX);
    return realpath(path, out);
}

char *join_path(const char *dir, const char *name)
{
    if (*name == '/')
        return copy_text(name, strlen(name));
    size_t len = strlen(dir);
    while (len > 1 && dir[len - 1] == '/')
        len--;
    return format("%.*s%s%s", (int)len, dir, len == 1 && *dir == '/' ? "" : "/", name);
}

const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool is_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    return len && starts_with(path, folder) && (path[len] == '/' || !path[len] || folder[len - 1] == '/');
}

char *read_to_end(int fd, size_t *len)
{
    struct text all = {0};
    char chunk[8192];
    ssize_t got;
    text_add(&all, "");
    while ((got = read(fd, chunk, sizeof chunk)) > 0 || (got < 0 && errno == EINTR))
        if (got > 0)
            text_put(&all, chunk, (size_t)got);
    if (len)
        *len = all.len;
    return all.at;
}

char *clean_guest_path(const char *path)
{
    char *out = need(strlen(path) + 2);
    size_t len = 0;
    while (*path) {
        size_t part = strcspn(path, "/");
        if (part == 2 && path[0] == '.' && path[1] == '.') {
            while (len && out[--len] != '/')
                ;
        } else if (part && !(part == 1 && *path == '.')) {
            out[len++] = '/';
            memcpy(out + len, path, part);
            len += part;
        }
        path += part + (path[part] == '/');
    }
    if (!len)
        out[len++] = '/';
    out[len] = 0;
    return out;
}

char *find_on_path(const char *name)
{
    struct stat st;
    const char *path = setting("PATH");
    for (size_t len; path && *path; path += len + (path[len] == ':')) {
        len = strcspn(path, ":");
        char *file = format("%.*s/%s", (int)len, path, name);
        if (len && access(file, X_OK) == 0 && stat(file, &st) == 0 && S_ISREG(st.st_mode))
            return file;
    }
    return NULL;
}
