/* Showing the host's part of a GPU in a container; see gpu.h and docs/decisions/0015-driver-libraries.md.
 *
 * Libraries go into the folder where the image's own C library is: the dynamic linker searches that one last, after LD_LIBRARY_PATH, RUNPATH and
 * the image's ld.so.cache, and without any variable. Everything here is a bind of a plan that lives as long as the entry: no file is made.
 */
#include "gpu.h"
#include "entry.h"
#include "files.h"
#include "guest.h"
#include "origin.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN_FOLDER "/usr/local/lpmx/gpu" /* where an image has no C library in a usual place */

struct showing {
    struct plan *p;
    struct list libraries;
    const char *folder; /* guest path for libraries */
    size_t shown;       /* how much of the driver's own */
};

static bool image_has(const struct plan *p, const char *guest)
{
    struct stat st;
    return (p->image->index && guest_mode(p->image, guest)) || lstat(format("%s/upper%s", p->tree, guest), &st) == 0;
}

/* A host file at a guest path. True when it is there, by us or by the user. */
static bool show(struct showing *s, const char *guest, const char *host, bool own)
{
    struct stat st;
    struct plan *p = s->p;
    const char *canonical = p->image->index ? guest_canonical(p->image, guest) : guest;
    if (!host || stat(host, &st) < 0 || !canonical)
        return false;
    bool plain = S_ISREG(st.st_mode); /* clients of a driver's service write to its sockets and pipes */
    if (own || !image_has(p, canonical))
        entry_bind(p, canonical, host, (plain ? LPMX_BIND_RO : 0) | (S_ISDIR(st.st_mode) ? 0 : LPMX_BIND_FILE));
    return true;
}

