/* What unpack.c needs of others: SHA-256 (sha256.zig) and the Zstandard decoder (payload.c, over the pinned zstd library). */
#ifndef LPMX_PAYLOAD_H
#define LPMX_PAYLOAD_H

#include "../include/contract.h"
#include <stddef.h>

/* Decompresses all frames of in[0..in_len) into out[0..size). 0, or -1 when they are damaged or do not give exactly `size` bytes. */
int payload_zstd(u8 *out, size_t size, const u8 *in, size_t in_len);
void payload_sha256(u8 out[32], const u8 *data, size_t len);

#endif
