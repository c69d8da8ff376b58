/* Unpacking the payload into a cache folder; see unpack.h.
 *
 * <candidate>/<payload hash>/PIECE. Each piece appears by temporary file and rename and is never altered afterwards, so any
 * number of processes, also on other hosts, may unpack into one folder at once; flock only keeps them from doing it all
 * together. What makes a folder complete: for the native group the file lpmx-start, for the engine its program, unpacked last.
 */
#include "unpack.h"
#include "files.h"
#include "payload.h"
#include "places.h"
#include "self.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define START_PIECE "lpmx-start"

struct candidate {
    char *dir;      /* to hold <payload hash>/ */
    char *shared;   /* "<shared folder>/lpmx-<uid>", to be ours alone; NULL elsewhere */
    const char *why; /* it cannot be used */
};

static struct {
    const char *lpmx, *version, *self;
    char *const *argv;
} command; /* what this program stands for, when it is one */

void lpmx_stand_for(const char *lpmx, const char *version, const char *self, char *const *argv)
{
    command.lpmx = lpmx;
    command.version = version;
    command.self = self;
    command.argv = argv;
}

const char *lpmx_path(void)
{
    static const char *found;
    if (!command.self)
        return self_path();
    const char *other = setting("LPMX_EXE");
    if (!found && command.lpmx && access(command.lpmx, X_OK) == 0)
        found = command.lpmx;
    if (!found)
        found = other && access(other, X_OK) == 0 ? other : find_on_path("lpmx");
    return found;
}

/* The pieces are nowhere: the lpmx that has them goes on in our place. */
static _Noreturn void call_lpmx(void)
{
    const char *lpmx = lpmx_path();
    struct list args = {0};
    list_add(&args, "lpmx");
    list_add(&args, "__call");
    list_add(&args, command.self);
    for (char *const *word = command.argv; *word; word++)
        list_add(&args, *word);
    if (lpmx && strcmp(lpmx, command.self))
        execv(lpmx, (char **)args.at);
    fail("cannot run %s: lpmx is no longer at %s\nhint: put it on PATH, or set LPMX_EXE to where it is", command.self, command.lpmx);
}

const char *cache_version(void)
{
    static char key[65];
    if (command.self)
        return command.version ? command.version : "";
    if (!payload_footer())
        return "";
    for (int k = 0; k < 64 && !key[63]; k++)
        key[k] = "0123456789abcdef"[payload_footer()->hash[k / 2] >> (k % 2 ? 0 : 4) & 15];
    return key;
}

static void add_candidate(struct candidate *list, int *n, char *dir, char *shared)
{
    list[(*n)++] = (struct candidate){dir, shared, NULL};
}

/* In the order of preference; at most 7. */
static int candidates(struct candidate *list)
{
    int n = 0;
    const char *value = setting("LPMX_CACHE");
    if (value && *value == '/')
        add_candidate(list, &n, copy_text(value, strlen(value)), NULL);
    value = setting("XDG_CACHE_HOME");
    if (value && *value == '/')
        add_candidate(list, &n, join_path(value, "lpmx"), NULL);
    if ((value = user_home()))
        add_candidate(list, &n, join_path(value, ".cache/lpmx"), NULL);
    const char *self = lpmx_path();
    const char *slash = self ? strrchr(self, '/') : NULL;
    if (slash)
        add_candidate(list, &n, format("%.*s/.lpmx-cache", (int)(slash - self), self), NULL);
    const char *shared[] = {setting("TMPDIR"), "/var/tmp", "/tmp"};
    for (int k = 0; k < 3; k++) {
        if (!shared[k] || *shared[k] != '/')
            continue;
        char *own = format("%s/lpmx-%lu", shared[k], (unsigned long)getuid());
        add_candidate(list, &n, join_path(own, "cache"), own);
    }
    return n;
}

