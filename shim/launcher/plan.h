/* The plan of a container while it is composed, and its two written forms: the file of contract.h and JSON for people and tests. */
#ifndef LPMX_LAUNCHER_PLAN_H
#define LPMX_LAUNCHER_PLAN_H

#include "store.h"

#define BINDS_MAX 256 /* of the core: CORE_BINDS_MAX in shim/core/state.h */
#define FILES_MAX 8

struct plan_bind {
    const char *guest; /* canonical guest path */
    const char *host;  /* absolute; NULL until the container's folder is known: "own" below it */
    const char *own;   /* name in the container's folder (generated file), of an anonymous volume or of a folder in memory */
    u32 flags;         /* LPMX_BIND_* */
    const char *target;      /* of a map: what it leads to, as people write it */
    const struct call *call; /* of a map: the command to be made at `host` before the first start */
    u8 make;           /* enum bind_make: what to do before the first start */
    bool user;         /* asked for by the user */
};
enum bind_make {
    MAKE_NOTHING,
    MAKE_DIR,    /* the host side, empty */
    MAKE_SEEDED, /* the host side, with what the image has there, if it is new */
    MAKE_SHM,    /* in memory where the host has a /dev/shm */
};

struct plan_file { /* of the container's folder */
    const char *name;
    const char *content;
};

struct plan {
    const char *id, *name;
    const struct image *image;
    const char *image_name; /* as the user wrote it */
    const char *folder;     /* host path of the container's folder, once it is made */
    const char *tree;       /* host path of the writable layer's folder, once it is made */
    const char *tree_entry; /* as the plan file spells it */
    const char *index;      /* as the plan file spells it */
    const char *workdir, *user, *hostname;
    u32 owner_uid, owner_gid, flags, stop_signal, changes;
    u64 created;
    struct list layers; /* as the plan file spells them */
    struct list env, entrypoint, cmd;
    struct list grid; /* the scheduler whose commands are shown, and where the host has them */
    struct list brokered; /* host programs that the broker starts although they are not set-id */
    struct list changed; /* LPMX_SEC_CHANGES */
    struct list entry;   /* LPMX_SEC_ENTRY */
    const char *looked_up; /* the binds that were added for this entry of the container alone, one a line; NULL: none */
    struct plan_bind binds[BINDS_MAX];
    size_t nbinds;
    struct plan_file files[FILES_MAX];
    size_t nfiles;
    struct list labels; /* "key=value" */
    u64 stop_timeout;   /* seconds */
    struct list given;  /* "flag=value": what was asked for and cannot be told from the rest, and "host-env=NAME": variables of this host's scheduler */
};

/* The bind that decides what is at a guest path (canonical): the innermost one there or above. NULL: the layers do. */
const struct plan_bind *plan_bind_at(const struct plan *p, const char *guest);
/* What a bind shows at a guest path there or below, as a host path. */
char *plan_bind_path(const struct plan_bind *b, const char *guest);
/* The bytes of the plan file; sorts the binds. */
struct text plan_encode(struct plan *p);
/* The same as JSON, one line. `command` is the verb. */
char *plan_json(struct plan *p, const char *command);
/* A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void json_string(struct text *out, const char *string);
/* ["a","b"] */
void json_list(struct text *out, const struct list *strings);

#endif
