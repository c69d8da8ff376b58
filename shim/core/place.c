/* Places: the host directories of the view, as descriptors. Short relative paths cost less than long prefixes (architecture.md
 * section 4), so each place is opened once, O_PATH where the kernel has it, and moved to a number in LPMX_FD_MIN … LPMX_FD_MAX, out of
 * the guest's way (fds.c answers for that range). Where no such number can be had (small limits), or in a vfork child, whose
 * descriptors its parent does not share, the descriptor lives for one call only. */
#include "state.h"
#include <sys/resource.h>

#define SPARE 64 /* numbers for the descriptors of calls that are under way at once */

int place_path(struct core *c, int place, char *out, size_t cap)
{
    static const char *const folder[] = {"", "/upper", "/dead", "/work", "/class", "/id"};
    size_t pos = 0;
    const char *at = place >= PLACE_LAYER  ? c->strings + c->layers[place - PLACE_LAYER]
                     : place >= PLACE_BIND ? c->strings + c->binds[place - PLACE_BIND].host
                                           : c->strings + c->con->tree;
    const char *tail = place < PLACE_BIND ? folder[place] : "";
    out[0] = 0;
    if (*at != '/' && (!text_add(out, cap, &pos, c->store, c->store_len) || !text_add(out, cap, &pos, "/", 1)))
        return -ENAMETOOLONG;
    if (!text_add(out, cap, &pos, at, strlen(at)) || !text_add(out, cap, &pos, tail, strlen(tail)))
        return -ENAMETOOLONG;
    return (int)pos;
}

/* Raises the soft limit for the moment that a descriptor of ours is made in: the guest keeps its own. False when the hard one forbids. */
static bool widen(struct rlimit *was)
{
    if (sys2(SYS_getrlimit, RLIMIT_NOFILE, was))
        return false;
    struct rlimit wide = *was;
    wide.rlim_cur = (wide.rlim_cur > LPMX_FD_MAX ? wide.rlim_cur : LPMX_FD_MAX + 1) + SPARE;
    if (wide.rlim_cur > wide.rlim_max)
        wide.rlim_cur = wide.rlim_max;
    return wide.rlim_cur > was->rlim_cur && sys2(SYS_setrlimit, RLIMIT_NOFILE, &wide) == 0;
}

/* A number >= LPMX_FD_MIN for fd, or -errno. It is > LPMX_FD_MAX when the guest has taken all up to that. */
static int move_high(int fd)
{
    struct rlimit was;
    long r = sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, LPMX_FD_MIN);
    if ((r == -EINVAL || r == -EMFILE) && widen(&was)) {
        r = sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, LPMX_FD_MIN);
        sys2(SYS_setrlimit, RLIMIT_NOFILE, &was);
    }
    return (int)r;
}

int call_keep(struct call *k, int fd)
{
    if (fd >= 0 && k->ntemp < sizeof k->temp / sizeof *k->temp)
        k->temp[k->ntemp++] = fd;
    return fd;
}

void call_end(struct call *k)
{
    while (k->ntemp)
        sys1(SYS_close, k->temp[--k->ntemp]);
}

static int open_place(struct core *c, int place)
{
    struct slot *slot = slot_get(c); /* not the stack: this lies at the bottom of what a child of musl's posix_spawn has room for */
    if (!slot)
        return -ENOMEM;
    char *p = slot->bytes;
    int n = place_path(c, place, p, SLOT_SIZE);
    /* A bind of a single file has no directory to look in: the descriptor is that of its file. */
    int flags = place >= PLACE_BIND && place < PLACE_LAYER ? 0 : O_DIRECTORY;
    long fd = n < 0 ? n : sys4(SYS_openat, AT_FDCWD, p, O_PATH | flags | O_CLOEXEC, 0);
    /* The launcher leaves out the folders that most containers never need. */
    if (fd == -ENOENT && place >= PLACE_WORK && place <= PLACE_ID && sys2(SYS_mkdir, p, 0700) != -ENOENT)
        fd = sys4(SYS_openat, AT_FDCWD, p, O_PATH | flags | O_CLOEXEC, 0);
    slot_put(c, slot);
    return (int)fd;
}

int place_fd(struct call *k, int place)
{
    struct core *c = k->c;
    if (k->deep && (place == PLACE_UPPER || (place >= PLACE_BIND && place < PLACE_LAYER)))
        return k->deep - 1;
    int known = c->place_fd[place];
    if (known)
        return known - 1;
    int fd = open_place(c, place);
    struct rlimit was;
    if (fd == -EMFILE && widen(&was)) {
        fd = open_place(c, place);
        sys2(SYS_setrlimit, RLIMIT_NOFILE, &was);
    }
    if (fd < 0)
        return fd;
    if (core_is_guest_of(c))
        return call_keep(k, fd);
    int high = move_high(fd);
    if (high < 0)
        return call_keep(k, fd);
    sys1(SYS_close, fd);
    if (high > LPMX_FD_MAX)
        return call_keep(k, high);
    __atomic_fetch_or(&c->own_fds, 1ull << (high - LPMX_FD_MIN), __ATOMIC_SEQ_CST);
    short none = 0;
    if (!__atomic_compare_exchange_n(&c->place_fd[place], &none, (short)(high + 1), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        __atomic_fetch_and(&c->own_fds, ~(1ull << (high - LPMX_FD_MIN)), __ATOMIC_SEQ_CST);
        sys1(SYS_close, high);
        return none - 1;
    }
    return high;
}

/* The places that are open stay so over an exec. Both functions count on what the guest cannot do: its own descriptors never have our numbers. */
int place_hand(struct core *c, char *out, size_t cap)
{
    size_t pos = 0;
    u32 binds = PLACE_BIND + c->nbinds;
    for (u32 i = 0; i < binds + c->nlayers; i++) {
        char text[32];
        u32 place = i < binds ? i : PLACE_LAYER + i - binds;
        int fd = c->place_fd[place] - 1;
        /* In a vfork child another thread of the parent may have opened it in the meantime: then it is not here. */
        if (fd < LPMX_FD_MIN || fd > LPMX_FD_MAX || sys3(SYS_fcntl, fd, F_SETFD, 0))
            continue;
        unsigned n = text_decimal(text, place);
        text[n++] = ' ';
        n += text_decimal(text + n, (u64)fd);
        text[n++] = ' ';
        if (!text_add(out, cap, &pos, text, n))
            break;
    }
    return (int)pos;
}

/* Numbers of binds mean something in one plan only. Another's keep their descriptors until the next exec: the program itself may lie below one. */
void place_take(struct core *c, const struct handover_text *t, bool same_plan)
{
    const char *s = t->at;
    u64 place, fd;
    while (s && s < t->at + t->len && text_number(&s, &place) && *s++ == ' ' && text_number(&s, &fd) && *s++ == ' ') {
        if (place >= PLACES || fd < LPMX_FD_MIN || fd > LPMX_FD_MAX)
            return;
        if (same_plan || place < PLACE_BIND || place >= PLACE_LAYER)
            c->place_fd[place] = (short)(fd + 1);
        else
            sys3(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
        c->own_fds |= 1ull << (fd - LPMX_FD_MIN);
    }
}
