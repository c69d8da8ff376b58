/* See decode.h. x86-64 only; Intel's manual, volume 2, chapter 2 and appendix A. What is not known here is refused, so an omission costs only speed.
 * Nothing but moves and simple arithmetic stands between "mov $nr,%eax" and "syscall". */
#include "decode.h"

/* What follows an opcode: a ModRM byte with its operand, an immediate, and which side is written. */
enum {
    MODRM = 1,
    IMM8 = 2,
    IMM32 = 4,
    TO_RM = 8,   /* the operand of the ModRM byte is written */
    TO_REG = 16, /* the register is */
    KNOWN = 32,
};

static u32 form_of(u8 op)
{
    switch (op) {
    case 0x01: case 0x09: case 0x21: case 0x29: case 0x31: case 0x89: /* add or and sub xor mov: register to operand */
        return KNOWN | MODRM | TO_RM;
    case 0x03: case 0x0b: case 0x23: case 0x2b: case 0x33: case 0x8b: case 0x63: case 0x8d: /* operand to register; movslq, lea */
        return KNOWN | MODRM | TO_REG;
    case 0x39: case 0x3b: case 0x85: case 0x84: /* cmp, test */
        return KNOWN | MODRM;
    case 0x83: case 0xc1: /* arithmetic and shifts with a byte */
        return KNOWN | MODRM | TO_RM | IMM8;
    case 0x81: case 0xc7:
        return KNOWN | MODRM | TO_RM | IMM32;
    case 0x69: /* imul */
        return KNOWN | MODRM | TO_REG | IMM32;
    case 0x6b:
        return KNOWN | MODRM | TO_REG | IMM8;
    case 0x05: case 0x0d: case 0x25: case 0x2d: case 0x35: case 0x3d: /* %eax with an immediate */
        return KNOWN | IMM32;
    case 0x90: case 0x98: /* nop, cltq */
        return KNOWN;
    default:
        return op >= 0xb8 && op <= 0xbf ? KNOWN | IMM32 : 0;
    }
}

/* 0f xx: zero and sign extension, imul, conditional moves, nop. */
static u32 form_of_second(u8 op)
{
    bool extends = op == 0xb6 || op == 0xb7 || op == 0xbe || op == 0xbf || op == 0xaf;
    if (op == 0x1f) /* nop */
        return KNOWN | MODRM;
    return extends || (op & 0xf0) == 0x40 ? KNOWN | MODRM | TO_REG : 0;
}

/* The ModRM byte with its SIB byte and displacement. *movable: it is not relative to the place, and the stack pointer is not written. */
static u32 operand_length(const u8 *at, u8 rex, u32 form, bool *movable)
{
    u8 mod = at[0] >> 6, reg = at[0] >> 3 & 7, rm = at[0] & 7;
    bool writes_stack_pointer = (form & TO_REG && reg == 4 && !(rex & 4)) || (form & TO_RM && mod == 3 && rm == 4 && !(rex & 1));
    bool relative = mod == 0 && rm == 5;
    *movable = !writes_stack_pointer && !relative;
    bool sib = mod != 3 && rm == 4, absolute = sib && mod == 0 && (at[1] & 7) == 5;
    return 1 + sib + (mod == 1 ? 1 : mod == 2 || absolute || relative ? 4 : 0);
}

u32 decode_plain(const u8 code[DECODE_READS], u32 have, bool *movable)
{
    *movable = true;
    u32 n = code[0] == 0x64; /* thread-local */
    u8 rex = (code[n] & 0xf0) == 0x40 ? code[n++] : 0, op = code[n++];
    bool second = op == 0x0f, wide = op >= 0xb8 && op <= 0xbf && rex & 8;
    u32 form = second ? form_of_second(code[n++]) : form_of(op);
    if (form & MODRM)
        n += operand_length(code + n, rex, form, movable);
    n += form & IMM8 ? 1 : wide ? 8 : form & IMM32 ? 4 : 0;
    return form && n <= have ? n : 0;
}

u32 decode_movable(const u8 code[DECODE_READS], u32 have)
{
    bool movable;
    u32 n = decode_plain(code, have, &movable);
    return movable ? n : 0;
}

bool decode_sets_rax(const u8 code[DECODE_READS])
{
    u32 n = code[0] == 0x64;
    u8 rex = (code[n] & 0xf0) == 0x40 ? code[n++] : 0, op = code[n++];
    bool second = op == 0x0f;
    u32 form = second ? form_of_second(code[n++]) : form_of(op);
    if (form & MODRM) {
        u8 mod = code[n] >> 6, reg = code[n] >> 3 & 7, rm = code[n] & 7;
        return (form & TO_REG && reg == 0 && !(rex & 4)) || (form & TO_RM && mod == 3 && rm == 0 && !(rex & 1));
    }
    return op == 0x98 || (op >= 0xb8 ? op == 0xb8 && !(rex & 1) : form & IMM32 && op != 0x3d);
}
