//! Builds the native pieces of lpmx for x86_64 Linux into bundles/x86_64/ (and the test programs into
//! bundles/x86_64/test/). Sources are found by folder, so a new file needs no edit here; a piece whose
//! folder holds no source yet is left out. Warnings are errors. Run through `./dev build`, which then has tools/check_elf.ts look at the result.
//!
//! lpmx-start is linked by hand in two steps because Zig's own driver cannot make a position-independent
//! object land in an ET_EXEC at an address beyond 2 GiB (see docs/internals/build.md).
const std = @import("std");

const warnings = "-std=gnu11 -Wall -Wextra -Werror -Wshadow -Wvla -Wpointer-arith";
/// Signal frames already take most of a small alternate stack: 1 KB and a path of 512 bytes is all we may add.
const small_frames = "-Wframe-larger-than=1536";
const freestanding = "-O2 -ffreestanding -fPIE -fno-lto -nostdlib -fvisibility=hidden -fno-stack-protector -mno-red-zone " ++
    "-mgeneral-regs-only -fno-sanitize=all -U_FORTIFY_SOURCE -ffunction-sections -fno-builtin " ++
    "-fno-delete-null-pointer-checks -fno-asynchronous-unwind-tables";
const start_link = "ld.lld -static -e _start --gc-sections --strip-debug --fatal-warnings -z noexecstack -o";
const zstd_flags = "-O2 -DZSTD_DISABLE_ASM -DZSTD_LEGACY_SUPPORT=0 -DNDEBUG -fno-sanitize=all -ffunction-sections";
const hosted = "-O1 -g -DLPMX_HOSTED -fno-sanitize=alignment";
const libc_headers = "x86_64-linux-musl generic-musl x86-linux-any any-linux-any";

pub fn build(b: *std.Build) void {
    b.graph.poisonCache(); // the folders below are listed at configure time
    const core = sources(b, "shim/core", ".c", "");
    const pieces = b.getInstallStep();
    emit(b, pieces, addStart(b, core), "lpmx-start");
    emit(b, pieces, addLauncher(b, core), "launcher");
    emit(b, pieces, addPoly(b), "libpoly.so");
    const tests = b.step("tests", "build the hosted test and probe programs");
    addTests(b, tests, core);
    addFunctions(b, tests);
}

/// One step per file, so that one broken piece does not hold the others back.
fn emit(b: *std.Build, step: *std.Build.Step, file: ?std.Build.LazyPath, name: []const u8) void {
    const install = b.addUpdateSourceFiles();
    install.addCopyFileToSource(file orelse return, b.fmt("bundles/x86_64/{s}", .{name}));
    step.dependOn(&install.step);
}

fn addStart(b: *std.Build, core: []const []const u8) ?std.Build.LazyPath {
    const own = sources(b, "shim/start", ".c", "");
    if (own.len == 0) return null;
    const link = b.addSystemCommand(&.{b.graph.zig_exe});
    link.addArgs(words(b, start_link));
    const file = link.addOutputFileArg("lpmx-start");
    link.addArg("-T"); // where it lives in every contained process: an ABI between releases
    link.addFileArg(b.path("shim/start/start.ld"));
    for ([_][]const []const u8{ own, sources(b, "shim/preload", ".c", ""), core }) |list| {
        for (list) |source| link.addFileArg(compileObject(b, source, small_frames));
    }
    return file;
}

/// ~35 lines giving getentropy and getrandom to the engine's private glibc on kernels without that call.
fn addPoly(b: *std.Build) ?std.Build.LazyPath {
    const own = sources(b, "shim/poly", ".c", "");
    const link = b.addSystemCommand(&.{b.graph.zig_exe});
    link.addArgs(words(b, "ld.lld -shared --hash-style=both --strip-debug -o"));
    const file = link.addOutputFileArg("libpoly.so");
    for (own) |source| link.addFileArg(compileObject(b, source, "-fPIC"));
    return file;
}

