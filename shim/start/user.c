/* Who the guest is: docker's meaning of -u and USER, over the guest's own /etc/passwd and /etc/group.
 *
 * name|uid[:group|gid]; nothing = uid 0. Without a group: the user's group of passwd and the groups that list it; with one: that
 * group only. A number needs no entry. Lines over 4 KB are skipped. Runs once, before the guest.
 */
#include "start.h"
#include <errno.h>
#include <sys/syscall.h>

struct lines {
    int fd;
    size_t at, have;
    bool skip;
    char buf[4096];
};

/* The next line without its end, cut into fields at ':' (missing ones are ""), or false at the end of the file. */
static bool next_line(struct lines *l, char *field[7])
{
    for (;;) {
        size_t end = l->at;
        while (end < l->have && l->buf[end] != '\n')
            end++;
        if (end == l->have && l->at == 0 && l->have == sizeof l->buf - 1) {
            l->skip = true;
            l->have = 0;
            end = 0;
        }
        if (end == l->have) {
            memmove(l->buf, l->buf + l->at, l->have - l->at);
            l->have -= l->at;
            l->at = 0;
            long r = sys3(SYS_read, l->fd, l->buf + l->have, sizeof l->buf - 1 - l->have);
            if (r == -EINTR)
                continue;
            if (r > 0) {
                l->have += (size_t)r;
                continue;
            }
            if (!l->have)
                return false;
            end = l->have;
        }
        char *line = l->buf + l->at;
        l->at = end < l->have ? end + 1 : end;
        l->buf[end] = 0;
        if (l->skip) {
            l->skip = false;
            continue;
        }
        for (int i = 0; i < 7; i++) {
            field[i] = line;
            while (*line && *line != ':')
                line++;
            if (*line)
                *line++ = 0;
        }
        return true;
    }
}

static void open_lines(struct core *c, struct lines *l, const char *path)
{
    l->fd = core_open_guest(c, path);
    l->at = l->have = 0;
    l->skip = false;
}

/* 1 = a number, 0 = a name, -EINVAL = a number that is no id. */
static int parse_id(const char *text, u32 *id)
{
    u64 v = 0;
    const char *p = text;
    while (*p >= '0' && *p <= '9' && v < 1UL << 40)
        v = v * 10 + (u64)(*p++ - '0');
    if (*p || p == text)
        return *p && (*p < '0' || *p > '9') ? 0 : p == text ? 0 : -EINVAL;
    if (v > 0x7fffffff)
        return -EINVAL;
    *id = (u32)v;
    return 1;
}

static bool is_member(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = list; n && *p;) {
        size_t i = 0;
        while (i < n && p[i] == name[i])
            i++;
        if (i == n && (!p[n] || p[n] == ','))
            return true;
        while (*p && *p++ != ',')
            ;
    }
    return false;
}

/* Group by name or number (want set), else the groups that list `name`. */
static bool find_group(struct core *c, struct user *out, const char *want, const char *name)
{
    static struct lines l;
    char *field[7];
    bool found = false;
    open_lines(c, &l, "/etc/group");
    while (l.fd >= 0 && !found && next_line(&l, field)) {
        u32 gid;
        if (parse_id(field[2], &gid) != 1)
            continue;
        if (want && str_equal(field[0], want)) {
            out->gid = gid;
            found = true;
        } else if (!want && is_member(field[3], name) && out->ngroups < 64 && gid != out->gid) {
            out->groups[out->ngroups++] = gid;
        }
    }
    if (l.fd >= 0)
        sys1(SYS_close, l.fd);
    return found;
}

static bool find_user(struct core *c, struct user *out, const char *name, int by_number, char *found_name, size_t cap)
{
    static struct lines l;
    char *field[7];
    bool found = false;
    open_lines(c, &l, "/etc/passwd");
    while (l.fd >= 0 && !found && next_line(&l, field)) {
        u32 uid, gid;
        if (parse_id(field[2], &uid) != 1 || parse_id(field[3], &gid) != 1)
            continue;
        if (by_number ? uid != out->uid : !str_equal(field[0], name))
            continue;
        found = true;
        out->uid = uid;
        out->gid = gid;
        size_t pos = 0;
        text_add(found_name, cap, &pos, field[0], strlen(field[0]));
        pos = 0;
        if (field[5][0])
            text_add(out->home, sizeof out->home, &pos, field[5], strlen(field[5]));
    }
    if (l.fd >= 0)
        sys1(SYS_close, l.fd);
    return found;
}

int user_resolve(struct core *c, const char *spec, struct user *out, const char **what)
{
    static char user[256], group[256], name[256];
    size_t n = 0, pos = 0;
    while (spec[n] && spec[n] != ':')
        n++;
    *what = "user";
    if (!text_add(user, sizeof user, &pos, spec, n))
        return -ENOENT;
    pos = 0;
    if (spec[n] && !text_add(group, sizeof group, &pos, spec + n + 1, strlen(spec + n + 1)))
        return -ENOENT;
    memcpy(out->home, "/", 2);
    int number = user[0] ? parse_id(user, &out->uid) : 1;
    if (number < 0)
        return number;
    if (!find_user(c, out, user, number, name, sizeof name) && !number)
        return -ENOENT;
    *what = "group";
    if (!group[0]) {
        find_group(c, out, NULL, name);
        return 0;
    }
    int number_group = parse_id(group, &out->gid);
    if (number_group < 0)
        return number_group;
    return number_group || find_group(c, out, group, NULL) ? 0 : -ENOENT;
}
