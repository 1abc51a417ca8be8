/* rng.h - randomness for tests that can be run again: the seed is printed, and
 * SEED=N takes it from before. */
#ifndef TESTS_RNG_H
#define TESTS_RNG_H

#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct rng {
	uint64_t state;
};

static inline void rng_init(struct rng *r)
{
	const char *given = getenv("SEED");
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	r->state = given ? strtoull(given, NULL, 10) : (uint64_t)now.tv_nsec;
	printf("SEED=%llu\n", (unsigned long long)r->state);
}

/* A number below n. */
static inline size_t rng_below(struct rng *r, size_t n)
{
	/* splitmix64 */
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (size_t)((z ^ (z >> 31)) % n);
}

#endif
