/* Image references; see ref.h. Grammar: github.com/distribution/reference, reference.go. */
#include "ref.h"
#include <string.h>

#define NAME_MAX_LENGTH 255

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool all(const char *text, size_t len, bool (*is)(char))
{
    size_t k = 0;
    while (k < len && is(text[k]))
        k++;
    return k == len;
}

static bool is_alnum_lower(char c)
{
    return is_lower(c) || is_digit(c);
}

/* [a-z0-9]+ joined by one '.', one or two '_' or any number of '-' */
static bool component_ok(const char *at, size_t len)
{
    const char *end = at + len;
    while (at < end) {
        const char *from = at;
        while (at < end && is_alnum_lower(*at))
            at++;
        if (at == from)
            return false;
        if (at == end)
            return true;
        char mark = *at;
        from = at;
        while (at < end && *at == mark)
            at++;
        bool joined = mark == '.' ? at - from == 1 : mark == '_' ? at - from <= 2 : mark == '-';
        if (!joined)
            return false;
    }
    return false;
}

static bool path_ok(const char *at, size_t len)
{
    for (;;) {
        const char *slash = memchr(at, '/', len);
        size_t part = slash ? (size_t)(slash - at) : len;
        if (!component_ok(at, part))
            return false;
        if (!slash)
            return true;
        at += part + 1;
        len -= part + 1;
    }
}

static bool label_char(char c)
{
    return is_alnum_lower(c) || is_upper(c) || c == '-' || c == '.';
}

/* Host names (labels of letters, digits and inner dashes), IPv4, [IPv6]; with an optional port. */
static bool domain_ok(const char *at, size_t len)
{
    if (*at == '[') {
        const char *close = memchr(at, ']', len);
        if (!close || close == at + 1)
            return false;
        for (const char *c = at + 1; c < close; c++)
            if (!is_hex(*c) && *c != ':' && !(*c >= 'A' && *c <= 'F'))
                return false;
        len -= (size_t)(close + 1 - at);
        at = close + 1;
        return !len || (*at == ':' && len > 1 && all(at + 1, len - 1, is_digit));
    }
    const char *colon = memchr(at, ':', len);
    size_t host = colon ? (size_t)(colon - at) : len;
    if (!host || !all(at, host, label_char))
        return false;
    for (size_t k = 0; k < host; k++) {
        bool first = k == 0 || at[k - 1] == '.', last = k + 1 == host || at[k + 1] == '.';
        if ((at[k] == '-' && (first || last)) || (at[k] == '.' && (first || last)))
            return false;
    }
    return !colon || (len - host > 1 && all(colon + 1, len - host - 1, is_digit));
}

static bool tag_ok(const char *at, size_t len)
{
    if (!len || len > 128 || *at == '.' || *at == '-')
        return false;
    for (size_t k = 0; k < len; k++)
        if (!label_char(at[k]) && at[k] != '_')
            return false;
    return true;
}

/* algorithm ":" hex, at least 32 digits; sha256 and sha512 must have theirs */
static bool digest_ok(const char *at)
{
    const char *colon = strchr(at, ':');
    if (!colon || colon == at || !(is_lower(*at) || is_upper(*at)))
        return false;
    for (const char *c = at; c < colon; c++)
        if (!is_alnum_lower(*c) && !is_upper(*c) && !strchr("-_+.", *c))
            return false;
    size_t hex = strlen(colon + 1);
    if (starts_with(at, "sha256:") && hex != 64)
        return false;
    if (starts_with(at, "sha512:") && hex != 128)
        return false;
    return hex >= 32 && all(colon + 1, hex, is_hex);
}

/* The first component names a registry only if it looks like a host. */
static bool has_domain(const char *name, size_t first)
{
    if (memchr(name, '.', first) || memchr(name, ':', first))
        return true;
    for (size_t k = 0; k < first; k++)
        if (is_upper(name[k]))
            return true;
    return first == 9 && !memcmp(name, "localhost", 9);
}

bool ref_is_id(const char *text, const char **hex)
{
    *hex = starts_with(text, "sha256:") ? text + 7 : text;
    size_t len = strlen(*hex);
    return len >= 1 && len <= 64 && all(*hex, len, is_hex);
}

/* Why a path of a name is refused, in the words that help most. */
static const char *path_problem(const char *path, size_t len)
{
    for (size_t k = 0; k < len; k++)
        if (is_upper(path[k]))
            return "repository name must be lowercase";
    return "invalid reference format";
}

char *ref_normalise(const char *reference, const char **why)
{
    const char *at = strchr(reference, '@');
    size_t len = at ? (size_t)(at - reference) : strlen(reference);
    const char *hex;
    *why = "invalid reference format";
    if (!len || (at && !digest_ok(at + 1)))
        return NULL;
    if (!at && len == 64 && ref_is_id(reference, &hex)) {
        *why = "this is an image id, not a name";
        return NULL;
    }
    const char *slash = memchr(reference, '/', len);
    size_t first = slash ? (size_t)(slash - reference) : 0;
    const char *domain = "docker.io", *path = reference;
    size_t domain_len = 9;
    if (slash && has_domain(reference, first)) {
        if (!domain_ok(reference, first))
            return NULL;
        domain = reference;
        domain_len = first;
        path = slash + 1;
        if (first == 15 && !memcmp(domain, "index.docker.io", 15))
            domain += 6, domain_len = 9;
    }
    size_t path_len = len - (size_t)(path - reference);
    const char *colon = memchr(path, ':', path_len);
    const char *tag = NULL;
    size_t tag_len = 0;
    if (colon) {
        tag = colon + 1;
        tag_len = path_len - (size_t)(tag - path);
        path_len = (size_t)(colon - path);
        if (!tag_ok(tag, tag_len))
            return NULL;
    }
    if (!path_ok(path, path_len)) {
        *why = path_problem(path, path_len);
        return NULL;
    }
    bool official = domain_len == 9 && !memcmp(domain, "docker.io", 9) && !memchr(path, '/', path_len);
    char *name = format("%.*s/%s%.*s", (int)domain_len, domain, official ? "library/" : "", (int)path_len, path);
    if (strlen(name) > NAME_MAX_LENGTH) {
        *why = "repository name must not be more than 255 characters";
        return NULL;
    }
    if (at)
        return format("%s%s", name, at);
    return format("%s:%.*s", name, tag ? (int)tag_len : 6, tag ? tag : "latest");
}
