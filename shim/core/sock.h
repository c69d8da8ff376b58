/* Addresses of AF_UNIX sockets on their way in and out. For sock.c and message.c only. */
#ifndef LPMX_SOCK_H
#define LPMX_SOCK_H

#include "ops.h"

#define AF_UNIX_ 1
#define SUN_PATH 108

/* A sockaddr of any family (at most 128 bytes, sockaddr_storage), with room for a NUL behind it. */
struct address {
    u16 family;
    char path[127];
};

/* The guest's address at `at`. 1 = it names a path, 0 = it does not, or -errno. */
int address_take(const void *at, long len, struct address *out);
/* The path becomes the host's; `bind`: a socket is to be made there. Length of the address, or -errno. */
int address_to_host(struct call *k, struct address *ad, bool bind);
/* A host path in an address that the kernel gave becomes the guest's. The new length. */
u32 address_to_guest(struct call *k, struct address *ad, u32 len);
/* The same, written to the guest as accept(2) & co do. 0 or -EFAULT. */
long address_give(struct call *k, struct address *ad, u32 len, long at, long len_at, u32 room);

#endif
