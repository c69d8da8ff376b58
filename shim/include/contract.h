/* The contract between the engine (TypeScript), the launcher and the core: every format that one writes and another reads.
 *
 * src/runtime/contract.ts is generated from this file (tools/gen_contract.ts), so it keeps to a small subset of C:
 * `#define NAME value` with one literal, and `struct name { … };` of u8/u16/u32/u64/char[n]/u8[n] fields, naturally aligned
 * and without implicit padding. All numbers are little endian. Bump LPMX_ABI when a reader of the old form would go wrong.
 * This header may be included by anything in shim/; it includes only the fixed-width types.
 */
#ifndef LPMX_CONTRACT_H
#define LPMX_CONTRACT_H

#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define LPMX_ABI 1

/* ---- Addresses and numbers that are an ABI between releases: a filter of one version is inherited by programs of another. */
#define LPMX_TEXT_BASE 0x7e9000000000 /* lpmx-start is linked here; calls from [base, base + window) are not trapped */
#define LPMX_TEXT_WINDOW 0x100000
#define LPMX_PROBE_NR 0x4c50      /* an unassigned system call number: our filter answers it with LPMX_PROBE_ERRNO */
#define LPMX_PROBE_ERRNO 2989     /* + filter revision (0 …): "our filter is active" */
#define LPMX_FD_MIN 960           /* descriptors >= this may be the core's own; close, dup… on them are trapped */
#define LPMX_FD_MAX 1023
#define LPMX_AUX_USER 0x6c706d78  /* a type in /proc/PID/auxv of contained processes: who they are inside, as euid << 32 | egid */

/* ---- Sectioned file: the one container format of plan, image record and refs.tab.
 * Header, then nsections section headers, then their bytes. A string is a u32 offset into the STRINGS section (NUL-terminated;
 * the pool begins with a NUL, so 0 is "" and means absent). A list is an array of such u32. Unknown sections are skipped unless
 * LPMX_SECTION_REQUIRED is set. Sections are 8-aligned and do not overlap. */
#define LPMX_MAGIC_PLAN "LPMXPLN"  /* + NUL = 8 bytes */
#define LPMX_MAGIC_IMAGE "LPMXIMG"
#define LPMX_MAGIC_REFS "LPMXREF"
#define LPMX_MAGIC_INDEX "LPMXIDX"
#define LPMX_MAGIC_PAYLOAD "LPMXPAY"

struct lpmx_file {
    char magic[8];
    u32 abi;
    u32 nsections;
    u64 size; /* of the whole file */
    u64 reserved;
};

#define LPMX_SECTION_REQUIRED 1
struct lpmx_section {
    u32 id; /* LPMX_SEC_* */
    u32 flags;
    u64 offset; /* from the start of the file */
    u64 size;   /* bytes */
};

#define LPMX_SEC_GRID 13 /* plan: list: the scheduler whose commands are shown ("sge" ...), and the host folder they are in */
#define LPMX_SEC_ENTRY 15 /* plan: list of "NAME=VALUE": what each entry looks up on its host anew (gpu, nv, rocm, x11: shim/launcher/entry.h) */
#define LPMX_SEC_STRINGS 1
#define LPMX_SEC_IMAGE 2      /* image record: one struct lpmx_image */
#define LPMX_SEC_LAYERS 3     /* image record, plan: list; element k = folder of layer k of the index, see "paths" */
#define LPMX_SEC_ENV 4        /* image record: list of "NAME=value"; plan: the composed environment of the container */
#define LPMX_SEC_ENTRYPOINT 5 /* image record, plan: list */
#define LPMX_SEC_CMD 6        /* image record, plan: list */
#define LPMX_SEC_BINDS 7      /* plan: struct lpmx_bind[], sorted bytewise by guest path */
#define LPMX_SEC_CONTAINER 8  /* plan: one struct lpmx_container */
#define LPMX_SEC_VOLUMES 9    /* image record: list of guest paths (config.Volumes) */
#define LPMX_SEC_REFS 10      /* refs.tab: struct lpmx_ref[], sorted bytewise by ref */
#define LPMX_SEC_IDS 11       /* refs.tab: list of image ids (64 hex), sorted: prefix search */
#define LPMX_SEC_BROKER 14    /* plan: list of host programs that the broker starts although they are not set-id */
#define LPMX_SEC_CHANGES 12   /* plan: list of "NUMBER NAME=VALUE" and "NUMBER NAME" (unset): variables set while it may run, by lpmx_container.changes */

