/* exec_int.h - what the phases of one job share. */
#ifndef EXEC_EXEC_INT_H
#define EXEC_EXEC_INT_H

#include "exec/exec.h"
#include "exec/log.h"
#include "exec/shell.h"
#include "exec/variables.h"

struct run {
	struct arena *a;
	const struct exec_request *req;
	struct exec_result *ret;
	struct mask *mask;
	struct coverage *coverage; /* NULL without */
	struct log *log;
	struct variables vars;
	const char *bash;
	const char *project_dir; /* CI_PROJECT_DIR */
	const char *tmp_dir;	 /* scripts and file variables */
	str env_file;		 /* GITLAB_ENV */
	uint64_t deadline_us;	 /* of the whole job, monotonic; 0: none */
	/* The first failure is the job's; FAIL_NONE while all is well. */
	enum failure_reason reason;
	int exit_code;
	str message; /* also what the last line of the log says */
};

static inline bool run_failed(const struct run *r) { return r->reason != FAIL_NONE; }

/* Record a failure, unless there is one.  The text is for people, and what the log's
 * last line says. */
void run_fail(struct run *r, enum failure_reason reason, const char *fmt, ...) PRINTF(3, 4);

/* How much has been cancelled; from 2 on nothing more is begun. */
int run_cancel(const struct run *r) NONNULL;

/* --- before the log is open: -1 is the end of it (exec_setup.c) --- */
int run_setup(struct run *r, struct err *err) NODISCARD NONNULL;
void run_release(struct run *r) NONNULL;
/* Notes on what was left out, once there is a log. */
void run_setup_notes(struct run *r) NONNULL;

/* --- scripts (exec_script.c) --- */
void run_pre_get_sources(struct run *r) NONNULL;
void run_script(struct run *r) NONNULL;
void run_after_script(struct run *r) NONNULL;

/* --- files (exec_files.c) --- */
void run_get_sources(struct run *r) NONNULL;
void run_restore_cache(struct run *r) NONNULL;
void run_download_artifacts(struct run *r) NONNULL;
void run_archive_cache(struct run *r) NONNULL;
void run_upload_artifacts(struct run *r) NONNULL;
void run_cleanup(struct run *r) NONNULL;

#endif
