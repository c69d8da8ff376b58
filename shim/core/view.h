/* The view of one container: marks, look-up, first touch, walking. For shim/core only. The protocol is upper.md of the design;
 * section numbers in comments are its. */
#ifndef LPMX_VIEW_H
#define LPMX_VIEW_H

#include "bloom.h"

#define TEMP_MAX 64
#define DEFUSED "/dev/null/" /* what every symlink text in upper/ begins with: the kernel can never follow one */
#define DEFUSED_LEN 10
#define OWNED "/dev/./null/" /* the same of a link with another owner than plain objects have; then "uid:gid/" and the guest's text */
#define OWNED_LEN 12
#define OWNED_MAX (OWNED_LEN + 22)

/* name.c: the parent shares the path buffer, which is cut for the time between enter and leave. */
void parent_enter(struct call *k, const struct name *n, struct name *parent);
void parent_leave(const struct name *n);

/* mark.c (section 2) */
enum mark { MARK_NONE, MARK_GONE, MARK_COPIED };
int mark_read(struct call *k, const struct name *n, char temp[TEMP_MAX]); /* enum mark or -errno */
/* When it was made: 0, or -errno. A mark "gone" has the time of the file that it is a link to, the oldest of all. */
int mark_time(struct call *k, const struct name *n, struct timespec *made);
int mark_gone(struct call *k, const struct name *n);                      /* 0, -EEXIST … */
int mark_copied(struct call *k, const struct name *n, const char *temp);  /* 0, -EEXIST … */
int mark_folder(const struct name *dir, char out[20]);                    /* "<H>", NUL-terminated */
int publish(struct call *k, const struct name *n, const char *temp);      /* 0, -ENOENT: somebody did */
int publish_pending(struct call *k, const struct name *n, const char *temp); /* 0: the temp is gone, or was; -errno: it is there still */
int publish_new(struct call *k, const struct name *n, const char *temp);  /* a new object to where nothing is: 0, -EEXIST … */
int temp_name(struct call *k, char kind, u64 hash, char out[TEMP_MAX]);

/* lookup.c (section 4): what is at n now. enum kind (NONE, LOWER, OBJECT; *st filled for OBJECT), or -errno; -ENOTDIR means that a parent
 * is a link or a file in the upper. */
int lookup(struct call *k, const struct name *n, struct stat *st);
int lookup_known(struct call *k, const struct name *n, bool untouched, struct stat *st); /* bloom_untouched has been asked */
/* What the guest sees at n, as st_mode; 0 = nothing. Or -errno. */
int lookup_mode(struct call *k, const struct name *n, enum kind *kind);
/* All lower children of n are detached and none pending (helps): 1, 0, or -errno. With `deep`: all descendants. */
int emptied(struct call *k, const struct name *n, bool deep);

/* A record of getdents64(2). */
struct linux_dirent64 {
    u64 ino;
    long off;
    u16 len;
    u8 type;
    char name[];
};

/* ident.c (section 7) */
struct identity {
    u32 mode; /* st_mode as the guest sees it, type included */
    u32 uid, gid;
    u32 major, minor;
};
int ident_of_low(struct call *k, const struct low *low, const struct stat *st, struct identity *id);
int ident_of_object(struct call *k, const struct stat *st, struct identity *id);
/* First start: the root is the image's, also where new files are a user's (the container's default owner). 0 or -errno. */
int ident_root(struct call *k);
/* Of files that are the host's: the user's own uid and gid become the guest's, others stay. */
void ident_owner(const struct core *c, u32 *uid, u32 *gid);
void ident_of_bind(struct call *k, const struct stat *st, struct identity *id);
/* The permission bits that an object of this identity has on disk, or -errno (a class could not be made). ino is for overflow. */
int ident_bits(struct call *k, const struct identity *id, u64 ino);
bool ident_plain(const struct core *c, const struct identity *id);
/* Writes what comes before the guest's text in a link of the upper; its length, <= OWNED_MAX. */
u32 link_front(const struct core *c, u32 uid, u32 gid, char *out);
/* The length of that in text[len]; whose link it is goes to *id. */
u32 link_skip(const struct core *c, const char *text, long len, struct identity *id);
/* What a link that is an object shows: size and owner. */
void link_shown(struct call *k, int fd, const char *path, struct stat *st, struct identity *id);
/* The group that a new object in the parent of n gets when that is set-gid (inode_init_owner in fs/inode.c). */
bool parent_group(struct call *k, const struct name *n, u32 *gid);

