/* select.h - run a part of a pipeline: named jobs, stages, what they need.
 *
 * Pure.  The result is a pipeline with the same job indices, in which only the
 * selected jobs are included; what they waited for and is not selected is taken
 * as done.
 */
#ifndef LOCAL_SELECT_H
#define LOCAL_SELECT_H

#include "base/err.h"
#include "plan/pipeline.h"

struct selection {
	const struct str_vec *jobs; /* names or groups; empty with no stages: everything */
	const struct str_vec *stages;
	const struct str_vec *manual; /* must exist; started by the engine */
	bool needs;		      /* also what they need, transitively */
};

/* ret_notes gets a sentence per job that runs although its rules leave it out. */
int select_jobs(struct arena *a, const struct pipeline *p, const struct selection *sel,
		struct pipeline **ret, struct str_vec *ret_notes,
		struct err *err) NODISCARD NONNULL;

#endif
