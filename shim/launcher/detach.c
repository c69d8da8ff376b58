/* Running without the caller (--detach, start): there is no daemon, so a process of ours stays behind with the program. */
#include "verbs.h"
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

bool detach(int *ready_fd, int *status)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        fail("cannot detach: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0)
        fail("cannot detach: %s", strerror(errno));
    if (pid == 0) {
        close(fds[0]);
        setsid();
        *ready_fd = fds[1];
        return true;
    }
    close(fds[1]);
    char words[512];
    size_t len = 0;
    ssize_t got;
    while (len < sizeof words && ((got = read(fds[0], words + len, sizeof words - len)) > 0 || (got < 0 && errno == EINTR)))
        len += got > 0 ? (size_t)got : 0;
    close(fds[0]);
    if (len) {
        *status = words[0] && write_all(1, words, len) ? EXIT_ENGINE : 0; /* a NUL: ready, and nothing to say */
        return false;
    }
    int state = 0;
    while (waitpid(pid, &state, 0) < 0 && errno == EINTR)
        ;
    *status = WIFEXITED(state) ? WEXITSTATUS(state) : EXIT_ENGINE;
    return false;
}

void detach_streams(const char *log)
{
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (in < 0 || out < 0)
        fail("cannot detach: %s: %s", in < 0 ? "/dev/null" : log, strerror(errno));
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
}
