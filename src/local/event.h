/* event.h - what happens during `slipway run`, as a stream of events.
 *
 * The engine emits, the views show: live tree, prefixed lines, JSON lines.  A
 * view decides nothing.  Events come one at a time, from any job's thread; the
 * engine serialises them.  Times are µs since the epoch.
 */
#ifndef LOCAL_EVENT_H
#define LOCAL_EVENT_H

#include "exec/exec.h"
#include "plan/sched.h"

enum run_event_type {
	/* pipeline: its included jobs are those that will run; expected_us: of the whole,
	 * from earlier runs; message: "run 12: 7 jobs in 3 stages, event push on main".
	 * Once more for each child pipeline, with its pipeline_path. */
	EV_RUN_STARTED,
	EV_NOTE, /* message: a notice or warning for people; job when it is about one */
	/* job, status; expected_us from earlier runs, 0 unknown.  Any change but the end of
	 * an attempt that ran, which EV_JOB_FINISHED tells.  A retry is ST_PENDING again,
	 * with the next attempt. */
	EV_JOB_STATUS,
	EV_JOB_SECTION,	 /* job, section, start */
	EV_JOB_OUTPUT,	 /* job, text: masked bytes, any chunking, as they stand in the log */
	EV_JOB_FINISHED, /* job, status, allow_failure, result (NULL: it could not start), log_path
			  */
	/* status, warnings, message: the verdict in one sentence, which only the summary and
	 * JSON show */
	EV_RUN_FINISHED,
};

struct run_event {
	enum run_event_type type;
	uint64_t time_us;
	uint64_t run;			 /* number of the run */
	const struct pipeline *pipeline; /* the one the job belongs to (child pipelines too) */
	str pipeline_path;		 /* "" for the root, "trigger-job/…" for children */
	const struct job *job;
	unsigned attempt; /* from 1 */
	enum job_status status;
	bool allow_failure;
	bool warnings;
	uint64_t expected_us;
	const char *section;
	bool start;
	str text;
	str message;
	const struct exec_result *result;
	str log_path; /* relative to the user's directory */
};

/* A view is a table and its state.  Pipelines and jobs outlive it; texts of an event
 * need not outlive the call. */
struct view {
	void (*event)(struct view *v, const struct run_event *e);
	void (*tick)(struct view *v, uint64_t now_us); /* NULL: wants none; else every 100 ms */
	void (*free)(struct view *v);
	/* errno of the first write that failed; nothing is written after it.  EPIPE: nobody
	 * reads any more, and the run should be canceled quietly. */
	int failed;
};

#endif
