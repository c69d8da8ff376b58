/* Identity: owner, mode and device that the guest sees, kept in the inode's own mode bits (upper.md section 7).
 * Plain objects carry their mode as it is. A set sticky bit means: the six group/other bits are the number of a class, whose text
 * "uid:gid:mode[:type:major:minor]" (octal mode, type as st_mode's) is the symlink class/NN; number 63 means id/<inode>. */
#include "view.h"

#define CLASS_OVERFLOW 63
#define OWN_BITS(mode) (S_ISDIR(mode) ? 0700u : 0600u)

/* Class number -> the six bits, and back. Those without write bits come first, so that umask 022 leaves the low numbers alone. Durable. */
static const u8 class_bits[64] = {
    0, 1, 4, 5, 8, 9, 12, 13, 32, 33, 36, 37, 40, 41, 44, 45,
    2, 3, 6, 7, 10, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
    24, 25, 26, 27, 28, 29, 30, 31, 34, 35, 38, 39, 42, 43, 46, 47,
    48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
};
static const u8 class_number[64] = {
    0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23,
    24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
    8, 9, 40, 41, 10, 11, 42, 43, 12, 13, 44, 45, 14, 15, 46, 47,
    48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
};

static u32 put_octal(char *out, u32 v)
{
    char tmp[12];
    u32 n = 0, i = 0;
    do
        tmp[n++] = (char)('0' + (v & 7));
    while (v >>= 3);
    while (n)
        out[i++] = tmp[--n];
    return i;
}

static u32 class_text(const struct identity *id, char out[96])
{
    u32 n = text_decimal(out, id->uid);
    out[n++] = ':';
    n += text_decimal(out + n, id->gid);
    out[n++] = ':';
    n += put_octal(out + n, id->mode & 07777);
    if (S_ISCHR(id->mode) || S_ISBLK(id->mode)) {
        out[n++] = ':';
        n += put_octal(out + n, id->mode & S_IFMT);
        out[n++] = ':';
        n += text_decimal(out + n, id->major);
        out[n++] = ':';
        n += text_decimal(out + n, id->minor);
    }
    out[n] = 0;
    return n;
}

static bool take_octal(const char **s, u32 *v)
{
    if (**s < '0' || **s > '7')
        return false;
    for (*v = 0; **s >= '0' && **s <= '7'; ++*s)
        *v = *v << 3 | (u32)(**s - '0');
    return true;
}

static bool class_parse(const char *s, struct identity *id)
{
    u64 uid, gid, major, minor;
    u32 mode, type;
    if (!text_number(&s, &uid) || *s++ != ':' || !text_number(&s, &gid) || *s++ != ':' || !take_octal(&s, &mode))
        return false;
    id->uid = (u32)uid;
    id->gid = (u32)gid;
    id->mode = (id->mode & S_IFMT) | mode;
    if (*s != ':')
        return true;
    s++;
    if (!take_octal(&s, &type) || *s++ != ':' || !text_number(&s, &major) || *s++ != ':' || !text_number(&s, &minor))
        return false;
    id->mode = type | mode;
    id->major = (u32)major;
    id->minor = (u32)minor;
    return true;
}

static void number_name(u32 n, char out[4])
{
    out[0] = (char)('0' + n / 10);
    out[1] = (char)('0' + n % 10);
    out[2] = 0;
}

bool ident_plain(const struct core *c, const struct identity *id)
{
    if (S_ISLNK(id->mode))
        return true;
    return id->uid == c->con->owner_uid && id->gid == c->con->owner_gid && !(id->mode & 07000) &&
           (id->mode & OWN_BITS(id->mode)) == OWN_BITS(id->mode) && (S_ISREG(id->mode) || S_ISDIR(id->mode) || S_ISFIFO(id->mode) || S_ISSOCK(id->mode));
}

