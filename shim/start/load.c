/* Maps an ELF program and its interpreter as execve would (fs/binfmt_elf.c is the reference), and jumps into it.
 *
 * Runs once per process, before the guest: on its stack, where the guest touches the same pages next, and static only for what hardly any program
 * needs. Position-independent programs go where mmap puts them; the heap is ours (behind our bss), which every libc accepts.
 */
#include "../preload/preload.h"
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE 4096UL
#define PAGE_DOWN(x) ((x) & ~(PAGE - 1))
#define PAGE_UP(x) PAGE_DOWN((x) + PAGE - 1)
#define HEADERS_MAX 128
#define PATH_MAX_GUEST 4096
#define NOREPLACE 0x100000 /* MAP_FIXED_NOREPLACE, Linux 4.17; older kernels take it as a hint */

/* The first bytes of a file: its headers, and mostly the name of its interpreter. */
struct start {
    union {
        char bytes[1024];
        Elf64_Ehdr head;
    };
    u64 have;
};

struct image {
    const Elf64_Ehdr *head;
    const Elf64_Phdr *part;
    u64 low, high; /* page-rounded span of the PT_LOAD segments, before the bias */
    u64 align;
    u64 bias;
};

static bool is_error(long value)
{
    return value < 0 && value > -4096;
}

static long read_exactly(int fd, void *to, size_t n, u64 offset)
{
    size_t got = 0;
    while (got < n) {
        long r = sys4(SYS_pread64, fd, (char *)to + got, n - got, offset + got);
        if (r == -EINTR)
            continue;
        if (r <= 0)
            return r ? r : -ENOEXEC;
        got += (size_t)r;
    }
    return 0;
}

/* Sets the span of the segments, having looked at each. */
static long measure(struct image *im)
{
    im->low = ~0UL;
    im->high = 0;
    im->align = PAGE;
    for (int i = 0; i < im->head->e_phnum; i++) {
        const Elf64_Phdr *p = &im->part[i];
        if (p->p_type != PT_LOAD || !p->p_memsz)
            continue;
        bool sane = p->p_filesz <= p->p_memsz && p->p_vaddr + p->p_memsz >= p->p_vaddr && p->p_vaddr + p->p_memsz < 1UL << 47;
        if (!sane || (p->p_vaddr - p->p_offset) % PAGE)
            return -ENOEXEC;
        if (PAGE_DOWN(p->p_vaddr) < im->low)
            im->low = PAGE_DOWN(p->p_vaddr);
        if (PAGE_UP(p->p_vaddr + p->p_memsz) > im->high)
            im->high = PAGE_UP(p->p_vaddr + p->p_memsz);
        if (p->p_align > im->align && !(p->p_align & (p->p_align - 1)))
            im->align = p->p_align;
    }
    return im->high > im->low ? 0 : -ENOEXEC;
}

/* `more` is for a table that does not lie in the first bytes. */
static long read_headers(int fd, struct image *im, struct start *at, Elf64_Phdr more[HEADERS_MAX])
{
    long r;
    while ((r = sys4(SYS_pread64, fd, at->bytes, sizeof at->bytes, 0)) == -EINTR)
        ;
    at->have = r < 0 ? 0 : (u64)r;
    if (r < (long)sizeof at->head)
        return r < 0 ? r : -ENOEXEC;
    const Elf64_Ehdr *h = im->head = &at->head;
    bool ours = !memcmp(h->e_ident, ELFMAG, SELFMAG) && h->e_ident[EI_CLASS] == ELFCLASS64 && h->e_machine == EM_X86_64;
    if (!ours || (h->e_type != ET_EXEC && h->e_type != ET_DYN) || h->e_phentsize != sizeof(Elf64_Phdr))
        return -ENOEXEC;
    if (!h->e_phnum || h->e_phnum > HEADERS_MAX)
        return -ENOEXEC;
    u64 size = h->e_phnum * sizeof(Elf64_Phdr);
    bool here = h->e_phoff % 8 == 0 && h->e_phoff <= at->have && at->have - h->e_phoff >= size;
    im->part = here ? (const Elf64_Phdr *)(at->bytes + h->e_phoff) : more;
    r = here ? 0 : read_exactly(fd, more, size, h->e_phoff);
    return r ? r : measure(im);
}

