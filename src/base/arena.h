/* arena.h - memory that ends together.
 *
 * One arena per request, document or job.  Nothing in it is freed singly.  It
 * has a hard limit: passing it is our own bug (the parsers' stated limits come
 * first), so it aborts.  Not for use by two threads at once.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *block;
	char *at, *end;
	size_t used, limit;
};

#define ARENA_LIMIT_DEFAULT ((size_t)1 << 30)

void arena_init(struct arena *a, size_t limit) NONNULL; /* 0: ARENA_LIMIT_DEFAULT */
void arena_release(struct arena *a) NONNULL;

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size) NODISCARD NONNULL;
/* Memory for nr elements of `size`; the product is checked. */
void *arena_array_alloc(struct arena *a, size_t nr, size_t size) NODISCARD NONNULL;

#define arena_new(a, type)	 ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, nr) ((type *)arena_array_alloc((a), (nr), sizeof(type)))

/* Copies; the copy is followed by a NUL that is not counted, so `.p` is a C string too. */
str arena_str(struct arena *a, str s) NODISCARD;
char *arena_cstr(struct arena *a, str s) NODISCARD;
str arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3) NODISCARD;

#endif
