/* Random sequences of file operations, run over the view (core_syscall, as the unprivileged user) and natively on a plain directory that
 * holds the flattened image (chroot, as root, since the guest believes to be root): every result and the final trees must be equal.
 * A failing sequence is shrunk and printed. Options: --seed=N --count=N --length=N --failures=N --long.
 *
 * Accepted differences, all of them overlayfs's or stated in the design:
 *  - rename of a directory with lower content answers EXDEV; natively the step is then left out.
 *  - a lower file's other names keep their content when one is changed (links break at copy-up); the oracle has two files.
 *  - where both names of one call are wrong, a name that is too long is the first error.
 *  - links that grow the path beyond 16 KB before the 40th are ENAMETOOLONG, not ELOOP.
 *  - in a read-only container other errors may come before EROFS, and what is written to a pipe changes its time.
 *  - a removed file's descriptor as the start of a path is ENOENT, not ENOTDIR; an unknown device is EPERM, not ENXIO.
 *  - a directory with a mount point in it is busy (EBUSY), where the kernel would move it or say ENOTEMPTY.
 *  - an opened device is the host's; a symlink's owner and the group of a set-gid directory are not kept.
 *  - a symlink given another owner is another inode from then on: its other names stay what they were, so links of symlinks are not counted.
 *  - size and link count of directories are not compared, nor access times and inode numbers. */
#define _GNU_SOURCE
#include "bind_image.h"
#include "files.h"
#include "model_image.h"
#include "steps.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

#define LENGTH_MAX 64
#define DUMP_MAX (1 << 18)

static struct run {
    struct step step[LENGTH_MAX];
    unsigned n;
    bool limited, bloom, binds, readonly, old_kernel;
    struct outcome core[LENGTH_MAX], native[LENGTH_MAX];
    bool directory[LENGTH_MAX]; /* the oracle saw a directory at a name of the rename that it left out */
    char core_dump[DUMP_MAX], native_dump[DUMP_MAX];
    int core_status, native_status;
    unsigned core_at, native_at; /* the step that runs */
    unsigned fds_left;           /* by the core, after the steps */
} *run;

static char view_folder[4200], native_folder[4200], view_binds[4200], native_binds[4200];

