/* The magic links that must lead into the view: exe, cwd, root and fd of a process in /proc, and the short names of descriptors in /dev.
 * Left to the kernel, /dev/fd/N would open a layer's file anew, for writing too. */
#include "view.h"

/* "/proc/self/", "/proc/thread-self/", "/proc/<pid>/": offset behind it, *own = it is this process. 0 when it is none. */
static u32 process_part(const char *path, bool *own)
{
    const char *s = path + 6;
    u64 pid;
    *own = true;
    if (!str_starts(path, "/proc/"))
        return 0;
    if (str_starts(s, "self/"))
        return 11;
    if (str_starts(s, "thread-self/"))
        return 18;
    if (!text_number(&s, &pid) || *s != '/')
        return 0;
    *own = pid == (u64)sys0(SYS_getpid);
    return (u32)(s - path) + 1;
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

int proc_link(struct call *k, const char *path, u32 len, char *out, size_t cap)
{
    bool own;
    if (str_starts(path, "/dev/"))
        return dev_link(path, out, cap);
    u32 at = process_part(path, &own);
    if (!at || at >= len)
        return -ENOENT;
    const char *what = path + at;
    if (str_starts(what, "task/")) {
        for (what += 5; *what && *what != '/'; what++)
            ;
        if (*what++ != '/')
            return -ENOENT;
    }
    bool fd = str_starts(what, "fd/") && what[3] >= '0' && what[3] <= '9';
    if (str_equal(what, "root"))
        return answer(out, cap, "/");
    if (own && str_equal(what, "exe"))
        return answer(out, cap, k->c->exe);
    if (own && str_equal(what, "cwd"))
        return answer_guest(cwd_get(k, out, cap), out, cap);
    if (!fd && !str_equal(what, "exe") && !str_equal(what, "cwd"))
        return -ENOENT;
    for (const char *s = what + 3; fd && *s; s++)
        if (*s < '0' || *s > '9')
            return -ENOENT;
    struct slot *slot = slot_get(k->c);
    if (!slot)
        return -ENOMEM;
    long n = sys4(SYS_readlinkat, AT_FDCWD, path, slot->bytes, CORE_PATH_MAX);
    int r = -ENOENT;
    if (n > 0 && slot->bytes[0] == '/') {
        slot->bytes[n] = 0;
        bool deleted = n > 10 && !memcmp(slot->bytes + n - 10, " (deleted)", 10);
        if (!deleted)
            r = answer_guest(reverse_path(k->c, slot->bytes, (u32)n, out, cap), out, cap);
    }
    slot_put(k->c, slot);
    return r;
}
