/* complete.h - what could stand at the end of an unfinished command line.
 *
 * The scripts for the shells are thin: they hand over the words, we answer from
 * the command table, and so all shells know the same.
 */
#ifndef CMD_COMPLETE_H
#define CMD_COMPLETE_H

#include "base/buf.h"
#include "cmd/options.h"

struct completion {
	enum shell shell;
	struct buf *out;
	/* Names of the jobs, one a line, of the pipeline that these words ask for. */
	void (*jobs)(void *ctx, const struct str_vec *words, struct buf *ret);
	void *ctx;
};

/* `words` are those after "slipway"; the last one is unfinished, perhaps empty. */
void complete_words(const struct completion *c, const struct str_vec *words) NONNULL;

/* The words of a line as a shell would split it: blanks, quotes and backslashes. */
void complete_split(struct arena *a, str line, struct str_vec *ret) NONNULL;

#endif
