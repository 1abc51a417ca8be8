/* extends.h - `extends`: jobs built on other jobs.
 *
 * Every top-level map may name parents; it becomes the deep merge of the parents
 * in order and itself on top.  Each map is merged once, after its parents, and
 * jobs that name the same parents share the merge of these, so the cost is that
 * of the entries copied.  Limits: 10 levels above a parent, a budget of copies.
 */
#ifndef GITLAB_EXTENDS_H
#define GITLAB_EXTENDS_H

#include "fmt/node.h"

/* A root in which nothing extends anything.  Names of maps that could not be
 * resolved (each reported) are put into `failed`; then -1, and *ret is still set:
 * it holds these as they were written. */
int extends_resolve(struct arena *a, struct diags *d, struct node *root, uint64_t *merges_left,
		    struct map *failed, struct node **ret) NODISCARD NONNULL;

#endif
