/* host: the only folder that touches Deno.*, node: and the network. Uses base only.
 */
export * from "./block_codec.ts";
export * from "./deflate.ts";
export * from "./env.ts";
export * from "./fs.ts";
export * from "./hash.ts";
export * from "./http.ts";
export * from "./inflate.ts";
export * from "./libc.ts";
export * from "./locks.ts";
export * from "./look.ts";
export * from "./machine.ts";
export * from "./output.ts";
export * from "./paths.ts";
export * from "./proc.ts";
export * from "./readable_file.ts";
export * from "./spawn.ts";
export * from "./terminal.ts";
