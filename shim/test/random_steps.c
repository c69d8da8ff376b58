/* Draws steps over the small name space of model_image (model_image.h): few names, so that operations meet. */
#define _GNU_SOURCE
#include "model_image.h"
#include "steps.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define PICK(list) ((list)[random_below(sizeof(list) / sizeof *(list))])

static const char *const folders[] = {"",      "/d",      "/d/e",      "/empty", "/n",       "/d/n",    "/sd",  "/sda", "/d/e/back",
                                      "/up/d", "/d/../d", "/tmp/m/m2", "/rod",   "/tmp",     "/tmp/m",  "/m",   "/d/e/x", "/loop",
                                      "/f",    "/dang",   "/sd/e",     "/n/e",   "/empty/n", "/./d/./", "//d//"};
static const char *const leaves[] = {"f", "c", "e", "g", "n", "l", "x", "d", "n", "m", "f", "c", "g", "h", "new", ".wh.c", ".wh.x", ".wh..wh..opq", LONG_NAME, "back"};
static const char *const paths[] = {"/f",      "/d/c",  "/d/e",   "/d/e/g", "/d/e/h", "/d",    "/empty", "/suid",      "/ro",   "/none",    "/hl1",
                                    "/hl2",    "/sd",   "/sda",   "/sf",    "/sc",    "/dang", "/loop",  "/d/e/back",  "/up",   "/tmp/m",   "/rod/f",
                                    "/big",    "/pipe", "/null",  "/tmp",   "/rod",   "/n",    "/d/n",   "/n/f",       "/d/l",  "/chain",   "/.wh.x",
                                    "/d/.wh.c", "/",    "/tmp/m/m2/deep", "/n/n", "/m", "/d/" LONG_NAME, "/" LONG_NAME};
/* Longer than what fits a small stack: the core takes a slot. */
static const char *const long_paths[] = {"/" LONG_NAME,
                                         "/" LONG_NAME "/" LONG_NAME,
                                         "/" LONG_NAME "/" LONG_NAME "/f",
                                         "/" LONG_NAME "/" LONG_NAME "/" LONG_NAME,
                                         "/" LONG_NAME "/../d/e/back/" LONG_NAME "/" LONG_NAME,
                                         "/d/e/../e/../e/../e/back/../" LONG_NAME "/../" LONG_NAME "/./" LONG_NAME "/../" LONG_NAME "/f",
                                         LONG_NAME,
                                         LONG_NAME "/f",
                                         "/" LONG_NAME "/f"};
static const char *const bind_paths[] = {"/empty/f",     "/empty/sub", "/empty/sub/x", "/empty/l",      "/empty/abs",     "/empty/out/d/c", "/empty/n",   "/empty/n/n",
                                         "/empty/dir/x", "/empty",     "/d/e/x",       "/d/e/x/f",      "/d/e/x/sub/n",   "/d/e/x/l",       "/d/e/x/abs", "/d/e/x/n",
                                         "/ro",          "/tmp/m/new", "/tmp/m/new/n", "/tmp/m/new/n/n", "/tmp/m/new/..", "/tmp/m",         "/tmp",       "/d/e",
                                         "/empty/none",  "/ro/n",      "/empty/../f",  "/sda/x/f"};
static const char *const relative[] = {"f", "c", "e", "n", "..", ".", "../f", "../d/c", "e/g", "n/n", "../../f", "./n", "g"};
static const u32 modes[] = {0644, 0755, 0600, 0700, 0444, 0000, 04755, 01777, 0666, 0777, 0640, 0111, 05777, 0200};
static const u32 owners[] = {0, 0, 0, 33, 1000, 65534, 4000000000u};

static void decorate(char *path)
{
    size_t n = strlen(path);
    switch (random_below(24)) {
    case 0: strcpy(path + n, "/"); break;
    case 1: strcpy(path + n, "/."); break;
    case 2: strcpy(path + n, "/.."); break;
    case 3: strcpy(path + n, "//"); break;
    }
}

static bool with_binds, long_ones;

static void draw_path(char *out, int *at)
{
    u32 how = random_below(20);
    *at = STEP_NO_SLOT;
    if (with_binds && random_below(2))
        strcpy(out, PICK(bind_paths));
    else if (long_ones && random_below(2))
        strcpy(out, PICK(long_paths));
    else if (how < 10)
        strcpy(out, PICK(paths));
    else if (how < 16)
        sprintf(out, "%s/%s", PICK(folders), PICK(leaves));
    else if (how == 16)
        sprintf(out, "%s/%s/%s", PICK(folders), PICK(leaves), PICK(leaves));
    else
        strcpy(out, PICK(relative));
    if (how >= 18 && random_below(2))
        *at = (int)random_below(STEP_SLOTS);
    decorate(out);
    if (!random_below(300))
        strcat(out, "/" LONG_NAME "y");
}

