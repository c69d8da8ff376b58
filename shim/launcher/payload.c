/* Unpacking a Zstandard piece: one call of the zstd library (RFC 8878), which build.zig compiles from the pinned toolchain. All of the
 * output is in memory, so frames of any window are fine. */
#include "payload.h"
#include <zstd.h>

int payload_zstd(u8 *out, size_t size, const u8 *in, size_t in_len)
{
    return ZSTD_decompress(out, size, in, in_len) == size ? 0 : -1;
}