/* Paths in plan and record: absolute host paths, or relative to the store root (LPMX_HOME), so that a store can be moved. */

/* images/<id>.rec, written by the engine for each image (id = 64 hex digits, sha256 of the config JSON). */
struct lpmx_image {
    u32 id;          /* string: 64 hex */
    u32 name;        /* string: the reference it was loaded or pulled as, normalised */
    u32 index;       /* string: "indexes/<chain id>.idx" */
    u32 workdir;     /* string: config.WorkingDir */
    u32 user;        /* string: config.User */
    u32 stop_signal; /* number, 0 = not given */
    u32 flags;       /* none yet */
    u32 reserved;
};

/* refs.tab: name -> image. The name is fully normalised (docker.io/library/debian:12, host:5000/a/b@sha256:…). */
struct lpmx_ref {
    u32 ref; /* string */
    u32 id;  /* string: image id, 64 hex */
};

#define LPMX_BIND_RO 1    /* changes answer EROFS */
#define LPMX_BIND_TRUST 2 /* the kernel may follow links below it: /proc, /sys, /dev */
#define LPMX_BIND_FILE 4  /* the host side is not a directory */
#define LPMX_BIND_MAP 8   /* a command that a map shows: nothing is made on the host to mount it on */
#define LPMX_BIND_HIDDEN 16 /* found by its name, but in no listing and no table of mounts; its folder is there */
struct lpmx_bind {
    u32 guest; /* string: canonical absolute guest path (no links of the image in it), not "/" */
    u32 host;  /* string: absolute host path */
    u32 flags;
    u32 reserved;
};

#define LPMX_CONTAINER_HOST 1     /* built-in image `host`: the host's / is the only layer, there is no index */
#define LPMX_CONTAINER_READONLY 2 /* --read-only: changes outside binds answer EROFS */
#define LPMX_CONTAINER_RM 4       /* --rm: no fdatasync of copies, the tree goes away at the end */
#define LPMX_CONTAINER_TTY 8
#define LPMX_CONTAINER_STDIN 16
#define LPMX_CONTAINER_TRAP 32    /* --engine trap; with neither of the two: trap where the kernel has seccomp filters, else preload */
#define LPMX_CONTAINER_PRELOAD 64 /* --engine preload */
/* containers/<id>/plan, written by the launcher's composer only; replaced atomically, never altered. */
struct lpmx_container {
    u32 id;          /* string: 64 hex */
    u32 name;        /* string: container name */
    u32 image_id;    /* string: 64 hex, or "host" */
    u32 image_name;  /* string: as the user wrote it */
    u32 tree;        /* string: path of the folder that holds upper/ dead/ work/ class/ id/ hosts/ bloom (upper.md section 2) */
    u32 index;       /* string: path of the index; absent for LPMX_CONTAINER_HOST */
    u32 workdir;     /* string: guest path, "/" when not given; made if missing */
    u32 user;        /* string: "" or what -u / config.User says: name|uid[:group|gid], resolved at start in the guest's /etc */
    u32 owner_uid;   /* owner shown for plain objects of the upper (upper.md section 7) */
    u32 owner_gid;
    u32 flags;       /* LPMX_CONTAINER_* */
    u32 stop_signal; /* number */
    u32 hostname;    /* string */
    u32 changes;     /* how often it was replaced by one with other mounts, maps or variables */
    u64 created; /* seconds since 1970 */
};

