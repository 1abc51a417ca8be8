/* state.h - `.slipway/`: what local runs leave behind.
 *
 *	.slipway/.gitignore		"*": git never sees any of it
 *	.slipway/runs/12/lock		held while run 12 goes on; free and no end: it was killed
 *	.slipway/runs/12/run.json	what the run was and how each job ended; replaced atomically
 *	.slipway/runs/12/jobs/NAME/log	complete and masked
 *	.slipway/runs/12/jobs/NAME/out/	artifacts, dotenv, reports
 *	.slipway/work/12/NAME/		workspaces while jobs run
 *	.slipway/cache/			caches, shared by all runs
 *	.slipway/locks/			resource groups between runs
 *	.slipway/projects/		clones fetched for `include:project` and components
 *
 * A run takes its number by making its directory, so two runs at once never meet.
 * What a killed run left in work/ is removed at the next start (its lock is free).
 */
#ifndef LOCAL_STATE_H
#define LOCAL_STATE_H

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"

struct state {
	char *dir;    /* absolute path of .slipway */
	int fd;	      /* of it */
	uint64_t run; /* 0: none taken */
	int lock;     /* of the run */
};

#define STATE_NONE { .fd = -1, .lock = -1 }

/* Opens (with `make`: creates) the state of a project directory.  Without `make` a
 * missing one is ERR_NOT_FOUND. */
int state_open(const char *project_dir, bool make, struct state *ret,
	       struct err *err) NODISCARD NONNULL;
void state_close(struct state *s) NONNULL;

/* Takes the next number and its lock, then removes what dead runs left in work/. */
int state_take_run(struct state *s, struct err *err) NODISCARD NONNULL;
/* The number the next run will most likely get. */
uint64_t state_next_run(const struct state *s) NONNULL;

/* Numbers of all runs, ascending. */
void state_runs(const struct state *s, struct arena *a, uint64_t **ret, size_t *ret_nr) NONNULL;
bool state_run_is_alive(const struct state *s, uint64_t run) NONNULL;

/* A file name for a job: readable, unique by index, nothing a path could mistake. */
str state_job_name(struct arena *a, str job, str pipeline_path, size_t index, unsigned attempt);

/* Removes a run with all it holds, but not while it goes on (ERR_UNAVAILABLE). */
int state_remove_run(struct state *s, uint64_t run, struct err *err) NODISCARD NONNULL;

#endif
