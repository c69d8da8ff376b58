/* Removing the temps that killed processes left in a tree's work/ (upper.md section 12), when nobody works in the tree.
 *
 * A temp that a mark names is the truth of its name and stays: the next look-up puts it in its place. One that no mark names can
 * have none any more, as only its creator would have made it.
 */
#include "bloom.h"
#include "container.h"
#include "files.h"
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SHARED_SECONDS 600 /* a request of a client that died may still be on its way to the server */

/* Takes what the marks in one folder name out of the list. */
static void keep_named(const char *folder, struct list *temps)
{
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, folder);
    while ((name = listing_next(&list, &type))) {
        char text[256];
        ssize_t len = type == DT_LNK || type == DT_UNKNOWN ? readlink(join_path(folder, name), text, sizeof text - 1) : -1;
        text[len > 0 ? len : 0] = 0;
        for (size_t k = 0; k < temps->n; k++)
            if (!strcmp(temps->at[k], text))
                temps->at[k] = "";
    }
}

static void keep_all_named(const char *dead, struct list *temps)
{
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, dead);
    while ((name = listing_next(&list, &type)))
        if (strcmp(name, "gone"))
            keep_named(join_path(dead, name), temps);
}

void work_sweep(const struct plan *p)
{
    char *work = join_path(p->tree, "work");
    struct list temps = {0};
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, work);
    while ((name = listing_next(&list, &type)))
        list_add(&temps, copy_text(name, strlen(name)));
    if (!temps.n || container_used_here(p->folder) || bloom_elsewhere(p))
        return;
    keep_all_named(join_path(p->tree, "dead"), &temps);
    time_t oldest = tree_shared(p->tree) ? time(NULL) - SHARED_SECONDS : time(NULL) + SHARED_SECONDS;
    for (size_t k = 0; k < temps.n; k++) {
        char *path = join_path(work, temps.at[k]);
        struct stat st;
        if (*temps.at[k] && lstat(path, &st) == 0 && st.st_ctime < oldest && unlink(path) < 0)
            remove_tree(path);
    }
}
