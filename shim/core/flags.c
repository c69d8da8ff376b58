/* ioctl requests that change a file through a descriptor open for reading: chattr's flags, project, version, verity (ioctl_iflags(2)). On a layer's
 * file they would change the layer: the file is copied up and its copy changed, as the kernel's overlay does. */
#include "ops.h"

/* The copy of the lower entry at s, open for reading: descriptor, -EAGAIN, or -errno. */
static long open_copy(struct call *k, struct spot *s)
{
    struct touch t = {.length = -1, .open = S_ISREG(s->name.low.mode), .flags = O_RDONLY | O_CLOEXEC};
    if (k->c->readonly)
        return -EROFS;
    if (!S_ISREG(s->name.low.mode) && !S_ISDIR(s->name.low.mode))
        return -ENOTTY;
    int r = S_ISDIR(s->name.low.mode) ? bring_up(k, &s->name) : first_touch(k, &s->name, &t);
    if (r)
        return r;
    return t.open ? t.fd : sys4(SYS_openat, place_fd(k, PLACE_UPPER), name_rel(&s->name), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

static long change_copy(struct call *k, const char *path, const long *a)
{
    struct spot s;
    long r;
    do {
        r = walk_text(k, path, WALK_WHOLE, &s);
        if (!r)
            r = s.kind == KIND_LOWER ? open_copy(k, &s) : -EOPNOTSUPP; /* removed or replaced since it was opened */
        walk_end(k, &s);
    } while (r == -EAGAIN);
    if (r < 0)
        return r;
    long fd = r;
    r = sys3(SYS_ioctl, fd, a[1], a[2]);
    sys1(SYS_close, fd);
    return r;
}

long op_ioctl(struct call *k, const long *a)
{
    if (reverse_in_tree(k, (int)a[0]))
        return k->c->readonly ? -EROFS : CORE_PASS;
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    int n = reverse_fd(k, (int)a[0], slot->bytes, SLOT_SIZE), bind = n < 0 ? -1 : bind_over(k->c, slot->bytes, (u32)n);
    long r = CORE_PASS;
    if (n == 0)
        slot->bytes[n++] = '/', slot->bytes[n] = 0;
    if (bind >= 0)
        r = k->c->binds[bind].flags & LPMX_BIND_RO ? -EROFS : CORE_PASS;
    else if (n > 0)
        r = change_copy(k, slot->bytes, a);
    slot_put(k->c, slot);
    return r;
}
