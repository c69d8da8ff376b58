/* Removing what killed launchers left; see container.h. Only what is surely dead goes: of this boot and pid namespace (host_key) when
 * the process is gone, of others when it is old, since another host may share the store. */
#include "container.h"
#include "files.h"
#include "places.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAKING_SECONDS 3600        /* nobody takes that long to make a container */
#define ELSEWHERE_SECONDS (7 * 86400)

/* Whether `name` is PREFIX<host_key>.<pid>.… of a process that is gone; made in container.c. */
static bool is_dead(const char *name, const char *prefix)
{
    if (!starts_with(name, prefix) || !starts_with(name + strlen(prefix), host_key()))
        return false;
    const char *at = name + strlen(prefix) + strlen(host_key());
    char *end;
    long pid = *at == '.' ? strtol(at + 1, &end, 10) : 0;
    return pid > 0 && *end == '.' && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

/* Every contained process maps its plan or bloom, so the folder's name is in its maps (proc(5)). */
size_t container_guests(const char *folder_name, int number)
{
    struct listing list;
    const char *name;
    u8 type;
    size_t n = 0;
    listing_open(&list, "/proc");
    while ((name = listing_next(&list, &type))) {
        long pid = strtol(name, NULL, 10);
        char *maps = pid > 1 && pid != getpid() ? read_file(format("/proc/%ld/maps", pid), 4 << 20, NULL) : NULL;
        if (!maps || !strstr(maps, folder_name))
            continue;
        n++;
        if (number)
            kill((pid_t)pid, number);
    }
    return n;
}

static void sweep_dead(const char *folder, const char *prefix)
{
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, folder);
    while ((name = listing_next(&list, &type)))
        if (is_dead(name, prefix)) {
            note("removing what a killed container left: %s/%s", folder, name);
            container_guests(name, SIGKILL); /* the program died with its launcher (PR_SET_PDEATHSIG), but not what it had started */
            remove_tree(join_path(folder, name));
        }
}

static bool older(const char *path, time_t seconds)
{
    struct stat st;
    return lstat(path, &st) == 0 && st.st_mtime < time(NULL) - seconds;
}

/* A link to a folder in memory that is gone, or a folder whose making was never finished. */
static void sweep_entry(const char *entry)
{
    char target[256];
    ssize_t len = readlink(entry, target, sizeof target - 1);
    if (container_exists(entry))
        return;
    if (len > 0) {
        target[len] = 0;
        bool ours = strstr(target, host_key()) && access(target, F_OK) < 0;
        if (ours || older(entry, ELSEWHERE_SECONDS))
            unlink(entry);
    } else if (older(entry, MAKING_SECONDS) && !container_running(entry)) {
        note("removing what a killed launcher left: %s", entry);
        remove_tree(entry);
    }
}

static void sweep_name(const char *link)
{
    if (access(link, F_OK) < 0 && older(link, MAKING_SECONDS))
        unlink(link);
}

/* Volumes are seeded as .NAME.PID.tmp. */
static void sweep_volume(const char *volume)
{
    const char *name = strrchr(volume, '/') + 1;
    if (*name == '.' && older(volume, MAKING_SECONDS))
        remove_tree(volume);
}

static void sweep_store(const char *folder, void (*sweep)(const char *))
{
    char *path = join_path(store_root(), folder);
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, path);
    while ((name = listing_next(&list, &type)))
        sweep(join_path(path, name));
}

void container_sweep(bool kept)
{
    if (scratch_dir())
        sweep_dead(scratch_dir(), "");
    sweep_dead("/dev/shm", format("lpmx-%lu.", (unsigned long)getuid()));
    if (kept || getpid() % 64 == 0) { /* it looks at every container */
        sweep_store("containers", sweep_entry);
        sweep_store("names", sweep_name);
        sweep_store("volumes", sweep_volume);
    }
}
