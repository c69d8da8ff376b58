/* Stands in for a GPU driver's libraries where no GPU is: LIBRARY 1 is libcuda.so.1, which opens libnvidia-ptxjitcompiler.so.1 by name as the real
 * one does, 2 is that, 3 is libnvidia-ml.so.1. Each knows its VERSION. The names of the functions are NVIDIA's (cuda.h, nvml.h).
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>

#if LIBRARY == 1
int cuInit(unsigned flags)
{
    void *jit = dlopen("libnvidia-ptxjitcompiler.so.1", RTLD_NOW);
    int (*version)(void) = jit ? (int (*)(void))dlsym(jit, "jitVersion") : NULL;
    return flags ? 1 : version && version() == VERSION ? 0 : 221; /* CUDA_ERROR_JIT_COMPILER_NOT_FOUND */
}

int cuDriverGetVersion(int *version)
{
    *version = VERSION;
    return 0;
}
#elif LIBRARY == 2
int jitVersion(void)
{
    return VERSION;
}
#else
int nvmlSystemGetDriverVersion(char *text, unsigned size)
{
    return snprintf(text, size, "%d.0", VERSION) < (int)size ? 0 : 7;
}
#endif
