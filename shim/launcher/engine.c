/* Starting the engine; see engine.h.
 *
 * Deno needs a newer glibc than old hosts have, getrandom, and some 40 GB of address space. So it gets the payload's rt/ by
 * LD_LIBRARY_PATH (its PT_INTERP was set by unpack.c) and libpoly.so by LD_PRELOAD. Every variable of the user that is changed
 * for it is put aside as LPMX_SAVED_<NAME>; the engine puts them back before it starts anything itself.
 */
#include "engine.h"
#include "files.h"
#include "origin.h"
#include "places.h"
#include "run.h"
#include "unpack.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* V8 reserves its sandbox at start: 33 GB of address space abort it, 40 GB work. */
#define ADDRESS_SPACE ((rlim_t)40 << 30)
#define LIMIT "LPMX_ADDRESS_SPACE"

static void set_aside(struct list *env, const char *name, const char *value)
{
    const char *old = env_get(env, name);
    if (old)
        env_put(env, format("LPMX_SAVED_%s=%s", name, old));
    env_put(env, value ? format("%s=%s", name, value) : name);
}

static bool lacks_sendmmsg(void)
{
    return syscall(SYS_sendmmsg, -1, NULL, 0, 0) < 0 && errno == ENOSYS;
}

static struct list engine_environment(const char *dir)
{
    struct list env = {0};
    for (char **e = environ; *e; e++)
        if (!starts_with(*e, "LPMX_SAVED_"))
            list_add(&env, *e);
    const char *scratch = scratch_dir();
    set_aside(&env, "LD_LIBRARY_PATH", join_path(dir, "rt"));
    set_aside(&env, "LD_PRELOAD", "libpoly.so"); /* by name: ld.so(8) splits paths at blanks */
    set_aside(&env, "LD_AUDIT", NULL);
    set_aside(&env, "DENO_NO_UPDATE_CHECK", "1");
    /* Its SQLite files must not lie on NFS; a folder that cannot be written is silently done without. */
    set_aside(&env, "DENO_DIR", scratch ? join_path(scratch, "deno") : "/dev/null/deno");
    if (lacks_sendmmsg()) /* glibc built for Linux 3.0 up assumes it for parallel A and AAAA queries */
        set_aside(&env, "RES_OPTIONS", "single-request");
    if (lpmx_path())
        env_put(&env, format("LPMX_EXE=%s", lpmx_path()));
    return env;
}

/* Commands that the engine calls are to run under the caller's limit again: it is told to them. */
static void raise_address_space(struct list *env)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) < 0)
        return;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < ADDRESS_SPACE)
        fail("cannot start the engine: the hard limit on address space is %llu MB and it needs 40 GB\nhint: "
             "do this where `ulimit -v` is larger (known images and containers start without the engine)",
             (unsigned long long)(limit.rlim_max >> 20));
    if (limit.rlim_cur == limit.rlim_max)
        return;
    env_put(env, format(LIMIT "=%llu", (unsigned long long)limit.rlim_cur));
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_AS, &limit);
}

void engine_left(void)
{
    const char *was = getenv(LIMIT);
    struct rlimit limit;
    if (!was)
        return;
    if (getrlimit(RLIMIT_AS, &limit) == 0) {
        limit.rlim_cur = strtoull(was, NULL, 10);
        setrlimit(RLIMIT_AS, &limit);
    }
    unsetenv(LIMIT);
}

struct start {
    char *program;
    struct list argv, env;
};

/* An absolute path of the calling container (also behind "--flag=") as the engine sees it, which is on the host. */
static const char *host_word(const char *word)
{
    const char *path = *word == '-' && strchr(word, '=') ? strchr(word, '=') + 1 : word;
    char *host = origin_plan() && *path == '/' ? origin_path(path) : NULL;
    return host ? format("%.*s%s", (int)(path - word), word, host) : word;
}

static struct start prepare(const char *const *args)
{
    const char *dir = cache_with(LPMX_PIECE_ENGINE);
    bool plain_deno = payload_footer()->engine == LPMX_ENGINE_DENO;
    struct start s = {engine_program(dir, plain_deno ? "deno" : "engine"), {0}, engine_environment(dir)};
    list_add(&s.argv, origin_filtered() ? s.program : plain_deno ? "deno" : "lpmx");
    if (plain_deno) {
        static const char *const flags[] = {"run", "-A", "-q", "--no-config", "--no-lock", "--no-remote", "--no-npm", "--no-check", "--no-prompt"};
        for (size_t k = 0; k < sizeof flags / sizeof *flags; k++)
            list_add(&s.argv, flags[k]);
        list_add(&s.argv, join_path(dir, "engine.js"));
    }
    for (; *args; args++)
        list_add(&s.argv, host_word(*args));
    raise_address_space(&s.env);
    return s;
}

static _Noreturn void become(const struct start *s)
{
    if (origin_filtered())
        run_native(s->program, s->argv.at, &s->env);
    execve(s->program, (char **)s->argv.at, (char **)s->env.at);
    fail("cannot start the engine %s: %s", s->program, strerror(errno));
}

void engine_exec(const char *const *args)
{
    struct start s = prepare(args);
    become(&s);
}

int engine_run(const char *const *args)
{
    struct rlimit limit;
    bool limited = getrlimit(RLIMIT_AS, &limit) == 0;
    struct start s = prepare(args);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(2, 1);
        become(&s);
    }
    if (limited)
        setrlimit(RLIMIT_AS, &limit);
    if (pid < 0)
        fail("cannot start the engine: %s", strerror(errno));
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            fail("cannot wait for the engine: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
