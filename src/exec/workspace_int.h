/* workspace_int.h - what the two halves of a workspace share. */
#ifndef EXEC_WORKSPACE_INT_H
#define EXEC_WORKSPACE_INT_H

#include "exec/workspace.h"

/* Make `.git` in the directory `root`, borrowing from the repository at `from`. */
struct workspace_git {
	const struct git_place *from;
	struct git_head head;
	str branch;	/* gets refs/remotes/origin/BRANCH at HEAD; str_null: none */
	str remote_url; /* of origin; str_null: none */
	str user_name, user_email;
	bool checkout; /* false: HEAD is unborn and the index empty */
};
int workspace_git_make(struct arena *a, int root, const struct workspace_git *g,
		       struct err *err) NODISCARD NONNULL;

#endif