static unsigned open_descriptors(void)
{
    unsigned n = 0;
    for (int fd = 3; fd < LPMX_FD_MIN; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static int run_core(void *arg)
{
    struct runner r;
    struct stat st;
    char path[5000];
    (void)arg;
    alarm(20);
    if (run->binds)
        bind_folders(view_binds);
    struct image im = run->binds ? *bind_image(run->limited, view_binds) : *model_image(run->limited);
    im.flags |= run->readonly ? LPMX_CONTAINER_READONLY : 0;
    image_container(&im, view_folder, run->bloom);
    int e = core_restart(view_folder);
    if (e)
        die("core_init: %s", error_name(e));
    hook_missing = run->old_kernel ? SYS_openat2 : 0;
    runner_begin(&r, call_core, view_folder);
    r.readonly = run->readonly;
    snprintf(path, sizeof path, "%s/layers/0/hl1", view_folder);
    r.hard_ino = lstat(path, &st) ? 0 : st.st_ino;
    if (call_core(SYS_chdir, (const long[6]){(long)"/"}))
        die("cannot enter the root of the view");
    for (run->core_at = 0; run->core_at < run->n; run->core_at++)
        step_run(&r, &run->step[run->core_at], &run->core[run->core_at]);
    umask(022);
    dump_tree(&r, "", true, run->core_dump, DUMP_MAX);
    run->fds_left = open_descriptors();
    for (int i = 0; i < STEP_SLOTS; i++)
        run->fds_left -= fcntl(r.fd[i], F_GETFD) >= 0;
    return 0;
}

static void write_map(const char *file, const char *text)
{
    int fd = open(file, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        die("cannot write %s: %m", file);
    close(fd);
}

/* Root for the oracle: real, or that of a user name space. */
static void become_root(void)
{
    char map[64], group[64];
    if (test_root)
        return;
    snprintf(map, sizeof map, "0 %u 1\n", getuid());
    snprintf(group, sizeof group, "0 %u 1\n", getgid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
        die("no user name space for the oracle: %m");
    write_map("/proc/self/setgroups", "deny");
    write_map("/proc/self/uid_map", map);
    write_map("/proc/self/gid_map", group);
}

/* The tree has folders that only root can fill or empty. */
static void enter_native(void)
{
    become_root();
    remove_tree(native_folder);
    image_flatten(model_image(run->limited), native_folder, !run->limited);
    if ((run->binds || run->readonly) && test_root && unshare(CLONE_NEWNS))
        die("no mount name space for the oracle: %m");
    if (run->binds)
        bind_folders(native_binds);
    if (run->binds || run->readonly)
        bind_mounts(run->binds ? native_binds : NULL, native_folder, run->readonly);
    if (chroot(native_folder) || chdir("/"))
        die("chroot: %m");
}

static bool sees_directory(struct runner *r, const struct step *s)
{
    struct stat st;
    int at = s->at < 0 ? AT_FDCWD : r->fd[s->at], at2 = s->at2 < 0 ? AT_FDCWD : r->fd[s->at2];
    if (!CALL4(call_kernel, SYS_newfstatat, at, s->path, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode))
        return true;
    return !CALL4(call_kernel, SYS_newfstatat, at2, s->path2, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode);
}

/* With binds also a directory that has a mount point in it: the kernel would let it go. */
static bool refused(long r)
{
    return r == -EXDEV || (run->binds && r == -EBUSY);
}

static void run_native(void)
{
    struct runner r;
    alarm(20);
    enter_native();
    runner_begin(&r, call_kernel, NULL);
    r.readonly = run->readonly;
    for (unsigned i = 0; i < run->n; i++) {
        run->native_at = i;
        const struct step *s = &run->step[i];
        run->directory[i] = s->kind == STEP_RENAME && refused(run->core[i].value) && sees_directory(&r, s);
        if (run->directory[i]) {
            run->native[i] = run->core[i];
        } else {
            step_run(&r, s, &run->native[i]);
        }
    }
    umask(022);
    dump_tree(&r, "", true, run->native_dump, DUMP_MAX);
}

static int native_child(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        run_native();
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

enum verdict { SAME, STEP_DIFFERS, TREE_DIFFERS, CORE_DIED, DESCRIPTORS_LEFT };

/* The accepted differences between error numbers. */
static bool excused(const struct step *s, long core, long native)
{
    bool two_paths = s->kind == STEP_RENAME || s->kind == STEP_LINK, from_fd = s->at != STEP_NO_SLOT || s->at2 != STEP_NO_SLOT;
    if (run->binds && ((s->kind == STEP_RMDIR && core == -EBUSY) || (s->kind == STEP_RENAME && (core == -EBUSY || native == -EXDEV))))
        return true;
    if (run->readonly && (native == -EROFS || (core == -EROFS && native == -EBUSY)))
        return true;
    if (core == -ENAMETOOLONG && native == -ELOOP)
        return true;
    return ((two_paths || run->binds || from_fd) && core == -ENAMETOOLONG) || (core == -EPERM && native == -ENXIO) || (from_fd && core == -ENOENT && native == -ENOTDIR);
}

static bool outcome_same(unsigned i)
{
    const struct outcome *c = &run->core[i], *n = &run->native[i];
    if (run->directory[i])
        return true;
    if (c->value < 0 && n->value < 0 && excused(&run->step[i], c->value, n->value))
        return true;
    return c->value == n->value && !strcmp(c->text, n->text);
}

static enum verdict compare(unsigned *at)
{
    memset(run->directory, 0, sizeof run->directory);
    run->core_status = in_child(run_core, NULL);
    *at = run->core_at;
    if (run->core_status)
        return CORE_DIED;
    run->native_status = native_child();
    if (run->native_status)
        die("the oracle ended with %d at step %u", run->native_status, run->native_at);
    for (*at = 0; *at < run->n; ++*at)
        if (!outcome_same(*at))
            return STEP_DIFFERS;
    if (strcmp(run->core_dump, run->native_dump))
        return TREE_DIFFERS;
    return run->fds_left ? DESCRIPTORS_LEFT : SAME;
}

static void drop_step(unsigned i)
{
    memmove(&run->step[i], &run->step[i + 1], (run->n - i - 1) * sizeof *run->step);
    run->n--;
}

static void shrink(void)
{
    unsigned at;
    static struct step kept;
    if (compare(&at) == STEP_DIFFERS)
        run->n = at + 1;
    for (bool smaller = true; smaller;) {
        smaller = false;
        for (unsigned i = run->n; i-- && run->n > 1;) {
            kept = run->step[i];
            drop_step(i);
            if (compare(&at) == SAME) {
                memmove(&run->step[i + 1], &run->step[i], (run->n - i) * sizeof *run->step);
                run->step[i] = kept;
                run->n++;
            } else {
                smaller = true;
            }
        }
    }
}

static void print_first_difference(const char *a, const char *b)
{
    while (*a && *a == *b) {
        const char *x = strchr(a, '\n'), *y = strchr(b, '\n');
        if (!x || !y || x - a != y - b || memcmp(a, b, (size_t)(x - a)))
            break;
        a = x + 1;
        b = y + 1;
    }
    printf("    view:   %.*s\n    native: %.*s\n", (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
}

static void explain(enum verdict v, unsigned at)
{
    for (unsigned i = 0; i < run->n; i++) {
        printf("  %2u ", i);
        step_print(stdout, &run->step[i]);
        printf("       view %s %ld %s\n", error_name(run->core[i].value), run->core[i].value, shown(run->core[i].text));
        if (v != CORE_DIED && !outcome_same(i))
            printf("     native %s %ld %s\n", error_name(run->native[i].value), run->native[i].value, shown(run->native[i].text));
    }
    if (v == TREE_DIFFERS)
        print_first_difference(run->core_dump, run->native_dump);
    if (v == CORE_DIED)
        printf("  the core ended with %d at step %u\n", run->core_status, at);
    if (v == DESCRIPTORS_LEFT)
        printf("  %d descriptors left open\n", (int)run->fds_left);
}

/* One sequence; false = it differs. */
static bool try_seed(u64 seed, unsigned length)
{
    unsigned at;
    random_state = seed * 0x9e3779b97f4a7c15ull + 1;
    for (int i = 0; i < 8; i++)
        random_next();
    run->bloom = random_below(2);
    run->binds = !random_below(4);
    run->readonly = !random_below(12);
    run->old_kernel = !random_below(4);
    bool long_names = !random_below(6);
    run->n = 4 + random_below(length - 3);
    for (unsigned i = 0; i < run->n; i++)
        step_random(&run->step[i], run->limited, run->binds, long_names);
    if (compare(&at) == SAME)
        return true;
    shrink();
    enum verdict v = compare(&at);
    test_report("sequence", false, "seed %llu, %u steps left, with%s bloom%s%s%s", (unsigned long long)seed, run->n, run->bloom ? "" : "out", run->binds ? ", binds" : "",
                run->readonly ? ", read-only" : "", run->old_kernel ? ", without openat2" : "");
    explain(v, at);
    return false;
}

static int write_image(void *arg)
{
    (void)arg;
    make_folder(view_folder, 0755);
    image_write(model_image(run->limited), view_folder);
    return 0;
}

static int can_have_root(void *arg)
{
    (void)arg;
    return unshare(CLONE_NEWUSER) ? 1 : 0;
}

int main(int argc, char **argv)
{
    test_start("model", argc, argv);
    if (!test_root && in_child(can_have_root, NULL)) {
        test_skip("sequences", "the oracle needs root, or user name spaces");
        return 0;
    }
    run = shared_memory(sizeof *run);
    run->limited = !test_root;
    u64 seed = (u64)test_option("seed", (long)getpid() * 1000003);
    long count = test_option("count", test_long ? 30000 : 500), failures = test_option("failures", 1);
    unsigned length = (unsigned)test_option("length", 30);
    length = length < 4 ? 4 : length > LENGTH_MAX ? LENGTH_MAX : length;
    snprintf(view_folder, sizeof view_folder, "%s/store", test_folder);
    snprintf(native_folder, sizeof native_folder, "%s/native", test_folder);
    snprintf(view_binds, sizeof view_binds, "%s/binds", test_folder);
    snprintf(native_binds, sizeof native_binds, "%s/native-binds", test_folder);
    if (in_child(write_image, NULL))
        return 1;
    u64 before = hash_tree(view_folder, "container");
    long done = 0, bad = 0;
    for (; done < count && bad < failures; done++)
        bad += !try_seed(seed + (u64)done, length);
    if (!bad)
        test_report("sequences", true, "%ld from seed %llu%s", done, (unsigned long long)seed, run->limited ? ", without owners, devices and set-id bits" : "");
    test_report("nothing outside the container's folder changes", hash_tree(view_folder, "container") == before, NULL);
    return test_end();
}
