/* Reading and writing the sectioned files of contract.h: image records, refs.tab, plans. */
#ifndef LPMX_LAUNCHER_SECTIONS_H
#define LPMX_LAUNCHER_SECTIONS_H

#include "base.h"

struct sections {
    const u8 *map;
    u64 size;
    const char *pool;
    u64 pool_size;
};

/* Maps a file and checks header, section table and pool. 0, -errno of opening it, or -EINVAL when it is damaged, of another
 * ABI or has an unknown required section. */
int sections_open(struct sections *s, const char *path, const char *magic);
/* Start and size in bytes of a section; NULL and 0 when it is not there. */
const void *sections_find(const struct sections *s, u32 id, u64 *size);
/* A string of the pool; "" for a reference beyond it. */
const char *sections_text(const struct sections *s, u32 ref);
/* All strings of a list section. */
struct list sections_list(const struct sections *s, u32 id);

/* A file in the making. */
struct section_writer {
    struct text pool;
    struct {
        u32 id;
        struct text bytes;
    } part[12];
    u32 parts;
};

u32 writer_text(struct section_writer *w, const char *string);
void writer_add(struct section_writer *w, u32 id, const void *bytes, size_t len);
void writer_list(struct section_writer *w, u32 id, const struct list *strings);
/* The finished file. */
struct text writer_finish(struct section_writer *w, const char *magic);

#endif
