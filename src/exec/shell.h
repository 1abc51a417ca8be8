/* shell.h - run one script of a job to its end, its output going to the log.
 *
 * Waits for whatever comes first: the shell's end, its time limit, somebody who
 * cancels, a log that cannot be written.  In each case everything the shell started
 * is dead when this returns, and what it wrote is in the log.
 */
#ifndef EXEC_SHELL_H
#define EXEC_SHELL_H

#include "exec/log.h"
#include "exec/supervise.h"

enum shell_end {
	SHELL_EXITED,
	SHELL_TIMED_OUT,
	SHELL_CANCELED,
	SHELL_LOG_FAILED, /* log_trouble tells */
};

struct shell_spec {
	const char *bash;   /* its path */
	const char *script; /* file to run */
	const char *const *envp;
	const char *cwd;
	unsigned grace_ms;
	uint64_t deadline_us; /* monotonic; 0: none */
	atomic_int *cancel;   /* or NULL */
	int cancel_fd;	      /* or -1 */
	int cancel_from;      /* this much cancelling ends it; 2 always kills it */
	struct log *log;
};

struct shell_result {
	enum shell_end end; /* what came first */
	struct supervise_report report;
};

/* -1: it could not be started or watched. */
int shell_run(const struct shell_spec *spec, struct shell_result *ret,
	      struct err *err) NODISCARD NONNULL;

#endif
