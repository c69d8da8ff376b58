/* Tests of functions.def: exec, and libraries loaded while running. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "functions.h"

/* In a child: what follows is run there, and says its error. */
#define CHILD(...)                 \
    do {                           \
        flush();                   \
        int pid_ = fork();         \
        if (!pid_) {               \
            __VA_ARGS__;           \
            say("%s", error(errno)); \
            flush();               \
            _exit(4);              \
        }                          \
        say(" %d", ended(pid_));   \
    } while (0)

static char *const words[] = {"own name", "tell", "f", NULL};
static char *const set[] = {"LPMX_MARK=1", NULL};

void try_execve(const struct function *f)
{
    int (*call)(const char *, char *const *, char *const *) = f->call;
    CHILD(call("../program", words, set));
    CHILD(call(at("../program"), words, set));
    say(", script");
    CHILD(call("s", words, set));
    say(", missing ");
    CHILD(call("none", words, set));
    say(", not executable ");
    CHILD(call("f", words, set));
}

void try_execv(const struct function *f)
{
    int (*call)(const char *, char *const *) = f->call;
    CHILD(call("../program", words));
    say(", script");
    CHILD(call("s", words));
    say(", missing ");
    CHILD(call("none", words));
}

/* What the path is searched for: found in the third folder, one is missing, one is a file. */
static void set_path(void)
{
    char path[700] = "/none:";
    strcat(path, home);
    strcat(path, "/f:");
    strcat(path, home);
    strcat(path, "/..");
    setenv("PATH", path, 1);
}

void try_execvp(const struct function *f)
{
    int (*call)(const char *, char *const *) = f->call;
    set_path();
    CHILD(call("program", words));
    CHILD(call("./s", words));
    say(", missing ");
    CHILD(call("none", words));
}

void try_execvpe(const struct function *f)
{
    int (*call)(const char *, char *const *, char *const *) = f->call;
    set_path();
    CHILD(call("program", words, set));
    say(", missing ");
    CHILD(call("none", words, set));
}

void try_execl(const struct function *f)
{
    int (*call)(const char *, const char *, ...) = f->call;
    CHILD(call("../program", "x", "tell", "f", (char *)NULL));
    CHILD(call("s", "x", "f", (char *)NULL));
    say(", missing ");
    CHILD(call("none", "x", (char *)NULL));
}

void try_execle(const struct function *f)
{
    int (*call)(const char *, const char *, ...) = f->call;
    CHILD(call("../program", "x", "tell", "f", (char *)NULL, set));
    say(", missing ");
    CHILD(call("none", "x", (char *)NULL, set));
}

void try_execlp(const struct function *f)
{
    int (*call)(const char *, const char *, ...) = f->call;
    set_path();
    CHILD(call("program", "x", "tell", "f", (char *)NULL));
    say(", missing ");
    CHILD(call("none", "x", (char *)NULL));
}

void try_fexecve(const struct function *f)
{
    int (*call)(int, char *const *, char *const *) = f->call;
    CHILD(call((int)syscall(SYS_open, "../program", O_RDONLY | O_CLOEXEC), words, set));
    CHILD(call((int)syscall(SYS_open, "../program", O_PATH), words, set));
    CHILD(call((int)syscall(SYS_open, "s", O_RDONLY), words, set));
    say(", not executable ");
    CHILD(call((int)syscall(SYS_open, "f", O_RDONLY), words, set));
    say(", closed ");
    CHILD(call(-1, words, set));
}

void try_execveat(const struct function *f)
{
    int (*call)(int, const char *, char *const *, char *const *, int) = f->call;
    int dir = (int)syscall(SYS_open, "d", O_RDONLY);
    CHILD(call(dir, "../../program", words, set, 0));
    CHILD(call((int)syscall(SYS_open, "../program", O_RDONLY), "", words, set, AT_EMPTY_PATH));
    say(", missing ");
    CHILD(call(dir, "none", words, set, 0));
    say(", link itself ");
    CHILD(call(dir, "../l", words, set, AT_SYMLINK_NOFOLLOW));
}

/* A call of libc 5: x86_64 has its number, kernels built since have no such call. */
void try_uselib(const struct function *f)
{
    say("missing %s", CALL(int, const char *)("none") < 0 ? "refused" : "done");
}

static const char *told(void *library)
{
    const char *(*call)(void) = library ? (const char *(*)(void))dlsym(library, "library_text") : NULL;
    return call ? call() : "(not loaded)";
}

