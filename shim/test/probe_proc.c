/* Probe: /proc as a process sees itself and its child: maps and mounts name what is really there, links of exe, cwd and descriptors lead where they
 * should, also when the file or directory is gone. Runs in its current directory. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static char here[4096];

static const char *link_text(const char *path)
{
    static char text[4096];
    ssize_t n = readlink(path, text, sizeof text - 1);
    if (n < 0)
        return strerror(errno);
    text[n] = 0;
    size_t len = strlen(here);
    return !strncmp(text, here, len) ? text + len : text;
}

static bool same(const char *a, const char *b)
{
    struct stat x, y;
    return !stat(a, &x) && !stat(b, &y) && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

/* Every mapped file is there under its name, with its device and number; the program itself is among them. */
static void check_maps(const char *file, pid_t pid)
{
    char path[64], line[5000], name[4200], exe[4200];
    unsigned files = 0, wrong = 0, own = 0, engine = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    snprintf(exe, sizeof exe, "%s/probe", here);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        unsigned long low, high, ino;
        unsigned major_, minor_;
        struct stat st;
        engine += strstr(line, "lpmx-start") != NULL || strstr(line, "/plan\n") != NULL;
        if (sscanf(line, "%lx-%lx %*s %*x %x:%x %lu %4199[^\n]", &low, &high, &major_, &minor_, &ino, name) != 6 || name[0] != '/')
            continue;
        files++;
        own += !strcmp(name, exe);
        wrong += stat(name, &st) || st.st_ino != ino || major(st.st_dev) != major_ || minor(st.st_dev) != minor_;
    }
    printf("%s: files %d wrong %u program %d engine %u\n", file, files > 0, wrong, own > 0, engine);
    if (f)
        fclose(f);
}

static void check_mounts(void)
{
    char line[5000], point[4200];
    unsigned wrong = 0, root = 0, proc = 0, count = 0;
    FILE *f = fopen("/proc/self/mountinfo", "r");
    while (f && fgets(line, sizeof line, f)) {
        unsigned major_, minor_;
        struct stat st;
        if (sscanf(line, "%*d %*d %u:%u %*s %4199s", &major_, &minor_, point) != 3 || !strstr(line, " - ")) {
            wrong++;
            continue;
        }
        if (!strcmp(point, "/"))
            root += !stat("/", &st) && major(st.st_dev) == major_ && minor(st.st_dev) == minor_;
        wrong += !strchr(point, '\\') && lstat(point, &st) && errno != EACCES;
        proc += !strcmp(point, "/proc");
        count++;
    }
    if (f)
        fclose(f);
    unsigned simple = 0;
    f = fopen("/proc/mounts", "r");
    while (f && fgets(line, sizeof line, f))
        simple += sscanf(line, "%*s %4199s %*s %*s 0 0", point) == 1;
    if (f)
        fclose(f);
    printf("mounts: wrong %u root %u proc %u as many %d link %s\n", wrong, root, proc, simple == count, link_text("/proc/mounts"));
}

static void check_status(pid_t pid, const char *who)
{
    char path[64], line[500];
    unsigned id[4], users = 0, groups = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "Uid: %u %u %u %u", id, id + 1, id + 2, id + 3) == 4)
            users = id[0] == getuid() && id[1] == geteuid();
        if (sscanf(line, "Gid: %u %u %u %u", id, id + 1, id + 2, id + 3) == 4)
            groups = id[0] == getgid() && id[1] == getegid();
    }
    printf("status of %s: user %u group %u\n", who, users, groups);
    if (f)
        fclose(f);
}

static void check_child(void)
{
    char path[64], sub[4200];
    int tube[2];
    pipe(tube);
    mkdir("sub", 0755);
    pid_t pid = fork();
    if (!pid) {
        dup2(tube[0], 9);
        chdir("sub");
        execl("../probe", "probe", "wait", (char *)NULL);
        _exit(1);
    }
    usleep(300000);
    snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
    printf("child: exe %s same %d", link_text(path), same(path, "probe"));
    int fd = open(path, O_RDONLY);
    char head[4] = "";
    read(fd, head, 4);
    printf(" opened %d", !memcmp(head, "\177ELF", 4));
    close(fd);
    snprintf(path, sizeof path, "/proc/%d/cwd", (int)pid);
    snprintf(sub, sizeof sub, "%s/sub", here);
    printf(" cwd %s same %d", link_text(path), same(path, sub));
    snprintf(path, sizeof path, "/proc/%d/cwd/../probe", (int)pid);
    printf(" through it %d", same(path, "probe"));
    snprintf(path, sizeof path, "/proc/%d/root", (int)pid);
    printf(" root %s same %d\n", link_text(path), same(path, "/"));
    check_maps("maps", pid);
    check_status(pid, "child");
    close(tube[1]);
    close(tube[0]);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    rmdir("sub");
}

