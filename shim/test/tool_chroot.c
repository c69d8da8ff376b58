/* Runs a command in another root as an ordinary user: for the test that lpmx needs nothing of the machine.
 * Usage: tool_chroot ROOT COMMAND [ARG...]. Static musl. The test set-up, which is root, gives the file CAP_SYS_CHROOT;
 * the command has no capability, since execve(2) of an ordinary file drops them (capabilities(7)).
 */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: tool_chroot ROOT COMMAND [ARG...]\n");
        return 125;
    }
    if (chroot(argv[1]) || chdir("/")) {
        perror("tool_chroot: cannot enter the root");
        return 125;
    }
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}
