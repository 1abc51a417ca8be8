/* pipeline.h - the model: a pipeline, its stages, its jobs, and why.
 *
 * What both dialects are lowered to.  A pipeline holds every job that the files
 * describe after matrix expansion: those that are in it, and those that are out,
 * each with the decision that put it there.  It is a value: built once by a
 * dialect, then read by scheduler, pictures, lint and execution.
 */
#ifndef PLAN_PIPELINE_H
#define PLAN_PIPELINE_H

#include "plan/job.h"

struct pipeline {
	str name;	 /* workflow:name, expanded, or "" */
	VEC(str) stages; /* ".pre" … ".post" */
	VEC(struct job *) jobs;
	size_t nr_included;
	str project_url;     /* where its pages would be, for CI_PIPELINE_URL and the like */
	struct decision why; /* workflow: why it exists, or not */
	bool created;	     /* false: filtered out by workflow rules or empty */
	str auto_cancel_on_new_commit, auto_cancel_on_job_failure;
	struct job_var_vec variables; /* pipeline-level, for explain and children */
	struct str_vec files;	      /* every file read, in order */
	/* The complete list of variables a job runs with, made when it is asked for. */
	void (*variables_of)(struct arena *a, const struct pipeline *p, const struct job *job,
			     struct job_var_vec *ret);
};

struct job *pipeline_find_job(const struct pipeline *p, str name) NONNULL; /* NULL if absent */

#endif
