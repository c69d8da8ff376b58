/* maps, smaps, status, mounts and mountinfo of a process as the guest is to see them: a snapshot made at open, in memory of its own. Paths are the
 * guest's, what belongs to lpmx is left out, users are who the guest thinks they are. */
#include "proctext.h"
#include <sys/mman.h>

#define ENGINE_END (LPMX_TEXT_BASE + 0x400000ull) /* lpmx-start with its data */

char *proctext_line(struct proctext *t)
{
    char *buf = t->slot->bytes;
    for (;;) {
        u32 end = t->at;
        while (end < t->have && buf[end] != '\n')
            end++;
        bool full = !t->at && t->have == TEXT_IN - 1;
        if (end < t->have || (full && end == t->have)) {
            char *line = buf + t->at;
            buf[end] = 0;
            t->at = end < t->have ? end + 1 : end;
            return line;
        }
        memmove(buf, buf + t->at, t->have - t->at);
        t->have -= t->at;
        t->at = 0;
        long n = sys3(SYS_read, t->in, buf + t->have, TEXT_IN - 1 - t->have);
        if (n <= 0) {
            t->error = n;
            return NULL;
        }
        t->have += (u32)n;
    }
}

static void flush(struct proctext *t)
{
    const char *from = t->slot->bytes + TEXT_IN;
    while (t->waiting && !t->error) {
        long n = sys3(SYS_write, t->out, from, t->waiting);
        if (n <= 0) {
            t->error = n ? n : -EIO;
            return;
        }
        from += n;
        t->waiting -= (u32)n;
    }
}

void proctext_put(struct proctext *t, const char *text, size_t n)
{
    while (n && !t->error) {
        size_t part = TEXT_OUT - t->waiting < n ? TEXT_OUT - t->waiting : n;
        memcpy(t->slot->bytes + TEXT_IN + t->waiting, text, part);
        t->waiting += (u32)part;
        text += part;
        n -= part;
        if (t->waiting == TEXT_OUT)
            flush(t);
    }
}

int proctext_open(u64 pid, const char *what)
{
    char path[64];
    size_t pos = 0;
    text_add(path, sizeof path, &pos, "/proc/", 6);
    if (pid)
        pos += text_decimal(path + pos, pid);
    else
        text_add(path, sizeof path, &pos, "self", 4);
    text_add(path, sizeof path, &pos, "/", 1);
    if (!text_add(path, sizeof path, &pos, what, strlen(what)))
        return -ENAMETOOLONG;
    return (int)sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
}

/* ---- maps and smaps: "low-high perms offset device inode   path" */

static bool take_range(const char *line, u64 *low, u64 *high)
{
    u64 *to[2] = {low, high};
    for (int i = 0; i < 2; i++) {
        const char *start = line;
        for (*to[i] = 0;; line++) {
            unsigned c = (unsigned char)*line;
            unsigned digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
            if (digit > 15)
                break;
            *to[i] = *to[i] << 4 | digit;
        }
        if (line == start || *line++ != (i ? ' ' : '-'))
            return false;
    }
    return true;
}

/* Where the path of a mapping begins, or the end of the line. */
static char *mapped_path(char *line)
{
    for (int fields = 0; fields < 5; fields++) {
        while (*line && *line != ' ')
            line++;
        while (*line == ' ')
            line++;
    }
    return line;
}

/* The guest's name of a mapped file, with " (deleted)" if it has that; NULL: not to be shown. */
static const char *mapped_name(struct proctext *t, char *path, char *room, size_t cap)
{
    static const char gone[] = " (deleted)";
    u32 len = (u32)strlen(path), tail = sizeof gone - 1;
    bool deleted = len > tail && str_equal(path + len - tail, gone);
    u32 bare = deleted ? len - tail : len;
    if (reverse_internal(t->k->c, path, bare))
        return NULL;
    int n = reverse_path(t->k->c, path, bare, room, cap - sizeof gone);
    if (n > 0) {
        u32 shown = (u32)n;
        root_shown(t->k->c, room, &shown);
        n = (int)shown;
        memcpy(room + n, deleted ? gone : "", deleted ? sizeof gone : 1);
        return room;
    }
    return path;
}

