/* Several processes change one container at once, pausing and being killed at random; the whole history must be explained by one tree
 * (judge.h), before and after a sweep, and the invariants must hold. Options: --seconds=N --processes=N --seed=N --long. */
#define _GNU_SOURCE
#include "files.h"
#include "harness.h"
#include "hosts.h"
#include "image.h"
#include "judge.h"
#include "raw_tree.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 2000
#define WARM 5 /* numbers of the main process: before, and the two looks after */
#define LOOK 6
#define LOOK_AGAIN 7

static const struct image_node nodes[] = {
    {"/f", S_IFREG | 0644, 0, "Lf", 0, 0, 0, 0, NULL, 0},   {"/d", S_IFDIR | 0755, 0, NULL, 0, 0, 0, 0, NULL, 0},
    {"/d/c", S_IFREG | 0644, 0, "Lc", 0, 0, 0, 0, NULL, 0}, {"/d/e", S_IFDIR | 0755, 1, NULL, 0, 0, 0, 0, NULL, 0},
    {"/d/e/g", S_IFREG | 0600, 1, "Lg", 7, 7, 0, 0, NULL, 0},
};
static const struct image image = {.nodes = nodes, .count = 5, .nlayers = 2, .flags = LPMX_CONTAINER_RM};
static const struct judge_entry start[] = {{"/f", false, 0644, 1}, {"/d", true, 0, 0}, {"/d/c", false, 0644, 2}, {"/d/e", true, 0, 0}, {"/d/e/g", false, 0600, 3}};
static const char *const tags[] = {"", "Lf", "Lc", "Lg"};

static struct shared {
    volatile u32 used, go;
    struct event event[EVENTS_MAX];
} *shared;

/* Where the container is: without a bloom, with one, or on a file system shared with another host that has none. */
enum place { NO_BLOOM, LOCAL_BLOOM, TWO_HOSTS, PLACES_COUNT };

static char view_folder[4200], host_shm[2][4300];
static enum place place;
static bool pausing, one_stranger;

static void pause_a_bit(void)
{
    u32 r = random_below(8);
    if (!pausing)
        return;
    if (r < 2)
        sched_yield();
    else if (r < 4)
        for (volatile u32 i = random_below(4000); i; i--)
            ;
}

static struct event *log_event(char type, unsigned process)
{
    u32 i = __atomic_fetch_add(&shared->used, 1, __ATOMIC_SEQ_CST);
    if (i >= EVENTS_MAX)
        die("too many events");
    struct event *e = &shared->event[i];
    e->process = (u8)process;
    e->type = type;
    return e;
}

static long read_tag(const char *path)
{
    char text[16] = "";
    long fd = CALL4(call_core, SYS_open, path, O_RDONLY | O_NOFOLLOW, 0, 0);
    if (fd < 0)
        return fd;
    long n = CALL4(call_core, SYS_read, fd, text, sizeof text - 1, 0);
    close((int)fd);
    for (u32 i = 0; n >= 0 && i < sizeof tags / sizeof *tags; i++)
        if (!strcmp(tags[i], text))
            return JUDGE_TAG + i;
    return n < 0 ? n : JUDGE_TAG + 99;
}

static long list_names_of(const char *path)
{
    char buf[4096] __attribute__((aligned(8)));
    long n, names = 0, fd = CALL4(call_core, SYS_open, path, O_RDONLY | O_DIRECTORY, 0, 0);
    if (fd < 0)
        return fd;
    while ((n = CALL4(call_core, SYS_getdents64, fd, buf, sizeof buf, 0)) > 0)
        for (long at = 0; at < n; at += *(u16 *)(buf + at + 16)) {
            const char *name = buf + at + 19;
            if (name[0] >= 'a' && name[0] <= 'z' && !name[1])
                names |= JUDGE_NAME(names & JUDGE_NAME(name[0]) ? 'y' : name[0]); /* y: twice in one listing */
            else if (strcmp(name, ".") && strcmp(name, ".."))
                names |= JUDGE_NAME('z'); /* none of ours */
        }
    close((int)fd);
    return n < 0 ? n : names;
}

