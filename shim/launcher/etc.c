/* The generated files of a container's /etc: hosts, resolv.conf, hostname, and passwd and group where the image lacks them.
 *
 * Network and host name are the host's, so the files follow its own. They are copies in the container's folder: the container
 * may change its own. Part of the composer: reads only.
 */
#include "compose.h"
#include "files.h"
#include "guest.h"
#include <string.h>

#define LOCALHOST "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"

static void add_file(struct plan *p, const char *name, const char *content)
{
    char *guest = guest_canonical(p->image, format("/etc/%s", name));
    if (!guest)
        fail("cannot show /etc/%s: too many links in image %s", name, p->image_name);
    u32 readonly = p->flags & LPMX_CONTAINER_READONLY ? LPMX_BIND_RO : 0;
    char *own = format("etc.%s", name); /* plain "hosts" is a folder of the writable layer's own (upper.md section 2) */
    bind_add(p, guest, LPMX_BIND_FILE | readonly, false, name)->own = own;
    p->files[p->nfiles++] = (struct plan_file){own, content};
}

/* HOST:IP or HOST=IP, IP possibly in brackets or "host-gateway". */
static void add_host_line(struct text *out, const char *word)
{
    size_t host = strcspn(word, "=:");
    const char *ip = word[host] ? word + host + 1 : "";
    size_t len = strlen(ip);
    if (*ip == '[' && ip[len - 1] == ']') {
        ip = copy_text(ip + 1, len - 2);
    } else if (!strcmp(ip, "host-gateway")) {
        ip = "127.0.0.1"; /* the network is the host's */
    }
    if (!host || !*ip || ip[strspn(ip, "0123456789abcdefABCDEF.:%")])
        fail("cannot use --add-host \"%s\": it is written HOST:IP", word);
    text_format(out, "%s\t%.*s\n", ip, (int)host, word);
}

static const char *hosts_content(const struct plan *p, const struct parsed *c)
{
    struct text out = {0};
    const char *own = read_file("/etc/hosts", 1 << 20, NULL);
    text_add(&out, own ? own : LOCALHOST);
    if (out.at[out.len ? out.len - 1 : 0] != '\n')
        text_add(&out, "\n");
    if (parsed_value(c, FIELD_HOSTNAME))
        text_format(&out, "127.0.1.1\t%s\n", p->hostname);
    for (size_t k = 0; k < c->nuses; k++)
        if (c->uses[k].flag->field == FIELD_ADD_HOST)
            add_host_line(&out, c->uses[k].value);
    return out.at;
}

static bool image_lacks(const struct plan *p, const char *path)
{
    char *canonical = guest_canonical(p->image, path);
    return canonical && !guest_mode(p->image, canonical);
}

void etc_compose(struct plan *p, const struct parsed *c)
{
    const char *own;
    bool host = p->image->host;
    if (!host || parsed_value(c, FIELD_HOSTNAME) || parsed_value(c, FIELD_ADD_HOST))
        add_file(p, "hosts", hosts_content(p, c));
    if (!host || parsed_value(c, FIELD_HOSTNAME))
        add_file(p, "hostname", format("%s\n", p->hostname));
    if (host)
        return;
    own = read_file("/etc/resolv.conf", 1 << 20, NULL);
    add_file(p, "resolv.conf", own ? own : "");
    if (image_lacks(p, "/etc/passwd"))
        add_file(p, "passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n");
    if (image_lacks(p, "/etc/group"))
        add_file(p, "group", "root:x:0:\nnogroup:x:65534:\n");
}
