#include "base/vec.h"

#include <string.h>

void *vec_grow(struct arena *a, const void *at, size_t *cap, size_t size)
{
	size_t was = *cap;
	void *bigger;

	*cap = was ? was * 2 : 4;
	bigger = arena_array_alloc(a, *cap, size);
	if (was)
		memcpy(bigger, at, was * size);
	return bigger;
}

bool str_vec_has(const struct str_vec *v, str s)
{
	for (size_t i = 0; i < v->nr; i++)
		if (str_eq(v->at[i], s))
			return true;
	return false;
}
