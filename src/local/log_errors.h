/* log_errors.h - which lines of a job's log tell what went wrong?
 *
 * The first few that look like errors, in what the job's script printed; when none
 * does, its last lines.  So a reader sees the cause before opening the log.
 */
#ifndef LOCAL_LOG_ERRORS_H
#define LOCAL_LOG_ERRORS_H

#include "base/arena.h"

#define LOG_ERRORS_MAX	5
#define LOG_ERRORS_LAST 3 /* lines when none looks like an error */
#define LOG_ERRORS_BYTES ((uint64_t)256 << 20) /* further on nothing is looked for */

struct log_error {
	uint64_t line; /* from 1 */
	str text;      /* harmless, without colours, at most 400 bytes or so */
};

struct log_errors {
	struct log_error at[LOG_ERRORS_MAX];
	size_t nr;
};

/* Reads the file from where it stands.  What cannot be read has no errors. */
void log_errors_read(int fd, struct arena *a, struct log_errors *ret) NONNULL;

#endif
