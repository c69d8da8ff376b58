/* The trap engine as its own files see it: lpmx-start, a freestanding ET_EXEC at LPMX_TEXT_BASE that starts one guest program and
 * stays in its process to answer the system calls that the seccomp filter sends to it.
 *
 * Everything after the jump into the guest runs inside a signal handler, on the guest's stack and often on a small alternate
 * one: no TLS, no locks, no heap, no big locals. Errors are -errno. Only shim/start includes this.
 */
#ifndef LPMX_START_H
#define LPMX_START_H

#include "../core/core.h"
#include "../core/mem.h"
#include "../include/sys.h"

/* Zeroed data that every program touches at its start, in one page (start.ld): each page costs an exec more than a system call. */
#define TOUCHED_AT_START __attribute__((section(".bss.start")))

/* ---- Kernel structures of x86_64, as they lie in memory (asm/sigcontext.h, asm/ucontext.h, asm-generic/siginfo.h). */
enum { REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RDI, REG_RSI, REG_RBP, REG_RBX, REG_RDX,
    REG_RAX, REG_RCX, REG_RSP, REG_RIP, REG_FLAGS, REG_SEGMENTS, REG_ERR, REG_TRAPNO, REG_OLDMASK, REG_CR2, REG_COUNT };
struct signal_frame {
    u64 flags, link;
    u64 stack[3];
    u64 reg[REG_COUNT];
    u64 fpstate, reserved[8];
    u64 mask;
};
struct signal_info {
    int signo, err, code, pad;
    u64 addr; /* SIGSYS: address after the call */
    int nr;
    u32 arch;
};
struct signal_action { /* rt_sigaction's argument */
    u64 handler, flags, restorer, mask;
};

/* ---- stack.c: the initial stack, made by the kernel for lpmx-start and handed on to the guest. */
struct stack {
    long *sp; /* argc; the guest starts with this stack pointer */
    long argc;
    char **argv, **envp;
    u64 *auxv;  /* pairs up to AT_NULL */
    char **own; /* the entry of envp that holds the hand-over variable; NULL when there is none */
    char *env_start, *env_end; /* the strings of envp without a hand-over variable that lies at either end */
};
void stack_read(struct stack *s, long *sp);
/* Takes the hand-over variable out of envp, or puts `instead` (NAME=value, lives as long as the process) in its place. */
void stack_drop_own(struct stack *s, char *instead);
const char *stack_getenv(const struct stack *s, const char *name);
u64 stack_aux(const struct stack *s, u64 type);
void stack_set_aux(struct stack *s, u64 type, u64 value);
void stack_drop_aux(struct stack *s, u64 type);
/* Tells the kernel what it should show as this process' auxv and environment (/proc/PID/auxv is what debuggers read), and who it is inside. */
void stack_publish(const struct stack *s, u32 euid, u32 egid);

/* ---- environment.c: variables set from outside. Returns when there are none that the program before did not have; else the start goes on
 * in start_changed (main.c), with another stack, which environment_read reads. */
void environment_change(struct core *c, const struct stack *s, u64 mask);
void environment_read(struct stack *s, long *sp);
_Noreturn void start_changed(long *sp, u64 mask);

/* ---- load.c: maps an ELF program and its interpreter. */
struct loaded {
    u64 entry; /* where to jump */
    u64 low, high; /* where the program is */
    bool is_go;
    const char *what; /* when load_program failed: what it was about, for the error message */
    bool unchangeable; /* … because the preload engine could not change its code */
};
/* Maps the program open at fd, sets the auxv entries for it. 0 or -errno: -ENOEXEC, -ENOENT (no such interpreter)…, in which case
 * some of it may be mapped already. Closes fd. */
long load_program(struct core *c, struct stack *s, int fd, const char *guest, struct loaded *out);
/* Clears the registers and jumps. */
_Noreturn void load_jump(u64 entry, long *sp);

/* ---- first.c, user.c: what only the first program of a container needs. */
/* User, HOME, working directory, PATH search; exits with one line on stderr and 125, 126 or 127 when the program cannot be had.
 * Returns the path that was found. */
