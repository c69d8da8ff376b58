/* The parts of hot-site patching (patch.c). Only they include this. */
#ifndef LPMX_PATCH_H
#define LPMX_PATCH_H

#include "start.h"

#define SITE_CODE_MAX 48

/* A call site that can be made to jump: the instruction at `at` has 5 bytes or more and gives way to the jump, the syscall instruction is at
 * `call`, and code[length] is all from the one to the other. */
struct site {
    u64 at, call;
    u32 length;
    u64 otherwise;   /* any_number: where calls go on that are not worth a jump, not having been done */
    bool any_number; /* the number of the call is whatever rax holds; else code loads it */
    u8 code[SITE_CODE_MAX];
};
/* site.c: looks at the bytes before the call that ends at ip, not below `low`. False = no shape that is known to be safe. */
bool site_read(struct site *s, u64 ip, u32 nr, u64 low);

/* trampoline.c: a piece of code for s that lies at `at`; its length. */
#define TRAMPOLINE_MAX (SITE_CODE_MAX + 52)
u32 trampoline_code(const struct site *s, u64 at, u8 code[TRAMPOLINE_MAX]);
/* Makes such a piece, executable: its address, or 0. */
u64 trampoline_make(const struct site *s);
/* Maps `size` bytes, readable and executable, in reach of a jump at site and everything within `span` behind it: the address, or 0. */
u64 trampoline_map(u64 site, u64 span, u64 size);

/* mappings.c */
bool mapping_is_libc(const char *path); /* by its name: a libc or its loader */
void mapping_program(u64 low, u64 high);     /* where the guest's program is, if it may be patched */
bool mapping_good(u64 at, u64 *low); /* text around `at` may be patched; it begins at *low */

extern const char patch_enter[];
/* A call of this number is to come here by a jump. Under the trap engine those that the filter sends here for some arguments only are not: they
 * would be slower than now. */
bool patch_is_worth(u32 nr);

#endif
