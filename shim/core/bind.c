/* Binds: host paths shown at guest paths. Few, so a scan; a bit set of their lengths spares most of it. */
#include "view.h"

int bind_at(const struct core *c, const char *path, u32 len)
{
    if (!(c->bind_lengths[len >> 6 & 3] >> (len & 63) & 1))
        return -1;
    for (u32 i = 0; i < c->nbinds; i++) {
        const char *g = bind_guest(c, (int)i);
        u32 j = 0;
        while (j < len && g[j] == path[j])
            j++;
        if (j == len && !g[j])
            return (int)i;
    }
    return -1;
}

int bind_over(const struct core *c, const char *path, u32 len)
{
    for (u32 end = len; end; end--)
        if (end == len || path[end] == '/') {
            int i = bind_at(c, path, end);
            if (i >= 0)
                return i;
        }
    return -1;
}

/* The bind's guest path is a direct child of path[len]. */
bool bind_in(const char *guest, const char *path, u32 len)
{
    if (memcmp(guest, path, len) || guest[len] != '/')
        return false;
    for (const char *s = guest + len + 1; *s; s++)
        if (*s == '/')
            return false;
    return true;
}

bool bind_any_in(const struct core *c, const char *path, u32 len)
{
    for (u32 i = 0; i < c->nbinds; i++)
        if (strlen(bind_guest(c, (int)i)) > len && bind_in(bind_guest(c, (int)i), path, len))
            return true;
    return false;
}
