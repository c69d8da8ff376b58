/* `lpmx __continue MARKFILE MARK`: the process beside an engine that has stopped a container's programs; see verbs.h.
 *
 * The engine writes the number of each process before it stops it, one a line, and "done" when all go on again. When its end of
 * the pipe closes before that, it was killed: then everything is let go on here, and its mark is taken away.
 */
#include "files.h"
#include "verbs.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void take_mark(const char *path, const char *mark)
{
    char *text = read_file(path, 4096, NULL);
    if (text && !strcmp(text, mark))
        unlink(path);
}

_Noreturn void continue_when_killed(const char *const *words)
{
    static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGTSTP};
    if (!words[0] || !words[1])
        fail("__continue is not for users");
    for (size_t k = 0; k < sizeof ignored / sizeof *ignored; k++)
        signal(ignored[k], SIG_IGN);
    setsid(); /* what is sent to the engine's whole group is not for us */
    char *all = read_to_end(0, NULL);
    if (strstr(all, "done"))
        _exit(0);
    /* Children first, as the engine does it. */
    for (char *at = all + strlen(all); at > all; at--) {
        if (at[-1] != '\n' && at - 1 != all)
            continue;
        pid_t pid = (pid_t)strtol(at - 1 == all ? all : at, NULL, 10);
        if (pid > 1)
            kill(pid, SIGCONT);
    }
    take_mark(words[0], words[1]);
    _exit(0);
}
