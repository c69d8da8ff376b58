/* The raw payload, for unpack.c alone. */
#ifndef LPMX_LAUNCHER_SELF_H
#define LPMX_LAUNCHER_SELF_H

#include "../include/contract.h"

/* This program opened for reading, or -1. */
int self_open(void);
/* Maps the one file (*file) and returns its checked piece table, payload_footer()->count long; fails when it is damaged. */
const struct lpmx_piece *payload_pieces(const u8 **file);

#endif
