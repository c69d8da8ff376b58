/* An MPI program for the tests: passes a token around a ring, sums over all ranks, moves 1 MB between neighbours (large messages go
 * through shared memory or cross-memory attach). Rank 0 prints what came out. Usage: ring [STATUS [attach]]; attach: each rank also reads the memory of the
 * next one itself, by the call that Open MPI and MPICH use for large messages (process_vm_readv(2)). */
#define _GNU_SOURCE
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define LARGE (1 << 20)

static int attached(const char *own, int next, int last)
{
    long mine[2] = {getpid(), (long)own}, other[2];
    static char copy[LARGE];
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* where Yama asks for it */
    MPI_Sendrecv(mine, 2, MPI_LONG, last, 2, other, 2, MPI_LONG, next, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    struct iovec to = {copy, LARGE}, from = {(void *)other[1], LARGE};
    int good = process_vm_readv((pid_t)other[0], &to, 1, &from, 1, 0) == LARGE, all = 0;
    for (int k = 0; k < LARGE; k++)
        good &= copy[k] == 'a' + next;
    MPI_Allreduce(&good, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD); /* nobody's memory goes away before */
    return all;
}

int main(int argc, char **argv)
{
    int rank, size, token = 1, mine, sum = 0, wrong = 0, all = 0;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    int next = (rank + 1) % size, last = (rank + size - 1) % size;
    if (rank)
        MPI_Recv(&token, 1, MPI_INT, last, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    token += rank;
    if (size > 1)
        MPI_Send(&token, 1, MPI_INT, next, 0, MPI_COMM_WORLD);
    if (!rank && size > 1)
        MPI_Recv(&token, 1, MPI_INT, last, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    mine = rank + 1;
    MPI_Allreduce(&mine, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    char *out = malloc(LARGE), *in = malloc(LARGE);
    memset(out, 'a' + rank, LARGE);
    MPI_Sendrecv(out, LARGE, MPI_CHAR, next, 1, in, LARGE, MPI_CHAR, last, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    for (int k = 0; k < LARGE; k++)
        wrong += in[k] != 'a' + last;
    MPI_Allreduce(&wrong, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (!rank)
        printf("ranks %d, token %d, sum %d, wrong bytes %d\n", size, token, sum, all);
    int read_it = argc > 2 ? attached(out, next, last) : 0;
    if (!rank && argc > 2)
        printf("read by process_vm_readv: %d\n", read_it);
    MPI_Finalize();
    return argc > 1 ? atoi(argv[1]) : 0;
}
