/* Several hosts on one tree, played on one machine: a host is a folder in the place of /dev/shm (contract.h, "Several hosts on one
 * tree"). An independent writer of what the launcher makes. */
#ifndef LPMX_TEST_HOSTS_H
#define LPMX_TEST_HOSTS_H

#include "../include/contract.h"

/* Makes hosts/ in folder/container, entered by the host `shm`, which alone has a bloom. */
void hosts_make(const char *folder, const char *shm);
/* This process is on host `shm` from its next core_restart on. */
void hosts_be(const char *shm);
/* What the launcher does when the last process of a host has ended, its bloom gone. */
void hosts_leave(const char *folder, const char *shm);

#endif
