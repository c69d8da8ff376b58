/* All state of the core in one struct, and the two things every operation carries: the call and a name.
 * For the files of shim/core only; engines and tests see core.h. */
#ifndef LPMX_STATE_H
#define LPMX_STATE_H

#include "../include/sys.h"
#include "core.h"
#include "index.h"
#include "mem.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define CORE_PATH_MAX 4096
#define CORE_LAYERS_MAX 1024
#define CORE_BINDS_MAX 256
#define NAME_LEN_MAX 255
#define PERMITTED 64

/* Places: host directories that names are looked up in, each by an O_PATH descriptor opened at first use (place.c). */
enum {
    PLACE_TREE,  /* the folder that holds the following five */
    PLACE_UPPER,
    PLACE_DEAD,
    PLACE_WORK,
    PLACE_CLASS,
    PLACE_ID,
    PLACE_BIND,                                    /* + number of the bind */
    PLACE_LAYER = PLACE_BIND + CORE_BINDS_MAX,     /* + number of the layer; the image `host` has layer 0 = "/" */
    PLACES = PLACE_LAYER + CORE_LAYERS_MAX,
};

struct cwd {
    volatile u32 turn; /* odd while it is written */
    u32 pid;           /* whose cwd this is; 0 = free */
    u32 len;
    u64 moves;         /* bloom_moves when the kernel last said that this is right */
    char path[CORE_PATH_MAX]; /* canonical guest path, "" = root */
};

#define ROOTS 4
struct root { /* what chroot(2) was called with (root.c) */
    u32 pid; /* whose it is; of [0] it does not count */
    u32 len;
    char path[CORE_PATH_MAX]; /* canonical guest path, "" = the container's own */
};

#define DIRFDS 32
#define DIRFD_PATH 200
struct dirfd { /* what a directory descriptor is open on (dirfds.c) */
    volatile u32 turn; /* odd while it is written */
    int fd;
    u32 len;
    u64 dev, ino;
    u64 epoch; /* of the bloom: nothing was moved since; 0 = that is not known */
    char path[DIRFD_PATH];
};

#define SLOT_SIZE (4 * CORE_PATH_MAX)
struct slot { /* scratch for long paths and exec (scratch.c) */
    u32 busy;
    _Alignas(16) char bytes[SLOT_SIZE];
};

/* What every program touches at its start lies together, from the used end of `pool` to the beginning of `cwd`: a page that is touched costs
 * each exec more than a system call. */
struct core {
    struct slot slots[24];
    struct dirfd dirfds[DIRFDS];
    _Alignas(4096) char pool[8 * CORE_PATH_MAX + 3400]; /* the plan and texts that have to stay; filled from its end (plan.c) */
    u32 pool_used;

    u32 nlayers, nbinds, nenv, nchanges;
    const struct lpmx_container *con; /* in the plan */
    const char *strings;
    const u32 *layers;
    const struct lpmx_bind *binds;
    const u32 *env; /* the plan's environment */
    const u32 *changes; /* LPMX_SEC_CHANGES */
    u32 handed_changes; /* the number of changes in the plan of the program before */
    u64 bind_hashes[8]; /* bit n & 511: some bind's guest path has hash n */
    u64 bind_lengths[4]; /* bit n & 255: some bind's guest path has length n */
    struct index index;
    u64 *bloom; /* the blocks, mapped shared; NULL: none (bloom.c) */
    struct lpmx_bloom *bloom_head;
    u32 bloom_blocks;
    volatile bool may_change; /* without a bloom: nobody relies on one (lease.c) */
    u64 seed;
    bool host;     /* the built-in image `host` */
    bool native;   /* the host's own view: no plan, nothing is redirected (native.c) */
    bool preload;  /* contained by shim/preload, and so are its children */
    bool readonly;

    const char *store, *plan, *start, *launcher, *entry; /* host paths */
    const char *broker;     /* hand-over letter y */
    const char *exe; /* canonical guest path of the running program */
    u32 store_len;

    u64 own_fds;            /* bit n: LPMX_FD_MIN + n is ours */
    short broker_fd;        /* hand-over letter z, + 1; 0 = none */
    u32 pid;                /* the process this memory belongs to (fork.c) */
    volatile u8 *fork_mark; /* NULL where the kernel cannot tell fork from vfork */
    volatile u32 cwd_split; /* a vfork child has changed its directory */
    volatile bool rooted, root_split; /* somebody has called chroot; a vfork child has */

