/* See bind_image.h. */
#define _GNU_SOURCE
#include "bind_image.h"
#include "files.h"
#include "harness.h"
#include "model_image.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct image_bind binds[] = {
    {"/d/e/x", "/fixed", LPMX_BIND_RO},
    {"/empty", "/open", 0},
    {"/ro", "/file", LPMX_BIND_FILE},
    {"/tmp/m/new", "/new", 0},
};
#define BINDS (sizeof binds / sizeof *binds)

static void fill(const char *folder)
{
    static const char *const links[][2] = {{"l", "sub/x"}, {"abs", "/d/c"}, {"out", "../../.."}, {"dir", "sub"}, {"none", "nowhere"}};
    char path[5000];
    make_folder(folder, 0755);
    snprintf(path, sizeof path, "%s/f", folder);
    write_file(path, "f of a bind", 11);
    chmod(path, 0644);
    snprintf(path, sizeof path, "%s/sub", folder);
    make_folder(path, 0755);
    snprintf(path, sizeof path, "%s/sub/x", folder);
    write_file(path, "x of a bind", 11);
    chmod(path, 0755);
    for (unsigned i = 0; i < sizeof links / sizeof *links; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, links[i][0]);
        if (symlink(links[i][1], path))
            die("cannot make %s: %m", path);
    }
}

void bind_folders(const char *folder)
{
    char path[5000];
    remove_tree(folder);
    snprintf(path, sizeof path, "%s/fixed", folder);
    fill(path);
    snprintf(path, sizeof path, "%s/open", folder);
    fill(path);
    snprintf(path, sizeof path, "%s/new", folder);
    make_folder(path, 0755);
    snprintf(path, sizeof path, "%s/file", folder);
    write_file(path, "a single file", 13);
    chmod(path, 0644);
}

const struct image *bind_image(bool limited, const char *folder)
{
    static struct image im;
    static struct image_bind list[BINDS];
    static char host[BINDS][4300];
    im = *model_image(limited);
    for (unsigned i = 0; i < BINDS; i++) {
        snprintf(host[i], sizeof host[i], "%s%s", folder, binds[i].host);
        list[i] = (struct image_bind){binds[i].guest, host[i], binds[i].flags};
    }
    im.binds = list;
    im.nbinds = BINDS;
    return &im;
}

static void mount_one(const struct image_bind *b, const char *folder, const char *root)
{
    char from[5000], to[5000];
    struct stat st;
    struct timespec times[2] = {{IMAGE_TIME, 0}, {IMAGE_TIME + 25000, 123456000}};
    snprintf(from, sizeof from, "%s%s", folder, b->host);
    snprintf(to, sizeof to, "%s%s", root, b->guest);
    if (mkdir(to, 0755) && errno != EEXIST)
        die("cannot make %s: %m", to);
    char *last = strrchr(to, '/');
    *last = 0;
    if (!lstat(to, &st) && st.st_mtim.tv_sec > 1500000000) /* by the mkdir */
        utimensat(AT_FDCWD, to, times, 0);
    *last = '/';
    if (mount(from, to, NULL, MS_BIND, NULL))
        die("cannot mount %s: %m", to);
    if (b->flags & LPMX_BIND_RO && mount(NULL, to, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | (test_root ? 0 : MS_NOSUID | MS_NODEV), NULL))
        die("cannot make %s read-only: %m", to);
}

void bind_mounts(const char *folder, const char *root, bool readonly)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        die("cannot make the mounts private: %m");
    if (mount(root, root, NULL, MS_BIND, NULL))
        die("cannot mount %s: %m", root);
    for (unsigned i = 0; folder && i < BINDS; i++)
        mount_one(&binds[i], folder, root);
    if (readonly && mount(NULL, root, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | (test_root ? 0 : MS_NOSUID | MS_NODEV), NULL))
        die("cannot make %s read-only: %m", root);
}
