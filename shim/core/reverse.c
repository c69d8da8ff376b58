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

int reverse_path(struct core *c, const char *host, u32 len, char *out, size_t cap)
{
    const char *rest = host, *guest = "";
    u32 n = len;
    bool found = skip_path(c, &rest, &n, c->strings + c->con->tree, "/upper");
    for (u32 i = 0; !found && !c->host && i < c->nlayers; i++)
        found = skip_path(c, &rest, &n, c->strings + c->layers[i], "");
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

int reverse_fd(struct call *k, int fd, char *out, size_t cap)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    char *link = slot->bytes, *text = slot->bytes + 64;
    size_t pos = 0;
    text_add(link, 64, &pos, "/proc/self/fd/", 14);
    long n = fd < 0 ? -EBADF : 0;
    if (!n) {
        text_decimal(link + pos, (u64)fd);
        n = sys4(SYS_readlinkat, AT_FDCWD, link, text, SLOT_SIZE - 64);
    }
    if (n > 0 && text[0] != '/')
        n = -ENOTDIR;
    if (n == -ENOENT)
        n = -EBADF;
    int r = n < 0 ? (int)n : reverse_path(k->c, text, (u32)n, out, cap);
    slot_put(k->c, slot);
    return r;
}
