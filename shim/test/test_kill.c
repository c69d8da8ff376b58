/* Every kind of change, ended before each of its system calls in turn (a kill -9 there), and then with each of them failing. Afterwards a
 * fresh core must see the tree as before or as after the whole change, the invariants hold, the change can be made again, and a sweep
 * leaves no temp and alters nothing. Options: --scenario=NAME: that one, every call; --long: every call, each scenario with and without a bloom (else each fourth). */
#define _GNU_SOURCE
#include "files.h"
#include "model_image.h"
#include "raw_tree.h"
#include "steps.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DUMP_MAX (1 << 18)
#define CALLS_MAX 400
#define BEFORE 5

struct act {
    enum step_kind kind;
    const char *path, *path2;
    int flags;
    u32 mode;
    long number;
};

struct scenario {
    const char *name;
    struct act change, before[BEFORE];
    const char *pending; /* this lower file is left marked, with its copy not yet published */
};

#define NEW (O_CREAT | O_EXCL | O_RDWR)
#define UNLINK_(p) {STEP_UNLINK, p, NULL, 0, 0, 0}
#define RMDIR_(p) {STEP_RMDIR, p, NULL, 0, 0, 0}
#define MKDIR_(p, mode) {STEP_MKDIR, p, NULL, 0, mode, 0}
#define OPEN_(p, flags, mode) {STEP_OPEN, p, NULL, flags, mode, 0}
#define RENAME_(p, q, flags) {STEP_RENAME, p, q, flags, 0, 0}
#define LINKTO(p, q) {STEP_LINK, p, q, 0, 0, 0}
#define CHMOD_(p, mode) {STEP_CHMOD, p, NULL, 0, mode, 0}
#define EMPTY_X UNLINK_("/d/e/x/f")

