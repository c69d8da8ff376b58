/* Crossing between containers and the host; see cross.h. */
#include "cross.h"
#include "entry.h"
#include "files.h"
#include "origin.h"
#include "places.h"
#include <string.h>
#include <unistd.h>

/* These are the target's own, whatever the caller has: they name programs, libraries, modules and folders of one file system, or its user. A
 * name ending in * stands for all that begin so. */
static const char *const targets[] = {
    "PATH", "LD_*", "HOME", "USER", "LOGNAME", "SHELL", "MAIL", "HOSTNAME", "PWD", "OLDPWD", "SHLVL", "_", "LPMX_*", "XDG_*", "BASH_*", "ENV",
    "TMPDIR", "TMP", "TEMP", "TEMPDIR", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_*", "PERL5LIB", "PERLLIB", "PERL5OPT", "PERL_*", "R_HOME",
    "R_LIBS*", "R_ENVIRON*", "R_PROFILE*", "RUBYLIB", "GEM_*", "NODE_PATH", "LUA_PATH", "LUA_CPATH", "GOPATH", "GOROOT", "JAVA_HOME", "CLASSPATH",
    "TCLLIBPATH", "GCONV_PATH", "LOCPATH", "LOCALE_ARCHIVE", "TERMINFO*", "MANPATH", "INFOPATH", "PKG_CONFIG_PATH", "CPATH", "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "MODULE*", "LMOD_*", "_LMFILES_", "LOADEDMODULES", "LS_COLORS", "SSL_CERT_*", "FAKECHROOT*", "FAKEROOT*",
};

static bool always_targets(const char *assignment)
{
    for (size_t k = 0; k < sizeof targets / sizeof *targets; k++)
        if (env_named(assignment, targets[k]))
            return true;
    return *assignment == '=' || !*assignment;
}

static bool set_by(const struct plan *from, const char *assignment)
{
    for (size_t k = 0; from && k < from->env.n; k++)
        if (!strcmp(from->env.at[k], assignment))
            return true;
    return false;
}

static void add_callers(struct list *out, const struct list *caller, const struct plan *from)
{
    for (size_t k = 0; k < caller->n; k++)
        if (!always_targets(caller->at[k]) && !set_by(from, caller->at[k]) && strcmp(caller->at[k], "XAUTHORITY=" X11_COOKIE))
            env_put(out, caller->at[k]);
}

struct list cross_env_in(const struct plan *target, const struct list *caller, const struct plan *from)
{
    struct list env = {0};
    add_callers(&env, caller, from);
    for (size_t k = 0; k < target->env.n; k++)
        env_put(&env, target->env.at[k]);
    return env;
}

struct list cross_env_out(const struct list *caller, const struct plan *from)
{
    struct list own = env_own(), env = {0};
    for (size_t k = 0; k < own.n; k++)
        if (!starts_with(own.at[k], "LPMX_"))
            list_add(&env, own.at[k]);
    add_callers(&env, caller, from);
    char cwd[4096];
    if (getcwd(cwd, sizeof cwd))
        env_put(&env, format("PWD=%s", cwd));
    return env;
}

/* Layers and writable layers: a folder there is a container's own, wherever it can be seen from outside. */
static bool is_containers(const char *path)
{
    static const char *const own[] = {"layers", "containers"};
    for (size_t k = 0; k < 2; k++) {
        if (!strstr(path, own[k]))
            continue; /* to find out where the store really is takes a call per folder of its path */
        char *folder = real_path(join_path(store_root(), own[k]));
        if (folder && is_below(path, folder))
            return true;
    }
    const struct plan *from = origin_plan();
    const char *scratch = strstr(path, format("/lpmx-%lu/", (unsigned long)getuid())) ? scratch_dir() : NULL;
    if ((scratch && is_below(path, scratch)) || (from && is_below(path, from->tree)))
        return true;
    for (size_t k = 0; from && !from->image->host && k < from->layers.n; k++)
        if (is_below(path, join_path(store_root(), from->layers.at[k])))
            return true;
    return starts_with(path, format("/dev/shm/lpmx-%lu.", (unsigned long)getuid()));
}

/* A folder of the caller that it reads on the host too, but only through the throw-away layer of the image `host`, is the host's. */
char *cross_cwd_in(const struct plan *target)
{
    char cwd[4096];
    if (!getcwd(cwd, sizeof cwd) || *cwd != '/' || is_containers(cwd))
        return NULL;
    char *best = NULL;
    size_t len = 0;
    for (size_t k = 0; k < target->nbinds; k++) {
        const struct plan_bind *b = &target->binds[k];
        if (!b->host || strlen(b->host) <= len || !is_below(cwd, b->host))
            continue;
        const char *rest = cwd + (strcmp(b->host, "/") ? strlen(b->host) : 0);
        char *guest = format("%s%s", b->guest, strcmp(rest, "/") ? rest : "");
        if (plan_bind_at(target, guest) != b)
            continue; /* hidden by another */
        best = guest;
        len = strlen(b->host);
    }
    return best || !target->image->host ? best : copy_text(cwd, strlen(cwd));
}

void cross_cwd_out(void)
{
    char cwd[4096];
    if (getcwd(cwd, sizeof cwd) && *cwd == '/' && !is_containers(cwd))
        return;
    if (!origin_host_cwd() || chdir(origin_host_cwd()) < 0)
        if (chdir("/") < 0)
            return;
}
