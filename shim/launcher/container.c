/* Making, finding and removing containers; see container.h. */
#include "container.h"
#include "bloom.h"
#include "compose.h"
#include "files.h"
#include "job.h"
#include "origin.h"
#include "places.h"
#include "random_name.h"
#include "sections.h"
#include "tree.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_ROOM (1 << 20) /* more than the folder of a container in memory takes */

static const struct plan *unfinished; /* to be undone when the making fails */

static const char *cidfile;           /* written for it */

static void undo(void)
{
    container_remove(unfinished, false);
    if (cidfile)
        unlink(cidfile);
}

static void must(int error, const char *what)
{
    if (error)
        fail("cannot make the container: %s: %s\nhint: the store is %s: set LPMX_HOME to a folder that you can write", what, strerror(-error), store_root());
}

static bool name_ok(const char *name)
{
    for (size_t k = 0; name[k]; k++) {
        bool letter = (name[k] | 32) >= 'a' && (name[k] | 32) <= 'z', digit = name[k] >= '0' && name[k] <= '9';
        if (!letter && !digit && (k == 0 || !strchr("_.-", name[k])))
            return false;
    }
    return name[0] && name[1] && strlen(name) < 200;
}

/* The link of a container that is gone, or that a process died in while making it, is taken over. */
static bool take_over(const char *link, char *holder, size_t cap)
{
    ssize_t len = readlink(link, holder, cap - 1);
    if (len < 0)
        return errno == ENOENT;
    holder[len] = 0;
    struct stat st;
    char *folder = format("%s/%s", store_root(), starts_with(holder, "../") ? holder + 3 : holder);
    if (access(join_path(folder, "meta.json"), F_OK) == 0)
        return false;
    if (stat(folder, &st) == 0 && st.st_mtime > time(NULL) - 60)
        return false; /* it is being made just now */
    unlink(link);
    return true;
}

static void take_name(struct plan *p, const char *given)
{
    char *target = format("../containers/%s", p->id), holder[128];
    if (!given && p->flags & LPMX_CONTAINER_RM) {
        p->name = random_name(); /* few ask for it: container_find looks for it where there is no link */
        return;
    }
    if (given && !name_ok(given))
        fail("invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", given);
    for (int tries = 0; tries < 100; tries++) {
        p->name = given ? given : random_name();
        char *link = format("%s/names/%s", store_root(), p->name);
        if (symlink(target, link) == 0)
            return;
        if (errno == ENOENT) {
            must(make_dirs(format("%s/names", store_root()), 0700), "names");
        } else if (errno != EEXIST) {
            must(-errno, link);
        } else if (!take_over(link, holder, sizeof holder) && given) {
            const char *slash = strrchr(holder, '/');
            p->name = NULL;
            fail("cannot make the container: the name \"%s\" is already in use by container %.12s\nhint: remove it (lpmx rm %s) or choose another", given,
                 slash ? slash + 1 : holder, given);
        }
    }
    fail("cannot make the container: no free name found");
}

char *container_entry(const char *id)
{
    return format("%s/containers/%s", store_root(), id);
}

char *container_folder(const char *id)
{
    char *entry = container_entry(id), link[PATH_MAX];
    ssize_t len = readlink(entry, link, sizeof link - 1);
    if (len > 0 && *link == '/') /* what follows a link of its own name would take a call per folder of the path */
        return copy_text(link, (size_t)len);
    return len < 0 && errno == EINVAL ? entry : NULL;
}

/* containers/<id>: the folder itself, or a link to it when `target` is given. */
static void make_entry(const struct plan *p, const char *target)
{
    char *entry = container_entry(p->id);
    for (int again = 0;; again++) {
        if (target ? symlink(target, entry) == 0 : mkdir(entry, 0700) == 0)
            return;
        must(errno == ENOENT && !again ? 0 : -errno, entry);
        must(make_dirs(format("%s/containers", store_root()), 0700), "its folder");
    }
}

static char *memory_folder(const char *id)
{
    return format("/dev/shm/lpmx-%lu.%s.%ld.%.16s", (unsigned long)getuid(), host_key(), (long)getpid(), id);
}

/* The folder of a --rm container is in memory: its dozen small files live for one run, and making an inode on a disk costs more
 * than the rest of a start. Not with a log, which may grow. */
static void make_folder(struct plan *p, bool in_memory)
{
    char *folder = memory_folder(p->id);
    struct statvfs fs;
    bool room = in_memory && statvfs("/dev/shm", &fs) == 0 && fs.f_bavail * fs.f_frsize >= MEMORY_ROOM && (!fs.f_files || fs.f_ffree > 64);
    in_memory = room && mkdir(folder, 0700) == 0;
    p->folder = in_memory ? folder : container_entry(p->id);
    unfinished = p;
    on_fail(undo);
    make_entry(p, in_memory ? folder : NULL);
    must(mkdir(join_path(p->folder, "state"), 0700) < 0 ? -errno : 0, "its folder");
    must(mkdir(join_path(p->folder, "state/live"), 0700) < 0 ? -errno : 0, "its folder");
}

