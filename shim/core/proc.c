/* The magic links that must lead into the view: exe, cwd, root and fd of a process in /proc, and the short names of descriptors in /dev.
 * Left to the kernel, /dev/fd/N would open a layer's file anew, for writing too. */
#include "proctext.h"

#define GONE " (deleted)"
#define GONE_LEN 10

const char *proc_part(const char *path, u64 *pid)
{
    const char *s = path + 6;
    *pid = 0;
    if (!str_starts(path, "/proc/"))
        return NULL;
    if (str_starts(s, "self/")) {
        s += 5;
    } else if (str_starts(s, "thread-self/")) {
        return s + 12;
    } else {
        if (!text_number(&s, pid) || *s++ != '/')
            return NULL;
        if (*pid == (u64)sys0(SYS_getpid))
            *pid = 0;
    }
    if (!str_starts(s, "task/"))
        return s;
    for (s += 5; *s && *s != '/'; s++)
        ;
    return *s ? s + 1 : s;
}

static int answer(char *out, size_t cap, const char *text)
{
    size_t pos = 0;
    return text_add(out, cap, &pos, text, strlen(text)) ? (int)pos : -ENAMETOOLONG;
}

/* A guest path: "" is the root. */
static int answer_guest(int n, char *out, size_t cap)
{
    return n ? n : answer(out, cap, "/");
}

static int dev_link(const char *path, char *out, size_t cap)
{
    static const char *const link[][2] = {{"/dev/fd", "/proc/self/fd"}, {"/dev/stdin", "/proc/self/fd/0"},
                                          {"/dev/stdout", "/proc/self/fd/1"}, {"/dev/stderr", "/proc/self/fd/2"}};
    for (unsigned i = 0; i < 4; i++)
        if (str_equal(path, link[i][0]))
            return answer(out, cap, link[i][1]);
    return -ENOENT;
}

/* "fd/N": nothing behind it. */
static bool is_fd(const char *what)
{
    const char *s = what + 3;
    u64 n;
    return str_starts(what, "fd/") && text_number(&s, &n) && !*s;
}

bool proc_magic(const char *path, u32 len)
{
    static const char *const folder[] = {"fd/", "ns/", "map_files/"};
    u64 pid;
    const char *what = len > 6 ? proc_part(path, &pid) : NULL;
    bool magic = what && (str_equal(what, "exe") || str_equal(what, "cwd") || str_equal(what, "root"));
    for (unsigned i = 0; what && !magic && i < 3; i++)
        magic = str_starts(what, folder[i]) && what[strlen(folder[i])];
    return magic;
}

/* What the kernel says at a link of another process, or of a descriptor. */
static int ask_kernel(struct call *k, const char *path, u64 pid, bool exe, char *out, size_t cap)
{
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    char *text = slot->bytes;
    long n = sys4(SYS_readlinkat, AT_FDCWD, path, text, CORE_PATH_MAX);
    int r = -ENOENT;
    if (n > 0 && text[0] == '/') {
        text[n] = 0;
        bool deleted = n > GONE_LEN && !memcmp(text + n - GONE_LEN, GONE, GONE_LEN);
        bool engine = exe && pid && n > 11 && str_equal(text + n - 11, "/lpmx-start");
        if (engine)
            r = proc_program(k, pid, out, cap);
        else if (!deleted)
            r = answer_guest(reverse_path(k->c, text, (u32)n, out, cap), out, cap);
    }
    slot_put(k->c, slot);
    return r;
}

int proc_link(struct call *k, const char *path, u32 len, char *out, size_t cap)
{
    u64 pid;
    if (str_starts(path, "/dev/"))
        return dev_link(path, out, cap);
    if (str_equal(path, "/proc/mounts"))
        return answer(out, cap, "self/mounts");
    const char *what = len > 6 ? proc_part(path, &pid) : NULL;
    if (!what)
        return -ENOENT;
    bool exe = str_equal(what, "exe"), cwd = str_equal(what, "cwd");
    if (str_equal(what, "root")) {
        const char *root;
        return pid || !root_now(k->c, &root) ? answer(out, cap, "/") : answer(out, cap, root);
    }
    if (!pid && exe)
        return answer(out, cap, k->c->exe);
    if (!exe && !cwd && !is_fd(what))
        return -ENOENT;
    int r = ask_kernel(k, path, pid, exe, out, cap);
    return r == -ENOENT && !pid && cwd && !cwd_gone() ? answer_guest(cwd_get(k, out, cap), out, cap) : r;
}

/* The text as a process with another root sees it; what is outside of that keeps its whole path, as natively (d_path in fs/d_path.c). */
static int below_root(struct core *c, char *out, u32 len)
{
    if (root_shown(c, out, &len) && !len)
        out[len++] = '/';
    return (int)len;
}

/* As the text of a link also a path that leads nowhere any more is the guest's. */
int proc_readlink(struct call *k, const char *path, u32 len, char *out, size_t cap)
{
    u64 pid;
    int r = proc_link(k, path, len, out, cap);
    const char *what = r == -ENOENT && len > 6 ? proc_part(path, &pid) : NULL;
    if (r > 0 && k->c->rooted && proc_magic(path, len))
        r = below_root(k->c, out, (u32)r);
    if (!what || (!is_fd(what) && !str_equal(what, "cwd") && !str_equal(what, "exe")))
        return r;
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    long n = sys4(SYS_readlinkat, AT_FDCWD, path, slot->bytes, CORE_PATH_MAX);
    if (n > GONE_LEN && slot->bytes[0] == '/' && !memcmp(slot->bytes + n - GONE_LEN, GONE, GONE_LEN)) {
        size_t pos = 0;
        u32 host_len = (u32)n - GONE_LEN, last = host_len;
        int guest = reverse_path(k->c, slot->bytes, host_len, out, cap);
        if (guest <= 0 && reverse_internal(k->c, slot->bytes, host_len)) { /* O_TMPFILE: made in our own folder; where it was asked for, mostly */
            while (slot->bytes[last - 1] != '/')
                last--;
            if (text_add(out, cap, &pos, "/tmp/", 5) && text_add(out, cap, &pos, slot->bytes + last, host_len - last))
                guest = (int)pos;
        }
        if (guest > 0) {
            pos = (size_t)guest;
            r = text_add(out, cap, &pos, GONE, GONE_LEN) ? below_root(k->c, out, (u32)pos) : -ENAMETOOLONG;
        }
    }
    slot_put(k->c, slot);
    return r;
}
