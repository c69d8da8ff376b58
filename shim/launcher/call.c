/* Commands that stand for a program of a container or of the host; see call.h. */
#include "call.h"
#include "bloom.h"
#include "broker.h"
#include "compose.h"
#include "container.h"
#include "cross.h"
#include "entry.h"
#include "files.h"
#include "origin.h"
#include "places.h"
#include "run.h"
#include "self.h"
#include "unpack.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STRINGS_MAX 65536
#define PROGRAM_MAX (1 << 20) /* the text window */

static bool read_call(int fd, struct call *out)
{
    struct lpmx_call end;
    off_t size = lseek(fd, 0, SEEK_END);
    if (size < (off_t)sizeof end || pread(fd, &end, sizeof end, size - (off_t)sizeof end) != sizeof end || memcmp(end.magic, LPMX_MAGIC_CALL, 8) ||
        end.abi != LPMX_ABI || !end.size || end.size > STRINGS_MAX || (off_t)(sizeof end + end.size) > size)
        return false;
    char *at = need(end.size + 1);
    if (pread(fd, at, end.size, size - (off_t)(sizeof end + end.size)) != (ssize_t)end.size)
        return false;
    for (char *stop = at + end.size; at < stop; at += strlen(at) + 1)
        list_add(&out->keys, at);
    return true;
}

bool call_read(const char *path, struct call *out)
{
    *out = (struct call){{0}};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is = fd >= 0 && read_call(fd, out);
    if (fd >= 0)
        close(fd);
    return is;
}

const char *call_get(const struct call *c, const char *key)
{
    return env_get(&c->keys, key);
}

/* How much of this program's file is the program itself: to the end of its last segment. */
static size_t program_size(const u8 *at, size_t len)
{
    const Elf64_Ehdr *head = (const void *)at;
    size_t end = 0;
    if (len < sizeof *head || head->e_phoff > len || (len - head->e_phoff) / sizeof(Elf64_Phdr) < head->e_phnum)
        return 0;
    const Elf64_Phdr *part = (const void *)(at + head->e_phoff);
    for (int k = 0; k < head->e_phnum; k++)
        if (part[k].p_type == PT_LOAD && part[k].p_offset + part[k].p_filesz > end)
            end = part[k].p_offset + part[k].p_filesz;
    return end <= len ? end : 0;
}

int call_write(const char *path, const struct call *c)
{
    u8 *own = need(PROGRAM_MAX);
    int fd = self_open();
    ssize_t got = fd < 0 ? -1 : pread(fd, own, PROGRAM_MAX, 0);
    if (fd >= 0)
        close(fd);
    size_t size = got > 0 ? program_size(own, (size_t)got) : 0;
    if (!size)
        return -ENOEXEC;
    struct text file = {0};
    text_put(&file, (char *)own, size);
    while (file.len % 8)
        text_put(&file, "", 1);
    size_t start = file.len;
    for (size_t k = 0; k < c->keys.n; k++)
        text_put(&file, c->keys.at[k], strlen(c->keys.at[k]) + 1);
    while (file.len % 8)
        text_put(&file, "", 1);
    struct lpmx_call end = {.magic = LPMX_MAGIC_CALL, .abi = LPMX_ABI, .size = (u32)(file.len - start)};
    text_put(&file, (char *)&end, sizeof end);
    return replace_file(path, file.at, file.len, 0755);
}

struct call call_new(const char *kind)
{
    struct call c = {{0}};
    list_add(&c.keys, format("kind=%s", kind));
    list_add(&c.keys, format("store=%s", store_root()));
    list_add(&c.keys, format("lpmx=%s", lpmx_path() ? lpmx_path() : "lpmx"));
    list_add(&c.keys, format("cache=%s", cache_version()));
    list_add(&c.keys, format("time=%lld", (long long)time(NULL)));
    return c;
}

/* The store: where the command lies in one (bin/NAME, maps/HASH.NAME), else where it was when the command was made. */
static void find_store(const char *path, const struct call *c)
{
    char *folder = path && strrchr(path, '/') ? copy_text(path, (size_t)(strrchr(path, '/') - path)) : NULL;
    char *slash = folder ? strrchr(folder, '/') : NULL;
    const char *store = call_get(c, "store");
    if (slash && (!strcmp(slash, "/bin") || !strcmp(slash, "/maps"))) {
        *slash = 0;
        if (access(join_path(folder, "containers"), F_OK) == 0)
            store = folder;
    }
    if (store)
        store_root_is(store);
}