/* The writable layer. A --rm container's lies on node-local scratch: nobody else needs to see it. */
static void make_tree(struct plan *p, bool live)
{
    const char *scratch = p->flags & LPMX_CONTAINER_RM && live ? scratch_dir() : NULL;
    p->tree = scratch ? format("%s/%s.%ld.%s", scratch, host_key(), (long)getpid(), p->id) : join_path(container_entry(p->id), "tree");
    p->tree_entry = scratch ? p->tree : format("containers/%s/tree", p->id);
    int error = scratch ? tree_take(p->tree) : mkdir(p->tree, 0700) < 0 ? -errno : tree_fill(p->tree);
    must(error, p->tree);
}

/* Before the container exists: whoever asked for the file knows of every container that does, whenever we are killed. */
static void write_cidfile(const struct plan *p, const struct parsed *c)
{
    const char *given = parsed_value(c, FIELD_CIDFILE), *path = given ? origin_file(given, "--cidfile") : NULL;
    int error = path ? write_file(path, p->id, strlen(p->id), 0644) : 0;
    if (error == -EEXIST)
        fail("container ID file found, make sure the other container isn't running or delete %s", path);
    if (error)
        fail("cannot write the container id to %s: %s", path, strerror(-error));
    cidfile = path;
}

void container_make(struct plan *p, const struct parsed *c, bool live)
{
    p->id = random_id();
    p->created = (u64)time(NULL);
    bool in_memory = p->flags & LPMX_CONTAINER_RM && live && scratch_dir() && !parsed_bool(c, FIELD_DETACH, false);
    make_folder(p, in_memory);
    if (live)
        container_enter(p->folder, "main");
    take_name(p, parsed_value(c, FIELD_NAME));
    make_tree(p, live);
    for (size_t k = 0; k < p->nfiles; k++)
        must(write_file(join_path(p->folder, p->files[k].name), p->files[k].content, strlen(p->files[k].content), 0644), p->files[k].name);
    binds_prepare(p, live);
    if (live && tree_shared(p->tree))
        bloom_enter(p);
    struct text plan = plan_encode(p);
    must(write_file(join_path(p->folder, "plan"), plan.at, plan.len, 0600), "plan");
    write_cidfile(p, c);
    const char *meta = plan_json(p, c->command->words);
    must(write_file(join_path(p->folder, "meta.json"), meta, strlen(meta), 0600), "meta.json");
    if (!(p->flags & LPMX_CONTAINER_RM))
        sync_folder(p->folder);
}

bool container_exists(const char *folder)
{
    return access(join_path(folder, "meta.json"), F_OK) == 0;
}

static char *find_by_id(const char *word)
{
    char *containers = format("%s/containers", store_root()), *found = NULL;
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, containers);
    while ((name = listing_next(&list, &type))) {
        char *folder = join_path(containers, name);
        if (!starts_with(name, word) || !container_exists(folder))
            continue;
        if (found)
            fail("the container id \"%s\" is ambiguous: give more digits (lpmx ps -a --no-trunc)", word);
        found = real_path(folder);
    }
    return found;
}

static char *find_by_plan(const char *word)
{
    char *containers = format("%s/containers", store_root());
    struct listing list;
    const char *name;
    u8 type;
    listing_open(&list, containers);
    while ((name = listing_next(&list, &type))) {
        char *folder = real_path(join_path(containers, name));
        struct plan p;
        if (type == DT_DIR || !folder || !container_exists(folder))
            continue;
        container_load(&p, folder);
        if (!strcmp(p.name, word))
            return folder;
    }
    return NULL;
}

char *container_find(const char *word)
{
    char *folder = real_path(format("%s/names/%s", store_root(), word));
    bool hex = *word && !word[strspn(word, "0123456789abcdef")];
    if (folder && !strchr(word, '/') && word[0] != '.' && container_exists(folder))
        return folder;
    folder = hex ? find_by_id(word) : NULL;
    if (!folder)
        folder = find_by_plan(word);
    if (!folder)
        fail("no such container: %s\nhint: lpmx ps -a lists them", word);
    return folder;
}

void container_load(struct plan *p, const char *folder)
{
    container_load_as(p, folder, join_path(folder, "plan"), store_root());
}

const char *container_plan_for(struct plan *p, const char *user, const char *workdir)
{
    const char *job = job_folder(p);
    if (!user && !workdir && !job && !p->looked_up)
        return NULL;
    if (workdir && *workdir != '/')
        fail("cannot use the working directory \"%s\": it has to be an absolute path in the container", workdir);
    p->user = user ? user : p->user;
    p->workdir = workdir ? clean_guest_path(workdir) : p->workdir;
    if (job) {
        bind_add(p, job, 0, false, job)->host = job;
        p->user = user ? user : job_user();
    }
    return container_plan_as(p, format("%s%s", job ? " " : "", job ? job : ""));
}

