/* Whose memory is this? After fork the child has a copy of it and may write as it likes; a vfork child (CLONE_VM) shares it with
 * its parent, but has descriptors and a cwd of its own, which must not be written into the parent's state. A page that the kernel wipes
 * on fork (Linux 4.14) tells the two apart; without it every child counts as a vfork child, which is slower but right. */
#include "state.h"
#include <sys/mman.h>

#define MADV_WIPEONFORK_ 18

/* At the end of our memory (start.ld): one mapping less than in its middle. */
static _Alignas(4096) volatile u8 mark_page[4096] __attribute__((section(".bss.mark")));

void fork_init(struct core *c)
{
    c->pid = (u32)sys0(SYS_getpid);
    c->fork_mark = NULL;
    if (sys3(SYS_madvise, mark_page, sizeof mark_page, MADV_WIPEONFORK_) == 0) {
        c->fork_mark = mark_page;
        mark_page[0] = 1;
    }
}

u32 core_pid(struct core *c)
{
    u32 pid = (u32)sys0(SYS_getpid);
    if (pid != c->pid && c->fork_mark && !*c->fork_mark) {
        c->cwd[0].pid = pid;
        c->pid = pid;
        *c->fork_mark = 1;
    }
    return pid;
}

bool core_is_guest_of(struct core *c)
{
    return core_pid(c) != c->pid;
}
