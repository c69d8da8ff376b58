/* The path hash of the contract (contract.h, "Index"): durable, also names the folders of dead/. Pure, inline. */
#ifndef LPMX_HASH_H
#define LPMX_HASH_H

#include "../include/contract.h"
#include <stddef.h>

struct path_hash {
    u32 a, b;
};

static inline struct path_hash hash_start(u64 seed)
{
    return (struct path_hash){0x811c9dc5u ^ (u32)seed, 0x9e3779b9u ^ (u32)(seed >> 32)};
}

static inline struct path_hash hash_byte(struct path_hash h, char c)
{
    return (struct path_hash){(h.a ^ (u8)c) * 0x01000193u, (h.b ^ (u8)c) * 0x85ebca6bu};
}

static inline struct path_hash hash_more(struct path_hash h, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = hash_byte(h, s[i]);
    return h;
}

static inline u32 hash_mix(u32 x)
{
    x ^= x >> 15;
    x *= 0x2c1b3c6du;
    x ^= x >> 12;
    x *= 0x297a2d39u;
    return x ^ x >> 15;
}

static inline u64 hash_end(struct path_hash h)
{
    return (u64)hash_mix(h.b) << 32 | hash_mix(h.a);
}

static inline u32 hash_inverse(u32 odd)
{
    u32 x = odd;
    for (int i = 0; i < 4; i++)
        x *= 2 - odd * x;
    return x;
}

static inline u32 hash_unmix(u32 x)
{
    x ^= x >> 15 ^ x >> 30;
    x *= hash_inverse(0x297a2d39u);
    x ^= x >> 12 ^ x >> 24;
    x *= hash_inverse(0x2c1b3c6du);
    return x ^ x >> 15 ^ x >> 30;
}

/* The state after the path that has this hash: hash_end backwards, as mixing loses nothing. */
static inline struct path_hash hash_resume(u64 hash)
{
    return (struct path_hash){hash_unmix((u32)hash), hash_unmix((u32)(hash >> 32))};
}

#endif
