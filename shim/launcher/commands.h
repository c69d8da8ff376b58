/* The shape of the command table for the verbs that the launcher serves itself: run, create, start, exec and LPMX's spellings.
 *
 * The rows are in commands.gen.h, generated from src/cli/commands.ts by tools/gen_commands.ts, so that the launcher and the
 * engine parse, explain and refuse alike. The generator writes only the names defined here: one `struct command_flag` array per
 * set of flags, then `static const struct command command_table[]`. Included by parse.c (and its test) alone.
 */
#ifndef LPMX_COMMANDS_H
#define LPMX_COMMANDS_H

#include "../include/contract.h"

enum flag_kind {
    FLAG_BOOL,  /* --f, --f=true|false (also 1 t T TRUE True 0 f F FALSE False); negative spellings are rows of their own */
    FLAG_VALUE, /* --f v, --f=v, -fv, -f v; the last one counts */
    FLAG_LIST,  /* as FLAG_VALUE; all count, in order */
};

enum flag_action {
    FLAG_SUPPORTED,
    FLAG_IGNORED, /* accepted without effect; note = the reason, told when LPMX_LOG is set */
    FLAG_REFUSED, /* note = what to do instead; exit status 125 */
};

/* What a supported flag sets. Two rows may share one field (--net and --network). */
enum flag_field {
    FIELD_NONE, /* ignored and refused flags */
    FIELD_ADD_HOST,
    FIELD_ATTACH,
    FIELD_BROKER,
    FIELD_CIDFILE,
    FIELD_CLEAN_ENV,
    FIELD_DETACH,
    FIELD_DEVICE,
    FIELD_ENGINE,
    FIELD_ENTRYPOINT,
    FIELD_ENV,
    FIELD_ENV_FILE,
    FIELD_FORCE,
    FIELD_GPU,
    FIELD_GPUS,
    FIELD_GRID,
    FIELD_HELP,
    FIELD_HOSTNAME,
    FIELD_ID,
    FIELD_INTERACTIVE,
    FIELD_JSON,
    FIELD_LABEL,
    FIELD_LABEL_FILE,
    FIELD_LPMX_FILE,   /* LPMX's -f HOST=GUEST[:HOST=GUEST...] */
    FIELD_LPMX_MAP,    /* LPMX's -m HOST=GUEST[:HOST=GUEST...] */
    FIELD_LPMX_VOLUME, /* LPMX's -v HOST=GUEST[:HOST=GUEST...] */
    FIELD_MAP,
    FIELD_MOUNT,
    FIELD_NAME,
    FIELD_NETWORK,
    FIELD_NV,
    FIELD_PLATFORM,
    FIELD_PROGRAM,
    FIELD_PUBLISH,
    FIELD_PULL,
    FIELD_QUIET,
    FIELD_READ_ONLY,
    FIELD_RM,
    FIELD_RM_BROKER,
    FIELD_RM_MAP,
    FIELD_RM_VOLUME,
    FIELD_ROCM,
    FIELD_RUNTIME,
    FIELD_SIG_PROXY,
    FIELD_STOP_SIGNAL,
    FIELD_STOP_TIMEOUT,
    FIELD_TMPFS,
    FIELD_TTY,
    FIELD_TYPE,
    FIELD_UNSET,
    FIELD_USER,
    FIELD_VOLUME,
    FIELD_WORKDIR,
    FIELD_X11,
    FIELD_COUNT
};

struct command_flag {
    const char *name; /* without the dashes; unique in its array, the array is sorted bytewise by name */
    char letter;      /* short spelling, 0 = none */
    u8 kind;          /* enum flag_kind */
    u8 action;        /* enum flag_action */
    u8 field;         /* enum flag_field */
    const char *note; /* ignored: why that is right; refused: what to do; "" for supported flags */
};

enum command_what {
    COMMAND_RUN,
    COMMAND_CREATE,
    COMMAND_START,
    COMMAND_EXEC,
    COMMAND_LPMX_CREATE,  /* lpmx docker create IMAGE: a kept container and a shell in it */
    COMMAND_LPMX_FASTRUN, /* lpmx docker fastrun IMAGE COMMAND...: run --rm */
    COMMAND_LPMX_RESUME,  /* lpmx resume CONTAINER [COMMAND...] */
    COMMAND_EXPOSE, /* from here on no program's words follow: flags may stand anywhere */
    COMMAND_EXPOSE_LS,
    COMMAND_EXPOSE_RM,
    COMMAND_GET,
    COMMAND_MAP_ADD,
    COMMAND_MAP_LS,
    COMMAND_MAP_RM,
    COMMAND_SET,
};

struct command {
    const char *words; /* "run", "container run", "docker fastrun": separated by one blank */
    const char *usage; /* "lpmx run [OPTIONS] IMAGE [COMMAND] [ARG...]" */
    u8 what;           /* enum command_what */
    u8 min_args;       /* words needed after the flags (IMAGE; CONTAINER COMMAND) */
    u16 nflags;
    const struct command_flag *flags;
};

#endif