/* Libraries of the container's own world, whatever a list says: a second one in a process ends it. */
static bool is_the_images(const char *name)
{
    static const char *const names[] = {"libc.so", "libm.so", "libmvec.so", "libdl.so", "librt.so", "libpthread.so", "libresolv.so", "libutil.so",
                                        "libanl.so", "libnsl.so", "libnss_", "libthread_db.so", "ld-linux", "libgcc_s.so", "libstdc++.so"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (starts_with(name, names[k]))
            return true;
    return false;
}

static void show_library(struct showing *s, const char *name, const char *path, bool own)
{
    if (is_the_images(name)) {
        warn("%s is not shown: a container's programs need their own", name);
        return;
    }
    char *guest = format("%s/%s", s->folder, name), *host = real_path(path);
    if (host && gpu_is_library(host) && show(s, guest, host, own))
        s->shown += own;
}

/* "libcuda.so" stands for libcuda.so, libcuda.so.1 and libcuda.so.550.54.14. */
static void show_libraries(struct showing *s, const char *entry, bool own)
{
    size_t len = strlen(entry);
    for (size_t k = 0; k < s->libraries.n; k++) {
        const char *found = s->libraries.at[k], *path = strchr(found, '=');
        size_t name = (size_t)(path - found);
        if (name >= len && !memcmp(found, entry, len) && (name == len || found[len] == '.'))
            show_library(s, copy_text(found, name), path + 1, own);
    }
}

static void show_program(struct showing *s, const char *name, bool own)
{
    static const char *const usual[] = {"/usr/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/local/nvidia/bin", "/opt/rocm/bin"};
    const char *program = find_on_path(name);
    for (size_t k = 0; !program && k < sizeof usual / sizeof *usual; k++)
        program = access(join_path(usual[k], name), X_OK) == 0 ? join_path(usual[k], name) : NULL;
    show(s, format("/usr/bin/%s", name), program ? real_path(program) : NULL, own);
}

static void show_files(struct showing *s, const char *pattern, bool own)
{
    struct list files = gpu_matching(pattern);
    for (size_t k = 0; k < files.n; k++) {
        const char *path = files.at[k], *name = strrchr(path, '/') + 1;
        if (strstr(name, ".so") && gpu_is_library(path))
            show_library(s, name, path, own);
        else
            show(s, path, real_path(path), own);
    }
}

/* The folder of the image's C library, NULL when it has none where those of Debian, Red Hat, SUSE and Arch are. */
static const char *library_folder(const struct image *image)
{
    static const char *const usual[] = {"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/usr/lib", "/lib"};
    for (size_t k = 0; image->index && k < sizeof usual / sizeof *usual; k++) {
        char *folder = guest_canonical(image, usual[k]);
        if (folder && guest_mode(image, format("%s/libc.so.6", folder)))
            return folder;
    }
    return NULL;
}

static void append_folder(struct list *env, const char *folder)
{
    const char *own = env_get(env, "LD_LIBRARY_PATH");
    env_put(env, own && *own ? format("LD_LIBRARY_PATH=%s:%s", own, folder) : format("LD_LIBRARY_PATH=%s", folder));
}

size_t gpu_show(struct plan *p, struct list *env, const char *kind)
{
    struct showing s = {.p = p, .libraries = gpu_libraries(), .folder = library_folder(p->image)};
    struct list entries = gpu_list(kind);
    bool apart = !s.folder;
    if (apart)
        s.folder = OWN_FOLDER;
    for (size_t k = 0; k < entries.n; k++) {
        bool own = *entries.at[k] != '?';
        const char *entry = entries.at[k] + !own;
        if (*entry == '/')
            show_files(&s, entry, own);
        else if (strstr(entry, ".so"))
            show_libraries(&s, entry, own);
        else
            show_program(&s, entry, own);
    }
    if (apart && s.shown)
        append_folder(env, OWN_FOLDER);
    return s.shown;
}

static _Noreturn void wrong(const char *word, const char *why)
{
    fail("cannot use --gpus \"%s\": %s\nhint: it is written all, a number, or device=0,1", word, why);
}

/* The next field of a line of comma-separated values (RFC 4180); *at is behind it, NULL at the end. */
static char *next_field(const char **at)
{
    struct text out = {0};
    const char *s = *at;
    bool quoted = false;
    text_add(&out, "");
    for (; *s && (quoted || *s != ','); s++) {
        if (*s == '"' && quoted && s[1] == '"')
            text_put(&out, s++, 1);
        else if (*s == '"')
            quoted = !quoted;
        else
            text_put(&out, s, 1);
    }
    *at = *s ? s + 1 : NULL;
    return out.at;
}

const char *gpu_devices(const char *word)
{
    const char *devices = NULL, *count = NULL;
    u64 number = 0;
    for (const char *at = word; at;) {
        char *field = next_field(&at);
        bool keyed = strchr(field, '=') != NULL;
        if (!keyed && devices && *field)
            devices = format("%s,%s", devices, field); /* written without the quotes that docker wants */
        else if (starts_with(field, "device="))
            devices = field + strlen("device=");
        else if (!keyed || starts_with(field, "count="))
            count = keyed ? field + strlen("count=") : field;
        else if (starts_with(field, "driver=") && strcmp(field + strlen("driver="), "nvidia"))
            wrong(word, "only NVIDIA's driver can be chosen (for AMD's there is --rocm)");
        else if (!starts_with(field, "driver=") && !starts_with(field, "capabilities=") && !starts_with(field, "options="))
            wrong(word, "it is not understood");
    }
    if (devices && count)
        wrong(word, "both a number of devices and their names are given");
    if (devices && strcmp(devices, "all") && (!*devices || devices[strspn(devices, "0123456789abcdefABCDEFGIMPU-,:/")]))
        wrong(word, "that is no list of devices");
    if (devices)
        return strcmp(devices, "all") ? format("device=%s", devices) : "all";
    if (!count || !strcmp(count, "all") || !strcmp(count, "-1"))
        return "all";
    if (!parse_number(count, 1024, &number))
        wrong(word, "it is not understood");
    return number ? format("%llu", (unsigned long long)number) : NULL;
}

/* The first `count` of what the caller may use, a batch job's devices for one. */
static const char *first_devices(u64 count)
{
    const char *callers = env_get(origin_env(), "CUDA_VISIBLE_DEVICES");
    struct text out = {0};
    for (u64 k = 0; k < count; k++) {
        size_t len = callers ? strcspn(callers, ",") : 0;
        if (callers && !len)
            break;
        text_add(&out, k ? "," : "");
        if (callers)
            text_put(&out, callers, len);
        else
            text_format(&out, "%llu", (unsigned long long)k);
        if (callers)
            callers += len + (callers[len] == ',');
    }
    return out.at ? out.at : "";
}

void gpu_choose(struct list *env, const char *devices)
{
    const char *callers = env_get(origin_env(), "CUDA_VISIBLE_DEVICES");
    const char *list = starts_with(devices, "device=") ? devices + strlen("device=") : NULL;
    u64 count;
    if (!list && parse_number(devices, 1024, &count))
        list = first_devices(count);
    env_put(env, format("NVIDIA_VISIBLE_DEVICES=%s", list ? list : "all"));
    if (list)
        env_put(env, format("CUDA_VISIBLE_DEVICES=%s", list));
    else if (callers && !env_get(env, "CUDA_VISIBLE_DEVICES"))
        env_put(env, format("CUDA_VISIBLE_DEVICES=%s", callers));
}
