/* See scan.h. Machine code cannot be read backwards, and a file's text holds other things than code, so the two bytes of a system call instruction
 * say little. Three questions decide about each pair:
 *  - Does an instruction begin there? Decoding from almost any byte falls in step with the code after some instructions, so it is begun at many
 *    bytes before and most of these must come out there.
 *  - Is it a system call, and not a table of numbers? Something before it has set rax, or what follows does something with rax or ends.
 *  - Which number comes there? Mostly the one that "mov $nr,%eax" loads some instructions before; unless a branch leads in between. */
#include "scan.h"
#include "../start/decode.h"
#include "length.h"

#define BACK 96   /* bytes before a place from which decoding is begun at the earliest */
#define BACK_LEAST 16 /* … and at the latest */
#define CHAIN_MAX 43 /* patch.h: SITE_CODE_MAX holds it and the mov */
#define NUMBER_MAX 1024

static u32 clip(u32 at, u32 back)
{
    return at > back ? at - back : 0;
}

/* The length of the instruction at `at`, 0 where no program has one: what only a kernel may execute, and two zeroes. */
static u32 step(const u8 *text, u32 size, u32 at)
{
    u8 op = text[at];
    bool privileged = (op & 0xfc) == 0x6c || (op & 0xf4) == 0xe4 || op == 0xfa || op == 0xfb || op == 0xcf;
    bool zeroes = !op && at + 1 < size && !text[at + 1];
    return privileged || zeroes ? 0 : instruction_length(text + at, size - at);
}

/* True when most decodings that begin before `at` come to it. */
static bool is_boundary(const u8 *text, u32 size, u32 at)
{
    u32 hit = 0, all = 0;
    for (u32 from = clip(at, BACK); from == 0 || from + BACK_LEAST <= at; from++) {
        u32 p = from, n = 1;
        while (p < at && (n = step(text, size, p)))
            p += n;
        if (n)
            all++;
        hit += p == at;
        if (from >= at)
            break;
    }
    return hit * 10 >= all * 7 && hit;
}

/* Nothing but plain instructions from `at` to the call, of which only the first sets rax. *movable: all could stand elsewhere. */
static bool is_chain(const u8 *text, u32 at, u32 call, bool *movable)
{
    *movable = true;
    for (bool first = true; at < call; first = false) {
        bool moves;
        u32 n = decode_plain(text + at, call - at, &moves);
        if (!n || (!first && decode_sets_rax(text + at)))
            return false;
        *movable &= moves;
        at += n;
    }
    return at == call;
}

/* The instruction at c loads a number: its length, else 0. "mov $nr,%eax" in its three encodings, "xor %eax,%eax". */
static u32 load_length(const u8 *c, u32 have, u64 *nr)
{
    static const struct {
        u8 length, head, immediate, bytes[3];
    } form[] = {{5, 1, 4, {0xb8}}, {7, 3, 4, {0x48, 0xc7, 0xc0}}, {10, 2, 8, {0x48, 0xb8}}, {2, 2, 0, {0x31, 0xc0}}, {2, 2, 0, {0x33, 0xc0}}};
    for (unsigned i = 0; i < sizeof form / sizeof *form; i++) {
        u32 k = 0;
        while (k < form[i].head && k < have && c[k] == form[i].bytes[k])
            k++;
        if (k < form[i].head || form[i].length > have)
            continue;
        *nr = 0;
        for (k = 0; k < form[i].immediate; k++)
            *nr |= (u64)c[form[i].head + k] << 8 * k;
        return form[i].length;
    }
    return 0;
}

/* Where the instruction begins that loads the number of the call, or `call`. A byte 40 to 4f before one without a prefix would be its prefix. */
static u32 find_number(const u8 *text, u32 size, u32 call, u64 *nr, bool *movable)
{
    for (u32 at = call; at-- > clip(call, CHAIN_MAX + 5);) {
        bool other = text[at] != 0x48 && at && (text[at - 1] & 0xf0) == 0x40;
        if (!other && load_length(text + at, call - at, nr) && *nr < NUMBER_MAX && is_chain(text, at, call, movable) && is_boundary(text, size, at))
            return at;
    }
    return call;
}

/* "mov disp8(%rsp),%reg" or "mov %reg,disp8(%rsp)", 64 bits, right before the call. */
static bool has_stack_move(const u8 *text, u32 size, u32 call)
{
    if (call < 5)
        return false;
    const u8 *c = text + call - 5;
    bool move = (c[0] == 0x48 || c[0] == 0x4c) && (c[1] == 0x89 || c[1] == 0x8b) && (c[2] & 0xc7) == 0x44 && c[3] == 0x24;
    bool to_rsp = c[1] == 0x8b && c[0] == 0x48 && (c[2] >> 3 & 7) == 4;
    return move && !to_rsp && is_boundary(text, size, call - 5);
}

