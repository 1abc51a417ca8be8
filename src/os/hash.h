/* hash.h - SHA-1 and SHA-256, through GnuTLS loaded when first needed.
 *
 * SHA-1 is here only because GitLab's cache keys are made of it.
 */
#ifndef OS_HASH_H
#define OS_HASH_H

#include "base/err.h"
#include "base/str.h"

enum hash_kind { HASH_SHA1, HASH_SHA256 };

#define HASH_HEX_MAX 65

/* Lower-case hexadecimal digits and a NUL. */
int hash_hex(enum hash_kind kind, str data, char ret[HASH_HEX_MAX],
	     struct err *err) NODISCARD NONNULL;

/* In pieces: start, add…, finish (which also frees). */
struct hash;
int hash_start(enum hash_kind kind, struct hash **ret, struct err *err) NODISCARD NONNULL;
int hash_add(struct hash *h, str data, struct err *err) NODISCARD NONNULL;
void hash_finish(struct hash *h, char ret[HASH_HEX_MAX]) NONNULL;
void hash_free(struct hash *h); /* without a result */

#endif
