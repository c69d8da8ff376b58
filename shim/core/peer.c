/* Who another process of the real user is inside: every contained process has that written in its auxv (LPMX_AUX_USER), which the kernel keeps and
 * shows to those who might debug it. A process that is not contained, or lets nobody look (PR_SET_DUMPABLE), tells nothing. */
#include "ops.h"
#include "proctext.h"

bool peer_user(u64 pid, u32 *euid, u32 *egid)
{
    u64 aux[64];
    int fd = pid ? proctext_open(pid, "auxv") : -ENOENT;
    if (fd < 0)
        return false;
    long n = sys3(SYS_read, fd, aux, sizeof aux) / 8;
    sys1(SYS_close, fd);
    for (long i = 0; i + 1 < n && aux[i]; i += 2)
        if (aux[i] == LPMX_AUX_USER) {
            *euid = (u32)(aux[i + 1] >> 32);
            *egid = (u32)aux[i + 1];
            return true;
        }
    return false;
}

/* ps takes a process to be whose its folder is. Those that nobody may look at (PR_SET_DUMPABLE, or after setuid) are root's. */
void peer_of_folder(struct call *k, const char *path, const struct stat *st, struct identity *id)
{
    const struct core *c = k->c;
    const char *at = path + 6;
    u64 pid;
    if (!str_starts(path, "/proc/") || !text_number(&at, &pid) || *at || st->st_uid != c->real_uid)
        return;
    if (pid != c->pid)
        peer_user(pid, &id->uid, &id->gid);
    else
        id->uid = c->ids.euid, id->gid = c->ids.egid;
}

void peer_shown(struct call *k, u32 pid, u32 *uid, u32 *gid)
{
    const struct core *c = k->c;
    u32 euid = c->ids.euid, egid = c->ids.egid;
    if (*uid == c->real_uid && pid != c->pid)
        peer_user(pid, &euid, &egid);
    if (*uid == c->real_uid)
        *uid = euid;
    if (*gid == c->real_gid)
        *gid = egid;
}
