/* exec.h - run one job_spec: workspace, script, log, artifacts, cache.
 *
 * Straight-line and blocking: a caller gives each running job a thread.  The order
 * inside a job is the runner's (reference/gitlab-ci.md §2.8): prepare, get_sources,
 * restore_cache, download_artifacts, step_script, after_script, archive_cache,
 * upload_artifacts, cleanup.  Nothing of the user's tree is written; whatever the
 * job started is dead when exec_run returns.
 */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H

#include "base/err.h"
#include "plan/facts.h"
#include "plan/pipeline.h"

#include <stdatomic.h>

#define EXEC_GRACE_MS 10000

/* Where output goes, already masked.  Called from the job's thread, in order. */
struct exec_sink {
	void *ctx;
	/* The job's output and notes about it, any chunking; without section markers,
	 * which are only in the log file. */
	void (*output)(void *ctx, str bytes);
	void (*section)(void *ctx, const char *name, bool start); /* phases, for the picture */
};

/* A producer whose artifacts the job gets. */
struct exec_dependency {
	str job;	/* name, for messages */
	str archive;	/* path of its artifacts archive, or str_null when it made none */
	str dotenv;	/* path of its dotenv report, or str_null */
	bool explicit_; /* named in needs or dependencies: its absence fails the job */
};

struct exec_request {
	const struct job_spec *spec;
	const struct facts *facts;
	const struct exec_dependency *dependencies;
	size_t nr_dependencies;
	int log_fd;	      /* the job's log file; complete, masked */
	const char *work_dir; /* a fresh directory for this job, made by the caller: holds workspace
				 and tmp */
	const char *out_dir;  /* exists; artifacts.tar.zst, dotenv, reports/TYPE/… go there */
	const char *cache_dir; /* shared by all runs of this repository */
	bool keep;	       /* leave the workspace */
	bool remove_later;     /* leave it to the caller, who removes it after the result is told */
	bool timestamps;       /* prefix log lines with the time */
	const struct str_vec *secrets; /* masked beside the masked variables; NULL: none */
	struct exec_sink sink;
	atomic_int *cancel; /* 0 go on, 1 stop with grace, 2 kill now */
	int cancel_fd; /* becomes readable when *cancel changes (eventfd); never read here, or -1 */
	unsigned grace_ms; /* between TERM and KILL; 0: EXEC_GRACE_MS */
};

struct exec_usage {
	uint64_t cpu_user_us, cpu_system_us;
	uint64_t max_rss_kb;
	uint64_t read_bytes, written_bytes;
};

struct exec_result {
	bool success;
	enum failure_reason reason; /* FAIL_NONE on success */
	int exit_code;		    /* of the script; 0 on success */
	str message;		    /* one sentence for people, in the arena */
	double coverage;	    /* percent, negative when none */
	struct exec_usage usage;
	uint64_t started_us, finished_us; /* wall clock, µs since the epoch */
	bool has_archive, has_dotenv;
	struct str_vec reports; /* paths beneath out_dir, "junit:reports/junit/report.xml" */
	uint64_t log_bytes, log_lines;
};

/* 0 when the job was run to an end, whatever the end (see ret->success); -1 only
 * when the machine failed before it could start (disk full, no bash): the caller
 * then reports runner_system_failure with the message. */
int exec_run(struct arena *a, const struct exec_request *req, struct exec_result *ret,
	     struct err *err) NODISCARD NONNULL;

#endif
