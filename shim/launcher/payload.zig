//! Zstandard and SHA-256 for the launcher, from Zig's standard library, behind a C interface (payload.h). No allocation, no
//! libc, no system call: bytes in, bytes out. Called by unpack.c alone.
const std = @import("std");

/// More than one block: the decoder wants room for a whole block before it writes one.
const slack = 2 * std.compress.zstd.block_size_max;

/// Bytes that `out` of payload_zstd needs for `size` bytes of content.
export fn payload_room(size: usize) usize {
    return size + slack;
}

/// Decompresses all frames of `in` into `out` (payload_room(size) bytes). 0, or -1 when they are damaged or do not give
/// exactly `size` bytes.
export fn payload_zstd(out: [*]u8, size: usize, in: [*]const u8, in_len: usize) c_int {
    var reader: std.Io.Reader = .fixed(in[0..in_len]);
    var writer: std.Io.Writer = .fixed(out[0 .. size + slack]);
    // The whole output stays in memory, so every window of the format's long mode is at hand.
    var decompress: std.compress.zstd.Decompress = .init(&reader, &.{}, .{ .window_len = 1 << 27 });
    while (true) {
        _ = decompress.reader.stream(&writer, .unlimited) catch |err| switch (err) {
            error.EndOfStream => break,
            else => return -1,
        };
    }
    return if (writer.end == size) 0 else -1;
}

export fn payload_sha256(out: *[32]u8, data: [*]const u8, len: usize) void {
    std.crypto.hash.sha2.Sha256.hash(data[0..len], out, .{});
}
