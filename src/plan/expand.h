/* expand.h - references to variables in a text, replaced.
 *
 * Two dialects (reference/gitlab-ci.md §2.4).  The server's knows `$X`, `${X}` and
 * `%X%`, keeps `$$` and `%%`, and resolves inner braces first: `${URL_${ENV}}`.
 * The runner's is one pass as a shell would name things: `$$` is a dollar, what is
 * not defined is empty.  Neither looks at what it has inserted.
 */
#ifndef PLAN_EXPAND_H
#define PLAN_EXPAND_H

#include "base/buf.h"

/* Gives a variable's value; str_null when it is not defined, expand_as_written to
 * leave the reference as it stands. */
struct expand_vars {
	void *ctx;
	str (*get)(void *ctx, str name);
};

extern const str expand_as_written;

enum expand_mode {
	EXPAND_BLANK,	 /* not defined: nothing */
	EXPAND_EXISTING, /* not defined: left as written (globs, includes) */
};

/* The result is bounded by out->max: look at out->full. */
void expand_server(struct buf *out, str text, enum expand_mode mode,
		   const struct expand_vars *vars) NONNULL;
void expand_runner(struct buf *out, str text, const struct expand_vars *vars) NONNULL;

/* Could the text hold a reference at all?  ($ or %) */
bool expand_is_needed(str text);

#endif
