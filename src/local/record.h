/* record.h - how a run went: what `runs`, `log`, `artifacts` and forecasts read.
 *
 * Written as runs/N/run.json when the run starts and each time a job ends,
 * replaced atomically, so that a killed run still tells what was done.
 */
#ifndef LOCAL_RECORD_H
#define LOCAL_RECORD_H

#include "exec/exec.h"
#include "local/state.h"
#include "plan/sched.h"

struct job_record {
	str name, stage, pipeline_path;
	unsigned attempt;
	enum job_status status;
	bool allow_failure;
	bool retried; /* a later attempt counts */
	enum failure_reason reason;
	int exit_code;
	str message;
	double coverage;					/* negative: none */
	uint64_t created_us, ready_us, started_us, finished_us; /* 0: never */
	struct exec_usage usage;
	str log; /* relative to the run's directory: "jobs/001-build/log"; str_null without */
	str out; /* "jobs/001-build/out" */
	bool has_archive, has_dotenv;
	struct str_vec reports; /* "junit:reports/junit/report.xml" */
	str environment, environment_url;
};

struct run_record {
	uint64_t run;
	str file, event, ref, sha, verdict;
	uint64_t started_us, finished_us; /* finished 0: goes on, or was killed */
	enum job_status status;
	bool warnings;
	VEC(struct job_record) jobs;
};

int record_write(const struct state *s, const struct run_record *r,
		 struct err *err) NODISCARD NONNULL;
int record_read(const struct state *s, uint64_t run, struct arena *a, struct run_record *ret,
		struct err *err) NODISCARD NONNULL;
/* The same as JSON text, for `--json`; with this word for its status. */
void record_add_json(struct buf *b, const struct run_record *r, const char *status) NONNULL;

/* The latest record of a job that succeeded, in any of `back` runs before `before`. */
struct record_search {
	uint64_t before;
	unsigned back;
	str job;
	/* found: */
	uint64_t run;
	struct job_record record;
};
bool record_find_success(const struct state *s, struct arena *a,
			 struct record_search *search) NONNULL;

#endif
