/* Making and renewing blooms, entering and leaving hosts/; see bloom.h.
 *
 * A bloom may only be made while no process of the container runs on this host (others are kept out by hosts/ itself), so that is
 * asked again under a lock. In doubt there is none, which is slower but right. */
#include "bloom.h"
#include "container.h"
#include "files.h"
#include "places.h"
#include "random_name.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#define MOST_SHARED 20000 /* names in a tree that is looked through over a network; on a local disk a second is enough for 300,000 */
#define FULL_SAMPLE 512   /* bytes that tell how full a bloom is */
#define HOST_DIGITS 16

/* File systems that no other host writes to (statfs(2)): ext, xfs, btrfs, tmpfs, overlay, zfs, f2fs. */
static bool is_local(int dir)
{
    static const unsigned long known[] = {0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010};
    struct statfs fs;
    bool found = false;
    if (fstatfs(dir, &fs) < 0)
        return false;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        found = found || (unsigned long)fs.f_type == known[k];
    return found;
}

/* ---- the file */

static bool new_head(struct lpmx_bloom *head)
{
    *head = (struct lpmx_bloom){.magic = LPMX_MAGIC_BLOOM, .abi = LPMX_ABI, .blocks = LPMX_BLOOM_BLOCKS, .traits = LPMX_TRAIT_LINKS | LPMX_TRAIT_SETGID};
    if (strlen(boot_id()) != 36)
        return false;
    memcpy(head->boot, boot_id(), 36);
    return true;
}

static bool head_valid(const struct lpmx_bloom *head)
{
    return !memcmp(head->magic, LPMX_MAGIC_BLOOM, 8) && head->abi == LPMX_ABI && head->blocks >= LPMX_BLOOM_BLOCKS && head->blocks <= LPMX_BLOOM_BLOCKS_MAX &&
           !strncmp(head->boot, boot_id(), sizeof head->boot) && !head->off;
}

/* More than two bits of five are set, so that it often is wrong, and there may be a larger one. */
static bool is_full(int fd, const struct lpmx_bloom *head)
{
    u64 some[FULL_SAMPLE / 8];
    unsigned set = 0;
    if (head->blocks < LPMX_BLOOM_BLOCKS_MAX && pread(fd, some, sizeof some, LPMX_BLOOM_BITS_AT) == sizeof some)
        for (size_t k = 0; k < sizeof some / sizeof *some; k++)
            set += (unsigned)__builtin_popcountll(some[k]);
    return set > FULL_SAMPLE * 8 * 2 / 5;
}

/* full: NULL, or whether it is */
static bool read_head(int dir, const char *path, struct lpmx_bloom *head, bool *full)
{
    struct stat st;
    int fd = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    bool read_it = fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == getuid() && read(fd, head, sizeof *head) == sizeof *head && head_valid(head);
    if (read_it && full)
        *full = is_full(fd, head);
    if (fd >= 0)
        close(fd);
    return read_it;
}

/* Places a finished bloom at `path`: it is never seen half made. */
static bool place(const char *path, const struct lpmx_bloom *head, const u64 *bits)
{
    char *temp = format("%s.%ld", path, (long)getpid());
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    off_t size = (off_t)head->blocks * 64;
    bool done = fd >= 0 && write(fd, head, sizeof *head) == sizeof *head && pwrite(fd, bits, (size_t)size, LPMX_BLOOM_BITS_AT) == size;
    if (fd >= 0)
        close(fd);
    if (done && rename(temp, path) == 0)
        return true;
    unlink(temp);
    return false;
}

static u64 seed_of(const struct plan *p)
{
    struct lpmx_index head = {0};
    int fd = p->index && *p->index ? open(join_path(store_root(), p->index), O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && read(fd, &head, sizeof head) != sizeof head)
        head.seed = 0; /* then the core refuses the index */
    if (fd >= 0)
        close(fd);
    return head.seed;
}

