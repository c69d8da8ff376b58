/* memcpy & co for the freestanding build. Most of what the core moves is a path or a part of one, for which string instructions take longer to
 * start than words to copy; they do the long ones. The barriers keep the compiler from turning a loop into a call of itself. */
#include "mem.h"

#ifndef LPMX_HOSTED

#define LONG_COPY 512
#define BARRIER() __asm__ volatile("" : : : "memory")
typedef uint64_t __attribute__((may_alias, aligned(1))) word;
typedef uint32_t __attribute__((may_alias, aligned(1))) half;

/* Up to 7 bytes, all read before the first is written. */
static inline void copy_few(char *d, const char *s, size_t n)
{
    if (n >= 4) {
        half first = *(const half *)s, last = *(const half *)(s + n - 4);
        *(half *)d = first;
        *(half *)(d + n - 4) = last;
    } else if (n) {
        char first = s[0], middle = s[n / 2], last = s[n - 1];
        d[0] = first;
        d[n / 2] = middle;
        d[n - 1] = last;
    }
}

/* From the start. Right for overlapping ones too when d lies before s: what a word is written over has been read. */
static inline void copy_forward(char *d, const char *s, size_t n)
{
    if (n < 8) {
        copy_few(d, s, n);
    } else if (n < LONG_COPY) {
        char *end = d + n - 8;
        word last = *(const word *)(s + n - 8);
        for (; d < end; d += 8, s += 8) {
            *(word *)d = *(const word *)s;
            BARRIER();
        }
        *(word *)end = last;
    } else {
        __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
    }
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    copy_forward(dst, src, n);
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    char *d = dst;
    const char *s = src;
    if (n < 8 || (uintptr_t)dst - (uintptr_t)src >= n) {
        copy_forward(d, s, n);
        return dst;
    }
    word first = *(const word *)s;
    while (n > 8) {
        n -= 8;
        *(word *)(d + n) = *(const word *)(s + n);
        BARRIER();
    }
    *(word *)d = first;
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    void *d = dst;
    __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;
    for (; n >= 8 && *(const word *)x == *(const word *)y; n -= 8)
        x += 8, y += 8;
    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}

size_t strlen(const char *s)
{
    const char *e = s;
    while (*e)
        e++;
    return (size_t)(e - s);
}

#endif
