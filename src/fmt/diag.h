/* diag.h - errors and warnings about a text, collected, then shown together.
 *
 * A checker reports all it can find in one go instead of stopping at the first.
 * At most DIAGS_MAX errors and as many warnings are kept, further ones are
 * counted.  Shown as
 *
 *	.gitlab-ci.yml:12:5: error: job "test" needs "biuld", which does not exist
 *	   12 |   needs: [biuld]
 *	      |           ^
 *	      hint: did you mean "build"?
 *	      included from ci/all.yml:3:5
 */
#ifndef FMT_DIAG_H
#define FMT_DIAG_H

#include "base/vec.h"
#include "fmt/source.h"

#define DIAGS_MAX 20

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag {
	enum diag_level level;
	struct pos pos;
	str message; /* one sentence, lower case, no full stop */
	str hint;    /* what to do, or str_null */
};

struct diags {
	struct arena *arena;
	struct diag *at;
	size_t nr, cap;
	size_t nr_error, nr_warning; /* all that were reported, kept or not */
	size_t last;		     /* index + 1 of the one reported last; 0: it was not kept */
};

void diags_init(struct diags *d, struct arena *a) NONNULL;

/* Always -1, so that `return diag_error(…)` reads well (a macro as err_set is one).
 * The same text at the same place is reported once. */
#define diag_error(...) __extension__({ diag_put_error(__VA_ARGS__); -1; })
void diag_put_error(struct diags *d, struct pos pos, const char *fmt, ...) PRINTF(3, 4) NONNULL;
void diag_warning(struct diags *d, struct pos pos, const char *fmt, ...) PRINTF(3, 4) NONNULL;
/* Gives the diagnostic reported last its hint. */
void diag_hint(struct diags *d, const char *fmt, ...) PRINTF(2, 3) NONNULL;
/* Hints `did you mean "x"?` when a candidate is near; otherwise no hint. */
void diag_hint_nearest(struct diags *d, str word, const str *candidates, size_t nr) NONNULL;

/* The layout above, sorted by file and line, errors and warnings together;
 * control characters made visible; `color` adds SGR sequences. */
void diags_render(const struct diags *d, struct buf *out, bool color) NONNULL;

#endif
