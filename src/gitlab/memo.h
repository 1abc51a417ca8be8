/* memo.h - what became of a node: results by node address.
 *
 * A configuration is a DAG: one node may stand in 10,000 jobs.  Whoever rewrites
 * it must look at each node once, or a small file costs unbounded time.
 */
#ifndef GITLAB_MEMO_H
#define GITLAB_MEMO_H

#include "fmt/node.h"

enum memo_state { MEMO_NEW, MEMO_ACTIVE, MEMO_DONE, MEMO_FAILED };

struct memo_entry {
	const struct node *key;
	struct node *value;
	enum memo_state state;
	unsigned height; /* for the user */
};

struct memo {
	struct arena *arena;
	struct memo_entry *slots;
	size_t nr, nr_slots; /* a power of two */
};

void memo_init(struct memo *m, struct arena *a) NONNULL;

/* The entry of a node, MEMO_NEW when it was not there.  The pointer lasts until
 * the next call. */
struct memo_entry *memo_at(struct memo *m, const struct node *key) NODISCARD NONNULL;

#endif
