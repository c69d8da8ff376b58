/* An MPI program for the tests: passes a token around a ring, sums over all ranks, moves 1 MB between neighbours (large messages go
 * through shared memory or cross-memory attach). Rank 0 prints what came out. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGE (1 << 20)

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
    MPI_Finalize();
    return argc > 1 ? atoi(argv[1]) : 0;
}
