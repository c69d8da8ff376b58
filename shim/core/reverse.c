/* From host paths back to guest paths: for descriptors, cwd and the links of /proc. The kernel's text is physical, and so are the paths in
 * the plan (the launcher resolves them). */
#include "view.h"

/* Skips prefix in *s (len left in *n) when it is one. */
static bool skip(const char **s, u32 *n, const char *prefix)
{
    u32 len = (u32)strlen(prefix);
    if (len > *n || memcmp(*s, prefix, len))
        return false;
    *s += len;
    *n -= len;
    return true;
}

/* A plan path, absolute or relative to the store, as prefix of whole components. */
static bool skip_path(const struct core *c, const char **s, u32 *n, const char *prefix, const char *folder)
{
    const char *at = *s;
    u32 left = *n;
    if (*prefix != '/' && (!skip(&at, &left, c->store) || !skip(&at, &left, "/")))
        return false;
    if (!str_equal(prefix, "/") && !skip(&at, &left, prefix))
        return false;
    if (!skip(&at, &left, folder) || (left && *at != '/'))
        return false;
    *s = at;
    *n = left;
    return true;
}

/* The upper or a layer. */
static bool skip_union(const struct core *c, const char **s, u32 *n)
{
    bool found = skip_path(c, s, n, c->strings + c->con->tree, "/upper");
    for (u32 i = 0; !found && !c->host && i < c->nlayers; i++)
        found = skip_path(c, s, n, c->strings + c->layers[i], "");
    return found;
}

int reverse_path(struct core *c, const char *host, u32 len, char *out, size_t cap)
{
    const char *rest = host, *guest = "";
    u32 n = len;
    bool found = skip_union(c, &rest, &n);
    u32 best = 0;
    for (u32 i = 0; !found && i < c->nbinds; i++) {
        const char *at = host;
        u32 left = len, host_len = (u32)strlen(bind_host(c, (int)i));
        if (host_len > best && skip_path(c, &at, &left, bind_host(c, (int)i), "")) {
            best = host_len;
            guest = bind_guest(c, (int)i);
            rest = at;
            n = left;
        }
    }
    if (!found && !best && !c->host)
        return -ENOENT;
    size_t pos = 0;
    if (n == 1 && *rest == '/')
        n = 0;
    if (!text_add(out, cap, &pos, guest, strlen(guest)) || !text_add(out, cap, &pos, rest, n))
        return -ENAMETOOLONG;
    return (int)pos;
}

/* A file of ours in LPMX_SHM itself: a leased bloom, the sites of the preload engine. */
static bool is_shared_file(const char *host, u32 len)
{
    static const char start[] = LPMX_SHM "/lpmx-";
    u32 at = sizeof start - 1;
    if (len <= at || memcmp(host, start, at))
        return false;
    while (at < len && host[at] >= '0' && host[at] <= '9')
        at++;
    return str_starts(host + at, ".bloom.") || str_starts(host + at, ".sites");
}

bool reverse_internal(const struct core *c, const char *host, u32 len)
{
    const char *folders[] = {c->store, c->strings + c->con->tree}, *plan = c->plan, *rest = host;
    u32 n = len;
    if (skip_union(c, &rest, &n))
        return false;
    for (int i = 0; i < 2; i++) {
        const char *at = host;
        u32 left = len;
        if (skip_path(c, &at, &left, folders[i], ""))
            return true;
    }
    return (len == strlen(plan) && !memcmp(host, plan, len)) || is_shared_file(host, len);
}

/* The host path of a descriptor, in slot; its length or -errno. */
static long host_path(struct core *c, int fd, struct slot *slot)
{
    char link[40];
    size_t pos = 0;
    if (fd < 0 || fds_ours(c, fd))
        return -EBADF;
    text_add(link, sizeof link, &pos, "/proc/self/fd/", 14);
    text_decimal(link + pos, (u64)fd);
    long n = sys4(SYS_readlinkat, AT_FDCWD, link, slot->bytes, SLOT_SIZE);
    return n == -ENOENT ? -EBADF : n > 0 && slot->bytes[0] != '/' ? -ENOTDIR : n;
}

int reverse_fd(struct call *k, int fd, char *out, size_t cap)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    long n = host_path(k->c, fd, slot);
    int r = n < 0 ? (int)n : reverse_path(k->c, slot->bytes, (u32)n, out, cap);
    slot_put(k->c, slot);
    return r;
}

bool reverse_in_tree(struct call *k, int fd)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return false;
    const char *at = slot->bytes;
    long n = host_path(k->c, fd, slot);
    u32 len = (u32)n;
    bool inside = n > 0 && skip_path(k->c, &at, &len, k->c->strings + k->c->con->tree, "");
    slot_put(k->c, slot);
    return inside;
}

bool reverse_in_layer(struct call *k, int fd)
{
    const struct core *c = k->c;
    long how = sys2(SYS_fcntl, fd, F_GETFL);
    if (how < 0 || (how & 3) != O_RDONLY) /* a layer's are never open for writing */
        return false;
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return true;
    const char *at = slot->bytes;
    long n = host_path(k->c, fd, slot);
    u32 len = (u32)n;
    bool inside = n == -ENAMETOOLONG;
    for (u32 i = 0; n > 0 && !inside && i < c->nlayers; i++)
        inside = skip_path(c, &at, &len, c->strings + c->layers[i], "");
    for (u32 i = 0; inside && c->host && n > 0 && i < c->nbinds; i++) {
        at = slot->bytes;
        len = (u32)n;
        inside = !skip_path(c, &at, &len, bind_host(c, (int)i), "");
    }
    slot_put(k->c, slot);
    return inside;
}