/* touch.c (section 5) */
struct touch {
    bool set_mode, set_owner, set_times, open;
    u32 mode; /* permission bits */
    u32 uid, gid;
    struct timespec times[2]; /* as utimensat: UTIME_NOW, UTIME_OMIT */
    long length;              /* bytes of content that are still wanted; < 0 = all */
    int flags;                /* of open */
    int fd;                   /* out: opened on the object, when `open` */
};
void touched_identity(const struct touch *t, struct identity *id); /* id after the change */
int first_touch(struct call *k, struct name *n, struct touch *t); /* 0, -EAGAIN: another was first, look again; or -errno */
int bring_up(struct call *k, struct name *dir);                   /* the directory is an object afterwards */
int bring_up_parent(struct call *k, struct name *n);

/* xattr.c */
void xattr_copy(struct call *k, const struct low *low, int in, int out, bool caps); /* what the lower entry has, as far as the host can hold it */
void xattr_drop_caps(struct call *k, int fd, const char *path);                     /* of an object; path NULL: of the descriptor itself */

/* root.c: the root of the process and its length; 0 = the container's own. */
u32 root_elsewhere(struct core *c, const char **path);
static inline u32 root_now(struct core *c, const char **path) { return *path = "", c->rooted ? root_elsewhere(c, path) : 0; }
bool root_shown(struct core *c, char *path, u32 *len); /* takes the root off a canonical guest path; false: it is not below it, and stays */

/* walk.c */
#define WALK_FOLLOW 1 /* a link at the end is followed */
#define WALK_NAME 2   /* the last name itself is meant (create, remove, rename): "link/" is not followed, "file/" is no error yet */
#define WALK_UNPROVED 4 /* below a bind the caller asks the host itself (spot.unproved); where that cannot tell it walks again without this */
#define WALK_WHOLE 8    /* the text is a canonical path from the container's own root, whatever chroot said */
/* openat2(2), RESOLVE_…; the walk is step by step then. */
#define WALK_NO_LINKS 0x10
#define WALK_NO_MAGIC 0x20
#define WALK_BENEATH 0x40
#define WALK_IN_ROOT 0x80
#define WALK_NO_XDEV 0x200
#define WALK_RESOLVE (WALK_NO_LINKS | WALK_NO_MAGIC | WALK_BENEATH | WALK_IN_ROOT | WALK_NO_XDEV)
int walk(struct call *k, int dirfd, const char *guest, unsigned flags, struct spot *s); /* 0 or -errno; always walk_end */
int walk_text(struct call *k, const char *text, unsigned flags, struct spot *s);        /* text is ours, absolute or to cwd */
void walk_end(struct call *k, struct spot *s);
/* deep.c: the walk for a path of more than DEEP_FROM bytes. As walk(). */
#define DEEP_FROM 3600
int deep_walk(struct call *k, int dirfd, const char *guest, unsigned flags, struct spot *s);
/* What the host has at a spot below a bind: st_mode, or -errno. */
int spot_host_mode(struct call *k, const struct spot *s);
/* Where nothing is: 0 when the directory it would be in is there, else -ENOENT or -ENOTDIR. */
int spot_parent(struct call *k, struct spot *s);
/* Where the host has the spot: directory descriptor (or AT_FDCWD) and path. */
int spot_at(struct call *k, const struct spot *s, const char **path);
int spot_path(struct call *k, const struct spot *s, char *out, size_t cap); /* absolute host path; its length */
/* Refusal for a change at s: 0, or -EROFS. */
int spot_writable(struct call *k, const struct spot *s);

