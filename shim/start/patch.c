/* Makes hot call sites jump straight to the engine instead of trapping: a trap costs over 2 microseconds, a jump 0.1.
 *
 * A site is `b8 imm32 0f 05` (mov $nr,%eax; syscall), the form of most calls in a libc. Only the 5-byte mov becomes a jump; the
 * syscall stays, so a thread between the two, or code that jumps to the syscall itself, is still right: it traps. The jump goes to
 * a trampoline within reach, which loads the number and the place to return to (in rcx, which the kernel destroys anyway) and
 * enters patch_enter. Nothing is returned to by `ret` that was not called, so shadow stacks agree.
 *
 * Only sites in a libc, its loader or a program that is not Go are patched: Go calls from stacks with no room for the core. A site is
 * patched after a few traps, when a short program has ended already. With other threads only if the bytes lie in one aligned word, which
 * processors fetch whole. In a vfork child never: the threads of its parent are not seen. LPMX_PATCH=0 in the guest's environment turns
 * it off. A bad pointer passed by a patched site while the guest has SIGSEGV blocked kills it instead of answering EFAULT.
 */
#include "start.h"
#include <asm/signal.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define TRAPS_BEFORE 5 /* fewer do not pay for two mprotect and a page of copied text */
#define SITES 256
#define PAGE 4096UL
#define REACH 0x7fff0000L
#define TRAMPOLINE 32 /* 26 bytes used */
#define NOREPLACE 0x100000

__asm__(".text\n"
        ".balign 16\n"
        ".globl patch_enter\n"
        ".hidden patch_enter\n"
        "patch_enter:\n" /* rax number, rcx return address; all but rax, rcx and r11 come back as they were */
        "  leaq -128(%rsp), %rsp\n" /* the red zone is the guest's */
        "  pushq %rcx\n"
        "  pushq %rbx\n"
        "  pushq %r9\n"
        "  pushq %r8\n"
        "  pushq %r10\n"
        "  pushq %rdx\n"
        "  pushq %rsi\n"
        "  pushq %rdi\n"
        "  movq %rax, %rdi\n"
        "  movq %rsp, %rsi\n"
        "  movq %rsp, %rbx\n"
        "  andq $-16, %rsp\n"
        "  call patch_syscall\n"
        "  movq %rbx, %rsp\n"
        "  popq %rdi\n"
        "  popq %rsi\n"
        "  popq %rdx\n"
        "  popq %r10\n"
        "  popq %r8\n"
        "  popq %r9\n"
        "  popq %rbx\n"
        "  popq %rcx\n"
        "  leaq 128(%rsp), %rsp\n"
        "  jmpq *%rcx\n");
extern const char patch_enter[];

static struct { /* what may be patched: mappings seen so far */
    u64 low, high;
    bool good;
} modules[32];
static unsigned nmodules;
static struct {
    u64 at;
    u32 used;
} pages[8];
static u64 sites[SITES]; /* address << 8 | traps so far; 255 = settled */
static volatile u32 lock_pid;
static bool enabled;
static u64 program_low, program_high;

void patch_init(const struct stack *s, u64 low, u64 high, bool is_go)
{
    const char *wish = stack_getenv(s, "LPMX_PATCH");
    enabled = !(wish && str_equal(wish, "0")) && !nested_present();
    program_low = is_go ? 0 : low;
    program_high = is_go ? 0 : high;
}

void patch_stop(void)
{
    enabled = false;
}

/* Called by patch_enter only: the call of a patched site. */
__attribute__((used)) long patch_syscall(long nr, const long a[6])
{
    long r;
    if (nested_call(nr, a, &r))
        return r;
    r = signal_syscall(NULL, nr, a);
    if (r == CORE_PASS)
        r = core_syscall(core_self, nr, a);
    if (r == CORE_PASS)
        r = sys6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    return r;
}

/* Calls that the filter sends here for some arguments only go on trapping: the others would be slower than now. */
static bool is_worth(long nr)
{
    for (unsigned i = 0; i < core_calls_count; i++)
        if (core_calls[i].nr == nr)
            return core_calls[i].trap == TRAP_PATH || nr == SYS_rt_sigprocmask || nr == SYS_rt_sigaction;
    return false;
}

