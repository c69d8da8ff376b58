/* Probe: many children by posix_spawn, vfork, fork and system, good and failing ones, and from several threads at once. More than
 * any fixed pool of scratch has room for: an entry that is lost per child shows as a hang or a failure.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 200
extern char **environ;

static int ended(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int spawn(const char *path)
{
    char *argv[] = {(char *)path, NULL};
    pid_t pid;
    int r = posix_spawn(&pid, path, NULL, NULL, argv, environ);
    return r ? -r : ended(pid);
}

static int with_vfork(const char *path)
{
    pid_t pid = vfork();
    if (!pid) {
        execl(path, path, (char *)NULL);
        _exit(errno == ENOENT ? 44 : errno == EACCES ? 45 : 46);
    }
    return ended(pid);
}

static void *spawner(void *arg)
{
    int *good = arg;
    for (int i = 0; i < 40; i++)
        *good += spawn("/bin/true") == 0;
    return NULL;
}

int main(void)
{
    int good = 0, failed = 0;
    struct stat st;
    for (int i = 0; i < MANY; i++)
        good += spawn("/bin/true") == 0;
    for (int i = 0; i < 50; i++)
        failed += spawn("/no/such/program") != 0;
    printf("posix_spawn: good %d failed %d\n", good, failed);
    good = failed = 0;
    for (int i = 0; i < MANY; i++)
        good += with_vfork("/bin/true") == 0;
    for (int i = 0; i < 100; i++)
        failed += with_vfork(i % 2 ? "/no/such/program" : "/etc/passwd") == (i % 2 ? 44 : 45);
    printf("vfork: good %d failed %d\n", good, failed);
    good = 0;
    for (int i = 0; i < 20; i++)
        good += system("exit 3") == 3 << 8;
    printf("system: %d\n", good);
    FILE *pipe = popen("echo from a pipe", "r");
    char line[64] = "";
    if (pipe && fgets(line, sizeof line, pipe))
        printf("popen: %s", line);
    printf("pclose: %d\n", pipe ? pclose(pipe) : -1);
    pthread_t id[4];
    int results[4] = {0};
    for (int i = 0; i < 4; i++)
        if (pthread_create(&id[i], NULL, spawner, &results[i]))
            printf("no thread\n");
    for (int i = 0; i < 4; i++)
        pthread_join(id[i], NULL);
    printf("from threads: %d\n", results[0] + results[1] + results[2] + results[3]);
    printf("paths after it: %d\n", stat("/etc", &st));
    return 0;
}
