#include "local/forecast.h"

#define PASSES_MAX 64 /* over jobs that need others of the same stage */

/* Only these start by themselves when all goes well. */
static bool is_sure(const struct job *job)
{
	return job->included && (job->when == WHEN_ON_SUCCESS || job->when == WHEN_ALWAYS ||
				 job->when == WHEN_DELAYED);
}

static uint64_t start_of(const struct pipeline *p, const struct job *job, const uint64_t *end,
			 uint64_t stage_end)
{
	uint64_t start = 0;

	if (!job->has_needs)
		return stage_end;
	for (size_t i = 0; i < job->needs.nr; i++)
		for (size_t k = 0; k < job->needs.at[i].nr_jobs; k++) {
			MUST(job->needs.at[i].jobs[k] < p->jobs.nr);
			start = MAX(start, end[job->needs.at[i].jobs[k]]);
		}
	return start;
}

/* The ends of the jobs of one stage; needs inside it take as many passes as the longest
 * chain has links. */
static uint64_t end_stage(const struct pipeline *p, size_t stage, const uint64_t *took,
			  uint64_t *end, uint64_t stage_end)
{
	uint64_t last = stage_end;
	bool changed = true;

	for (int pass = 0; changed && pass < PASSES_MAX; pass++) {
		changed = false;
		for (size_t i = 0; i < p->jobs.nr; i++) {
			const struct job *job = p->jobs.at[i];
			uint64_t at;

			if (job->stage != stage || !is_sure(job))
				continue;
			at = start_of(p, job, end, stage_end) + job->start_in_s * 1000000 + took[i];
			changed |= at != end[i];
			end[i] = at;
			last = MAX(last, at);
		}
	}
	return last;
}

uint64_t forecast_us(struct arena *a, const struct pipeline *p, unsigned places,
		     uint64_t (*took_us)(void *ctx, const struct job *job), void *ctx)
{
	uint64_t *took = arena_array(a, uint64_t, p->jobs.nr);
	uint64_t *end = arena_array(a, uint64_t, p->jobs.nr);
	uint64_t sum = 0, last = 0;

	for (size_t i = 0; i < p->jobs.nr; i++) {
		if (!is_sure(p->jobs.at[i]))
			continue;
		took[i] = took_us(ctx, p->jobs.at[i]);
		if (took[i] == 0)
			return 0;
		sum += took[i];
	}
	for (size_t stage = 0; stage < p->stages.nr; stage++)
		last = end_stage(p, stage, took, end, last);
	return MAX(last, sum / MAX(places, 1u));
}
