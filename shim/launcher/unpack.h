/* The payload behind the launcher in the one file, and the cache folders that its pieces are unpacked to. */
#ifndef LPMX_LAUNCHER_UNPACK_H
#define LPMX_LAUNCHER_UNPACK_H

#include "base.h"

/* Tells how this process was called, for systems without /proc. Call first. */
void self_init(const char *argv0);
/* Path by which this program can be called again; NULL when it cannot be known. */
const char *self_path(void);
/* The one file: this program, or for a command (call.h) the lpmx that made it, if it can still be found. */
const char *lpmx_path(void);
/* Name of the cache folder of this version: 64 hex digits. */
const char *cache_version(void);
/* This program is the command `self` without a payload: its pieces are those of that lpmx, which is called in its place when they are not
 * unpacked. */
void lpmx_stand_for(const char *lpmx, const char *version, const char *self, char *const *argv);
/* The payload's footer; NULL when the program carries none (a bare launcher). */
const struct lpmx_payload *payload_footer(void);

/* The cache folder of this version that holds the pieces of `group` (LPMX_PIECE_NATIVE or LPMX_PIECE_ENGINE), unpacked now if
 * they are nowhere yet. Safe beside any number of other processes. Fails with one message that names what was tried. */
const char *cache_with(u32 group);
/* Path of the engine's program (denort or deno) in such a folder: bound to the folder's path, because PT_INTERP is. */
char *engine_program(const char *dir, const char *piece);

#endif
