/* Tests of functions.def: walks through trees, patterns. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wordexp.h>

#include "functions.h"

static int visit(const char *path, const struct stat *st, int flag)
{
    char shown[400];
    strcpy(shown, path);
    strcat(shown, flag == FTW_D ? "/" : S_ISREG(st->st_mode) ? "" : "?");
    add(shown);
    return 0;
}

static int visit_with_level(const char *path, const struct stat *st, int flag, struct FTW *where)
{
    char shown[400];
    strcpy(shown, path + where->base);
    strcat(shown, flag == FTW_D ? "/" : flag == FTW_DP ? "//" : flag == FTW_SL ? "@" : S_ISREG(st->st_mode) ? "" : "?");
    add(shown);
    return 0;
}

void try_ftw(const struct function *f)
{
    int (*call)(const char *, int (*)(const char *, const struct stat *, int), int) = f->call;
    int r = call(".", visit, 5);
    say_added();
    say(" %s, missing %s", result(r), result(call("none", visit, 5)));
}

void try_nftw(const struct function *f)
{
    int (*call)(const char *, int (*)(const char *, const struct stat *, int, struct FTW *), int, int) = f->call;
    int r = call(home, visit_with_level, 1, FTW_PHYS);
    say_added();
    say(" %s, changing folder and from below ", result(r));
    r = call(".", visit_with_level, 5, FTW_PHYS | FTW_DEPTH | FTW_CHDIR);
    say_added();
    say(" %s, missing %s", result(r), result(call("none", visit_with_level, 5, 0)));
}

/* FTSENT of glibc's fts.h as far as it is used; fts64 has the same on x86_64. */
struct entry {
    struct entry *cycle, *parent, *link;
    long number;
    void *pointer;
    char *access_path, *path;
    int error, descriptor;
    unsigned short path_length, name_length;
    unsigned long inode, device, links;
    short level;
    unsigned short info, flags, instruction;
    struct stat *status;
    char name[1];
};
enum { FTS_NOCHDIR_ = 4, FTS_PHYSICAL_ = 16, FTS_NAMEONLY_ = 0x100, FTS_SKIP_ = 4, FTS_D_ = 1, FTS_DP_ = 6, FTS_NS_ = 10 };

/* The family around one of it: what the row does not give comes by name, with or without the 64. */
static void *sibling(const struct function *f, const char *name)
{
    char full[40];
    strcpy(full, strncmp(f->name, "fts64", 5) ? "fts_" : "fts64_");
    strcat(full, name);
    return strcmp(full, f->name) ? dlsym(RTLD_DEFAULT, full) : f->call;
}

static void walk(const struct function *f, int options, int skip, int children)
{
    void *(*open_)(char *const *, int, void *) = sibling(f, "open");
    struct entry *(*read_)(void *) = sibling(f, "read");
    struct entry *(*children_)(void *, int) = sibling(f, "children");
    int (*set_)(void *, struct entry *, int) = sibling(f, "set");
    int (*close_)(void *) = sibling(f, "close");
    char *paths[] = {".", "none", NULL};
    void *tree = open_(paths, options, NULL);
    struct entry *e;
    char shown[500];
    while (tree && (e = read_(tree))) {
        if (e->info == FTS_D_ && children)
            for (struct entry *c = children_(tree, FTS_NAMEONLY_); c; c = c->link) {
                strcpy(shown, "child ");
                add(strcat(shown, c->name));
            }
        if (e->info == FTS_D_ && skip && e->level == 1)
            set_(tree, e, FTS_SKIP_);
        strcpy(shown, e->path);
        add(strcat(shown, e->info == FTS_D_ ? "/" : e->info == FTS_DP_ ? "//" : e->info == FTS_NS_ ? " missing" : ""));
    }
    say_added();
    say(" %s", tree ? result(close_(tree)) : error(errno));
    say(" %s", seen("f"));
}

