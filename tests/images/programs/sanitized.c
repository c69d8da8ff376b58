/* What a sanitizer is shown to: without an argument threads, a timer whose handler makes path calls, allocations, files, fork and
 * popen, all of it right; with one, the fault of that name. Built once per sanitizer into the image "sanitizers" (recipes.json).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int wrong, shared;
static int ticks;

static void check(int fine)
{
    pthread_mutex_lock(&lock);
    wrong += !fine;
    pthread_mutex_unlock(&lock);
}

static void on_timer(int sig)
{
    int saved = errno;
    (void)sig;
    if (access("/etc/passwd", R_OK) == 0)
        __atomic_store_n(&ticks, 1, __ATOMIC_RELAXED);
    errno = saved;
}

static void *work(void *arg)
{
    for (int i = 0; i < 200; i++) {
        struct stat st;
        size_t size = 100 + (size_t)i;
        char *block = calloc(1, size);
        int fd = open("/etc/passwd", O_RDONLY);
        check(fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && read(fd, block, size) == (ssize_t)size);
        close(fd);
        check(stat("/no/such", &st) == -1 && errno == ENOENT);
        snprintf(block, size, "/tmp/sanitized.%ld.%d", (long)arg, i);
        fd = open(block, O_CREAT | O_WRONLY, 0600);
        check(fd >= 0 && close(fd) == 0 && unlink(block) == 0);
        DIR *dir = opendir("/etc");
        check(dir && readdir(dir));
        if (dir)
            closedir(dir);
        free(block);
    }
    return NULL;
}

static void *racer(void *arg)
{
    (void)arg;
    for (int i = 0; i < 1000; i++)
        shared++;
    return NULL;
}

static void threads(int n, void *(*what)(void *))
{
    pthread_t id[8];
    for (long i = 0; i < n; i++)
        if (pthread_create(&id[i], NULL, what, (void *)i))
            check(0);
    for (int i = 0; i < n; i++)
        pthread_join(id[i], NULL);
}

static int fault(const char *name)
{
    volatile int n = 40, unset[2];
    char *volatile block = malloc(40);
    if (!strcmp(name, "overflow"))
        block[n] = 1;
    else if (!strcmp(name, "leak"))
        block = NULL;
    else if (!strcmp(name, "unset") && unset[n - 40])
        n = 0;
    else if (!strcmp(name, "race"))
        threads(2, racer);
    else if (!strcmp(name, "null"))
        *(volatile int *)16 = 1;
    else if (!strcmp(name, "shift"))
        printf("%d\n", 1 << n);
    free(block);
    return 0;
}

int main(int argc, char **argv)
{
    struct sigaction act = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    struct itimerval every = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}};
    char line[64] = "";
    int status = 0;
    if (argc > 1)
        return fault(argv[1]);
    sigaction(SIGALRM, &act, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    threads(4, work);
    setitimer(ITIMER_REAL, &never, NULL);
    pid_t pid = fork();
    if (!pid)
        _exit(access("/etc/passwd", R_OK) ? 1 : 5);
    waitpid(pid, &status, 0);
    FILE *pipe = popen("cat /etc/debian_version", "r");
    if (pipe && fgets(line, sizeof line, pipe))
        printf("popen %s", line);
    printf("child %d system %d pclose %d\n", WEXITSTATUS(status), system("exit 3") >> 8, pipe ? pclose(pipe) : -1);
    printf("wrong %d handler %d\n", wrong, __atomic_load_n(&ticks, __ATOMIC_RELAXED));
    return wrong != 0;
}
