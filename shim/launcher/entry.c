/* Looking up at entry what the plan only names; see entry.h. */
#include "entry.h"
#include "compose.h"
#include "container.h"
#include "gpu.h"
#include "store.h"
#include <string.h>

/* podman's names of devices (Container Device Interface, "vendor/class=name"), one a flag. */
static void take_device(struct plan *p, const char *value)
{
    static const char gpu[] = "nvidia.com/gpu=";
    const char *before = env_get(&p->entry, "gpu"), *name = value + sizeof gpu - 1;
    if (!starts_with(value, gpu))
        note("--device has no effect: the host's /dev is shown, with the caller's rights");
    else if (!strcmp(name, "all") || (before && !strcmp(before, "all")))
        env_put(&p->entry, "gpu=all");
    else
        env_put(&p->entry, format("gpu=%s", gpu_devices(before && starts_with(before, "device=") ? format("%s,%s", before, name) : format("device=%s", name))));
}

void entry_take(struct plan *p, const struct parsed *c)
{
    for (size_t k = 0; k < c->nuses; k++) {
        const char *value = c->uses[k].value;
        bool on = !strcmp(value, "true");
        switch (c->uses[k].flag->field) {
        case FIELD_GPU:
            env_put(&p->entry, on ? "gpu=all" : "gpu");
            break;
        case FIELD_GPUS:
            value = gpu_devices(value);
            env_put(&p->entry, value ? format("gpu=%s", value) : "gpu");
            break;
        case FIELD_DEVICE:
            take_device(p, value);
            break;
        case FIELD_RUNTIME:
            if (!strcmp(value, "nvidia"))
                env_put(&p->entry, "gpu=all");
            else
                note("--runtime has no effect: lpmx is the only runtime");
            break;
        case FIELD_NV:
            env_put(&p->entry, on ? "nv=all" : "nv");
            break;
        case FIELD_ROCM:
            env_put(&p->entry, on ? "rocm=all" : "rocm");
            break;
        case FIELD_X11:
            env_put(&p->entry, on ? "x11=yes" : "x11");
            break;
        }
    }
}

void entry_bind(struct plan *p, const char *guest, const char *host, u32 flags)
{
    const struct plan_bind *there = plan_bind_at(p, guest);
    if (there && (!strcmp(there->guest, guest) || !strcmp(plan_bind_path(there, guest), host)))
        return;
    if (p->nbinds == BINDS_MAX)
        fail("cannot show %s: a container has at most %d mounts, and here more are needed\nhint: mount a folder above those that you mount", host, BINDS_MAX);
    bind_add(p, guest, flags | LPMX_BIND_MAP, false, guest)->host = host;
}

/* The image as the store has it: of a container that is there already only the id is known. */
static void know_image(struct plan *p)
{
    struct image *image = need(sizeof *image);
    if (!p->image->host && !p->image->index && image_find(p->image->id, image))
        p->image = image;
}

static void nothing_found(const char *word, bool must)
{
    const char *path = gpu_list_path();
    if (!must)
        warn("%s: no driver library was found by ldconfig: going on without", word);
    else
        fail("%s: no driver library was found by ldconfig\nhint: install the driver on this host, or name its libraries in %s", word,
             path ? path : "lpmx/gpu.list of $XDG_CONFIG_HOME");
}

static void show_gpu(struct plan *p, struct list *env)
{
    const char *gpu = env_get(&p->entry, "gpu"), *nv = env_get(&p->entry, "nv");
    bool rocm = env_get(&p->entry, "rocm");
    know_image(p);
    if ((gpu || nv) && !p->image->host && !gpu_show(p, env, "gpu"))
        nothing_found(gpu ? "--gpu" : "--nv", gpu);
    if (gpu || nv)
        gpu_choose(env, gpu ? gpu : nv);
    if (rocm && !p->image->host && !gpu_show(p, env, "rocm"))
        nothing_found("--rocm", false);
}

void entry_resolve(struct plan *p, struct list *env, const struct parsed *c)
{
    size_t before = p->nbinds;
    struct list own = {0};
    if (!p->entry.n)
        return;
    for (size_t k = 0; k < env->n; k++)
        list_add(&own, env->at[k]);
    *env = own;
    if (env_get(&p->entry, "gpu") || env_get(&p->entry, "nv") || env_get(&p->entry, "rocm"))
        show_gpu(p, env);
    if (env_get(&p->entry, "x11"))
        x11_show(p, env, c, c && parsed_bool(c, FIELD_X11, false));
    struct text added = {0};
    for (size_t k = before; k < p->nbinds; k++)
        text_format(&added, "%s=%s\n", p->binds[k].guest, p->binds[k].host);
    p->looked_up = added.at;
}

const char *entry_plan(struct plan *p, struct list *env, const struct parsed *c)
{
    entry_resolve(p, env, c);
    return p->looked_up ? container_plan_as(p, "") : NULL;
}
