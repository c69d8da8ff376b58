/* What of a driver is shown: gpu.def, and what the user says about it; see gpu.h. */
#include "files.h"
#include "gpu.h"
#include "places.h"
#include <errno.h>
#include <string.h>

static const struct {
    const char *kind, *entry;
} built_in[] = {
#define GPU(entry) {"gpu", entry},
#define ROCM(entry) {"rocm", entry},
#include "gpu.def"
};

const char *gpu_list_path(void)
{
    const char *folder = setting("XDG_CONFIG_HOME"), *home = user_home();
    if (folder && *folder == '/')
        return format("%s/lpmx/gpu.list", folder);
    return home ? format("%s/.config/lpmx/gpu.list", home) : NULL;
}

static void remove_entry(struct list *list, const char *entry)
{
    struct list kept = {0};
    for (size_t k = 0; strcmp(entry, "*") && k < list->n; k++)
        if (strcmp(list->at[k] + (*list->at[k] == '?'), entry))
            list_add(&kept, list->at[k]);
    *list = kept;
}

static void take_line(struct list *list, const char *line, const char *path, size_t number)
{
    const char *name = line + (*line == '?' || *line == '-');
    if (!*name || (*name != '/' && strchr(name, '/')))
        fail("cannot use line %zu of %s: \"%s\" is neither a name nor a path from /", number, path, line);
    if (*line == '-')
        remove_entry(list, name);
    else
        list_add(list, line);
}

struct list gpu_list(const char *kind)
{
    struct list list = {0};
    for (size_t k = 0; k < sizeof built_in / sizeof *built_in; k++)
        if (!strcmp(built_in[k].kind, kind))
            list_add(&list, built_in[k].entry);
    const char *path = gpu_list_path(), *section = "gpu";
    char *at = path ? read_file(path, 1 << 20, NULL) : NULL;
    if (path && !at && errno != ENOENT && errno != ENOTDIR)
        fail("cannot read %s: %s", path, strerror(errno));
    for (size_t number = 1, len; at && *at; at += len + (at[len] == '\n'), number++) {
        len = strcspn(at, "\n");
        size_t skip = strspn(at, " \t"), end = len;
        while (end > skip && strchr(" \t\r", at[end - 1]))
            end--;
        char *line = copy_text(at + (skip < end ? skip : end), skip < end ? end - skip : 0);
        if (!strcmp(line, "[rocm]") || !strcmp(line, "[gpu]"))
            section = copy_text(line + 1, strlen(line) - 2);
        else if (*line && *line != '#' && !strcmp(section, kind))
            take_line(&list, line, path, number);
    }
    return list;
}