/* What compilers put behind a system call: a look at rax, a copy of it, an end. */
static bool uses_result(const u8 *text, u32 size, u32 at)
{
    u8 c[4] = {0};
    for (u32 i = 0; i < 4 && at + i < size; i++)
        c[i] = text[at + i];
    const u8 *op = c + ((c[0] & 0xf0) == 0x40);
    bool from_rax = !(c[0] & 4 && op > c) && (op[1] & 0xf8) == 0xc0;
    switch (op[0]) {
    case 0x3d: case 0x98: case 0xc3: case 0xeb: case 0xe9: return true;
    case 0x83: return op[1] == 0xf8;
    case 0xf7: return op[1] == 0xd8 || op[1] == 0xd0;
    case 0x85: return op[1] == 0xc0;
    case 0x89: return from_rax;
    default: return false;
    }
}

/* Some decoding that comes to the call passes an instruction that sets rax. */
static bool has_number(const u8 *text, u32 size, u32 call)
{
    u32 seen = 0, all = 0;
    for (u32 from = clip(call, BACK); from == 0 || from + BACK_LEAST <= call; from++) {
        u32 p = from, n = 1;
        bool sets = false, movable;
        while (p < call && (n = step(text, size, p))) {
            sets |= decode_plain(text + p, n, &movable) == n && decode_sets_rax(text + p);
            p += n;
        }
        if (p == call && n) {
            all++;
            seen += sets;
        }
        if (from >= call)
            break;
    }
    return seen && seen * 2 >= all;
}

#define SITE_OTHER 3 /* the number that is known is not wanted */

/* One candidate. False = it is no system call. */
static bool look(const u8 *text, u32 size, u32 call, bool trusted, scan_wants *wants, struct scan_site *s)
{
    u64 nr;
    bool movable = false;
    if (!is_boundary(text, size, call))
        return false;
    u32 at = find_number(text, size, call, &nr, &movable);
    if (at == call && !trusted && !uses_result(text, size, call + 2) && !has_number(text, size, call))
        return false;
    *s = (struct scan_site){call, SITE_TRAP, 0, 0};
    if (at < call) {
        s->before = (u8)(call - at);
        s->kind = !wants((u32)nr) ? SITE_OTHER : movable && nr ? SITE_NUMBER : SITE_TRAP;
    } else if (has_stack_move(text, size, call)) {
        s->before = 5;
        s->kind = SITE_ANY;
    }
    return true;
}

static void mark_inside(u8 *marks, const struct scan_site *s)
{
    for (u32 at = s->call - s->before + 1; at <= s->call; at++)
        marks[at / 8] |= (u8)(1 << at % 8);
}

/* The target of a branch at `at`, or `size`. */
static u32 branch_target(const u8 *text, u32 size, u32 at)
{
    u8 op = text[at];
    bool near = (op & 0xf0) == 0x70 || op == 0xeb || (op & 0xfc) == 0xe0;
    bool far = op == 0xe9, far_if = op == 0x0f && at + 1 < size && (text[at + 1] & 0xf0) == 0x80;
    u32 n = near ? 2 : far ? 5 : far_if ? 6 : 0, to;
    if (!n || at + n > size)
        return size;
    const u8 *d = text + at + n - (near ? 1 : 4);
    to = at + n + (near ? (u32)(int32_t)(int8_t)d[0] : (u32)d[0] | (u32)d[1] << 8 | (u32)d[2] << 16 | (u32)d[3] << 24);
    return to < size ? to : size;
}

static struct scan_site *find_site(struct scan_site *out, u32 n, u32 at)
{
    u32 low = 0;
    for (u32 high = n; low < high;) {
        u32 middle = (low + high) / 2;
        if (out[middle].call < at)
            low = middle + 1;
        else
            high = middle;
    }
    return &out[low];
}

/* Sites whose number is not wanted, but to which a branch leads with another. */
static void reconsider(const u8 *text, u32 size, const u8 *marks, struct scan_site *out, u32 n)
{
    for (u32 at = 0; at < size; at++) {
        u32 to = branch_target(text, size, at);
        if (to == size || !(marks[to / 8] >> to % 8 & 1) || !is_boundary(text, size, at))
            continue;
        struct scan_site *s = find_site(out, n, to);
        if (s->kind == SITE_OTHER)
            s->kind = SITE_TRAP;
    }
}

int scan_text(const u8 *text, u32 size, bool trusted, scan_wants *wants, u8 *marks, struct scan_site *out, u32 most)
{
    u32 n = 0, kept = 0;
    bool others = false;
    for (u32 at = 0; at + 1 < size; at++) {
        if (text[at] != 0x0f || text[at + 1] != 0x05)
            continue;
        if (n == most)
            return -1;
        if (!look(text, size, at, trusted, wants, &out[n]))
            continue;
        if (out[n].kind == SITE_OTHER) {
            mark_inside(marks, &out[n]);
            others = true;
        }
        n++;
    }
    if (others)
        reconsider(text, size, marks, out, n);
    for (u32 i = 0; i < n; i++)
        if (out[i].kind != SITE_OTHER)
            out[kept++] = out[i];
    return (int)kept;
}
