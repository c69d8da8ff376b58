/* Is a history of concurrent operations explained by one tree on which each happened at one instant between its begin and its end?
 * The same judgement as the design's explicit-state model makes: all orders are followed at once, a killed operation has happened or not
 * when its process was dead. Listings promise the names that were there throughout and none that never were. */
#ifndef LPMX_TEST_JUDGE_H
#define LPMX_TEST_JUDGE_H

#include "../include/contract.h"
#include <stdbool.h>
#include <stdio.h>

#define JUDGE_PATH 32
#define JUDGE_PROCESSES 8

enum judged { J_STAT, J_READ, J_LIST, J_CREATE, J_CHMOD, J_UNLINK, J_MKDIR, J_RMDIR, J_RENAME, J_LINK };

struct event {
    char type; /* 'i' = begins, 'r' = answered, 'k' = its process is dead */
    u8 process;
    u8 op; /* enum judged */
    u32 mode;
    char path[JUDGE_PATH], other[JUDGE_PATH]; /* "/d/c" */
    long result; /* 0 or -errno; a listing: bits of JUDGE_NAME; JUDGE_DIR, JUDGE_FILE + mode, JUDGE_TAG + tag */
};

#define JUDGE_DIR 0x10000
#define JUDGE_FILE 0x20000
#define JUDGE_TAG 0x40000
#define JUDGE_NAME(letter) (1l << ((letter) - 'a'))

/* The tree at the start. Tags tell contents apart; a new file has tag 0. */
struct judge_entry {
    const char *path;
    bool dir;
    u32 mode, tag;
};

/* The number of the first event that nothing explains, or -1; -2 = too many possibilities to follow. */
long judge(const struct judge_entry *start, unsigned count, const struct event *events, unsigned n);
void judge_print(FILE *to, const struct event *e);

#endif
