/* Runs a command as if on another host: with a boot id, a host name, a process name space and a /dev/shm of its own, as an ordinary
 * user: for tests of one container on several hosts. Usage: tool_host NAME COMMAND [ARG...]. Static musl. The test set-up, which is
 * root, gives the file CAP_SYS_ADMIN; the command has no capability, since execve(2) of an ordinary file drops them (capabilities(7)).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define BOOT_FILE "/dev/shm/boot_id"

static void must(int result, const char *what)
{
    if (!result)
        return;
    fprintf(stderr, "tool_host: cannot %s: %m\n", what);
    _exit(125);
}

/* 36 characters from the name, as the kernel writes them; the same name is the same boot. */
static void write_boot_id(const char *name)
{
    unsigned long hash = 5381;
    for (const char *at = name; *at; at++)
        hash = hash * 33 + (unsigned char)*at;
    FILE *file = fopen(BOOT_FILE, "w");
    must(!file, "write a boot id");
    fprintf(file, "%08lx-0000-4000-8000-000000000000\n", hash & 0xffffffff);
    must(fclose(file), "write a boot id");
}

static void become_host(const char *name)
{
    must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), "keep mounts private");
    must(mount("proc", "/proc", "proc", 0, NULL), "mount /proc");
    must(mount("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777,size=16m"), "mount /dev/shm");
    write_boot_id(name);
    must(mount(BOOT_FILE, BOOT_ID, NULL, MS_BIND, NULL), "show a boot id");
    must(sethostname(name, strlen(name)), "set the host name");
}

int main(int argc, char **argv)
{
    int status;
    if (argc < 3) {
        fprintf(stderr, "usage: tool_host NAME COMMAND [ARG...]\n");
        return 125;
    }
    must(unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS), "leave the name spaces");
    pid_t child = fork();
    must(child < 0, "fork");
    if (child) {
        must(waitpid(child, &status, 0) != child, "wait");
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    become_host(argv[1]);
    if (!fork()) { /* not the name space's first process: that one has no default action for signals */
        execvp(argv[2], argv + 2);
        fprintf(stderr, "tool_host: cannot run %s: %m\n", argv[2]);
        _exit(127);
    }
    must(wait(&status) < 0, "wait");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
