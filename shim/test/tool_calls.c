/* Asks for the calls that a container does not offer, and for a change of a file's flags through a descriptor open for reading. Prints what they
 * answer; for the case run/calls_not_offered. Usage: tool_calls FILE. Static musl. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *name;
    long nr;
} calls[] = {
    {"mount", SYS_mount}, {"umount2", SYS_umount2}, {"pivot_root", SYS_pivot_root}, {"fanotify_init", SYS_fanotify_init},
    {"open_by_handle_at", SYS_open_by_handle_at}, {"clone3", SYS_clone3}, {"io_uring_setup", SYS_io_uring_setup},
    {"io_uring_enter", SYS_io_uring_enter}, {"open_tree", SYS_open_tree}, {"move_mount", SYS_move_mount}, {"fsopen", SYS_fsopen},
    {"fsconfig", SYS_fsconfig}, {"fsmount", SYS_fsmount}, {"mount_setattr", SYS_mount_setattr}, {"landlock_create_ruleset", SYS_landlock_create_ruleset},
    {"statmount", 457}, {"listmount", 458}, {"getxattrat", 464}, {"file_setattr", 469}, {"newer than all", 480}, {"x32 open", 0x40000002},
};

static unsigned flags_of(const char *path)
{
    unsigned flags = 0;
    int fd = open(path, O_RDONLY);
    ioctl(fd, FS_IOC_GETFLAGS, &flags);
    close(fd);
    return flags;
}

int main(int argc, char **argv)
{
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
        long r = syscall(calls[i].nr, 0, 0, 0, 0, 0, 0);
        printf("%s: %s\n", calls[i].name, r >= 0 ? "done" : strerror(errno));
    }
    int fd = open(argc > 1 ? argv[1] : "/etc/passwd", O_RDONLY);
    unsigned flags = 0;
    int r = ioctl(fd, FS_IOC_GETFLAGS, &flags);
    if (!r) {
        flags |= FS_NODUMP_FL;
        r = ioctl(fd, FS_IOC_SETFLAGS, &flags);
    }
    bool none = r && (errno == ENOTTY || errno == EOPNOTSUPP);
    printf("flags: %s\n", none || (!r && flags_of(argv[1]) & FS_NODUMP_FL) ? "changed, or not of this file system" : strerror(errno));
    fd = open("/var/tmp/whiteout", O_CREAT | O_WRONLY, 0600);
    r = (int)syscall(SYS_renameat2, fd, "/var/tmp/whiteout", fd, "/var/tmp/other", 4 /* RENAME_WHITEOUT */);
    printf("rename that leaves a whiteout: %s\n", r ? strerror(errno) : "done");
    return 0;
}
