/* What an image shows at a guest path; see guest.h. */
#include "guest.h"
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40
#define FILE_MAX ((size_t)1 << 30)

static const struct lpmx_entry *find(const struct image *image, const char *canonical)
{
    const struct index *x = image_index(image);
    if (!strcmp(canonical, "/"))
        canonical = "";
    const char *name = strrchr(canonical, '/');
    name = name ? name + 1 : "";
    u64 hash = hash_end(hash_more(hash_start(x->head->seed), canonical, strlen(canonical)));
    return index_find(x, hash, name, strlen(name));
}

/* The host image: the longest existing beginning is resolved by the kernel. */
static char *canonical_on_host(const char *path)
{
    char *clean = clean_guest_path(path);
    for (size_t len = strlen(clean); len > 1;) {
        char *found = real_path(copy_text(clean, len));
        if (found)
            return clean_guest_path(join_path(found, clean + len + (clean[len] == '/')));
        while (len > 1 && clean[len - 1] != '/')
            len--;
        len -= len > 1;
    }
    return clean;
}

char *guest_canonical(const struct image *image, const char *path)
{
    if (image->host)
        return canonical_on_host(path);
    struct text out = {0};
    text_add(&out, "");
    const char *left = path;
    for (int links = 0; *left;) {
        size_t len = strcspn(left, "/");
        const char *part = left;
        left += len + (left[len] == '/');
        if (!len || (len == 1 && *part == '.'))
            continue;
        if (len == 2 && part[0] == '.' && part[1] == '.') {
            char *slash = strrchr(out.at, '/');
            out.len = slash ? (size_t)(slash - out.at) : 0;
            out.at[out.len] = 0;
            continue;
        }
        size_t parent = out.len;
        text_format(&out, "/%.*s", (int)len, part);
        const struct lpmx_entry *e = find(image, out.at);
        if (!e || !S_ISLNK(e->mode))
            continue;
        if (++links > LINKS_MAX)
            return NULL;
        const char *target = index_text(image_index(image), e->a, e->b);
        left = format("%s/%s", target, left);
        out.len = *target == '/' ? 0 : parent;
        out.at[out.len] = 0;
    }
    return out.len ? out.at : copy_text("/", 1);
}

u32 guest_mode(const struct image *image, const char *canonical)
{
    struct stat st;
    if (image->host)
        return lstat(canonical, &st) == 0 ? st.st_mode : 0;
    const struct lpmx_entry *e = find(image, canonical);
    return e ? e->mode : 0;
}

static char *host_path(const struct image *image, const struct lpmx_entry *e, const char *canonical)
{
    if (e->layer >= image->layers.n)
        fail("cannot read the index of image %s: it is damaged\nhint: load or pull the image again", image->name);
    return join_path(join_path(image->store, image->layers.at[e->layer]), canonical + 1);
}

char *guest_read(const struct image *image, const char *path, size_t max)
{
    char *canonical = guest_canonical(image, path);
    if (!canonical)
        return NULL;
    if (image->host)
        return read_file(canonical, max, NULL);
    const struct lpmx_entry *e = find(image, canonical);
    return e && S_ISREG(e->mode) && !(e->flags & LPMX_ENTRY_STUB) ? read_file(host_path(image, e, canonical), max, NULL) : NULL;
}

static int copy_entry(const struct image *image, const struct lpmx_entry *e, const char *canonical, const char *to)
{
    if (S_ISDIR(e->mode)) {
        if (mkdir(to, 0700) < 0)
            return -errno;
        int error = guest_copy(image, canonical, to);
        return error ? error : chmod(to, e->mode & 0777) < 0 ? -errno : 0;
    }
    if (S_ISLNK(e->mode))
        return symlink(index_text(image_index(image), e->a, e->b), to) < 0 ? -errno : 0;
    if (!S_ISREG(e->mode) || e->flags & LPMX_ENTRY_STUB)
        return 0; /* devices cannot be made by an ordinary user */
    size_t len;
    char *content = read_file(host_path(image, e, canonical), FILE_MAX, &len);
    if (!content)
        return -errno;
    int error = write_file(to, content, len, 0600);
    return error ? error : chmod(to, e->mode & 0777) < 0 ? -errno : 0;
}

int guest_copy(const struct image *image, const char *canonical, const char *to)
{
    const struct index *x = image_index(image);
    const struct lpmx_entry *dir = find(image, canonical);
    if (!dir || !S_ISDIR(dir->mode))
        return 0;
    if (dir->a > x->head->nentries || dir->b > x->head->nentries - dir->a)
        return -EINVAL;
    for (u32 k = dir->a; k < dir->a + dir->b; k++) {
        const struct lpmx_entry *e = &x->entries[k];
        const char *name = index_text(x, e->name, e->name_len);
        int error = copy_entry(image, e, format("%s/%s", strcmp(canonical, "/") ? canonical : "", name), join_path(to, name));
        if (error)
            return error;
    }
    return 0;
}
