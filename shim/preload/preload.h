/* The preload engine as its own files and shim/start see it. It contains a program where the kernel has no seccomp filters, or forbids them: what
 * the trap engine leaves to the filter is done beforehand. Each piece of machine code that is mapped is searched for system call instructions, and
 * those that may be of interest are changed before anything can execute them (docs/decisions/0016):
 *  - `0f 05` (syscall) becomes `0f 04`, which no processor has: SIGILL, and the handler goes on as for a trap of the filter (start/sigsys.c);
 *  - where "mov $nr,%eax" stands before it, that becomes a jump, as in start/patch.c, so hardly anything ever traps.
 * Same process, same core, same rules as shim/start: it runs in signal handlers and on small stacks, holds no lock, allocates nothing. */
#ifndef LPMX_PRELOAD_H
#define LPMX_PRELOAD_H

#include "../start/patch.h"
#include "scan.h"

/* preload.c: the engine is on in this process. Set once, before the guest runs. */
extern bool preload_on;
void preload_begin(void);
/* The kernel is older than the C libraries of today expect: its vdso, which says so, is not to be seen. */
bool preload_hides_vdso(void);

/* wants.c: what the filter decides by number and arguments (start/filter.c), for calls that come here. */
bool wants_number(u32 nr);
/* True: the engine's. False: the kernel may do it as it stands, or, with *answer not CORE_PASS, it is answered so. */
bool wants_call(long nr, const long a[6], long *answer);
/* A hash over all numbers that are wanted. */
u64 wants_hash(void);

/* sites.c: the sites in a part of a file that is mapped, valid until sites_done. False = there is no room to look. anew: what is known is wrong. */
struct mapped {
    u64 at, length; /* in memory */
    int fd;
    u64 offset; /* in the file */
    bool trusted; /* it holds nothing but code: a libc or its loader */
};
struct sites {
    const struct scan_site *list;
    u32 count;
    bool small_stack; /* code that is called with no room on the stack: never jump */
    void *scratch;
    u64 scratch_size;
};
bool sites_find(const struct mapped *m, bool anew, struct sites *out);
void sites_done(struct sites *s);

/* rewrite.c */
/* Changes the sites of an executable mapping, with these rights (mmap's). 0 or -errno, and then nothing may execute it. */
long rewrite_mapping(const struct mapped *m, int rights);
/* Where a call that the kernel may do goes on after the instruction that stands at `site`; 0 = unknown. */
u64 rewrite_stub(u64 site);
/* The site for which the code at `at` stands, when that is a stub's system call or behind it; else 0. */
u64 rewrite_site_of_stub(u64 at);

/* preload.c */
/* The call of a jump. */
long preload_syscall(long nr, const long a[6]);
/* A SIGILL that stands for a call of the guest's, and what becomes of it. */
bool preload_is_call(const struct signal_frame *frame);
void preload_trap(struct signal_frame *frame);

#endif
