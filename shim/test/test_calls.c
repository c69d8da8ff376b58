/* The table of system calls (core/calls.def) against the kernel's own list, as the newest headers of the toolchain have it: every number is decided
 * on purpose, once, and under its right number. */
#include "../core/core.h"
#include "../core/numbers.h"
#include "harness.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"
static const char header[] = {
#embed "../../.toolchain/zig/lib/libc/include/x86-linux-any/asm/unistd_64.h"
    , 0};

struct row {
    const char *name;
    bool passed;
    unsigned nr; /* of rows that are not passed */
};
static const struct row rows[] = {
#define CALL(name, trap, op) {#name, false, SYS_##name},
#define PASS(name) {#name, true, 0},
#include "../core/calls.def"
#undef CALL
};
#define ROWS (sizeof rows / sizeof *rows)
static unsigned seen[ROWS];

/* The next "#define __NR_name number" at or behind *at; false at the end. */
static bool next_number(const char **at, char name[64], unsigned *nr)
{
    const char *s = strstr(*at, "#define __NR_");
    if (!s)
        return false;
    s += strlen("#define __NR_");
    size_t n = strcspn(s, " ");
    if (n >= 64)
        return false;
    memcpy(name, s, n);
    name[n] = 0;
    *nr = (unsigned)strtoul(s + n, NULL, 10);
    *at = s + n;
    return true;
}

/* Rows of that name, all with this number. */
static unsigned rows_of(const char *name, unsigned nr)
{
    unsigned count = 0;
    for (unsigned i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name))
            continue;
        seen[i]++;
        count += rows[i].passed || rows[i].nr == nr ? 1 : 100;
    }
    return count;
}

int main(int argc, char **argv)
{
    const char *at = header;
    test_start("calls", argc, argv);
    char name[64], wrong[2000] = "";
    unsigned nr, count = 0, last = 0;
    while (next_number(&at, name, &nr)) {
        unsigned n = rows_of(name, nr);
        if (n != 1)
            snprintf(wrong + strlen(wrong), sizeof wrong - strlen(wrong), " %s (%u): %s", name, nr, !n ? "not decided" : n < 100 ? "twice" : "another number");
        last = nr > last ? nr : last;
        count++;
    }
    for (unsigned i = 0; i < ROWS; i++)
        if (!seen[i])
            snprintf(wrong + strlen(wrong), sizeof wrong - strlen(wrong), " %s: no such call", rows[i].name);
    test_report("each call is decided once", count > 370 && !wrong[0], "%u numbers, %u rows%s", count, (unsigned)ROWS, wrong);
    test_report("numbers behind the list are unknown", last + 1 == CORE_CALLS_END, "the last is %u, CORE_CALLS_END is %u", last, CORE_CALLS_END);
    return test_end();
}
