/* Where things are on this host; see places.h. */
#include "places.h"
#include "files.h"
#include "../core/hash.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char *column_at(const char *line, size_t len, int column, size_t *out_len)
{
    const char *end = line + len;
    for (; column > 0; column--) {
        line = memchr(line, ':', (size_t)(end - line));
        if (!line)
            return NULL;
        line++;
    }
    const char *colon = memchr(line, ':', (size_t)(end - line));
    *out_len = (size_t)((colon ? colon : end) - line);
    return line;
}

char *colon_field(const char *content, int by, const char *key, int column)
{
    size_t key_len = strlen(key), len;
    for (const char *line = content; line && *line; line += len + (line[len] == '\n')) {
        len = strcspn(line, "\n");
        size_t found_len, out_len;
        const char *found = column_at(line, len, by, &found_len);
        if (!found || found_len != key_len || memcmp(found, key, key_len))
            continue;
        const char *out = column_at(line, len, column, &out_len);
        return out ? copy_text(out, out_len) : NULL;
    }
    return NULL;
}

const char *user_home(void)
{
    const char *home = setting("HOME");
    if (home && *home == '/')
        return home;
    const char *passwd = read_file("/etc/passwd", 16 << 20, NULL);
    if (passwd) {
        const char *found = colon_field(passwd, 2, format("%lu", (unsigned long)getuid()), 5);
        if (found && *found == '/')
            return found;
    }
    const char *user = setting("USER") ? setting("USER") : setting("LOGNAME");
    struct stat st;
    if (user && !strchr(user, '/') && stat(home = format("/home/%s", user), &st) == 0 && st.st_uid == getuid())
        return home;
    return NULL;
}

static const char *root;

void store_root_is(const char *path)
{
    root = path;
}

const char *store_root(void)
{
    if (root)
        return root;
    const char *value = setting("LPMX_HOME");
    if (value) {
        char cwd[4096];
        if (*value == '/')
            return root = value;
        if (!getcwd(cwd, sizeof cwd))
            fail("cannot use LPMX_HOME=%s: the current folder is gone\nhint: give an absolute path", value);
        return root = join_path(cwd, value);
    }
    value = setting("XDG_DATA_HOME");
    if (value && *value == '/') /* relative values are invalid, says the XDG base directory specification */
        return root = join_path(value, "lpmx");
    const char *home = user_home();
    if (!home)
        fail("cannot find the store: no HOME and no home of uid %lu in /etc/passwd\nhint: set LPMX_HOME to a folder", (unsigned long)getuid());
    return root = join_path(home, ".local/share/lpmx");
}

const struct list *extra_stores(void)
{
    static struct list stores;
    static bool known;
    const char *value = setting("LPMX_STORES");
    if (!known && value) {
        while (*value) {
            size_t len = strcspn(value, ":");
            if (len && *value == '/')
                list_add(&stores, copy_text(value, len));
            value += len + (value[len] == ':');
        }
    }
    known = true;
    return &stores;
}

const char *scratch_dir(void)
{
    static const char *found;
    if (found)
        return found;
    const char *bases[] = {setting("LPMX_SCRATCH"), setting("TMPDIR"), "/tmp"};
    for (int k = 0; k < 3; k++) {
        if (!bases[k] || *bases[k] != '/')
            continue;
        char *dir = format("%s/lpmx-%lu", bases[k], (unsigned long)getuid());
        struct stat st;
        if (mkdir(dir, 0700) < 0 && errno != EEXIST)
            continue;
        /* In a shared /tmp somebody else may have made it, or a link to elsewhere. */
        if (lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == getuid() && !(st.st_mode & 077))
            return found = dir;
    }
    return NULL;
}

const char *boot_id(void)
{
    static char *id;
    if (!id) {
        id = read_file("/proc/sys/kernel/random/boot_id", 256, NULL);
        if (!id)
            id = copy_text("unknown", 7);
        id[strcspn(id, "\n")] = 0;
    }
    return id;
}

u64 bytes_hash(const char *at, size_t len)
{
    return hash_end(hash_more(hash_start(0), at, len));
}

u64 text_hash(const char *text)
{
    return bytes_hash(text, strlen(text));
}

const char *host_key(void)
{
    static char key[17];
    if (!*key) {
        char space[64] = "";
        ssize_t len = readlink("/proc/self/ns/pid", space, sizeof space - 1); /* since 3.8; before, "" */
        space[len > 0 ? len : 0] = 0;
        u64 hash = text_hash(format("%s %s", boot_id(), space));
        memcpy(key, format("%016llx", (unsigned long long)hash), sizeof key);
    }
    return key;
}

u64 start_time(long pid)
{
    const char *stat = read_file(format("/proc/%ld/stat", pid), 4096, NULL);
    const char *at = stat ? strrchr(stat, ')') : NULL; /* the name before it may hold anything */
    if (at && (at[2] == 'Z' || at[2] == 'X')) /* it has ended, and its parent does not ask */
        return 0;
    for (int field = 2; at && field < 22; field++) {
        at = strchr(at, ' ');
        if (at)
            at++;
    }
    return at ? strtoull(at, NULL, 10) : 0;
}

const char *node_name(void)
{
    static struct utsname names;
    if (!*names.nodename && uname(&names) < 0)
        return "localhost";
    return *names.nodename ? names.nodename : "localhost";
}

/* The boot and, where there are such, the pid namespace: process numbers of another one mean nothing here. */
static const char *boot_and_space(void)
{
    char link[64];
    ssize_t len = readlink("/proc/self/ns/pid", link, sizeof link - 1); /* "pid:[4026531836]" */
    link[len > 0 ? len : 0] = 0;
    const char *number = strchr(link, '[');
    return number ? format("%s-%.*s", boot_id(), (int)strcspn(number + 1, "]"), number + 1) : boot_id();
}

const char *live_name(void)
{
    static char *name;
    static long named;
    long pid = getpid();
    if (named == pid)
        return name;
    named = pid;
    return name = format("%s.%s.%ld.%llu", node_name(), boot_and_space(), pid, (unsigned long long)start_time(pid));
}
