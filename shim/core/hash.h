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

static inline struct path_hash hash_more(struct path_hash h, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        h.a = (h.a ^ (u8)s[i]) * 0x01000193u;
        h.b = (h.b ^ (u8)s[i]) * 0x85ebca6bu;
    }
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

#endif
