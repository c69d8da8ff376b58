/* Probe: execve and what a program finds when it starts: arguments, environment, auxv, names, scripts, errors, closed descriptors.
 * Starts itself with a word as first argument to look at one thing.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char dir[] = "/tmp/probe.XXXXXX", path[128], self[4096];

/* Where the kernel says we are, checked against what we see ourselves. */
static void look(int argc, char **argv)
{
    char name[17] = "", text[8192];
    printf("  argc %d:", argc);
    for (int i = 0; i < argc; i++)
        printf(" [%s]", argv[i]);
    printf("\n  environ:");
    for (char **e = environ; *e; e++)
        printf(" [%s]", *e);
    prctl(PR_GET_NAME, name);
    const char *called = (const char *)getauxval(AT_EXECFN);
    const char *last = called && strrchr(called, '/') ? strrchr(called, '/') + 1 : called;
    printf("\n  comm %s execfn %s", name, last ? last : "none");
    printf(" secure %lu entry %d phdr %d\n", getauxval(AT_SECURE), getauxval(AT_ENTRY) != 0, getauxval(AT_PHDR) != 0);
    int fd = open("/proc/self/cmdline", O_RDONLY);
    ssize_t n = read(fd, text, sizeof text - 1), at = 0;
    close(fd);
    int equal = 1;
    for (int i = 0; i < argc; i++) {
        equal &= at < n && !strcmp(text + at, argv[i]);
        at += (ssize_t)strlen(argv[i]) + 1;
    }
    printf("  cmdline %s", equal && at == n ? "same" : "differs");
    Elf64_auxv_t aux[64];
    fd = open("/proc/self/auxv", O_RDONLY);
    n = read(fd, aux, sizeof aux);
    close(fd);
    int wrong = 0;
    for (unsigned i = 0; i < n / sizeof *aux && aux[i].a_type != AT_NULL; i++)
        if (aux[i].a_type != AT_HWCAP && aux[i].a_type != AT_HWCAP2 && aux[i].a_type != AT_PLATFORM) /* glibc has its own */
            wrong += getauxval(aux[i].a_type) != aux[i].a_un.a_val;
    printf(" auxv %s\n", wrong ? "differs" : "same");
}

static int finish(pid_t pid)
{
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void run(const char *what, const char *file, char **argv, char **envp)
{
    printf("%s\n", what);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        execve(file, argv, envp);
        printf("  execve: %s\n", strerror(errno));
        fflush(stdout);
        _exit(99);
    }
    printf("  exit %d\n", finish(pid));
}

static const char *make(const char *name, const char *text, mode_t mode)
{
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
    if (write(fd, text, strlen(text)) < 0)
        printf("write: %s\n", strerror(errno));
    close(fd);
    chmod(path, mode);
    return path;
}

static void scripts(void)
{
    char *none[] = {"A=1", NULL}, text[8192];
    char *args[] = {"zero", "one", "two words", "", NULL};
    run("script", make("script.sh", "#!/bin/sh\necho \"  $# [$1] [${2##*/}] [$3]\"; exit 5\n", 0755), args, none);
    run("script with an argument", make("e.sh", "#! /bin/sh -e\nfalse\nexit 5\n", 0755), args, none);
    snprintf(text, sizeof text, "#!%s/script.sh  x y \n", dir);
    run("script of a script", make("nested", text, 0755), args, none);
    run("no interpreter", make("lost", "#!/no/such/interpreter\n", 0755), args, none);
    run("not executable", make("plain", "#!/bin/sh\n", 0644), args, none);
    run("no format", make("text", "echo hello\n", 0755), args, none);
    run("empty", make("empty", "", 0755), args, none);
    run("directory", dir, args, none);
    run("missing", "/no/such/file", args, none);
    run("below a file", "/etc/passwd/x", args, none);
    snprintf(text, sizeof text, "#!%s loop\n", make("loop", "", 0755));
    run("script of itself", make("loop", text, 0755), args, none);
    static const char *names[] = {"script.sh", "e.sh", "nested", "lost", "plain", "text", "empty", "loop"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
}

static void by_descriptor(char **args, char **envp)
{
    printf("fexecve\n");
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        int fd = open(self, O_RDONLY | O_CLOEXEC);
        char *look_args[] = {"by fd", "ended", NULL};
        fexecve(fd, look_args, envp);
        printf("  fexecve: %s\n", strerror(errno));
        fflush(stdout);
        _exit(99);
    }
    printf("  exit %d\n", finish(pid));
    printf("all descriptors closed\n");
    fflush(stdout);
    pid = fork();
    if (!pid) {
        for (int fd = 3; fd < 2000; fd++)
            close(fd);
        execve(self, args, envp);
        _exit(99);
    }
    printf("  exit %d\n", finish(pid));
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "look")) {
        look(argc, argv);
        return 11;
    }
    if (argc > 1 && !strcmp(argv[1], "ended"))
        return 12;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0 || !mkdtemp(dir))
        return 1;
    char *args[] = {"-given name", "look", "", "last", NULL}, *empty[] = {NULL};
    char *some[] = {"ONE=1", "EMPTY=", "NOEQUALS", "ONE=again", NULL};
    run("itself, environment of four", self, args, some);
    run("itself, no environment", self, args, empty);
    snprintf(path, sizeof path, "%s/link", dir);
    if (symlink(self, path))
        printf("symlink: %s\n", strerror(errno));
    run("by a link", path, args, some);
    unlink(path);
    run("by /proc/self/exe", "/proc/self/exe", args, some);
    scripts();
    by_descriptor(args, some);
    printf("rmdir %d\n", rmdir(dir));
    return 0;
}
