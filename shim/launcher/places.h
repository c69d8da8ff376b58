/* Where things are on this host: the user's home, the store, scratch, and names for this host and this process.
 *
 * No NSS: a static program must not load shared objects, and workflow managers and cron call us with an empty environment.
 */
#ifndef LPMX_LAUNCHER_PLACES_H
#define LPMX_LAUNCHER_PLACES_H

#include "base.h"

/* HOME, else the home of this uid in /etc/passwd, else /home/$USER if that exists; NULL when none can be found. */
const char *user_home(void);
/* LPMX_HOME, else $XDG_DATA_HOME/lpmx, else ~/.local/share/lpmx; absolute. Not necessarily there. Fails when there is no home. */
const char *store_root(void);
/* Makes it this one. */
void store_root_is(const char *path);
/* The read-only stores of LPMX_STORES, in order. */
const struct list *extra_stores(void);
/* This user's private folder for trees that go away: $LPMX_SCRATCH, else $TMPDIR, else /tmp, plus "/lpmx-<uid>", mode 0700
 * and ours. Made if missing; NULL when no candidate can be used. */
const char *scratch_dir(void);
/* 16 hex digits naming (boot, pid namespace): process numbers can be compared only where these are equal. */
const char *host_key(void);
/* "<host>.<boot-id>[-<pid namespace>].<pid>.<starttime>" of this process: its name in a container's state/live. */
const char *live_name(void);
/* Start time of a process in clock ticks after boot (proc(5), stat field 22), 0 when it cannot be known. */
u64 start_time(long pid);
/* The node's name (uname). */
const char *node_name(void);
/* The boot id of proc(5), 36 characters, or "unknown". */
const char *boot_id(void);
/* The path hash of the contract over any bytes or text, seed 0. */
u64 bytes_hash(const char *at, size_t len);
u64 text_hash(const char *text);
/* Field `column` (from 0) of the first line of a passwd-like text whose field `by` equals key, copied; NULL when there is none. */
char *colon_field(const char *content, int by, const char *key, int column);

#endif
