/* Scratch memory for what does not fit a small stack: long paths and the argument lists of exec. Slots of a fixed pool, then raw
 * mmap. A slot taken by a thread that left its call by siglongjmp is lost; the pool is therefore not the only source. */
#include "state.h"
#include <sys/mman.h>

struct slot *slot_get(struct core *c)
{
    for (unsigned i = 0; i < sizeof c->slots / sizeof *c->slots; i++) {
        u32 free = 0;
        if (__atomic_compare_exchange_n(&c->slots[i].busy, &free, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return &c->slots[i];
    }
    long r = sys6(SYS_mmap, 0, sizeof(struct slot), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return r < 0 && r > -4096 ? NULL : (struct slot *)r;
}

void slot_put(struct core *c, struct slot *s)
{
    if (s >= c->slots && s < c->slots + sizeof c->slots / sizeof *c->slots)
        __atomic_store_n(&s->busy, 0, __ATOMIC_RELEASE);
    else
        sys2(SYS_munmap, s, sizeof *s);
}