static const char *short_of(const char *name)
{
    const char *slash = name ? strrchr(name, '/') : NULL;
    size_t n = strlen("/srv/functions/");
    return !name ? "(nothing)" : !strncmp(name, "/srv/functions/", n) ? slash - n > name ? slash : name : slash ? slash + 1 : name;
}

void try_dlopen(const struct function *f)
{
    void *(*call)(const char *, int) = f->call;
    void *missing = call(at("none.so"), RTLD_NOW);
    say("missing %s", missing ? "loaded" : strstr(dlerror(), "o such file") ? "none" : "other error");
    say(", no library %s", call(at("f"), RTLD_NOW) ? "loaded" : "refused");
    void *library = call(at("../library.so"), RTLD_NOW);
    say(", %s", told(library));
    say(", once %d", call("../library.so", RTLD_NOW) == library);
}

void try_dlclose(const struct function *f)
{
    void *library = dlopen(at("../library.so"), RTLD_NOW);
    say("%s, ", told(library));
    say("%d", CALL(int, void *)(library));
#ifdef RTLD_NOLOAD
    say(", still loaded %d", dlopen(at("../library.so"), RTLD_NOW | RTLD_NOLOAD) != NULL);
#endif
}

/* A libc of its own in a name space of its own: its code is mapped while the program runs, and contained as well. */
void try_dlmopen(const struct function *f)
{
#ifdef __GLIBC__
    void *(*call)(Lmid_t, const char *, int) = f->call;
    say("%s", told(call(LM_ID_NEWLM, at("../library.so"), RTLD_NOW)));
    void *libc = call(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
    int (*other_open)(const char *, int) = libc ? (int (*)(const char *, int))dlsym(libc, "open") : NULL;
    int fd = other_open ? other_open("f", O_RDONLY) : -1;
    say(", another libc %d %s, missing %d", other_open != (int (*)(const char *, int))open, fd < 0 ? "failed" : text_of(fd), other_open ? other_open("none", O_RDONLY) : 0);
    say(", no such library %d", call(LM_ID_BASE, at("none.so"), RTLD_NOW) != NULL);
#else
    (void)f;
#endif
}

void try_dladdr(const struct function *f)
{
    Dl_info info = {0};
    void *library = dlopen(at("../library.so"), RTLD_NOW);
    int r = CALL(int, const void *, Dl_info *)(dlsym(library, "library_text"), &info);
    say("%d %s %s, there %s", r, short_of(info.dli_fname), info.dli_sname ? info.dli_sname : "", info.dli_fname ? seen(info.dli_fname) : "");
    r = CALL(int, const void *, Dl_info *)((void *)strlen, &info);
    say(", libc %d %.4s", r, seen(info.dli_fname));
}

void try_dladdr1(const struct function *f)
{
#ifdef __GLIBC__
    Dl_info info = {0};
    struct link_map *map = NULL;
    void *library = dlopen(at("../library.so"), RTLD_NOW);
    int r = CALL(int, const void *, Dl_info *, void **, int)(dlsym(library, "library_text"), &info, (void **)&map, RTLD_DL_LINKMAP);
    say("%d %s %s", r, short_of(info.dli_fname), map ? short_of(map->l_name) : "");
#else
    (void)f;
#endif
}

void try_dlinfo(const struct function *f)
{
    struct link_map *map = NULL;
    void *library = dlopen(at("../library.so"), RTLD_NOW);
    int r = CALL(int, void *, int, void *)(library, RTLD_DI_LINKMAP, &map);
    say("%d %s", r, map ? short_of(map->l_name) : "");
#ifdef __GLIBC__
    char origin[400] = "";
    r = CALL(int, void *, int, void *)(library, RTLD_DI_ORIGIN, origin);
    say(", origin %d %s", r, origin);
#endif
}

static int visit(struct dl_phdr_info *info, size_t size, void *out)
{
    (void)size;
    unsigned *counts = out;
    counts[0]++;
    counts[1] += strstr(info->dlpi_name, "/library.so") != NULL;
    counts[2] += info->dlpi_name[0] == '/' && strcmp(seen(info->dlpi_name), error(ENOENT)) == 0;
    return 0;
}

void try_dl_iterate_phdr(const struct function *f)
{
    unsigned counts[3] = {0};
    int r = (dlopen(at("../library.so"), RTLD_NOW), CALL(int, int (*)(struct dl_phdr_info *, size_t, void *), void *)(visit, counts));
    say("%d, the library %u, missing %u, several %d", r, counts[1], counts[2], counts[0] > 2);
}