const char *container_plan_as(struct plan *p, const char *more)
{
    char *what = format("%s %s%s%s%s", p->user, p->workdir, more, p->looked_up ? "\n" : "", p->looked_up ? p->looked_up : "");
    char *path = format("%s/state/plan.%016llx", p->folder, (unsigned long long)text_hash(what));
    struct text bytes = plan_encode(p);
    int error = access(path, F_OK) == 0 ? 0 : replace_file(path, bytes.at, bytes.len, 0600);
    if (error)
        fail("cannot write %s: %s", path, strerror(-error));
    return path;
}

void container_load_as(struct plan *p, const char *folder, const char *path, const char *store)
{
    struct sections s;
    int error = sections_open(&s, path, LPMX_MAGIC_PLAN);
    u64 size = 0, room = 0;
    const struct lpmx_container *c = error ? NULL : sections_find(&s, LPMX_SEC_CONTAINER, &size);
    const struct lpmx_bind *binds = error ? NULL : sections_find(&s, LPMX_SEC_BINDS, &room);
    if (!c || size != sizeof *c || room / sizeof *binds > BINDS_MAX)
        fail("cannot read the plan %s: %s\nhint: make the container again", path, strerror(error ? -error : EINVAL));
    struct image *image = need(sizeof *image);
    image->id = sections_text(&s, c->image_id);
    image->host = c->flags & LPMX_CONTAINER_HOST;
    *p = (struct plan){.id = sections_text(&s, c->id), .name = sections_text(&s, c->name), .image = image,
                       .image_name = sections_text(&s, c->image_name), .folder = folder, .tree_entry = sections_text(&s, c->tree),
                       .index = sections_text(&s, c->index), .workdir = sections_text(&s, c->workdir), .user = sections_text(&s, c->user),
                       .hostname = sections_text(&s, c->hostname), .owner_uid = c->owner_uid, .owner_gid = c->owner_gid, .flags = c->flags,
                       .stop_signal = c->stop_signal, .created = c->created, .layers = sections_list(&s, LPMX_SEC_LAYERS),
                       .env = sections_list(&s, LPMX_SEC_ENV), .entrypoint = sections_list(&s, LPMX_SEC_ENTRYPOINT),
                       .cmd = sections_list(&s, LPMX_SEC_CMD), .grid = sections_list(&s, LPMX_SEC_GRID), .changes = c->changes, .changed = sections_list(&s, LPMX_SEC_CHANGES),
                       .entry = sections_list(&s, LPMX_SEC_ENTRY),
                       .brokered = sections_list(&s, LPMX_SEC_BROKER)};
    p->tree = join_path(store, p->tree_entry);
    for (u64 k = 0; k < room / sizeof *binds; k++)
        p->binds[p->nbinds++] = (struct plan_bind){
            .guest = sections_text(&s, binds[k].guest), .host = sections_text(&s, binds[k].host), .flags = binds[k].flags};
}

void container_load_image(struct plan *p)
{
    struct image *image = need(sizeof *image);
    if (image_find(p->image->id, image))
        p->image = image;
}

void container_record_exit(const char *folder, int status)
{
    char *record = format("{\"code\":%d,\"finished\":%lld}\n", status, (long long)time(NULL));
    int error = replace_file(join_path(folder, "state/exit"), record, strlen(record), 0600);
    if (error && error != -ENOENT)
        warn("the exit status of the container could not be recorded: %s", strerror(-error));
}

void container_joined(const char *folder)
{
    char *mark = join_path(folder, "state/joined");
    if (access(mark, F_OK) < 0)
        write_file(mark, "", 0, 0600);
}

void container_remove(const struct plan *p, bool nobody_left)
{
    if (!p->folder || !p->id)
        return;
    unlink(join_path(p->folder, "meta.json")); /* from here on it does not exist */
    if (p->name)
        unlink(format("%s/names/%s", store_root(), p->name));
    binds_clean(p);
    bool reuse = nobody_left && access(join_path(p->folder, "state/joined"), F_OK) < 0;
    int error = p->tree && !starts_with(p->tree, store_root()) ? (reuse ? tree_give_back(p->tree) : remove_tree(p->tree)) : 0;
    for (size_t k = 0; k < p->nbinds; k++)
        if (p->tree && p->binds[k].host && starts_with(p->binds[k].host, tree_volumes(p->tree)) && !error)
            error = remove_tree(tree_volumes(p->tree));
    int second = remove_tree(p->folder);
    unlink(container_entry(p->id)); /* when it was a link */
    if (error || second)
        warn("the container's folder %s could not be removed: %s", error ? p->tree : p->folder, strerror(error ? -error : -second));
}
