/* selection.h - which files of a workspace `paths`, `exclude` and `untracked` mean.
 *
 * The rules of artifacts and caches (reference/gitlab-ci.md §2.9): doublestar patterns
 * relative to the project directory, or absolute inside it; a directory means all
 * beneath it; links are taken as links and never followed.  Messages are the runner's.
 */
#ifndef EXEC_SELECTION_H
#define EXEC_SELECTION_H

#include "base/buf.h"
#include "base/err.h"
#include "exec/variables.h"

struct selection_request {
	const char *project_dir;
	const struct variables *vars; /* expand the patterns; NULL: they are taken as written */
	const struct str_vec *paths, *exclude; /* NULL: none */
	bool untracked;			       /* also what git does not track, ignored or not */
};

#define SELECTION_MAX 1000000 /* files; more is ERR_LIMIT */

/* Paths relative to the project directory, sorted, each once, NUL-terminated. */
int selection_make(struct arena *a, const struct selection_request *req, struct buf *log,
		   struct str_vec *ret, struct err *err) NODISCARD NONNULL;

/* A pattern as a clean relative one ("." for the whole directory); false when it
 * leads out of the project directory. */
bool selection_clean(struct arena *a, const char *project_dir, str pattern,
		     str *ret) NODISCARD NONNULL;

#endif
