/* The shapes of call sites that can be patched:
 *  - "mov $nr,%eax" and, up to some instructions further on, "syscall", with nothing but movable instructions between (decode.h). Most sites of
 *    any libc; the numbers make a chance hit on other code as good as impossible.
 *  - a move of 5 bytes to or from the stack right before "syscall": the places where a libc makes all calls that can be cancelled, whatever
 *    their number (musl; glibc since 2.41). */
#include "decode.h"
#include "patch.h"

/* Bytes before the call, those below the mapping left 0, and after them what the decoder may read. */
struct text {
    u8 code[SITE_CODE_MAX + DECODE_READS];
    u32 have; /* of them before the call */
};

/* `at` is where an instruction begins and others follow, all movable, up to the call. */
static bool leads_to_call(const struct text *t, u32 at)
{
    while (at < t->have) {
        u32 n = decode_movable(t->code + at, t->have - at);
        if (!n)
            return false;
        at += n;
    }
    return at == t->have;
}

/* Where "mov $nr,%eax" begins, or have. */
static u32 find_number(const struct text *t, u32 nr)
{
    for (u32 at = t->have >= 5 ? t->have - 4 : 0; at-- > 1;) {
        u32 number;
        memcpy(&number, t->code + at + 1, 4);
        /* A prefix before b8 (0x40 to 0x4f) would make it another register's mov. */
        if (t->code[at] == 0xb8 && number == nr && (t->code[at - 1] & 0xf0) != 0x40 && leads_to_call(t, at))
            return at;
    }
    return t->have;
}

/* "mov disp8(%rsp),%reg" or "mov %reg,disp8(%rsp)", 64 bits, without a prefix: where it begins, or have. */
static u32 find_stack_move(const struct text *t)
{
    if (t->have < 6)
        return t->have;
    const u8 *c = t->code + t->have - 5;
    bool move = (c[0] == 0x48 || c[0] == 0x4c) && (c[1] == 0x89 || c[1] == 0x8b) && (c[2] & 0xc7) == 0x44 && c[3] == 0x24;
    bool to_rsp = c[1] == 0x8b && c[0] == 0x48 && (c[2] >> 3 & 7) == 4;
    static const u8 prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x0f};
    for (unsigned i = 0; i < sizeof prefixes; i++)
        move = move && c[-1] != prefixes[i];
    return move && !to_rsp ? t->have - 5 : t->have;
}

bool site_read(struct site *s, u64 ip, u32 nr, u64 low)
{
    struct text t;
    memset(&t, 0, sizeof t);
    s->call = s->otherwise = ip - 2;
    t.have = s->call - low < SITE_CODE_MAX ? (u32)(s->call - low) : SITE_CODE_MAX;
    if (ip - 2 < low || guest_read(t.code, (const void *)(s->call - t.have), t.have + 2))
        return false;
    if (t.code[t.have] != 0x0f || t.code[t.have + 1] != 0x05)
        return false;
    u32 at = find_number(&t, nr);
    s->any_number = at == t.have;
    if (s->any_number)
        at = find_stack_move(&t);
    s->length = t.have - at;
    s->at = s->call - s->length;
    memcpy(s->code, t.code + at, s->length);
    return s->length;
}