/* ---- Index: the merged view of an image's layers (architecture.md section 4). mmap'ed read-only, relocatable.
 * Entries are in breadth-first order, so the children of a directory are contiguous, and sorted bytewise by name within it.
 * Entry 0 is the root. Only what the guest sees is in it: whiteouts and opaque directories are already applied. A key is the
 * canonical guest path: only real directories (never symlinks) occur as parents.
 *
 * Hash of a path, 64 bit (also names the folders of dead/, upper.md section 2: durable). The root is the empty string, all
 * others begin with "/" and do not end with it. Two 32-bit lanes over the bytes c, arithmetic modulo 2^32:
 *     a = 0x811c9dc5 ^ (u32)seed;          a = (a ^ c) * 0x01000193   for each byte
 *     b = 0x9e3779b9 ^ (u32)(seed >> 32);  b = (b ^ c) * 0x85ebca6b   for each byte
 *     fin(x) = { x ^= x >> 15; x *= 0x2c1b3c6d; x ^= x >> 12; x *= 0x297a2d39; x ^= x >> 15; }
 *     hash = (u64)fin(b) << 32 | fin(a)
 * The state (a, b) after a directory's path is continued with "/name" for its children. The builder starts with seed 0 and
 * takes the next one when two entries of the image have the same hash. Vectors: tests/vectors/path_hash.json. */
struct lpmx_index {
    char magic[8];
    u32 abi;
    u32 nlayers;
    u64 seed;
    u64 size; /* of the whole file */
    u32 nentries;
    u32 nslots;      /* power of two, >= 2 * nentries */
    u64 slots;       /* offset of u32[nslots]: entry number + 1, 0 = empty; linear probing from hash & (nslots - 1) */
    u64 entries;     /* offset of struct lpmx_entry[nentries], 8-aligned */
    u64 strings;     /* offset of the pool: names and link texts, each NUL-terminated */
    u64 strings_size;
    u64 reserved;
};

struct lpmx_entry {
    u64 hash;
    u32 parent;   /* entry number; the root's is 0 */
    u32 name;     /* offset in the pool, last component; the root's is "" */
    u16 name_len; /* bytes */
    u16 layer;    /* number of the layer (0 = lowest) that holds the object; for a directory the topmost one */
    u32 mode;     /* st_mode as the guest sees it: type, set-id, sticky, permissions */
    u32 uid;
    u32 gid;
    u32 a; /* directory: number of its first child; symlink: offset of its text; device: major */
    u32 b; /* directory: number of children; symlink: length of its text; device: minor */
    u32 flags; /* LPMX_ENTRY_* */
    u32 ext;   /* offset in the pool: extended attributes, one after the other: name, NUL, u32 length of the value, value; then a NUL. 0: none */
};
/* In a layer on disk (layers/…/fs) every file has u+rw and every directory r-x for all (nothing is made there any more). A file that is not
 * plain (plain: uid 0, gid 0, no set-id or sticky bit, owner bits include rw, not writable for others) has its sticky bit set on disk: "ask
 * the index who this is". */
#define LPMX_ENTRY_STUB 1 /* the file on disk only stands in for it: device, fifo, socket (an empty regular file) */

/* ---- Bloom filter of an upper (upper.md section 8): a file mapped shared by every process of the container on one host. On a local file
 * system it is `bloom` in the tree; else it is node-local and leased, see below. Made by the launcher while no process of the container
 * runs, a larger one when it has filled up; bits are only ever set, before the change that they announce. 64-byte blocks, one per key:
 * block = (hash >> 24) modulo blocks, and in it four bits, (hash >> 6i) & 63 of word (hash >> (52 + 3i)) & 7 for i = 0 … 3.
 * Keys of path p: N = hash(p), X = hash(p) ^ LPMX_BLOOM_X, C = hash(p) ^ LPMX_BLOOM_C (a child of p may have an N). */
