/* Tests of functions.def: children, and the shells that libc starts. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "functions.h"

extern char **environ;
static char *const words[] = {"own name", "tell", "f", NULL};

/* posix_spawn returns the error; the version of 2.2.5 gives what has no "#!" to the shell. */
static void say_spawned(int r, pid_t pid)
{
    if (r)
        say(" %s", error(r));
    else
        say(" %d", ended(pid));
}

typedef int spawner(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, char *const *, char *const *);

void try_spawn(const struct function *f)
{
    spawner *call = f->call;
    pid_t pid = -1;
    flush();
    say_spawned(call(&pid, "../program", NULL, NULL, words, environ), pid);
    flush();
    say_spawned(call(&pid, at("s"), NULL, NULL, words, environ), pid);
    say(", missing");
    say_spawned(call(&pid, "none", NULL, NULL, words, environ), pid);
    write_file("shell", "exec ../program tell f\n", 0755);
    say(", without #!");
    flush();
    say_spawned(call(&pid, "./shell", NULL, NULL, words, environ), pid);
}

void try_spawnp(const struct function *f)
{
    spawner *call = f->call;
    pid_t pid = -1;
    char path[400] = "/none:";
    setenv("PATH", strcat(strcat(path, home), "/.."), 1);
    flush();
    say_spawned(call(&pid, "program", NULL, NULL, words, environ), pid);
    say(", missing");
    say_spawned(call(&pid, "none", NULL, NULL, words, environ), pid);
}

/* pidfd_spawn and pidfd_spawnp: with a slash in the name, both do the same. */
void try_pidfd_spawn(const struct function *f)
{
    int (*call)(int *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, char *const *, char *const *) = f->call;
    int fd = -1;
    flush();
    int r = call(&fd, "../program", NULL, NULL, words, environ);
    if (r == ENOSYS) { /* on kernels without clone3 and pidfds */
        say("no such call");
        return;
    }
    siginfo_t info = {0};
    say(" %s, ended %s", error(r), result(waitid(3 /* P_PIDFD */, (id_t)fd, &info, WEXITED)));
    say(" %d, missing %s", info.si_status, error(call(&fd, "./none", NULL, NULL, words, environ)));
}

static void spawn_with(const posix_spawn_file_actions_t *actions, const char *program)
{
    pid_t pid = -1;
    flush();
    say_spawned(posix_spawn(&pid, program, actions, NULL, words, environ), pid);
}

void try_addopen(const struct function *f)
{
    int (*call)(posix_spawn_file_actions_t *, int, const char *, int, mode_t) = f->call;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    say("%s", error(call(&actions, 1, at("d/out"), O_CREAT | O_WRONLY, 0640)));
    spawn_with(&actions, "../program");
    say(" %s %s, missing", seen("d/out"), text("d/out"));
    call(&actions, 0, "none/out", O_RDONLY, 0);
    spawn_with(&actions, "../program");
}

static int changed(posix_spawn_file_actions_t *actions)
{
    posix_spawn_file_actions_init(actions);
    write_file("d/f", "text of d/f\n", 0644);
    return 0;
}

void try_addchdir(const struct function *f)
{
    posix_spawn_file_actions_t actions;
    changed(&actions);
    say("%s", error(CALL(int, posix_spawn_file_actions_t *, const char *)(&actions, "d")));
    spawn_with(&actions, at("../program"));
    changed(&actions);
    CALL(int, posix_spawn_file_actions_t *, const char *)(&actions, "none");
    say(", missing");
    spawn_with(&actions, at("../program"));
}

void try_addfchdir(const struct function *f)
{
    posix_spawn_file_actions_t actions;
    changed(&actions);
    say("%s", error(CALL(int, posix_spawn_file_actions_t *, int)(&actions, (int)syscall(SYS_open, "d", O_RDONLY))));
    spawn_with(&actions, at("../program"));
}

void try_popen(const struct function *f)
{
    FILE *(*call)(const char *, const char *) = f->call;
    char line[200] = "";
    FILE *from = call("../program tell f", "r");
    const char *got = from && fgets(line, sizeof line, from) ? line : "(nothing)";
    say("%s %d", got, from ? pclose(from) : -1);
    FILE *into = call("read line; echo \"$line\" >n", "w");
    say(", into %d", into ? fputs("a line\n", into) >= 0 : -1);
    say(" %d %s", into ? pclose(into) : -1, text("n"));
}

void try_pclose(const struct function *f)
{
    FILE *from = popen("exit 7", "r");
    say("%d", CALL(int, FILE *)(from));
}

void try_system(const struct function *f)
{
    int (*call)(const char *) = f->call;
    flush();
    say(" %x", (unsigned)call("../program tell f"));
    say(", made %x", (unsigned)call("echo line >n; cd d && echo >>z; exit 5"));
    say(" %s %s, a shell %d", text("n"), seen("d/z"), call(NULL) != 0);
}

/* The child writes a file, of which the parent reads. */
static int child_writes(void *name)
{
    if (write_file("d/n", "text of n\n", 0600))
        _exit(8);
    syscall(SYS_unlink, name);
    _exit(6);
}

void try_fork(const struct function *f)
{
    int (*call)(void) = f->call;
    int pid = call();
    if (!pid)
        child_writes("f");
    say("%d", ended(pid));
    say(" %s %s", text("d/n"), seen("f"));
}

/* By a pointer the compiler does not know that it returns twice: so the child has nothing of this frame to write to. */
void try_vfork(const struct function *f)
{
    int (*call)(void) = f->call;
    volatile int pid = call();
    if (!pid)
        child_writes("f");
    say("%d", ended(pid));
    say(" %s %s", text("d/n"), seen("f"));
    pid = call();
    if (!pid) {
        execv("none", words);
        _exit(errno == ENOENT ? 44 : 45);
    }
    say(", missing %d", ended(pid));
}

void try_clone(const struct function *f)
{
    int (*call)(int (*)(void *), void *, int, void *, ...) = f->call;
    static char stack[65536] __attribute__((aligned(16)));
    say("%d", ended(call(child_writes, stack + sizeof stack, SIGCHLD, "f")));
    say(" %s %s", text("d/n"), seen("f"));
    syscall(SYS_unlink, "d/n");
    say(", sharing memory %d", ended(call(child_writes, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, "s")));
    say(" %s %s", text("d/n"), seen("s"));
}

/* What the daemon sees is told by it; it is no child of this process any more. */
void try_daemon(const struct function *f)
{
    int tube[2];
    char out[300] = "";
    if (pipe(tube))
        return;
    int pid = fork();
    if (!pid) {
        char report[300], cwd[200] = "";
        int r = CALL(int, int, int)(0, 0);
        syscall(SYS_getcwd, cwd, sizeof cwd);
        int n = snprintf(report, sizeof report, "%d in %s, input %s, %s\n", r, cwd, text_of(0), text(at("f")));
        _exit(write(tube[1], report, (size_t)n) != n);
    }
    close(tube[1]);
    int code = ended(pid);
    long n = read(tube[0], out, sizeof out - 1);
    out[n < 0 ? 0 : n] = 0;
    out[strcspn(out, "\n")] = 0;
    say("%s, first ended %d", out, code);
}
