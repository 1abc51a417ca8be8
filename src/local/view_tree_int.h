/* view_tree_int.h - what the live tree knows, between its events and its drawing. */
#ifndef LOCAL_VIEW_TREE_INT_H
#define LOCAL_VIEW_TREE_INT_H

#include "local/event.h"
#include "os/term.h"

#define TREE_TAIL_LINES 10

struct tree_job {
	const struct job *job;
	enum job_status status;
	bool allow_failure;
	unsigned attempt;
	uint64_t started_us, took_us, expected_us;
	char section[32];
	struct buf name;    /* harmless */
	struct buf tail;    /* the last bytes of its output, raw */
	struct buf outcome; /* a few words, once it ended or waits */
};

struct tree_stage {
	const struct pipeline *pipeline;
	size_t index; /* in pipeline.stages */
	str title;    /* harmless; with the path of a child pipeline */
	VEC(struct tree_job *) jobs;
};

struct tree_model {
	struct arena arena;
	VEC(struct tree_stage *) stages; /* of the root first */
	uint64_t started_us, expected_us;
	bool color, utf8;
};

/* The picture: lines that end with a line feed, each narrower than the terminal and
 * harmless.  A live one fits the screen: what succeeded is folded first, then what
 * waits, then the output of what failed; a progress bar stands last.  A final one has
 * no bar and never folds what failed. */
void tree_draw(struct buf *b, const struct tree_model *m, struct term_size size, uint64_t now_us,
	       bool final) NONNULL;

#endif
