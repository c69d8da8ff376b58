/* Ids and names for new containers. */
#ifndef LPMX_LAUNCHER_RANDOM_NAME_H
#define LPMX_LAUNCHER_RANDOM_NAME_H

/* 64 random hex digits. */
char *random_id(void);
/* adjective_surname; the words are few, so the caller has to expect that it is taken. */
char *random_name(void);

#endif
