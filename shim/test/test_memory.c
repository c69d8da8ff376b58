/* memcpy, memmove, memcmp, memset and strlen of the freestanding build (core/mem.c) against loops over bytes: every length up to a few words past
 * where they change their way, at every alignment, and overlapping by every distance. */
#define _GNU_SOURCE
#include "harness.h"
#include <string.h>

#undef LPMX_HOSTED
#define memcpy core_memcpy
#define memmove core_memmove
#define memset core_memset
#define memcmp core_memcmp
#define strlen core_strlen
#include "../core/mem.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen

#define ROOM 1400
#define LONGEST 560
static unsigned char ours[ROOM], want[ROOM], before[ROOM];

static void fill(void)
{
    for (unsigned i = 0; i < ROOM; i++)
        before[i] = ours[i] = want[i] = (unsigned char)random_next();
}

/* Bytes to[0, n) of `want` become from[0, n) of what was there before. */
static bool moved(unsigned to, unsigned from, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        want[to + i] = before[from + i];
    return memcmp(ours, want, ROOM) == 0;
}

static bool length_right(unsigned n, unsigned shift)
{
    fill();
    core_memcpy(ours + 700 + shift, ours + 3, n);
    if (!moved(700 + shift, 3, n))
        return false;
    for (int by = -20; by <= 20; by++) {
        unsigned to = (unsigned)(100 + (int)shift + by), from = 100 + shift;
        fill();
        core_memmove(ours + to, ours + from, n);
        if (!moved(to, from, n))
            return false;
    }
    fill();
    core_memset(ours + shift + 1, 7, n);
    for (unsigned i = 0; i < n; i++)
        want[shift + 1 + i] = 7;
    return memcmp(ours, want, ROOM) == 0;
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static bool compared(unsigned n, unsigned shift)
{
    fill();
    core_memcpy(want + shift, ours + 1, n);
    if (core_memcmp(want + shift, ours + 1, n))
        return false;
    for (unsigned i = 0; i < n; i += 1 + n / 16) {
        want[shift + i] ^= 0x81;
        if (sign(core_memcmp(want + shift, ours + 1, n)) != sign(memcmp(want + shift, ours + 1, n)))
            return false;
        want[shift + i] ^= 0x81;
    }
    for (unsigned i = 0; i < n; i++)
        ours[1 + i] |= 1;
    ours[1 + n] = 0;
    return core_strlen((char *)ours + 1) == n;
}

int main(int argc, char **argv)
{
    test_start("memory", argc, argv);
    unsigned copies = 0, comparisons = 0;
    for (unsigned n = 0; n <= LONGEST; n += n < 80 || n > 500 ? 1 : 13)
        for (unsigned shift = 0; shift < 9; shift++) {
            copies += !length_right(n, shift);
            comparisons += !compared(n, shift);
        }
    test_report("copies", !copies, "%u lengths and alignments go wrong", copies);
    test_report("comparisons", !comparisons, "%u lengths and alignments go wrong", comparisons);
    return test_end();
}
