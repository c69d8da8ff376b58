/* See files.h. */
#define _GNU_SOURCE
#include "files.h"
#include "harness.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void remove_at(int at, const char *name)
{
    if (!unlinkat(at, name, 0))
        return;
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (fd < 0 && errno == EACCES && !fchmodat(at, name, 0700, 0))
        fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (fd < 0)
        return;
    fchmod(fd, 0700);
    DIR *dir = fdopendir(fd);
    struct dirent *e;
    while (dir && (e = readdir(dir)))
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            remove_at(fd, e->d_name);
    closedir(dir);
    unlinkat(at, name, AT_REMOVEDIR);
}

void remove_tree(const char *path)
{
    remove_at(AT_FDCWD, path);
}

u64 hash_bytes(u64 h, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const u8 *)bytes)[i]) * 0x100000001b3ull;
    return h;
}

static u64 hash_content(int at, const char *name)
{
    char buf[16384];
    u64 h = 0xcbf29ce484222325ull;
    ssize_t n;
    int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return (u64)errno;
    while ((n = read(fd, buf, sizeof buf)) > 0)
        h = hash_bytes(h, buf, (size_t)n);
    close(fd);
    return h;
}

static u64 hash_at(int at, const char *name, const char *except);

static int skip_dots(const struct dirent *e)
{
    return strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
}

static u64 hash_children(int at, const char *name, const char *except)
{
    struct dirent **list;
    u64 h = 1;
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int n = fd < 0 ? -1 : scandir(path, &list, skip_dots, alphasort);
    for (int i = 0; i < n; i++) {
        if (!except || strcmp(list[i]->d_name, except)) {
            u64 child = hash_at(fd, list[i]->d_name, NULL);
            h = hash_bytes(h, &child, sizeof child);
        }
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    close(fd);
    return h;
}

static u64 hash_at(int at, const char *name, const char *except)
{
    struct stat st;
    char text[4096];
    if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW))
        return (u64)errno;
    u64 h = hash_bytes(0xcbf29ce484222325ull, name, strlen(name));
    u64 facts[] = {st.st_mode, st.st_uid, st.st_gid, S_ISDIR(st.st_mode) ? 0 : (u64)st.st_size, except ? 0 : (u64)st.st_mtim.tv_sec,
                   except ? 0 : (u64)st.st_mtim.tv_nsec, st.st_ino};
    h = hash_bytes(h, facts, sizeof facts);
    if (S_ISLNK(st.st_mode)) {
        ssize_t n = readlinkat(at, name, text, sizeof text);
        return hash_bytes(h, text, n > 0 ? (size_t)n : 0);
    }
    u64 inner = S_ISDIR(st.st_mode) ? hash_children(at, name, except) : S_ISREG(st.st_mode) ? hash_content(at, name) : 0;
    return hash_bytes(h, &inner, sizeof inner);
}

u64 hash_tree(const char *path, const char *except)
{
    return hash_at(AT_FDCWD, path, except);
}

void make_folder(const char *path, unsigned mode)
{
    char part[4096];
    for (size_t i = 1; i <= strlen(path); i++)
        if (!path[i] || path[i] == '/') {
            snprintf(part, sizeof part, "%.*s", (int)i, path);
            if (mkdir(part, path[i] ? 0755 : mode) && errno != EEXIST)
                die("cannot make the folder %s: %m", part);
        }
}

void write_file(const char *path, const void *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || close(fd))
        die("cannot write %s: %m", path);
}
