/* timeline.h - what a finished run cost, and what its length was due to.
 *
 * From the times of each job: a waterfall that shows waiting apart from running,
 * and the critical path: from the job that ended last back through, each time,
 * the predecessor that ended last before it started.  Shortening any other job
 * would not have ended the run sooner.  Times are µs of one clock.
 */
#ifndef PLAN_TIMELINE_H
#define PLAN_TIMELINE_H

#include "base/buf.h"
#include "plan/sched.h"

struct timeline_job {
	str name;
	size_t stage; /* number; higher stages come later */
	enum job_status status;
	bool allow_failure; /* its failure was a warning */
	/* 0: never came to that. Ready is when nothing but a free place was missing. */
	uint64_t ready_us, started_us, finished_us;
	bool has_needs;	     /* else it waited for all lower stages */
	const size_t *needs; /* of the same array */
	size_t nr_needs;
};

struct timeline_row {
	const struct timeline_job *job;
	uint64_t wait_us, run_us; /* from ready to start, from start to end */
	bool critical;
};

struct timeline {
	uint64_t start_us, end_us; /* the first job became ready, the last ended */
	uint64_t run_us, wait_us;  /* sums over all jobs */
	uint64_t critical_us;	   /* running time on the critical path */
	double parallelism;	   /* jobs running at a time, on average */
	struct timeline_row *row;  /* jobs that ran, by start, then in the order given */
	size_t nr;
	size_t *critical; /* rows of the critical path, first to last */
	size_t nr_critical;
};

struct timeline *timeline_new(struct arena *a, const struct timeline_job *jobs, size_t nr) NODISCARD
	__attribute__((nonnull(1)));

struct timeline_options {
	unsigned width; /* columns there are; at least 40 are used */
	bool ascii, color;
	size_t max_rows; /* 0: all; else the longest and the critical ones, the rest counted */
};

/* One line a job, then the sums; nothing when no job ran.  Critical jobs have a mark
 * and are bold. */
void timeline_add_text(const struct timeline *t, const struct timeline_options *o,
		       struct buf *b) NONNULL;

#endif
