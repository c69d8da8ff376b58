/* The formats that the core reads (contract.h): the path hash against its vectors, the hand-over's round trip, and plan, index and hand-over
 * damaged at random, which may be refused or misread but never crash. Options: --seed=N --count=N --long. */
#define _GNU_SOURCE
#include "../core/core.h"
#include "../core/hash.h"
#include "files.h"
#include "harness.h"
#include "model_image.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#pragma clang diagnostic ignored "-Wc23-extensions"
static const char vectors[] = {
#embed "../../tests/vectors/path_hash.json"
    , 0};

static char view_folder[4200];

/* ---- path hash */

/* The text of "name":"…" at or behind *at, moved behind it; false at the end. */
static bool json_field(const char **at, const char *name, char *out, size_t cap)
{
    char start[40];
    snprintf(start, sizeof start, "\"%s\":\"", name);
    const char *s = strstr(*at, start);
    if (!s)
        return false;
    s += strlen(start);
    size_t n = strcspn(s, "\"");
    if (n >= cap)
        die("a vector is too long");
    memcpy(out, s, n);
    out[n] = 0;
    *at = s + n;
    return true;
}

static void test_path_hash(void)
{
    static char hex[20000], path[10000];
    char seed[40], want[40];
    const char *at = vectors;
    unsigned count = 0, wrong = 0;
    while (json_field(&at, "path", hex, sizeof hex)) {
        size_t n = strlen(hex) / 2;
        if (!json_field(&at, "seed", seed, sizeof seed) || !json_field(&at, "hash", want, sizeof want))
            die("a vector has no seed or hash");
        for (size_t i = 0; i < n; i++) {
            char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
            path[i] = (char)strtoul(digits, NULL, 16);
        }
        struct path_hash h = hash_start(strtoull(seed, NULL, 16));
        size_t half = n / 2; /* the state can be continued anywhere */
        struct path_hash first = hash_more(h, path, half); /* also from the hash alone */
        u64 got = hash_end(hash_more(count & 1 ? hash_resume(hash_end(first)) : first, path + half, n - half));
        wrong += got != strtoull(want, NULL, 16);
        count++;
    }
    test_report("path hash", count >= 50 && !wrong, "%u vectors, %u wrong", count, wrong);
}

/* ---- hand-over */

/* A text that ends where memory ends: reading behind it is a crash. */
static char *at_the_edge(const char *text, size_t n)
{
    static char *memory;
    size_t size = 64 * 4096;
    if (!memory) {
        memory = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || mprotect(memory + size, 4096, PROT_NONE))
            die("no memory: %m");
    }
    return memcpy(memory + size - n, text, n);
}

static size_t random_handover(char *out, size_t cap, char field[26][64], u32 length[26])
{
    size_t pos = 0;
    handover_put(out, cap, &pos, 'a', "1", 1);
    for (int i = 1; i < 26; i++) {
        length[i] = random_below(2) ? random_below(60) + 1 : 0;
        for (u32 j = 0; j < length[i]; j++)
            field[i][j] = (char)(1 + random_below(255));
        if (length[i] && handover_put(out, cap, &pos, (char)('a' + i), field[i], length[i]))
            die("a field does not fit");
    }
    return pos;
}

static int try_handovers(void *arg)
{
    static char text[8192];
    char field[26][64];
    u32 length[26];
    struct handover h;
    for (long n = *(long *)arg; n; n--) {
        size_t size = random_handover(text, sizeof text, field, length);
        if (handover_parse(at_the_edge(text, size + 1), &h))
            return 1;
        for (int i = 1; i < 26; i++)
            if (h.field[i].len != length[i] || (length[i] && memcmp(h.field[i].at, field[i], length[i])))
                return 2;
        for (u32 i = 1 + random_below(4); i; i--)
            text[random_below((u32)size)] = (char)(random_below(3) ? '0' + random_below(12) : random_below(256));
        size = strlen(text);
        handover_parse(at_the_edge(text, size + 1), &h);
        text[random_below((u32)size + 1)] = 0;
        handover_parse(at_the_edge(text, strlen(text) + 1), &h);
    }
    return 0;
}

static void test_handover(long count)
{
    char small[8];
    size_t pos = 0;
    int fits = handover_put(small, sizeof small, &pos, 'x', "four", 4), not = handover_put(small, sizeof small, &pos, 'y', "", 0);
    test_report("hand-over: a field that does not fit", !fits && not == -E2BIG && pos == 7 && !strcmp(small, "x4:four"), NULL);
    int status = in_child(try_handovers, &count);
    test_report("hand-over: there and back, and damaged", !status, "%ld, %d", count, status);
}

/* ---- plan and index */

static struct damage {
    const char *file;
    size_t size;
    u8 bytes[1 << 17];
    char what[2000];
    int accepted;
} *damage;

static void note(const char *form, size_t at, u64 v)
{
    size_t n = strlen(damage->what);
    snprintf(damage->what + n, sizeof damage->what - n, form, at, (unsigned long long)v);
}

