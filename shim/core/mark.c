/* Marks of lower entries, and temps (upper.md sections 2, 3 and 5). A mark is made once, exclusively, and never changes. */
#include "view.h"

static int mark_path(const struct name *n, char out[NAME_LEN_MAX + 20])
{
    u32 len = name_last_len(n);
    if (len > NAME_LEN_MAX)
        return -ENAMETOOLONG;
    text_hex16(out, n->dir_hash);
    out[16] = '/';
    memcpy(out + 17, name_last(n), len);
    out[17 + len] = 0;
    return 0;
}

int mark_folder(const struct name *dir, char out[20])
{
    text_hex16(out, dir->hash);
    out[16] = 0;
    return 0;
}

int mark_read(struct call *k, const struct name *n, char temp[TEMP_MAX])
{
    char path[NAME_LEN_MAX + 20];
    int r = mark_path(n, path), fd = place_fd(k, PLACE_DEAD);
    if (r < 0 || fd < 0)
        return r < 0 ? r : fd;
    long len = sys4(SYS_readlinkat, fd, path, temp, TEMP_MAX - 1);
    if (len == -ENOENT)
        return MARK_NONE;
    if (len == -EINVAL)
        return MARK_GONE; /* a link of dead/gone */
    if (len < 0)
        return (int)len;
    temp[len] = 0;
    return MARK_COPIED;
}

int mark_time(struct call *k, const struct name *n, struct timespec *made)
{
    char path[NAME_LEN_MAX + 20];
    struct stat st;
    int r = mark_path(n, path), fd = place_fd(k, PLACE_DEAD);
    if (r < 0 || fd < 0)
        return r < 0 ? r : fd;
    r = (int)sys4(SYS_newfstatat, fd, path, &st, AT_SYMLINK_NOFOLLOW);
    *made = st.st_mtim;
    return r;
}

static int mark_make(struct call *k, const struct name *n, const char *temp)
{
    char path[NAME_LEN_MAX + 20], old[TEMP_MAX];
    int err = mark_path(n, path), fd = place_fd(k, PLACE_DEAD);
    if (!err && fd >= 0)
        err = bloom_touch(k->c, n);
    if (err < 0 || fd < 0)
        return err < 0 ? err : fd;
    for (;;) {
        long r = temp ? sys3(SYS_symlinkat, temp, fd, path) : sys5(SYS_linkat, fd, "gone", fd, path, 0);
        if (r == -EMLINK && !temp)
            r = sys4(SYS_mknodat, fd, path, S_IFREG | 0600, 0);
        /* After a lost NFS reply the mark that we made ourselves is there. */
        if (r == -EEXIST && temp && mark_read(k, n, old) == MARK_COPIED && str_equal(old, temp))
            return 0;
        if (r != -ENOENT)
            return (int)r;
        path[16] = 0;
        r = sys3(SYS_mkdirat, fd, path, 0700);
        path[16] = '/';
        if (r && r != -EEXIST)
            return (int)r;
    }
}

int mark_gone(struct call *k, const struct name *n)
{
    return mark_make(k, n, NULL);
}

int mark_copied(struct call *k, const struct name *n, const char *temp)
{
    return mark_make(k, n, temp);
}

int publish(struct call *k, const struct name *n, const char *temp)
{
    int work = place_fd(k, PLACE_WORK), upper = place_fd(k, PLACE_UPPER);
    if (work < 0 || upper < 0)
        return work < 0 ? work : upper;
    return (int)sys4(SYS_renameat, work, temp, upper, name_rel(n));
}

int publish_pending(struct call *k, const struct name *n, const char *temp)
{
    int r = publish(k, n, temp);
    /* A pending name keeps its parents (section 6): without them there was no temp either. */
    return r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

int publish_new(struct call *k, const struct name *n, const char *temp)
{
    int work = place_fd(k, PLACE_WORK), upper = place_fd(k, PLACE_UPPER);
    if (work < 0 || upper < 0)
        return work < 0 ? work : upper;
    long r = sys5(SYS_renameat2, work, temp, upper, name_rel(n), 1 /* RENAME_NOREPLACE */);
    if (r != -ENOSYS && r != -EINVAL)
        return (int)r;
    r = sys5(SYS_linkat, work, temp, upper, name_rel(n), 0);
    if (!r)
        sys3(SYS_unlinkat, work, temp, 0);
    return (int)r;
}

/* 16 hex digits that tell this host (and pid name space) from others: a hash of the boot id and /proc/self/ns/pid. */
static void host_id_make(struct core *c)
{
    char text[128];
    size_t len = 0;
    long fd = sys4(SYS_openat, AT_FDCWD, "/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0) {
        long n = sys3(SYS_read, fd, text, 40);
        sys1(SYS_close, fd);
        len = n > 0 ? (size_t)n : 0;
    }
    long n = sys4(SYS_readlinkat, AT_FDCWD, "/proc/self/ns/pid", text + len, sizeof text - len);
    if (n > 0)
        len += (size_t)n;
    char id[17];
    text_hex16(id, hash_end(hash_more(hash_start(0), text, len)));
    memcpy(c->host_id, id, 16);
}

int temp_name(struct call *k, char kind, u64 hash, char out[TEMP_MAX])
{
    struct core *c = k->c;
    if (!c->host_id[0])
        host_id_make(c);
    size_t pos = 0;
    char part[24];
    out[pos++] = kind;
    out[pos++] = '.';
    text_hex16(out + pos, hash);
    pos += 16;
    out[pos++] = '.';
    memcpy(out + pos, c->host_id, 16);
    pos += 16;
    out[pos++] = '.';
    unsigned n = text_decimal(part, (u64)sys0(SYS_getpid));
    text_add(out, TEMP_MAX, &pos, part, n);
    text_add(out, TEMP_MAX, &pos, ".", 1);
    n = text_decimal(part, __atomic_fetch_add(&c->counter, 1, __ATOMIC_RELAXED));
    return text_add(out, TEMP_MAX, &pos, part, n) ? 0 : -ENAMETOOLONG;
}
