/* What the preload engine takes for a system call instruction, and what it knows of its number (preload/scan.c, preload/length.c): the shapes of real
 * libcs between real code, things near to them, lengths of instructions, and bytes of any kind, which may not lead it outside of them. */
#define _GNU_SOURCE
#include "harness.h"
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../preload/length.c"
#include "../preload/scan.c"
#include "../start/decode.c"

#define WANTED 257

static bool wants(u32 nr)
{
    return nr == WANTED;
}

/* A function's beginning, over and over: code that says nothing about numbers. */
#define FILL "4157 4156 4155 4154 4c8d2510000000 55 53 4889f3 4883ec18 4c8b6e08 31ed 4d8b7e10 4889df"

struct shape {
    const char *name, *before, *behind;
    int kind, back; /* -1 = no site; back: to where the jump is */
    bool trusted;
};

static const struct shape shapes[] = {
    {"glibc: number right before", "b801010000", "483d00f0ffff", SITE_NUMBER, 5, false},
    {"musl: moves between", "b801010000 4889d6 4889ef", "4889c7", SITE_NUMBER, 11, false},
    {"number of 8 bytes", "48b80101000000000000", "c3", SITE_NUMBER, 10, false},
    {"number with sign extension", "48c7c001010000", "c3", SITE_NUMBER, 7, false},
    {"number that is not wanted", "b827000000", "c3", -1, 0, false},
    {"read", "31c0", "4885c0", -1, 0, false},
    {"read, the other xor", "33c0 4889de", "4885c0", -1, 0, false},
    {"an address relative to the place between", "b801010000 488d3d10000000", "85c0", SITE_TRAP, 12, false},
    {"not wanted, with such an address", "b8ca000000 488d3d10000000", "ebc4", -1, 0, false},
    {"the number is changed behind", "b827000000 89d0", "483d00f0ffff", SITE_TRAP, 0, false},
    {"in another register: glibc 2.41", "4889f8 4c8b4c2408", "483d01f0ffff", SITE_ANY, 5, false},
    {"any number, nothing to jump from", "4889f8 4d89d8", "5dc3", SITE_TRAP, 0, false},
    {"a call between", "b827000000 e800000000", "483d00f0ffff", SITE_TRAP, 0, false},
    {"nothing said about the number", "31d2", "31c9", -1, 0, false},
    {"the same in a libc", "31d2", "31c9", SITE_TRAP, 0, true},
    {"a displacement", "488b80", "0000", -1, 0, true},
    {"an immediate", "b8", "0000", -1, 0, true},
    {"a constant of 8 bytes", "48b9 112233", "445566", -1, 0, true},
};

/* `before`, the call, `behind`, with code around it. Where the call is. */
static u32 compose(const struct shape *shape, u8 *text, u32 *size)
{
    u32 n = 0;
    for (int i = 0; i < 6; i++)
        n += from_hex(FILL, text + n);
    n += from_hex(shape->before, text + n);
    u32 call = n;
    n += from_hex("0f05", text + n);
    n += from_hex(shape->behind, text + n);
    for (int i = 0; i < 3; i++)
        n += from_hex(FILL, text + n);
    *size = n;
    return call;
}

static void test_shape(const struct shape *shape)
{
    u8 text[1024], marks[sizeof text / 8 + 1] = {0};
    struct scan_site sites[8];
    u32 size, call = compose(shape, text, &size);
    int n = scan_text(text, size, shape->trusted, wants, marks, sites, 8);
    bool good = shape->kind < 0 ? n == 0 : n == 1 && sites[0].call == call && sites[0].kind == shape->kind && sites[0].before == shape->back;
    test_report(shape->name, good, "%d sites, kind %d, %d bytes before", n, n > 0 ? sites[0].kind : -1, n > 0 ? sites[0].before : -1);
}