static bool make_scanned(const struct plan *p, const char *path, struct lpmx_bloom *head)
{
    u64 *bits;
    head->blocks = bloom_scan(p->tree, seed_of(p), head->leased ? MOST_SHARED : SIZE_MAX, &bits);
    return head->blocks && place(path, head, bits);
}

int bloom_make(int tree)
{
    struct lpmx_bloom head;
    if (!is_local(tree))
        return mkdirat(tree, "hosts", 0700) < 0 ? -errno : 0;
    if (!new_head(&head))
        return 0;
    head.traits = 0; /* nothing is in it yet */
    int fd = openat(tree, "bloom", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool done = fd >= 0 && ftruncate(fd, LPMX_BLOOM_BITS_AT + LPMX_BLOOM_BLOCKS * 64) == 0 && write(fd, &head, sizeof head) == sizeof head;
    if (fd >= 0)
        close(fd);
    if (!done)
        unlinkat(tree, "bloom", 0);
    return 0;
}

/* ---- a local tree: the bloom of an earlier boot, one that is full, or none, is replaced */

static bool will_do(int tree)
{
    struct lpmx_bloom head;
    bool full = true;
    return read_head(tree, "bloom", &head, &full) && !full;
}

static void enter_local(const struct plan *p, int tree)
{
    struct lpmx_bloom head;
    if (will_do(tree) || flock(tree, LOCK_EX) < 0)
        return;
    if (!will_do(tree) && !container_used_here(p->folder) && new_head(&head))
        make_scanned(p, join_path(p->tree, "bloom"), &head);
    flock(tree, LOCK_UN);
}

/* ---- a tree that other hosts may change */

bool tree_shared(const char *tree)
{
    return access(join_path(tree, "hosts"), F_OK) == 0;
}

static u64 now(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_BOOTTIME, &t) < 0)
        clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static const char *host_digits(void)
{
    struct stat st;
    if (stat(LPMX_SHM, &st) < 0)
        st.st_dev = st.st_ino = 0;
    return format("%016llx", (unsigned long long)text_hash(format("%s %llu %llu", boot_id(), (unsigned long long)st.st_dev, (unsigned long long)st.st_ino)));
}

static char *page_path(const struct plan *p)
{
    return format(LPMX_SHM "/lpmx-%lu.bloom.%.16s", (unsigned long)getuid(), p->id);
}

