/* The exec planner: every exec of a contained program ends here. A program is found in the guest's view, scripts are unrolled to their
 * interpreter as the kernel would, and lpmx-start is executed with the caller's arguments untouched and the hand-over in its environment. */
#include "native.h"
#include "permit.h"

#define AT_EMPTY_PATH_ 0x1000

int exec_examine(const char head[HEAD], long n)
{
    if (n >= 20 && !memcmp(head, "\177ELF", 4))
        return head[4] == 2 && head[18] == 62 ? 0 : -ENOEXEC; /* 64 bit, x86_64 */
    return n >= 2 && head[0] == '#' && head[1] == '!' ? 1 : -ENOEXEC;
}

static bool may_execute(struct call *k, const struct spot *s, const struct stat *st, const char *at, int fd, struct plan *p)
{
    struct identity id;
    p->set_id = 0;
    if (s->kind == KIND_BIND)
        return sys3(SYS_faccessat, fd, at, 1) == 0;
    if (s->kind == KIND_LOWER ? ident_of_low(k, &s->name.low, st, &id) : ident_of_object(k, st, &id))
        return false;
    p->set_id = id.mode & (id.mode & 010 ? S_ISUID | S_ISGID : S_ISUID); /* set-gid without x is a mark for locking */
    p->uid = id.uid;
    p->gid = id.gid;
    return id.mode & 0111 && !permit_id(k->c, &id, MAY_SEARCH);
}

