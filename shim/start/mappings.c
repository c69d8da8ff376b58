/* Where sites may be patched: the private, readable and executable mappings of a libc, its loader, and of the program itself. Asked of
 * /proc/self/maps once for each mapping that a hot site is in. For patch.c only; its lock is held. */
#include "patch.h"
#include <fcntl.h>
#include <sys/syscall.h>

TOUCHED_AT_START static struct { /* mappings seen so far */
    u64 low, high;
    bool good;
} modules[32];
TOUCHED_AT_START static unsigned nmodules;
TOUCHED_AT_START static u64 program_low, program_high;

void mapping_program(u64 low, u64 high)
{
    program_low = low;
    program_high = high;
}

bool mapping_is_libc(const char *path)
{
    static const char *const names[] = {"libc.so", "libc-", "libc.musl", "ld-", "ld.so", "libpthread"};
    const char *name = path;
    for (const char *p = path; *p; p++)
        if (*p == '/')
            name = p + 1;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (str_starts(name, names[i]))
            return true;
    return false;
}

static u64 take_hex(const char **at)
{
    u64 v = 0;
    for (;; ++*at) {
        unsigned c = (unsigned char)**at;
        unsigned digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
        if (digit > 15)
            return v;
        v = v << 4 | digit;
    }
}

static void note(u64 low, u64 high, bool plain, const char *path)
{
    modules[nmodules].low = low;
    modules[nmodules].high = high;
    modules[nmodules].good = plain && *path && (mapping_is_libc(path) || (low >= program_low && low < program_high));
    nmodules++;
}

/* PROCMAP_QUERY (Linux 6.11, linux/fs.h), a fraction of the price of the text. */
static bool ask_kernel(long fd, u64 ip, char *path, u32 cap)
{
    struct {
        u64 size, flags, at, low, high, rights, page_size, offset, inode;
        u32 major, minor, name_size, id_size;
        u64 name, id;
    } q = {.size = sizeof q, .at = ip, .name_size = cap, .name = (u64)path};
    path[0] = 0;
    if (sys3(SYS_ioctl, fd, 0xc0686611, &q) || ip < q.low || ip >= q.high)
        return false;
    note(q.low, q.high, (q.rights & 15) == 5, *path == '/' ? path : ""); /* readable, writable, executable, shared: 1, 2, 4, 8 */
    return true;
}

/* One line of /proc/self/maps: "low-high perms offset device inode   path". */
static bool note_mapping(const char *line, u64 ip)
{
    u64 low = take_hex(&line);
    line++;
    u64 high = take_hex(&line);
    if (ip < low || ip >= high)
        return false;
    bool plain = str_starts(line, " r-xp ");
    while (*line && *line != '/')
        line++;
    note(low, high, plain, line);
    return true;
}

static void read_mappings(u64 ip)
{
    static char buf[4096];
    size_t have = 0;
    long fd = sys4(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    bool known = fd >= 0 && ask_kernel(fd, ip, buf, sizeof buf);
    while (fd >= 0 && !known) {
        long n = sys3(SYS_read, fd, buf + have, sizeof buf - 1 - have);
        if (n <= 0)
            break;
        have += (size_t)n;
        size_t line = 0;
        bool found = false;
        for (size_t i = 0; i < have && !found; i++) {
            if (buf[i] != '\n')
                continue;
            buf[i] = 0;
            found = note_mapping(buf + line, ip);
            line = i + 1;
        }
        if (found)
            break;
        have -= line;
        memmove(buf, buf + line, have);
        if (have == sizeof buf - 1)
            break;
    }
    if (fd >= 0)
        sys1(SYS_close, fd);
}

bool mapping_good(u64 at, u64 *low)
{
    for (int again = 0; again < 2; again++) {
        for (unsigned i = 0; i < nmodules; i++)
            if (at >= modules[i].low && at < modules[i].high) {
                *low = modules[i].low;
                return modules[i].good;
            }
        if (!again && nmodules < sizeof modules / sizeof *modules)
            read_mappings(at);
    }
    return false;
}