static int rights(const Elf64_Phdr *p)
{
    return (p->p_flags & PF_R ? PROT_READ : 0) | (p->p_flags & PF_W ? PROT_WRITE : 0) | (p->p_flags & PF_X ? PROT_EXEC : 0);
}

/* The first segment of an ordinary program: it begins the span, is not written to, and the others follow in order. NULL if there is none. */
static const Elf64_Phdr *first_segment(const struct image *im)
{
    const Elf64_Phdr *first = NULL;
    u64 end = im->low;
    for (int i = 0; i < im->head->e_phnum; i++) {
        const Elf64_Phdr *p = &im->part[i];
        if (p->p_type != PT_LOAD || !p->p_memsz)
            continue;
        if (PAGE_DOWN(p->p_vaddr) < end || (!first && p->p_filesz != p->p_memsz))
            return NULL;
        first = first ? first : p;
        end = PAGE_UP(p->p_vaddr + p->p_memsz);
    }
    return first && im->align == PAGE && PAGE_DOWN(first->p_vaddr) == im->low && !(first->p_flags & PF_W) ? first : NULL;
}

/* Takes the whole span, so that segments cannot land in a hole that something else took, and sets the bias. The first segment is mapped by that,
 * if it can be: *done. */
static long reserve(int fd, struct image *im, const Elf64_Phdr **done)
{
    u64 span = im->high - im->low;
    bool fixed = im->head->e_type == ET_EXEC;
    u64 more = fixed ? 0 : im->align - PAGE;
    const Elf64_Phdr *p = *done = first_segment(im);
    int flags = MAP_PRIVATE | (p ? 0 : MAP_ANONYMOUS | MAP_NORESERVE) | (fixed ? NOREPLACE : 0);
    long from = p ? (long)PAGE_DOWN(p->p_offset) : 0;
    long at = sys6(SYS_mmap, fixed ? (long)im->low : 0, (long)(span + more), p ? rights(p) : PROT_NONE, flags, p ? fd : -1, from);
    if (is_error(at))
        return at;
    if (fixed && (u64)at != im->low) {
        sys2(SYS_munmap, at, span);
        return -EEXIST;
    }
    u64 base = ((u64)at + more) & ~(im->align - 1);
    if (fixed)
        base = (u64)at;
    if (base > (u64)at)
        sys2(SYS_munmap, at, base - (u64)at);
    if ((u64)at + more > base)
        sys2(SYS_munmap, base + span, (u64)at + more - base);
    im->bias = base - im->low;
    return 0;
}

