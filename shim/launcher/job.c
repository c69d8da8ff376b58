/* Ranks of a parallel job; see job.h. The names are Open MPI's (orte/mca/ess, schizo), PMIx' (PMIX_SERVER_TMPDIR, pmix_common.h), those of PMI-1
 * and PMI-2 that MPICH, Intel MPI and Slurm use, and Slurm's own. */
#include "job.h"
#include "files.h"
#include "origin.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

void job_env(struct list *env)
{
    static const char *const marks[] = {"PMIX_RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK"};
    static const char *const names[] = {"PMIX_", "PMI_", "OMPI_", "PRTE_", "MPIR_", "HYDRA_", "HYDI_", "I_MPI_", "SLURM_"};
    bool rank = false;
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
        rank |= getenv(marks[k]) != NULL;
    for (char **e = environ; rank && *e; e++)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (starts_with(*e, names[k]))
                env_put(env, *e);
}

const char *job_folder(const struct plan *p)
{
    const char *top = getenv("OMPI_MCA_orte_top_session_dir"); /* of all of the user's jobs, so that they share one plan */
    const char *folder = top ? top : getenv("PMIX_SERVER_TMPDIR");
    if (!folder || *folder != '/' || !folder[1] || origin_plan() || p->image->host)
        return NULL;
    char *real = real_path(folder);
    const struct plan_bind *b = plan_bind_at(p, folder);
    bool visible = b && b->host && !strcmp(b->host, b->guest);
    return real && !strcmp(real, folder) && !visible ? real : NULL;
}

const char *job_user(void)
{
    return format("%lu:%lu", (unsigned long)getuid(), (unsigned long)getgid());
}
