/* interpolate.h - `$[[ inputs.x | truncate(0, 8) ]]` in a configuration tree.
 *
 * A scalar that is one block and nothing else becomes the value with its type; in
 * a longer text the value becomes text.  Keys are rewritten too.  `$[[ matrix.X ]]`
 * stays as it is: it is resolved per permutation, later.
 *
 * Limits: expression 1 kB, 3 functions, 10,000 different blocks, text with blocks
 * 1 MB, and a budget of bytes that the caller shares between files.
 */
#ifndef GITLAB_INTERPOLATE_H
#define GITLAB_INTERPOLATE_H

#include "fmt/node.h"

struct interpolate_context {
	struct arena *arena;
	struct diags *diags;
	struct map inputs;    /* name → struct node * */
	struct map component; /* name → struct node *; empty where the file is none */
	/* For expand_vars; NULL leaves the text as it is. */
	str (*expand)(void *ctx, struct arena *a, str text);
	void *expand_ctx;
	uint64_t *bytes_left; /* of all texts made */
};

/* The tree with all blocks replaced; unchanged parts are shared.  Every block that
 * cannot be replaced is reported at its scalar; then -1. */
int interpolate_tree(struct interpolate_context *c, struct node *n,
		     struct node **ret) NODISCARD NONNULL;

/* Does the text hold a block at all? */
bool interpolate_has_block(str text);

/* The text of a scalar as Ruby's to_s would give it, of a list as JSON. */
str interpolate_text(struct arena *a, const struct node *n) NONNULL;

#endif
