/* lpmx, the launcher: serves run, create, start and exec itself and hands all other words to the engine.
 *
 * A static program of one thread that uses only system calls of Linux 2.6.32 (newer ones with a fallback) and no NSS, locale or
 * shared object: it has to start under `env -i`, from cron, with `ulimit -v 2000000` and in a root without any libc.
 */
#include "call.h"
#include "engine.h"
#include "expose.h"
#include "files.h"
#include "grid.h"
#include "map.h"
#include "origin.h"
#include "parse.h"
#include "ref.h"
#include "run.h"
#include "set.h"
#include "unpack.h"
#include "verbs.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* cron and workflow managers may close the standard streams; a file opened later must not take their place. A command hands on what is closed
 * as closed, all else gives its programs /dev/null as docker does. */
static bool was_closed[3];

static void keep_standard_streams(void)
{
    for (int fd = 0; fd < 3; fd++) {
        was_closed[fd] = fcntl(fd, F_GETFD) < 0;
        if (was_closed[fd] && open("/dev/null", (fd ? O_WRONLY : O_RDONLY) | O_CLOEXEC) < 0)
            return;
    }
}

static void hand_on_standard_streams(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (was_closed[fd])
            fcntl(fd, F_SETFD, 0);
}

static _Noreturn void serve(const struct parsed *c)
{
    switch (c->command->what) {
    case COMMAND_CREATE:
        verb_create(c);
    case COMMAND_START:
        verb_start(c);
    case COMMAND_EXEC:
        verb_exec(c);
    case COMMAND_LPMX_RESUME:
        verb_resume(c);
    case COMMAND_EXPOSE:
        verb_expose(c);
    case COMMAND_EXPOSE_LS:
        verb_expose_ls(c);
    case COMMAND_EXPOSE_RM:
        verb_expose_rm(c);
    case COMMAND_GET:
        verb_get(c);
    case COMMAND_MAP_ADD:
        verb_map_add(c);
    case COMMAND_MAP_LS:
        verb_map_ls(c);
    case COMMAND_MAP_RM:
        verb_map_rm(c);
    case COMMAND_SET:
        verb_set(c);
    default:
        verb_run(c);
    }
}

/* `lpmx __ref NAME...`: one line for each, the full form or why there is none. For tests/vectors/refs.json. */
static _Noreturn void show_references(const char *const *names)
{
    for (; *names; names++) {
        const char *why;
        char *full = ref_normalise(*names, &why);
        char *line = full ? format("%s\n", full) : format("- %s\n", why);
        if (write_all(1, line, strlen(line)))
            _exit(EXIT_ENGINE);
    }
    _exit(0);
}

int main(int argc, char **argv)
{
    const char *const *words = (const char *const *)argv + (argc > 0);
    size_t used;
    keep_standard_streams();
    origin_init();
    engine_left();
    run_take_umask();
    self_init(argc > 0 ? argv[0] : "");
    call_serve(argv);
    grid_stand_in(argv);
    if (words[0] && !strcmp(words[0], "__call") && words[1] && words[2])
        call_serve_file(words[1], argv + 3);
    hand_on_standard_streams();
    if (words[0] && !strcmp(words[0], "--quiet") && command_find(words + 1, &used))
        words++; /* `udocker --quiet run`, as cwltool calls it */
    if (words[0] && !strcmp(words[0], "__ref"))
        show_references(words + 1);
    if (words[0] && !strcmp(words[0], "__continue"))
        continue_when_killed(words + 1);
    if (words[0] && !strcmp(words[0], "__job"))
        grid_job(words + 1);
    bool only_plan = words[0] && !strcmp(words[0], "__plan");
    const struct command *command = command_find(words + only_plan, &used);
    if (!command)
        engine_exec(words);
    struct parsed parsed = parse_command(command, words + only_plan, used);
    if (parsed_bool(&parsed, FIELD_HELP, false))
        engine_exec(words);
    if (only_plan)
        verb_plan(&parsed);
    serve(&parsed);
}
