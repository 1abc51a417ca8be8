/* inputs.h - what a file's `spec:inputs` asks for, against what was passed.
 *
 * One call turns the specification and the given values into the value of every
 * input: types, options, regex and rules checked, defaults filled in.  All that is
 * wrong is reported in one go, in GitLab's words.
 */
#ifndef GITLAB_INPUTS_H
#define GITLAB_INPUTS_H

#include "fmt/node.h"

struct inputs_request {
	struct arena *arena;
	struct diags *diags;
	const struct node *spec;  /* the map `spec:inputs`, or NULL */
	const struct node *given; /* name → value, or NULL */
	struct pos at;		  /* who passed them: blamed for what is missing */
};

/* name → struct node *, in order of the specification. */
int inputs_resolve(const struct inputs_request *req, struct map *ret) NODISCARD NONNULL;

#endif