/* The number of the class with this text, made if new; CLASS_OVERFLOW when all are taken. */
static int class_find(struct call *k, const char *text)
{
    char name[4], old[96];
    int fd = place_fd(k, PLACE_CLASS);
    if (fd < 0)
        return fd;
    for (u32 n = 0; n < CLASS_OVERFLOW;) {
        number_name(n, name);
        long len = sys4(SYS_readlinkat, fd, name, old, sizeof old - 1);
        if (len == -ENOENT) {
            long r = sys3(SYS_symlinkat, text, fd, name);
            if (!r)
                return (int)n;
            if (r != -EEXIST)
                return (int)r;
            continue;
        }
        if (len < 0)
            return (int)len;
        old[len] = 0;
        if (str_equal(old, text))
            return (int)n;
        n++;
    }
    return CLASS_OVERFLOW;
}

/* Which tree the numbers in id/ are of: the launcher throws them away when that has become another one (launcher/numbers.c). */
static void number_root(struct call *k, int fd)
{
    char text[24];
    struct stat st;
    int upper = k->c->root_numbered ? -ENOENT : place_fd(k, PLACE_UPPER);
    if (upper < 0 || sys2(SYS_fstat, upper, &st))
        return;
    text_decimal(text, st.st_ino);
    long r = sys3(SYS_symlinkat, text, fd, "root");
    k->c->root_numbered = !r || r == -EEXIST;
}

/* Writes id/<inode> before the bits that make it count. */
static int overflow_write(struct call *k, const char *text, u64 ino)
{
    char name[24], temp[TEMP_MAX];
    int fd = place_fd(k, PLACE_ID);
    if (fd < 0)
        return fd;
    number_root(k, fd);
    text_decimal(name, ino);
    int r = temp_name(k, 'i', ino, temp);
    if (r || (r = (int)sys3(SYS_symlinkat, text, fd, temp)))
        return r;
    return (int)sys4(SYS_renameat, fd, temp, fd, name);
}

int ident_bits(struct call *k, const struct identity *id, u64 ino)
{
    if (ident_plain(k->c, id))
        return (int)(id->mode & 0777);
    char text[96];
    class_text(id, text);
    int n = class_find(k, text);
    if (n < 0)
        return n;
    if (n == CLASS_OVERFLOW) {
        int r = overflow_write(k, text, ino);
        if (r)
            return r;
    }
    if (S_ISDIR(id->mode) && id->mode & S_ISGID)
        tree_gets(k->c, LPMX_TRAIT_SETGID);
    u32 exec = S_ISDIR(id->mode) || id->mode & 0111 ? 0100 : 0;
    return (int)(01600 | exec | class_bits[n]);
}

static void owner_default(const struct core *c, const struct stat *st, struct identity *id)
{
    id->mode = st->st_mode;
    id->uid = c->con->owner_uid;
    id->gid = c->con->owner_gid;
    id->major = (u32)(st->st_rdev >> 8 & 0xfff);
    id->minor = (u32)((st->st_rdev & 0xff) | (st->st_rdev >> 12 & 0xfff00));
}

int ident_of_object(struct call *k, const struct stat *st, struct identity *id)
{
    char name[24], text[96];
    owner_default(k->c, st, id);
    if (!(st->st_mode & S_ISVTX) || S_ISLNK(st->st_mode))
        return 0;
    u32 n = class_number[st->st_mode & 077];
    int fd = place_fd(k, n == CLASS_OVERFLOW ? PLACE_ID : PLACE_CLASS);
    if (fd < 0)
        return fd;
    if (n == CLASS_OVERFLOW)
        text_decimal(name, st->st_ino);
    else
        number_name(n, name);
    id->mode &= ~07777u;
    id->mode |= OWN_BITS(st->st_mode);
    long len = sys4(SYS_readlinkat, fd, name, text, sizeof text - 1);
    if (len <= 0)
        return 0; /* a lost record: the default owner */
    text[len] = 0;
    class_parse(text, id);
    return 0;
}

u32 link_front(const struct core *c, u32 uid, u32 gid, char *out)
{
    if (uid == c->con->owner_uid && gid == c->con->owner_gid) {
        memcpy(out, DEFUSED, DEFUSED_LEN);
        return DEFUSED_LEN;
    }
    tree_gets(c, LPMX_TRAIT_LINKS);
    memcpy(out, OWNED, OWNED_LEN);
    u32 n = OWNED_LEN;
    n += text_decimal(out + n, uid);
    out[n++] = ':';
    n += text_decimal(out + n, gid);
    out[n++] = '/';
    return n;
}

