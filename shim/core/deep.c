/* Names whose path from the root is longer than a system call takes (PATH_MAX): reached by relative steps, from the cwd or a descriptor. Nothing of
 * an image lies so deep, so the kernel looks them up itself, below the directory that the path starts from; that directory stands for the upper
 * (or the bind) while the call lasts. Links are followed here. ".." may lead a few steps up only: further than that is where a path can
 * be told again. */
#include "view.h"

#define UPS_MAX 8  /* eight names of 255 bytes are shorter than DEEP_FROM */
#define HOPS_MAX 40

/* In what the directory lies: -1 the upper, else the number of a bind; -ENAMETOOLONG: neither is to be seen. */
static int place_of(struct call *k, int dir)
{
    struct slot *slot = slot_get(k->c);
    long fd = sys4(SYS_openat, dir, ".", O_PATH | O_CLOEXEC, 0);
    int r = -EAGAIN;
    for (int i = 0; slot && fd >= 0 && r == -EAGAIN && i < 256; i++) {
        int n = reverse_fd(k, (int)fd, slot->bytes, SLOT_SIZE);
        if (n >= 0)
            r = reverse_in_tree(k, (int)fd) ? -1 : bind_over(k->c, slot->bytes, (u32)n);
        if (n >= 0 && r == -1 && !reverse_in_tree(k, (int)fd))
            r = -ENAMETOOLONG; /* a layer */
        if (n < 0 && n != -ENAMETOOLONG)
            r = n;
        long up = sys4(SYS_openat, fd, "../../../../../../../..", O_PATH | O_CLOEXEC, 0);
        sys1(SYS_close, fd);
        fd = up;
    }
    if (fd >= 0)
        sys1(SYS_close, fd);
    if (slot)
        slot_put(k->c, slot);
    return r == -EAGAIN ? -ENAMETOOLONG : r;
}

/* ".." more often than UPS_MAX, or a name longer than any: -ENAMETOOLONG. */
static int check_text(struct spot *s, const char *text)
{
    u32 ups = 0;
    for (const char *at = text; *at;) {
        u32 len = 0;
        while (at[len] && at[len] != '/')
            len++;
        bool up = len == 2 && at[0] == '.' && at[1] == '.';
        ups += up;
        if (len > NAME_LEN_MAX || ups > UPS_MAX)
            return -ENAMETOOLONG;
        s->must_dir = at[len] == '/' && !at[len + 1];
        if (len)
            s->dots = up ? 2 : len == 1 && *at == '.';
        at += len + (at[len] == '/');
    }
    s->must_dir = s->must_dir || s->dots;
    return 0;
}

/* The name "/" + text: relative to the directory that stands for the upper. */
static void set_name(struct call *k, struct spot *s, u32 len)
{
    while (len > 1 && s->buf[len - 1] == '/')
        s->buf[--len] = 0;
    s->name.path = s->buf;
    name_set(k, &s->name, s->buf, len);
}

/* The first link that the path leads through: where its name ends, or 0. The kernel cannot follow those of the upper, and must not follow those
 * below a bind, which would lead to the host's root. */
static u32 link_on_the_way(struct spot *s, int dir)
{
    for (u32 end = 2; s->buf[end]; end++) {
        struct stat st;
        if (s->buf[end] != '/' || s->buf[end - 1] == '/')
            continue;
        s->buf[end] = 0;
        long r = sys4(SYS_newfstatat, dir, s->buf + 1, &st, AT_SYMLINK_NOFOLLOW);
        s->buf[end] = '/';
        if (r || S_ISLNK(st.st_mode))
            return r ? 0 : end;
    }
    return 0;
}

/* Puts the link's text in place of the name that ends at `end`. 1 = look again, 0 = it leads to the root: *absolute is the new path, or -errno. */
static int follow(struct call *k, struct spot *s, int dir, u32 end, const char **absolute)
{
    char *text = s->buf + SLOT_SIZE / 2, cut = s->buf[end];
    struct identity owner;
    u32 at = end, tail = (u32)strlen(s->buf + end);
    while (s->buf[at - 1] != '/')
        at--;
    s->buf[end] = 0;
    long n = sys4(SYS_readlinkat, dir, s->buf + 1, text, CORE_PATH_MAX);
    s->buf[end] = cut;
    if (n < 0)
        return (int)n;
    text[n] = 0;
    u32 skip = s->kind == KIND_OBJECT ? link_skip(k->c, text, n, &owner) : 0, len = (u32)n - skip;
    if (!len)
        return -ENOENT;
    if (at + len + tail >= SLOT_SIZE / 2)
        return -ENAMETOOLONG;
    *absolute = text + skip;
    if (text[skip] == '/') {
        memcpy(text + n, s->buf + end, tail + 1);
        return 0;
    }
    memmove(s->buf + at + len, s->buf + end, tail + 1);
    memcpy(s->buf + at, text + skip, len);
    return 1;
}

