/* openat2(2): what it checks before it opens (build_open_flags in fs/open.c; unlike openat it refuses what it does not know), and its RESOLVE_…
 * as the walk understands them. */
#include "ops.h"

#define O_TMPFILE_BIT 020000000
#define KNOWN_FLAGS 037777703u /* VALID_OPEN_FLAGS: O_ACCMODE, O_CREAT … O_TMPFILE */
#define PAGE 4096u

#define RESOLVE_NO_XDEV_ 1
#define RESOLVE_NO_MAGICLINKS_ 2
#define RESOLVE_NO_SYMLINKS_ 4
#define RESOLVE_BENEATH_ 8
#define RESOLVE_IN_ROOT_ 16
#define RESOLVE_CACHED_ 32

struct open_how_ {
    u64 flags, mode, resolve;
};

/* copy_struct_from_user: what a later version of the struct may hold has to be 0. */
static long take_how(struct open_how_ *how, const char *at, u64 size)
{
    if (size < sizeof *how)
        return -EINVAL;
    if (size > PAGE)
        return -E2BIG;
    for (u64 i = sizeof *how; i < size; i += 8) {
        u64 more = 0;
        if (guest_read(&more, at + i, size - i < 8 ? size - i : 8))
            return -EFAULT;
        if (more)
            return -E2BIG;
    }
    return guest_read(how, at, sizeof *how);
}

static long check_how(const struct open_how_ *how)
{
    u64 flags = how->flags;
    bool temporary = flags & O_TMPFILE_BIT, creates = flags & O_CREAT || temporary;
    if (flags & ~(u64)KNOWN_FLAGS || how->resolve & ~63ull)
        return -EINVAL;
    if (how->resolve & RESOLVE_BENEATH_ && how->resolve & RESOLVE_IN_ROOT_)
        return -EINVAL;
    if (how->mode & ~(creates ? 07777ull : 0))
        return -EINVAL;
    if ((flags & (O_DIRECTORY | O_CREAT)) == (O_DIRECTORY | O_CREAT))
        return -EINVAL;
    if (temporary && (!(flags & O_DIRECTORY) || !(flags & 3)))
        return -EINVAL;
    if (flags & O_PATH && flags & ~(u64)(O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC))
        return -EINVAL;
    return how->resolve & RESOLVE_CACHED_ && (creates || flags & O_TRUNC) ? -EAGAIN : 0;
}

long op_openat2(struct call *k, const long *a)
{
    static const u16 walks[] = {WALK_NO_XDEV, WALK_NO_MAGIC, WALK_NO_LINKS, WALK_BENEATH, WALK_IN_ROOT};
    struct open_how_ how = {0};
    unsigned resolve = 0;
    long r = take_how(&how, (const char *)a[2], (u64)a[3]);
    if (!r)
        r = check_how(&how);
    for (unsigned i = 0; i < sizeof walks / sizeof *walks; i++)
        resolve |= how.resolve >> i & 1 ? walks[i] : 0;
    return r ? r : open_at(k, (int)a[0], (const char *)a[1], (int)how.flags, (u32)how.mode, resolve);
}
