/* Calls each function of functions.def in every version that the libc of the image has, with files that are in the container only, and prints
 * what came of it. tests/specs/programs/functions_*: it prints what it prints in a chroot.
 *   functions prepare SET      makes the fixtures of all functions below /srv/functions/SET
 *   functions run SET [NAME]   makes them where they are missing, and calls; a row per function and version
 *   functions tell FILE        prints the first line of the file: what the tests of exec start
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "functions.h"

struct row {
    const char *name;
    void (*test)(const struct function *f);
};
static const struct row rows[] = {
#define FUNCTION(group, name, test) {#name, try_##test},
#include "functions.def"
};
#define ROWS (sizeof rows / sizeof *rows)
_Static_assert(ROWS == 239, "glibc 2.2.5 to 2.41 has 239 functions in these groups");

static unsigned here, absent, calls, failed;
static const char *set, *only;

static int copy(const char *from, const char *to)
{
    static char block[65536];
    int in = open(from, O_RDONLY), out = open(to, O_CREAT | O_TRUNC | O_WRONLY, 0755);
    ssize_t n = -1;
    while (in >= 0 && out >= 0 && (n = read(in, block, sizeof block)) > 0)
        if (write(out, block, (size_t)n) != n)
            return -1;
    close(in);
    close(out);
    return n == 0 ? 0 : -1;
}

static int prepare_set(void)
{
    char path[300], program[300], *slash;
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 20);
    if (n < 0)
        return -1;
    program[n] = 0;
    mkdir("/srv", 0755);
    mkdir("/srv/functions", 0755);
    snprintf(path, sizeof path, "/srv/functions/%s", set);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "/srv/functions/%s/program", set);
    if (access(path, F_OK) && copy("/proc/self/exe", path))
        return -1;
    if ((slash = strrchr(program, '/')))
        strcpy(slash, "/functions.so");
    snprintf(path, sizeof path, "/srv/functions/%s/library.so", set);
    return access(path, F_OK) ? copy(program, path) : 0;
}

static int prepare(const struct function *f)
{
    char script[340];
    snprintf(home, sizeof home, "/srv/functions/%s/%s%s%s", set, f->name, *f->version ? "-" : "", f->version);
    if (!access(home, F_OK))
        return chdir(home);
    snprintf(script, sizeof script, "#!/srv/functions/%s/program tell\n", set);
    return mkdir(home, 0755) || chdir(home) || write_file("f", "text of f\n", 0644) || mkdir("d", 0755) || write_file("d/x", "", 0644) ||
           write_file("d/y", "", 0644) || symlink("f", "l") || write_file("s", script, 0755);
}

/* In a child of its own: what it changes of itself, a crash and a hang are of this call alone. */
static void call(const struct row *row, const struct function *f, int only_prepare)
{
    int pid = fork();
    if (!pid) {
        alarm(60);
        if (prepare(f)) {
            printf("%s: no fixture: %s\n", f->name, strerror(errno));
            fflush(stdout);
            _exit(3);
        }
        if (!only_prepare) {
            say("%s%s%s: ", f->name, *f->version ? " " : "", f->version);
            row->test(f);
            say("\n");
            flush();
        }
        _exit(0);
    }
    int status = ended(pid);
    calls++;
    failed += status != 0;
    if (status)
        printf("%s %s: ended with %d\n", f->name, f->version, status);
}

#ifdef __GLIBC__
/* Every version in every library that libc was made of before 2.34, once each. */
static unsigned versions(const struct row *row, int only_prepare)
{
    static const char *libraries[] = {"libc.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1"};
    static const char *third[] = {"2.2.5", "2.2.6", "2.3.2", "2.3.3", "2.3.4"};
    unsigned found = 0;
    for (unsigned i = 0; i < 4; i++) {
        void *library = dlopen(libraries[i], RTLD_NOW);
        for (int n = -5; library && n < 60; n++) {
            char version[20], shown[60];
            if (n < 0)
                snprintf(version, sizeof version, "GLIBC_%s", third[n + 5]);
            else
                snprintf(version, sizeof version, "GLIBC_2.%d", n);
            Dl_info info;
            void *symbol = dlvsym(library, row->name, version);
            const char *file = symbol && dladdr(symbol, &info) ? strrchr(info.dli_fname, '/') : 0;
            if (!file || strcmp(file + 1, libraries[i]))
                continue; /* of a library that this one needs */
            snprintf(shown, sizeof shown, "%s%s%s", version, i ? "-" : "", i ? libraries[i] : "");
            struct function f = {row->name, shown, symbol};
            call(row, &f, only_prepare);
            found++;
        }
    }
    return found;
}
#else
static unsigned versions(const struct row *row, int only_prepare)
{
    struct function f = {row->name, "", dlsym(RTLD_DEFAULT, row->name)};
    if (!f.call)
        return 0;
    call(row, &f, only_prepare);
    return 1;
}
#endif

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    umask(022);
    if (argc > 2 && !strcmp(argv[1], "tell")) {
        printf("<%s>", text(argv[argc - 1]));
        return 3;
    }
    if (argc < 3)
        return 2;
    int only_prepare = !strcmp(argv[1], "prepare");
    set = argv[2];
    only = argc > 3 ? argv[3] : NULL;
    if (prepare_set()) {
        printf("no fixtures: %s\n", strerror(errno));
        return 1;
    }
    for (const struct row *row = rows; row < rows + ROWS; row++) {
        if (only && strcmp(only, row->name))
            continue;
        if (versions(row, only_prepare)) {
            here++;
        } else {
            absent++;
            if (!only_prepare)
                printf("%s: absent\n", row->name);
        }
    }
    if (!only_prepare)
        printf("functions: here %u, absent %u; calls %u, failed %u\n", here, absent, calls, failed);
    return failed != 0;
}