/* Fills host, guest and head for the program at s. examine()'s answer or -errno. */
static int inspect(struct call *k, const struct spot *s, struct plan *p)
{
    const char *at;
    struct stat st;
    if (s->kind == KIND_NONE)
        return -ENOENT;
    int dir = spot_at(k, s, &at);
    if (dir < 0 && dir != AT_FDCWD)
        return dir;
    long fd = sys4(SYS_openat, dir, at, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (fd < 0)
        return (int)fd;
    long r = sys2(SYS_fstat, fd, &st);
    if (!r && (!S_ISREG(st.st_mode) || (s->kind == KIND_LOWER && !S_ISREG(s->name.low.mode)) || !may_execute(k, s, &st, at, dir, p)))
        r = -EACCES;
    long n = r ? r : sys4(SYS_pread64, fd, p->head, HEAD, 0);
    sys1(SYS_close, fd);
    if (n < 0)
        return (int)n;
    if (n < HEAD)
        memset(p->head + n, 0, (size_t)(HEAD - n));
    size_t pos = 0;
    if (!text_add(p->guest, sizeof p->guest, &pos, s->name.path, s->name.len))
        return -ENAMETOOLONG;
    r = spot_path(k, s, p->host, sizeof p->host);
    size_t whole = r < 0 ? 0 : strlen(p->host), part = strlen(at);
    bool within = dir >= LPMX_FD_MIN && dir <= LPMX_FD_MAX && whole > part && !memcmp(p->host + whole - part, at, part);
    p->dir = within ? dir : -1;
    p->skip = (int)(whole - part);
    return r < 0 ? (int)r : exec_examine(p->head, n);
}

/* The launcher, or a command that it made (contract.h): linked into the text window, so it runs in the host's view wherever it is started. */
static bool is_launcher(const char head[HEAD])
{
    u64 entry;
    memcpy(&entry, head + 24, sizeof entry);
    return head[16] == 2 && entry - LPMX_TEXT_BASE < LPMX_TEXT_WINDOW;
}

/* Splits "#! interp arg" as fs/binfmt_script.c does: one optional argument, trailing blanks dropped. Texts stay in line. */
static int split_shebang(char line[HEAD], char **interp, char **arg)
{
    char *s = line + 2, *end = line;
    while (end < line + HEAD - 1 && *end && *end != '\n')
        end++;
    bool whole = *end == '\n' || !*end;
    *end = 0;
    while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
        *--end = 0;
    while (*s == ' ' || *s == '\t')
        s++;
    if (!*s)
        return -ENOEXEC;
    *interp = s;
    while (*s && *s != ' ' && *s != '\t')
        s++;
    if (!*s && !whole)
        return -ENOEXEC; /* the interpreter's name was cut off */
    while (*s == ' ' || *s == '\t')
        *s++ = 0;
    *arg = *s ? s : NULL;
    return 0;
}

/* Counts a guest's NULL-terminated array. */
static long count_pointers(const long *at)
{
    long n = 0, v;
    if (!at)
        return 0;
    for (;; n++) {
        if (guest_read(&v, at + n, sizeof v))
            return -EFAULT;
        if (!v)
            return n;
        if (n > 1 << 22)
            return -E2BIG;
    }
}

struct arguments {
    const long *argv, *envp; /* the guest's */
    const char *front[2 * SCRIPTS_MAX + 1]; /* what scripts put before argv[1] */
    int nfront;
};

static bool is_handover(long text)
{
    char start[sizeof LPMX_HANDOVER + 1];
    long r = guest_copy_str(start, (const char *)text, sizeof start);
    return (r >= 0 || r == -ENAMETOOLONG) && str_starts(start, LPMX_HANDOVER "=");
}

/* Builds the argument arrays behind the hand-over text and executes. Returns only on failure. */
static long launch(struct call *k, struct plan *p, const struct arguments *in)
{
    struct core *c = k->c;
    p->raw = is_launcher(p->head);
    long argc = count_pointers(in->argv), envc = count_pointers(in->envp);
    if (argc < 0 || envc < 0)
        return argc < 0 ? argc : envc;
    struct slot *slot = slot_get(c);
    if (!slot)
        return -ENOMEM;
    size_t text = 3 * CORE_PATH_MAX, need = text + (size_t)(argc + envc + in->nfront + 4) * sizeof(long);
    char *mem = slot->bytes;
    long mapped = 0;
    if (need > SLOT_SIZE) {
        mapped = sys6(SYS_mmap, 0, (long)need, 3, 0x22, -1, 0);
        mem = mapped < 0 && mapped > -4096 ? NULL : (char *)mapped;
    }
    long r = mem ? write_handover(k, p, mem, text) : -ENOMEM;
    if (!r) {
        long *argv = (long *)(mem + text), *at = argv, v;
        for (int i = 0; i < in->nfront; i++)
            *at++ = (long)in->front[i];
        for (long i = in->nfront ? 1 : 0; i < argc; i++, at++)
            guest_read(at, in->argv + i, sizeof v);
        *at++ = 0;
        long *envp = at;
        for (long i = 0; i < envc; i++)
            if (!guest_read(&v, in->envp + i, sizeof v) && !is_handover(v))
                *at++ = v;
        *at++ = (long)mem;
        *at = 0;
        engine_exec_begin(&slot->busy);
        r = sys3(SYS_execve, p->raw ? p->host : c->start, argv, envp);
        engine_exec_failed(&slot->busy);
    }
    if (mapped > 0)
        sys2(SYS_munmap, mapped, need);
    slot_put(c, slot);
    return r;
}

static bool front_add(struct arguments *in, const char *text)
{
    if (in->nfront == 2 * SCRIPTS_MAX + 1)
        return false;
    for (int i = in->nfront++; i > 0; i--)
        in->front[i] = in->front[i - 1];
    in->front[0] = text;
    return true;
}

static int inspect_text(struct call *k, const char *path, struct plan *p)
{
    struct spot s;
    if (k->c->native)
        return native_inspect(AT_FDCWD, path, true, p);
    int r = walk_text(k, path, WALK_FOLLOW, &s);
    if (!r)
        r = inspect(k, &s, p);
    walk_end(k, &s);
    return r;
}

/* Follows scripts to the program that will really run. 0 = p describes an ELF program, or -errno. */
static int unroll(struct call *k, struct plan *p, struct arguments *in, int kind)
{
    for (int depth = 0; kind == 1; depth++) {
        if (depth == SCRIPTS_MAX)
            return -ELOOP;
        char *interp, *arg, *line = p->interp[depth];
        memcpy(line, p->head, HEAD);
        int r = split_shebang(line, &interp, &arg);
        if (r)
            return r;
        if (depth == 0 && !front_add(in, p->script))
            return -E2BIG;
        if ((arg && !front_add(in, arg)) || !front_add(in, interp))
            return -E2BIG;
        r = inspect_text(k, interp, p);
        p->fd_handed = -1;
        kind = r;
    }
    return kind;
}

/* A descriptor that has no name in the view: memfd, deleted file. */
static int inspect_fd(int fd, struct plan *p)
{
    struct stat st;
    size_t pos = 0;
    long r = sys2(SYS_fstat, fd, &st);
    p->set_id = 0;
    if (!r && (!S_ISREG(st.st_mode) || !(st.st_mode & 0111)))
        r = -EACCES;
    long n = r ? r : sys4(SYS_pread64, fd, p->head, HEAD, 0);
    if (n < 0)
        return (int)n;
    if (n < HEAD)
        memset(p->head + n, 0, (size_t)(HEAD - n));
    text_add(p->guest, sizeof p->guest, &pos, "/proc/self/fd/", 14);
    text_decimal(p->guest + pos, (u64)fd);
    pos = 0;
    text_add(p->script, sizeof p->script, &pos, p->guest, strlen(p->guest));
    return exec_examine(p->head, n);
}

static long exec_fd(struct call *k, int fd, struct plan *p, struct arguments *in)
{
    int kind = inspect_fd(fd, p);
    long copy = sys3(SYS_fcntl, fd, F_DUPFD, 3); /* without close-on-exec; lpmx-start closes it */
    if (copy < 0)
        return copy;
    p->fd_handed = (int)copy;
    long r = unroll(k, p, in, kind);
    if (!r)
        r = launch(k, p, in);
    sys1(SYS_close, copy);
    return r;
}

/* What execveat was told not to follow: it cannot be executed. */
static bool is_link(struct call *k, const struct spot *s)
{
    if (s->kind == KIND_NONE)
        return false;
    int mode = s->kind == KIND_BIND ? spot_host_mode(k, s) : s->kind == KIND_LOWER ? (int)s->name.low.mode : (int)s->mode;
    return mode > 0 && S_ISLNK(mode);
}

static long exec_at(struct call *k, int dirfd, long path, long flags, struct arguments *in)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    struct plan *p = (struct plan *)slot->bytes;
    struct spot s;
    char first = 1;
    p->fd_handed = -1;
    long r = guest_copy_str(p->script, (const char *)path, sizeof p->script);
    if (r >= 0 && k->c->native) {
        if (!*p->script && flags & AT_EMPTY_PATH_) {
            r = exec_fd(k, dirfd, p, in);
            slot_put(k->c, slot);
            return r;
        }
        r = native_inspect(dirfd, p->script, !(flags & AT_SYMLINK_NOFOLLOW), p);
    } else if (r == 0 && flags & AT_EMPTY_PATH_ && !(first = p->script[0])) {
        int n = reverse_fd(k, dirfd, p->guest, sizeof p->guest);
        if (n > 0)
            memcpy(p->script, p->guest, (size_t)n + 1);
        r = n < 0 ? n : walk_text(k, p->guest, WALK_WHOLE, &s);
        if (n >= 0) {
            if (!r)
                r = inspect(k, &s, p);
            walk_end(k, &s);
        }
        if (r == -ENOENT || r == -ENOTDIR || n < 0) {
            r = n == -EBADF ? n : exec_fd(k, dirfd, p, in);
            slot_put(k->c, slot);
            return r;
        }
    } else if (r >= 0) {
        r = walk(k, dirfd, (const char *)path, flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW, &s);
        if (!r && s.kind == KIND_BIND && str_starts(s.name.path, "/proc/")) { /* a descriptor by its name, with no other */
            const char *at = s.name.path + s.name.len;
            u64 fd;
            while (at > s.name.path && at[-1] != '/')
                at--;
            const char *digits = at;
            if (at - s.name.path > 4 && str_starts(at - 3, "fd/") && text_number(&digits, &fd) && !*digits) {
                walk_end(k, &s);
                r = exec_fd(k, (int)fd, p, in);
                slot_put(k->c, slot);
                return r;
            }
        }
        if (!r)
            r = flags & AT_SYMLINK_NOFOLLOW && is_link(k, &s) ? -ELOOP : inspect(k, &s, p);
        walk_end(k, &s);
    }
    if (r >= 0)
        r = unroll(k, p, in, (int)r);
    if (!r)
        r = launch(k, p, in);
    slot_put(k->c, slot);
    return r;
}