static void write_maps(struct proctext *t)
{
    struct slot *slot = slot_get(t->k->c);
    bool hidden = false;
    u64 low, high;
    char *line;
    while (slot && (line = proctext_line(t))) {
        if (take_range(line, &low, &high)) {
            char *path = mapped_path(line);
            const char *shown = *path == '/' ? mapped_name(t, path, slot->bytes, SLOT_SIZE) : path;
            hidden = (low >= LPMX_TEXT_BASE && high <= ENGINE_END) || !shown;
            if (!hidden) {
                proctext_put(t, line, (size_t)(path - line));
                proctext_say(t, shown);
                proctext_put(t, "\n", 1);
            }
        } else if (!hidden) {
            proctext_say(t, line);
            proctext_put(t, "\n", 1);
        }
    }
    if (slot)
        slot_put(t->k->c, slot);
    else
        t->error = -ENOMEM;
}

/* ---- status: users and capabilities */

static void put_ids(struct proctext *t, const char *title, const u32 id[4])
{
    char number[24];
    proctext_say(t, title);
    for (int i = 0; i < 4; i++) {
        number[0] = '\t';
        proctext_put(t, number, 1 + text_decimal(number + 1, id[i]));
    }
    proctext_put(t, "\n", 1);
}

/* "Uid:\t1000\t1000\t1000\t1000" of another process: the real user is shown as who it is inside. */
static void put_other_ids(struct proctext *t, char *line, u32 real, u32 guest)
{
    const char *s = line + 4;
    u32 id[4] = {0};
    for (int i = 0; i < 4; i++) {
        u64 v = 0;
        s += *s == '\t';
        text_number(&s, &v);
        id[i] = v == real ? guest : (u32)v;
    }
    line[4] = 0;
    put_ids(t, line, id);
}

static void put_groups(struct proctext *t)
{
    const struct core_ids *me = &t->k->c->ids;
    char number[24];
    proctext_say(t, "Groups:\t");
    for (u32 i = 0; i < me->ngroups; i++) {
        u32 n = text_decimal(number, me->groups[i]);
        number[n++] = ' ';
        proctext_put(t, number, n);
    }
    proctext_say(t, me->ngroups ? "\n" : " \n");
}

