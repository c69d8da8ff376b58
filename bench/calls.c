/*
 * What one system call costs where this program runs: `calls FILE MISSING FOLDER BOUND` prints a line "NAME NANOSECONDS" each;
 * BOUND is a file of the host, seen through a mount. Every figure is the median of BLOCKS blocks of about half a millisecond:
 * short enough that most of them run undisturbed on a busy machine. Linked against glibc, as most programs of images are.
 * Rows: path calls that a container system has to look at (stat, open, readdir) and calls it should leave alone.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BLOCKS = 25, BLOCK_NS = 500000 };

static const char *file, *missing, *folder, *bound;
static int descriptor, directory; /* open on FILE, and on the folder it is in */
static const char *last_name;     /* of FILE */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int call_stat(void)
{
    struct stat st;
    return stat(file, &st);
}

static int call_stat_at(void)
{
    struct stat st;
    return fstatat(directory, last_name, &st, AT_SYMLINK_NOFOLLOW);
}

static int call_stat_missing(void)
{
    struct stat st;
    return stat(missing, &st) == -1 ? 0 : -1;
}

static int call_stat_bound(void)
{
    struct stat st;
    return stat(bound, &st);
}

static int call_open_bound(void)
{
    return close(open(bound, O_RDONLY));
}

static int call_open(void)
{
    return close(open(file, O_RDONLY));
}

static int call_readdir(void)
{
    DIR *dir = opendir(folder);
    int entries = 0;
    if (!dir)
        return -1;
    while (readdir(dir))
        entries++;
    return closedir(dir) == 0 && entries > 2 ? 0 : -1;
}

static int call_fstat(void)
{
    struct stat st;
    return fstat(descriptor, &st);
}

static int call_read(void)
{
    char byte;
    return pread(descriptor, &byte, 1, 0) == 1 ? 0 : -1;
}

static int call_getppid(void)
{
    return getppid() >= 0 ? 0 : -1;
}

static double block(int (*call)(void), long count)
{
    double start = now();
    for (long i = 0; i < count; i++)
        if (call() != 0)
            return -1;
    return (now() - start) / (double)count;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The first blocks warm caches up (and let lpmx patch its hot call sites), and tell how many calls fill a block. */
static int measure(const char *name, int (*call)(void))
{
    double values[BLOCKS], one = block(call, 20);
    if (one < 0 || (one = block(call, 20)) < 0) {
        perror(name);
        return -1;
    }
    long count = (long)(BLOCK_NS / one) + 1;
    for (int i = 0; i < BLOCKS; i++)
        values[i] = block(call, count);
    qsort(values, BLOCKS, sizeof *values, ascending);
    printf("%s %.1f\n", name, values[BLOCKS / 2]);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: calls FILE MISSING FOLDER BOUND\n");
        return 125;
    }
    file = argv[1];
    missing = argv[2];
    folder = argv[3];
    bound = argv[4];
    descriptor = open(file, O_RDONLY);
    last_name = strrchr(file, '/') + 1;
    char *parent = strndup(file, (size_t)(last_name - file));
    directory = open(parent, O_RDONLY | O_DIRECTORY);
    int bad = measure("stat", call_stat) | measure("stat-ENOENT", call_stat_missing) | measure("stat-from-dirfd", call_stat_at) |
              measure("open+close", call_open) | measure("readdir", call_readdir) | measure("stat-in-mount", call_stat_bound) |
              measure("open-in-mount", call_open_bound) | measure("fstat", call_fstat) |
              measure("read-1-byte", call_read) | measure("getppid", call_getppid);
    return bad ? 1 : 0;
}