const char *first_start(struct core *c, const struct handover *h, struct stack *s, struct core_program *out);
struct user {
    u32 uid, gid, ngroups, groups[64];
    char home[1024];
};
/* Docker's rules for name|uid[:group|gid] over the guest's /etc/passwd and /etc/group. 0, -ENOENT with *what = "user" or
 * "group" for an unknown name, -EINVAL for a number out of range. */
int user_resolve(struct core *c, const char *spec, struct user *out, const char **what);

/* ---- filter.c */
/* The seccomp filter of this release, or of a compatible one, is on this process. */
bool filter_is_active(void);
/* The kernel offers filters, and lets us install one. */
bool filter_is_possible(void);
/* Installs it. 0 or -errno; *what then names what the kernel lacks. */
int filter_install(const char **what);
/* Which requests of ioctl and options of prctl are the engine's. */
bool filter_wants_ioctl(u32 request);
bool filter_wants_prctl(u32 option);
#define FILTER_DATA 0x4c50 /* si_errno of our traps; another filter's differ */

/* ---- signal.c, sigsys.c */
/* The signal by which the guest's calls come here: SIGSYS from the filter, SIGILL where there is none (shim/preload). */
int trap_signal(void);
/* Signals whose handler is ours: SIGBUS, SIGSEGV, SIGSYS (the filter's rules; preload takes SIGILL in its stead), and the two by which libcs cancel threads when the guest handles them. */
#define SIGNALS_HELD 5
extern const int signals_held[SIGNALS_HELD];
bool signal_is_cancel(int sig);
#define SIGNAL_BIT(sig) (1UL << ((sig) - 1))
/* Takes over the signals that the engine needs. Returns the mask that the exec has left. */
u64 signal_init(void);
/* The signal calls (TRAP_SIGNAL) on behalf of the guest interrupted at `frame` (NULL: called by it, patch.c). Result, or CORE_PASS when nr is none of them. */
long signal_syscall(struct signal_frame *frame, long nr, const long a[6]);
/* The guest may have blocked SIGSEGV and SIGBUS; a copy from a bad pointer must still end in -EFAULT, not in death. The mask in the frame,
 * which is the guest's, comes back on return. */
void admit_faults(const struct signal_frame *frame);
/* What becomes of a SIGSYS, SIGSEGV or SIGBUS that is not the engine's own: the guest's handler to enter, or NULL to return. */
u64 signal_forward(int sig, struct signal_info *info, unsigned slot);
/* Ignored signals stay ignored over an exec: to be called right before it, and after it when it failed. */
void signal_exec_begin(void);
void signal_exec_failed(void);

/* ---- nested.c: seccomp filters of the guest's own. */
/* prctl and seccomp. Result, or CORE_PASS when it is not about a filter. */
long nested_install(long nr, const long a[6]);
/* A trap that stands for an error of such a filter: answers it. */
bool nested_answer(const struct signal_info *info, struct signal_frame *frame);
/* This process has installed one: does the call from outside of our text, so that the filter sees it. */
bool nested_call(long nr, const long a[6], long *result);
/* One is on this process, by itself or inherited. */
bool nested_present(void);

/* ---- patch.c */
void patch_init(const struct stack *s, u64 low, u64 high, bool is_go);
/* No more sites from now on. */
void patch_stop(void);
struct patch_frame { /* what patch_enter puts on the guest's stack, below its red zone */
    u64 reg[12]; /* rdi rsi rdx r10 r8 r9 r15 r14 r13 r12 rbp rbx */
    u64 mark, nr, back;
};
/* A call trapped with the instruction pointer ip behind it: after some of them the site is patched, if it can be. */
void patch_consider(u64 ip, long nr);

/* ---- exec.c: PTRACE_TRACEME, and the SIGTRAP by which its tracer learns of an exec: exec_show lets it through, once the program is
 * there to be looked at; mask is what the exec has left. */
long exec_trace_me(void);
void exec_show(u64 mask);

/* ---- guest.c: bounds of the copy routines; a fault at an address in [begin, end) continues at guest_copy_fault. */
extern const char guest_copy_begin[], guest_copy_end[], guest_copy_fault[];

/* ---- text.c */
/* One line "lpmx: a b c…" on stderr (arguments up to a NULL), then exit. */
_Noreturn void fatal(int status, ...);
const char *errno_text(long error);

#endif