static long map_segment(int fd, const Elf64_Phdr *p, u64 bias)
{
    int prot = rights(p);
    u64 start = bias + p->p_vaddr, file_end = start + p->p_filesz, end = start + p->p_memsz;
    u64 at = PAGE_DOWN(start), file_map = PAGE_UP(file_end), map = PAGE_UP(end);
    if (p->p_filesz) {
        u64 offset = p->p_offset - (start - at);
        long r = sys6(SYS_mmap, (long)at, (long)(file_map - at), prot, MAP_PRIVATE | MAP_FIXED, fd, (long)offset);
        if (is_error(r))
            return r;
        if (p->p_memsz > p->p_filesz && prot & PROT_WRITE) /* the rest of the last page is bss */
            memset((void *)file_end, 0, (map < file_map ? map : file_map) - file_end);
        at = file_map;
    }
    if (map > at) {
        long r = sys6(SYS_mmap, (long)at, (long)(map - at), prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (is_error(r))
            return r;
    }
    return 0;
}

/* What the first segment's mapping shows between the others is nobody's. */
static void close_gaps(const struct image *im)
{
    u64 end = im->low;
    for (int i = 0; i < im->head->e_phnum; i++) {
        const Elf64_Phdr *p = &im->part[i];
        if (p->p_type != PT_LOAD || !p->p_memsz)
            continue;
        if (PAGE_DOWN(p->p_vaddr) > end)
            sys3(SYS_mprotect, im->bias + end, PAGE_DOWN(p->p_vaddr) - end, PROT_NONE);
        if (PAGE_UP(p->p_vaddr + p->p_memsz) > end)
            end = PAGE_UP(p->p_vaddr + p->p_memsz);
    }
}

static long map_image(int fd, struct image *im)
{
    const Elf64_Phdr *done;
    long r = reserve(fd, im, &done);
    for (int i = 0; !r && i < im->head->e_phnum; i++)
        if (im->part[i].p_type == PT_LOAD && im->part[i].p_memsz && &im->part[i] != done)
            r = map_segment(fd, &im->part[i], im->bias);
    if (!r && done)
        close_gaps(im);
    return r;
}

/* The preload engine's part: nothing has executed this code yet. */
static long rewrite_image(int fd, const struct image *im, bool trusted, struct loaded *out)
{
    long r = 0;
    for (int i = 0; preload_on && !r && i < im->head->e_phnum; i++) {
        const Elf64_Phdr *p = &im->part[i];
        u64 skip = p->p_vaddr % PAGE;
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_X) || !p->p_filesz)
            continue;
        struct mapped m = {im->bias + p->p_vaddr - skip, PAGE_UP(p->p_filesz + skip), fd, p->p_offset - skip, trusted};
        r = rewrite_mapping(&m, rights(p));
        out->unchangeable = r;
    }
    return r;
}

/* Where the program headers are in memory: PT_PHDR, else the segment that holds them. */
static u64 headers_address(const struct image *im)
{
    u64 at = im->low + im->head->e_phoff;
    for (int i = 0; i < im->head->e_phnum; i++) {
        const Elf64_Phdr *p = &im->part[i];
        if (p->p_type == PT_PHDR)
            return im->bias + p->p_vaddr;
        if (p->p_type == PT_LOAD && p->p_offset <= im->head->e_phoff && im->head->e_phoff < p->p_offset + p->p_filesz)
            at = im->head->e_phoff - p->p_offset + p->p_vaddr;
    }
    return im->bias + at;
}

/* Every Go program has its build id in a note of the name "Go". */
static bool is_go(const struct image *im)
{
    for (int i = 0; i < im->head->e_phnum; i++) {
        const Elf64_Phdr *p = &im->part[i];
        const Elf64_Nhdr *note = (const void *)(im->bias + p->p_vaddr);
        if (p->p_type == PT_NOTE && p->p_filesz >= sizeof *note + 4 && note->n_namesz == 4 && !memcmp(note + 1, "Go\0", 4))
            return true;
    }
    return false;
}

/* Old programs and some compilers' nested functions run code on the stack; the kernel made ours without that right. */
static void allow_stack_code(const struct stack *s)
{
    sys3(SYS_mprotect, PAGE_DOWN((u64)s->sp), PAGE, PROT_READ | PROT_WRITE | PROT_EXEC | PROT_GROWSDOWN);
}

/* The interpreter's name: in the first bytes of the program, or read. NULL and *error when it cannot be had. */
static const char *interpreter_name(const Elf64_Phdr *p, int program, const struct start *at, long *error)
{
    static char path[PATH_MAX_GUEST];
    *error = -ENOEXEC;
    if (p->p_filesz < 2 || p->p_filesz > sizeof path)
        return NULL;
    if (p->p_offset <= at->have && at->have - p->p_offset >= p->p_filesz)
        return at->bytes[p->p_offset + p->p_filesz - 1] ? NULL : at->bytes + p->p_offset;
    *error = read_exactly(program, path, p->p_filesz, p->p_offset);
    if (*error || !path[p->p_filesz - 1])
        return *error ? NULL : path;
    *error = -ENOEXEC;
    return NULL;
}

