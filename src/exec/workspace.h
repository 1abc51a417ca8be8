/* workspace.h - a job's own copy of the work tree, with a repository of its own.
 *
 * The files are those the facts list (tracked, and untracked but not ignored), as
 * they are at this moment, by reference where the file system can and by copying
 * elsewhere.  Hard links are deliberately not used: a job that writes a file in
 * place would reach the user's.  The `.git` is made by hand: it borrows the objects
 * of the user's repository and owns everything else, so that status, log, describe,
 * diff and commit work inside and nothing of the user's is ever written.
 * docs/decisions/0002-workspaces.md has the reasons and the figures.
 */
#ifndef EXEC_WORKSPACE_H
#define EXEC_WORKSPACE_H

#include "base/buf.h"
#include "base/err.h"
#include "os/git.h"
#include "plan/facts.h"

/* GIT_STRATEGY.  A workspace is always fresh, so clone and fetch are the same, and
 * none finds an empty directory. */
enum workspace_strategy { WORKSPACE_FETCH, WORKSPACE_CLONE, WORKSPACE_NONE, WORKSPACE_EMPTY };

struct workspace_options {
	enum workspace_strategy strategy;
	bool checkout;	 /* GIT_CHECKOUT; false: only the repository, no files */
	bool submodules; /* GIT_SUBMODULE_STRATEGY normal or recursive: with their content */
	bool recursive;
	struct buf *log; /* gets messages in the runner's words; the caller sets it */
};

/* From the job's variables; ERR_INVALID with the runner's words for an unknown value.
 * GIT_DEPTH has no meaning here: all history that is there can be seen. */
int workspace_options_read(const struct job_var_vec *vars, struct workspace_options *ret,
			   struct err *err) NODISCARD NONNULL;

struct workspace_stats {
	size_t nr_files, nr_skipped; /* skipped: vanished or unreadable meanwhile */
	uint64_t bytes;
	bool cloned; /* by reference */
};

/* Make the workspace in `dir`, which is absent or an empty directory.  Fails when the
 * machine does (disk full, …); what was made until then is left for the caller to
 * remove. */
int workspace_make(struct arena *a, const char *dir, const struct facts *facts,
		   const struct workspace_options *o, struct workspace_stats *ret,
		   struct err *err) NODISCARD NONNULL;

#endif
