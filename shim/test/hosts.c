/* See hosts.h. Terms are short here: what matters is their order. */
#include "hosts.h"
#include "../core/hash.h"
#include "files.h"
#include "harness.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const char *lease_shm; /* core/lease.c */
extern u64 lease_term, lease_wait;

static struct lpmx_bloom head_of_boot(void)
{
    struct lpmx_bloom head = {.magic = LPMX_MAGIC_BLOOM, .abi = LPMX_ABI, .blocks = LPMX_BLOOM_BLOCKS, .leased = 1};
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, head.boot, 36) != 36)
        die("cannot read the boot id: %m");
    close(fd);
    return head;
}

static void host_digits(const char *shm, char out[17])
{
    char text[128];
    struct stat st;
    if (stat(shm, &st))
        die("cannot look at %s: %m", shm);
    int len = snprintf(text, sizeof text, "%s %llu %llu", head_of_boot().boot, (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
    snprintf(out, 17, "%016llx", (unsigned long long)hash_end(hash_more(hash_start(0), text, (size_t)len)));
}

static void enter(const char *folder, const char *name, const char *text)
{
    char path[5000];
    snprintf(path, sizeof path, "%s/container/hosts/%s", folder, name);
    if (symlink(text, path))
        die("cannot make %s: %m", path);
}

void hosts_be(const char *shm)
{
    lease_shm = shm;
    lease_term = 3000000;
    lease_wait = 4000000;
}

void hosts_make(const char *folder, const char *shm)
{
    static char file[LPMX_BLOOM_BITS_AT + LPMX_BLOOM_BLOCKS * 64];
    struct lpmx_bloom head = head_of_boot();
    char path[5000], host[17], name[64];
    snprintf(path, sizeof path, "%s/container/hosts", folder);
    make_folder(path, 0700);
    make_folder(shm, 0700);
    host_digits(shm, host);
    memcpy(head.host, host, 16);
    memcpy(head.gen, "0123456789abcdef", 16);
    memcpy(file, &head, sizeof head);
    snprintf(path, sizeof path, "%s/lpmx-%u.bloom.0123456789abcdef", shm, (unsigned)getuid());
    unlink(path); /* a mapping of the round before keeps its own */
    write_file(path, file, sizeof file);
    snprintf(name, sizeof name, "bloom.%s.%.16s", host, head.gen);
    enter(folder, host, "0 node boot");
    enter(folder, name, "node");
}

void hosts_leave(const char *folder, const char *shm)
{
    char path[5000], host[17];
    host_digits(shm, host);
    snprintf(path, sizeof path, "%s/container/hosts/%s", folder, host);
    unlink(path);
}
