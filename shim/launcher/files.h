/* Files and folders as the launcher needs them. All paths are host paths; functions return 0, a value >= 0 or -errno. */
#ifndef LPMX_LAUNCHER_FILES_H
#define LPMX_LAUNCHER_FILES_H

#include "base.h"
#include <sys/types.h>

/* The whole file with a NUL after it (not counted in *len), or NULL and errno; EFBIG when it is longer than max. */
char *read_file(const char *path, size_t max, size_t *len);
/* Writes all of data to an open file. */
int write_all(int fd, const void *data, size_t len);
/* Makes a new file (EEXIST when there is one). A half-written file is removed again. */
int write_file(const char *path, const void *data, size_t len, mode_t mode);
/* Replaces or makes `path` by a temporary neighbour and rename. */
int replace_file(const char *path, const void *data, size_t len, mode_t mode);
/* Reading a folder. listing_next gives the names but "." and "..", then NULL; *type is a DT_* value, DT_UNKNOWN where the file
 * system does not tell. A folder that cannot be opened is an empty one. */
struct listing {
    int fd;
    int len, at;
    char buffer[4096];
};
void listing_open(struct listing *l, const char *path);
const char *listing_next(struct listing *l, u8 *type);

/* Makes the files directly in a folder, and their names, survive a crash of the machine. Errors are not told: not every file
 * system can. */
void sync_folder(const char *path);
/* mkdir -p; existing folders keep their mode. */
int make_dirs(const char *path, mode_t mode);
/* rm -rf without following links; folders that deny access are opened up first. ENOENT counts as success. */
int remove_tree(const char *path);
/* The canonical path of an existing file, or NULL and errno. */
char *real_path(const char *path);
/* The program of that name in PATH, or NULL. */
char *find_on_path(const char *name);
/* "dir/name"; name itself when it is absolute. */
char *join_path(const char *dir, const char *name);
/* What is behind the last slash. */
const char *base_name(const char *path);
/* Whether a path is that folder or lies below it; both without doubled and trailing slashes. */
bool is_below(const char *path, const char *folder);
/* All that comes from a descriptor until it ends, with a NUL after it (not counted in *len, which may be NULL). */
char *read_to_end(int fd, size_t *len);
/* Without doubled and trailing slashes, "." and ".."; for guest paths, where ".." of the root is the root. */
char *clean_guest_path(const char *path);

#endif
