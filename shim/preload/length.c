/* See length.h. Opcode maps of Intel's manual, volume 2, appendix A, in long mode; VEX and EVEX of chapter 2. What an instruction does is of no
 * interest here, so the tables say only what follows the opcode. */
#include "length.h"
#include <stdbool.h>

/* What follows an opcode. */
enum {
    M = 1,  /* a ModRM byte with its operand */
    B = 2,  /* an immediate byte */
    Z = 4,  /* an immediate of 4 bytes, 2 with the prefix 66 */
    W = 8,  /* an immediate of 2 bytes */
    V = 16, /* Z, or 8 bytes with REX.W */
    A = 32, /* an address of 8 bytes, 4 with the prefix 67 */
    F = 64, /* M, and for /0 and /1 an immediate: B for f6, Z for f7 */
    X = 128, /* no instruction */
};

static const u8 one_byte[256] = {
    M, M, M, M, B, Z, X, X, M, M, M, M, B, Z, X, X, /* 00 */
    M, M, M, M, B, Z, X, X, M, M, M, M, B, Z, X, X, /* 10 */
    M, M, M, M, B, Z, X, X, M, M, M, M, B, Z, X, X, /* 20 */
    M, M, M, M, B, Z, X, X, M, M, M, M, B, Z, X, X, /* 30 */
    X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, /* 40: REX */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 50 */
    X, X, X, M, X, X, X, X, Z, M | Z, B, M | B, 0, 0, 0, 0, /* 60 */
    B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, /* 70 */
    M | B, M | Z, X, M | B, M, M, M, M, M, M, M, M, M, M, M, M, /* 80 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, X, 0, 0, 0, 0, 0, /* 90 */
    A, A, A, A, 0, 0, 0, 0, B, Z, 0, 0, 0, 0, 0, 0, /* a0 */
    B, B, B, B, B, B, B, B, V, V, V, V, V, V, V, V, /* b0 */
    M | B, M | B, W, 0, X, X, M | B, M | Z, W | B, 0, W, 0, 0, B, X, 0, /* c0 */
    M, M, M, M, X, X, X, 0, M, M, M, M, M, M, M, M, /* d0 */
    B, B, B, B, B, B, B, B, Z, Z, X, B, 0, 0, 0, 0, /* e0 */
    X, 0, X, X, 0, 0, F, F, 0, 0, 0, 0, 0, 0, M, M, /* f0 */
};

/* After 0f; 38 and 3a lead to further maps. */
static const u8 two_bytes[256] = {
    M, M, M, M, X, 0, 0, 0, 0, 0, X, 0, X, M, 0, M | B, /* 00 */
    M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* 10 */
    M, M, M, M, X, X, X, X, M, M, M, M, M, M, M, M, /* 20 */
    0, 0, 0, 0, 0, 0, X, 0, M, X, M | B, X, X, X, X, X, /* 30 */
    M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* 40 */
    M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* 50 */
    M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* 60 */
    M | B, M | B, M | B, M | B, M, M, M, 0, M, M, X, X, M, M, M, M, /* 70 */
    Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, Z, /* 80 */
    M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* 90 */
    0, 0, 0, M, M | B, M, M, M, 0, 0, 0, M, M | B, M, M, M, /* a0 */
    M, M, M, M, M, M, M, M, M, M, M | B, M, M, M, M, M, /* b0 */
    M, M, M | B, M, M | B, M | B, M | B, M, 0, 0, 0, 0, 0, 0, 0, 0, /* c0 */
    M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* d0 */
    M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* e0 */
    M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, /* f0 */
};

static bool is_prefix(u8 byte)
{
    switch (byte) {
    case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3:
        return true;
    default:
        return false;
    }
}

/* What follows an opcode of one of the maps that VEX, EVEX and XOP name; `at` is behind the prefix. */
static u32 form_of_vector(u8 map, u8 op)
{
    if (map == 1)
        return two_bytes[op] & X ? M : two_bytes[op] & (M | B);
    return map == 3 || map == 8 ? M | B : map == 10 ? M | Z : M;
}

/* The ModRM byte, SIB byte and displacement. */
static u32 modrm_length(const u8 *at, u32 have)
{
    if (!have)
        return 0;
    u8 mod = at[0] >> 6, rm = at[0] & 7;
    if (mod == 3)
        return 1;
    u32 n = 1 + (rm == 4);
    if (n > have)
        return 0;
    bool far = mod == 2 || (mod == 0 && (rm == 5 || (rm == 4 && (at[1] & 7) == 5)));
    return n + (far ? 4 : mod == 1);
}

/* The opcode at code[*n], behind legacy prefixes: what follows it, X for none. *n goes behind it, *op is its last byte. */
static u32 take_opcode(const u8 *code, u32 have, u32 *n, u8 *op, bool *wide)
{
    u32 at = *n;
    u8 first = code[at];
    bool vex2 = first == 0xc5, vex3 = first == 0xc4, evex = first == 0x62, xop = first == 0x8f && at + 1 < have && (code[at + 1] & 31) >= 8;
    if (vex2 || vex3 || evex || xop) {
        u32 head = vex2 ? 2 : evex ? 4 : 3;
        if (at + head >= have)
            return X;
        u8 map = vex2 ? 1 : code[at + 1] & (evex ? 7 : 31);
        *op = code[at + head];
        *n = at + head + 1;
        return map && (xop || map < 8) ? form_of_vector(map, *op) : X;
    }
    if ((first & 0xf0) == 0x40) {
        *wide = first & 8;
        at++;
    }
    if (at >= have)
        return X;
    *op = code[at++];
    u32 form = one_byte[*op];
    if (*op == 0x0f) {
        if (at >= have)
            return X;
        *op = code[at++];
        form = two_bytes[*op];
        if (*op == 0x38 || *op == 0x3a)
            at++;
    }
    *n = at;
    return form;
}

u32 instruction_length(const u8 *code, u32 have)
{
    u32 n = 0;
    bool half = false, narrow = false, wide = false;
    u8 op = 0;
    if (have > INSTRUCTION_MAX)
        have = INSTRUCTION_MAX;
    while (n < have && is_prefix(code[n])) {
        half |= code[n] == 0x66;
        narrow |= code[n] == 0x67;
        n++;
    }
    if (n >= have)
        return 0;
    u32 form = take_opcode(code, have, &n, &op, &wide);
    if (form & X || n > have)
        return 0;
    if (form & (M | F)) {
        u8 reg = n < have ? code[n] >> 3 & 7 : 0;
        u32 operand = modrm_length(code + n, have - n);
        if (!operand)
            return 0;
        if (form & F && reg < 2)
            form |= op == 0xf6 ? B : Z;
        n += operand;
    }
    u32 whole = half && !wide ? 2 : 4;
    n += (form & B ? 1 : 0) + (form & W ? 2 : 0) + (form & Z ? whole : 0) + (form & V ? (wide ? 8 : whole) : 0) + (form & A ? (narrow ? 4 : 8) : 0);
    return n <= have ? n : 0;
}
