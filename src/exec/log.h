/* log.h - a job's log: every byte, masked, in order.
 *
 * What the job writes and what we say about it goes through one mask into the
 * log file, and to the sink for whoever watches.  The file has the runner's form
 * (reference/gitlab-ci.md §2.10): section markers, optional times, last line.
 * The sink gets the job's output and our notes; sections come to it as calls, so
 * a marker that a job prints is only text (SEC-H2).
 *
 * Memory is flat whatever the size.  A failed write is kept: the log goes on
 * for the sink, and log_trouble tells the job loop, which ends the job.
 */
#ifndef EXEC_LOG_H
#define EXEC_LOG_H

#include "exec/coverage.h"
#include "exec/exec.h"
#include "exec/mask.h"

struct log;

struct log_spec {
	int fd;
	const struct mask *mask;   /* built; outlives the log */
	struct coverage *coverage; /* reads along; NULL without */
	struct exec_sink sink;
	bool timestamps;
};

struct log *log_new(const struct log_spec *spec) NODISCARD NONNULL;
void log_free(struct log *l);

/* What the job wrote.  All of it but what may begin a secret is in file and sink when
 * this returns. */
void log_output(struct log *l, str bytes) NONNULL;

/* A line of ours, for the file and the sink.  The text needs no line end. */
enum log_level { LOG_INFO, LOG_WARNING, LOG_ERROR };
void log_note(struct log *l, enum log_level level, const char *fmt, ...) PRINTF(3, 4);
/* Text of ours, lines as they are, for the file alone, but for those that begin with
 * WARNING: or ERROR:. */
void log_detail(struct log *l, str text) NONNULL;

/* Sections do not nest.  The name must last; it is the runner's, e.g. "get_sources". */
void log_section_start(struct log *l, const char *name, const char *title) NONNULL;
void log_section_end(struct log *l) NONNULL;

/* Gives what was held back, and the last line: `Job succeeded` or `ERROR: Job failed: …`. */
void log_finish(struct log *l, bool success, str why) NONNULL;

/* True when the file could not be written; then err says why. */
bool log_trouble(const struct log *l, struct err *err) NONNULL;

uint64_t log_bytes(const struct log *l) NONNULL; /* in the file */
uint64_t log_lines(const struct log *l) NONNULL; /* line ends in the file */

#endif
