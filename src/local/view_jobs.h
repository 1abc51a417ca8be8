/* view_jobs.h - a view's own state for each job it has heard of.
 *
 * Keyed by the job's address (jobs of child pipelines may share names).
 */
#ifndef LOCAL_VIEW_JOBS_H
#define LOCAL_VIEW_JOBS_H

#include "base/map.h"
#include "plan/pipeline.h"

struct view_jobs {
	struct arena arena;
	struct map map;
	const struct job *last; /* output comes in runs of one job */
	void *last_state;
};

void view_jobs_init(struct view_jobs *j) NONNULL;
void view_jobs_release(struct view_jobs *j) NONNULL;

/* The state of a job; zeroed memory of `size` bytes, and *ret_new, the first time. */
void *view_jobs_get(struct view_jobs *j, const struct job *job, size_t size, bool *ret_new) NONNULL;

#endif
