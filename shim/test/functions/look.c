/* What the tests of functions.def see and say (functions.h). Looks by raw system calls, so that one wrong function does not hide another. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "functions.h"

char home[300];
static char line[4000];
static unsigned length;
static char *names[64];
static unsigned named;

void say(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vsnprintf(line + length, sizeof line - length, format, list);
    va_end(list);
    length += (unsigned)n < sizeof line - length ? (unsigned)n : sizeof line - length - 1;
}

void flush(void)
{
    for (unsigned done = 0; done < length;) {
        long n = syscall(SYS_write, 1, line + done, length - done);
        if (n <= 0)
            _exit(9);
        done += (unsigned)n;
    }
    length = 0;
}

/* Room for a few results in one say(). */
static char *room(void)
{
    static char texts[16][320];
    static unsigned next;
    return texts[next++ % 16];
}

const char *error(int value)
{
    char *out = room();
    snprintf(out, 320, value ? "(%s)" : "0", strerror(value));
    return out;
}

const char *result(long value)
{
    if (value < 0)
        return error(errno);
    char *out = room();
    snprintf(out, 320, "%ld", value);
    return out;
}

const char *text_of(int fd)
{
    if (fd < 0)
        return error(errno);
    char *out = room();
    long n = syscall(SYS_read, fd, out, 300);
    if (n < 0)
        return error(errno);
    syscall(SYS_close, fd);
    out[n] = 0;
    out[strcspn(out, "\n")] = 0;
    return out;
}

const char *text(const char *path)
{
    return text_of((int)syscall(SYS_open, path, O_RDONLY));
}

const char *seen(const char *path)
{
    static const char *types[16] = {[1] = "fifo", [2] = "device", [4] = "folder", [8] = "file", [10] = "link", [12] = "socket"};
    struct stat st;
    if (syscall(SYS_lstat, path, &st) < 0)
        return error(errno);
    char *out = room();
    unsigned type = st.st_mode >> 12;
    if (type == 4 || type == 10)
        snprintf(out, 320, "%s %o", types[type], st.st_mode & 07777);
    else
        snprintf(out, 320, "%s %o %ld", types[type] ? types[type] : "?", st.st_mode & 07777, (long)st.st_size);
    return out;
}

const char *at(const char *name)
{
    char *out = room();
    snprintf(out, 320, "%s/%s", home, name);
    return out;
}

void add(const char *name)
{
    if (named < 64)
        names[named++] = strdup(name);
}

static int order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void say_added(void)
{
    qsort(names, named, sizeof *names, order);
    for (unsigned i = 0; i < named; i++) {
        say("%s%s", i ? " " : "[", names[i]);
        free(names[i]);
    }
    say(named ? "]" : "[]");
    named = 0;
}

int ended(int pid)
{
    int status;
    if (pid < 0)
        return -1;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -2;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int write_file(const char *path, const char *content, unsigned mode)
{
    int fd = (int)syscall(SYS_open, path, O_CREAT | O_TRUNC | O_WRONLY, 0700);
    size_t size = strlen(content);
    if (fd < 0 || syscall(SYS_write, fd, content, size) != (long)size || syscall(SYS_fchmod, fd, mode) < 0)
        return -1;
    return (int)syscall(SYS_close, fd);
}
