/* Changes the system call instructions of a mapping (preload.h) before anything executes them. Nobody is in that code yet, so none of the care of
 * docs/decisions/0007 is needed; only what stands between a jump and its call stays whole, since branches may lead there.
 *
 * What is made for a mapping lies in one block in reach of it: a head, the list of its sites, and code, a trampoline for each jump and a stub for each
 * site that any call may come to: the system call instruction that was taken away, and a jump back. There the kernel does what the engine does not want,
 * with the guest's own registers and stack: clone, vfork and sigreturn could not be done by anybody else. */
#include "preload.h"
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE 4096UL
#define STUB 16 /* syscall; jmp *0(%rip); address */
#define STUB_CODE "\x0f\x05\xff\x25\0\0\0\0"

struct block {
    struct block *next;
    u64 low, high;  /* the mapping */
    u64 stubs, end; /* first stub, end of the last */
    u32 count;      /* of stubs */
    u32 call[];     /* their sites, ascending, offsets from low */
};

TOUCHED_AT_START static struct block *blocks; /* newest first: a mapping that is gone may have left one behind */

static bool needs_stub(const struct scan_site *s)
{
    return s->kind != SITE_NUMBER;
}

static bool needs_jump(const struct scan_site *s, bool small_stack)
{
    return !small_stack && s->before >= 5 && (s->kind == SITE_NUMBER || s->kind == SITE_ANY) && s->before <= SITE_CODE_MAX;
}

/* What is remembered fits what is there. */
static bool is_there(const struct mapped *m, const struct scan_site *s)
{
    const u8 *at = (const u8 *)m->at + s->call;
    return s->call >= s->before && s->call + 2UL <= m->length && at[0] == 0x0f && at[1] == 0x05;
}

static void write_stub(u64 at, u64 back)
{
    memcpy((void *)at, STUB_CODE, 8);
    memcpy((void *)(at + 8), &back, 8);
}

static void write_jump(u64 site, u64 to)
{
    int distance = (int)(to - (site + 5));
    *(u8 *)site = 0xe9;
    memcpy((void *)(site + 1), &distance, 4);
}

/* All code for the sites, and the changes at them; the mapping and the block may be written to. */
static void change(const struct mapped *m, const struct sites *sites, struct block *b, u64 at)
{
    u64 stub = b->stubs;
    u32 n = 0;
    for (u32 i = 0; i < sites->count; i++) {
        const struct scan_site *s = &sites->list[i];
        struct site site = {.call = m->at + s->call, .length = s->before, .any_number = s->kind == SITE_ANY};
        if (needs_stub(s)) {
            b->call[n++] = s->call;
            write_stub(stub, site.call + 2);
            site.otherwise = stub;
            stub += STUB;
        }
        ((u8 *)site.call)[1] = 0x04;
        if (!needs_jump(s, sites->small_stack))
            continue;
        site.at = site.call - s->before;
        memcpy(site.code, (const void *)site.at, s->before);
        u32 length = trampoline_code(&site, at, (u8 *)at);
        write_jump(site.at, at);
        at += (length + 15) & ~15u;
    }
}

static u64 up(u64 n, u64 to)
{
    return (n + to - 1) & ~(to - 1);
}

/* The block for the sites, still writable; NULL: there is no room in reach. */
static struct block *make_block(const struct mapped *m, const struct sites *sites, u64 *size, u64 *code)
{
    u64 stubs = 0, jumps = 0;
    for (u32 i = 0; i < sites->count; i++) {
        stubs += needs_stub(&sites->list[i]);
        jumps += needs_jump(&sites->list[i], sites->small_stack);
    }
    u64 head = up(sizeof(struct block) + stubs * sizeof(u32), STUB);
    *size = up(head + stubs * STUB + jumps * up(TRAMPOLINE_MAX, 16), PAGE);
    struct block *b = (struct block *)trampoline_map(m->at, m->length, *size);
    if (!b || sys3(SYS_mprotect, b, *size, PROT_READ | PROT_WRITE))
        return NULL;
    b->low = m->at;
    b->high = m->at + m->length;
    b->stubs = (u64)b + head;
    b->end = *code = b->stubs + stubs * STUB;
    b->count = (u32)stubs;
    return b;
}

static void publish(struct block *b)
{
    struct block *now = __atomic_load_n(&blocks, __ATOMIC_ACQUIRE);
    do
        b->next = now;
    while (!__atomic_compare_exchange_n(&blocks, &now, b, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
}

static long rewrite(const struct mapped *m, const struct sites *sites, int rights)
{
    u64 size, code, low = m->at + sites->list[0].call - sites->list[0].before, high = m->at + sites->list[sites->count - 1].call + 2;
    for (u32 i = 0; i < sites->count; i++) {
        if (!is_there(m, &sites->list[i]))
            return -ENOEXEC;
        if (m->at + sites->list[i].call - sites->list[i].before < low)
            low = m->at + sites->list[i].call - sites->list[i].before;
    }
    low &= ~(PAGE - 1);
    high = up(high, PAGE);
    struct block *b = make_block(m, sites, &size, &code);
    if (!b)
        return -ENOMEM;
    long r = rights & PROT_WRITE ? 0 : sys3(SYS_mprotect, low, high - low, PROT_READ | PROT_WRITE);
    if (r)
        return r;
    change(m, sites, b, code);
    publish(b);
    r = sys3(SYS_mprotect, b, size, PROT_READ | PROT_EXEC);
    return r || rights & PROT_WRITE ? r : sys3(SYS_mprotect, low, high - low, rights);
}

long rewrite_mapping(const struct mapped *m, int rights)
{
    struct sites sites;
    long r = -ENOEXEC;
    for (int again = 0; again < 2 && r == -ENOEXEC; again++) {
        if (!sites_find(m, again, &sites))
            return -ENOMEM;
        r = sites.count ? rewrite(m, &sites, rights) : 0;
        sites_done(&sites);
    }
    return r;
}

u64 rewrite_stub(u64 site)
{
    const struct block *b = __atomic_load_n(&blocks, __ATOMIC_ACQUIRE);
    while (b && (site < b->low || site >= b->high))
        b = b->next;
    if (!b)
        return 0;
    u32 want = (u32)(site - b->low), low = 0;
    for (u32 high = b->count; low < high;) {
        u32 middle = (low + high) / 2;
        if (b->call[middle] < want)
            low = middle + 1;
        else
            high = middle;
    }
    return low < b->count && b->call[low] == want ? b->stubs + low * STUB : 0;
}

u64 rewrite_site_of_stub(u64 at)
{
    for (const struct block *b = __atomic_load_n(&blocks, __ATOMIC_ACQUIRE); b; b = b->next)
        if (at >= b->stubs && at < b->end && (at - b->stubs) % STUB <= 2)
            return b->low + b->call[(at - b->stubs) / STUB];
    return 0;
}
