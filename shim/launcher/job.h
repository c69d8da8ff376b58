/* Ranks of a parallel job that a starter on the host (mpirun, srun) runs in a container: what they need of the host. */
#ifndef LPMX_LAUNCHER_JOB_H
#define LPMX_LAUNCHER_JOB_H

#include "plan.h"

/* Puts the variables by which the starter tells its ranks who they are into an environment that has nothing else of the caller's. Without
 * effect where there is no starter. */
void job_env(struct list *env);
/* The folder of the host that ranks and starter share files in and that the container does not see yet, or NULL. */
const char *job_folder(const struct plan *p);
/* Whom ranks run as unless told: the user of the host. PMIx' server turns away who says that he is somebody else (psec/native). */
const char *job_user(void);

#endif
