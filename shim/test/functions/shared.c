/* Tests of functions.def: shared memory, semaphores and queues by name, watching. Names carry the process id, as the kernel's may be the host's. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "functions.h"

static const char *own(const char *before)
{
    static char names[2][100];
    static unsigned next;
    char *out = names[next++ % 2];
    snprintf(out, 100, "%s%d", before, (int)getpid());
    return out;
}

void try_shm_open(const struct function *f)
{
    int (*call)(const char *, int, mode_t) = f->call;
    int fd = call(own("/lpmx-functions-"), O_CREAT | O_EXCL | O_RDWR, 0600);
    say("%s", result(fd < 0 ? -1 : write(fd, "shared", 6)));
    say(" %s %s", seen(own("/dev/shm/lpmx-functions-")), text(own("/dev/shm/lpmx-functions-")));
    say(", again %s, missing %s", result(call(own("/lpmx-functions-"), O_CREAT | O_EXCL | O_RDWR, 0600)), result(call(own("/none-"), O_RDWR, 0)));
    syscall(SYS_unlink, own("/dev/shm/lpmx-functions-"));
}

void try_shm_unlink(const struct function *f)
{
    int (*call)(const char *) = f->call;
    write_file(own("/dev/shm/lpmx-functions-"), "", 0600);
    say("%s %s", result(call(own("/lpmx-functions-"))), seen(own("/dev/shm/lpmx-functions-")));
    say(", missing %s", result(call(own("/none-"))));
}

void try_sem_open(const struct function *f)
{
    sem_t *(*call)(const char *, int, ...) = f->call;
    sem_t *s = call(own("/lpmx-functions-"), O_CREAT | O_EXCL, 0600, 2);
    int value = -1;
    if (s != SEM_FAILED)
        sem_getvalue(s, &value);
    say("%d %s", value, s == SEM_FAILED ? error(errno) : seen(own("/dev/shm/sem.lpmx-functions-")));
    say(", again %s", call(own("/lpmx-functions-"), O_CREAT | O_EXCL, 0600, 2) == SEM_FAILED ? error(errno) : "opened");
    say(", missing %s", call(own("/none-"), 0) == SEM_FAILED ? error(errno) : "opened");
    syscall(SYS_unlink, own("/dev/shm/sem.lpmx-functions-"));
}

void try_sem_unlink(const struct function *f)
{
    int (*call)(const char *) = f->call;
    write_file(own("/dev/shm/sem.lpmx-functions-"), "", 0600);
    say("%s %s", result(call(own("/lpmx-functions-"))), seen(own("/dev/shm/sem.lpmx-functions-")));
    say(", missing %s", result(call(own("/none-"))));
}

void try_mq_open(const struct function *f)
{
    mqd_t (*call)(const char *, int, ...) = f->call;
    struct mq_attr shape = {.mq_maxmsg = 2, .mq_msgsize = 16};
    char out[16] = "";
    mqd_t q = call(own("/lpmx-functions-"), O_CREAT | O_EXCL | O_RDWR, 0600, &shape);
    say("%s", result(q < 0 ? -1 : mq_send(q, "queued", 7, 0)));
    say(" %s %s", result(q < 0 ? -1 : mq_receive(q, out, sizeof out, NULL)), out);
    say(", missing %s", result(call(own("/none-"), O_RDWR)));
    mq_unlink(own("/lpmx-functions-"));
}

void try_mq_open_2(const struct function *f)
{
    mqd_t (*call)(const char *, int) = f->call;
    mq_open(own("/lpmx-functions-"), O_CREAT | O_RDWR, 0600, NULL);
    say("%d, missing %s", call(own("/lpmx-functions-"), O_RDWR) >= 0, result(call(own("/none-"), O_RDWR)));
    mq_unlink(own("/lpmx-functions-"));
}

void try_mq_unlink(const struct function *f)
{
    int (*call)(const char *) = f->call;
    mq_open(own("/lpmx-functions-"), O_CREAT | O_RDWR, 0600, NULL);
    say("%s, again %s", result(call(own("/lpmx-functions-"))), result(call(own("/lpmx-functions-"))));
}

/* Made of inode and device: the same for one file by every name, and of the file that stat shows. */
void try_ftok(const struct function *f)
{
    key_t (*call)(const char *, int) = f->call;
    struct stat st;
    syscall(SYS_stat, "f", &st);
    key_t key = call("f", 'x'), expected = (key_t)((unsigned)st.st_ino & 0xffff) | (key_t)((unsigned)st.st_dev & 0xff) << 16 | (key_t)('x' << 24);
    say("as stat %d, same %d, other %d, missing %s", key == expected, call(at("l"), 'x') == key, call("d", 'x') != key, result(call("none", 'x')));
}

void try_inotify(const struct function *f)
{
    int (*call)(int, const char *, uint32_t) = f->call;
    int watch = inotify_init1(IN_NONBLOCK);
    char block[1000] __attribute__((aligned(8)));
    int folder = call(watch, "d", IN_CREATE | IN_DELETE), file = call(watch, at("l"), IN_MODIFY);
    say("%d %d, missing %s", folder >= 0, file >= 0, result(call(watch, "none", IN_CREATE)));
    write_file("d/n", "", 0600);
    write_file("f", "x", 0644);
    syscall(SYS_unlink, "d/n"); /* of a layer's file nothing is told (docs/internals/core.md) */
    long n = read(watch, block, sizeof block);
    for (long i = 0; i < n;) {
        const struct inotify_event *e = (const void *)(block + i);
        const char *what = e->mask & IN_CREATE ? "made" : e->mask & IN_DELETE ? "removed" : "changed";
        if (e->wd == folder)
            say(", %s %s", what, e->len ? e->name : "?");
        else if (i + (long)(sizeof *e + e->len) <= n && !(e->mask & ~(unsigned)IN_MODIFY))
            add("changed");
        i += (long)(sizeof *e + e->len);
    }
    say(", file ");
    say_added();
}

/* Needs CAP_SYS_ADMIN, as fanotify_init: the container has none of the host's, so a group cannot be had there. */
void try_fanotify(const struct function *f)
{
    int r = CALL(int, int, unsigned, uint64_t, int, const char *)(-1, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "none");
    say("%s", r < 0 ? "refused" : "done");
}
