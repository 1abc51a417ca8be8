/* runs.h - find earlier runs and their jobs by number and name. */
#ifndef LOCAL_RUNS_H
#define LOCAL_RUNS_H

#include "local/record.h"

/* The state of the project around the current directory: the nearest one upwards,
 * within the work tree. */
int runs_open(struct arena *a, struct state *ret, struct err *err) NODISCARD NONNULL;
/* Run number `run`, or the latest for 0. */
int runs_read(const struct state *s, uint64_t run, struct arena *a, struct run_record *ret,
	      struct err *err) NODISCARD NONNULL;
/* The last attempt of a job; the error names what is near. */
int runs_find_job(const struct run_record *r, str job, struct arena *a, struct job_record *ret,
		  struct err *err) NODISCARD NONNULL;

#endif
