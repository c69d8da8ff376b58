/* The guest's root, which chroot(2) may put elsewhere in the view: a canonical guest path that walks of absolute paths begin with, that ".." does
 * not leave, and that is taken off what the guest is told. Kept as text like the cwd, since the kernel's own root never changes; a process that
 * never called chroot pays one test for it. A directory that is moved after it was made a root is not followed. */
#include "ops.h"
#include "permit.h"

u32 root_elsewhere(struct core *c, const char **path)
{
    const struct root *own = &c->root[0];
    u32 pid = c->root_split ? core_pid(c) : c->pid;
    for (unsigned i = 1; pid != c->pid && i < ROOTS; i++)
        if (c->root[i].pid == pid)
            own = &c->root[i];
    *path = own->path;
    return own->len;
}

static void root_set(struct core *c, const char *path, u32 len)
{
    u32 pid = core_pid(c);
    unsigned i = 0;
    if (pid != c->pid) /* a vfork child: its parent keeps the root it has */
        for (i = 1; i < ROOTS - 1 && c->root[i].pid && c->root[i].pid != pid;)
            i++;
    memcpy(c->root[i].path, path, len);
    c->root[i].path[len] = 0;
    c->root[i].len = len;
    c->root[i].pid = pid;
    c->root_split = c->root_split || i;
    c->rooted = true;
}

int root_init(struct core *c, const struct handover_text *t)
{
    if (!t->at)
        return 0;
    if (t->len >= CORE_PATH_MAX || t->at[0] != '/')
        return -EINVAL;
    root_set(c, t->at, t->len);
    return 0;
}

bool root_shown(struct core *c, char *path, u32 *len)
{
    const char *root;
    u32 n = root_now(c, &root);
    if (*len < n || memcmp(path, root, n) || (*len > n && n && path[n] != '/'))
        return false;
    *len -= n;
    memmove(path, path + n, *len);
    path[*len] = 0;
    return true;
}

long op_chroot(struct call *k, const long *a)
{
    struct spot s;
    int r = walk(k, AT_FDCWD, (const char *)a[0], WALK_FOLLOW, &s);
    int mode = r ? r : s.kind == KIND_BIND ? spot_host_mode(k, &s) : (int)(s.kind == KIND_LOWER ? s.name.low.mode : s.mode);
    if (!r && s.kind == KIND_NONE)
        r = -ENOENT;
    if (!r)
        r = mode < 0 ? mode : S_ISDIR(mode) ? permit_spot(k, &s, MAY_SEARCH) : -ENOTDIR;
    if (!r && !(k->c->ids.effective & CAP_SYS_CHROOT))
        r = -EPERM;
    if (!r && (s.deep || s.name.len >= DEEP_FROM))
        r = -ENAMETOOLONG;
    if (!r && (s.name.len || k->c->rooted))
        root_set(k->c, s.name.path, s.name.len);
    walk_end(k, &s);
    return r;
}