#define LPMX_MAGIC_BLOOM "LPMXBLM"
#define LPMX_BLOOM_X 0x9e3779b97f4a7c15
#define LPMX_BLOOM_C 0xc2b2ae3d27d4eb4f
#define LPMX_BLOOM_BITS_AT 4096 /* offset of the blocks */
#define LPMX_BLOOM_BLOCKS 1024  /* of a new tree: 64 KiB; always a power of two */
#define LPMX_BLOOM_BLOCKS_MAX 65536
/* Traits of the tree: set (and never cleared) before the first such object is made, so that nobody has to look for what is rare. Whoever
 * makes a bloom for a tree that is not new sets them all. */
#define LPMX_TRAIT_LINKS 1  /* some link carries an owner of its own */
#define LPMX_TRAIT_SETGID 2 /* some directory is set-gid */
struct lpmx_bloom {
    char magic[8];
    u32 abi;
    u32 blocks;    /* LPMX_BLOOM_BLOCKS to LPMX_BLOOM_BLOCKS_MAX */
    char boot[40]; /* boot id of the host that made it (proc(5)), NUL-padded: valid in that boot only */
    u64 moves;     /* directories renamed or removed: whoever knows its cwd by name asks the kernel again when this has changed */
    u32 off;       /* not 0: somebody changes the tree without setting bits here; nobody may rely on it any more */
    u32 leased;    /* 1: to be relied on only until `until`, which is extended as below */
    u64 until;     /* nanoseconds of CLOCK_BOOTTIME of this host */
    char host[16]; /* leased: the host */
    char gen[16];  /* leased: 16 random hex digits, in the name of its entry in hosts/ */
    u64 traits;    /* LPMX_TRAIT_* */
    u64 begun;     /* renames and removals of directories, counted before … */
    u64 ended;     /* … and after: where both are equal none is under way, and what was known about places of directories then holds until the
                    * next one. A killed process leaves them unequal for good: then only the bits tell */
};

/* ---- Several hosts on one tree (upper.md section 9, docs/decisions/0006). A tree on a file system that other hosts may write to has a
 * folder hosts/. A host is a kernel and its /dev/shm: 16 hex digits, the path hash (seed 0) of "<boot id> <device> <inode>" of the latter.
 *     hosts/<host>              link to "<from>[ <node> <boot id>]": this host works in the tree. Its processes without a bloom may change it when its
 *                               CLOCK_BOOTTIME has reached `from` (decimal ns); "-" = not yet decided
 *     hosts/bloom.<host>.<gen>  this host has that bloom. Whoever changes the tree without one removes it first, and before he waits
 * A leased bloom is LPMX_SHM/lpmx-<uid>.bloom.<first 16 digits of the container's id>. Whoever finds it expired lists hosts/: exactly
 * those two entries of its own host = valid until LPMX_LEASE_TERM after the moment before the listing; anything else = off, for good. */
#define LPMX_SHM "/dev/shm"
#define LPMX_LEASE_TERM 5000000000 /* ns */
#define LPMX_LEASE_WAIT 6000000000 /* ns from entering hosts/ to the first change without a bloom */

/* ---- What is known of machine code on this host (shim/preload): LPMX_SHM/lpmx-<uid>.sites, mapped shared by all processes of a user that the
 * preload engine contains. struct lpmx_sites, then `slots` of struct lpmx_known (open addressing; an entry is written before its key is), then the
 * pool: scan_site structures of 8 bytes. Never changed otherwise; when it is full it is unlinked, and the next process begins another. */
#define LPMX_MAGIC_SITES "LPMXSIT"
struct lpmx_sites {
    char magic[8];
    u32 abi;
    u32 slots;
    u32 pool;   /* sites that have room */
    u32 used;   /* … that are taken */
    u64 wanted; /* hash of the call numbers whose sites are in it: another release may want others */
};
struct lpmx_known {
    u64 key; /* hash of the file's identity and the part that is mapped; 0 = free, 1 = taken */
    u32 at;  /* in the pool */
    u32 count;
};

