/* Which guest directories the descriptors are open on, remembered, since the kernel's answer (readlink of /proc/self/fd/N) costs several times
 * what a look at the descriptor does. An entry counts while the descriptor has the device and inode it had, and either nothing was renamed or
 * removed since (the bloom's epoch), or no bit of the bloom filter says that the directory, or one above it, ever was: such bits are set first
 * and stay. What the host can rename behind our back is not remembered (binds, the image `host`), and without a bloom nothing is.
 *
 * Entries may be written by threads and vfork children at any time: each has a turn, odd while it is written, and a reader that saw it change
 * knows nothing. */
#include "view.h"

/* Every directory of the path is where it always was. */
static bool in_place(const struct core *c, const char *path, u32 len)
{
    struct path_hash h = hash_start(c->seed);
    if (!bloom_usable(c))
        return false;
    for (u32 at = 0; at < len;) {
        do
            h = hash_byte(h, path[at++]);
        while (at < len && path[at] != '/');
        if (bloom_replaced(c, hash_end(h)))
            return false;
    }
    return true;
}

static int known(const struct core *c, int fd, const struct stat *st, char *out, size_t cap)
{
    const struct dirfd *e = &c->dirfds[(u32)fd % DIRFDS];
    u32 turn = __atomic_load_n(&e->turn, __ATOMIC_ACQUIRE), len = e->len;
    if (turn & 1 || !turn || e->fd != fd || e->dev != st->st_dev || e->ino != st->st_ino || len >= DIRFD_PATH || len >= cap)
        return -ENOENT;
    memcpy(out, e->path, len);
    out[len] = 0;
    u64 epoch = e->epoch;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    bool same = e->turn == turn && ((epoch && epoch == bloom_epoch(c)) || in_place(c, out, len));
    return same ? (int)len : -ENOENT;
}

/* epoch: before its name was asked for */
static void note(struct core *c, int fd, const struct stat *st, const char *path, u32 len, u64 epoch)
{
    struct stat now;
    struct dirfd *e = &c->dirfds[(u32)fd % DIRFDS];
    u32 turn = e->turn;
    if (epoch != bloom_epoch(c))
        epoch = 0;
    if (len >= DIRFD_PATH || (!epoch && !in_place(c, path, len)) || bind_over(c, path, len) >= 0)
        return;
    /* Another thread may have put something else at this number while its name was asked for. */
    if (sys2(SYS_fstat, fd, &now) || now.st_dev != st->st_dev || now.st_ino != st->st_ino)
        return;
    if (turn & 1 || !__atomic_compare_exchange_n(&e->turn, &turn, turn + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return;
    e->fd = fd;
    e->dev = st->st_dev;
    e->ino = st->st_ino;
    e->epoch = epoch;
    e->len = len;
    memcpy(e->path, path, len);
    __atomic_store_n(&e->turn, turn + 2, __ATOMIC_RELEASE);
}

int dirfd_path(struct call *k, int fd, const struct stat *st, char *out, size_t cap)
{
    if (!k->c->bloom || k->c->host)
        return reverse_fd(k, fd, out, cap);
    int n = known(k->c, fd, st, out, cap);
    u64 epoch = n < 0 ? bloom_epoch(k->c) : 0;
    if (n < 0 && (n = reverse_fd(k, fd, out, cap)) >= 0)
        note(k->c, fd, st, out, (u32)n, epoch);
    return n;
}
