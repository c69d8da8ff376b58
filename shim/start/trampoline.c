/* The pieces of code that patched sites jump to, in pages of their own within reach of a jump. For patch.c only; its lock is held. A piece
 * does what it was jumped over, loads the address behind the call into rcx and goes on to patch_enter. Where the number is not
 * known beforehand, those that are not worth it go back to the call itself. */
#include "patch.h"
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE 4096UL
#define REACH 0x7fff0000L
#define NOREPLACE 0x100000

static struct {
    u64 at;
    u32 used;
} pages[8];

#define NUMBERS 512
static u8 worth[NUMBERS]; /* by number; filled when first needed */

static bool is_near(u64 at, u64 site)
{
    long distance = (long)(at - site);
    return distance > -REACH && distance < REACH;
}

static u64 map_at(u64 hint, u64 size)
{
    long at = sys6(SYS_mmap, (long)hint, (long)size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | (hint ? NOREPLACE : 0), -1, 0);
    return at < 0 && at > -4096 ? 0 : (u64)at;
}

u64 trampoline_map(u64 site, u64 span, u64 size)
{
    for (long i = 0; i < 24; i++) { /* anywhere, then 16 MB steps up and down */
        long step = (i + 1) / 2 * (16L << 20);
        u64 hint = i ? (site & ~(PAGE - 1)) + (u64)(i % 2 ? step + (long)span : -step) : 0;
        if ((long)hint < 0 || (i && hint < (1UL << 20)))
            continue;
        u64 at = map_at(hint & ~(PAGE - 1), size);
        if (!at)
            continue;
        if (is_near(at, site) && is_near(at, site + span))
            return at;
        sys2(SYS_munmap, at, size);
    }
    return 0;
}

/* A free trampoline that a jump at site reaches; its page is made if need be. 0 = none. */
static u64 find_trampoline(u64 site, unsigned *page)
{
    for (*page = 0; *page < sizeof pages / sizeof *pages && pages[*page].at; ++*page)
        if (is_near(pages[*page].at, site) && pages[*page].used + TRAMPOLINE_MAX <= PAGE)
            return pages[*page].at + pages[*page].used;
    if (*page == sizeof pages / sizeof *pages)
        return 0;
    return pages[*page].at = trampoline_map(site, 0, PAGE);
}

struct writer {
    u64 at; /* where the code will be */
    u32 n;
    u8 *code;
};

static void put(struct writer *w, const void *bytes, u32 n)
{
    memcpy(w->code + w->n, bytes, n);
    w->n += n;
}

/* An instruction of `n` bytes that ends with the distance to `to`. */
static void put_near(struct writer *w, const char *bytes, u32 n, u64 to)
{
    int distance = (int)(to - (w->at + w->n + n + 4));
    put(w, bytes, n);
    put(w, &distance, 4);
}

/* rax is a number that patch_enter wants, or on to `otherwise`. rcx is free: the call destroys it. */
static void put_check(struct writer *w, u64 otherwise)
{
    u64 table = (u64)worth;
    if (!*worth)
        for (u32 nr = 0; nr < NUMBERS; nr++)
            worth[nr] = patch_is_worth(nr) ? 2 : 1;
    put(w, "\x48\x3d\xff\x01\x00\x00", 6); /* cmp $511,%rax */
    put_near(w, "\x0f\x87", 2, otherwise);    /* ja */
    put(w, "\x48\xb9", 2);                   /* movabs $table,%rcx */
    put(w, &table, 8);
    put(w, "\x80\x3c\x01\x01", 4);          /* cmpb $1,(%rcx,%rax) */
    put_near(w, "\x0f\x84", 2, otherwise);    /* je */
}

u32 trampoline_code(const struct site *s, u64 at, u8 code[TRAMPOLINE_MAX])
{
    u64 enter = (u64)patch_enter;
    struct writer w = {.at = at, .n = 0, .code = code};
    put(&w, s->code, s->length);
    if (s->any_number)
        put_check(&w, s->otherwise);
    put_near(&w, "\x48\x8d\x0d", 3, s->call + 2); /* lea back(%rip),%rcx */
    put(&w, "\xff\x25\0\0\0\0", 6);          /* jmp *0(%rip); the address follows */
    put(&w, &enter, 8);
    return w.n;
}

u64 trampoline_make(const struct site *s)
{
    unsigned page;
    u64 at = find_trampoline(s->call, &page);
    u8 code[TRAMPOLINE_MAX];
    if (!at || sys3(SYS_mprotect, pages[page].at, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC))
        return 0;
    u32 n = trampoline_code(s, at, code);
    memcpy((void *)at, code, n);
    sys3(SYS_mprotect, pages[page].at, PAGE, PROT_READ | PROT_EXEC);
    pages[page].used += (n + 15) & ~15u;
    return at;
}
