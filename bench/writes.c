/*
 * What changing files costs: `writes FOLDER SMALL...` prints nanoseconds per operation, each the mean over many files:
 * made, renamed and removed in FOLDER, appended to, and the first and the second opening for writing of the files SMALL,
 * which an image has brought (the first one copies them up where the image is not to be changed). Used by work.ts only.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILES 2000

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void create(const char *name)
{
    static const char block[4096];
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0 || write(fd, block, sizeof block) != sizeof block || close(fd) < 0)
        fail(name);
}

static void append(const char *name)
{
    int fd = open(name, O_WRONLY | O_APPEND);
    if (fd < 0 || write(fd, "x", 1) != 1 || close(fd) < 0)
        fail(name);
}

static void move(const char *name)
{
    char other[64];
    snprintf(other, sizeof other, "%s.new", name);
    if (rename(name, other) < 0 || rename(other, name) < 0)
        fail(name);
}

static void change_mode(const char *name)
{
    if (chmod(name, 0600) < 0)
        fail(name);
}

static void drop(const char *name)
{
    if (unlink(name) < 0)
        fail(name);
}

static void folder(const char *name)
{
    if (mkdir(name, 0755) < 0 || rmdir(name) < 0)
        fail(name);
}

static void each(const char *row, void (*work)(const char *))
{
    char name[32];
    long long start = now();
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "file%d", i);
        work(name);
    }
    printf("%s %lld\n", row, (now() - start) / FILES);
}

static void given(const char *row, char **names, int count)
{
    long long start = now();
    for (int i = 0; i < count; i++)
        append(names[i]);
    printf("%s %lld\n", row, (now() - start) / count);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: writes FOLDER SMALL...\n");
        return 125;
    }
    if (mkdir(argv[1], 0755) < 0 || chdir(argv[1]) < 0)
        fail(argv[1]);
    each("create+write+close", create);
    each("append", append);
    each("chmod", change_mode);
    each("rename-twice", move);
    each("unlink", drop);
    each("mkdir+rmdir", folder);
    given("first-append-to-the-image's", argv + 2, argc - 2);
    given("second-append-to-the-image's", argv + 2, argc - 2);
    return 0;
}