static void check_gone(void)
{
    char path[64], text[10] = "";
    int fd = open("gone", O_RDWR | O_CREAT, 0644);
    write(fd, "content", 7);
    unlink("gone");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    printf("removed file: %s", link_text(path));
    int again = open(path, O_RDONLY);
    read(again, text, 9);
    printf(" reads %s\n", text);
    close(again);
    close(fd);
    mkdir("dir", 0755);
    chdir("dir");
    rmdir("../dir");
    printf("removed directory: getcwd %s", getcwd(text, sizeof text) ? "ok" : strerror(errno));
    printf(" link %s", link_text("/proc/self/cwd"));
    DIR *d = opendir("/proc/self/cwd/");
    printf(" opendir %s", d ? "ok" : strerror(errno));
    int made = open("x", O_CREAT | O_RDWR, 0644);
    printf(" create %s", made < 0 ? strerror(errno) : "ok");
    mkdir("../dir", 0755); /* ".." of what is gone leads nowhere: this fails */
    char full[4200];
    snprintf(full, sizeof full, "%s/dir", here);
    mkdir(full, 0755); /* another directory under the same name */
    close(open("new", O_CREAT | O_RDWR, 0644));
    snprintf(full, sizeof full, "%s/dir/new", here);
    printf(" taken for a new one %d", !access(full, F_OK));
    printf(" getcwd %s\n", getcwd(text, sizeof text) ? "ok" : strerror(errno));
    if (d)
        closedir(d);
    chdir(here);
    unlink("dir/new");
    rmdir("dir");
}

static void check_moved(void)
{
    char text[4096];
    struct stat st, other;
    mkdir("before", 0755);
    chdir("before");
    stat(".", &st);
    rename("../before", "../after");
    char full[4200];
    snprintf(full, sizeof full, "%s/before", here);
    mkdir(full, 0755);
    close(open("inside", O_CREAT | O_RDWR, 0644));
    stat(".", &other);
    printf("moved: same %d getcwd %s link %s", st.st_ino == other.st_ino, getcwd(text, sizeof text) ? text + strlen(here) : strerror(errno), link_text("/proc/self/cwd"));
    snprintf(full, sizeof full, "%s/after/inside", here);
    printf(" file is in it %d", !access(full, F_OK));
    printf(" unlink %s", unlink("inside") ? strerror(errno) : "ok");
    chdir(here);
    printf(" rmdir %s", rmdir("after") ? strerror(errno) : "ok");
    printf(" %s\n", rmdir("before") ? strerror(errno) : "ok");
}

int main(int argc, char **argv)
{
    char byte;
    if (argc > 1 && !strcmp(argv[1], "wait"))
        return (int)read(9, &byte, 1);
    if (argc > 1) {
        printf("started as %s %s\n", argv[0], link_text("/proc/self/exe") );
        return 0;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    getcwd(here, sizeof here);
    check_maps("maps", getpid());
    check_maps("smaps", getpid());
    check_mounts();
    check_status(getpid(), "itself");
    check_child();
    check_gone();
    check_moved();
    mkdir("/var", 0755); /* a small image may lack them */
    mkdir("/var/tmp", 0777);
    snprintf(here, sizeof here, "/var/tmp/lpmx-probe-%d", (int)getpid()); /* contained: of the image */
    mkdir(here, 0755);
    chdir(here);
    check_gone();
    check_moved();
    chdir("/");
    rmdir(here);
    printf("devices: fd %s", link_text("/dev/fd"));
    printf(" stdin %s same %d\n", link_text("/dev/stdin"), same("/dev/stdout", "/proc/self/fd/1"));
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        execl("/proc/self/exe", "itself", "again", (char *)NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
    return 0;
}
