/* vec.h - arrays that grow, in an arena.
 *
 *	struct { struct job **at; size_t nr, cap; } jobs = { 0 };
 *	vec_add(a, &jobs, job);
 *	for (size_t i = 0; i < jobs.nr; i++) use(jobs.at[i]);
 *
 * Any struct with the members `at`, `nr`, `cap` is a vector; VEC(type) makes one.
 * Growing copies into fresh arena memory, so pointers to elements do not last.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/arena.h"

#define VEC(type)                \
	struct {                 \
		type *at;        \
		size_t nr, cap;  \
	}

#define vec_add(a, vec, ...)                                                                       \
	do {                                                                                       \
		if ((vec)->nr == (vec)->cap)                                                       \
			(vec)->at = vec_grow((a), (vec)->at, &(vec)->cap, sizeof(*(vec)->at));     \
		(vec)->at[(vec)->nr++] = (__VA_ARGS__);                                            \
	} while (0)

void *vec_grow(struct arena *a, const void *at, size_t *cap, size_t size) NODISCARD;

struct str_vec {
	str *at;
	size_t nr, cap;
};

bool str_vec_has(const struct str_vec *v, str s) NONNULL;

#endif
