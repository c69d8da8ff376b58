/* The container's mounts: its root, and each bind with the mount of the host that holds it (proc(5): mountinfo, mounts). Host mounts below a bind are
 * shown below it: /dev/pts, control groups. */
#include "proctext.h"
#include <sys/mman.h>
#include <sys/sysmacros.h>

#define HOST_MAX (1u << 20) /* bytes of the host's mountinfo that are read */

/* A line of mountinfo: "id parent major:minor root point options [tags…] - type source super-options". */
struct mount {
    const char *device, *root, *point, *options, *type, *source, *super;
    u32 device_len, root_len, point_len, options_len, type_len, source_len, super_len;
};

struct list {
    struct proctext *t;
    const char *text;
    u32 len;
    bool info;
    u32 id;
};

static u32 word(const char *s, const char *end)
{
    const char *p = s;
    while (p < end && *p != ' ' && *p != '\n')
        p++;
    return (u32)(p - s);
}

static const char *next(const char *s, const char *end, u32 *len)
{
    s += *len + (s + *len < end && s[*len] == ' ');
    *len = word(s, end);
    return s;
}

/* The line at *at, moved behind it. False when it is none. */
static bool take_mount(const char **at, const char *end, struct mount *m)
{
    const char *line = *at, *stop = line;
    while (stop < end && *stop != '\n')
        stop++;
    *at = stop + (stop < end);
    u32 len = word(line, stop);
    line = next(line, stop, &len);
    m->device = next(line, stop, &len), m->device_len = len;
    m->root = next(m->device, stop, &len), m->root_len = len;
    m->point = next(m->root, stop, &len), m->point_len = len;
    m->options = next(m->point, stop, &len), m->options_len = len;
    const char *s = next(m->options, stop, &len);
    while (len && !(len == 1 && *s == '-'))
        s = next(s, stop, &len);
    m->type = next(s, stop, &len), m->type_len = len;
    m->source = next(m->type, stop, &len), m->source_len = len;
    m->super = next(m->source, stop, &len), m->super_len = len;
    return m->super_len && *m->point == '/';
}

static void put(struct list *l, const char *text, u32 n)
{
    proctext_put(l->t, text, n);
}

static void put_number(struct list *l, u64 v)
{
    char number[24];
    put(l, number, text_decimal(number, v));
}

/* A path of ours; blanks as the kernel writes them (mangle of seq_path). */
static void put_path(struct list *l, const char *s)
{
    for (; *s; s++) {
        char octal[4] = {'\\', (char)('0' + ((unsigned char)*s >> 6)), (char)('0' + (*s >> 3 & 7)), (char)('0' + (*s & 7))};
        bool blank = *s == ' ' || *s == '\t' || *s == '\n' || *s == '\\';
        put(l, blank ? octal : s, blank ? 4 : 1);
    }
}

/* "rw,relatime" with its first word set by what the bind allows. */
static void put_options(struct list *l, const struct mount *m, bool readonly)
{
    bool rw = m->options_len >= 2 && str_starts(m->options, "rw");
    put(l, rw && readonly ? "ro" : m->options, rw ? 2 : m->options_len);
    if (rw)
        put(l, m->options + 2, m->options_len - 2);
}

/* What the guest has at `bind` + tail: root is what of the file system is shown there. */
static void put_mount(struct list *l, const struct mount *m, u32 bind, const char *root_tail, const char *tail, u32 tail_len)
{
    struct core *c = l->t->k->c;
    const char *root, *point = bind_guest(c, (int)bind);
    u32 root_len = root_now(c, &root);
    if (memcmp(point, root, root_len) || (root_len && point[root_len] && point[root_len] != '/'))
        return; /* out of reach of a process that called chroot */
    point += root_len;
    bool readonly = c->binds[bind].flags & LPMX_BIND_RO;
    if (l->info) {
        put_number(l, ++l->id);
        put(l, " 1 ", 3);
        put(l, m->device, m->device_len);
        put(l, " ", 1);
        bool top = m->root_len == 1 && *root_tail;
        put(l, m->root, top ? 0 : m->root_len);
        put_path(l, root_tail);
    } else {
        put(l, m->source, m->source_len);
    }
    put(l, " ", 1);
    put_path(l, *point || tail_len ? point : "/");
    put(l, tail, tail_len);
    put(l, " ", 1);
    if (!l->info) {
        put(l, m->type, m->type_len);
        put(l, " ", 1);
    }
    put_options(l, m, readonly);
    if (l->info) {
        put(l, " - ", 3);
        put(l, m->type, (u32)(m->super + m->super_len - m->type));
        put(l, "\n", 1);
    } else {
        u32 more = m->super_len > 2 && m->super[2] == ',' ? m->super_len - 2 : 0;
        put(l, m->super + 2, more);
        put(l, " 0 0\n", 5);
    }
}

