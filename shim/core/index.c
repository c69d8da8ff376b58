/* Look-ups in the index. An index is written by the engine only; a damaged one must not crash the guest, so every offset that is
 * followed is checked against the mapping. Shared by core and launcher: no system calls, no state. */
#include "index.h"
#include "mem.h"
#include <errno.h>

int index_attach(struct index *x, const void *map, u64 size)
{
    const struct lpmx_index *h = map;
    if (size < sizeof *h || memcmp(h->magic, LPMX_MAGIC_INDEX, 8) || h->abi != LPMX_ABI || h->size != size)
        return -EINVAL;
    if (!h->nentries || !h->nslots || h->nslots & (h->nslots - 1) || h->nslots <= h->nentries)
        return -EINVAL;
    if (h->slots > size || (size - h->slots) / sizeof(u32) < h->nslots || h->slots % 4)
        return -EINVAL;
    if (h->entries > size || (size - h->entries) / sizeof(struct lpmx_entry) < h->nentries || h->entries % 8)
        return -EINVAL;
    if (h->strings > size || size - h->strings < h->strings_size || !h->strings_size)
        return -EINVAL;
    const char *base = map;
    x->head = h;
    x->slots = (const u32 *)(base + h->slots);
    x->entries = (const struct lpmx_entry *)(base + h->entries);
    x->strings = base + h->strings;
    return 0;
}

bool index_ended(const struct index *x)
{
    return !x->strings[x->head->strings_size - 1];
}

const char *index_text(const struct index *x, u32 offset, u32 len)
{
    if (offset >= x->head->strings_size || len >= x->head->strings_size - offset)
        return "";
    return x->strings + offset;
}

const char *index_bytes(const struct index *x, u32 offset, u32 *len)
{
    const char *text = index_text(x, offset, *len);
    u32 n = 0;
    while (n < *len && text[n])
        n++;
    *len = n;
    return text;
}

bool index_attr_next(const struct index *x, u32 *at, struct index_attr *attr)
{
    u64 size = x->head->strings_size, from = *at, n = 0;
    if (!from || from >= size)
        return false;
    const u8 *text = (const u8 *)x->strings + from;
    while (from + n < size && text[n])
        n++;
    if (!n || size - from < n + 5)
        return false;
    u32 len = (u32)text[n + 1] | (u32)text[n + 2] << 8 | (u32)text[n + 3] << 16 | (u32)text[n + 4] << 24;
    if (size - from - n - 5 < len)
        return false;
    *attr = (struct index_attr){(const char *)text, (const char *)text + n + 5, (u32)n, len};
    *at = (u32)(from + n + 5 + len);
    return true;
}

static bool has_name(const struct index *x, const struct lpmx_entry *e, const char *name, size_t len)
{
    u64 size = x->head->strings_size;
    return e->name < size && len < size - e->name && !memcmp(x->strings + e->name, name, len);
}

const struct lpmx_entry *index_find(const struct index *x, u64 hash, const char *name, size_t len)
{
    u32 mask = x->head->nslots - 1;
    for (u32 i = (u32)hash & mask, seen = 0; seen <= mask; i = (i + 1) & mask, seen++) {
        u32 n = x->slots[i];
        if (!n)
            return NULL;
        if (n > x->head->nentries)
            return NULL;
        const struct lpmx_entry *e = &x->entries[n - 1];
        if (e->hash == hash && e->name_len == len && has_name(x, e, name, len))
            return e;
    }
    return NULL;
}
