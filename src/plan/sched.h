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
bool job_status_is_complete(enum job_status s);	/* success failed canceled skipped */

struct sched;

/* A scheduler over the included jobs of a pipeline, which must outlive it. */
struct sched *sched_new(struct arena *a, const struct pipeline *p) NODISCARD NONNULL;

enum job_status sched_status(const struct sched *s, size_t job) NONNULL;

/* Jobs that became PENDING, SCHEDULED, MANUAL or SKIPPED since the last call,
 * by index in pipeline order; false when there is no more. */
bool sched_next(struct sched *s, size_t *ret_job, enum job_status *ret_status) NODISCARD NONNULL;

/* Report: PENDING → RUNNING, RUNNING → SUCCESS | FAILED | CANCELED | PENDING (retry),
 * SCHEDULED → PENDING (timer), any → WAITING_FOR_RESOURCE | CANCELED.
 * `allow_failure` overrides the job's flag when exit codes allowed the failure. */
void sched_set(struct sched *s, size_t job, enum job_status status, bool allow_failure) NONNULL;

/* A person starts a manual job: it becomes PENDING, and jobs that were skipped
 * because of it are created again. */
void sched_play(struct sched *s, size_t job) NONNULL;

/* Composite status of a stage and of the whole. */
enum job_status sched_stage_status(const struct sched *s, size_t stage) NONNULL;
enum job_status sched_pipeline_status(const struct sched *s, bool *ret_warnings) NONNULL;

/* Nothing is pending, running, scheduled or waiting: only manual jobs may be left. */
bool sched_is_idle(const struct sched *s) NONNULL;

/* The composite of a set of statuses, exactly as §2.7; `failed`/`canceled` with
 * allow_failure count as success with warnings, `manual` with it as ignored. */
struct status_set {
	unsigned count[ST_NR + 2]; /* statuses, then success-with-warnings, ignored */
};
void status_set_add(struct status_set *set, enum job_status s, bool allow_failure, int by) NONNULL;
enum job_status status_set_composite(const struct status_set *set, bool dag) NONNULL;

#endif
