

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