long op_execve(struct call *k, const long *a)
{
    struct arguments in = {.argv = (const long *)a[1], .envp = (const long *)a[2]};
    return exec_at(k, AT_FDCWD, a[0], 0, &in);
}

long op_execveat(struct call *k, const long *a)
{
    struct arguments in = {.argv = (const long *)a[2], .envp = (const long *)a[3]};
    if (a[4] & ~(AT_EMPTY_PATH_ | AT_SYMLINK_NOFOLLOW))
        return -EINVAL;
    return exec_at(k, (int)a[0], a[1], a[4], &in);
}

int core_program_open(struct core *c, const char *path, struct core_program *out)
{
    struct call k = {.c = c};
    struct slot *slot = slot_get(c);
    if (!slot)
        return -ENOMEM;
    struct plan *p = (struct plan *)slot->bytes;
    int r = inspect_text(&k, path, p);
    out->again = r == 1;
    out->fd = -1;
    if (r == 0) {
        out->fd = (int)sys4(SYS_openat, AT_FDCWD, p->host, O_RDONLY | O_CLOEXEC, 0);
        r = out->fd < 0 ? out->fd : 0;
    }
    if (r >= 0) {
        memcpy(out->guest, p->guest, strlen(p->guest) + 1);
        const char *exe = core_keep(c, p->guest, (u32)strlen(p->guest));
        c->exe = exe ? exe : "";
        out->again |= !r && is_launcher(p->head); /* executed as it is */
        if (!r) {
            plan_ids(p, &c->ids.ruid);
            core_start_caps(&c->ids);
        }
        r = 0;
    }
    slot_put(c, slot);
    call_end(&k);
    return r;
}

int core_program_handed(struct core *c, const struct handover *h)
{
    const struct handover_text *t = HANDOVER(h, 'd').at ? &HANDOVER(h, 'd') : &HANDOVER(h, 'h');
    char link[40];
    size_t pos = 0;
    u64 n;
    if (!t->at)
        return -EINVAL;
    if (t == &HANDOVER(h, 'd')) {
        const char *s = t->at;
        if (!text_number(&s, &n) || !text_add(link, sizeof link, &pos, "/proc/self/fd/", 14) || !text_add(link, sizeof link, &pos, t->at, t->len))
            return -EINVAL;
        int fd = (int)sys4(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
        sys1(SYS_close, n);
        return fd;
    }
    ((char *)t->at)[t->len] = 0; /* parsed: what follows it is not needed any more */
    const char *s = HANDOVER(h, 'g').at;
    u64 dir, skip;
    bool within = s && text_number(&s, &dir) && *s++ == ' ' && text_number(&s, &skip) && skip < t->len && fds_ours(c, (long)dir);
    return (int)sys4(SYS_openat, within ? (long)dir : AT_FDCWD, t->at + (within ? skip : 0), O_RDONLY | O_CLOEXEC, 0);
}
