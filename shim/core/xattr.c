/* Extended attributes (upper.md section 7). user.* of an object is the host's own; security.* and trusted.*, which the host would refuse,
 * lie there as user.lpmx.*; those of lower entries stand in the index (contract.h, struct lpmx_entry). Nobody acts on file capabilities:
 * they are shown, kept and committed. There are no *at calls before Linux 6.13, so host paths go through /proc/self/fd. */
#include "caps.h"
#include "ops.h"

#define KEPT "user.lpmx."
#define KEPT_LEN 10
#define NAME_CAP 256 /* XATTR_NAME_MAX and a NUL */

enum wish { WISH_GET, WISH_LIST, WISH_SET, WISH_REMOVE };

/* A name as the guest says it and as the host has it. */
struct attr {
    char text[KEPT_LEN + NAME_CAP];
    const char *guest, *host; /* host NULL: of a kind that nobody has here */
};

/* Where the host has an object: a path, of which the last link is not followed, or one of /proc that has to be. */
struct where {
    const char *path;
    bool follow;
};

static bool privileged(const struct call *k)
{
    return k->c->ids.effective & CAP_SETFCAP;
}

static void name_for_host(struct attr *a)
{
    a->guest = a->text + KEPT_LEN;
    bool kept = str_starts(a->guest, "security.") || str_starts(a->guest, "trusted.") || str_starts(a->guest, KEPT);
    memcpy(a->text, KEPT, KEPT_LEN);
    a->host = kept ? a->text : str_starts(a->guest, "user.") ? a->guest : NULL;
}

/* 0 or -errno (xattr(7)). */
static long name_of_guest(struct call *k, enum wish wish, long name, struct attr *a)
{
    long n = wish == WISH_LIST ? 1 : guest_copy_str(a->text + KEPT_LEN, (const char *)name, NAME_CAP);
    if (wish == WISH_LIST)
        return 0;
    if (n <= 0)
        return !n || n == -ENAMETOOLONG ? -ERANGE : n;
    name_for_host(a);
    if (!a->host)
        return wish == WISH_SET || !str_starts(a->guest, "system.posix_acl_") ? -EOPNOTSUPP : -ENODATA;
    bool others = a->host != a->guest && !privileged(k);
    if (others && wish == WISH_GET)
        return str_starts(a->guest, "trusted.") ? -ENODATA : 0;
    return others ? -EPERM : 0;
}

/* What the guest is shown of a name that the host (or the index, with `lower`) has; NULL: nothing. */
static const char *shown(const struct call *k, const char *name, bool lower)
{
    if (!lower && str_starts(name, KEPT))
        name += KEPT_LEN;
    else if (!lower && !str_starts(name, "user."))
        return NULL;
    return str_starts(name, "trusted.") && !privileged(k) ? NULL : name;
}

/* One more name of a list for the guest: it is only counted when the guest asks for the size. */
static long list_add(const struct call *k, const long *a, long *total, const char *name, bool lower)
{
    const char *text = shown(k, name, lower);
    long len = text ? (long)strlen(text) + 1 : 0;
    if (!len)
        return 0;
    if (a[2] && *total + len > a[2])
        return -ERANGE;
    long r = a[2] ? guest_write((char *)a[1] + *total, text, (size_t)len) : 0;
    *total += len;
    return r;
}

/* `a` is as of llistxattr and lgetxattr: where, then name, value, size, or list, size. */
static long lower_read(struct call *k, const struct lpmx_entry *e, enum wish wish, const struct attr *name, const long *a)
{
    struct index_attr at;
    long r = 0, total = 0;
    for (u32 next = e->ext; index_attr_next(&k->c->index, &next, &at);) {
        if (wish == WISH_LIST) {
            r = list_add(k, a, &total, at.name, true);
            if (r)
                return r;
        } else if (str_equal(at.name, name->guest)) {
            if (wish == WISH_REMOVE || !a[3])
                return at.len;
            r = at.len > (u64)a[3] ? -ERANGE : guest_write((void *)a[2], at.value, at.len);
            return r ? r : (long)at.len;
        }
    }
    return wish == WISH_LIST ? total : -ENODATA;
}

static long host_list(struct call *k, const struct where *w, const long *a)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    long n = sys3(w->follow ? SYS_listxattr : SYS_llistxattr, w->path, slot->bytes, SLOT_SIZE - 1), total = 0, r = 0;
    slot->bytes[n > 0 ? n : 0] = 0;
    for (long at = 0; !r && at < n; at += (long)strlen(slot->bytes + at) + 1)
        r = list_add(k, a, &total, slot->bytes + at, false);
    slot_put(k->c, slot);
    return n == -EOPNOTSUPP ? 0 : n < 0 ? n : r ? r : total;
}

