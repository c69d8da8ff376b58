/* Image references: docker's grammar and normalisation (distribution/reference). Vectors: tests/vectors/refs.json, which the
 * engine's parser is held to as well. */
#ifndef LPMX_LAUNCHER_REF_H
#define LPMX_LAUNCHER_REF_H

#include "base.h"

/* The full form, "domain/path:tag", "domain/path@digest" or (tag and digest given: the digest decides) "domain/path@digest".
 * NULL when it is no reference, with the reason in *why (static text). */
char *ref_normalise(const char *reference, const char **why);
/* Whether it can be an image id: 1 to 64 lower-case hex digits, "sha256:" before them allowed. *hex points to the digits. */
bool ref_is_id(const char *text, const char **hex);

#endif
