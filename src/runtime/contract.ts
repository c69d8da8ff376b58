/* Generated from shim/include/contract.h by tools/gen_contract.ts: edit that, not this.
 * Constants, and for each struct its size and fields [type, offset, count].
 */
export const LPMX_ABI = 1;
export const LPMX_TEXT_BASE = 0x7e9000000000;
export const LPMX_TEXT_WINDOW = 0x100000;
export const LPMX_PROBE_NR = 0x4c50;
export const LPMX_PROBE_ERRNO = 2989;
export const LPMX_FD_MIN = 960;
export const LPMX_FD_MAX = 1023;
export const LPMX_AUX_USER = 0x6c706d78;
export const LPMX_MAGIC_PLAN = "LPMXPLN";
export const LPMX_MAGIC_IMAGE = "LPMXIMG";
export const LPMX_MAGIC_REFS = "LPMXREF";
export const LPMX_MAGIC_INDEX = "LPMXIDX";
export const LPMX_MAGIC_PAYLOAD = "LPMXPAY";
export const LPMX_SECTION_REQUIRED = 1;
export const LPMX_SEC_GRID = 13;
export const LPMX_SEC_ENTRY = 15;
export const LPMX_SEC_STRINGS = 1;
export const LPMX_SEC_IMAGE = 2;
export const LPMX_SEC_LAYERS = 3;
export const LPMX_SEC_ENV = 4;
export const LPMX_SEC_ENTRYPOINT = 5;
export const LPMX_SEC_CMD = 6;
export const LPMX_SEC_BINDS = 7;
export const LPMX_SEC_CONTAINER = 8;
export const LPMX_SEC_VOLUMES = 9;
export const LPMX_SEC_REFS = 10;
export const LPMX_SEC_IDS = 11;
export const LPMX_SEC_BROKER = 14;
export const LPMX_SEC_CHANGES = 12;
export const LPMX_BIND_RO = 1;
export const LPMX_BIND_TRUST = 2;
export const LPMX_BIND_FILE = 4;
export const LPMX_BIND_MAP = 8;
export const LPMX_BIND_HIDDEN = 16;
export const LPMX_CONTAINER_HOST = 1;
export const LPMX_CONTAINER_READONLY = 2;
export const LPMX_CONTAINER_RM = 4;
export const LPMX_CONTAINER_TTY = 8;
export const LPMX_CONTAINER_STDIN = 16;
export const LPMX_CONTAINER_TRAP = 32;
export const LPMX_CONTAINER_PRELOAD = 64;
export const LPMX_ENTRY_STUB = 1;
export const LPMX_MAGIC_BLOOM = "LPMXBLM";
export const LPMX_BLOOM_X = 0x9e3779b97f4a7c15n;
export const LPMX_BLOOM_C = 0xc2b2ae3d27d4eb4fn;
export const LPMX_BLOOM_BITS_AT = 4096;
export const LPMX_BLOOM_BLOCKS = 1024;
export const LPMX_BLOOM_BLOCKS_MAX = 65536;
export const LPMX_TRAIT_LINKS = 1;
export const LPMX_TRAIT_SETGID = 2;
export const LPMX_SHM = "/dev/shm";
export const LPMX_LEASE_TERM = 5000000000;
export const LPMX_LEASE_WAIT = 6000000000;
export const LPMX_MAGIC_SITES = "LPMXSIT";
export const LPMX_CODEC_RAW = 0;
export const LPMX_CODEC_ZSTD = 1;
export const LPMX_PIECE_NATIVE = 1;
export const LPMX_PIECE_ENGINE = 2;
export const LPMX_PIECE_EXEC = 4;
export const LPMX_ENGINE_DENORT = 1;
export const LPMX_ENGINE_DENO = 2;
export const LPMX_HANDOVER = "LPMX_PLAN";
export const LPMX_ENGINE_TRAP = "trap";
export const LPMX_ENGINE_PRELOAD = "preload";
export const LPMX_MAGIC_CALL = "LPMXCAL";
export const LPMX_MAGIC_ASK = "LPMXASK";
export const LPMX_ASK_BATCH = 250;
export const LPMX_WORD_MORE = 1;
export const LPMX_WORD_STARTED = 2;
export const LPMX_WORD_REFUSED = 3;
export const LPMX_WORD_FAILED = 4;
export const LPMX_WORD_STOPPED = 5;
export const LPMX_WORD_EXITED = 6;
export const LPMX_WORD_KILLED = 7;
export const LPMX_WORD_SIGNAL = 8;

export const lpmx_file = {
  size: 32,
  fields: {
    magic: ["char", 0, 8],
    abi: ["u32", 8, 1],
    nsections: ["u32", 12, 1],
    size: ["u64", 16, 1],
    reserved: ["u64", 24, 1],
  },
} as const;

export const lpmx_section = {
  size: 24,
  fields: {
    id: ["u32", 0, 1],
    flags: ["u32", 4, 1],
    offset: ["u64", 8, 1],
    size: ["u64", 16, 1],
  },
} as const;

export const lpmx_image = {
  size: 32,
  fields: {
    id: ["u32", 0, 1],
    name: ["u32", 4, 1],
    index: ["u32", 8, 1],
    workdir: ["u32", 12, 1],
    user: ["u32", 16, 1],
    stop_signal: ["u32", 20, 1],
    flags: ["u32", 24, 1],
    reserved: ["u32", 28, 1],
  },
} as const;