static long host_call(struct call *k, const struct where *w, enum wish wish, const struct attr *name, const long *a)
{
    long r;
    switch (wish) {
    case WISH_LIST:
        return host_list(k, w, a);
    case WISH_GET:
        r = sys4(w->follow ? SYS_getxattr : SYS_lgetxattr, w->path, name->host, a[2], a[3]);
        break;
    case WISH_SET:
        r = sys5(w->follow ? SYS_setxattr : SYS_lsetxattr, w->path, name->host, a[2], a[3], a[4]);
        break;
    default:
        r = sys2(w->follow ? SYS_removexattr : SYS_lremovexattr, w->path, name->host);
    }
    /* Links, devices and sockets can have none of user.*, where others could: then the host cannot hold it. */
    if (r == -EPERM && name->host != name->guest)
        r = wish == WISH_SET ? -EOPNOTSUPP : -ENODATA;
    return r;
}

static size_t descriptor_path(char *out, size_t cap, int fd)
{
    size_t pos = 0;
    text_add(out, cap, &pos, "/proc/self/fd/", 14);
    return pos + text_decimal(out + pos, (u64)fd);
}

/* The host path of a name in a folder, in slot. 0 or -errno. */
static long where_at(struct slot *slot, int fd, const char *path, struct where *w)
{
    size_t pos = fd == AT_FDCWD ? 0 : descriptor_path(slot->bytes, SLOT_SIZE, fd);
    if (pos)
        text_add(slot->bytes, SLOT_SIZE, &pos, "/", 1);
    *w = (struct where){slot->bytes, false};
    return text_add(slot->bytes, SLOT_SIZE, &pos, path, strlen(path)) ? 0 : -ENAMETOOLONG;
}

static long spot_call(struct call *k, const struct spot *s, enum wish wish, const struct attr *name, const long *a)
{
    const char *path;
    struct where w;
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    int fd = spot_at(k, s, &path);
    long r = fd < 0 && fd != AT_FDCWD ? fd : where_at(slot, fd, path, &w);
    if (!r)
        r = host_call(k, &w, wish, name, a);
    slot_put(k->c, slot);
    return r;
}

/* Below a bind, and of the files of the image `host`, what the host has is what there is. */
static long spot_native(struct call *k, const struct spot *s, enum wish wish, const long *a)
{
    static const long numbers[] = {SYS_lgetxattr, SYS_llistxattr, SYS_lsetxattr, SYS_lremovexattr};
    const char *path;
    struct where w;
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    int fd = spot_at(k, s, &path);
    long r = fd < 0 && fd != AT_FDCWD ? fd : where_at(slot, fd, path, &w);
    if (!r)
        r = sys5(numbers[wish], w.path, a[1], a[2], a[3], a[4]);
    slot_put(k->c, slot);
    return r;
}

/* -EAGAIN: it was copied up, or somebody did something; look again. */
static long act(struct call *k, struct spot *s, enum wish wish, const long *a)
{
    struct attr name;
    bool changes = wish >= WISH_SET;
    if (s->kind == KIND_NONE)
        return -ENOENT;
    long r = changes ? spot_writable(k, s) : 0;
    if (s->kind == KIND_BIND) {
        int mode = r ? spot_host_mode(k, s) : 0;
        return mode < 0 ? mode : r ? r : spot_native(k, s, wish, a);
    }
    long bad = name_of_guest(k, wish, a[1], &name);
    if (bad || r)
        return bad ? bad : r;
    if (s->kind == KIND_OBJECT)
        return spot_call(k, s, wish, &name, a);
    if (!changes && !s->name.low.entry)
        return spot_native(k, s, wish, a);
    if (!changes)
        return lower_read(k, s->name.low.entry, wish, &name, a);
    if (name.host == name.guest && !S_ISREG(s->name.low.mode) && !S_ISDIR(s->name.low.mode))
        return -EPERM; /* links, devices and the like have none of user.* (fs/xattr.c) */
    if (wish == WISH_REMOVE && s->name.low.entry && (r = lower_read(k, s->name.low.entry, wish, &name, a)) < 0)
        return r;
    struct touch t = {.length = -1};
    r = first_touch(k, &s->name, &t);
    return r ? r : -EAGAIN;
}

static long by_path(struct call *k, const long *a, bool follow, enum wish wish)
{
    struct spot s;
    long r;
    do {
        r = walk(k, AT_FDCWD, (const char *)a[0], follow ? WALK_FOLLOW : 0, &s);
        if (!r)
            r = act(k, &s, wish, a);
        walk_end(k, &s);
    } while (r == -EAGAIN);
    return r;
}

