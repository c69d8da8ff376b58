/* Names whose path from the root is longer than a system call takes (PATH_MAX): reached by relative steps, from the cwd or a descriptor. Nothing of
 * an image lies so deep, so the kernel looks them up itself, below the directory that the path starts from; that directory stands for the upper
 * (or the bind) while the call lasts. The kernel cannot follow the upper's links; a link at the end is followed here. ".." may lead a few steps
 * up only: further than that is where a path can be told again. */
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

/* Puts the link's text in place of the last component. 1 = look again, 0 = it leads to the root: *absolute is its text, or -errno. */
static int follow(struct spot *s, int dir, const char **absolute)
{
    u32 skip = s->kind == KIND_OBJECT ? DEFUSED_LEN : 0, at = s->name.dir_len + 1;
    char *text = s->buf + SLOT_SIZE / 2;
    long n = sys4(SYS_readlinkat, dir, s->buf + 1, text, CORE_PATH_MAX);
    if (n < (long)skip + 1)
        return n < 0 ? (int)n : -ENOENT;
    text[n] = 0;
    *absolute = text + skip;
    if (text[skip] == '/')
        return 0;
    if (at + (u32)n >= SLOT_SIZE / 2)
        return -ENAMETOOLONG;
    memmove(s->buf + at, text + skip, (size_t)n - skip + 1);
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

int deep_walk(struct call *k, int dirfd, const char *guest, unsigned flags, struct spot *s)
{
    const char *absolute;
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
    for (int hops = 0;; hops++) {
        struct stat st;
        s->must_dir = false;
        s->dots = 0;
        int r = hops > HOPS_MAX ? -ELOOP : check_text(s, s->buf + 1);
        if (r)
            return r;
        set_name(k, s, (u32)strlen(s->buf));
        r = (int)sys4(SYS_newfstatat, dir, s->buf + 1, &st, AT_SYMLINK_NOFOLLOW);
        s->kind = r == -ENOENT && kind == KIND_OBJECT ? KIND_NONE : kind;
        s->mode = r ? 0 : st.st_mode;
        if (r)
            return r == -ENOENT ? 0 : r;
        if (!S_ISLNK(st.st_mode) || !(flags & WALK_FOLLOW))
            return s->must_dir && !S_ISDIR(st.st_mode) && !(flags & WALK_NAME) ? -ENOTDIR : 0;
        r = follow(s, dir, &absolute);
        if (r < 0)
            return r;
        if (!r) {
            k->deep = 0;
            memmove(s->buf, absolute, strlen(absolute) + 1);
            struct slot *slot = s->slot;
            r = walk_text(k, slot->bytes, flags, s);
            slot_put(k->c, slot);
            return r;
        }
    }
}