export const lpmx_ref = {
  size: 8,
  fields: {
    ref: ["u32", 0, 1],
    id: ["u32", 4, 1],
  },
} as const;

export const lpmx_bind = {
  size: 16,
  fields: {
    guest: ["u32", 0, 1],
    host: ["u32", 4, 1],
    flags: ["u32", 8, 1],
    reserved: ["u32", 12, 1],
  },
} as const;

export const lpmx_container = {
  size: 64,
  fields: {
    id: ["u32", 0, 1],
    name: ["u32", 4, 1],
    image_id: ["u32", 8, 1],
    image_name: ["u32", 12, 1],
    tree: ["u32", 16, 1],
    index: ["u32", 20, 1],
    workdir: ["u32", 24, 1],
    user: ["u32", 28, 1],
    owner_uid: ["u32", 32, 1],
    owner_gid: ["u32", 36, 1],
    flags: ["u32", 40, 1],
    stop_signal: ["u32", 44, 1],
    hostname: ["u32", 48, 1],
    changes: ["u32", 52, 1],
    created: ["u64", 56, 1],
  },
} as const;

export const lpmx_index = {
  size: 80,
  fields: {
    magic: ["char", 0, 8],
    abi: ["u32", 8, 1],
    nlayers: ["u32", 12, 1],
    seed: ["u64", 16, 1],
    size: ["u64", 24, 1],
    nentries: ["u32", 32, 1],
    nslots: ["u32", 36, 1],
    slots: ["u64", 40, 1],
    entries: ["u64", 48, 1],
    strings: ["u64", 56, 1],
    strings_size: ["u64", 64, 1],
    reserved: ["u64", 72, 1],
  },
} as const;

export const lpmx_entry = {
  size: 48,
  fields: {
    hash: ["u64", 0, 1],
    parent: ["u32", 8, 1],
    name: ["u32", 12, 1],
    name_len: ["u16", 16, 1],
    layer: ["u16", 18, 1],
    mode: ["u32", 20, 1],
    uid: ["u32", 24, 1],
    gid: ["u32", 28, 1],
    a: ["u32", 32, 1],
    b: ["u32", 36, 1],
    flags: ["u32", 40, 1],
    ext: ["u32", 44, 1],
  },
} as const;

export const lpmx_bloom = {
  size: 136,
  fields: {
    magic: ["char", 0, 8],
    abi: ["u32", 8, 1],
    blocks: ["u32", 12, 1],
    boot: ["char", 16, 40],
    moves: ["u64", 56, 1],
    off: ["u32", 64, 1],
    leased: ["u32", 68, 1],
    until: ["u64", 72, 1],
    host: ["char", 80, 16],
    gen: ["char", 96, 16],
    traits: ["u64", 112, 1],
    begun: ["u64", 120, 1],
    ended: ["u64", 128, 1],
  },
} as const;

export const lpmx_sites = {
  size: 32,
  fields: {
    magic: ["char", 0, 8],
    abi: ["u32", 8, 1],
    slots: ["u32", 12, 1],
    pool: ["u32", 16, 1],
    used: ["u32", 20, 1],
    wanted: ["u64", 24, 1],
  },
} as const;

export const lpmx_known = {
  size: 16,
  fields: {
    key: ["u64", 0, 1],
    at: ["u32", 8, 1],
    count: ["u32", 12, 1],
  },
} as const;

export const lpmx_piece = {
  size: 136,
  fields: {
    name: ["char", 0, 64],
    offset: ["u64", 64, 1],
    packed: ["u64", 72, 1],
    size: ["u64", 80, 1],
    mode: ["u32", 88, 1],
    codec: ["u32", 92, 1],
    flags: ["u32", 96, 1],
    reserved: ["u32", 100, 1],
    sha256: ["u8", 104, 32],
  },
} as const;

export const lpmx_payload = {
  size: 80,
  fields: {
    magic: ["char", 0, 8],
    abi: ["u32", 8, 1],
    count: ["u32", 12, 1],
    pieces: ["u64", 16, 1],
    engine: ["u32", 24, 1],
    reserved: ["u32", 28, 1],
    version: ["char", 32, 16],
    hash: ["u8", 48, 32],
  },
} as const;

export const lpmx_call = {
  size: 16,
  fields: {
    magic: ["char", 0, 8],
    abi: ["u32", 8, 1],
    size: ["u32", 12, 1],
  },
} as const;

export const lpmx_ask = {
  size: 440,
  fields: {
    magic: ["char", 0, 8],
    abi: ["u32", 8, 1],
    nargs: ["u32", 12, 1],
    nenv: ["u32", 16, 1],
    nfds: ["u32", 20, 1],
    size: ["u64", 24, 1],
    umask: ["u32", 32, 1],
    nice: ["u32", 36, 1],
    blocked: ["u64", 40, 1],
    ignored: ["u64", 48, 1],
    cpus: ["u64", 56, 16],
    limits: ["u64", 184, 32],
  },
} as const;

export const lpmx_word = {
  size: 8,
  fields: {
    kind: ["u32", 0, 1],
    value: ["u32", 4, 1],
  },
} as const;