static const struct scenario scenarios[] = {
    {"create, parents only lower", OPEN_("/d/e/x/new", NEW, 0644), {{0}}, NULL},
    {"create, parent in the upper", OPEN_("/d/new", NEW, 0644), {CHMOD_("/d", 0711)}, NULL},
    {"create over a deleted lower name", OPEN_("/d/c", NEW, 0644), {UNLINK_("/d/c")}, NULL},
    {"create with a class", OPEN_("/d/e/x/new", NEW, 0444), {{0}}, NULL},
    {"create set-uid", OPEN_("/d/new", NEW, 04755), {{0}}, NULL},
    {"mkdir", MKDIR_("/d/e/x/new", 0755), {{0}}, NULL},
    {"mkdir with a class", MKDIR_("/d/e/new", 0555), {{0}}, NULL},
    {"mkdir over a removed directory", MKDIR_("/d/e/x", 0755), {EMPTY_X, RMDIR_("/d/e/x")}, NULL},
    {"mkdir over a deleted file", MKDIR_("/d/c", 0755), {UNLINK_("/d/c")}, NULL},
    {"symlink", {STEP_SYMLINK, "/d/e/x/new", "../target", 0, 0, 0}, {{0}}, NULL},
    {"fifo", {STEP_MKNOD, "/d/e/new", NULL, 0, S_IFIFO | 0644, 0}, {{0}}, NULL},
    {"device", {STEP_MKNOD, "/d/e/new", NULL, 0, S_IFCHR | 0666, 0x103}, {{0}}, NULL},
    {"named O_TMPFILE", {STEP_TMPFILE, "/d", "/d/e/new", 0, 0600, 3}, {{0}}, NULL},
    {"open a live file for writing", OPEN_("/d/e/g", O_RDWR, 0), {{0}}, NULL},
    {"open a live file of another owner", OPEN_("/d/e/h", O_WRONLY | O_APPEND, 0), {{0}}, NULL},
    {"open a live file with O_TRUNC", OPEN_("/d/e/g", O_WRONLY | O_TRUNC, 0), {{0}}, NULL},
    {"open through a chain of links", OPEN_("/chain", O_RDWR, 0), {{0}}, NULL},
    {"copy a file with a hole", CHMOD_("/big", 0600), {{0}}, NULL},
    {"truncate a live file", {STEP_TRUNCATE, "/d/e/g", NULL, 0, 0, 5}, {{0}}, NULL},
    {"lengthen a live file", {STEP_TRUNCATE, "/d/e/g", NULL, 0, 0, 70000}, {{0}}, NULL},
    {"chmod a live file", CHMOD_("/d/e/x/f", 0700), {{0}}, NULL},
    {"chmod a live file to a class", CHMOD_("/d/e/x/f", 0000), {{0}}, NULL},
    {"chmod an object", CHMOD_("/d/e/x/f", 0755), {CHMOD_("/d/e/x/f", 0700)}, NULL},
    {"chmod a live directory", CHMOD_("/d/e/x", 0711), {{0}}, NULL},
    {"chown a live file", {STEP_CHOWN, "/d/c", NULL, 0, 33, 33}, {{0}}, NULL},
    {"chown a live link", {STEP_LCHOWN, "/d/l", NULL, 0, 33, 33}, {{0}}, NULL},
    {"chown an object", {STEP_CHOWN, "/n", NULL, 0, 33, 1000}, {OPEN_("/n", NEW, 0644)}, NULL},
    {"set the times of a live file", {STEP_UTIMENS, "/d/e/g", NULL, 0, 0, 7}, {{0}}, NULL},
    {"set the times of a live link", {STEP_UTIMENS, "/d/l", NULL, AT_SYMLINK_NOFOLLOW, 0, 7}, {{0}}, NULL},
    {"an attribute on a live file", {STEP_SETXATTR, "/d/c", NULL, 0, 0, 1}, {{0}}, NULL},
    {"unlink a live file, parents only lower", UNLINK_("/d/e/x/f"), {{0}}, NULL},
    {"unlink a live link", UNLINK_("/d/l"), {{0}}, NULL},
    {"unlink a copied file", UNLINK_("/d/c"), {CHMOD_("/d/c", 0700)}, NULL},
    {"unlink a new file", UNLINK_("/d/n"), {OPEN_("/d/n", NEW, 0644)}, NULL},
    {"unlink a pending file", UNLINK_("/d/c"), {{0}}, "/d/c"},
    {"rmdir a live directory", RMDIR_("/empty"), {{0}}, NULL},
    {"rmdir an emptied directory", RMDIR_("/d/e/x"), {EMPTY_X}, NULL},
    {"rmdir an emptied live directory", RMDIR_("/rod"), {UNLINK_("/rod/f")}, NULL},
    {"rmdir a directory with a pending file", RMDIR_("/d/e/x"), {{0}}, "/d/e/x/f"},
    {"rmdir a new directory", RMDIR_("/d/n"), {MKDIR_("/d/n", 0755)}, NULL},
    {"rename live to absent", RENAME_("/d/e/g", "/tmp/m/n", 0), {{0}}, NULL},
    {"rename live over live", RENAME_("/d/e/g", "/d/c", 0), {{0}}, NULL},
    {"rename new over live", RENAME_("/n", "/d/e/g", 0), {OPEN_("/n", NEW, 0644)}, NULL},
    {"rename live over new", RENAME_("/d/e/g", "/n", 0), {OPEN_("/n", NEW, 0644)}, NULL},
    {"rename over a deleted lower name", RENAME_("/n", "/d/c", 0), {UNLINK_("/d/c"), OPEN_("/n", NEW, 0644)}, NULL},
    {"rename over a pending file", RENAME_("/n", "/d/c", 0), {OPEN_("/n", NEW, 0644)}, "/d/c"},
    {"rename a pending file", RENAME_("/d/c", "/n", 0), {{0}}, "/d/c"},
    {"rename a live link", RENAME_("/d/l", "/d/e/new", 0), {{0}}, NULL},
    {"rename a live directory: EXDEV", RENAME_("/d/e", "/n", 0), {{0}}, NULL},
    {"rename a live empty directory", RENAME_("/empty", "/d/n", 0), {{0}}, NULL},
    {"rename an emptied directory", RENAME_("/d/e/x", "/n", 0), {EMPTY_X}, NULL},
    {"rename a new directory", RENAME_("/n", "/d/e/n", 0), {MKDIR_("/n", 0755), OPEN_("/n/f", NEW, 0644)}, NULL},
    {"rename a directory over a live empty one", RENAME_("/n", "/empty", 0), {MKDIR_("/n", 0755), OPEN_("/n/f", NEW, 0644)}, NULL},
    {"rename a directory over an emptied one", RENAME_("/n", "/d/e/x", 0), {MKDIR_("/n", 0755), EMPTY_X}, NULL},
    {"rename a directory over a pending one", RENAME_("/n", "/d/e/x", 0), {MKDIR_("/n", 0755)}, "/d/e/x/f"},
    {"rename to a removed directory's name", RENAME_("/n", "/empty", 0), {MKDIR_("/n", 0755), RMDIR_("/empty")}, NULL},
    {"rename without replacing", RENAME_("/d/e/g", "/n", 1), {{0}}, NULL},
    {"exchange live and live", RENAME_("/d/e/g", "/f", 2), {{0}}, NULL},
    {"exchange a live file and a new directory", RENAME_("/d/e/g", "/n", 2), {MKDIR_("/n", 0755), OPEN_("/n/f", NEW, 0644)}, NULL},
    {"link a live file", LINKTO("/d/e/g", "/tmp/m/n"), {{0}}, NULL},
    {"link over a deleted lower name", LINKTO("/f", "/d/c"), {UNLINK_("/d/c")}, NULL},
    {"link a pending file", LINKTO("/d/c", "/n"), {{0}}, "/d/c"},
    {"list a directory with a pending file", {STEP_LIST, "/d", NULL, 0, 0, 32768}, {{0}}, "/d/c"},
    {"create or open a pending file", OPEN_("/d/c", O_CREAT | O_RDWR, 0644), {{0}}, "/d/c"},
    {"create where a file is pending", OPEN_("/d/c", NEW, 0644), {{0}}, "/d/c"},
    {"mkdir where a file is pending", MKDIR_("/d/c", 0755), {{0}}, "/d/c"},
    {"chmod a pending file", CHMOD_("/d/c", 0711), {{0}}, "/d/c"},
    {"create below a pending directory", OPEN_("/d/e/n", NEW, 0644), {{0}}, "/d/e"},
    {"unlink below a pending directory", UNLINK_("/d/e/g"), {{0}}, "/d/e"},
    {"stat a pending file", {STEP_LSTAT, "/d/c", NULL, 0, 0, 0}, {{0}}, "/d/c"},
};

