/* Lengths of machine instructions, as far as patch.c needs them. Pure. */
#ifndef LPMX_DECODE_H
#define LPMX_DECODE_H

#include "../include/contract.h"
#include <stdbool.h>

#define DECODE_READS 16 /* bytes that must be readable, whatever they are */

/* The length of the instruction at code[have], if it is a move or simple arithmetic that goes on to the next; 0 = it is not. *movable: it does the
 * same anywhere else, and leaves the stack pointer alone. */
u32 decode_plain(const u8 code[DECODE_READS], u32 have, bool *movable);
/* The length of the instruction at code[have], if it does the same anywhere else: no jump, nothing relative to its place, the stack pointer left
 * alone. 0 = it is none of those that compilers put between the number of a system call and the call. */
u32 decode_movable(const u8 code[DECODE_READS], u32 have);
/* An instruction that decode_plain knows changes rax. */
bool decode_sets_rax(const u8 code[DECODE_READS]);

#endif
