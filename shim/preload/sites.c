/* Which system call instructions a part of a file has: known on this host since somebody looked (struct lpmx_sites, contract.h), or looked for in its
 * executable sections. What is known is checked when it is used (rewrite.c), and a file that was changed a moment ago, whose next change might
 * carry the same time, is not remembered. */
#include "preload.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#define SLOTS 8192
#define POOL 65536
#define FILE_SIZE (sizeof(struct lpmx_sites) + SLOTS * sizeof(struct lpmx_known) + POOL * sizeof(struct scan_site))
#define TAKEN 1
#define SECTIONS_MAX 512
#define SITES_MAX (1u << 20)

_Static_assert(sizeof(struct scan_site) == 8, "the pool's grain");

TOUCHED_AT_START static struct lpmx_sites *known; /* NULL: not looked for yet, or there is none */
TOUCHED_AT_START static bool looked;

static struct lpmx_known *table(void)
{
    return (struct lpmx_known *)(known + 1);
}

static struct scan_site *pool(void)
{
    return (struct scan_site *)(table() + SLOTS);
}

static long map(u64 size, int rights, int flags, int fd)
{
    long at = sys6(SYS_mmap, 0, (long)size, rights, flags, fd, 0);
    return at < 0 && at > -4096 ? 0 : at;
}

/* Appends a number. */
static void add_number(char *out, size_t cap, size_t *pos, u64 v)
{
    char digits[24];
    text_add(out, cap, pos, digits, text_decimal(digits, v));
}

static void shared_name(char *out, size_t cap, u64 temp)
{
    size_t pos = 0;
    text_add(out, cap, &pos, LPMX_SHM "/lpmx-", sizeof LPMX_SHM + 5);
    add_number(out, cap, &pos, (u64)sys0(SYS_getuid));
    text_add(out, cap, &pos, ".sites", 6);
    if (!temp)
        return;
    text_add(out, cap, &pos, ".", 1);
    add_number(out, cap, &pos, temp);
}

static bool is_usable(int fd, struct stat *st)
{
    return !sys2(SYS_fstat, fd, st) && S_ISREG(st->st_mode) && st->st_uid == (u32)sys0(SYS_getuid) && !(st->st_mode & 077) && st->st_size == FILE_SIZE;
}

