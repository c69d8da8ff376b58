/* Prints the system call instructions that the preload engine finds in the code of ELF files, one address each as objdump -d has them: `tool_sites
 * [-t] FILE…`; -t: trusted to hold nothing but code, as the engine trusts a libc. For tests only. */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "../preload/length.c"
#include "../preload/scan.c"
#include "../start/decode.c"

static bool all(u32 nr)
{
    (void)nr;
    return true;
}

static void print_section(const u8 *file, const Elf64_Shdr *s, bool trusted)
{
    u32 size = (u32)s->sh_size, most = size / 2 + 1;
    u8 *marks = calloc(1, size / 8 + 1);
    struct scan_site *sites = malloc(most * sizeof *sites);
    int n = marks && sites ? scan_text(file + s->sh_offset, size, trusted, all, marks, sites, most) : -1;
    if (n < 0)
        exit(1);
    for (int i = 0; i < n; i++)
        printf("%llx\n", (unsigned long long)(s->sh_addr + sites[i].call));
    free(marks);
    free(sites);
}

int main(int argc, char **argv)
{
    bool trusted = argc > 1 && !strcmp(argv[1], "-t");
    for (int i = 1 + trusted; i < argc; i++) {
        struct stat st;
        int fd = open(argv[i], O_RDONLY);
        const u8 *file = fd < 0 || fstat(fd, &st) < 0 ? MAP_FAILED : mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (file == MAP_FAILED || memcmp(file, ELFMAG, SELFMAG)) {
            fprintf(stderr, "tool_sites: %s is no ELF file that can be read\n", argv[i]);
            return 1;
        }
        const Elf64_Ehdr *head = (const void *)file;
        const Elf64_Shdr *s = (const void *)(file + head->e_shoff);
        for (int k = 0; k < head->e_shnum; k++)
            if (s[k].sh_type == SHT_PROGBITS && s[k].sh_flags & SHF_EXECINSTR)
                print_section(file, &s[k], trusted);
    }
    return 0;
}
