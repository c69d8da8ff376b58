/* Leases of the bloom, and changes without one (contract.h, "Several hosts on one tree"; upper.md section 9; docs/decisions/0006).
 *
 * A process that has the bloom mapped sets bits and never waits. What it reads there counts only while no other host can have changed
 * the tree unseen, which it makes sure of by listing hosts/ once a term. A process without it has to make every other one stop relying
 * on theirs before its first change. Local trees have no hosts/: there the bloom's own `off` is enough. */
#include "view.h"

#ifdef LPMX_HOSTED
const char *lease_shm = LPMX_SHM; /* the tests play several hosts, and have not the time of a term */
u64 lease_term = LPMX_LEASE_TERM, lease_wait = LPMX_LEASE_WAIT;
#else
#define lease_shm LPMX_SHM
#define lease_term LPMX_LEASE_TERM
#define lease_wait LPMX_LEASE_WAIT
#endif

#define CLOCK_MONOTONIC_ 1
#define CLOCK_BOOTTIME_ 7
#define HOST_LEN 16
#define ENTRY_MAX 128

static u64 now(void)
{
    struct timespec t;
    if (sys2(SYS_clock_gettime, CLOCK_BOOTTIME_, &t) && sys2(SYS_clock_gettime, CLOCK_MONOTONIC_, &t)) /* before 2.6.39 */
        return 0;
    return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

int lease_bloom_path(const struct core *c, char *out, size_t cap)
{
    char uid[24];
    size_t pos = 0;
    const char *id = c->strings + c->con->id;
    unsigned n = text_decimal(uid, c->real_uid);
    bool fits = text_add(out, cap, &pos, lease_shm, strlen(lease_shm)) && text_add(out, cap, &pos, "/lpmx-", 6) &&
                text_add(out, cap, &pos, uid, n) && text_add(out, cap, &pos, ".bloom.", 7) &&
                text_add(out, cap, &pos, id, strlen(id) < 16 ? strlen(id) : 16);
    return fits ? (int)pos : -ENAMETOOLONG;
}

/* What an entry of hosts/ means to the owner of a bloom: 0 nothing, 1 its host's, 2 the bloom's, 3 another's. */
static int entry_kind(const struct lpmx_bloom *head, const char *name)
{
    if (str_equal(name, ".") || str_equal(name, ".."))
        return 0;
    if (strlen(name) == HOST_LEN && !memcmp(name, head->host, HOST_LEN))
        return 1;
    bool own = strlen(name) == 7 + 2 * HOST_LEN && !memcmp(name, "bloom.", 6) && !memcmp(name + 6, head->host, HOST_LEN) &&
               !memcmp(name + 7 + HOST_LEN, head->gen, HOST_LEN);
    return own ? 2 : 3;
}

static int hosts_open(struct core *c)
{
    struct call k = {.c = c};
    int tree = place_fd(&k, PLACE_TREE);
    long fd = tree < 0 ? tree : sys4(SYS_openat, tree, "hosts", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    call_end(&k);
    return (int)fd;
}

/* Whether hosts/ holds the two entries of this bloom and no other; false too when it cannot be told. */
static APART bool alone(struct core *c)
{
    _Alignas(8) char buf[128]; /* a name that does not fit is none of ours */
    int fd = hosts_open(c), seen[4] = {0};
    long n;
    if (fd < 0)
        return false;
    while ((n = sys3(SYS_getdents64, fd, buf, sizeof buf)) > 0)
        for (long at = 0; at < n;) {
            const struct linux_dirent64 *d = (const void *)(buf + at);
            seen[entry_kind(c->bloom_head, d->name)]++;
            at += d->len;
        }
    sys1(SYS_close, fd);
    return !n && seen[1] == 1 && seen[2] == 1 && !seen[3];
}

bool lease_valid(const struct core *c)
{
    struct lpmx_bloom *head = c->bloom_head;
    u64 before = now(), until = __atomic_load_n(&head->until, __ATOMIC_ACQUIRE);
    if (before < until)
        return true;
    if (!alone((struct core *)c)) {
        __atomic_store_n(&head->off, 1, __ATOMIC_SEQ_CST);
        return false;
    }
    while (until < before + lease_term &&
           !__atomic_compare_exchange_n(&head->until, &until, before + lease_term, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
    return true;
}

/* Tells the users of a bloom on this host that we could not map: a write reaches their mapping at once. */
static APART int turn_off(int dir, const char *path)
{
    u32 off = 1;
    long fd = sys4(SYS_openat, dir, path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd == -ENOENT)
        return 0;
    if (fd < 0)
        return (int)fd;
    long r = sys4(SYS_pwrite64, fd, &off, sizeof off, offsetof(struct lpmx_bloom, off));
    sys1(SYS_close, fd);
    return r < 0 ? (int)r : 0;
}

/* The name of this host in hosts/. */
static APART int host_name(char out[HOST_LEN + 1])
{
    char text[96];
    struct stat st;
    size_t pos = 36;
    long fd = sys4(SYS_openat, AT_FDCWD, "/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return (int)fd;
    long n = sys3(SYS_read, fd, text, 36);
    sys1(SYS_close, fd);
    if (sys2(SYS_stat, lease_shm, &st))
        st.st_dev = st.st_ino = 0;
    text[pos++] = ' ';
    pos += text_decimal(text + pos, st.st_dev);
    text[pos++] = ' ';
    pos += text_decimal(text + pos, st.st_ino);
    text_hex16(out, hash_end(hash_more(hash_start(0), text, pos)));
    out[HOST_LEN] = 0;
    return n == 36 ? 0 : -EIO;
}

/* Removes the entries of all blooms, so that their owners see it even when this host has left by then. */
static APART int withdraw_blooms(int hosts)
{
    _Alignas(8) char buf[320];
    long n, r = 0;
    sys3(SYS_lseek, hosts, 0, SEEK_SET);
    while (!r && (n = sys3(SYS_getdents64, hosts, buf, sizeof buf)) > 0)
        for (long at = 0; at < n && !r;) {
            const struct linux_dirent64 *d = (const void *)(buf + at);
            if (!memcmp(d->name, "bloom.", 6))
                r = sys3(SYS_unlinkat, hosts, d->name, 0);
            if (r == -ENOENT)
                r = 0;
            at += d->len;
        }
    return (int)(r ? r : n);
}

/* Enters this host: its entry, the blooms withdrawn, then the moment from which it may change. The order is what makes it safe: an
 * owner's listing comes before the entry, and ends with its term, or sees the entry or the bloom gone. */
static APART int enter(int hosts, const char *host)
{
    char text[32], temp[TEMP_MAX];
    long r = sys3(SYS_symlinkat, "-", hosts, host);
    if (r && r != -EEXIST)
        return (int)r;
    if ((r = withdraw_blooms(hosts)))
        return (int)r;
    text[text_decimal(text, now() + lease_wait)] = 0;
    memcpy(temp, host, HOST_LEN);
    temp[HOST_LEN] = '.';
    temp[HOST_LEN + 1 + text_decimal(temp + HOST_LEN + 1, (u64)sys0(SYS_getpid))] = 0;
    r = sys3(SYS_symlinkat, text, hosts, temp);
    if (!r || r == -EEXIST)
        r = sys4(SYS_renameat, hosts, temp, hosts, host);
    return r == -ENOENT ? 0 : (int)r; /* another process of this host did it meanwhile */
}

/* From when this host may change the tree, entered or not before; or -errno. */
static APART long change_from(int hosts, const char *host)
{
    char text[ENTRY_MAX];
    for (int tries = 0; tries < 100; tries++) {
        long n = sys4(SYS_readlinkat, hosts, host, text, sizeof text - 1);
        const char *at = text;
        u64 from;
        text[n < 0 ? 0 : n] = 0;
        if (n > 0 && text_number(&at, &from))
            return (long)from;
        int r = n < 0 && n != -ENOENT ? (int)n : enter(hosts, host);
        if (r)
            return r;
    }
    return -EIO;
}

int lease_change(struct core *c)
{
    char path[64], host[HOST_LEN + 1];
    struct call k = {.c = c};
    int tree = place_fd(&k, PLACE_TREE), r = tree < 0 ? tree : turn_off(tree, "bloom");
    call_end(&k);
    int hosts = r ? r : hosts_open(c);
    if (hosts == -ENOENT) { /* a local tree */
        c->may_change = true;
        return 0;
    }
    if (hosts < 0)
        return hosts;
    r = lease_bloom_path(c, path, sizeof path);
    long from = r < 0 ? r : turn_off(AT_FDCWD, path);
    if (!from)
        from = host_name(host);
    if (!from)
        from = change_from(hosts, host);
    sys1(SYS_close, hosts);
    if (from < 0)
        return (int)from;
    for (u64 at = now(); at < (u64)from; at = now()) {
        struct timespec rest = {(long)(((u64)from - at) / 1000000000), (long)(((u64)from - at) % 1000000000)};
        sys2(SYS_nanosleep, &rest, NULL);
    }
    c->may_change = true;
    return 0;
}
