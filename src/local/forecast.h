/* forecast.h - how long a pipeline should take, from how long its jobs took before.
 *
 * The longest chain of jobs that wait for each other, or all work spread over the
 * places there are, whichever is more.
 */
#ifndef LOCAL_FORECAST_H
#define LOCAL_FORECAST_H

#include "plan/pipeline.h"

/* `took_us(ctx, job)` is 0 when nothing is known.  0 when that is so for a job that is
 * sure to run: half a forecast would only mislead. */
uint64_t forecast_us(struct arena *a, const struct pipeline *p, unsigned places,
		     uint64_t (*took_us)(void *ctx, const struct job *job), void *ctx) NODISCARD
	__attribute__((nonnull(1, 2, 4)));

#endif