/* straight.c: openat, and fstatat of the last name itself, where no link may be on the way. -ENOSYS: there is one, or that cannot be told. */
long open_straight(struct core *c, int dir, const char *path, int flags, u32 mode);
long stat_straight(struct core *c, int dir, const char *path, struct stat *st);
long unproved_result(const struct spot *s, long r); /* of a call at an unproved spot: CORE_PASS where it has to be walked after all */

/* bind.c */
static inline bool bind_may_be(const struct core *c, u64 hash) { return c->bind_hashes[hash >> 6 & 7] >> (hash & 63) & 1; } /* somebody is mounted there */
int bind_at(const struct core *c, const char *path, u32 len);    /* number of the bind mounted exactly there, or -1 */
int bind_host_mode(struct call *k, int bind, u32 skip, const char *path, u32 len); /* st_mode at path[len], -errno */
long bind_remove(struct call *k, struct spot *s, bool dir);                         /* unlink or rmdir on the host */
int bind_over(const struct core *c, const char *path, u32 len);  /* number of the innermost bind at or above, or -1 */
bool bind_in(const char *guest, const char *path, u32 len);          /* guest is a direct child of path[len] */
bool bind_any_in(const struct core *c, const char *path, u32 len); /* some bind is */
bool bind_any_map(const struct core *c, const char *path, u32 len); /* some map is */
static inline const char *bind_guest(const struct core *c, int i) { return c->strings + c->binds[i].guest; }
static inline const char *bind_host(const struct core *c, int i) { return c->strings + c->binds[i].host; }

/* proc.c: path[len] is a link of /proc that leads to a file itself and not to a path: exe, cwd, root, fd/N, ns/…, map_files/…. */
bool proc_magic(const char *path, u32 len);

/* reverse.c: host path -> guest path. Length, or -ENOENT when it is none of the container's. */
int reverse_path(struct core *c, const char *host, u32 len, char *out, size_t cap);
/* It belongs to lpmx itself: in the store or the container's folder, or the plan. */
bool reverse_internal(const struct core *c, const char *host, u32 len);
int reverse_fd(struct call *k, int fd, char *out, size_t cap);
/* dirfds.c: the same for a descriptor that is open on a directory, whose fstat is st; usually without asking the kernel. */
int dirfd_path(struct call *k, int fd, const struct stat *st, char *out, size_t cap);
/* fds.c: a descriptor of the core's own, which to the guest does not exist. */
bool fds_ours(const struct core *c, long fd);
/* The descriptor is open on an object of the container's tree, be its name gone or not yet given. */
bool reverse_in_tree(struct call *k, int fd);
/* … or on a layer's file, which must not be changed; one whose path is too long for an answer counts as such. */
bool reverse_in_layer(struct call *k, int fd);

/* cwd.c */
int cwd_get(struct call *k, char *out, size_t cap); /* length ("" = root) or -errno */
int cwd_set(struct call *k, const char *path, u32 len);
int cwd_refresh(struct call *k); /* what the kernel says, which may be too deep for a text */
bool cwd_gone(void);  /* the kernel's cwd has been removed */
bool cwd_moved(struct call *k); /* the kernel's cwd is elsewhere by now; ours has been put right */

/* proc.c: the links of /proc that must lead into the view. path is canonical. Length of the guest target, or -ENOENT: not one of them. */
int proc_link(struct call *k, const char *path, u32 len, char *out, size_t cap);
/* The same for readlink. */
int proc_readlink(struct call *k, const char *path, u32 len, char *out, size_t cap);
/* proctext.c: opens those files of /proc whose text is made for the guest. Descriptor, -errno, or CORE_PASS: it is none of them. */
long proc_open(struct call *k, const char *path, int flags);

#endif
