/* Probe: path calls where there is little stack: a handler on an 8 KB alternate stack that is itself interrupted by another, and
 * threads with 16 KB stacks. A trap's frame is over 3 KB on a machine with wide vector registers. Then the same again with LPMX_PATCH=0, so that
 * every call is a trap.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALTSTACK 8192
static volatile sig_atomic_t good, on_stack, ran;
static char *alternate;

static int path_calls(void)
{
    struct stat st;
    int fd = open("/etc/passwd", O_RDONLY);
    char byte;
    int fine = fd >= 0 && read(fd, &byte, 1) == 1;
    close(fd);
    return fine && stat("/usr/../etc/./passwd", &st) == 0 && access("/etc/none/such", F_OK) && errno == ENOENT;
}

static void handler(int sig)
{
    char here;
    (void)sig;
    ran++;
    on_stack += &here >= alternate && &here < alternate + ALTSTACK;
    good += path_calls();
}

static char deep[500], to[520];
static volatile sig_atomic_t hard_good;

/* Each a bit of the result: what takes the most room. The names are long, and a file of a lower layer is copied up. */
static int hard_calls(void)
{
    static char list[2048], text[16];
    int done = 0, status = 1;
    struct stat st;
    int fd = open(deep, O_CREAT | O_RDWR, 0600);
    done |= (fd >= 0 && write(fd, "text", 4) == 4 && close(fd) == 0) << 0;
    done |= (rename(deep, to) == 0 && stat(to, &st) == 0 && st.st_size == 4) << 1;
    done |= (unlink(to) == 0 && unlink(to) == -1 && errno == ENOENT) << 2;
    fd = open("/etc/group", O_RDWR);
    done |= ((fd >= 0 && read(fd, text, 4) == 4 && !memcmp(text, "root", 4)) || (fd < 0 && errno == EACCES)) << 3;
    if (fd >= 0)
        close(fd);
    done |= (mkdir(deep, 0700) == 0 && rmdir(deep) == 0 && symlink("/etc/passwd", deep) == 0 && access(deep, R_OK) == 0 && unlink(deep) == 0) << 4;
    fd = open("/etc", O_RDONLY | O_DIRECTORY);
    done |= (syscall(SYS_getdents64, fd, list, sizeof list) > 0 && close(fd) == 0) << 5;
    char *argv[] = {"true", NULL}, *envp[] = {NULL};
    pid_t pid = fork();
    if (!pid) {
        execve(deep, argv, envp);
        execve("/bin/true", argv, envp);
        _exit(9);
    }
    done |= (waitpid(pid, &status, 0) == pid && status == 0) << 6;
    return done;
}

static void hard_handler(int sig)
{
    (void)sig;
    hard_good = hard_calls();
}

static void *hard_thread(void *arg)
{
    *(int *)arg = hard_calls();
    return NULL;
}

static void make_deep(const char *dir)
{
    int n = snprintf(deep, sizeof deep, "%s", dir);
    while (n < 400) {
        n += snprintf(deep + n, sizeof deep - (size_t)n, "/a.name.of.forty.bytes.or.a.little.more.%d", n);
        mkdir(deep, 0700);
    }
    snprintf(deep + n, sizeof deep - (size_t)n, "/file");
    snprintf(to, sizeof to, "%s.new", deep);
}

static void *thread(void *arg)
{
    int *result = arg;
    for (int i = 0; i < 200; i++)
        *result += path_calls();
    return NULL;
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/probe.XXXXXX", clean[64];
    (void)argv;
    /* an unmapped page on either side shows an overflow */
    char *area = mmap(NULL, ALTSTACK + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    alternate = area + 4096;
    mprotect(alternate, ALTSTACK, PROT_READ | PROT_WRITE);
    stack_t stack = {.ss_sp = alternate, .ss_size = ALTSTACK}, now;
    struct sigaction act = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    printf("sigaltstack %d\n", sigaltstack(&stack, NULL));
    sigaction(SIGUSR1, &act, NULL);
    for (int i = 0; i < 100; i++)
        raise(SIGUSR1);
    printf("handler ran %d on the alternate stack %d paths %d\n", ran, on_stack, good);
    sigaltstack(NULL, &now);
    printf("alternate stack kept %d flags %d\n", now.ss_sp == alternate && now.ss_size == ALTSTACK, now.ss_flags);
    printf("plain paths %d\n", path_calls());

    pthread_attr_t attr;
    pthread_t id[4];
    int results[4] = {0};
    pthread_attr_init(&attr);
    printf("16 KB stacks %d\n", pthread_attr_setstacksize(&attr, 16384));
    for (int i = 0; i < 4; i++)
        if (pthread_create(&id[i], &attr, thread, &results[i]))
            printf("no thread\n");
    for (int i = 0; i < 4; i++) {
        pthread_join(id[i], NULL);
        printf("thread %d: %d\n", i, results[i]);
    }
    if (!mkdtemp(dir))
        return 1;
    make_deep(dir);
    act.sa_handler = hard_handler;
    sigaction(SIGUSR1, &act, NULL);
    raise(SIGUSR1);
    printf("hard calls in the handler %d", hard_good);
    if (pthread_create(&id[0], &attr, hard_thread, &results[0]) == 0)
        pthread_join(id[0], NULL);
    printf(", in a thread %d\n", results[0]);
    snprintf(clean, sizeof clean, "rm -r %s", dir);
    printf("removed %d\n", system(clean));
    if (argc > 1)
        return 0;
    fflush(stdout);
    setenv("LPMX_PATCH", "0", 1);
    execl("/proc/self/exe", "probe", "again", (char *)NULL);
    return 1;
}