/* One lock for this user on this node; -1 where there is no place for it, and then no bloom either. */
static int lock_node(void)
{
    struct stat st;
    int fd = open(format(LPMX_SHM "/lpmx-%lu.lock", (unsigned long)getuid()), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_uid != getuid() || flock(fd, LOCK_EX) < 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool is_host(const char *name)
{
    return strlen(name) == HOST_DIGITS && strspn(name, "0123456789abcdef") == HOST_DIGITS;
}

/* Removes the entries of blooms: all, or those that begin with the prefix. */
static void withdraw(const char *hosts, const char *prefix)
{
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, hosts);
    while ((name = listing_next(&list, &type)))
        if (starts_with(name, prefix))
            unlink(join_path(hosts, name));
}

/* Replaces our entry; the text is "<from> <node> <boot id>". */
static void set_from(const char *hosts, const char *host, u64 from)
{
    char *temp = format("%s/%s.%ld", hosts, host, (long)getpid());
    if (symlink(format("%llu %s %s", (unsigned long long)from, node_name(), boot_id()), temp) == 0 && rename(temp, join_path(hosts, host)) < 0)
        unlink(temp);
}

/* What entries of hosts/ say: the node of another living host, or NULL when there is none. Those that an earlier boot of this node left go. */
static const char *other_host(const char *hosts, const char *host)
{
    struct listing list;
    const char *name, *found = NULL;
    u8 type;
    listing_open(&list, hosts);
    while ((name = listing_next(&list, &type))) {
        char text[256], node[128] = "?", boot[64] = "";
        char *path = join_path(hosts, name);
        if (!is_host(name) || !strcmp(name, host))
            continue;
        ssize_t len = readlink(path, text, sizeof text - 1);
        if (len < 0)
            continue;
        text[len] = 0;
        if (sscanf(text, "%*s %127s %63s", node, boot) == 2 && !strcmp(node, node_name()) && strcmp(boot, boot_id()))
            unlink(path);
        else
            found = format("%s", node);
    }
    return found;
}

bool bloom_elsewhere(const struct plan *p)
{
    return tree_shared(p->tree) && other_host(join_path(p->tree, "hosts"), host_digits());
}

static bool page_in_use(const struct plan *p, const char *hosts, const char *host)
{
    struct lpmx_bloom head;
    return read_head(AT_FDCWD, page_path(p), &head, NULL) && !memcmp(head.host, host, HOST_DIGITS) &&
           faccessat(AT_FDCWD, format("%s/bloom.%s.%.16s", hosts, host, head.gen), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The order is that of lease.c in the core: entered, then blooms withdrawn, then the moment. */
static void enter_as_stranger(const char *hosts, const char *host, const char *other)
{
    withdraw(hosts, "bloom.");
    set_from(hosts, host, now() + LPMX_LEASE_WAIT);
    note("the container is in use on %s too: the first change from here waits %llu seconds", other, (unsigned long long)(LPMX_LEASE_WAIT / 1000000000));
}

static void enter_first(const struct plan *p, const char *hosts, const char *host)
{
    struct lpmx_bloom head;
    unlink(page_path(p));
    withdraw(hosts, format("bloom.%s.", host));
    if (symlink(format("- %s %s", node_name(), boot_id()), join_path(hosts, host)) < 0 && errno != EEXIST)
        return; /* the core tries again when something is to be changed, and says why not */
    const char *other = other_host(hosts, host);
    bool made = !other && new_head(&head);
    char *entry = NULL;
    if (made) {
        head.leased = 1;
        memcpy(head.host, host, HOST_DIGITS);
        memcpy(head.gen, random_id(), HOST_DIGITS);
        entry = format("%s/bloom.%s.%.16s", hosts, host, head.gen);
        made = symlink(node_name(), entry) == 0;
        other = other_host(hosts, host);
    }
    if (other) {
        enter_as_stranger(hosts, host, other);
        return;
    }
    if (made && !make_scanned(p, page_path(p), &head))
        unlink(entry);
    set_from(hosts, host, 0);
}

static void enter_shared(const struct plan *p)
{
    char *hosts = join_path(p->tree, "hosts");
    const char *host = host_digits();
    int lock = lock_node();
    if (lock < 0)
        return;
    if (!page_in_use(p, hosts, host) && !container_used_here(p->folder))
        enter_first(p, hosts, host);
    close(lock);
}

/* A store that was moved from a local disk to a shared one. */
static void become_shared(const struct plan *p, int tree)
{
    if (flock(tree, LOCK_EX) < 0 || container_used_here(p->folder) || mkdirat(tree, "hosts", 0700) < 0)
        return;
    unlinkat(tree, "bloom", 0);
}

void bloom_enter(const struct plan *p)
{
    int tree = open(p->tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (tree < 0)
        return;
    if (!tree_shared(p->tree) && !is_local(tree))
        become_shared(p, tree);
    if (tree_shared(p->tree))
        enter_shared(p);
    else
        enter_local(p, tree);
    close(tree);
}

void bloom_leave(const struct plan *p)
{
    char *hosts = join_path(p->tree, "hosts");
    const char *host = host_digits();
    int lock = tree_shared(p->tree) ? lock_node() : -1;
    if (lock < 0)
        return;
    if (!container_used_here(p->folder)) {
        withdraw(hosts, format("bloom.%s.", host));
        unlink(page_path(p));
        unlink(join_path(hosts, host));
    }
    close(lock);
}
