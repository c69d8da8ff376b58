/* The caller's X display in a container: the socket's folder, DISPLAY, and the cookie (xauth(1)) as XAUTHORITY; see entry.h.
 *
 * The cookie's file is bound by its name: xauth replaces it, and the next look has the new one. Cookies of a local display go by the host's name,
 * which gethostname(2) answers inside too, whatever --hostname says. Sockets in the abstract name space need nothing.
 */
#include "entry.h"
#include "files.h"
#include "origin.h"
#include "places.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOCKETS "/tmp/.X11-unix"

/* [HOST]:NUMBER[.SCREEN], X(7). */
static bool is_display(const char *display)
{
    const char *number = strrchr(display, ':');
    size_t digits = number ? strspn(number + 1, "0123456789") : 0;
    const char *rest = digits ? number + 1 + digits : "?";
    return !*rest || (*rest == '.' && rest[1] && !rest[1 + strspn(rest + 1, "0123456789")]);
}

static bool is_local(const char *display)
{
    return *display == ':' || starts_with(display, "unix:");
}

/* Host path of the file with the caller's cookies, NULL when there is none. One that was named and cannot be read is told. */
static const char *cookies(void)
{
    const char *named = env_get(origin_env(), "XAUTHORITY"), *path;
    if (named && *named) {
        char cwd[4096];
        const char *base = origin_plan() ? origin_cwd() : getcwd(cwd, sizeof cwd);
        path = origin_path(*named == '/' ? named : join_path(base ? base : "/", named));
    } else {
        named = NULL;
        path = user_home() ? format("%s/.Xauthority", user_home()) : NULL;
    }
    struct stat st;
    bool readable = path && access(path, R_OK) == 0 && stat(path, &st) == 0;
    if (readable && S_ISREG(st.st_mode))
        return path;
    if (named)
        warn("--x11: cannot read the cookies in %s: %s", named,
             readable ? "it is no file" : path ? strerror(errno) : "it lies in the container's own part");
    return NULL;
}

static bool is_given(const struct parsed *c)
{
    for (size_t k = 0; c && k < c->nuses; k++)
        if (c->uses[k].flag->field == FIELD_ENV && starts_with(c->uses[k].value, "DISPLAY="))
            return true;
    return false;
}

void x11_show(struct plan *p, struct list *env, const struct parsed *c, bool asked)
{
    const char *callers = env_get(origin_env(), "DISPLAY");
    const char *display = callers && *callers && !is_given(c) ? callers : env_get(env, "DISPLAY");
    bool set = display && *display;
    if (!set && asked)
        fail("--x11: DISPLAY is not set\nhint: log in at a display or with ssh -X");
    if (set && !is_display(display) && asked)
        fail("--x11: DISPLAY is \"%s\", which names no display\nhint: it is written [HOST]:NUMBER, like :0", display);
    if (!set || !is_display(display)) {
        warn("--x11: DISPLAY %s: going on without a display", set ? "names no display" : "is not set");
        return;
    }
    struct stat st;
    const char *path = cookies();
    env_put(env, format("DISPLAY=%s", display));
    if (!p->image->host && is_local(display) && stat(SOCKETS, &st) == 0 && S_ISDIR(st.st_mode))
        entry_bind(p, SOCKETS, SOCKETS, 0);
    if (path && !p->image->host)
        entry_bind(p, X11_COOKIE, path, LPMX_BIND_RO | LPMX_BIND_FILE);
    if (path)
        env_put(env, format("XAUTHORITY=%s", p->image->host ? path : X11_COOKIE));
}