_Noreturn void call_host(const char *program, const char *called, const struct list *args, const struct list *env)
{
    struct list argv = {0};
    list_add(&argv, called && !strcmp(base_name(called), base_name(program)) ? called : program);
    for (size_t k = 0; k < args->n; k++)
        list_add(&argv, args->at[k]);
    if (origin_filtered()) {
        broker_call(program, &argv, env);
        run_native(program, argv.at, env);
    }
    int hold;
    origin_broker(&hold);
    if (hold >= 0)
        fcntl(hold, F_SETFD, FD_CLOEXEC); /* the program has all its rights, and is no longer the entry's */
    execve(program, (char **)argv.at, (char **)env->at);
    fail("cannot run %s: %s", program, strerror(errno));
}

static void add_own(struct list *env, const struct call *c)
{
    for (size_t k = 0; k < c->keys.n; k++) {
        const char *value = starts_with(c->keys.at[k], "env=") ? c->keys.at[k] + 4 : NULL;
        const char *callers = value && !strchr(value, '=') ? env_get(origin_env(), value) : NULL;
        if (callers)
            env_put(env, format("%s=%s", value, callers));
        else if (value && strchr(value, '='))
            env_put(env, value);
    }
}

_Noreturn void call_serve_host(const struct call *c, const char *program, char **argv)
{
    struct list args = {0}, env = origin_plan() ? cross_env_out(origin_env(), origin_plan()) : env_own();
    add_own(&env, c);
    cross_cwd_out();
    for (size_t k = 1; argv[k]; k++)
        list_add(&args, argv[k]);
    if (access(program, X_OK) < 0) {
        warn("cannot run the host's %s: %s", program, strerror(errno));
        _exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE);
    }
    call_host(program, argv[0], &args, &env);
}

static _Noreturn void serve_exec(const struct call *c, const char *program, char **argv)
{
    struct plan *p = need(sizeof *p);
    struct run r = {.plan = p, .ready_fd = -1};
    const char *id = call_get(c, "container"), *user = call_get(c, "user"), *workdir = call_get(c, "workdir");
    char *folder = id ? container_folder(id) : NULL;
    if (!folder || !container_exists(folder))
        fail("cannot run %s: its container %.12s is gone\nhint: expose it again from another container, or remove this command with `lpmx expose rm`",
             program, id ? id : "?");
    container_load(p, folder);
    r.env = call_get(c, "clean") ? p->env : cross_env_in(p, origin_env(), origin_plan());
    add_own(&r.env, c);
    r.cwd = workdir ? NULL : cross_cwd_in(p);
    entry_resolve(p, &r.env, NULL);
    r.plan_path = container_plan_for(p, user, workdir);
    list_add(&r.argv, program);
    for (argv++; *argv; argv++)
        list_add(&r.argv, *argv);
    binds_again(p);
    container_joined(folder);
    container_enter(folder, "exec");
    bloom_enter(p);
    run_exec(&r);
}

/* own: the command is this program's own file, which so has no payload. */
static _Noreturn void serve(const struct call *c, const char *path, bool own, char **argv)
{
    const char *kind = call_get(c, "kind"), *program = call_get(c, "program");
    find_store(path, c);
    if (own || !payload_footer())
        lpmx_stand_for(call_get(c, "lpmx"), call_get(c, "cache"), path, argv);
    if (kind && program && !strcmp(kind, "exec"))
        serve_exec(c, program, argv);
    if (kind && program && !strcmp(kind, "host"))
        call_serve_host(c, program, argv);
    fail("cannot run %s: it was made by another release of lpmx\nhint: make it again", path);
}

void call_serve(char **argv)
{
    struct call c = {{0}};
    int fd = self_open();
    if (fd >= 0 && read_call(fd, &c)) {
        close(fd);
        serve(&c, self_path(), true, argv);
    }
    if (fd >= 0)
        close(fd);
}

void call_serve_file(const char *path, char **argv)
{
    struct call c;
    if (!call_read(path, &c))
        fail("cannot run %s: it is not a command of lpmx", path);
    serve(&c, path, false, argv);
}