u32 link_skip(const struct core *c, const char *text, long len, struct identity *id)
{
    char front[OWNED_MAX + 1];
    const char *at = front + OWNED_LEN;
    u64 uid, gid;
    id->uid = c->con->owner_uid;
    id->gid = c->con->owner_gid;
    u32 n = len < 0 ? 0 : len < OWNED_MAX ? (u32)len : OWNED_MAX;
    memcpy(front, text, n);
    front[n] = 0;
    if (str_starts(front, DEFUSED))
        return DEFUSED_LEN;
    if (!str_starts(front, OWNED) || !text_number(&at, &uid) || *at++ != ':' || !text_number(&at, &gid) || *at++ != '/')
        return 0;
    id->uid = (u32)uid;
    id->gid = (u32)gid;
    return (u32)(at - front);
}

void link_shown(struct call *k, int fd, const char *path, struct stat *st, struct identity *id)
{
    char front[OWNED_MAX];
    long n = tree_may_have(k->c, LPMX_TRAIT_LINKS) ? sys4(SYS_readlinkat, fd, path, front, sizeof front) : -ENOENT;
    u32 skip = n < 0 ? DEFUSED_LEN : link_skip(k->c, front, n, id);
    st->st_size -= st->st_size >= skip ? skip : 0;
}

bool parent_group(struct call *k, const struct name *n, u32 *gid)
{
    struct stat st;
    struct identity id;
    int upper = tree_may_have(k->c, LPMX_TRAIT_SETGID) ? place_fd(k, PLACE_UPPER) : -ENOENT;
    if (upper < 0)
        return false;
    n->path[n->dir_len] = 0;
    long r = sys4(SYS_newfstatat, upper, n->dir_len ? n->path + 1 : ".", &st, AT_SYMLINK_NOFOLLOW);
    n->path[n->dir_len] = '/';
    if (r || !(st.st_mode & S_ISVTX) || ident_of_object(k, &st, &id) || !(id.mode & S_ISGID))
        return false;
    *gid = id.gid;
    return true;
}

void ident_owner(const struct core *c, u32 *uid, u32 *gid)
{
    if (*uid == c->real_uid)
        *uid = c->main_known ? c->main_uid : c->ids.ruid;
    if (*gid == c->real_gid)
        *gid = c->main_known ? c->main_gid : c->ids.rgid;
}

void ident_of_bind(struct call *k, const struct stat *st, struct identity *id)
{
    owner_default(k->c, st, id);
    id->uid = st->st_uid;
    id->gid = st->st_gid;
    ident_owner(k->c, &id->uid, &id->gid);
}

int ident_root(struct call *k)
{
    struct core *c = k->c;
    struct stat st;
    int fd = c->con->owner_uid && !c->host ? place_fd(k, PLACE_UPPER) : -ENOENT;
    if (fd < 0)
        return fd == -ENOENT ? 0 : fd;
    long up = sys4(SYS_openat, fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    long r = up < 0 ? up : sys2(SYS_fstat, up, &st);
    if (!r && !(st.st_mode & S_ISVTX)) {
        const struct lpmx_entry *e = c->index.entries;
        struct identity id = {S_IFDIR | (e->mode & 07777), e->uid, e->gid, 0, 0};
        int bits = ident_bits(k, &id, st.st_ino);
        r = bits < 0 ? bits : sys2(SYS_fchmod, up, bits);
    }
    if (up >= 0)
        sys1(SYS_close, up);
    return (int)r;
}

int ident_of_low(struct call *k, const struct low *low, const struct stat *st, struct identity *id)
{
    if (!low->entry) {
        ident_of_bind(k, st, id);
        return 0;
    }
    const struct lpmx_entry *e = low->entry;
    bool device = S_ISCHR(e->mode) || S_ISBLK(e->mode);
    *id = (struct identity){e->mode, e->uid, e->gid, device ? e->a : 0, device ? e->b : 0};
    return 0;
}
