/* engine.h - run a pipeline on this machine.
 *
 * One loop decides (plan/sched), a thread per running job executes (exec), a view
 * is told.  A job starts the moment its needs allow.  Child pipelines are flows of
 * the same loop.  SIGINT and SIGTERM cancel with grace, a second one at once.
 */
#ifndef LOCAL_ENGINE_H
#define LOCAL_ENGINE_H

#include "local/event.h"
#include "local/project.h"
#include "local/record.h"

struct engine_request {
	const struct project *project;
	const struct pipeline *pipeline;
	struct state *state; /* holds the run's number and lock */
	struct view *view;
	unsigned parallel; /* jobs at a time; 0: one per processor */
	bool keep, timestamps;
	bool partial;	       /* a selection: artifacts of jobs left out come from earlier runs */
	struct str_vec manual; /* manual jobs to start */
};

/* 0 when the pipeline came to an end, whichever (ret->status); -1 when the engine
 * could not work.  `ret` lives in the arena. */
int engine_run(struct arena *a, const struct engine_request *req, struct run_record *ret,
	       struct err *err) NODISCARD NONNULL;

#endif
