/* facts.h - ask git and the user's options what the planner must know.
 *
 * The pipeline of a local run is that of the commit at HEAD as the work tree shows
 * it now: uncommitted and untracked files count as part of it.  Options only say
 * how the run is to be seen (another branch name, a tag, a merge request); they
 * never change which files run.
 */
#ifndef LOCAL_FACTS_H
#define LOCAL_FACTS_H

#include "os/git.h"
#include "plan/facts.h"

struct facts_options {
	const char *dir; /* any directory of the repository; NULL: the current one */
	bool has_event; /* else it follows: tag → tag, target_branch → merge_request, else push */
	enum event event;
	str ref, tag, target_branch, changed_since; /* str_null when not given */
};

/* Everything in `ret` but the pipeline's own ids and time.  `ret_place` says where the
 * repository is.  ERR_NOT_FOUND outside of a repository, ERR_INVALID for an option
 * that names nothing.  A repository without commits is fine: sha is all zeros. */
int facts_gather(struct arena *a, const struct facts_options *o, struct facts *ret,
		 struct git_place *ret_place, struct err *err) NODISCARD NONNULL;

/* The text without "user:password@" when it is an http(s) URL. */
str facts_url_without_password(struct arena *a, str url) NODISCARD;

#endif
