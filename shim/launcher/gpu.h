/* The host's part of a GPU: libraries and programs of its driver, shown in a container for as long as one entry of it lives. */
#ifndef LPMX_LAUNCHER_GPU_H
#define LPMX_LAUNCHER_GPU_H

#include "plan.h"

/* Which devices, as docker's --gpus writes it (docker/cli opts/gpus.go), brought into one form: "all", a number, or "device=LIST". NULL: none of
 * that ("0"). Fails on what means nothing here. */
const char *gpu_devices(const char *word);
/* Shows what this host has of the list ("gpu" or "rocm") in the plan. How much of it is the driver's own; `env` gets LD_LIBRARY_PATH where the
 * image has no folder that all of its programs search. */
size_t gpu_show(struct plan *p, struct list *env, const char *kind);
/* Tells programs which of the devices are theirs, as the field does it: NVIDIA_VISIBLE_DEVICES, CUDA_VISIBLE_DEVICES. */
void gpu_choose(struct list *env, const char *devices);

/* gpu_list.c: the entries of gpu.def and of the user's gpu.list for one kind. */
struct list gpu_list(const char *kind);
/* Where the user's list is to be (host path); not necessarily there. */
const char *gpu_list_path(void);

/* gpu_host.c: what this host has. Libraries as "NAME=PATH": all that the dynamic linker's cache knows (ldconfig -p) for x86-64, then what lies in
 * the folders of LD_LIBRARY_PATH and in /usr/local/nvidia/lib64. The first of a name counts. */
struct list gpu_libraries(void);
/* Whether a file is a library for x86-64. */
bool gpu_is_library(const char *path);
/* The files that a path with "*" in its last part stands for. */
struct list gpu_matching(const char *pattern);

#endif
