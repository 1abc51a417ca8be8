#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

void must_fail(const char *cond, const char *file, int line)
{
	fprintf(stderr, "slipway: internal error at %s:%d: %s does not hold\n", file, line, cond);
	abort();
}

static void *or_abort(void *p)
{
	if (!p) {
		fputs("slipway: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *mem_alloc(size_t size)
{
	return or_abort(malloc(size ? size : 1));
}

void *mem_zalloc(size_t nr, size_t size)
{
	return or_abort(calloc(nr ? nr : 1, size ? size : 1));
}

void *mem_realloc(void *p, size_t size)
{
	return or_abort(realloc(p, size ? size : 1));
}

void mem_free(void *p)
{
	free(p);
}

void mem_free_ptr(void *pp)
{
	free(*(void **)pp);
}