fn compileObject(b: *std.Build, source: []const u8, extra: []const u8) std.Build.LazyPath {
    const cc = b.addSystemCommand(&.{ b.graph.zig_exe, "cc", "-target", "x86_64-linux-musl", "-c" });
    cc.setName(b.fmt("cc {s}", .{source}));
    for ([_][]const u8{ freestanding, warnings, extra }) |flags| cc.addArgs(words(b, flags));
    const lib = std.fs.path.dirname(b.graph.zig_exe).?;
    for (words(b, libc_headers)) |folder| cc.addArgs(&.{ "-isystem", b.fmt("{s}/lib/libc/include/{s}", .{ lib, folder }) });
    cc.addPrefixedDirectoryArg("-I", b.path("shim"));
    cc.addPrefixedDirectoryArg("-I", b.path("shim/include"));
    cc.addArgs(&.{ "-MD", "-MF" });
    _ = cc.addDepFileOutputArg("object.d");
    cc.addFileArg(b.path(source));
    cc.addArg("-o");
    return cc.addOutputFileArg(b.fmt("{s}.o", .{std.fs.path.stem(source)}));
}

fn addLauncher(b: *std.Build, core: []const []const u8) ?std.Build.LazyPath {
    const own = sources(b, "shim/launcher", ".c", "");
    if (own.len == 0) return null;
    const target = muslTarget(b);
    const module = b.createModule(.{ .target = target, .optimize = .fast, .link_libc = true, .strip = true, .pic = true });
    addC(b, module, own, "-O2");
    for (core) |source| {
        const name = std.fs.path.basename(source);
        const shared = std.mem.eql(u8, name, "index.c") or std.mem.startsWith(u8, name, "hash");
        if (shared) addC(b, module, &.{source}, "-O2");
    }
    for (sources(b, "shim/launcher", ".zig", "")) |source| {
        module.addObject(b.addObject(.{ .name = std.fs.path.stem(source), .root_module = b.createModule(.{ .root_source_file = b.path(source), .target = target, .optimize = .fast, .strip = true, .pic = true }) }));
    }
    // The zstd library as the toolchain holds it: somebody else's code, with their warnings.
    module.addIncludePath(b.path(".toolchain/zstd"));
    for ([_][]const u8{ ".toolchain/zstd/common", ".toolchain/zstd/decompress" }) |folder| {
        module.addCSourceFiles(.{ .files = sources(b, folder, ".c", ""), .flags = words(b, zstd_flags) });
    }
    const exe = b.addExecutable(.{ .name = "launcher", .root_module = module, .linkage = .static });
    exe.pie = true; // tools/place_elf.ts moves it to its fixed address
    exe.link_gc_sections = true;
    return exe.getEmittedBin();
}

/// shim/test/test_*.c: hosted unit and model tests over the core, one program each, undefined behaviour trapped.
/// shim/test/probe_*.c: programs that run natively and contained, each as static musl and as dynamic glibc 2.17.
/// shim/test/tool_*.c: static programs that the tests use.
/// Every other .c file there is support code; with the core it is compiled once, for all test_ programs.
fn addTests(b: *std.Build, tests: *std.Build.Step, core: []const []const u8) void {
    var support: std.ArrayList([]const u8) = .empty;
    for (sources(b, "shim/test", ".c", "")) |source| {
        const name = std.fs.path.basename(source);
        const program = for ([_][]const u8{ "test_", "probe_", "tool_" }) |prefix| {
            if (std.mem.startsWith(u8, name, prefix)) break true;
        } else false;
        if (!program) support.append(b.allocator, source) catch @panic("OOM");
    }
    const common = hostedModule(b, core);
    addC(b, common, support.items, hosted);
    const library = b.addLibrary(.{ .name = "hosted", .root_module = common, .linkage = .static });
    for (sources(b, "shim/test", ".c", "test_")) |source| {
        const module = hostedModule(b, &.{source});
        module.linkLibrary(library);
        emitTest(b, tests, module, .static, std.fs.path.stem(source), "");
    }
    for (sources(b, "shim/test", ".c", "tool_")) |source| addPlain(b, tests, source, "x86_64-linux-musl", "");
    for (sources(b, "shim/test", ".c", "probe_")) |source| {
        addPlain(b, tests, source, "x86_64-linux-musl", "-musl");
        addPlain(b, tests, source, "x86_64-linux-gnu.2.17", "-glibc");
    }
}

