/* summary.h - what is said when a run is over.
 *
 * For each failed job the first lines that tell why, with their place in the log;
 * what was allowed to fail, coverage, environments; the waterfall; and as the last
 * line the verdict in one sentence.
 */
#ifndef LOCAL_SUMMARY_H
#define LOCAL_SUMMARY_H

#include "local/record.h"

struct summary_options {
	bool color, utf8;
	bool brief;    /* no waterfall */
	unsigned cols; /* for the waterfall */
};

/* `p` is the root pipeline that was run; its needs make the critical path. */
void summary_add(struct buf *b, const struct state *s, const struct run_record *r,
		 const struct pipeline *p, const struct summary_options *o) NONNULL;

#endif
