/* Inode numbers that the tree of a container remembers (upper.md section 7, overflow): id/<inode> says who a file is inside. In a copy of the tree
 * they are other files' numbers, which id/root, the number of upper/, gives away.
 */
#include "bloom.h"
#include "container.h"
#include "files.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void numbers_check(const struct plan *p)
{
    char *folder = join_path(p->tree, "id"), *root = join_path(folder, "root"), text[32];
    struct stat st;
    struct listing list;
    const char *name;
    u8 type;
    ssize_t len = readlink(root, text, sizeof text - 1);
    text[len > 0 ? len : 0] = 0;
    if (len <= 0 || lstat(join_path(p->tree, "upper"), &st) < 0 || strtoull(text, NULL, 10) == st.st_ino || container_used_here(p->folder))
        return;
    warn("the files of container %s were copied here by other means than lpmx: some have lost their owner and mode, and are the container's default user's", p->name);
    listing_open(&list, folder);
    while ((name = listing_next(&list, &type)))
        unlink(join_path(folder, name)); /* id/root with them: the next record makes a new one */
}
