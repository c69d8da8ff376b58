/* The hand-over variable (contract.h): parsing and writing. Used by the engines, the exec planner and the launcher. */
#include "core.h"
#include "mem.h"
#include <errno.h>

int handover_parse(const char *value, struct handover *out)
{
    memset(out, 0, sizeof *out);
    while (*value) {
        unsigned letter = (unsigned)(*value++ - 'a');
        u64 len;
        if (letter >= 26 || !text_number(&value, &len) || *value != ':')
            return -EINVAL;
        value++;
        for (u64 i = 0; i < len; i++)
            if (!value[i])
                return -EINVAL;
        out->field[letter] = (struct handover_text){value, (u32)len};
        value += len;
    }
    const struct handover_text *abi = &HANDOVER(out, 'a');
    const char *at = abi->at;
    u64 v;
    if (!at || !text_number(&at, &v) || at != abi->at + abi->len || v != LPMX_ABI)
        return -EINVAL;
    return 0;
}

int handover_put(char *buf, size_t cap, size_t *pos, char letter, const char *text, size_t len)
{
    char head[24];
    head[0] = letter;
    unsigned n = 1 + text_decimal(head + 1, len);
    head[n++] = ':';
    size_t start = *pos;
    if (!text_add(buf, cap, pos, head, n) || !text_add(buf, cap, pos, text, len)) {
        *pos = start;
        if (start < cap)
            buf[start] = 0;
        return -E2BIG;
    }
    return 0;
}