/* One change: a bit, a number, or the length; half of them at the start, where most of the numbers that matter are. */
static void change_once(u8 *bytes, size_t *size)
{
    static const u64 values[] = {0, 1, 2, 0xff, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff8, 0x100000000, 0x7fffffffffffffff, 0xffffffffffffffff};
    if (!*size)
        return;
    size_t reach = random_below(2) && *size > 160 ? 160 : *size, at = random_below((u32)reach);
    u64 v = random_below(2) ? values[random_below(sizeof values / sizeof *values)] : random_below((u32)*size + 16);
    switch (random_below(5)) {
    case 0:
        bytes[at] ^= (u8)(1 << random_below(8));
        note("bit in byte %zu (now %llu); ", at, bytes[at]);
        break;
    case 1: case 2:
        at &= ~3ul;
        if (at + 4 <= *size)
            memcpy(bytes + at, &v, 4);
        note("u32 at %zu = %llu; ", at, v & 0xffffffff);
        break;
    case 3:
        at &= ~7ul;
        if (at + 8 <= *size)
            memcpy(bytes + at, &v, 8);
        note("u64 at %zu = %llu; ", at, v);
        break;
    default:
        if (random_below(4))
            return;
        *size = at;
        note("cut to %zu; ", at, 0);
    }
}

/* Uses what it accepted: every kind of look-up that follows the file's references. */
static int use_damaged(void *arg)
{
    static const char *const paths[] = {"/f", "/d/c", "/chain", "/sda/../l", "/loop", "/null", "/none", "/tmp/m/m2/deep", "/d/e/x/none", "/"};
    static char buf[32768] __attribute__((aligned(8)));
    struct stat st;
    (void)arg;
    alarm(20);
    damage->accepted = !core_restart(view_folder);
    if (!damage->accepted)
        return 0;
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) {
        CALL2(call_core, SYS_stat, paths[i], &st);
        CALL2(call_core, SYS_lstat, paths[i], &st);
        CALL4(call_core, SYS_readlink, paths[i], buf, sizeof buf, 0);
        long fd = CALL4(call_core, SYS_open, paths[i], O_RDONLY | O_NONBLOCK, 0, 0);
        for (int n = 0; fd >= 0 && n < 4; n++)
            CALL4(call_core, SYS_getdents64, fd, buf, sizeof buf, 0);
        CALL2(call_core, SYS_chmod, paths[i], 0700);
        CALL2(call_core, SYS_rename, paths[i], "/n");
        CALL2(call_core, SYS_rmdir, paths[i], 0);
        CALL2(call_core, SYS_unlink, paths[i], 0);
        if (fd >= 0)
            CALL2(call_core, SYS_close, fd, 0);
    }
    CALL2(call_core, SYS_chdir, "/d/e", 0);
    CALL2(call_core, SYS_getcwd, buf, sizeof buf);
    return 0;
}

static int write_container(void *arg)
{
    (void)arg;
    image_container(model_image(false), view_folder, false);
    return 0;
}

static int write_damaged(void *arg)
{
    char path[5000];
    (void)arg;
    snprintf(path, sizeof path, "%s/%s", view_folder, damage->file);
    write_file(path, damage->bytes, damage->size);
    return 0;
}

static void read_original(const char *file, u8 *out, size_t *size)
{
    char path[5000];
    snprintf(path, sizeof path, "%s/%s", view_folder, file);
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, out, sizeof damage->bytes);
    if (n <= 0)
        die("cannot read %s: %m", path);
    close(fd);
    *size = (size_t)n;
}

static void test_damaged(const char *name, const char *file, long count)
{
    static u8 original[sizeof damage->bytes];
    size_t size;
    long accepted = 0;
    if (in_child(write_container, NULL))
        die("cannot write the container");
    read_original(file, original, &size);
    damage->file = file;
    for (long i = 0; i < count; i++) {
        memcpy(damage->bytes, original, size);
        damage->size = size;
        damage->what[0] = 0;
        for (u32 n = i ? 1 + random_below(3) : 0; n; n--)
            change_once(damage->bytes, &damage->size);
        int status = in_child(write_container, NULL) ? 1 : in_child(write_damaged, NULL);
        if (status)
            die("cannot write the damaged file");
        status = in_child(use_damaged, NULL);
        accepted += damage->accepted;
        if (!i && !damage->accepted)
            die("the undamaged %s is refused", file);
        if (status) {
            test_report(name, false, "number %ld (%s) ended with %d", i, damage->what, status);
            return;
        }
    }
    damage->size = size;
    memcpy(damage->bytes, original, size);
    if (in_child(write_damaged, NULL))
        die("cannot write the file back");
    test_report(name, true, "%ld, %ld of them not refused", count, accepted);
}

static int write_image(void *arg)
{
    (void)arg;
    make_folder(view_folder, 0755);
    image_write(model_image(false), view_folder);
    return 0;
}

int main(int argc, char **argv)
{
    test_start("formats", argc, argv);
    u64 seed = (u64)test_option("seed", (long)getpid() * 31);
    long count = test_option("count", test_long ? 20000 : 400);
    random_state = seed * 0x9e3779b97f4a7c15ull + 1;
    printf("seed %llu\n", (unsigned long long)seed);
    snprintf(view_folder, sizeof view_folder, "%s/store", test_folder);
    damage = shared_memory(sizeof *damage);
    test_path_hash();
    test_handover(count * 20);
    if (in_child(write_image, NULL))
        return 1;
    char layers[4300];
    snprintf(layers, sizeof layers, "%s/layers", view_folder);
    u64 before = hash_tree(layers, NULL);
    test_damaged("damaged plans", "container/plan", count);
    test_damaged("damaged indexes", "index", count);
    test_report("the layers do not change", hash_tree(layers, NULL) == before, NULL);
    return test_end();
}
