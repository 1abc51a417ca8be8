/* git.h - the git program, with arguments and environment that cannot surprise.
 *
 * A call is built from typed pieces: options are our own literals, revisions and
 * paths come from outside and are refused when they could be taken for anything
 * else (SEC-B1).  Hooks, fsmonitor, pagers, external diffs and prompts are off
 * and no lock is taken (SEC-B3); the user's configuration still counts, so that
 * identity, safe.directory and aliases of URLs are what the user expects.
 * Calls that do not need each other run at the same time.
 */
#ifndef OS_GIT_H
#define OS_GIT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

/* Where a repository is; absolute, without a slash at the end, NUL-terminated. */
struct git_place {
	str top;    /* of the work tree */
	str dir;    /* .git, or what a .git file names (worktrees, submodules) */
	str common; /* where objects and shared refs are; often the same as dir */
};

/* Find the work tree around `start`, looking upwards.  Reads a few files, starts
 * nothing.  ERR_NOT_FOUND, with a hint, outside of any. */
int git_find(struct arena *a, const char *start, struct git_place *ret,
	     struct err *err) NODISCARD NONNULL;
/* The same for a directory that must be a top itself (a submodule); false if not. */
bool git_is_top(struct arena *a, int dirfd, const char *path) NODISCARD NONNULL;

/* HEAD, read without starting git. */
struct git_head {
	str ref; /* "refs/heads/main", or str_null when detached */
	str sha; /* str_null before the first commit */
};
int git_head_read(struct arena *a, const struct git_place *p, struct git_head *ret,
		  struct err *err) NODISCARD NONNULL;
/* What a ref holds: a sha, "ref: …" resolved; str_null when it does not exist. */
str git_ref_read(struct arena *a, const struct git_place *p, str ref) NODISCARD NONNULL;
/* Where a symbolic ref points; str_null when it is none. */
str git_ref_target(struct arena *a, const struct git_place *p, str ref) NODISCARD NONNULL;

/* --- calls --- */
struct git_call {
	struct arena *arena;
	str sub;	 /* for messages */
	const char *dir; /* where it runs */
	struct str_vec options, revs, paths;
	bool no_paths;	  /* it knows no "--" */
	size_t max_bytes; /* of its output; 0: 256 MiB */
	/* after git_run: */
	struct buf out, errors;
	int code;
};

struct git_call *git_call_new(struct arena *a, const char *dir,
			      const char *subcommand) NODISCARD NONNULL;
void git_call_free(struct git_call *c); /* its output; the rest is the arena's */
void git_call_free_ptr(struct git_call **c);

void git_option(struct git_call *c, const char *literal) NONNULL;
/* A branch, tag, commit or "A~1"; ERR_INVALID when it is not shaped like one. */
int git_rev(struct git_call *c, str rev, struct err *err) NODISCARD NONNULL;
void git_path(struct git_call *c, str path) NONNULL; /* never a pattern */

/* Run them at the same time, to the end.  -1 when one could not be run; exit codes
 * are the caller's to judge. */
int git_run(struct git_call *const *calls, size_t nr, struct err *err) NODISCARD NONNULL;
/* The error for a call whose exit code is not 0, from what git said. */
int git_failed(const struct git_call *c, struct err *err) NONNULL;

/* --- the files of a work tree --- */
/* Sorted by bytes, each once, NUL-terminated.  A submodule, or another repository
 * inside this one, is one entry. */
struct git_files {
	struct str_vec tracked;	  /* without those deleted or not checked out */
	struct str_vec untracked; /* but not ignored */
	struct str_vec all;
};
/* The call to run, and what it answered. */
struct git_call *git_files_call(struct arena *a, const char *top) NODISCARD NONNULL;
int git_files_read(struct git_call *c, struct git_files *ret, struct err *err) NODISCARD NONNULL;

/* Sort, and drop what comes twice; the union of two such lists. */
void git_names_sort(struct str_vec *v) NONNULL;
struct str_vec git_names_merge(struct arena *a, const struct str_vec *x,
			       const struct str_vec *y) NODISCARD NONNULL;

/* --- questions --- */
/* Id of the blob that `path` (relative to `top`) would be if committed now; str_null
 * when there is no such file. */
str git_blob_id(struct arena *a, const char *top, str path) NODISCARD NONNULL;
/* Id of the last commit that touched it, or str_null. */
str git_last_commit(struct arena *a, const char *top, str path) NODISCARD NONNULL;
/* Like `rev`, but resolved to the id of a commit; str_null when it is none. */
str git_resolve(struct arena *a, const char *top, str rev) NODISCARD NONNULL;

/* Could this be a revision or ref name?  (Shape only.) */
bool git_rev_is_valid(str rev);

#endif
