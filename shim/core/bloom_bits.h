/* The bits of a bloom filter (contract.h): asking and setting one key. Shared by core and launcher; pure, inline. */
#ifndef LPMX_BLOOM_BITS_H
#define LPMX_BLOOM_BITS_H

#include "../include/contract.h"
#include <stdbool.h>

/* blocks: how many there are */
static inline bool bloom_has(const u64 *bits, u32 blocks, u64 key)
{
    const u64 *block = bits + (key >> 24 & (blocks - 1)) * 8;
    for (unsigned i = 0; i < 4; i++)
        if (!(__atomic_load_n(&block[key >> (52 + 3 * i) & 7], __ATOMIC_ACQUIRE) >> (key >> 6 * i & 63) & 1))
            return false;
    return true;
}

static inline void bloom_set(u64 *bits, u32 blocks, u64 key)
{
    u64 *block = bits + (key >> 24 & (blocks - 1)) * 8;
    for (unsigned i = 0; i < 4; i++) {
        u64 bit = 1ull << (key >> 6 * i & 63);
        u64 *word = &block[key >> (52 + 3 * i) & 7];
        if (!(__atomic_load_n(word, __ATOMIC_RELAXED) & bit))
            __atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST);
    }
}

#endif
