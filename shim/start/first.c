/* The first program of a container: what docker's runtime does between the plan and the program. User, HOME, working directory,
 * PATH search. Only here may the engine write to the user's stderr: one line, then 125 (cannot set up), 126 (not executable)
 * or 127 (not found).
 */
#include "start.h"
#include <errno.h>
#include <sys/syscall.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" /* docker's */

static bool has_flag(const struct handover *h, char flag)
{
    for (u32 i = 0; i < HANDOVER(h, 'f').len; i++)
        if (HANDOVER(h, 'f').at[i] == flag)
            return true;
    return false;
}

static void become_user(struct core *c, struct stack *s)
{
    static struct user user;
    static char home[sizeof user.home + 8];
    const char *spec = core_string(c, core_container(c)->user), *what;
    int r = user_resolve(c, spec, &user, &what);
    if (r == -ENOENT)
        fatal(125, "cannot run as \"", spec, "\": the image has no such ", what, " in /etc/passwd and /etc/group; numbers work without an entry", NULL);
    if (r)
        fatal(125, "cannot run as \"", spec, "\": the ", what, " is not a number from 0 to 2147483647", NULL);
    struct core_ids *ids = core_identity(c);
    ids->ruid = ids->euid = ids->suid = ids->fsuid = user.uid;
    ids->rgid = ids->egid = ids->sgid = ids->fsgid = user.gid;
    ids->ngroups = user.ngroups;
    for (u32 i = 0; i < user.ngroups; i++)
        ids->groups[i] = user.groups[i];
    core_start_caps(ids);
    const char *have = stack_getenv(s, "HOME");
    size_t pos = 0;
    if (have && *have)
        return;
    text_add(home, sizeof home, &pos, "HOME=", 5);
    text_add(home, sizeof home, &pos, user.home, strlen(user.home));
    stack_drop_own(s, home);
}

static long try_program(struct core *c, const char *dir, size_t n, const char *name, struct core_program *out, char *path, size_t cap)
{
    size_t pos = 0;
    if ((n && !text_add(path, cap, &pos, dir, n)) || (n && !text_add(path, cap, &pos, "/", 1)))
        return -ENAMETOOLONG;
    return text_add(path, cap, &pos, name, strlen(name)) ? core_program_open(c, path, out) : -ENAMETOOLONG;
}

/* As execvp: the first that works; a permission problem is remembered while the search goes on. `path` is what was found. */
static long search_program(struct core *c, const struct stack *s, const char *name, struct core_program *out, char *path, size_t cap)
{
    const char *list = stack_getenv(s, "PATH");
    for (const char *p = name; *p; p++)
        if (*p == '/')
            return try_program(c, "", 0, name, out, path, cap);
    long failure = -ENOENT;
    if (!*name)
        return failure;
    for (const char *at = list ? list : DEFAULT_PATH;;) {
        size_t n = 0;
        while (at[n] && at[n] != ':')
            n++;
        long r = n ? try_program(c, at, n, name, out, path, cap) : try_program(c, ".", 1, name, out, path, cap);
        if (r >= 0 || r == -ENOEXEC)
            return r;
        if (r == -EACCES)
            failure = r;
        if (!at[n])
            return failure;
        at += n + 1;
    }
}

static _Noreturn void cannot_run(const char *name, long error)
{
    bool missing = error == -ENOENT || error == -ENOTDIR;
    bool search = missing;
    for (const char *p = name; *p; p++)
        search = search && *p != '/';
    fatal(missing ? 127 : 126, "cannot run \"", name, "\": ", search ? "executable file not found in PATH" : errno_text(error), NULL);
}

static void enter_container(struct core *c, const struct handover *h, struct stack *s)
{
    const char *point;
    int made = core_make_mount_points(c, &point);
    if (made)
        fatal(125, "cannot make the mount point \"", point, "\": ", errno_text(made), NULL);
    if (has_flag(h, 'm'))
        sys1(SYS_exit_group, 0);
    if (has_flag(h, 'u'))
        become_user(c, s);
    if (has_flag(h, 'w')) {
        const char *dir = core_string(c, core_container(c)->workdir);
        int r = core_enter_dir(c, *dir ? dir : "/", true);
        if (r)
            fatal(125, "cannot enter the working directory \"", dir, "\": ", errno_text(r), NULL);
    }
}

/* A program of the host may be called by another name than its path. */
static const char *named_program(const struct handover *h, const struct stack *s)
{
    static char path[4096];
    const struct handover_text *given = &HANDOVER(h, 'h');
    if (!given->at || given->len >= sizeof path)
        return s->argv[0];
    for (u32 k = 0; k < given->len; k++)
        path[k] = given->at[k];
    return path;
}

const char *first_start(struct core *c, const struct handover *h, struct stack *s, struct core_program *out)
{
    static char path[2 * 4096];
    if (core_container(c)) /* there is none in the host's own view */
        enter_container(c, h, s);
    if (s->argc < 1)
        fatal(125, "no program to run is given and the image names none", NULL);
    const char *name = named_program(h, s);
    long r = search_program(c, s, name, out, path, sizeof path);
    if (r)
        cannot_run(name, r);
    if (!out->again)
        return path;
    stack_drop_own(s, NULL);
    const long a[6] = {(long)path, (long)s->argv, (long)s->envp};
    r = core_syscall(c, SYS_execve, a);
    cannot_run(name, r);
}
