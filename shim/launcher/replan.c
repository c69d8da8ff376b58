/* Live changes of plans; see replan.h. */
#include "replan.h"
#include "container.h"
#include "files.h"
#include "places.h"
#include "run.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static void change_one(const char *folder, const char *path, void (*change)(struct plan *p, const void *data), const void *data)
{
    struct plan *p = need(sizeof *p);
    container_load_as(p, folder, path, store_root());
    container_load_image(p);
    p->changes++;
    change(p, data);
    struct text bytes = plan_encode(p);
    int error = replace_file(path, bytes.at, bytes.len, 0600);
    if (error)
        fail("cannot write %s: %s", path, strerror(-error));
}

/* A first start that only makes what the mounts need. */
static void make_mount_points(const char *folder)
{
    struct plan *p = need(sizeof *p);
    container_load(p, folder);
    struct run r = {.plan = p, .ready_fd = -1, .only_points = true};
    list_add(&r.argv, "lpmx");
    r.env = (struct list){0};
    pid_t pid = fork();
    int status = 0;
    if (pid == 0) {
        container_enter(folder, "exec");
        run_exec(&r);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
        fail("cannot make the mount points of container %s", p->name);
}

void replan(const char *folder, void (*change)(struct plan *p, const void *data), const void *data)
{
    char *state = join_path(folder, "state");
    int lock = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0)
        fail("cannot open %s: %s", state, strerror(errno));
    flock(lock, LOCK_EX); /* where flock does not work the last of several changes at once wins */
    change_one(folder, join_path(folder, "plan"), change, data);
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, state);
    while ((name = listing_next(&list, &type)))
        if (starts_with(name, "plan."))
            change_one(folder, join_path(state, name), change, data);
    make_mount_points(folder);
    close(lock);
}