static bool same_directory(int a, int b)
{
    struct stat x, y;
    return !sys2(SYS_fstat, a, &x) && !sys2(SYS_fstat, b, &y) && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

/* The directory that the path starts from becomes the call's. Its descriptor, or -errno. */
static int enter(struct call *k, int dirfd, struct spot *s)
{
    long fd = sys4(SYS_openat, dirfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0)
        return (int)fd;
    call_keep(k, (int)fd);
    if (k->deep && !same_directory((int)fd, k->deep - 1))
        return -EXDEV;
    int place = place_of(k, (int)fd);
    if (place < -1)
        return place;
    s->kind = place < 0 ? KIND_OBJECT : KIND_BIND;
    s->bind = place;
    s->bind_skip = 0;
    s->deep = true;
    k->deep = (int)fd + 1;
    return (int)fd;
}

/* Looks at the path as it is now. 1 = a link is to be followed, whose name ends at *end, 0 = the spot is settled, or -errno. */
static int look(struct call *k, struct spot *s, int dir, enum kind kind, unsigned flags, u32 *end)
{
    struct stat st;
    bool slash = s->must_dir; /* of the path before a link was put in: it has been cut off */
    s->must_dir = false;
    s->dots = 0;
    int r = check_text(s, s->buf + 1);
    if (r)
        return r;
    s->must_dir = s->must_dir || slash;
    set_name(k, s, (u32)strlen(s->buf));
    s->kind = kind;
    if (kind == KIND_BIND && (*end = link_on_the_way(s, dir)))
        return 1;
    r = (int)sys4(SYS_newfstatat, dir, s->buf + 1, &st, AT_SYMLINK_NOFOLLOW);
    if (r == -ENOTDIR && kind == KIND_OBJECT && (*end = link_on_the_way(s, dir)))
        return 1;
    s->kind = r == -ENOENT && kind == KIND_OBJECT ? KIND_NONE : kind;
    s->mode = r ? 0 : st.st_mode;
    if (r)
        return r == -ENOENT ? 0 : r;
    *end = s->name.len;
    slash = s->must_dir && !(flags & WALK_NAME);
    if (S_ISLNK(st.st_mode) && (flags & WALK_FOLLOW || slash))
        return 1;
    return slash && !S_ISDIR(st.st_mode) ? -ENOTDIR : 0;
}

int deep_walk(struct call *k, int dirfd, const char *guest, unsigned flags, struct spot *s)
{
    const char *absolute = NULL;
    if (!s->slot && !(s->slot = slot_get(k->c)))
        return -ENOMEM;
    s->buf = s->slot->bytes;
    s->cap = SLOT_SIZE;
    s->buf[0] = '/';
    long n = guest_copy_str(s->buf + 1, guest, CORE_PATH_MAX);
    if (n < 0 || s->buf[1] == '/')
        return n < 0 ? (int)n : -ENAMETOOLONG;
    int dir = enter(k, dirfd, s);
    if (dir < 0)
        return dir;
    enum kind kind = s->kind;
    u32 end = 0;
    s->must_dir = false;
    for (int hops = 0; hops <= HOPS_MAX; hops++) {
        int r = look(k, s, dir, kind, flags, &end);
        if (r == 1)
            r = follow(k, s, dir, end, &absolute);
        else
            return r;
        if (r < 0)
            return r;
        if (!r) {
            size_t len = strlen(absolute);
            k->deep = 0;
            memmove(s->buf, absolute, len + 1);
            memcpy(s->buf + len, s->must_dir ? "/" : "", 1 + s->must_dir);
            struct slot *slot = s->slot;
            r = walk_text(k, slot->bytes, flags, s);
            slot_put(k->c, slot);
            return r;
        }
    }
    return -ELOOP;
}
