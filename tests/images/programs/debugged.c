/* What a debugger is shown to: names to break at, a call of a library, a write; with "wait" it waits for somebody who sets `waiting` to 0.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

volatile int waiting = 1;

static int helper(int number)
{
    struct stat st;
    return stat("/etc/passwd", &st) ? -1 : 2 * number;
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "wait")) {
        for (int i = 0; i < 600 && waiting; i++)
            usleep(100000);
        return waiting ? 1 : 5;
    }
    printf("argc %d helper %d\n", argc, helper(21));
    fflush(stdout);
    puts("end");
    return 3;
}