    struct core_ids ids;
    volatile u32 ids_turn; /* counts changes of the groups */
    volatile u64 permitted[PERMITTED]; /* directories that the guest may search (permit.c) */
    bool main_known; /* whom the container's main program runs as: shown as owner of the user's files in binds */
    u32 main_uid, main_gid;
    u32 umask_owner; /* the bits 0700 of the guest's umask: the kernel's own has none of them, or what is made here could not be used */
    u32 real_uid, real_gid; /* the process's own on the host */
    volatile u32 counter; /* of temp names */
    volatile bool no_openat2; /* the kernel lacks it */
    volatile bool root_numbered;  /* id/root is there */
    u64 upper_dev;        /* st_dev of the upper, 0 = not yet asked */
    char host_id[20];     /* 16 hex digits, "" = not yet known (temp.c) */
    short place_fd[PLACES]; /* descriptor + 1; 0 = not open (place.c) */
    struct cwd cwd[4];      /* [0] is the owner's, the others vfork children's */
    struct root root[ROOTS]; /* as cwd */
};

/* One system call in progress. Descriptors opened only for it are closed at its end. */
struct call {
    struct core *c;
    int temp[8];
    unsigned ntemp;
    int deep; /* descriptor + 1 of the directory that stands for the upper or a bind (deep.c); 0 = none does */
    struct stat *seen; /* where a walk puts the stat of the object that it ends at, if its caller asks */
    bool saw;          /* it has */
};

/* What the layers have at a name (view.c). entry is NULL for the unindexed image `host`. */
struct low {
    const struct lpmx_entry *entry;
    u32 mode; /* st_mode as the guest sees it; 0 = the layers have nothing there */
    u32 layer;
    u64 ino; /* what a merged directory shows as its inode number: the same before and after it is copied up */
};

/* A canonical guest name: no link of the guest in its parents, no "." or "..". The root is "". */
struct name {
    char *path; /* NUL-terminated; cut and restored in place when a parent is meant */
    u32 len;
    u32 dir_len; /* length of the parent's path */
    u64 dir_hash;
    u64 hash;
    struct low low;
};

enum kind {
    KIND_NONE,   /* nothing there */
    KIND_LOWER,  /* live: what the layers have */
    KIND_OBJECT, /* in upper/ */
    KIND_BIND,   /* below a bind */
};

/* The result of walking a guest path. */
struct spot {
    struct name name;
    enum kind kind;
    u32 mode;      /* real st_mode of an object or of something below a bind; 0 = not known */
    int bind;      /* number of the bind when kind is KIND_BIND (also for a missing name below one) */
    u32 bind_skip; /* where in name.path the part below the bind begins */
    bool must_dir; /* the path ended in "/", "/." or "/.." */
    bool deep;     /* relative to call.deep */
    u32 base;      /* length of what a relative path started from */
    u8 unproved;   /* below a bind: links may be on the way (WALK_UNPROVED); 2: and the cwd it starts from may have been moved */
    u8 dots;       /* its last component was "." (1) or ".." (2), or it had none (3): the root of one who called chroot */
    u32 cap;
    struct slot *slot;
    char *buf;
    char small[480];
};

/* The guest's path relative to the upper and to any layer. */
static inline const char *name_rel(const struct name *n)
{
    return n->len ? n->path + 1 : ".";
}

static inline const char *name_last(const struct name *n)
{
    return n->len ? n->path + n->dir_len + 1 : "";
}

static inline u32 name_last_len(const struct name *n)
{
    return n->len ? n->len - n->dir_len - 1 : 0;
}

/* place.c */
int place_fd(struct call *k, int place);                       /* descriptor or -errno */
int place_path(struct core *c, int place, char *out, size_t cap); /* absolute host path; its length or -ENAMETOOLONG */
int place_hand(struct core *c, char *out, size_t cap);          /* "PLACE FD …" for the program that is executed next; its length */
void place_take(struct core *c, const struct handover_text *t, bool same_plan); /* the same of the one before */
void call_end(struct call *k);
int call_keep(struct call *k, int fd);                         /* fd is closed at the end of the call */

/* scratch.c */
struct slot *slot_get(struct core *c);
void slot_put(struct core *c, struct slot *s);

/* fork.c */
u32 core_pid(struct core *c);       /* getpid; adopts the memory after a fork */
/* fds.c: takes the descriptor that keeps the entry's broker; 0 = there is none. */
void fds_keep(struct core *c, u32 fd);
bool core_is_guest_of(struct core *c); /* true in a vfork child: this memory is somebody else's */

/* name.c */
int name_set(struct call *k, struct name *n, char *path, u32 len); /* fills hashes and low; 0 or -errno */
int low_find(struct call *k, struct name *n);
void low_of_host(struct name *n, const struct stat *st);
void low_of_entry(const struct core *c, struct name *n, const struct lpmx_entry *e);
void name_below_bind(struct name *n, char *path, u32 len); /* what the layers have there does not count: no hashes, no low */

#endif