/* A new file, in the place of an old one if there is one: mapped, or NULL. */
static struct lpmx_sites *make_shared(const char *name)
{
    char temp[64];
    shared_name(temp, sizeof temp, (u64)sys0(SYS_getpid));
    sys1(SYS_unlink, temp);
    int fd = (int)sys3(SYS_open, temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return NULL;
    struct lpmx_sites *s = sys2(SYS_ftruncate, fd, FILE_SIZE) ? NULL : (struct lpmx_sites *)map(FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    struct lpmx_sites head = {LPMX_MAGIC_SITES, LPMX_ABI, SLOTS, POOL, 0, wants_hash()};
    bool made = s && sys3(SYS_write, fd, &head, sizeof head) == sizeof head && !sys2(SYS_rename, temp, name); /* a full tmpfs shows here */
    sys1(SYS_close, fd);
    if (made)
        return s;
    sys1(SYS_unlink, temp);
    if (s)
        sys2(SYS_munmap, s, FILE_SIZE);
    return NULL;
}

static void look_for_shared(void)
{
    char name[64];
    struct stat st;
    looked = true;
    shared_name(name, sizeof name, 0);
    int fd = (int)sys3(SYS_open, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
    struct lpmx_sites *s = fd >= 0 && is_usable(fd, &st) ? (struct lpmx_sites *)map(FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd) : NULL;
    if (fd >= 0)
        sys1(SYS_close, fd);
    bool good = s && !memcmp(s->magic, LPMX_MAGIC_SITES, 8) && s->abi == LPMX_ABI && s->slots == SLOTS && s->pool == POOL && s->wanted == wants_hash();
    if (s && !good)
        sys2(SYS_munmap, s, FILE_SIZE);
    known = good ? s : make_shared(name);
}

static u64 mix(u64 hash, u64 v)
{
    for (int i = 0; i < 8; i++)
        hash = (hash ^ (v >> 8 * i & 255)) * 0x100000001b3;
    return hash;
}

static u64 key_of(const struct mapped *m, const struct stat *st)
{
    const u64 of[] = {st->st_dev, st->st_ino, (u64)st->st_size, (u64)st->st_mtim.tv_sec, (u64)st->st_mtim.tv_nsec, (u64)st->st_ctim.tv_sec,
                      (u64)st->st_ctim.tv_nsec, m->offset, m->length, m->trusted};
    u64 hash = 0xcbf29ce484222325;
    for (unsigned i = 0; i < sizeof of / sizeof *of; i++)
        hash = mix(hash, of[i]);
    return hash > TAKEN ? hash : TAKEN + 1;
}

#define SMALL_STACK 0x80000000 /* in lpmx_known.count */

static bool recall(u64 key, struct sites *out)
{
    for (u64 i = key; i != key + SLOTS; i++) {
        const struct lpmx_known *k = &table()[i % SLOTS];
        u64 there = __atomic_load_n(&k->key, __ATOMIC_ACQUIRE);
        u32 count = k->count & ~SMALL_STACK;
        if (!there)
            return false;
        if (there != key)
            continue;
        if (k->at > POOL || count > POOL - k->at)
            return false;
        *out = (struct sites){.list = pool() + k->at, .count = count, .small_stack = k->count & SMALL_STACK};
        return true;
    }
    return false;
}

static void give_up_shared(void)
{
    char name[64];
    shared_name(name, sizeof name, 0);
    sys1(SYS_unlink, name);
}

static void remember(u64 key, const struct sites *s)
{
    u32 at = __atomic_fetch_add(&known->used, s->count, __ATOMIC_RELAXED);
    if (at > POOL || s->count > POOL - at) {
        give_up_shared();
        return;
    }
    memcpy(pool() + at, s->list, s->count * sizeof *s->list);
    for (u64 i = key; i != key + SLOTS / 2; i++) {
        struct lpmx_known *k = &table()[i % SLOTS];
        u64 free = 0;
        if (!__atomic_compare_exchange_n(&k->key, &free, TAKEN, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            continue;
        k->at = at;
        k->count = s->count | (s->small_stack ? SMALL_STACK : 0);
        __atomic_store_n(&k->key, key, __ATOMIC_RELEASE);
        return;
    }
    give_up_shared();
}

/* ---- Looking. */

static bool read_at(int fd, void *to, size_t n, u64 offset)
{
    return sys4(SYS_pread64, fd, to, n, offset) == (long)n;
}

/* Go calls from stacks with no room for the core. Every Go program has its build id in a note of the name "Go". */
static bool has_go_note(int fd, const Elf64_Ehdr *head)
{
    for (u32 i = 0; i < head->e_phnum && i < 64; i++) {
        Elf64_Phdr p;
        struct {
            Elf64_Nhdr head;
            char name[4];
        } note;
        if (!read_at(fd, &p, sizeof p, head->e_phoff + i * sizeof p))
            return false;
        if (p.p_type == PT_NOTE && read_at(fd, &note, sizeof note, p.p_offset) && note.head.n_namesz == 4 && !memcmp(note.name, "Go\0", 4))
            return true;
    }
    return false;
}

static bool is_libc_file(int fd)
{
    char link[40], path[512];
    size_t pos = 0;
    text_add(link, sizeof link, &pos, "/proc/self/fd/", 14);
    add_number(link, sizeof link, &pos, (u64)fd);
    long n = sys3(SYS_readlink, link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    return mapping_is_libc(path);
}

/* The next piece of code in the mapping, by the section headers, or all of it where there are none. *at counts. False: no more. */
struct piece {
    const u8 *text;
    u32 size, from; /* from: offset in the mapping */
};
static bool next_piece(const struct mapped *m, const Elf64_Ehdr *head, u64 end, u32 *at, struct piece *out)
{
    bool sections = head->e_shoff && head->e_shentsize == sizeof(Elf64_Shdr) && head->e_shnum && head->e_shnum <= SECTIONS_MAX;
    u32 most = sections ? head->e_shnum : 1;
    while (*at < most) {
        Elf64_Shdr s = {.sh_type = SHT_PROGBITS, .sh_flags = SHF_EXECINSTR, .sh_offset = m->offset, .sh_size = end - m->offset};
        if (sections && !read_at(m->fd, &s, sizeof s, head->e_shoff + *at * sizeof s))
            return false;
        ++*at;
        u64 low = s.sh_offset > m->offset ? s.sh_offset : m->offset, high = s.sh_offset + s.sh_size < end ? s.sh_offset + s.sh_size : end;
        if (s.sh_type != SHT_PROGBITS || !(s.sh_flags & SHF_EXECINSTR) || s.sh_size > 1UL << 32 || low >= high)
            continue;
        *out = (struct piece){(const u8 *)(m->at + (low - m->offset)), (u32)(high - low), (u32)(low - m->offset)};
        return true;
    }
    return false;
}

static u32 count_pairs(const struct piece *p)
{
    u32 n = 0;
    for (u32 i = 0; i + 1 < p->size; i++)
        n += p->text[i] == 0x0f && p->text[i + 1] == 0x05;
    return n;
}

/* `end`: of the file or the mapping, in the file. */
static bool look(const struct mapped *m, u64 end, struct sites *out)
{
    Elf64_Ehdr head;
    struct piece p;
    u32 pairs = 0, longest = 0;
    *out = (struct sites){.count = 0};
    if (!read_at(m->fd, &head, sizeof head, 0) || memcmp(head.e_ident, ELFMAG, SELFMAG) || head.e_ident[EI_CLASS] != ELFCLASS64)
        return true;
    for (u32 at = 0; next_piece(m, &head, end, &at, &p);) {
        pairs += count_pairs(&p);
        longest = p.size > longest ? p.size : longest;
    }
    if (!pairs)
        return true;
    u64 size = pairs * sizeof(struct scan_site) + longest / 8 + 1;
    u8 *scratch = (u8 *)map(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1), *marks = scratch + pairs * sizeof(struct scan_site);
    struct scan_site *list = (struct scan_site *)scratch;
    if (!scratch)
        return false;
    bool trusted = m->trusted || is_libc_file(m->fd);
    for (u32 at = 0; next_piece(m, &head, end, &at, &p);) {
        memset(marks, 0, longest / 8 + 1);
        int n = scan_text(p.text, p.size, trusted, wants_number, marks, list + out->count, pairs - out->count);
        for (int i = 0; i < n; i++)
            list[out->count++].call += p.from;
    }
    *out = (struct sites){list, out->count, has_go_note(m->fd, &head), scratch, size};
    return true;
}

bool sites_find(const struct mapped *m, bool anew, struct sites *out)
{
    struct stat st;
    struct timespec now;
    if (!looked)
        look_for_shared();
    if (sys2(SYS_fstat, m->fd, &st) || !S_ISREG(st.st_mode)) {
        *out = (struct sites){.count = 0};
        return true;
    }
    u64 key = key_of(m, &st), end = m->offset + m->length;
    if (known && !anew && recall(key, out))
        return true;
    if (!look(m, end < (u64)st.st_size ? end : (u64)st.st_size, out))
        return false;
    sys2(SYS_clock_gettime, CLOCK_REALTIME, &now);
    if (known && !anew && now.tv_sec > st.st_ctim.tv_sec + 2 && now.tv_sec > st.st_mtim.tv_sec + 2)
        remember(key, out);
    return true;
}

void sites_done(struct sites *s)
{
    if (s->scratch)
        sys2(SYS_munmap, s->scratch, s->scratch_size);
}
