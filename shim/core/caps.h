/* Capabilities of the guest (capabilities(7)), as bits: those that docker leaves to root and the first 32 hold all of them. They decide what the core
 * itself decides: owners, permissions, users; what the host decides is the real user's. Of the process, like its ids, where the kernel has them
 * by thread. */
#ifndef LPMX_CAPS_H
#define LPMX_CAPS_H

#include "state.h"

#define CAP_CHOWN 0x1u
#define CAP_DAC_OVERRIDE 0x2u
#define CAP_DAC_READ_SEARCH 0x4u
#define CAP_FOWNER 0x8u
#define CAP_SETGID 0x40u
#define CAP_SETUID 0x80u
#define CAP_SETPCAP 0x100u
#define CAP_SYS_CHROOT 0x40000u
#define CAP_MKNOD 0x8000000u
#define CAP_SETFCAP 0x80000000u
#define CAPS_OF_FILES (CAP_CHOWN | CAP_DAC_OVERRIDE | CAP_FOWNER) /* who has these need not be asked (permit.h) */

/* What changes with the user ids (cap_emulate_setxuid and cap_task_fix_setuid in security/commoncap.c). */
void caps_follow_user(struct core *c, const struct core_ids *old);
void caps_follow_fsuid(struct core *c, u32 old);
/* After an exec that leaves these ids (in the order of struct core_ids). False when they are what every process with such ids starts with. */
bool caps_after_exec(const struct core_ids *now, const u32 ids[8], struct core_caps *out);

#endif
