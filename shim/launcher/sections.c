/* Sectioned files; see sections.h. A damaged file must not crash the launcher: every offset is checked here, once. */
#include "sections.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int check(struct sections *s, const char *magic)
{
    const struct lpmx_file *head = (const void *)s->map;
    const struct lpmx_section *part = (const void *)(head + 1);
    if (s->size < sizeof *head || memcmp(head->magic, magic, 8) || head->abi != LPMX_ABI || head->size != s->size)
        return -EINVAL;
    if (head->nsections > 64 || (s->size - sizeof *head) / sizeof *part < head->nsections)
        return -EINVAL;
    for (u32 k = 0; k < head->nsections; k++) {
        if (part[k].offset % 8 || part[k].offset > s->size || part[k].size > s->size - part[k].offset)
            return -EINVAL;
        if ((part[k].id < LPMX_SEC_STRINGS || part[k].id > LPMX_SEC_ENTRY) && part[k].flags & LPMX_SECTION_REQUIRED)
            return -EINVAL;
    }
    s->pool = sections_find(s, LPMX_SEC_STRINGS, &s->pool_size);
    return s->pool && s->pool_size && !s->pool[0] && !s->pool[s->pool_size - 1] ? 0 : -EINVAL;
}

int sections_open(struct sections *s, const char *path, const char *magic)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *s = (struct sections){0};
    void *map = MAP_FAILED;
    if (fstat(fd, &st) == 0 && st.st_size > 0)
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return -EINVAL;
    s->map = map;
    s->size = (u64)st.st_size;
    return check(s, magic);
}

const void *sections_find(const struct sections *s, u32 id, u64 *size)
{
    const struct lpmx_file *head = (const void *)s->map;
    const struct lpmx_section *part = (const void *)(head + 1);
    for (u32 k = 0; k < head->nsections; k++)
        if (part[k].id == id) {
            *size = part[k].size;
            return s->map + part[k].offset;
        }
    *size = 0;
    return NULL;
}

const char *sections_text(const struct sections *s, u32 ref)
{
    return ref < s->pool_size ? s->pool + ref : "";
}

struct list sections_list(const struct sections *s, u32 id)
{
    struct list out = {0};
    u64 size;
    const u32 *refs = sections_find(s, id, &size);
    for (u64 k = 0; k < size / sizeof *refs; k++)
        list_add(&out, sections_text(s, refs[k]));
    return out;
}

u32 writer_text(struct section_writer *w, const char *string)
{
    if (!w->pool.len)
        text_put(&w->pool, "", 1);
    if (!*string)
        return 0;
    u32 at = (u32)w->pool.len;
    text_put(&w->pool, string, strlen(string) + 1);
    return at;
}

void writer_add(struct section_writer *w, u32 id, const void *bytes, size_t len)
{
    w->part[w->parts].id = id;
    text_put(&w->part[w->parts].bytes, bytes, len);
    w->parts++;
}

void writer_list(struct section_writer *w, u32 id, const struct list *strings)
{
    u32 *refs = need(strings->n * sizeof *refs);
    for (size_t k = 0; k < strings->n; k++)
        refs[k] = writer_text(w, strings->at[k]);
    writer_add(w, id, refs, strings->n * sizeof *refs);
}

struct text writer_finish(struct section_writer *w, const char *magic)
{
    static const char zeros[8];
    struct text out = {0};
    writer_text(w, "");
    writer_add(w, LPMX_SEC_STRINGS, w->pool.at, w->pool.len);
    struct lpmx_file head = {.abi = LPMX_ABI, .nsections = w->parts};
    memcpy(head.magic, magic, strlen(magic));
    u64 at = sizeof head + w->parts * sizeof(struct lpmx_section);
    struct text table = {0};
    for (u32 k = 0; k < w->parts; k++) {
        struct lpmx_section part = {w->part[k].id, w->part[k].id >= LPMX_SEC_CHANGES ? 0 : LPMX_SECTION_REQUIRED, at, w->part[k].bytes.len};
        text_put(&table, (const char *)&part, sizeof part);
        at += (part.size + 7) & ~(u64)7;
    }
    head.size = at;
    text_put(&out, (const char *)&head, sizeof head);
    text_put(&out, table.at, table.len);
    for (u32 k = 0; k < w->parts; k++) {
        text_put(&out, w->part[k].bytes.at ? w->part[k].bytes.at : "", w->part[k].bytes.len);
        text_put(&out, zeros, (8 - out.len % 8) % 8);
    }
    return out;
}