static void draw_target(char *out)
{
    int at;
    do
        draw_path(out, &at);
    while (!*out);
}

static int draw_open_flags(void)
{
    static const int access[] = {O_RDWR, O_RDWR, O_WRONLY};
    static const int how[] = {0, O_CREAT, O_CREAT | O_EXCL, O_TRUNC, O_CREAT | O_TRUNC, O_APPEND, O_CREAT | O_APPEND, O_NOFOLLOW, O_CREAT | O_NOFOLLOW};
    return PICK(access) | PICK(how);
}

static void draw_open(struct step *s)
{
    s->slot = (int)random_below(STEP_SLOTS);
    s->flags = random_below(3) ? draw_open_flags() : O_RDONLY | O_DIRECTORY;
    if (!random_below(8))
        s->flags = O_PATH | O_DIRECTORY | (random_below(2) ? O_NOFOLLOW : 0); /* of files it shows what it was opened on, as overlayfs */
}

static void draw_numbers(struct step *s, bool limited)
{
    static const int kinds[] = {S_IFREG, S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK, 0, S_IFDIR};
    switch (s->kind) {
    case STEP_SLURP: s->flags = random_below(6) ? O_RDONLY : O_RDONLY | O_CREAT; break;
    case STEP_SPILL: s->flags = (draw_open_flags() & ~O_RDWR) | O_WRONLY; break;
    case STEP_LIST: {
        static const long sizes[] = {32768, 300, 600, 32768};
        s->number = PICK(sizes);
        s->flags = !random_below(3);
        break;
    }
    case STEP_MKNOD:
        s->mode = (s->mode & 07777) | (u32)PICK(kinds);
        if (limited && (S_ISCHR(s->mode) || S_ISBLK(s->mode)))
            s->mode = S_IFREG | (s->mode & 07777);
        s->number = (long)makedev(1 + random_below(300), random_below(300));
        break;
    case STEP_CHOWN:
    case STEP_LCHOWN:
    case STEP_FCHOWN:
        s->number = limited ? 0 : PICK(owners);
        s->mode = limited || random_below(4) ? 0 : PICK(owners);
        if (!random_below(4))
            s->number = -1;
        if (!random_below(4))
            s->mode = (u32)-1;
        break;
    case STEP_RENAME: {
        static const int how[] = {0, 0, 0, 0, 1, 2, 1, 8, 3};
        s->flags = PICK(how);
        break;
    }
    case STEP_LINK: s->flags = random_below(4) ? 0 : AT_SYMLINK_FOLLOW; break;
    case STEP_STATX:
    case STEP_UTIMENS: s->flags = random_below(2) ? 0 : AT_SYMLINK_NOFOLLOW; break;
    case STEP_FTRUNCATE:
    case STEP_TRUNCATE: {
        static const long sizes[] = {0, 1, 5, 4096, 70000, -1};
        s->number = PICK(sizes);
        break;
    }
    case STEP_ACCESS: s->mode = random_below(9); break;
    case STEP_GETCWD:
    case STEP_READLINK: s->number = random_below(6) ? 1000 : random_below(6); break;
    default: break;
    }
}