static __attribute__((noinline)) long load_interpreter(struct core *c, const char *path, struct image *im, struct loaded *out)
{
    static Elf64_Phdr parts[HEADERS_MAX];
    struct start at;
    int fd = core_open_guest(c, path);
    if (fd < 0)
        return fd;
    long r = read_headers(fd, im, &at, parts);
    if (!r)
        r = map_image(fd, im);
    if (!r)
        r = rewrite_image(fd, im, true, out);
    sys1(SYS_close, fd);
    out->entry = im->bias + at.head.e_entry;
    return r == -ENOEXEC ? -ELIBBAD : r;
}

/* Interpreter and rights of the stack, as the program's headers want them. */
static long prepare(struct core *c, struct stack *s, int fd, const struct image *program, const struct start *at, struct loaded *out)
{
    struct image interpreter = {.high = 0};
    long r = 0;
    for (int i = 0; !r && i < program->head->e_phnum; i++) {
        const Elf64_Phdr *p = &program->part[i];
        if (p->p_type == PT_GNU_STACK && p->p_flags & PF_X)
            allow_stack_code(s);
        if (p->p_type != PT_INTERP || interpreter.high)
            continue;
        const char *path = interpreter_name(p, fd, at, &r);
        if (!path)
            return r;
        r = load_interpreter(c, path, &interpreter, out);
        if (r && (path = core_keep(c, path, (u32)strlen(path))))
            out->what = path;
        stack_set_aux(s, AT_BASE, interpreter.bias + interpreter.low);
    }
    return r;
}

long load_program(struct core *c, struct stack *s, int fd, const char *guest, struct loaded *out)
{
    static Elf64_Phdr parts[HEADERS_MAX];
    struct start at;
    struct image program;
    out->what = guest;
    out->unchangeable = false;
    long r = read_headers(fd, &program, &at, parts);
    if (!r)
        r = map_image(fd, &program);
    if (r) {
        sys1(SYS_close, fd);
        return r;
    }
    out->entry = program.bias + at.head.e_entry;
    out->low = program.bias + program.low;
    out->high = program.bias + program.high;
    out->is_go = is_go(&program);
    stack_set_aux(s, AT_BASE, 0);
    stack_set_aux(s, AT_ENTRY, out->entry);
    r = prepare(c, s, fd, &program, &at, out);
    if (!r)
        r = rewrite_image(fd, &program, false, out);
    sys1(SYS_close, fd);
    stack_set_aux(s, AT_PHDR, headers_address(&program));
    stack_set_aux(s, AT_PHENT, sizeof(Elf64_Phdr));
    stack_set_aux(s, AT_PHNUM, at.head.e_phnum);
    return r;
}

void load_jump(u64 entry, long *sp)
{
    register u64 to __asm__("r11") = entry;
    __asm__ volatile("movq %1,%%rsp\n"
                     "  xorl %%eax,%%eax\n  xorl %%ebx,%%ebx\n  xorl %%ecx,%%ecx\n  xorl %%edx,%%edx\n"
                     "  xorl %%esi,%%esi\n  xorl %%edi,%%edi\n  xorl %%ebp,%%ebp\n"
                     "  xorl %%r8d,%%r8d\n  xorl %%r9d,%%r9d\n  xorl %%r10d,%%r10d\n"
                     "  xorl %%r12d,%%r12d\n  xorl %%r13d,%%r13d\n  xorl %%r14d,%%r14d\n  xorl %%r15d,%%r15d\n"
                     "  cld\n  jmpq *%0\n"
                     : : "r"(to), "r"(sp) : "memory");
    __builtin_unreachable();
}
