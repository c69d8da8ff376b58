/* The broker: an unfiltered process beside an entry into a container. Programs of the host that a map leads to and that have rights of their own
 * (set-user-ID, set-group-ID, file capabilities), or that the user listed, run as its children: below the container the kernel would take
 * those rights away. Formats: contract.h, "Broker"; why so: docs/decisions/0014.
 */
#ifndef LPMX_LAUNCHER_BROKER_H
#define LPMX_LAUNCHER_BROKER_H

#include "parse.h"
#include "plan.h"
#include <sys/types.h>

struct broker {
    const char *name; /* its abstract socket without the leading NUL; NULL = none */
    int hold;         /* the descriptor that keeps it, -1 = none */
};

/* broker.c: the broker of what is about to be entered: the caller's, when it has one, else a new one when the plan needs it. `stays`: this
 * process outlives all programs of the entry and so can keep it alone. */
struct broker broker_enter(const struct plan *p, bool stays);
struct broker broker_of_caller(void);

/* broker_call.c: runs a program of the host by the broker and ends as it does. Returns when that is not for the broker, or, with a warning, when
 * none can be reached. */
void broker_call(const char *program, const struct list *argv, const struct list *env);

/* broker_serve.c: serves one client to the end of its program; `peer` is its process. */
_Noreturn void broker_serve(int conn, pid_t peer);

/* broker_needs.c */
/* Whether the host's program has rights that it would lose below a container. */
bool broker_privileged(const char *program);
/* Whether the broker is to run it for this container (NULL: not known). */
bool broker_wants(const struct plan *p, const char *program);
/* Whether the plan, or one of a container that its maps lead to, shows such a program. */
bool broker_needed(const struct plan *p);
/* Whether the plan shows this program, so that it may be asked for. */
bool broker_allows(const struct plan *p, const char *program);
/* Adds what --broker says, takes it away again. */
void broker_list(struct plan *p, const char *program);
void broker_unlist(struct plan *p, const char *program);
/* All that a new container is to have. */
void brokers_compose(struct plan *p, const struct parsed *c);

/* broker_wire.c: whole messages; 0 or -errno, -EPIPE when the other side is gone. */
int wire_send(int conn, const void *data, size_t len);
int wire_receive(int conn, void *data, size_t len);
int wire_word(int conn, u32 kind, u32 value);
/* Up to LPMX_ASK_BATCH descriptors with their numbers. */
int wire_send_fds(int conn, const u32 *numbers, const int *fds, u32 n);
int wire_receive_fds(int conn, u32 *numbers, int *fds, u32 n);

#endif
