/* See model_image.h. */
#define _GNU_SOURCE
#include "model_image.h"
#include <string.h>
#include <sys/stat.h>

#define FILE_(path, mode, layer, text) {path, S_IFREG | (mode), layer, text, 0, 0, 0, 0, NULL, 0}
#define FOLDER(path, mode, layer) {path, S_IFDIR | (mode), layer, NULL, 0, 0, 0, 0, NULL, 0}
#define LINK_(path, layer, text) {path, S_IFLNK | 0777, layer, text, 0, 0, 0, 0, NULL, 0}

static const struct image_node nodes[] = {
    FILE_("/f", 0644, 0, "the file f"),
    FOLDER("/d", 0755, 0),
    FILE_("/d/c", 0755, 0, "c of layer 0"),
    FOLDER("/d/e", 0755, 1),
    FILE_("/d/e/g", 0640, 2, "g of layer 2"),
    {"/d/e/h", S_IFREG | 0600, 1, "h is www-data's", 33, 33, 0, 0, NULL, 0},
    FOLDER("/d/e/x", 0700, 1),
    FILE_("/d/e/x/f", 0644, 1, "deep"),
    LINK_("/d/e/back", 2, "../.."),
    LINK_("/d/l", 0, "e/g"),
    FILE_("/d/.wh.c", 0644, 0, "named like a whiteout"),
    FILE_("/d/" LONG_NAME, 0644, 1, "long"),
    FOLDER("/empty", 0755, 2),
    LINK_("/sf", 0, "f"),
    LINK_("/sc", 0, "/d/c"),
    LINK_("/sd", 1, "d"),
    LINK_("/sda", 1, "/d/e"),
    LINK_("/dang", 0, "nowhere/at/all"),
    LINK_("/loop", 0, "loop2"),
    LINK_("/loop2", 0, "loop"),
    LINK_("/up", 0, "../../.."),
    LINK_("/chain", 2, "sda/back/sd/l"),
    FILE_("/suid", 04755, 0, "set-uid"),
    FOLDER("/tmp", 01777, 0),
    FOLDER("/tmp/m", 0755, 0),
    FOLDER("/tmp/m/m2", 01775, 0),
    FILE_("/tmp/m/m2/deep", 0644, 1, "deep below tmp"),
    FILE_("/ro", 0444, 0, "read only"),
    FILE_("/none", 0000, 0, "no bits"),
    FOLDER("/rod", 0555, 1),
    FILE_("/rod/f", 0644, 1, "in a read-only folder"),
    {"/hl1", S_IFREG | 0644, 0, "two names", 0, 0, 0, 0, NULL, 0},
    {"/hl2", S_IFREG | 0644, 0, "two names", 0, 0, 0, 0, "/hl1", 0},
    {"/big", S_IFREG | 0644, 1, "both ends of a hole", 0, 0, 0, 0, NULL, 300000},
    FILE_("/.wh.x", 0644, 0, "another"),
    {"/pipe", S_IFIFO | 0644, 0, NULL, 0, 0, 0, 0, NULL, 0},
    {"/null", S_IFCHR | 0666, 0, NULL, 0, 5, 1, 3, NULL, 0},
};

const struct image *model_image(bool limited)
{
    static struct image_node tame[sizeof nodes / sizeof *nodes];
    static struct image im = {.nlayers = 3, .flags = LPMX_CONTAINER_RM};
    im.nodes = limited ? tame : nodes;
    im.count = 0;
    for (unsigned i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        if (limited && S_ISCHR(nodes[i].mode))
            continue;
        tame[im.count] = nodes[i];
        tame[im.count].uid = tame[im.count].gid = 0;
        tame[im.count].mode &= ~06000u; /* a write takes them away from a root of a name space */
        im.count++;
    }
    return &im;
}