enum { STOP_NEVER, STOP_END, STOP_FAIL };

static struct job {
    const struct scenario *s;
    bool bloom;
    int stop;
    long at; /* the call */
    long calls;
    struct outcome first;
    char dump[DUMP_MAX];
} *job;

static char view_folder[4200], dump_old[DUMP_MAX], dump_new[DUMP_MAX], dump_twice[DUMP_MAX];
static struct outcome out_first, out_second;

static void act_step(const struct act *a, struct step *s)
{
    *s = (struct step){.kind = a->kind, .slot = 0, .at = STEP_NO_SLOT, .at2 = STEP_NO_SLOT, .flags = a->flags, .mode = a->mode, .number = a->number};
    snprintf(s->path, sizeof s->path, "%s", a->path);
    snprintf(s->path2, sizeof s->path2, "%s", a->path2 ? a->path2 : "");
}

static struct runner begin(void)
{
    struct runner r;
    alarm(30);
    hook_count = hook_end = hook_fail = 0;
    int e = core_restart(view_folder);
    if (e)
        die("core_init: %s", error_name(e));
    runner_begin(&r, call_core, view_folder);
    CALL2(call_core, SYS_chdir, "/", 0);
    return r;
}

static int prepare(void *arg)
{
    struct outcome o;
    struct step step;
    (void)arg;
    image_container(model_image(false), view_folder, job->bloom);
    struct runner r = begin();
    for (int i = 0; i < BEFORE && job->s->before[i].path; i++) {
        act_step(&job->s->before[i], &step);
        step_run(&r, &step, &o);
        if (o.value < 0)
            die("%s: the preparation failed: %s", job->s->name, error_name(o.value));
    }
    return 0;
}

