/* Finding images in the stores; see store.h. refs.tab and records are written by the engine only (src/store). */
#include "store.h"
#include "files.h"
#include "places.h"
#include "ref.h"
#include "sections.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_record(const char *store, const char *id, struct image *out)
{
    struct sections s;
    char *path = format("%s/images/%s.rec", store, id);
    int error = sections_open(&s, path, LPMX_MAGIC_IMAGE);
    if (error == -ENOENT)
        return false; /* removed since refs.tab was read */
    u64 size = 0;
    const struct lpmx_image *image = error ? NULL : sections_find(&s, LPMX_SEC_IMAGE, &size);
    if (!image || size != sizeof *image)
        fail("cannot read the image record %s: %s\nhint: load or pull the image again", path, strerror(error ? -error : EINVAL));
    *out = (struct image){
        .id = sections_text(&s, image->id),
        .name = sections_text(&s, image->name),
        .store = store,
        .index = sections_text(&s, image->index),
        .workdir = sections_text(&s, image->workdir),
        .user = sections_text(&s, image->user),
        .stop_signal = image->stop_signal,
        .layers = sections_list(&s, LPMX_SEC_LAYERS),
        .env = sections_list(&s, LPMX_SEC_ENV),
        .entrypoint = sections_list(&s, LPMX_SEC_ENTRYPOINT),
        .cmd = sections_list(&s, LPMX_SEC_CMD),
        .volumes = sections_list(&s, LPMX_SEC_VOLUMES),
    };
    return true;
}

static const char *find_name(const struct sections *s, const char *name)
{
    u64 size;
    const struct lpmx_ref *refs = sections_find(s, LPMX_SEC_REFS, &size);
    u64 low = 0, high = size / sizeof *refs;
    while (low < high) {
        u64 middle = (low + high) / 2;
        int order = strcmp(sections_text(s, refs[middle].ref), name);
        if (!order)
            return sections_text(s, refs[middle].id);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The one id that begins with hex; NULL when there is none. */
static const char *find_id(const struct sections *s, const char *hex)
{
    u64 size;
    const u32 *ids = sections_find(s, LPMX_SEC_IDS, &size);
    const char *found = NULL;
    for (u64 k = 0; k < size / sizeof *ids; k++) {
        const char *id = sections_text(s, ids[k]);
        if (!starts_with(id, hex))
            continue;
        if (found)
            fail("the image id \"%s\" is ambiguous: give more digits (lpmx images --no-trunc)", hex);
        found = id;
    }
    return found;
}

/* A store that does not exist is an empty one. */
static bool open_refs(const char *store, struct sections *s)
{
    int error = sections_open(s, join_path(store, "refs.tab"), LPMX_MAGIC_REFS);
    if (error && error != -ENOENT && error != -ENOTDIR)
        fail("cannot read %s/refs.tab: %s\nhint: check the store (LPMX_HOME, LPMX_STORES)", store, strerror(-error));
    return !error;
}

bool image_find(const char *word, struct image *out)
{
    const char *why, *hex, *id;
    if (!strcmp(word, HOST_IMAGE)) {
        *out = (struct image){.host = true, .id = HOST_IMAGE, .name = HOST_IMAGE, .store = store_root(), .workdir = "", .user = ""};
        return true;
    }
    char *name = ref_normalise(word, &why);
    bool can_be_id = ref_is_id(word, &hex);
    if (!name && !can_be_id)
        fail("cannot use the image name \"%s\": %s\nhint: it is written [HOST[:PORT]/]NAME[:TAG][@sha256:DIGEST]", word, why);
    const struct list *extra = extra_stores();
    struct sections s;
    for (size_t k = 0; k <= extra->n; k++) {
        const char *store = k ? extra->at[k - 1] : store_root();
        if (!open_refs(store, &s))
            continue;
        if (name && (id = find_name(&s, name)) && read_record(store, id, out))
            return true;
        if (can_be_id && (id = find_id(&s, hex)) && read_record(store, id, out))
            return true;
    }
    return false;
}

const struct index *image_index(const struct image *image)
{
    static struct index index;
    static const char *mapped;
    if (mapped == image->index && mapped)
        return &index;
    char *path = join_path(image->store, image->index);
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *map = MAP_FAILED;
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (fd >= 0)
        close(fd);
    if (map == MAP_FAILED || index_attach(&index, map, (u64)st.st_size) || !index_ended(&index))
        fail("cannot read the index %s of image %s: it is missing or damaged\nhint: load or pull the image again", path, image->name);
    mapped = image->index;
    return &index;
}
