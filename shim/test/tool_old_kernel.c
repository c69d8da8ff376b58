/* Runs a program as if on an old kernel: `tool_old_kernel 3.10|2.6.32 PROGRAM [ARG…]`. For tests only.
 *
 * A seccomp filter answers ENOSYS for every system call that is newer than the given release, and EINVAL for newer options of
 * prctl, fcntl, madvise and lseek where the number alone does not tell. uname answers that release: a process beside the program supervises it
 * (seccomp_unotify(2)). 2.6.32 also refuses seccomp filters and no_new_privs to the program, as that kernel had none. What cannot be
 * shown by a filter: flags that an old kernel would silently ignore (O_PATH before 2.6.39, MAP_FIXED_NOREPLACE).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

struct release {
    const char *name, *shown; /* shown: utsname.release */
    unsigned calls;      /* first system call number that it lacks (arch/x86/syscalls/syscall_64.tbl of the release) */
    unsigned prctl;      /* first prctl option that it lacks */
    unsigned madvise;    /* first madvise advice that it lacks */
    unsigned whence;     /* first lseek whence that it lacks */
    unsigned empty_path; /* newfstatat flag that it lacks, 0 = none */
};

static const struct release releases[] = {
    {"3.10", "3.10.0-1160.el7.x86_64", 314, 41, 18, 5, 0},
    {"2.6.32", "2.6.32-754.el6.x86_64", 299, 34, 14, 3, 0x1000},
};

static struct sock_filter code[128];
static unsigned length;

static void emit(unsigned op, unsigned yes, unsigned no, unsigned k)
{
    code[length++] = (struct sock_filter){(unsigned short)op, (unsigned char)yes, (unsigned char)no, k};
}

static void load(size_t offset)
{
    emit(BPF_LD | BPF_W | BPF_ABS, 0, 0, (unsigned)offset);
}

#define ARG(n) (offsetof(struct seccomp_data, args) + 8 * (n))
#define NUMBER offsetof(struct seccomp_data, nr)
#define REFUSE(error) (SECCOMP_RET_ERRNO | (error))

/* Call nr with argument n in [first, last] answers the error. The number is loaded before and after. */
static void refuse(unsigned nr, unsigned n, unsigned first, unsigned last, int error)
{
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 5, nr);
    load(ARG(n));
    emit(BPF_JMP | BPF_JGE | BPF_K, 0, 2, first);
    emit(BPF_JMP | BPF_JGT | BPF_K, 1, 0, last);
    emit(BPF_RET | BPF_K, 0, 0, REFUSE((unsigned)error));
    load(NUMBER);
}

/* Call nr with the flag in argument n answers the error. */
static void refuse_flag(unsigned nr, unsigned n, unsigned flag, int error)
{
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, nr);
    load(ARG(n));
    emit(BPF_JMP | BPF_JSET | BPF_K, 0, 1, flag);
    emit(BPF_RET | BPF_K, 0, 0, REFUSE((unsigned)error));
    load(NUMBER);
}

static void build(const struct release *r)
{
    const unsigned tmpfile_flag = 020000000, memory = 0x7fffffff;
    load(NUMBER);
    emit(BPF_JMP | BPF_JGE | BPF_K, 0, 1, r->calls);
    emit(BPF_RET | BPF_K, 0, 0, REFUSE(ENOSYS));
    refuse(SYS_prctl, 0, r->prctl, memory, EINVAL);
    if (r->calls < 300)
        refuse(SYS_prctl, 0, PR_SET_SECCOMP, PR_SET_SECCOMP, EINVAL);
    refuse(SYS_prctl, 0, PR_SET_MM, PR_SET_MM, EPERM); /* for everybody only since 3.18 */
    refuse(SYS_madvise, 2, r->madvise, 99, EINVAL);
    refuse(SYS_lseek, 2, r->whence, 99, EINVAL);
    refuse(SYS_fcntl, 1, 36, 38, EINVAL);     /* open file description locks, 3.15 */
    refuse(SYS_fcntl, 1, 1033, 1099, EINVAL); /* seals and hints, 3.17 */
    refuse_flag(SYS_openat, 2, tmpfile_flag, EISDIR); /* O_TMPFILE, 3.11: an old kernel opens the directory for writing */
    refuse_flag(SYS_open, 1, tmpfile_flag, EISDIR);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_uname);
    emit(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF);
    if (r->empty_path)
        refuse_flag(SYS_newfstatat, 3, r->empty_path, EINVAL);
    emit(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

/* One call of uname, made by another process. */
static void answer(int listener, const struct release *r)
{
    struct seccomp_notif ask = {0};
    struct seccomp_notif_resp reply = {0};
    struct utsname name;
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &ask) < 0)
        return;
    uname(&name);
    snprintf(name.release, sizeof name.release, "%s", r->shown);
    struct iovec from = {&name, sizeof name}, to = {(void *)ask.data.args[0], sizeof name};
    reply.id = ask.id;
    reply.error = process_vm_writev((pid_t)ask.pid, &from, 1, &to, 1, 0) < 0 ? -EFAULT : 0;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply); /* the caller may be gone */
}

/* Until nobody is left that the filter is on. */
static _Noreturn void supervise(int door, const struct release *r)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    int listener;
    if (recvmsg(door, &message, 0) != 1 || message.msg_controllen < sizeof control.head)
        _exit(0);
    memcpy(&listener, CMSG_DATA(&control.head), sizeof listener);
    for (int fd = 0; fd < 3; fd++)
        close(fd); /* or whoever reads the program's output would wait for this process */
    close(door);
    for (struct pollfd p = {listener, POLLIN, 0}; poll(&p, 1, -1) < 0 || !(p.revents & POLLHUP);)
        if (p.revents & POLLIN)
            answer(listener, r);
    _exit(0);
}

static void hand_over(int door, int listener)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct iovec part = {"", 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    memcpy(CMSG_DATA(&control.head), &listener, sizeof listener);
    sendmsg(door, &message, 0);
}

/* The supervisor is nobody's child: the program must not find it among its own. */
static int start_supervisor(const struct release *r)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        if (fork() > 0)
            _exit(0);
        setsid();
        close(ends[0]);
        supervise(ends[1], r);
    }
    close(ends[1]);
    int status;
    waitpid(child, &status, 0);
    return ends[0];
}

int main(int argc, char **argv)
{
    const struct release *r = NULL;
    for (unsigned i = 0; argc > 2 && i < sizeof releases / sizeof *releases; i++)
        if (!strcmp(argv[1], releases[i].name))
            r = &releases[i];
    if (!r) {
        fprintf(stderr, "usage: tool_old_kernel 3.10|2.6.32 PROGRAM [ARG...]\n");
        return 125;
    }
    build(r);
    struct sock_fprog program = {(unsigned short)length, code};
    int door = start_supervisor(r), listener = -1;
    if (door >= 0 && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (listener < 0) {
        fprintf(stderr, "tool_old_kernel: this kernel refuses the filter: %s\n", strerror(errno));
        return 125;
    }
    hand_over(door, listener);
    close(listener);
    close(door);
    execvp(argv[2], argv + 2);
    fprintf(stderr, "tool_old_kernel: cannot run %s: %s\n", argv[2], strerror(errno));
    return 127;
}