/* A branch that leads behind the number brings another one: the site cannot be left alone. */
static void test_branch(void)
{
    static const struct shape shape = {"", "b827000000 4889de", "483d00f0ffff", SITE_TRAP, 8, false};
    u8 text[1024], marks[sizeof text / 8 + 1] = {0};
    struct scan_site sites[8];
    u32 size, call = compose(&shape, text, &size);
    text[size] = 0xeb; /* jmp to the move behind the number */
    text[size + 1] = (u8)(call - 3 - (size + 2));
    int n = scan_text(text, size + 2, false, wants, marks, sites, 8);
    test_report("a branch behind the number", n == 1 && sites[0].kind == SITE_TRAP && text[size + 1] > 128, "%d sites", n);
    text[size] = 0x90;
    memset(marks, 0, sizeof marks);
    n = scan_text(text, size + 2, false, wants, marks, sites, 8);
    test_report("no branch behind the number", n == 0, "%d sites", n);
}

static const struct {
    const char *code;
    u32 length;
} lengths[] = {
    {"90", 1}, {"c3", 1}, {"0f05", 2}, {"0f0b", 2}, {"4889e5", 3}, {"b801010000", 5}, {"66b80101", 4}, {"48b80102030405060708", 10}, {"488d3d10000000", 7},
    {"48c7c001010000", 7}, {"48c78424c8000000ffffffff", 12}, {"64488b042528000000", 9}, {"f3a4", 2}, {"f0480fb111", 5}, {"e800000000", 5}, {"0f8400000000", 6},
    {"eb00", 2}, {"c20800", 3}, {"c8100000", 4}, {"48a10102030405060708", 10}, {"f60701", 3}, {"f617", 2}, {"f70701000000", 6}, {"66f7070100", 5},
    {"c5f877", 3}, {"c5fd6f4710", 5}, {"c4e37d19c101", 6}, {"c4e2f9f7c0", 5}, {"62f17c48104701", 7}, {"62f3fd4825c2ff", 7}, {"8f0424", 3}, {"660f3a0fc108", 6},
    {"660f38f0c1", 5}, {"f30f1efa", 4}, {"0f1f840000000000", 8}, {"41ff24c4", 4}, {"8b0425000000aa", 7}, {"0fba2001", 4}, {"69c001020304", 6}, {"6bc001", 3},
    {"0f04", 0}, {"06", 0}, {"60", 0}, {"9a", 0}, {"ea", 0}, {"b80101", 0}, {"4889", 0}, {"66666666666666666666666666666690", 0},
};

static void test_lengths(void)
{
    unsigned wrong = 0;
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        u8 code[32];
        u32 have = from_hex(lengths[i].code, code), n = instruction_length(code, have);
        wrong += n != lengths[i].length;
        if (n != lengths[i].length)
            test_report(lengths[i].code, false, "length %u", n);
    }
    test_report("lengths", !wrong, "%u wrong", wrong);
}

/* Whatever the bytes are, nothing behind them is read (a page that may not be follows) and what is found lies in them. */
static void test_noise(void)
{
    enum { PAGE = 4096 };
    static struct scan_site sites[600];
    static u8 marks[600 / 8 + 1];
    u8 *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned wrong = 0, found = 0;
    if (page == MAP_FAILED || mprotect(page + PAGE, PAGE, PROT_NONE))
        die("no memory");
    for (int round = 0; round < 3000; round++) {
        u32 size = random_below(600) + 1;
        u8 *text = page + PAGE - size;
        for (u32 i = 0; i < size; i++)
            text[i] = random_below(5) ? (u8)random_next() : "\x0f\x05\xb8\x48\xeb"[random_below(5)];
        memset(marks, 0, sizeof marks);
        int n = scan_text(text, size, round & 1, wants, marks, sites, 600);
        wrong += n < 0;
        for (int i = 0; i < n; i++, found++)
            wrong += sites[i].call + 2 > size || sites[i].before > sites[i].call || text[sites[i].call] != 0x0f || text[sites[i].call + 1] != 0x05;
    }
    test_report("noise", !wrong && found > 100, "%u sites, %u wrong", found, wrong);
}

int main(int argc, char **argv)
{
    test_start("scan", argc, argv);
    for (unsigned i = 0; i < sizeof shapes / sizeof *shapes; i++)
        test_shape(&shapes[i]);
    test_branch();
    test_lengths();
    test_noise();
    return test_end();
}