/* "CapEff:\t00000000a80425fb" and its four relatives; false for another line. */
static bool put_caps(struct proctext *t, const char *line)
{
    static const char *const title[] = {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"};
    const struct core_ids *me = &t->k->c->ids;
    const u32 set[] = {me->caps.inheritable, me->caps.permitted, me->effective, me->caps.bounding, me->caps.ambient};
    unsigned i = 0;
    while (i < 5 && !str_starts(line, title[i]))
        i++;
    if (i == 5)
        return false;
    char text[] = "\t0000000000000000\n";
    for (unsigned j = 0; j < 8; j++)
        text[16 - j] = "0123456789abcdef"[set[i] >> 4 * j & 15];
    proctext_put(t, line, 7);
    proctext_say(t, text);
    return true;
}

static void write_status(struct proctext *t, u64 pid)
{
    const struct core *c = t->k->c;
    const struct core_ids *me = &c->ids;
    bool own = !pid;
    u32 euid = c->main_known ? c->main_uid : me->ruid, egid = c->main_known ? c->main_gid : me->rgid;
    peer_user(pid, &euid, &egid);
    const u32 users[] = {me->ruid, me->euid, me->suid, me->fsuid}, groups[] = {me->rgid, me->egid, me->sgid, me->fsgid};
    for (char *line; (line = proctext_line(t));) {
        bool user = str_starts(line, "Uid:\t"), group = str_starts(line, "Gid:\t");
        if (own && (user || group))
            put_ids(t, user ? "Uid:" : "Gid:", user ? users : groups);
        else if (user)
            put_other_ids(t, line, c->real_uid, euid);
        else if (group)
            put_other_ids(t, line, c->real_gid, egid);
        else if (own && str_starts(line, "Groups:"))
            put_groups(t);
        else if (!own || !put_caps(t, line)) {
            proctext_say(t, line);
            proctext_put(t, "\n", 1);
        }
    }
}

/* ---- the file */

static const char *const names[] = {"maps", "smaps", "status", "mounts", "mountinfo"};
enum { MAPS, SMAPS, STATUS, MOUNTS, MOUNTINFO, NAMES };

/* Empty memory to write to, with a descriptor. */
static long new_memory(struct call *k, const char *name)
{
    long fd = sys2(SYS_memfd_create, name, 1 | 8 /* MFD_NOEXEC_SEAL, 6.3 */);
    if (fd == -EINVAL)
        fd = sys2(SYS_memfd_create, name, 1 /* MFD_CLOEXEC */);
    if (fd != -ENOSYS)
        return fd;
    char temp[TEMP_MAX]; /* before 3.17 */
    int work = place_fd(k, PLACE_WORK), r = temp_name(k, 'p', 0, temp);
    fd = work < 0 ? work : r ? r : sys4(SYS_openat, work, temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        sys3(SYS_unlinkat, work, temp, 0);
    return fd;
}

static long fill(struct call *k, int what, u64 pid, int in, int flags)
{
    long out = new_memory(k, names[what]);
    struct proctext t = {.k = k, .slot = slot_get(k->c), .in = in, .out = (int)out};
    if (out < 0 || !t.slot) {
        if (t.slot)
            slot_put(k->c, t.slot);
        return out < 0 ? out : -ENOMEM;
    }
    if (what == MOUNTS || what == MOUNTINFO)
        mounts_write(&t, what == MOUNTINFO);
    else if (what == STATUS)
        write_status(&t, pid);
    else
        write_maps(&t);
    flush(&t);
    slot_put(k->c, t.slot);
    char path[40];
    size_t pos = 0;
    text_add(path, sizeof path, &pos, "/proc/self/fd/", 14);
    text_decimal(path + pos, (u64)out);
    sys2(SYS_fchmod, out, 0444);
    long fd = t.error ? t.error : sys4(SYS_openat, AT_FDCWD, path, flags, 0);
    sys1(SYS_close, out);
    return fd;
}

long proc_open(struct call *k, const char *path, int flags)
{
    u64 pid;
    const char *what = proc_part(path, &pid);
    int i = 0;
    while (what && i < NAMES && !str_equal(what, names[i]))
        i++;
    if (!what || i == NAMES || flags & (O_PATH | O_DIRECTORY) || (flags & O_ACCMODE) != O_RDONLY)
        return CORE_PASS;
    long in = sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0); /* who may not read it gets the kernel's error */
    if (in < 0)
        return in;
    long r = fill(k, i, pid, (int)in, flags & (O_CLOEXEC | O_NONBLOCK));
    sys1(SYS_close, in);
    return r < 0 ? CORE_PASS : r; /* a filter of the guest's may forbid what we need: better the kernel's text than none */
}

/* ---- the program of another process: /proc/PID/exe is lpmx-start, auxv says where the program's headers lie, maps what is mapped there. */
int proc_program(struct call *k, u64 pid, char *out, size_t cap)
{
    u64 aux[64], headers = 0, low, high;
    int fd = proctext_open(pid, "auxv");
    long n = fd < 0 ? fd : sys3(SYS_read, fd, aux, sizeof aux);
    if (fd >= 0)
        sys1(SYS_close, fd);
    for (long i = 0; i + 1 < n / 8 && aux[i]; i += 2)
        if (aux[i] == 3 /* AT_PHDR */)
            headers = aux[i + 1];
    struct proctext t = {.k = k, .slot = slot_get(k->c), .in = proctext_open(pid, "maps")};
    int r = -ENOENT;
    for (char *line; t.slot && t.in >= 0 && r == -ENOENT && (line = proctext_line(&t));) {
        if (!take_range(line, &low, &high) || headers < low || headers >= high)
            continue;
        char *path = mapped_path(line);
        r = *path == '/' ? reverse_path(k->c, path, (u32)strlen(path), out, cap) : -EINVAL;
    }
    if (t.in >= 0)
        sys1(SYS_close, t.in);
    if (t.slot)
        slot_put(k->c, t.slot);
    return r;
}