/* ---- Payload: what is appended to the launcher to make the one file. Footer = last 80 bytes of the file. */
#define LPMX_CODEC_RAW 0
#define LPMX_CODEC_ZSTD 1
#define LPMX_PIECE_NATIVE 1 /* unpacked first and alone: all that a known image or container needs */
#define LPMX_PIECE_ENGINE 2 /* unpacked when Deno is needed */
#define LPMX_PIECE_EXEC 4   /* PT_INTERP is to be set to the unpacked rt/ld-linux-x86-64.so.2 (denort, deno) */
struct lpmx_piece {
    char name[64]; /* path in the cache folder: "lpmx-start", "engine", "rt/libc.so.6", … NUL-padded */
    u64 offset;    /* from the start of the file */
    u64 packed;    /* bytes in the file */
    u64 size;      /* bytes unpacked */
    u32 mode;      /* permissions */
    u32 codec;     /* LPMX_CODEC_* */
    u32 flags;     /* LPMX_PIECE_* */
    u32 reserved;
    u8 sha256[32]; /* of the unpacked bytes */
};

#define LPMX_ENGINE_DENORT 1 /* piece "engine" is a program made by `deno compile`: argv = engine ARG… */
#define LPMX_ENGINE_DENO 2   /* pieces "deno" and "engine.js": argv = deno run -A -q --no-config … engine.js ARG… */
struct lpmx_payload {
    char magic[8];
    u32 abi;
    u32 count;     /* of struct lpmx_piece at `pieces` */
    u64 pieces;    /* offset in the file */
    u32 engine;    /* LPMX_ENGINE_* */
    u32 reserved;
    char version[16]; /* lpmx version, NUL-padded */
    u8 hash[32];      /* sha256 of the piece table: names the cache folder (64 hex) */
};

/* ---- Hand-over: the one environment variable. The launcher, and the core's exec planner on each exec, add it to the
 * environment of lpmx-start, which removes it before the program runs. Value = fields, each: one letter, decimal length, ':',
 * that many bytes. Letters:
 *   a  ABI number                       s  store root (host path)            p  plan (host path)
 *   x  program (guest path; /proc/self/exe)   h  program (host path to open), absent with d, and with f unless there is n: then argv[0] is what it is called
 *   g  "fd skip ": h from there on is its name in a place that is open (w)
 *   d  program by descriptor number (memfd, deleted file)
 *   m  "uid gid": whom the container's main program was started as (shown as owner of the user's own files in binds)
 *   e  the name execve was called with (guest path as given; the script's for a script): AT_EXECFN and the process name (comm)
 *   u  changes of the plan that the program before had: with another number the binds of w are not this plan's, and what LPMX_SEC_CHANGES has of
 *      later ones is put into the environment; absent when 0
 *   b  "1": the bloom in the tree is in use, "2": a leased one (on the first start the core looks itself)
 *   l  capabilities: "permitted inheritable bounding ambient securebits" decimal, absent when they are what such an identity starts with
 *   q  the engine: "trap", "preload"; absent: trap where the kernel has seccomp filters. Where the trap engine's filter is on, it stays so
 *   o  root, where chroot(2) was called (guest path); absent: the container's own
 *   c  cwd (guest path)                 i  identity: "ruid euid suid fsuid rgid egid sgid fsgid" decimal, then groups
 *   w  "place fd " for each place (place.c) that was open and stays so
 *   k  bits 0700 of the umask (decimal), absent when 0: the kernel's own umask never has them
 *   f  first start, made by the launcher: value = flags. 'w' = chdir to the plan's workdir (made if missing), 'u' = resolve the
 *      plan's user, set HOME if unset; always: search argv[0] in PATH of the environment when it has no '/'. 'm' = only make what
 *      the mounts need, and end
 *   r  pathname by which the launcher itself can be called again (host path)
 *   v  file with the environment that lpmx was entered with from the host, for programs of the host that are called from inside: working
 *      directory, then "NAME=value", each NUL-terminated (host path)
 *   y  name of the entry's broker, an abstract socket (below), and z: number of the descriptor that keeps it; both stay over every exec
 *   n  "1": the host's own view: no plan, nothing is redirected; then p, c, i, m and b are absent
 */