static const struct {
    enum step_kind kind;
    u32 weight;
    bool slot, path, path2;
} weights[] = {
    {STEP_OPEN, 8, true, true, false},      {STEP_CLOSE, 3, true, false, false},    {STEP_WRITE, 5, true, false, false},
    {STEP_PREAD, 3, true, false, false},    {STEP_FTRUNCATE, 2, true, false, false}, {STEP_FSTAT, 4, true, false, false},
    {STEP_FCHMOD, 3, true, false, false},   {STEP_FCHOWN, 2, true, false, false},   {STEP_FUTIMENS, 2, true, false, false},
    {STEP_SLURP, 8, false, true, false},    {STEP_SPILL, 12, false, true, false},   {STEP_LIST, 8, false, true, false},
    {STEP_STAT, 6, false, true, false},     {STEP_LSTAT, 6, false, true, false},    {STEP_STATX, 3, false, true, false},
    {STEP_ACCESS, 2, false, true, false},   {STEP_READLINK, 3, false, true, false}, {STEP_MKDIR, 10, false, true, false},
    {STEP_MKNOD, 3, false, true, false},    {STEP_RMDIR, 10, false, true, false},   {STEP_UNLINK, 14, false, true, false},
    {STEP_RENAME, 22, false, true, true},   {STEP_LINK, 8, false, true, true},      {STEP_SYMLINK, 6, false, true, true},
    {STEP_CHMOD, 7, false, true, false},    {STEP_CHOWN, 4, false, true, false},    {STEP_LCHOWN, 2, false, true, false},
    {STEP_UTIMENS, 4, false, true, false},  {STEP_TRUNCATE, 3, false, true, false}, {STEP_CHDIR, 3, false, true, false},
    {STEP_FCHDIR, 1, true, false, false},   {STEP_GETCWD, 2, false, false, false},  {STEP_TMPFILE, 3, false, true, true},
    {STEP_LINKFD, 3, false, true, true},
    {STEP_UMASK, 1, false, false, false},   {STEP_RESTART, 1, false, false, false}, {STEP_SETXATTR, 1, false, true, false},
    {STEP_GETXATTR, 1, false, true, false},
};

/* What needs root on the host has no place in a bind. */
static void tame(struct step *s)
{
    if (s->kind == STEP_CHOWN || s->kind == STEP_LCHOWN || s->kind == STEP_FCHOWN)
        s->kind = STEP_LSTAT, s->slot = STEP_NO_SLOT, strcpy(s->path, *s->path ? s->path : "/");
    if (s->kind == STEP_UMASK)
        s->mode = 022;
    else if (s->kind == STEP_MKNOD)
        s->mode = (s->mode & S_IFMT) == S_IFIFO || (s->mode & S_IFMT) == S_IFDIR ? s->mode | 0600 : S_IFREG | 0644;
    else if (s->kind != STEP_ACCESS && s->kind != STEP_UTIMENS && s->kind != STEP_FUTIMENS)
        s->mode = (s->mode & 0777) | 0700;
}

/* A part of putting a new directory, with something in it, in the place of one that the layers have: by chance all parts come in this order. */
static void draw_replacement(struct step *s)
{
    static const char *const to[] = {"/empty", "/empty", "/d/e/x", "/rod"};
    u32 part = random_below(3);
    s->slot = STEP_NO_SLOT;
    s->kind = part == 0 ? STEP_MKDIR : part == 1 ? STEP_SPILL : STEP_RENAME;
    s->at = s->at2 = STEP_NO_SLOT;
    strcpy(s->path, part == 1 ? "/n/n" : "/n");
    strcpy(s->path2, part == 2 ? PICK(to) : "");
}

void step_random(struct step *s, bool limited, bool binds, bool long_names)
{
    static u32 total;
    static const u32 masks[] = {022, 022, 0, 077, 027};
    u32 i = 0, at;
    if (!total)
        for (unsigned j = 0; j < sizeof weights / sizeof *weights; j++)
            total += weights[j].weight;
    for (at = random_below(total); at >= weights[i].weight; i++)
        at -= weights[i].weight;
    memset(s, 0, sizeof *s);
    with_binds = binds;
    long_ones = !binds && long_names;
    s->kind = weights[i].kind;
    s->slot = s->at = s->at2 = STEP_NO_SLOT;
    s->number = (long)random_below(1000);
    s->mode = random_below(2) ? modes[random_below(2)] : PICK(modes);
    if (limited)
        s->mode &= ~06000u;
    if (s->kind == STEP_UMASK)
        s->mode = PICK(masks);
    if (s->kind == STEP_UTIMENS || s->kind == STEP_FUTIMENS)
        s->mode = random_below(8);
    if (weights[i].slot)
        s->slot = (int)random_below(STEP_SLOTS);
    if (weights[i].path)
        draw_path(s->path, &s->at);
    if (weights[i].path2)
        draw_path(s->path2, &s->at2);
    if (s->kind == STEP_SYMLINK) {
        s->at2 = STEP_NO_SLOT;
        draw_target(s->path2);
    }
    if (!binds && !random_below(10))
        draw_replacement(s);
    if ((s->kind == STEP_OPEN || s->kind == STEP_LINKFD) && strstr(s->path, "null"))
        strcpy(s->path, "/f"); /* an opened device is the host's */
    if (s->kind == STEP_OPEN)
        draw_open(s);
    draw_numbers(s, limited);
    if (binds)
        tame(s);
}