void try_fts_open(const struct function *f)
{
    walk(f, FTS_PHYSICAL_, 0, 0);
    walk(f, FTS_PHYSICAL_ | FTS_NOCHDIR_, 0, 0);
}

void try_fts_read(const struct function *f)
{
    walk(f, FTS_PHYSICAL_, 0, 0);
}

void try_fts_children(const struct function *f)
{
    walk(f, FTS_PHYSICAL_, 0, 1);
}

void try_fts_set(const struct function *f)
{
    walk(f, FTS_PHYSICAL_, 1, 0);
}

void try_fts_close(const struct function *f)
{
    walk(f, FTS_PHYSICAL_ | FTS_NOCHDIR_, 0, 0);
}

static void say_matches(int r, const glob_t *g)
{
    for (size_t i = 0; !r && i < g->gl_pathc; i++)
        say("%s%s", i ? " " : "", g->gl_pathv[i]);
    if (r)
        say("(%s)", r == GLOB_NOMATCH ? "no match" : r == GLOB_ABORTED ? "aborted" : "no space");
}

static int complain(const char *path, int value)
{
    say("%s %s ", path, error(value));
    return 1;
}

void try_glob(const struct function *f)
{
    int (*call)(const char *, int, int (*)(const char *, int), glob_t *) = f->call;
    glob_t g;
    memset(&g, 0, sizeof g);
    say_matches(call("d/*", 0, NULL, &g), &g);
    say(", ");
    memset(&g, 0, sizeof g);
    say_matches(call(at("[fls]"), GLOB_MARK, NULL, &g), &g);
    say(", ");
    memset(&g, 0, sizeof g);
    say_matches(call("./*/x", 0, NULL, &g), &g);
    say(", ");
    memset(&g, 0, sizeof g);
    say_matches(call("none*", 0, NULL, &g), &g);
    say(", file as folder ");
    memset(&g, 0, sizeof g);
    say_matches(call("f/*", GLOB_ERR, complain, &g), &g);
    symlink("none", "dangling"); /* the version of 2.2.5 leaves it out */
    say(", dangling ");
    memset(&g, 0, sizeof g);
    say_matches(call("dang*", 0, NULL, &g), &g);
#ifdef GLOB_TILDE
    setenv("HOME", at("d"), 1);
    say(", home ");
    memset(&g, 0, sizeof g);
    say_matches(call("~/y*", GLOB_TILDE, NULL, &g), &g);
#endif
}

void try_globfree(const struct function *f)
{
    glob_t g;
    memset(&g, 0, sizeof g);
    int r = glob("d/*", 0, NULL, &g);
    say_matches(r, &g);
    CALL(void, glob_t *)(&g);
    say(", freed");
}

void try_glob_pattern_p(const struct function *f)
{
    int (*call)(const char *, int) = f->call;
    say("%d %d %d", call("d/*", 1), call("d/x", 1), call("d/\\*", 1));
}

/* Words, patterns, and commands, which the image's shell runs. */
static void say_words(int r, const wordexp_t *w)
{
    for (size_t i = 0; !r && i < w->we_wordc; i++)
        say("%s%s", i ? " " : "", w->we_wordv[i]);
    if (r)
        say("error %d", r);
}

void try_wordexp(const struct function *f)
{
    int (*call)(const char *, wordexp_t *, int) = f->call;
    wordexp_t w;
    setenv("HOME", at("d"), 1);
    memset(&w, 0, sizeof w);
    say_words(call("d/* none* ~/x \"$HOME\"", &w, 0), &w);
    say(", by the shell ");
    memset(&w, 0, sizeof w);
    say_words(call("$(../program tell f)", &w, 0), &w);
    say(", refused ");
    say_words(call("$(../program tell f)", &w, WRDE_NOCMD), &w);
}

void try_wordfree(const struct function *f)
{
    wordexp_t w;
    memset(&w, 0, sizeof w);
    say_words(wordexp("d/*", &w, 0), &w);
    CALL(void, wordexp_t *)(&w);
    say(", freed");
}