fn hostedModule(b: *std.Build, files: []const []const u8) *std.Build.Module {
    const module = b.createModule(.{ .target = muslTarget(b), .optimize = .debug, .link_libc = true, .sanitize_c = .trap });
    addC(b, module, files, hosted);
    return module;
}

fn addPlain(b: *std.Build, tests: *std.Build.Step, source: []const u8, triple: []const u8, suffix: []const u8) void {
    const module = plainModule(b, &.{source}, triple, true);
    emitTest(b, tests, module, if (std.mem.endsWith(u8, triple, "musl")) .static else .dynamic, std.fs.path.stem(source), suffix);
}

/// shim/test/functions: one program, dynamic for either libc, as it calls what the libc of the image has; and a library without a libc.
fn addFunctions(b: *std.Build, tests: *std.Build.Step) void {
    for ([_][2][]const u8{ .{ "x86_64-linux-musl", "-musl" }, .{ "x86_64-linux-gnu.2.17", "-glibc" } }) |kind| {
        const module = plainModule(b, sources(b, "shim/test/functions", ".c", ""), kind[0], true);
        emitTest(b, tests, module, .dynamic, "functions", kind[1]);
    }
    const module = plainModule(b, sources(b, "shim/test/functions/library", ".c", ""), "x86_64-linux-none", false);
    const library = b.addLibrary(.{ .name = "functions", .root_module = module, .linkage = .dynamic });
    emit(b, tests, library.getEmittedBin(), "test/functions.so");
}

fn plainModule(b: *std.Build, files: []const []const u8, triple: []const u8, libc: bool) *std.Build.Module {
    const query = std.Target.Query.parse(.{ .arch_os_abi = triple }) catch unreachable;
    const module = b.createModule(.{ .target = b.resolveTargetQuery(query), .optimize = .small, .link_libc = libc, .strip = true });
    addC(b, module, files, "-pthread");
    return module;
}

fn emitTest(b: *std.Build, tests: *std.Build.Step, module: *std.Build.Module, mode: std.builtin.LinkMode, stem: []const u8, suffix: []const u8) void {
    const exe = b.addExecutable(.{ .name = b.fmt("{s}{s}", .{ stem, suffix }), .root_module = module, .linkage = mode });
    emit(b, tests, exe.getEmittedBin(), b.fmt("test/{s}{s}", .{ stem, suffix }));
}

fn addC(b: *std.Build, module: *std.Build.Module, files: []const []const u8, extra: []const u8) void {
    module.addCSourceFiles(.{ .files = files, .flags = words(b, b.fmt("{s} {s}", .{ warnings, extra })) });
    module.addIncludePath(b.path("shim"));
    module.addIncludePath(b.path("shim/include"));
}

fn muslTarget(b: *std.Build) std.Build.ResolvedTarget {
    return b.resolveTargetQuery(std.Target.Query.parse(.{ .arch_os_abi = "x86_64-linux-musl" }) catch unreachable);
}

/// The words of a line of flags.
fn words(b: *std.Build, line: []const u8) []const []const u8 {
    var list: std.ArrayList([]const u8) = .empty;
    var rest = std.mem.tokenizeScalar(u8, line, ' ');
    while (rest.next()) |word| list.append(b.allocator, word) catch @panic("OOM");
    return list.items;
}

/// The files of `folder` with this prefix and extension, sorted; none when the folder does not exist yet.
fn sources(b: *std.Build, folder: []const u8, extension: []const u8, prefix: []const u8) []const []const u8 {
    const io = b.graph.io;
    var list: std.ArrayList([]const u8) = .empty;
    var dir = std.Io.Dir.cwd().openDir(io, folder, .{ .iterate = true }) catch return &.{};
    defer dir.close(io);
    var entries = dir.iterate();
    while (entries.next(io) catch @panic("cannot list a source folder")) |entry| {
        if (!std.mem.endsWith(u8, entry.name, extension) or !std.mem.startsWith(u8, entry.name, prefix)) continue;
        list.append(b.allocator, b.fmt("{s}/{s}", .{ folder, entry.name })) catch @panic("OOM");
    }
    std.mem.sort([]const u8, list.items, {}, struct {
        fn before(_: void, left: []const u8, right: []const u8) bool {
            return std.mem.lessThan(u8, left, right);
        }
    }.before);
    return list.items;
}
