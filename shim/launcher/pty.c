/* A terminal for the program when -t asks for one and the caller has none; see run.h. */
#include "run.h"
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool pty_open(struct pty *t)
{
    unsigned number, locked = 0;
    t->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (t->master < 0)
        return false;
    if (ioctl(t->master, TIOCSPTLCK, &locked) < 0 || ioctl(t->master, TIOCGPTN, &number) < 0) {
        close(t->master);
        return false;
    }
    t->slave = format("/dev/pts/%u", number);
    struct winsize size = {24, 80, 0, 0};
    for (int fd = 0; fd < 3; fd++)
        if (ioctl(fd, TIOCGWINSZ, &size) == 0)
            break;
    ioctl(t->master, TIOCSWINSZ, &size);
    return true;
}

void pty_enter(const struct pty *t)
{
    setsid();
    int slave = open(t->slave, O_RDWR);
    if (slave < 0)
        return;
    ioctl(slave, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; fd++)
        dup2(slave, fd);
    if (slave > 2)
        close(slave);
}

bool pty_copy(const struct pty *t)
{
    char chunk[8192];
    ssize_t got = read(t->master, chunk, sizeof chunk);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    /* EIO: nobody holds the other side any more. */
    return got > 0 && write_all(1, chunk, (size_t)got) == 0;
}