#define LPMX_HANDOVER "LPMX_PLAN"
#define LPMX_ENGINE_TRAP "trap"
#define LPMX_ENGINE_PRELOAD "preload"

/* ---- Commands: an exposed command (bin/NAME) and what a map shows at a guest path are copies of the launcher's program without payload,
 * followed by NUL-terminated strings "KEY=VALUE" and struct lpmx_call. They run in the host's view wherever they are started, since they are
 * linked into the text window: the exec planner executes a program that is as it is, with its own hand-over in the environment. Keys:
 *   kind       "exec": a program of a container; "host": a program of the host
 *   container  exec: id (64 hex)         program  exec: guest path or name to look for in PATH; host: host path
 *   store      store root when it was made; one that was moved is found beside the command (<store>/bin, <store>/maps)
 *   lpmx       the one file when it was made            cache  name of its cache folder (hash of the payload, 64 hex)
 *   env        one NAME or NAME=VALUE for the program; may come several times       user, workdir  exec: as of `lpmx exec`
 *   clean      "1": nothing of the caller's environment goes in                     time  seconds since 1970 when it was made */
#define LPMX_MAGIC_CALL "LPMXCAL"
struct lpmx_call {
    char magic[8];
    u32 abi;
    u32 size; /* of the strings before it, bytes */
};

/* ---- Broker (docs/decisions/0014): an unfiltered process of the entry starts programs of the host that need their set-id rights, for the commands of
 * maps. It listens on the abstract socket of hand-over letter y (a stream) and lives until the last copy of descriptor z, a pipe's end, is closed.
 * Client: struct lpmx_ask, then `size` bytes of NUL-terminated strings: id of the container whose map it is, program, working directory, argv,
 * environment. On each LPMX_WORD_MORE the next LPMX_ASK_BATCH descriptors (SCM_RIGHTS) with their numbers as u32[], ascending over all; after the last
 * one the working directory (number 0xffffffff). Then words both ways until one of REFUSED, FAILED, EXITED, KILLED. */
#define LPMX_MAGIC_ASK "LPMXASK"
#define LPMX_ASK_BATCH 250 /* SCM_MAX_FD is 253, before Linux 2.6.38 it was 255 */
struct lpmx_ask {
    char magic[8];
    u32 abi;
    u32 nargs;
    u32 nenv;
    u32 nfds; /* with the working directory's */
    u64 size; /* of the strings, bytes */
    u32 umask;
    u32 nice; /* + 20 */
    u64 blocked; /* signal n = bit n - 1 */
    u64 ignored;
    u64 cpus[16]; /* CPUs that it may run on, none = not known */
    u64 limits[32]; /* RLIMIT_* n: soft at 2n, hard at 2n + 1 */
};

#define LPMX_WORD_MORE 1    /* from the broker: send descriptors */
#define LPMX_WORD_STARTED 2 /* 1: in the client's process group, 0: in a session of its own */
#define LPMX_WORD_REFUSED 3 /* the container's plan has no such program */
#define LPMX_WORD_FAILED 4  /* errno */
#define LPMX_WORD_STOPPED 5 /* by signal */
#define LPMX_WORD_EXITED 6  /* status */
#define LPMX_WORD_KILLED 7  /* by signal */
#define LPMX_WORD_SIGNAL 8  /* from the client: to be sent to the program */
struct lpmx_word {
    u32 kind;
    u32 value;
};

#endif
