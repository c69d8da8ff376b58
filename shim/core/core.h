/* The core as its callers see it: the engines (shim/start, shim/preload) and the tests call these functions, nothing else.
 *
 * The core implements the path-carrying system calls over the union view. It allocates nothing, keeps all its state in one
 * struct core, uses no TLS, locks in memory, stdio or errno, and may run in a signal handler, on a small stack, in any thread
 * and in a vfork child.
 */
#ifndef LPMX_CORE_H
#define LPMX_CORE_H

#include "../include/contract.h"
#include <stdbool.h>
#include <stddef.h>

struct core;

/* The fields of the hand-over variable (contract.h). Pointers go into the text that was parsed; absent = NULL with length 0. */
struct handover_text {
    const char *at;
    u32 len;
};
struct handover {
    struct handover_text field[26]; /* by letter - 'a' */
};
#define HANDOVER(h, letter) ((h)->field[(letter) - 'a'])

/* Parses the value (without "LPMX_PLAN="). 0, or -EINVAL when it is damaged or of another ABI. Does not write to text. */
int handover_parse(const char *value, struct handover *out);
/* Appends one field to buf[cap] at *pos and ends the text with a NUL. 0 or -E2BIG. */
int handover_put(char *buf, size_t cap, size_t *pos, char letter, const char *text, size_t len);

/* Storage for the one struct core of the process (bss of the engine). */
extern struct core *const core_self;

/* Maps plan and index, opens nothing else. 0 or -errno; *what (static text) then says what failed, for the one line of error
 * that the first start may print. `host` is the path of lpmx-start itself (for later execs). */
int core_init(struct core *c, const struct handover *h, const char *start_path, const char **what);

/* Performs system call nr over the view. Returns what the kernel would (value or -errno), or CORE_PASS when the kernel is to do
 * the call as it stands. Never returns from a successful execve. Safe to nest (signal handlers). */
long core_syscall(struct core *c, long nr, const long a[6]);
#define CORE_PASS (-65536L)

/* Which calls the engine has to bring here: X-macro table calls.def, rows CALL(nr, how) for the filter. */
enum core_trap {
    TRAP_PATH,   /* always */
    TRAP_FD0,    /* when argument 0 is a descriptor >= LPMX_FD_MIN */
    TRAP_FD01,   /* when argument 0 or 1 is (dup2, dup3) */
    TRAP_ADDR1,  /* when argument 1 is not NULL (accept) */
    TRAP_ADDR4,  /* when argument 4 is not NULL (sendto, recvfrom) */
    TRAP_FLAGS,  /* when argument 1 is a request that sets a file's flags (ioctl) */
    TRAP_SIGNAL, /* the engine's own business (signal masks and actions) */
    TRAP_AUDIT,  /* never: the filter answers as a kernel without auditing when it is a socket for that */
    TRAP_LACKED, /* where the kernel has no such call */
    TRAP_ENOSYS, /* answered -ENOSYS by the filter: libc falls back */
};
struct core_call {
    u16 nr;
    u8 trap; /* enum core_trap */
};
/* All calls that are not simply passed, in any order. */
extern const struct core_call core_calls[];
extern const unsigned core_calls_count;

/* What is to be loaded: the result of the exec planner for the first start, when the engine maps the program itself. */
struct core_program {
    int fd;            /* open on the ELF program (O_RDONLY|O_CLOEXEC), the engine closes it */
    bool again;        /* a script: call core_syscall(SYS_execve, path, argv, envp) instead, so that argv is rewritten */
    char guest[4096];  /* canonical guest path, for AT_EXECFN and /proc/self/exe */
};
/* Resolves `path` (relative to the guest's cwd) as execve would. 0 or -errno (ENOENT, EACCES, ENOEXEC, ELOOP …). */
int core_program_open(struct core *c, const char *path, struct core_program *out);
/* For the program named in the hand-over (fields x, h or d): an open descriptor or -errno. */
int core_program_handed(struct core *c, const struct handover *h);
/* Opens a guest path for reading (PT_INTERP, /etc/passwd): descriptor or -errno. */
int core_open_guest(struct core *c, const char *path);
/* First start: every bind gets something to be mounted on, where the image has nothing. 0 or -errno; *what = the guest path. */
int core_make_mount_points(struct core *c, const char **what);
/* Changes the guest's cwd (first start: workdir; made with its parents if missing when `make`). 0 or -errno. */
int core_enter_dir(struct core *c, const char *path, bool make);

/* A copy of a text, NUL-terminated, that stays as long as the process; NULL when there is no more room. */
const char *core_keep(struct core *c, const char *text, u32 len);

/* The plan's first-start data: pointers into the mapped plan. */
const struct lpmx_container *core_container(const struct core *c);
const char *core_string(const struct core *c, u32 ref);
/* Number `at` of the variables that were set from outside, "NAME=VALUE" or "NAME" for one to be unset; "" when the program before had it
 * already, NULL behind the last. */
const char *core_change(const struct core *c, u32 at);

/* The identity that the guest sees. */
struct core_ids {
    u32 ruid, euid, suid, fsuid, rgid, egid, sgid, fsgid;
    u32 ngroups;
    u32 groups[64];
    u32 effective; /* capabilities (caps.h) */
    struct core_caps {
        u32 permitted, inheritable, bounding, ambient, secure; /* the last: securebits */
    } caps;
};
/* The capabilities that a process has which starts with these ids. */
void core_start_caps(struct core_ids *ids);
struct core_ids *core_identity(struct core *c);

/* True in a vfork child, and in any child where the kernel cannot tell (before 4.14): this memory is somebody else's. */
bool core_is_guest_of(struct core *c);

/* Called by the core right before and after (only when it failed) an execve of its own; the engine releases the scratch word
 * *busy on success by set_tid_address (trap-engine.md pitfall 3). Implemented by the engine. */
void engine_exec_begin(u32 *busy);
void engine_exec_failed(u32 *busy);
/* Called by the core when the user or group that the process runs as has changed, for others to read (LPMX_AUX_USER). Implemented by the engine. */
void engine_show_user(u32 euid, u32 egid);

#endif
