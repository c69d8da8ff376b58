/* What this host has: the dynamic linker's cache as ldconfig prints it (ldconfig(8), -p), and files by pattern; see gpu.h.
 *
 * The program is asked and its cache not read: where the cache is and how it is written differs, and PATH decides which one is asked.
 */
#include "files.h"
#include "gpu.h"
#include "origin.h"
#include "run.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *ldconfig(void)
{
    static const char *const usual[] = {"/sbin/ldconfig", "/usr/sbin/ldconfig"};
    const char *program = find_on_path("ldconfig");
    for (size_t k = 0; !program && k < 2; k++)
        program = access(usual[k], X_OK) == 0 ? usual[k] : NULL;
    return program;
}

static _Noreturn void become(const char *program, int out)
{
    const char *const argv[] = {program, "-p", NULL};
    struct list env = {0};
    int nothing = open("/dev/null", O_RDWR);
    if (dup2(nothing, 0) < 0 || dup2(out, 1) < 0 || dup2(nothing, 2) < 0)
        _exit(EXIT_ENGINE);
    on_fail(NULL);
    for (char **e = environ; *e; e++)
        list_add(&env, *e);
    if (origin_filtered())
        run_native(program, argv, &env);
    execve(program, (char **)argv, (char **)env.at);
    _exit(EXIT_ENGINE);
}

/* All that `ldconfig -p` prints; "" without one. */
static char *ask(void)
{
    struct text out = {0};
    const char *program = ldconfig();
    int ends[2];
    char buffer[16384];
    ssize_t got;
    text_add(&out, "");
    if (!program || pipe(ends) < 0)
        return out.at;
    pid_t pid = fork();
    if (pid == 0)
        become(program, ends[1]);
    close(ends[1]);
    while (pid > 0 && ((got = read(ends[0], buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR)))
        text_put(&out, buffer, got > 0 ? (size_t)got : 0);
    close(ends[0]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return out.at;
}

/* "\tNAME (KIND) => PATH" */
static void take_line(struct list *found, char *line)
{
    char *name = line + strspn(line, " \t"), *kind = strstr(name, " ("), *arrow = kind ? strstr(kind, ") => ") : NULL;
    if (!arrow || arrow[5] != '/' || strchr(name, '/') < arrow)
        return;
    *kind = *arrow = 0;
    if (strstr(kind + 1, "x86-64"))
        list_add(found, format("%s=%s", name, arrow + 5));
}

/* Names that a folder adds to those that are known. */
static void add_folder(struct list *found, const char *folder)
{
    struct listing list;
    const char *name;
    u8 type;
    size_t len = strlen(folder);
    if (*folder != '/' || (len >= 6 && !strcmp(folder + len - 6, "/stubs"))) /* what CUDA links programs against */
        return;
    listing_open(&list, folder);
    while ((name = listing_next(&list, &type)))
        if (strstr(name, ".so") && !strchr(name, '='))
            list_add(found, format("%s=%s", name, join_path(folder, name)));
}

/* Clusters and clouds put drivers where modules or the node's own setup find them. */
static void add_folders(struct list *found)
{
    const char *path = setting("LD_LIBRARY_PATH");
    for (size_t len; path && *path; path += len + (path[len] == ':')) {
        len = strcspn(path, ":");
        add_folder(found, copy_text(path, len));
    }
    add_folder(found, "/usr/local/nvidia/lib64");
}

struct list gpu_libraries(void)
{
    struct list found = {0};
    char *at = ask();
    while (*at) {
        size_t len = 0;
        while (at[len] && at[len] != '\n') /* strcspn of some libraries looks at all the rest first */
            len++;
        bool last = !at[len];
        at[len] = 0;
        take_line(&found, at);
        at += len + !last;
    }
    add_folders(&found);
    return found;
}

bool gpu_is_library(const char *path)
{
    Elf64_Ehdr head;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is = fd >= 0 && pread(fd, &head, sizeof head, 0) == sizeof head && !memcmp(head.e_ident, ELFMAG, SELFMAG) &&
              head.e_ident[EI_CLASS] == ELFCLASS64 && head.e_machine == EM_X86_64 && head.e_type == ET_DYN;
    if (fd >= 0)
        close(fd);
    return is;
}

struct list gpu_matching(const char *pattern)
{
    struct list found = {0};
    const char *slash = strrchr(pattern, '/');
    char *folder = copy_text(pattern, slash == pattern ? 1 : (size_t)(slash - pattern));
    struct listing list;
    const char *name;
    u8 type;
    if (!strchr(slash, '*')) {
        if (access(pattern, F_OK) == 0)
            list_add(&found, pattern);
        return found;
    }
    listing_open(&list, folder);
    while ((name = listing_next(&list, &type)))
        if (fnmatch(slash + 1, name, FNM_PERIOD | FNM_NOESCAPE) == 0)
            list_add(&found, join_path(folder, name));
    if (found.n)
        list_sort(&found);
    return found;
}
