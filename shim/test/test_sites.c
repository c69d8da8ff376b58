/* What hot-site patching takes for a call site (start/site.c, start/decode.c): the shapes of real libcs, and things near to them that must be
 * refused. The bytes are as compilers made them, or one bit away. */
#define _GNU_SOURCE
#include "harness.h"
#include <stdio.h>
#include <string.h>

#include "../start/decode.c"
#include "../start/site.c"

struct shape {
    const char *name;
    const char *code; /* hexadecimal, from the start of the mapping up to the syscall instruction, which is added */
    u32 nr;
    int at;           /* where the jump is expected, -1 = the site is refused */
    bool any_number;
};

static const struct shape shapes[] = {
    {"glibc, number right before", "9090 b815000000", 21, 2, false},
    {"musl fstatat: two moves between", "4863ef b805000000 4889d6 4889ef", 5, 3, false},
    {"musl fstatat: wide number", "c390 b806010000 4889ef 4c89ce", 262, 2, false},
    {"ld.so openat: zeroing and flags", "9090 b801010000 31d2 4889de bf9cffffff", 257, 2, false},
    {"thread-local load and an immediate", "9090 b80e000000 41ba08000000 64488b1c2500000000", 14, 2, false},
    {"stack load, address, extension", "9090 b859000000 488b7c2408 488d742410 4863d2 0fb6c9", 89, 2, false},
    {"number given twice, the near one counts", "90 b859000000 90 b859000000 31d2", 89, 7, false},
    {"glibc 2.41: number from the stack", "c390 488b442410", 257, 2, true},
    {"musl: last store before the call", "4c8b442408 4c8b4c2410 4c895c2408", 2, 10, true},
    {"another number", "9090 b816000000", 21, -1, false},
    {"mov to r8d", "90 41b815000000", 21, -1, false},
    {"number at the very start", "b815000000", 21, -1, false},
    {"a branch between", "9090 b805000000 7402 4889d6", 5, -1, false},
    {"a call between", "9090 b805000000 e800000000", 5, -1, false},
    {"an address relative to the place between", "9090 b805000000 488d3d10000000", 5, -1, false},
    {"the stack pointer changes", "9090 b805000000 4883ec08", 5, -1, false},
    {"the stack pointer is loaded", "9090 b805000000 488b6608 89e4", 5, -1, false},
    {"another system call between", "9090 b805000000 0f05 4889d6", 5, -1, false},
    {"a push between", "9090 b805000000 6a00", 5, -1, false},
    {"number in a register", "9090 89d0", 60, -1, false},
    {"stack load with a segment", "9090 64488b442410", 257, -1, false},
    {"stack load of 4 bytes", "909090 8b442410", 257, -1, false},
    {"load through another register", "9090 488b4308 90", 257, -1, false},
    {"load of the stack pointer", "9090 488b642410", 257, -1, false},
    {"nothing", "", 1, -1, false},
};

static void test_shape(const struct shape *shape)
{
    static u8 text[80];
    struct site s;
    memset(text, 0xcc, sizeof text);
    u32 n = from_hex(shape->code, text + 8);
    memcpy(text + 8 + n, "\x0f\x05", 2);
    u64 low = (u64)text + 8;
    bool found = site_read(&s, low + n + 2, shape->nr, low);
    bool right = found == (shape->at >= 0);
    if (right && found)
        right = s.at == low + (u32)shape->at && s.call == low + n && s.any_number == shape->any_number && s.length == n - (u32)shape->at &&
                !memcmp(s.code, text + 8 + shape->at, s.length);
    test_report(shape->name, right, found ? "at %d, %u bytes" : "refused", (int)(s.at - low), s.length);
}

/* Whatever the bytes are, no length beyond them comes out, and a site lies before its call. */
static void test_noise(void)
{
    static u8 text[80];
    struct site s;
    unsigned wrong = 0, sites = 0;
    for (int i = 0; i < 300000; i++) {
        for (unsigned j = 0; j < sizeof text; j++)
            text[j] = (u8)random_next();
        u32 have = random_below(16), n = decode_movable(text, have), at = 8 + random_below(40);
        wrong += n > have;
        text[at] = 0x0f;
        text[at + 1] = 0x05;
        if (at > 14 && random_below(2))
            memcpy(text + at - 6 - random_below(6), "\xb8\x04\0\0", 5);
        if (site_read(&s, (u64)text + at + 2, 4, (u64)text)) {
            sites++;
            wrong += s.at < (u64)text || s.length < 5 || s.at + s.length != s.call || s.length > SITE_CODE_MAX;
        }
    }
    test_report("noise", !wrong && sites > 100, "%u sites, %u wrong", sites, wrong);
}

int main(int argc, char **argv)
{
    test_start("sites", argc, argv);
    for (unsigned i = 0; i < sizeof shapes / sizeof *shapes; i++)
        test_shape(&shapes[i]);
    test_noise();
    return test_end();
}