static int touch_partly(void *arg)
{
    struct runner r = begin();
    struct outcome o;
    struct step step;
    struct act a = CHMOD_(job->s->pending, 0701);
    act_step(&a, &step);
    hook_count = 0;
    hook_end = *(long *)arg;
    step_run(&r, &step, &o);
    return 0;
}

/* The container as the scenario wants it before the change. */
static void set_up(void)
{
    static const struct scenario *known;
    static bool bloom;
    static long at;
    if (job->s != known || job->bloom != bloom)
        at = 1; /* with a bloom the file is pending after fewer calls */
    known = job->s;
    bloom = job->bloom;
    for (;; at++) {
        if (in_child(prepare, NULL))
            die("%s: the preparation died", job->s->name);
        if (!job->s->pending)
            return;
        int status = in_child(touch_partly, &at);
        if (tree_pending(view_folder, job->s->pending))
            return;
        if (status != HOOK_EXIT)
            die("%s: no call leaves the file pending", job->s->name);
    }
}

static int change(void *arg)
{
    struct step step;
    (void)arg;
    struct runner r = begin();
    act_step(&job->s->change, &step);
    hook_count = 0;
    hook_error = -ENOSPC;
    hook_end = job->stop == STOP_END ? job->at : 0;
    hook_fail = job->stop == STOP_FAIL ? job->at : 0;
    step_run(&r, &step, &job->first);
    job->calls = hook_count;
    return 0;
}

static int look(void *arg)
{
    (void)arg;
    struct runner r = begin();
    umask(022);
    dump_tree(&r, "", true, job->dump, DUMP_MAX);
    return 0;
}

static const char *look_now(char *out)
{
    if (in_child(look, NULL))
        return "looking at the tree died";
    memcpy(out, job->dump, strlen(job->dump) + 1);
    return NULL;
}

/* What is to be seen before, after, and after doing it twice. */
static const char *learn(long *calls)
{
    const char *fault;
    job->stop = STOP_NEVER;
    set_up();
    if ((fault = look_now(dump_old)))
        return fault;
    set_up();
    if (in_child(change, NULL))
        return "the change died";
    out_first = job->first;
    *calls = job->calls;
    if ((fault = look_now(dump_new)))
        return fault;
    if (in_child(change, NULL))
        return "the second change died";
    out_second = job->first;
    return look_now(dump_twice);
}

static bool same_outcome(const struct outcome *a, const struct outcome *b)
{
    return a->value == b->value && !strcmp(a->text, b->text);
}

/* The change once more, by a fresh process, after one that ended early; `done`: it had happened. */
static const char *once_more(bool done, bool either)
{
    static char after[DUMP_MAX];
    int stop = job->stop;
    job->stop = STOP_NEVER;
    int status = in_child(change, NULL);
    job->stop = stop;
    if (status)
        return "doing it again died";
    bool first = same_outcome(&job->first, &out_first), second = same_outcome(&job->first, &out_second);
    if (!(either ? first || second : done ? second : first))
        return "doing it again gives another result";
    const char *fault = look_now(after);
    if (fault)
        return fault;
    if (strcmp(after, dump_twice) && strcmp(after, dump_new))
        return "doing it again leaves another tree";
    return NULL;
}

