/* Finds the system call instructions in a piece of machine code. Pure. */
#ifndef LPMX_SCAN_H
#define LPMX_SCAN_H

#include "../include/contract.h"
#include <stdbool.h>

enum {
    SITE_TRAP,   /* any number may come here, or nothing before the call can give way to a jump */
    SITE_NUMBER, /* "mov $nr,%eax" at call - before, and movable instructions up to the call */
    SITE_ANY,    /* one movable instruction of 5 bytes before the call; any number */
};
struct scan_site {
    u32 call; /* offset of the system call instruction */
    u8 kind;  /* SITE_* */
    u8 before; /* bytes from the instruction that can give way to a jump to the call */
    u16 reserved;
};

/* What is wanted of a call number: its sites are left out where it is the only one that can come there and the answer is false. */
typedef bool scan_wants(u32 nr);

/* Fills `out` with the sites in text, ascending, at most `most`; how many there are, or -1 when there are more. trusted: it is known to hold nothing
 * but code. `marks` is scratch of size / 8 + 1 zeroed bytes. */
int scan_text(const u8 *text, u32 size, bool trusted, scan_wants *wants, u8 *marks, struct scan_site *out, u32 most);

#endif
