/* Files of the host for the tests: removing, hashing and making. Plain libc; nothing of the core. */
#ifndef LPMX_TEST_FILES_H
#define LPMX_TEST_FILES_H

#include "../include/contract.h"
#include <stddef.h>

void remove_tree(const char *path);
/* A hash over names, modes, owners, sizes, mtimes, link texts and contents below path: a changed layer shows. `except` is the name of
 * a top-level entry that is left out, or NULL. */
u64 hash_tree(const char *path, const char *except);
void make_folder(const char *path, unsigned mode); /* with its parents; dies when it cannot */
void write_file(const char *path, const void *bytes, size_t n);
u64 hash_bytes(u64 h, const void *bytes, size_t n);

#endif
