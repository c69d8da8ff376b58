/*
 * What running a command costs: `cost N PROGRAM ARG...` runs it N times, one after the other, and prints nanoseconds of
 * wall time and of user + system CPU: the medians of one run, and the wall time of all of them.
 * As a subreaper it also waits for, and counts, what the command left behind in the background (podman's conmon, say), so
 * the CPU is that of all descendants; the wall time of a run ends with the command itself. CPU that the kernel spends in
 * threads of its own (taking a mount namespace down, say) belongs to nobody and is missing.
 * Run on the host around a container it measures starts; run inside of one it measures execs. Used by benches.ts only.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long wall_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long cpu_of_children(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    long long seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec;
    return seconds * 1000000000LL + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
}

static int ascending(const void *a, const void *b)
{
    long long x = *(const long long *)a, y = *(const long long *)b;
    return (x > y) - (x < y);
}

static long long median(long long *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, ascending);
    return values[count / 2];
}

/* Returns the wait status of one run, -1 without a child; *wall is the time until the command ended. */
static int run_once(char **argv, int null, long long *wall)
{
    long long start = wall_now();
    pid_t child = vfork();
    if (child < 0)
        return -1;
    if (child == 0) {
        if (null >= 0)
            dup2(null, 1);
        execvp(argv[0], argv);
        _exit(127);
    }
    int status = -1, other;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    *wall = wall_now() - start;
    while (wait(&other) >= 0 || errno == EINTR)
        ;
    return status;
}

int main(int argc, char **argv)
{
    int count = argc > 2 ? atoi(argv[1]) : 0;
    if (count < 1) {
        fprintf(stderr, "usage: cost N PROGRAM ARG...\n");
        return 125;
    }
    long long *wall = calloc((size_t)count, sizeof *wall), *cpu = calloc((size_t)count, sizeof *cpu), total = 0;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (!wall || !cpu)
        return 125;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int i = 0; i < count; i++) {
        long long before = cpu_of_children();
        int status = run_once(argv + 2, null, &wall[i]);
        if (status != 0) {
            fprintf(stderr, "cost: %s: wait status %#x in run %d\n", argv[2], (unsigned)status, i + 1);
            return 1;
        }
        cpu[i] = cpu_of_children() - before;
        total += wall[i];
    }
    printf("wall %lld\ncpu %lld\ntotal %lld\n", median(wall, count), median(cpu, count), total);
    return 0;
}
