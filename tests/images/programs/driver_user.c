/* Programs over driver.c, by the name it is called by: nvidia-smi prints the version of the driver's management library, and `cuda` that of the
 * compute library and where it was found; with -m also every file that is mapped into it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *open_library(const char *name)
{
    void *library = dlopen(name, RTLD_NOW);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        exit(9);
    }
    return library;
}

static int management(void)
{
    char text[80];
    int (*version)(char *, unsigned) = (int (*)(char *, unsigned))dlsym(open_library("libnvidia-ml.so.1"), "nvmlSystemGetDriverVersion");
    if (!version || version(text, sizeof text))
        return 1;
    printf("Driver Version: %s\n", text);
    return 0;
}

static void print_maps(void)
{
    char line[4096], last[4096] = "";
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) {
        char *path = strchr(line, '/');
        if (path && strcmp(path, last))
            printf("map %s", strcpy(last, path));
    }
}

int main(int argc, char **argv)
{
    if (strstr(argv[0], "nvidia-smi"))
        return management();
    void *library = open_library("libcuda.so.1");
    int (*init)(unsigned) = (int (*)(unsigned))dlsym(library, "cuInit"), (*get)(int *) = (int (*)(int *))dlsym(library, "cuDriverGetVersion");
    int version, error = init(0);
    Dl_info where;
    if (error || get(&version) || !dladdr((void *)init, &where))
        return fprintf(stderr, "cuInit: %d\n", error), 1;
    printf("driver %d at %s\n", version, where.dli_fname);
    if (argc > 1 && !strcmp(argv[1], "-m"))
        print_maps();
    return 0;
}