static void show_line(const char *what, const char *text, size_t at)
{
    while (at && text[at - 1] != '\n')
        at--;
    printf("    %s: %.*s\n", what, (int)strcspn(text + at, "\n"), text + at);
}

static void show_difference(const char *seen)
{
    size_t a = 0, b = 0;
    while (seen[a] && seen[a] == dump_old[a])
        a++;
    while (seen[b] && seen[b] == dump_new[b])
        b++;
    show_line("seen", seen, a);
    show_line("old ", dump_old, a);
    show_line("seen", seen, b);
    show_line("new ", dump_new, b);
}

/* The tree that a change ended or failing at call `at` left. */
static const char *judge(void)
{
    static char seen[DUMP_MAX], swept[DUMP_MAX];
    const struct image *im = model_image(false);
    const char *fault = tree_fault(im, view_folder);
    if (fault || (fault = look_now(seen)))
        return fault;
    bool old = !strcmp(seen, dump_old), new = !strcmp(seen, dump_new);
    if (!old && !new) {
        show_difference(seen);
        return "neither the old nor the new tree";
    }
    if (job->stop == STOP_FAIL && job->first.value >= 0 && !new)
        return "it reports success, but nothing happened";
    if ((fault = once_more(new, old && new)) || (fault = tree_fault(im, view_folder)))
        return fault;
    if ((fault = look_now(seen)) || (fault = tree_sweep(im, view_folder)) || (fault = look_now(swept)))
        return fault;
    if (tree_temps(view_folder))
        return "temps are left after the sweep";
    return strcmp(seen, swept) ? "the sweep changed what is seen" : NULL;
}

static bool run_scenario(const struct scenario *s, bool bloom, int stop)
{
    char name[200];
    long calls = 0, at = 1;
    job->s = s;
    job->bloom = bloom;
    const char *fault = learn(&calls);
    snprintf(name, sizeof name, "%s, %s%s", s->name, stop == STOP_END ? "killed" : "failing", bloom ? ", bloom" : "");
    if (!fault && calls > CALLS_MAX)
        fault = "far too many system calls";
    long stride = test_long || test_text("scenario") ? 1 : 4;
    if (stride > 1)
        at = 1 + (s - scenarios) % stride;
    for (; !fault && at <= calls; at += stride) {
        job->stop = stop;
        job->at = at;
        set_up();
        int status = in_child(change, NULL);
        if (status != (stop == STOP_END ? HOOK_EXIT : 0))
            fault = "the change died otherwise";
        else
            fault = judge();
    }
    if (fault)
        return test_report(name, false, "call %ld of %ld: %s", at > stride ? at - stride : at, calls, fault);
    return test_report(name, true, "%ld calls, %s", calls, error_name(out_first.value));
}

static int write_image(void *arg)
{
    (void)arg;
    make_folder(view_folder, 0755);
    image_write(model_image(false), view_folder);
    return 0;
}

int main(int argc, char **argv)
{
    test_start("kill", argc, argv);
    job = shared_memory(sizeof *job);
    snprintf(view_folder, sizeof view_folder, "%s/store", test_folder);
    if (in_child(write_image, NULL))
        return 1;
    u64 before = hash_tree(view_folder, "container");
    const char *only = test_text("scenario");
    for (unsigned i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        if (only && strcmp(only, scenarios[i].name))
            continue;
        for (int bloom = 0; bloom < 2; bloom++) {
            if (test_long || only || (int)(i & 1) == bloom)
                run_scenario(&scenarios[i], bloom, STOP_END);
            if (test_long || only || (int)(i & 1) != bloom)
                run_scenario(&scenarios[i], bloom, STOP_FAIL);
        }
    }
    test_report("the layers do not change", hash_tree(view_folder, "container") == before, NULL);
    return test_end();
}
