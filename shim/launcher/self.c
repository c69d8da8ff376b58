/* The one file itself: where it lies and the footer of its payload (contract.h, "Payload"). */
#include "unpack.h"
#include "files.h"
#include "self.h"
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *called_as = "";

void self_init(const char *argv0)
{
    called_as = argv0 ? argv0 : "";
}

const char *self_path(void)
{
    static char *path;
    if (path)
        return path;
    char link[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", link, sizeof link - 1);
    if (len > 0) {
        link[len] = 0;
        char *gone = strstr(link, " (deleted)"); /* replaced by an update while we run: its name is the new version */
        if (gone && !gone[10] && access(link, F_OK) < 0)
            *gone = 0;
        return path = copy_text(link, strlen(link));
    }
    const char *name = (const char *)getauxval(AT_EXECFN); /* what execve was given, since 2.6.27 */
    if (!name || !*name)
        name = called_as;
    return path = strchr(name, '/') ? real_path(name) : NULL;
}

int self_open(void)
{
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    return fd < 0 && self_path() ? open(self_path(), O_RDONLY | O_CLOEXEC) : fd;
}

const struct lpmx_payload *payload_footer(void)
{
    static struct lpmx_payload footer;
    static int known; /* 1 there is one, -1 there is none */
    if (!known) {
        int fd = self_open();
        off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
        known = -1;
        if (size > (off_t)sizeof footer && pread(fd, &footer, sizeof footer, size - (off_t)sizeof footer) == sizeof footer &&
            !memcmp(footer.magic, LPMX_MAGIC_PAYLOAD, 8) && footer.abi == LPMX_ABI)
            known = 1;
        if (fd >= 0)
            close(fd);
    }
    return known > 0 ? &footer : NULL;
}

static bool piece_sound(const struct lpmx_piece *p, u64 file_size)
{
    return memchr(p->name, 0, sizeof p->name) && p->name[0] && p->name[0] != '/' && !strstr(p->name, "..") &&
           p->offset <= file_size && p->packed <= file_size - p->offset && p->size < (u64)1 << 32 &&
           (p->codec == LPMX_CODEC_ZSTD || (p->codec == LPMX_CODEC_RAW && p->packed == p->size));
}

const struct lpmx_piece *payload_pieces(const u8 **file)
{
    const struct lpmx_payload *footer = payload_footer();
    if (!footer)
        fail("cannot start: this lpmx carries no payload\nhint: use the file that the build makes, dist/lpmx");
    int fd = self_open();
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    u64 room = (u64)footer->count * sizeof(struct lpmx_piece);
    void *map = size > 0 ? mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (fd >= 0)
        close(fd);
    bool sound = map != MAP_FAILED && footer->count < 4096 && footer->pieces % 8 == 0 && footer->pieces <= (u64)size &&
                 room <= (u64)size - footer->pieces;
    const struct lpmx_piece *pieces = sound ? (const void *)((const u8 *)map + footer->pieces) : NULL;
    for (u32 k = 0; sound && k < footer->count; k++)
        sound = piece_sound(&pieces[k], (u64)size);
    if (!sound)
        fail("cannot unpack lpmx: its payload is damaged\nhint: copy the file again");
    *file = map;
    return pieces;
}