/* path[n] is at or above `below`; *rest = what follows. "/" is above all. */
static bool covers(const char *path, u32 n, const char *below, const char **rest)
{
    if (n == 1)
        n = 0;
    if (memcmp(path, below, n) || (below[n] && below[n] != '/'))
        return false;
    *rest = below + n;
    return true;
}

/* The mount that the host has `host` on; *tail = the rest of host below it. False when there is none. */
static bool mount_of(const struct list *l, const char *host, struct mount *best, const char **tail)
{
    const char *at = l->text, *end = l->text + l->len, *rest;
    u32 len = (u32)strlen(host);
    struct mount m;
    best->point_len = 0;
    while (at < end)
        if (take_mount(&at, end, &m) && m.point_len <= len && covers(m.point, m.point_len, host, &rest) && m.point_len >= best->point_len) {
            *best = m;
            *tail = rest;
        }
    return best->point_len;
}

/* Some bind of its own is where the mount at `bind` + tail would be seen. */
static bool hidden(const struct core *c, u32 bind, const char *tail, u32 len)
{
    const char *guest = bind_guest(c, (int)bind);
    u32 n = (u32)strlen(guest);
    for (u32 i = 0; i < c->nbinds; i++) {
        const char *other = bind_guest(c, (int)i);
        u32 more = (u32)strlen(other) > n ? (u32)strlen(other) - n : 0;
        if (more && more <= len && !memcmp(other, guest, n) && !memcmp(other + n, tail, more) && (more == len || tail[more] == '/'))
            return true;
    }
    return false;
}

static void put_bind(struct list *l, u32 bind)
{
    const char *host = bind_host(l->t->k->c, (int)bind), *tail;
    const char *at = l->text, *end = l->text + l->len;
    u32 len = (u32)strlen(host);
    struct mount m;
    if (!mount_of(l, host, &m, &tail))
        return;
    put_mount(l, &m, bind, tail, "", 0);
    while (at < end)
        if (take_mount(&at, end, &m) && m.point_len > len && !memcmp(m.point, host, len) && m.point[len] == '/' &&
            !hidden(l->t->k->c, bind, m.point + len, m.point_len - len))
            put_mount(l, &m, bind, "", m.point + len, m.point_len - len);
}

/* The root is no mount of the host. Its source is the device that the upper lies on: df takes only names with "/" for devices. */
static void put_root(struct list *l)
{
    struct call *k = l->t->k;
    struct stat st = {0};
    struct mount m;
    const char *how = k->c->readonly ? "ro,relatime" : "rw,relatime", *tail;
    struct slot *slot = slot_get(k->c);
    bool known = slot && place_path(k->c, PLACE_TREE, slot->bytes, SLOT_SIZE) > 0 && mount_of(l, slot->bytes, &m, &tail) && *m.source == '/';
    int fd = place_fd(k, PLACE_UPPER);
    const char *source = known ? m.source : "overlay";
    u32 source_len = known ? m.source_len : 7;
    if (slot)
        slot_put(k->c, slot);
    if (fd >= 0)
        sys2(SYS_fstat, fd, &st);
    l->id = 1;
    if (l->info) {
        proctext_say(l->t, "1 0 ");
        put_number(l, major(st.st_dev));
        put(l, ":", 1);
        put_number(l, minor(st.st_dev));
        proctext_say(l->t, " / / ");
        proctext_say(l->t, how);
        proctext_say(l->t, " - overlay ");
        put(l, source, source_len);
        proctext_say(l->t, " rw\n");
        return;
    }
    put(l, source, source_len);
    proctext_say(l->t, " / overlay ");
    proctext_say(l->t, how);
    proctext_say(l->t, " 0 0\n");
}

void mounts_write(struct proctext *t, bool info)
{
    struct list l = {.t = t, .info = info};
    long memory = sys6(SYS_mmap, 0, HOST_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory < 0 && memory > -4096) {
        t->error = memory;
        return;
    }
    int fd = proctext_open(0, "mountinfo");
    for (long n = 1; fd >= 0 && n > 0 && l.len < HOST_MAX - 1; l.len += n > 0 ? (u32)n : 0)
        n = sys3(SYS_read, fd, memory + l.len, HOST_MAX - 1 - l.len);
    if (fd >= 0)
        sys1(SYS_close, fd);
    l.text = (const char *)memory;
    const char *root;
    if (!root_now(t->k->c, &root)) /* else it is out of reach */
        put_root(&l);
    l.id = 1;
    for (u32 i = 0; i < t->k->c->nbinds; i++)
        if (!(t->k->c->binds[i].flags & LPMX_BIND_HIDDEN))
            put_bind(&l, i);
    sys2(SYS_munmap, memory, HOST_MAX);
}