/* Under /tmp anybody could have made the folder first and put programs there. */
static bool is_ours(const struct candidate *c)
{
    struct stat st;
    return !c->shared || (lstat(c->shared, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == getuid() && !(st.st_mode & 022));
}

char *engine_program(const char *dir, const char *piece)
{
    return format("%s/%s-%016llx", dir, piece, (unsigned long long)text_hash(dir));
}

static const char *engine_piece(void)
{
    return payload_footer()->engine == LPMX_ENGINE_DENO ? "deno" : "engine";
}

static bool complete(const char *dir, u32 group)
{
    /* X_OK is also denied on a file system mounted noexec. */
    if (access(join_path(dir, START_PIECE), X_OK) < 0)
        return false;
    return group != LPMX_PIECE_ENGINE || access(engine_program(dir, engine_piece()), X_OK) == 0;
}

/* The compiled engine reads its own file, so it cannot be an argument of ld.so: its PT_INTERP is made to name ours. A compiled
 * program never reads its section headers; the path is put in their place, so that nothing else moves. */
static bool set_interpreter(u8 *file, u64 size, const char *path)
{
    Elf64_Ehdr *head = (Elf64_Ehdr *)file;
    u64 len = strlen(path) + 1;
    if (size < sizeof *head || memcmp(head->e_ident, ELFMAG, SELFMAG) || head->e_phentsize != sizeof(Elf64_Phdr) ||
        head->e_phoff > size || (size - head->e_phoff) / sizeof(Elf64_Phdr) < head->e_phnum || head->e_phoff % 8)
        return false;
    u64 room = (u64)head->e_shnum * head->e_shentsize;
    if (head->e_shoff > size || room > size - head->e_shoff || len > room)
        return false;
    Elf64_Phdr *program = (Elf64_Phdr *)(file + head->e_phoff);
    for (int k = 0; k < head->e_phnum; k++) {
        if (program[k].p_type != PT_INTERP)
            continue;
        memset(file + head->e_shoff, 0, room);
        memcpy(file + head->e_shoff, path, len);
        program[k].p_offset = head->e_shoff;
        program[k].p_filesz = program[k].p_memsz = len;
        head->e_shoff = 0;
        head->e_shentsize = head->e_shnum = head->e_shstrndx = 0;
        return true;
    }
    return false;
}

/* The verified content of a piece in private memory. */
static u8 *piece_content(const struct lpmx_piece *p, const u8 *file)
{
    size_t room = p->size;
    u8 *out = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (out == MAP_FAILED)
        fail("cannot unpack lpmx: out of memory (%zu bytes)\nhint: raise the limit on memory (ulimit -v)", room);
    int error = 0;
    if (p->codec == LPMX_CODEC_RAW)
        memcpy(out, file + p->offset, p->size);
    else
        error = payload_zstd(out, p->size, file + p->offset, p->packed);
    u8 hash[32];
    payload_sha256(hash, out, p->size);
    if (error || memcmp(hash, p->sha256, sizeof hash))
        fail("cannot unpack lpmx: its piece %s is damaged\nhint: copy the file again", p->name);
    return out;
}

static int place_piece(const char *dir, const struct lpmx_piece *p, const u8 *file, bool *placed)
{
    char *target = p->flags & LPMX_PIECE_EXEC ? engine_program(dir, p->name) : join_path(dir, p->name);
    if (access(target, F_OK) == 0)
        return 0;
    char *parent = copy_text(target, (size_t)(strrchr(target, '/') - target));
    int error = make_dirs(parent, 0755);
    if (error)
        return error;
    u8 *content = piece_content(p, file);
    if (p->flags & LPMX_PIECE_EXEC && !set_interpreter(content, p->size, join_path(dir, "rt/ld-linux-x86-64.so.2")))
        fail("cannot unpack lpmx: the path of the cache folder %s is too long\nhint: set LPMX_CACHE to a shorter one", dir);
    char *temp = format("%s/.tmp-%s-%ld", dir, host_key(), (long)getpid());
    unlink(temp);
    error = write_file(temp, content, p->size, 0600);
    munmap(content, p->size);
    if (!error && (chmod(temp, p->mode & 0777) < 0 || rename(temp, target) < 0))
        error = -errno;
    if (error)
        unlink(temp);
    *placed = !error;
    return error;
}

/* What killed processes left: of this host when the process is gone, of others after a day. */
static void sweep(const char *dir)
{
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, dir);
    while ((name = listing_next(&list, &type))) {
        char key[17];
        struct stat st;
        if (!starts_with(name, ".tmp-") || strlen(name) < 23)
            continue;
        memcpy(key, name + 5, 16);
        key[16] = 0;
        char *path = join_path(dir, name);
        bool dead = !strcmp(key, host_key()) && kill((pid_t)strtol(name + 22, NULL, 10), 0) < 0 && errno == ESRCH;
        if (dead || (lstat(path, &st) == 0 && st.st_mtime < time(NULL) - 86400))
            unlink(path);
    }
}

