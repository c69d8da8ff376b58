/* state/live of a container: one file per process that lives in it, named as live_name (places.h) says, holding "main" or
 * "exec". See container.h. A file of a dead process means nothing; who meets one removes it. */
#include "container.h"
#include "files.h"
#include "places.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The entries of execs are names of one file: making an inode costs more than all else on the way into a container. */
static int make_entry(const char *folder, const char *path, const char *what)
{
    char *one = format("%s/state/%s", folder, what);
    if (!strcmp(what, "main"))
        return write_file(path, what, strlen(what), 0600);
    if (link(one, path) == 0)
        return 0;
    if (errno == ENOENT && write_file(one, what, strlen(what), 0600) == 0 && link(one, path) == 0)
        return 0;
    return errno == EEXIST ? -EEXIST : write_file(path, what, strlen(what), 0600); /* no links there, or too many */
}

char *container_enter(const char *folder, const char *what)
{
    if (getpid() % 16 == 0)
        container_running(folder); /* entries of ended execs would pile up */
    char *path = format("%s/state/live/%s", folder, live_name());
    int error = make_entry(folder, path, what);
    if (error && error != -EEXIST) /* the same process again: it was replaced by exec */
        fail("cannot enter the container: %s: %s", path, strerror(-error));
    return path;
}

static bool of_this_boot(const char *entry)
{
    size_t node = strlen(node_name());
    return !strncmp(entry, node_name(), node) && entry[node] == '.' && starts_with(entry + node + 1, boot_id());
}

/* Whether no process is left in the pid namespace of an entry of this boot: only the first namespace of all sees the others. */
static bool space_ended(const char *entry)
{
    static const char first[] = "4026531836"; /* PROC_PID_INIT_INO of linux/proc_ns.h */
    const char *number = entry + strlen(node_name()) + 1 + strlen(boot_id());
    struct listing list;
    const char *name;
    u8 type;
    bool found = false;
    char own[64], link[64];
    snprintf(link, sizeof link, "pid:[%.*s]", (int)strcspn(number + 1, "."), number + 1);
    ssize_t len = readlink("/proc/self/ns/pid", own, sizeof own - 1);
    own[len > 0 ? len : 0] = 0;
    if (*number != '-' || !strstr(own, first))
        return false;
    listing_open(&list, "/proc");
    while ((name = listing_next(&list, &type))) {
        len = *name >= '1' && *name <= '9' ? readlink(format("/proc/%s/ns/pid", name), own, sizeof own - 1) : -1;
        own[len > 0 ? len : 0] = 0;
        found |= !strcmp(own, link);
    }
    return !found;
}

/* Whose entry it is: > 0 the pid of a living process of this host, 0 a dead one, -1 one that cannot be judged from here. */
static long holder(const char *entry)
{
    const char *own = live_name();
    const char *at = strrchr(entry, '.');
    u64 start = at ? strtoull(at + 1, NULL, 10) : 0;
    while (at && at > entry && at[-1] != '.')
        at--;
    long pid = at ? strtol(at, NULL, 10) : 0;
    size_t place = at ? (size_t)(at - entry) : 0;
    const char *own_pid = strrchr(own, '.') - 1;
    while (own_pid[-1] != '.')
        own_pid--;
    if (place != (size_t)(own_pid - own) || strncmp(entry, own, place)) {
        if (of_this_boot(entry))
            return space_ended(entry) ? 0 : -1;
        return strncmp(entry, node_name(), strlen(node_name())) ? -1 : 0; /* same node, an earlier boot: dead */
    }
    if (pid <= 0 || (kill((pid_t)pid, 0) < 0 && errno == ESRCH))
        return 0;
    return start_time(pid) == start ? pid : 0;
}

bool container_mark_dead(const char *entry)
{
    return holder(entry) == 0;
}

static bool is_kind(const char *path, const char *what)
{
    char *content = read_file(path, 64, NULL);
    return content && !strcmp(content, what);
}

bool container_running(const char *folder)
{
    char *live = join_path(folder, "state/live");
    struct listing list;
    const char *name;
    u8 type;
    bool running = false;
    listing_open(&list, live);
    while ((name = listing_next(&list, &type))) {
        char *path = join_path(live, name);
        long pid = holder(name);
        if (!pid)
            unlink(path);
        else if (pid != getpid() && is_kind(path, "main"))
            running = true;
    }
    return running;
}

bool container_used_here(const char *folder)
{
    char *live = join_path(folder, "state/live");
    struct listing list;
    const char *name;
    u8 type;
    bool used = false;
    listing_open(&list, live);
    while ((name = listing_next(&list, &type))) {
        long pid = holder(name);
        used |= (pid > 0 && pid != getpid()) || (pid < 0 && of_this_boot(name));
    }
    return used || container_guests(strrchr(folder, '/') + 1, 0);
}

/* Sends a signal to those that `lpmx exec` and exposed commands have started here, or only counts them (0). *jobs: a job of a scheduler lives. */
static size_t signal_execs(const char *live, int number, bool *jobs)
{
    struct listing list;
    const char *name;
    u8 type;
    size_t n = 0;
    listing_open(&list, live);
    while ((name = listing_next(&list, &type))) {
        char *path = join_path(live, name);
        long pid = strcmp(name, live_name()) ? holder(name) : 0;
        *jobs |= pid && is_kind(path, "job");
        if (pid > 0 && is_kind(path, "exec") && kill((pid_t)pid, number) == 0)
            n++;
    }
    return n;
}

/* Those, and what they have left in the background; where a job lives, nobody can tell whose that is. */
static size_t signal_others(const char *folder, const char *live, int number)
{
    bool jobs = false;
    size_t n = signal_execs(live, number, &jobs);
    return jobs ? n : n + container_guests(strrchr(folder, '/') + 1, number);
}

void container_end_others(const char *folder)
{
    char *live = join_path(folder, "state/live");
    if (access(join_path(folder, "state/joined"), F_OK) < 0)
        return; /* there never were any */
    size_t left = signal_others(folder, live, SIGTERM);
    for (int tries = 0; left && tries < 40; tries++) {
        nanosleep(&(struct timespec){0, 50000000}, NULL);
        left = signal_others(folder, live, 0);
    }
    if (left)
        signal_others(folder, live, SIGKILL);
}
