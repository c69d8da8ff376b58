/* Writable layers; see tree.h.
 *
 * Most programs of workflows write only to mounts. Making and removing the inodes of an empty tree on a disk costs as much as
 * starting a program, a rename almost nothing: so a few empty trees are kept as <scratch>/spare.<n>. rename decides who gets one,
 * and a tree is spare only if its folders are as tree_fill made them. Bits that are set in its bloom do no harm.
 */
#include "tree.h"
#include "bloom.h"
#include "files.h"
#include "places.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SPARES 4
#define UPPER_MODE 0755

char *tree_volumes(const char *path)
{
    return format("%s.volumes", path);
}

int tree_fill(const char *path)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -errno;
    mode_t mask = umask(022); /* the root of the guest, whatever the caller's umask is */
    int error = mkdirat(dir, "upper", UPPER_MODE) < 0 || mkdirat(dir, "dead", 0700) < 0 ? -errno : 0;
    umask(mask);
    error = error ? error : bloom_make(dir);
    close(dir);
    return error ? error : write_file(join_path(path, "dead/gone"), "", 0, 0600);
}

static char *spare(const char *path, int n)
{
    const char *slash = strrchr(path, '/');
    return format("%.*s/spare.%d", (int)(slash - path), path, n);
}

/* A spare one of an earlier boot has a bloom that does not count. */
int tree_take(const char *path)
{
    for (int n = 0; n < SPARES; n++)
        if (rename(spare(path, n), path) == 0)
            return 0;
    return mkdir(path, 0700) < 0 ? -errno : tree_fill(path);
}

/* Whether a folder holds these names and no others; *missing counts those that it lacks. */
static bool holds_only(const char *path, const char *const *names, size_t count, size_t *missing)
{
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, path);
    bool same = list.fd >= 0;
    *missing = count;
    while ((name = listing_next(&list, &type))) {
        size_t k = 0;
        while (k < count && strcmp(names[k], name))
            k++;
        same &= k < count;
        *missing -= k < count;
    }
    return same;
}

static bool untouched(const char *path)
{
    static const char *const tree[] = {"upper", "dead", "bloom"}, *const dead[] = {"gone"};
    const char *upper = join_path(path, "upper");
    struct stat st;
    size_t missing;
    return holds_only(path, tree, 3, &missing) && holds_only(upper, NULL, 0, &missing) &&
           holds_only(join_path(path, "dead"), dead, 1, &missing) && !missing && lstat(upper, &st) == 0 &&
           st.st_mode == (S_IFDIR | UPPER_MODE);
}

int tree_give_back(const char *path)
{
    if (untouched(path))
        for (int n = 0; n < SPARES; n++)
            if (rename(path, spare(path, n)) == 0) /* ENOTEMPTY: there is one */
                return 0;
    return remove_tree(path);
}
