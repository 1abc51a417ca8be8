/* sched.h - which job may start, which is skipped, what the pipeline is.
 *
 * GitLab's status algebra (reference/gitlab-ci.md §2.7) as a pure state machine:
 * tell it what happened, ask what to do.  A job is considered the moment its
 * predecessors are complete; there are no waves.  An update costs time in
 * proportion to the jobs it concerns, not to the pipeline.
 */
#ifndef PLAN_SCHED_H
#define PLAN_SCHED_H

#include "plan/pipeline.h"

enum job_status {
	ST_CREATED,
	ST_WAITING_FOR_RESOURCE,
	ST_PREPARING,
	ST_PENDING, /* may start now */
	ST_RUNNING,
	ST_SUCCESS,
	ST_FAILED,
	ST_CANCELED,
	ST_SKIPPED,
	ST_MANUAL,
	ST_SCHEDULED, /* delayed: waits for its timer */
	ST_NR
};

const char *job_status_name(enum job_status s); /* "waiting_for_resource", … */
bool job_status_is_complete(enum job_status s); /* success failed canceled skipped */

struct sched;

/* A scheduler over the included jobs of a pipeline, which must outlive it.  In all
 * that follows `job` is an index into pipeline.jobs, of an included job. */
struct sched *sched_new(struct arena *a, const struct pipeline *p) NODISCARD NONNULL;

enum job_status sched_status(const struct sched *s, size_t job) NONNULL;
/* Does its failure count as success with warnings?  The job's flag, or the last sched_set's. */
bool sched_allows_failure(const struct sched *s, size_t job) NONNULL;

/* Jobs whose status changed since they were last given here, lowest index first;
 * false when there is no more.  They are PENDING (start it; also after a retry, a
 * timer, a play), SCHEDULED (wait job->start_in_s, then report PENDING), MANUAL,
 * SKIPPED, CREATED (again, after sched_play) or CANCELED (by sched_cancel).  What
 * sched_set reported is not echoed, but for PENDING. */
bool sched_next(struct sched *s, size_t *ret_job, enum job_status *ret_status) NODISCARD NONNULL;

/* Report what happened to a job that is PENDING, RUNNING, PREPARING, SCHEDULED or
 * WAITING_FOR_RESOURCE: it is now any of those but SCHEDULED (RUNNING → PENDING is a
 * retry), or SUCCESS, FAILED, CANCELED.  CREATED and MANUAL can become CANCELED
 * or WAITING_FOR_RESOURCE only.  CANCELED for a job that is complete already is no news.
 * `allow_failure` is for exit codes that allow a failure; it adds to the job's own flag. */
void sched_set(struct sched *s, size_t job, enum job_status status, bool allow_failure) NONNULL;

/* A person starts a MANUAL (or SCHEDULED) job: it becomes PENDING.  As in GitLab all
 * skipped jobs of later stages, and those that need it directly or through others,
 * are created again and judged anew. */
void sched_play(struct sched *s, size_t job) NONNULL;

/* A person stops the pipeline: all that waits becomes CANCELED at once, so that
 * nothing new starts.  Running jobs go on until the caller reports their end;
 * optional manual jobs stay as they are. */
void sched_cancel(struct sched *s) NONNULL;

/* Composite status of a stage and of the whole; without jobs SUCCESS. */
enum job_status sched_stage_status(const struct sched *s, size_t stage) NONNULL;
enum job_status sched_pipeline_status(const struct sched *s, bool *ret_warnings) NONNULL;

/* Nothing is pending, running, preparing, scheduled or waiting.  What is not
 * complete then waits for a manual job. */
bool sched_is_idle(const struct sched *s) NONNULL;

/* The composite of a set of statuses, exactly as §2.7; `failed`/`canceled` with
 * allow_failure count as success with warnings, `manual` with it as ignored.  The
 * empty set is SUCCESS. */
struct status_set {
	unsigned count[ST_NR + 2]; /* statuses, then success-with-warnings, ignored */
};
void status_set_add(struct status_set *set, enum job_status s, bool allow_failure, int by) NONNULL;
enum job_status status_set_composite(const struct status_set *set, bool dag) NONNULL;

#endif
