/* Calls the kernel's old fixed addresses (time, gettimeofday, getcpu) as a program does on a kernel that has nothing there (vsyscall=none): the call
 * faults as it fetches the instruction. Kernels that have the page never fault, so a tracer puts the program there and sends it the signal; what the
 * kernel says about the last fault (an instruction that may not be fetched) is from one that the program made before. Run natively it dies.
 * Prints one line for each. For tests only. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE_OF_CALLS 0xffffffffff600000UL

static sigjmp_buf back;

static void recover(int sig)
{
    (void)sig;
    siglongjmp(back, 1);
}

/* Leaves the error code of a forbidden fetch behind. */
static void forbidden_fetch(void)
{
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    signal(SIGSEGV, recover);
    if (!sigsetjmp(back, 1))
        ((void (*)(void))page)();
    signal(SIGSEGV, SIG_DFL);
}

#define WAITING 0x7673797363616c6cUL

/* Waits for the tracer, which makes the call at rax. What it returns to is in rbx. */
static long fixed_call(unsigned n, void *a, void *b)
{
    long result = (long)(PAGE_OF_CALLS + 1024UL * n);
    forbidden_fetch();
    __asm__ volatile("leaq 2f(%%rip), %%rbx\n  movq %3, %%r12\n1: pause\n  jmp 1b\n2: xorl %%r12d, %%r12d"
                     : "+a"(result), "+D"(a), "+S"(b) : "r"(WAITING) : "rbx", "r12", "rdx", "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
    return result;
}

static int traced(void)
{
    struct timeval now = {0};
    time_t begun = time(NULL);
    unsigned cpu = 9999;
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    long r = fixed_call(0, &now, NULL);
    printf("gettimeofday %ld %d\n", r, now.tv_sec >= begun && now.tv_sec < begun + 100);
    r = fixed_call(1, NULL, NULL);
    printf("time %d\n", r >= begun && r < begun + 100);
    r = fixed_call(2, &cpu, NULL);
    printf("getcpu %ld %d\n", r, cpu < 9999);
    return 0;
}

/* The program is stopped. True when it waits, and the call is made. */
static bool make_call(pid_t child)
{
    struct user_regs_struct reg;
    ptrace(PTRACE_GETREGS, child, 0, &reg);
    if (reg.r12 != WAITING)
        return false;
    reg.rsp -= 8;
    ptrace(PTRACE_POKEDATA, child, (void *)reg.rsp, (void *)reg.rbx);
    reg.rip = reg.rax;
    reg.r12 = 0;
    ptrace(PTRACE_SETREGS, child, 0, &reg);
    return true;
}

int main(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        return traced();
    bool asked = true; /* a SIGSTOP is on its way */
    while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        int sig = WSTOPSIG(status);
        if (sig == SIGSTOP) {
            asked = false;
            sig = make_call(child) ? SIGSEGV : 0;
        }
        ptrace(PTRACE_CONT, child, 0, (long)sig);
        if (!asked) {
            usleep(5000);
            asked = kill(child, SIGSTOP) == 0;
        }
    }
    if (WIFSIGNALED(status))
        printf("killed by signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