static long perform(const struct event *e)
{
    struct stat st;
    long r;
    switch (e->op) {
    case J_STAT: r = CALL2(call_core, SYS_lstat, e->path, &st); return r ? r : S_ISDIR(st.st_mode) ? JUDGE_DIR : (long)(JUDGE_FILE + (st.st_mode & 07777));
    case J_READ: return read_tag(e->path);
    case J_LIST: return list_names_of(e->path);
    case J_CREATE:
        r = CALL4(call_core, SYS_open, e->path, O_WRONLY | O_CREAT | O_EXCL, e->mode, 0);
        if (r >= 0)
            close((int)r);
        return r < 0 ? r : 0;
    case J_CHMOD: return CALL2(call_core, SYS_chmod, e->path, e->mode);
    case J_UNLINK: return CALL2(call_core, SYS_unlink, e->path, 0);
    case J_MKDIR: return CALL2(call_core, SYS_mkdir, e->path, 0755);
    case J_RMDIR: return CALL2(call_core, SYS_rmdir, e->path, 0);
    case J_RENAME: return CALL2(call_core, SYS_rename, e->path, e->other);
    default: return CALL2(call_core, SYS_link, e->path, e->other);
    }
}

static void run_event(unsigned process, u8 op, const char *path, const char *other, u32 mode)
{
    struct event want = {.op = op, .mode = mode};
    strcpy(want.path, path);
    strcpy(want.other, other);
    struct event *e = log_event(0, process);
    *e = want;
    e->process = (u8)process;
    __atomic_store_n(&e->type, 'i', __ATOMIC_SEQ_CST);
    long r = perform(&want);
    e = log_event(0, process);
    e->result = r;
    __atomic_store_n(&e->type, 'r', __ATOMIC_SEQ_CST);
}

#define PICK(list) ((list)[random_below(sizeof(list) / sizeof *(list))])
static const char *const files[] = {"/f", "/d/c", "/n", "/d/n", "/d/e/g", "/d/e/n"}, *const dirs[] = {"/d", "/d/e", "/n", "/f"};
static const char *const all[] = {"/f", "/d/c", "/n", "/d/n", "/d/e/g", "/d/e/n", "/d", "/d/e"};

static void random_event(unsigned process)
{
    static const u32 modes[] = {0700, 0755, 0644, 0600, 0400, 0444, 04755, 0000, 0711, 0770};
    const char *from, *to;
    switch (random_below(24)) {
    case 0: case 1: run_event(process, J_STAT, PICK(all), "", 0); return;
    case 2: run_event(process, J_READ, PICK(files), "", 0); return;
    case 3: run_event(process, J_LIST, PICK(dirs), "", 0); return;
    case 4: case 5: run_event(process, J_CREATE, PICK(files), "", PICK(modes)); return;
    case 6: case 7: run_event(process, J_CHMOD, PICK(files), "", PICK(modes)); return;
    case 8: case 9: case 10: run_event(process, J_UNLINK, PICK(files), "", 0); return;
    case 11: case 12: run_event(process, J_MKDIR, PICK(dirs), "", 0); return;
    case 13: case 14: case 15: run_event(process, J_RMDIR, PICK(dirs), "", 0); return;
    case 16: case 17: case 18: run_event(process, J_RENAME, PICK(files), PICK(files), 0); return;
    case 19: case 20: case 21:
        do
            from = PICK(dirs), to = PICK(dirs);
        while (from[1] == to[1]);
        run_event(process, J_RENAME, from, to, 0);
        return;
    default: from = PICK(files), to = PICK(files); run_event(process, J_LINK, from, to, 0);
    }
}

static void look(unsigned process)
{
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        run_event(process, J_STAT, all[i], "", 0);
        run_event(process, J_READ, all[i], "", 0);
    }
    run_event(process, J_LIST, "/d", "", 0);
    run_event(process, J_LIST, "/d/e", "", 0);
}

static void start_core(void)
{
    int e = core_restart(view_folder);
    if (e)
        die("core_init: %s", error_name(e));
}

static void child(unsigned process, u64 seed)
{
    random_state = seed;
    for (int i = 0; i < 5; i++)
        random_next();
    alarm(30);
    bool stranger = place == TWO_HOSTS && process >= (one_stranger ? 3 : 2);
    if (stranger)
        hosts_be(host_shm[1]);
    if (stranger || process & 1) /* the others go on with what they inherit, as after a fork */
        start_core();
    pausing = true;
    while (!__atomic_load_n(&shared->go, __ATOMIC_SEQ_CST))
        sched_yield();
    for (int i = 0; i < 4; i++) {
        if (place == TWO_HOSTS)
            usleep(random_below(3000)); /* terms end, waits are over */
        random_event(process);
    }
    if (stranger && one_stranger)
        hosts_leave(view_folder, host_shm[1]);
    _exit(0);
}

static struct totals {
    long rounds, operations, kills, temps;
} totals;