/* Where there was no room for the engine its smaller pieces are not left in the way. */
static void take_back(const char *dir, const struct lpmx_piece *pieces, const bool *placed)
{
    for (u32 k = 0; k < payload_footer()->count; k++)
        if (placed[k])
            unlink(join_path(dir, pieces[k].name));
    rmdir(join_path(dir, "rt"));
}

static const char *unpack_pieces(const char *dir, u32 group)
{
    const u8 *file;
    const struct lpmx_piece *pieces = payload_pieces(&file);
    int lock = open(join_path(dir, ".lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock >= 0)
        flock(lock, LOCK_EX); /* where flock does not work everybody unpacks: slower, not wrong */
    int error = 0;
    bool *placed = need(payload_footer()->count);
    /* The program that makes the group complete comes last. */
    for (int last = 0; last < 2 && !error; last++)
        for (u32 k = 0; k < payload_footer()->count && !error; k++) {
            const struct lpmx_piece *p = &pieces[k];
            bool closing = p->flags & LPMX_PIECE_EXEC || !strcmp(p->name, START_PIECE);
            if ((p->flags & (group | LPMX_PIECE_NATIVE)) && closing == last)
                error = place_piece(dir, p, file, &placed[k]);
        }
    if (error && !complete(dir, group))
        take_back(dir, pieces, placed);
    sweep(dir);
    if (lock >= 0)
        close(lock);
    return error ? strerror(-error) : complete(dir, group) ? NULL : "programs cannot be started there (noexec)";
}

static const char *try_unpack(struct candidate *c, u32 group)
{
    struct statvfs fs;
    if (c->shared && mkdir(c->shared, 0700) < 0 && errno != EEXIST)
        return strerror(errno);
    if (!is_ours(c))
        return "belongs to somebody else";
    int error = make_dirs(c->dir, 0755);
    char *dir = join_path(c->dir, cache_version());
    if (!error)
        error = make_dirs(dir, 0755);
    if (error)
        return strerror(-error);
    if (statvfs(dir, &fs) == 0 && fs.f_flag & ST_NOEXEC)
        return "mounted noexec";
    return unpack_pieces(dir, group);
}

static const char *find_or_unpack(u32 group)
{
    struct candidate list[8];
    if (!payload_footer() && !command.self)
        fail("cannot start: this lpmx carries no payload\nhint: use the file that the build makes, dist/lpmx");
    int n = candidates(list);
    for (int k = 0; k < n; k++) {
        char *dir = join_path(list[k].dir, cache_version());
        if (complete(dir, group) && is_ours(&list[k]))
            return dir;
    }
    if (command.self)
        call_lpmx();
    struct text tried = {0};
    for (int k = 0; k < n; k++) {
        list[k].why = try_unpack(&list[k], group);
        if (!list[k].why)
            return join_path(list[k].dir, cache_version());
        text_format(&tried, "%s%s: %s", tried.len ? "; " : "", list[k].dir, list[k].why);
    }
    fail("cannot unpack lpmx anywhere (%s)\nhint: set LPMX_CACHE to a folder with %s free", tried.at ? tried.at : "no folder to try",
         group == LPMX_PIECE_ENGINE ? "120 MB" : "1 MB");
}

const char *cache_with(u32 group)
{
    static const char *native;
    if (group == LPMX_PIECE_NATIVE && native)
        return native;
    const char *dir = find_or_unpack(group);
    if (group == LPMX_PIECE_NATIVE)
        native = dir;
    return dir;
}
