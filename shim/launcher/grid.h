/* Batch schedulers (Grid Engine, Slurm, PBS, LSF) from inside containers.
 *
 * A container shows the host's commands (grid.c): those that ask run as they are; those that submit are given, in place of the script or
 * command, a job file that enters the container again on the node that runs it (grid_submit.c makes it, grid_job.c is what it calls). What the
 * commands and their options are is data: grid.def. Nothing here needs Deno. The job files are in <store>/containers/<id>/jobs.
 */
#ifndef LPMX_LAUNCHER_GRID_H
#define LPMX_LAUNCHER_GRID_H

#include "call.h"
#include "parse.h"
#include "plan.h"

/* Whether the calling environment's scheduler is wanted (--grid) and found: its commands become binds of a plan in the making. */
void grid_compose(struct plan *p, const struct parsed *c);
/* When this program was called by the name of a scheduler's command that a container shows, does what that stands for. */
void grid_stand_in(char **argv);
/* `lpmx __job SPEC -- ARG...`: the job that a submission described, in its container. */
_Noreturn void grid_job(const char *const *words);

/* grid_table.c: grid.def */
enum grid_scheduler { GRID_NONE, GRID_SGE, GRID_SLURM, GRID_PBS, GRID_LSF };
enum grid_what { GRID_QUERY, GRID_SCRIPT, GRID_WAITS };
enum grid_role {
    GRID_PLAIN,
    GRID_PATH,
    GRID_INTERPRETER,
    GRID_PREFIX,
    GRID_BINARY,
    GRID_EXPORT,
    GRID_WRAP,
    GRID_HERE,
    GRID_NAME,
    GRID_SYNC,
    GRID_ASIS,
};
struct grid_command {
    u8 scheduler, what;
    const char *name;
};
struct grid_option {
    u8 scheduler, words, role;
    const char *command, *name;
};
/* "sge" …, any case; GRID_NONE for another word. The other way round. */
enum grid_scheduler grid_named(const char *word);
const char *grid_name(enum grid_scheduler s);
/* Command number k of a scheduler, NULL after the last. */
const struct grid_command *grid_command_at(enum grid_scheduler s, size_t k);
const struct grid_command *grid_command(enum grid_scheduler s, const char *name);
/* An option by its name (first `len` bytes); with `abbreviated` a long one may be cut short. NULL when the table does not have it. */
const struct grid_option *grid_option(const struct grid_command *c, const char *name, size_t len, bool abbreviated);
/* Whether a job's variable ("NAME=…") is the scheduler's own. */
bool grid_variable(enum grid_scheduler s, const char *assignment);
/* Names of variables: of paths of the node, and of settings for containers. NULL after the last. */
const char *grid_folder_at(enum grid_scheduler s, size_t k);
const char *grid_setting_at(enum grid_scheduler s, size_t k);

/* grid_words.c: what the words of a submission ask for. */
struct submission {
    const struct grid_command *command;
    struct list out;    /* options for the host's command, paths translated */
    size_t used;        /* how many words were options */
    const char *interpreter, *wrap;
    const char *prefix; /* of directive lines; NULL = the scheduler's own */
    struct list set;    /* "NAME=value" that the job is to have; from the caller's environment where no value was given */
    bool binary, here, named, sync, asis;
};
/* Reads options up to the first other word. */
void grid_words(struct submission *s, const char *const *words);

/* grid_submit.c: calls the host's submitting command `program` for the calling container; argv as the caller gave it. */
_Noreturn void grid_submit(const struct grid_command *command, const char *program, char **argv);

/* The variable that tells a job whether the whole environment of the submission came with it. */
#define GRID_MARK "LPMX_JOB"

#endif
