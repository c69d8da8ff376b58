/* The few string functions the core needs, freestanding. The compiler may also emit calls to memcpy & co: mem.c defines them.
 * Nothing here touches guest memory: that goes through guest_* (sys.h). */
#ifndef LPMX_MEM_H
#define LPMX_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A function whose frame is not to be part of its caller's: signal handlers and vfork children have a few KB of stack. */
#define APART __attribute__((noinline))

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);

static inline bool str_equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static inline bool str_starts(const char *s, const char *prefix)
{
    while (*prefix)
        if (*s++ != *prefix++)
            return false;
    return true;
}

/* Appends s[n] to buf[cap] at *pos, keeps it NUL-terminated. False when it does not fit (buf is then unchanged). */
static inline bool text_add(char *buf, size_t cap, size_t *pos, const char *s, size_t n)
{
    if (*pos + n + 1 > cap)
        return false;
    memcpy(buf + *pos, s, n);
    *pos += n;
    buf[*pos] = 0;
    return true;
}

/* Writes v in decimal to out (21 bytes are enough) with a NUL; returns the number of digits. */
static inline unsigned text_decimal(char *out, uint64_t v)
{
    char tmp[20];
    unsigned n = 0, i = 0;
    do
        tmp[n++] = (char)('0' + v % 10);
    while (v /= 10);
    while (n)
        out[i++] = tmp[--n];
    out[i] = 0;
    return i;
}

/* Writes v as 16 lower-case hex digits, no NUL. */
static inline void text_hex16(char *out, uint64_t v)
{
    for (int i = 15; i >= 0; i--, v >>= 4)
        out[i] = "0123456789abcdef"[v & 15];
}

/* Reads a decimal number at *s, moves *s behind it. False when there is none or it is over 2^63. */
static inline bool text_number(const char **s, uint64_t *v)
{
    const char *p = *s;
    uint64_t r = 0;
    if (*p < '0' || *p > '9')
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (r > (UINT64_MAX >> 1) / 10 - 1)
            return false;
        r = r * 10 + (uint64_t)(*p - '0');
    }
    *s = p;
    *v = r;
    return true;
}

#endif
