/* Lengths of x86-64 machine instructions. Pure. */
#ifndef LPMX_LENGTH_H
#define LPMX_LENGTH_H

#include "../include/contract.h"

#define INSTRUCTION_MAX 15

/* The length of the instruction at code, of which `have` bytes may be read; 0 = there is no such instruction, or it is cut off. Long mode only. */
u32 instruction_length(const u8 *code, u32 have);

#endif
