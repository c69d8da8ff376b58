/* Ids and names for new containers; see random_name.h. The surnames are of people who worked on biology, numbers or machines. */
#include "random_name.h"
#include "base.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const adjectives[] = {
    "able",    "agile",   "amber",  "apt",     "avid",   "azure",  "bold",    "brave",  "brief",  "bright", "brisk",   "calm",   "candid",
    "civil",   "clear",   "clever", "cosmic",  "cosy",   "crisp",  "daring",  "deft",   "dewy",   "eager",  "earnest", "elated", "fair",
    "faithful", "fleet",  "fond",   "frank",   "free",   "fresh",  "gentle",  "giddy",  "glad",   "golden", "grand",   "green",  "happy",
    "hardy",   "hopeful", "humble", "ideal",   "jolly",  "jovial", "keen",    "kind",   "lively", "loyal",  "lucid",   "lucky",  "merry",
    "mild",    "modest",  "neat",   "nimble",  "noble",  "patient", "placid", "plucky", "polite", "prime",  "proud",   "quick",  "quiet",
    "rapid",   "ready",   "robust", "rosy",    "serene", "sharp",  "silent",  "silver", "sleek",  "snug",   "sober",   "spry",   "steady",
    "stoic",   "sturdy",  "subtle", "sunny",   "swift",  "tender", "tidy",    "trusty", "upbeat", "vivid",  "warm",    "wise",   "witty",
};
static const char *const surnames[] = {
    "anning",   "avery",    "babbage", "banting",   "bateson",  "bohr",      "boole",    "borlaug",  "boveri",    "brenner",   "carson",
    "chargaff", "church",   "cori",    "crick",     "curie",    "darwin",    "dayhoff",  "delbruck", "dijkstra",  "doudna",    "einstein",
    "elion",    "erdos",    "euler",   "fisher",    "fleming",  "florey",    "franklin", "galton",   "gauss",     "gosling",   "haldane",
    "hamming",  "harvey",   "hershey", "hilbert",   "hodgkin",  "hooke",     "hopper",   "huxley",   "jacob",     "jenner",    "johnson",
    "karle",    "khorana",  "kilby",   "kimura",    "klug",     "knuth",     "koch",     "kolmogorov", "kornberg", "krebs",    "lamarr",
    "lederberg", "levi",    "linnaeus", "lovelace", "luria",    "lwoff",     "margulis", "mcclintock", "mendel",  "miescher",  "monod",
    "morgan",   "mullis",   "naur",    "needleman", "nirenberg", "noether",  "nusslein", "ochoa",    "pasteur",   "pauling",   "perutz",
    "ramanujan", "sanger",  "shannon", "smith",     "sturtevant", "sulston", "szostak",  "tatum",    "turing",    "ukkonen",   "varmus",
    "venter",   "virchow",  "wald",    "wallace",   "waterman", "watson",    "weaver",   "wilkins",  "woese",     "wright",    "wunsch",
};

static void random_bytes(u8 *out, size_t len)
{
    if (syscall(SYS_getrandom, out, len, 0) == (long)len) /* since 3.17 */
        return;
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, out, len);
    if (fd >= 0)
        close(fd);
    if (got != (ssize_t)len)
        fail("cannot make an id: no random numbers from the kernel or /dev/urandom: %s", strerror(errno));
}

char *random_id(void)
{
    u8 bytes[32];
    char *id = need(65);
    random_bytes(bytes, sizeof bytes);
    for (size_t k = 0; k < 64; k++)
        id[k] = "0123456789abcdef"[bytes[k / 2] >> (k % 2 ? 0 : 4) & 15];
    return id;
}

char *random_name(void)
{
    u8 r[4];
    random_bytes(r, sizeof r);
    size_t a = (size_t)(r[0] << 8 | r[1]) % (sizeof adjectives / sizeof *adjectives);
    size_t s = (size_t)(r[2] << 8 | r[3]) % (sizeof surnames / sizeof *surnames);
    return format("%s_%s", adjectives[a], surnames[s]);
}
