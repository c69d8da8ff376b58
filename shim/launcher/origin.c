/* Taking over from the caller; see origin.h. */
#include "origin.h"
#include "container.h"
#include "files.h"
#include "places.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

static struct {
    const struct plan *plan;
    struct list env, host_env;
    const char *cwd, *host_cwd, *program, *engine;
    u64 umask;
    const char *broker;
    int hold; /* + 1 */
} origin;

/* The field of this letter in a hand-over text, or NULL. */
static char *field(const char *over, char letter)
{
    while (*over) {
        char name = *over++;
        size_t len = 0;
        while (*over >= '0' && *over <= '9')
            len = len * 10 + (size_t)(*over++ - '0');
        if (*over++ != ':' || strlen(over) < len)
            return NULL;
        if (name == letter)
            return copy_text(over, len);
        over += len;
    }
    return NULL;
}

/* <folder>/plan, or <folder>/state/plan.<hash> of an exec with another user. */
static const char *folder_of(const char *plan)
{
    const char *slash = strrchr(plan, '/');
    char *folder = copy_text(plan, (size_t)(slash - plan));
    if (starts_with(slash, "/plan.") && strrchr(folder, '/'))
        *strrchr(folder, '/') = 0;
    return folder;
}

static void read_host(const char *path)
{
    size_t size;
    char *at = path ? read_file(path, 16 << 20, &size) : NULL;
    if (!at)
        return;
    origin.host_cwd = *at ? at : NULL;
    for (char *end = at + size, *next = at + strlen(at) + 1; next < end; next += strlen(next) + 1)
        list_add(&origin.host_env, next);
}

/* A program in the host's view may have closed it, and its number may be another file's now. */
static void read_broker(const char *name, const char *number)
{
    struct stat st;
    u64 fd;
    origin.broker = name;
    if (name && number && parse_number(number, LPMX_FD_MAX, &fd) && fstat((int)fd, &st) == 0 && S_ISFIFO(st.st_mode))
        origin.hold = (int)fd + 1;
}

void origin_init(void)
{
    const char *over = NULL;
    for (char **e = environ; *e; e++) {
        if (starts_with(*e, LPMX_HANDOVER "="))
            over = *e + sizeof LPMX_HANDOVER;
        else
            list_add(&origin.env, *e);
    }
    if (!over)
        return;
    origin.engine = field(over, 'q');
    const char *store = field(over, 's'), *plan = field(over, 'p'), *mask = field(over, 'k');
    if (mask)
        parse_number(mask, 0700, &origin.umask);
    read_host(field(over, 'v'));
    read_broker(field(over, 'y'), field(over, 'z'));
    if (plan && strrchr(plan, '/')) {
        struct plan *p = need(sizeof *p);
        container_load_as(p, folder_of(plan), plan, store);
        origin.plan = p;
        origin.cwd = field(over, 'c');
        origin.program = field(over, 'x');
    }
    struct list own = {0};
    const struct list *base = origin.plan && origin.host_env.n ? &origin.host_env : &origin.env;
    for (size_t k = 0; k < base->n; k++)
        list_add(&own, base->at[k]);
    for (size_t k = 0; k < origin.env.n && base != &origin.env; k++)
        if (starts_with(origin.env.at[k], "LPMX_"))
            env_put(&own, origin.env.at[k]);
    if (store && !env_get(&origin.env, "LPMX_HOME"))
        env_put(&own, format("LPMX_HOME=%s", store));
    environ = (char **)own.at;
}

const struct plan *origin_plan(void)
{
    return origin.plan;
}

const struct list *origin_env(void)
{
    return &origin.env;
}

const char *origin_cwd(void)
{
    return origin.cwd ? *origin.cwd ? origin.cwd : "/" : NULL;
}

const char *origin_program(void)
{
    return origin.program;
}

const char *origin_host_cwd(void)
{
    return origin.host_cwd;
}

const char *origin_broker(int *hold)
{
    *hold = origin.hold - 1;
    return origin.broker;
}

const char *origin_engine(void)
{
    return origin.engine;
}

u32 origin_umask(void)
{
    return (u32)origin.umask & 0700;
}

bool origin_filtered(void)
{
    return syscall(LPMX_PROBE_NR) < 0 && errno >= LPMX_PROBE_ERRNO && errno < LPMX_PROBE_ERRNO + 100;
}

char *origin_path(const char *path)
{
    const struct plan *p = origin.plan;
    if (!p)
        return copy_text(path, strlen(path));
    char *guest = clean_guest_path(path);
    const struct plan_bind *b = plan_bind_at(p, guest);
    if (b)
        return plan_bind_path(b, guest);
    return p->flags & LPMX_CONTAINER_HOST ? guest : NULL;
}

const char *origin_file(const char *path, const char *what)
{
    if (!origin.plan)
        return path;
    const char *guest = *path == '/' ? path : join_path(origin_cwd() ? origin_cwd() : "/", path);
    char *host = origin_path(guest);
    if (!host)
        fail("cannot use %s %s: it lies in the container's own part, which other containers and the host do not see\n"
             "hint: use a folder that was mounted with -v", what, guest);
    return host;
}

const char *origin_save(const char *folder, const char *path)
{
    struct text out = {0};
    char cwd[4096];
    bool kept = origin.plan && origin.host_env.n;
    const char *from = kept ? origin.host_cwd : getcwd(cwd, sizeof cwd);
    text_put(&out, from ? from : "", (from ? strlen(from) : 0) + 1);
    const char *const *env = kept ? (const char *const *)origin.host_env.at : (const char *const *)environ;
    for (; *env; env++)
        text_put(&out, *env, strlen(*env) + 1);
    const char *shared = path ? NULL : format("%s/state/entry.%016llx", folder, (unsigned long long)bytes_hash(out.at, out.len));
    path = path ? path : shared;
    if (shared && access(path, F_OK) == 0)
        return path;
    int error = replace_file(path, out.at, out.len, 0600);
    return error && error != -EEXIST ? "" : path;
}