static const char *end_of(int status)
{
    static char text[80];
    if (WIFEXITED(status) && !WEXITSTATUS(status))
        return NULL;
    snprintf(text, sizeof text, "a process ended with %s %d", WIFEXITED(status) ? "status" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    return text;
}

/* Lets them run, kills up to two at a random moment; NULL or what went wrong. */
static const char *run_children(unsigned count, u64 seed)
{
    pid_t pid[JUDGE_PROCESSES];
    u32 dead = 0;
    int status;
    const char *fault = NULL;
    shared->go = 0;
    for (unsigned i = 0; i < count; i++)
        if (!(pid[i] = fork()))
            child(i, seed + i * 7919 + 13);
    __atomic_store_n(&shared->go, 1, __ATOMIC_SEQ_CST);
    for (u32 n = random_below(3); n; n--) {
        for (volatile u32 i = random_below(300000); i; i--)
            ;
        unsigned v = random_below(count);
        if (dead >> v & 1 || waitpid(pid[v], &status, WNOHANG) != 0) {
            dead |= 1u << v;
            continue;
        }
        kill(pid[v], SIGKILL);
        waitpid(pid[v], &status, 0);
        dead |= 1u << v;
        if (WIFSIGNALED(status)) {
            totals.kills++;
            log_event('k', v);
        }
    }
    for (unsigned i = 0; i < count; i++)
        if (!(dead >> i & 1) && waitpid(pid[i], &status, 0) == pid[i] && !fault)
            fault = end_of(status);
    return fault;
}

static void drop_unfinished(void)
{
    u32 n = 0;
    for (u32 i = 0; i < shared->used; i++)
        if (shared->event[i].type) /* 0: its process was killed while it wrote it */
            shared->event[n++] = shared->event[i];
    shared->used = n;
}

static const char *one_round(unsigned processes, u64 seed)
{
    static char text[80];
    const char *fault;
    memset(shared, 0, sizeof *shared);
    image_container(&image, view_folder, place == LOCAL_BLOOM);
    one_stranger = random_below(2);
    if (place == TWO_HOSTS)
        hosts_make(view_folder, host_shm[0]);
    start_core();
    for (u32 n = random_below(4); n; n--)
        random_event(WARM);
    if ((fault = run_children(processes, seed)) || (fault = tree_fault(&image, view_folder)))
        return fault;
    totals.temps += tree_temps(view_folder) > 0;
    start_core();
    look(LOOK);
    if ((fault = tree_sweep(&image, view_folder)) || (fault = tree_fault(&image, view_folder)))
        return fault;
    if (tree_temps(view_folder))
        return "temps are left after the sweep";
    look(LOOK_AGAIN);
    drop_unfinished();
    for (u32 i = 0; i < shared->used; i++)
        totals.operations += shared->event[i].type == 'i';
    long at = judge(start, sizeof start / sizeof *start, shared->event, shared->used);
    snprintf(text, sizeof text, "nothing explains event %ld", at);
    return at == -1 ? NULL : at == -2 ? "too many possibilities" : text;
}

struct options {
    long seconds;
    unsigned processes;
    u64 seed;
};

static int stress(void *arg)
{
    const struct options *o = arg;
    time_t end = time(NULL) + o->seconds;
    const char *fault = NULL;
    umask(0);
    hook_before = pause_a_bit;
    make_folder(view_folder, 0755);
    make_folder(host_shm[1], 0700);
    hosts_be(host_shm[0]);
    image_write(&image, view_folder);
    u64 before = hash_tree(view_folder, "container");
    while (!fault && time(NULL) < end) {
        u64 seed = o->seed + (u64)totals.rounds * 977;
        random_state = seed * 0x9e3779b97f4a7c15ull + 1;
        place = (enum place)(totals.rounds % PLACES_COUNT);
        fault = one_round(o->processes, seed);
        totals.rounds++;
    }
    if (fault)
        for (u32 i = 0; i < shared->used; i++) {
            printf("%3u ", i);
            judge_print(stdout, &shared->event[i]);
        }
    test_report("histories", !fault && totals.rounds, "%u processes, %ld rounds, %ld operations, %ld kills, %ld rounds that left temps%s%s", o->processes,
                totals.rounds, totals.operations, totals.kills, totals.temps, fault ? "; " : "", fault ? fault : "");
    test_report("the layers do not change", hash_tree(view_folder, "container") == before, NULL);
    return test_end();
}

int main(int argc, char **argv)
{
    test_start("stress", argc, argv);
    shared = shared_memory(sizeof *shared);
    snprintf(view_folder, sizeof view_folder, "%s/store", test_folder);
    for (int i = 0; i < 2; i++)
        snprintf(host_shm[i], sizeof host_shm[i], "%s/shm.%d", test_folder, i);
    struct options o = {test_option("seconds", test_long ? 90 : 6), (unsigned)test_option("processes", 4), (u64)test_option("seed", (long)getpid() * 7)};
    return in_child(stress, &o);
}