static bool is_libc(const char *path)
{
    static const char *const names[] = {"libc.so", "libc-", "libc.musl", "ld-", "ld.so", "libpthread"};
    const char *name = path;
    for (const char *p = path; *p; p++)
        if (*p == '/')
            name = p + 1;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (str_starts(name, names[i]))
            return true;
    return false;
}

static u64 take_hex(const char **at)
{
    u64 v = 0;
    for (;; ++*at) {
        unsigned c = (unsigned char)**at;
        unsigned digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
        if (digit > 15)
            return v;
        v = v << 4 | digit;
    }
}

/* One line of /proc/self/maps: "low-high perms offset device inode   path". */
static bool note_mapping(const char *line, u64 ip)
{
    u64 low = take_hex(&line);
    line++;
    u64 high = take_hex(&line);
    if (ip < low || ip >= high)
        return false;
    bool plain = str_starts(line, " r-xp ");
    while (*line && *line != '/')
        line++;
    modules[nmodules].low = low;
    modules[nmodules].high = high;
    modules[nmodules].good = plain && *line && (is_libc(line) || (low >= program_low && low < program_high));
    nmodules++;
    return true;
}

static void read_mappings(u64 ip)
{
    static char buf[4096];
    size_t have = 0;
    long fd = sys4(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    while (fd >= 0) {
        long n = sys3(SYS_read, fd, buf + have, sizeof buf - 1 - have);
        if (n <= 0)
            break;
        have += (size_t)n;
        size_t line = 0;
        bool found = false;
        for (size_t i = 0; i < have && !found; i++) {
            if (buf[i] != '\n')
                continue;
            buf[i] = 0;
            found = note_mapping(buf + line, ip);
            line = i + 1;
        }
        if (found)
            break;
        have -= line;
        memmove(buf, buf + line, have);
        if (have == sizeof buf - 1)
            break;
    }
    if (fd >= 0)
        sys1(SYS_close, fd);
}

static bool may_patch(u64 ip)
{
    for (int again = 0; again < 2; again++) {
        for (unsigned i = 0; i < nmodules; i++)
            if (ip >= modules[i].low && ip < modules[i].high)
                return modules[i].good;
        if (!again && nmodules < sizeof modules / sizeof *modules)
            read_mappings(ip);
    }
    return false;
}

static bool is_near(u64 at, u64 site)
{
    long distance = (long)(at - site);
    return distance > -REACH && distance < REACH;
}

static u64 map_page(u64 hint)
{
    long at = sys6(SYS_mmap, (long)hint, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | (hint ? NOREPLACE : 0), -1, 0);
    return at < 0 && at > -4096 ? 0 : (u64)at;
}

/* A free trampoline that a jump at site reaches; its page is made if need be. 0 = none. */
static u64 find_trampoline(u64 site, unsigned *page)
{
    for (*page = 0; *page < sizeof pages / sizeof *pages && pages[*page].at; ++*page)
        if (is_near(pages[*page].at, site) && pages[*page].used + TRAMPOLINE <= PAGE)
            return pages[*page].at + pages[*page].used;
    if (*page == sizeof pages / sizeof *pages)
        return 0;
    for (long i = 0; i < 24; i++) { /* anywhere, then 16 MB steps up and down */
        long step = (i + 1) / 2 * (16L << 20);
        u64 hint = i ? (site & ~(PAGE - 1)) + (u64)(i % 2 ? step : -step) : 0;
        if ((long)hint < 0 || (i && hint < (1UL << 20)))
            continue;
        u64 at = map_page(hint);
        if (!at)
            continue;
        if (is_near(at, site)) {
            pages[*page].at = at;
            return at;
        }
        sys2(SYS_munmap, at, PAGE);
    }
    return 0;
}

static bool write_trampoline(u64 at, unsigned page, u32 nr, u64 back)
{
    u8 code[26] = {0xb8, 0, 0, 0, 0, /* mov $nr,%eax */
        0x48, 0x8d, 0x0d, 0, 0, 0, 0, /* lea back(%rip),%rcx */
        0xff, 0x25, 0, 0, 0, 0}; /* jmp *0(%rip); the address follows */
    int to_back = (int)(back - (at + 12));
    u64 enter = (u64)patch_enter;
    memcpy(code + 1, &nr, 4);
    memcpy(code + 8, &to_back, 4);
    memcpy(code + 18, &enter, 8);
    if (sys3(SYS_mprotect, pages[page].at, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC))
        return false;
    memcpy((void *)at, code, sizeof code);
    sys3(SYS_mprotect, pages[page].at, PAGE, PROT_READ | PROT_EXEC);
    pages[page].used += TRAMPOLINE;
    return true;
}

static bool is_single_threaded(void)
{
    struct stat st;
    return sys2(SYS_stat, "/proc/self/task", &st) == 0 && st.st_nlink == 3;
}

/* Puts the jump over the mov at site. False when that cannot be done safely, or the text must not be written. */
static bool write_jump(u64 site, u64 to)
{
    u64 word_at = site & ~7UL, page = site & ~(PAGE - 1);
    bool one_word = site + 5 <= word_at + 8;
    if (site + 5 > page + PAGE || (!one_word && !is_single_threaded()))
        return false;
    int distance = (int)(to - (site + 5));
    u8 jump[5] = {0xe9};
    memcpy(jump + 1, &distance, 4);
    if (sys3(SYS_mprotect, page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC))
        return false;
    if (one_word) {
        u64 word = *(u64 *)word_at;
        memcpy((u8 *)&word + (site - word_at), jump, sizeof jump);
        __atomic_store_n((u64 *)word_at, word, __ATOMIC_SEQ_CST);
    } else {
        memcpy((void *)site, jump, sizeof jump);
    }
    sys3(SYS_mprotect, page, PAGE, PROT_READ | PROT_EXEC);
    return true;
}

static void patch_site(u64 ip, u32 nr)
{
    struct {
        u8 before, mov;
        u8 number[4];
        u8 call[2];
    } code;
    u32 number;
    unsigned page;
    if (!is_worth(nr) || guest_read(&code, (const void *)(ip - sizeof code), sizeof code))
        return;
    memcpy(&number, code.number, 4);
    /* A prefix before b8 (0x40 to 0x4f) would make it another register's mov. */
    if (code.mov != 0xb8 || code.call[0] != 0x0f || code.call[1] != 0x05 || number != nr || (code.before & 0xf0) == 0x40)
        return;
    u64 trampoline = may_patch(ip - 2) && may_patch(ip - 7) ? find_trampoline(ip, &page) : 0;
    if (trampoline && write_trampoline(trampoline, page, nr, ip))
        write_jump(ip - 7, trampoline);
}

/* One at a time in this memory. A lock left over by a fork in the middle of another thread's patching is taken over. */
static bool try_lock(u32 pid)
{
    u32 now = lock_pid;
    return now != pid && __atomic_compare_exchange_n(&lock_pid, &now, pid, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

void patch_consider(u64 ip, long nr)
{
    u64 *site = &sites[(ip ^ ip >> 8) % SITES];
    u64 seen = __atomic_load_n(site, __ATOMIC_RELAXED);
    if (!enabled)
        return;
    if (seen >> 8 != ip)
        seen = ip << 8;
    if ((seen & 255) == 255)
        return;
    seen++;
    if ((seen & 255) >= TRAPS_BEFORE) {
        u64 all = ~(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS)), old; /* guest_read needs these two */
        u32 pid = (u32)sys0(SYS_getpid);
        if (core_is_guest_of(core_self))
            return;
        sys4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &old, sizeof all);
        if (try_lock(pid)) {
            patch_site(ip, (u32)nr);
            seen = ip << 8 | 255;
            __atomic_store_n(&lock_pid, 0, __ATOMIC_SEQ_CST);
        }
        sys4(SYS_rt_sigprocmask, SIG_SETMASK, &old, NULL, sizeof old);
    }
    __atomic_store_n(site, seen, __ATOMIC_RELAXED);
}