/* An open object is meant whatever its name is by now. */
static long by_object(struct call *k, const long *a, enum wish wish)
{
    struct attr name;
    char path[40];
    long r = name_of_guest(k, wish, a[1], &name);
    if (!r && wish >= WISH_SET && k->c->readonly)
        r = -EROFS;
    descriptor_path(path, sizeof path, (int)a[0]);
    return r ? r : host_call(k, &(struct where){path, true}, wish, &name, a);
}

static long by_descriptor(struct call *k, const long *a, enum wish wish)
{
    struct spot s;
    long flags = sys2(SYS_fcntl, a[0], F_GETFL);
    if (flags < 0 || flags & O_PATH)
        return -EBADF;
    if (reverse_in_tree(k, (int)a[0]))
        return by_object(k, a, wish);
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    int n = reverse_fd(k, (int)a[0], slot->bytes, SLOT_SIZE);
    long r = CORE_PASS;
    while (n > 0) {
        r = walk_text(k, slot->bytes, WALK_WHOLE, &s);
        if (r || s.kind == KIND_NONE || s.kind == KIND_BIND) /* of a layer's file that was removed: no layer changes */
            r = wish >= WISH_SET && reverse_in_layer(k, (int)a[0]) ? -EOPNOTSUPP : CORE_PASS;
        else
            r = act(k, &s, wish, a);
        walk_end(k, &s);
        if (r != -EAGAIN)
            break;
    }
    slot_put(k->c, slot);
    return r;
}

long op_setxattr(struct call *k, const long *a) { return by_path(k, a, true, WISH_SET); }
long op_lsetxattr(struct call *k, const long *a) { return by_path(k, a, false, WISH_SET); }
long op_fsetxattr(struct call *k, const long *a) { return by_descriptor(k, a, WISH_SET); }
long op_getxattr(struct call *k, const long *a) { return by_path(k, a, true, WISH_GET); }
long op_lgetxattr(struct call *k, const long *a) { return by_path(k, a, false, WISH_GET); }
long op_fgetxattr(struct call *k, const long *a) { return by_descriptor(k, a, WISH_GET); }
long op_listxattr(struct call *k, const long *a) { return by_path(k, a, true, WISH_LIST); }
long op_llistxattr(struct call *k, const long *a) { return by_path(k, a, false, WISH_LIST); }
long op_flistxattr(struct call *k, const long *a) { return by_descriptor(k, a, WISH_LIST); }
long op_removexattr(struct call *k, const long *a) { return by_path(k, a, true, WISH_REMOVE); }
long op_lremovexattr(struct call *k, const long *a) { return by_path(k, a, false, WISH_REMOVE); }
long op_fremovexattr(struct call *k, const long *a) { return by_descriptor(k, a, WISH_REMOVE); }

void xattr_drop_caps(struct call *k, int fd, const char *path)
{
    static const char name[] = KEPT "security.capability";
    struct where w;
    struct slot *slot = path ? slot_get(k->c) : NULL;
    if (!path)
        sys2(SYS_fremovexattr, fd, name);
    else if (slot && !where_at(slot, fd, path, &w))
        sys2(SYS_lremovexattr, w.path, name);
    if (slot)
        slot_put(k->c, slot);
}

static void set_copy(int out, const char *guest, u32 guest_len, const char *value, u32 len, bool caps)
{
    struct attr name;
    if (guest_len >= NAME_CAP || (!caps && str_equal(guest, "security.capability")))
        return;
    memcpy(name.text + KEPT_LEN, guest, guest_len);
    name.text[KEPT_LEN + guest_len] = 0;
    name_for_host(&name);
    if (name.host)
        sys5(SYS_fsetxattr, out, name.host, value, len, 0);
}

/* The image `host`: what its files have, but for values that no slot holds. */
static void copy_of_host(struct call *k, int in, int out, bool caps)
{
    struct slot *names = slot_get(k->c), *value = slot_get(k->c);
    long n = names && value ? sys3(SYS_flistxattr, in, names->bytes, SLOT_SIZE - 1) : 0;
    if (n > 0)
        names->bytes[n] = 0;
    for (long at = 0; at < n;) {
        const char *name = names->bytes + at;
        u32 len = (u32)strlen(name);
        at += len + 1;
        long got = sys4(SYS_fgetxattr, in, name, value->bytes, SLOT_SIZE);
        if (got >= 0)
            set_copy(out, name, len, value->bytes, (u32)got, caps);
    }
    if (names)
        slot_put(k->c, names);
    if (value)
        slot_put(k->c, value);
}

void xattr_copy(struct call *k, const struct low *low, int in, int out, bool caps)
{
    struct index_attr at;
    if (!low->entry) {
        copy_of_host(k, in, out, caps);
        return;
    }
    for (u32 next = low->entry->ext; index_attr_next(&k->c->index, &next, &at);)
        set_copy(out, at.name, at.name_len, at.value, at.len, caps);
}
