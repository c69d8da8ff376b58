//! SHA-256 for the launcher, from Zig's standard library, behind a C interface (payload.h). No allocation, no libc, no system
//! call. Called by unpack.c alone.
const std = @import("std");

export fn payload_sha256(out: *[32]u8, data: [*]const u8, len: usize) void {
    std.crypto.hash.sha2.Sha256.hash(data[0..len], out, .{});
}
