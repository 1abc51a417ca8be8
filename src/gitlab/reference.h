/* reference.h - `!reference [job, key]`: a value taken from elsewhere.
 *
 * Every tagged list is replaced by the value at its path in the root, which may
 * hold further references, up to 10 one behind the other.  A list inside a list
 * stays nested: the entries that allow it flatten it later.  Each node is looked
 * at once, however many jobs share it.
 */
#ifndef GITLAB_REFERENCE_H
#define GITLAB_REFERENCE_H

#include "fmt/node.h"

/* All that is wrong is reported; then -1.  Nothing is said of paths into the
 * top-level keys in `broken`: what is wrong with these was said before. */
int reference_resolve(struct arena *a, struct diags *d, struct node *root, const struct map *broken,
		      struct node **ret) NODISCARD NONNULL;

#endif
