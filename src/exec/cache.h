/* cache.h - files kept from one run to the next (reference/gitlab-ci.md §2.8).
 *
 * One archive per key in `cache_dir`, replaced by rename: two runs at once see the
 * old one or the new one, never half.  A cache is a convenience: whatever goes wrong
 * with it is a warning in the log and a miss, never a failure; only a policy that
 * does not exist fails the job, as it does at the runner.
 */
#ifndef EXEC_CACHE_H
#define EXEC_CACHE_H

#include "base/buf.h"
#include "base/err.h"
#include "exec/variables.h"
#include "plan/job_spec.h"

struct cache_request {
	const struct job_spec *spec;
	const struct variables *vars; /* for keys, paths, policy; NULL: as written */
	const char *project_dir, *cache_dir;
	bool success; /* of the script: what `when` is judged by; for cache_save */
};

/* Restore each cache: its key, then fallback_keys, then CACHE_FALLBACK_KEY; the first
 * that extracts wins.  -1 only for an unknown policy. */
int cache_restore(struct arena *a, const struct cache_request *req, struct buf *log,
		  struct err *err) NODISCARD NONNULL;

/* Save each cache that is due; one whose files did not change is not written again. */
int cache_save(struct arena *a, const struct cache_request *req, struct buf *log,
	       struct err *err) NODISCARD NONNULL;

/* The key as the runner would have it: %2f, %2e and backslashes decoded, cleaned as a
 * path inside a root, blanks trimmed at the ends of its segments.  "" for a key of
 * which nothing is left. */
str cache_key_sanitize(struct arena *a, str key) NODISCARD NONNULL;

/* The name of the archive for a sanitised key; different keys have different names. */
int cache_file_name(struct arena *a, str key, str *ret, struct err *err) NODISCARD NONNULL;

#endif
