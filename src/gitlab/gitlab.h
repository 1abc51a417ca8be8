/* gitlab.h - the GitLab dialect: files and facts in, a pipeline out.
 *
 * Pure: what it needs of the world comes in `struct gitlab_request`.  The order of
 * steps is reference/gitlab-ci.md §2.1.  All memory goes to one arena.
 */
#ifndef GITLAB_GITLAB_H
#define GITLAB_GITLAB_H

#include "gitlab/config.h"
#include "plan/facts.h"
#include "plan/pipeline.h"

struct gitlab_request {
	struct arena *arena;
	struct diags *diags;
	const struct gitlab_reader *reader;
	const struct facts *facts;
	str path;			      /* of the root file */
	const struct node *content;	      /* a child pipeline's `include` list, or NULL */
	const struct node *inputs;	      /* or NULL */
	struct job_var_vec variables;	      /* pipeline variables: --var, trigger, schedule */
	struct job_var_vec project_variables; /* project, group, instance settings */
	/* Blob id of a path (cache:key:files), str_null when it does not exist. */
	str (*blob_id)(void *ctx, struct arena *a, str path);
	/* Id of the last commit that touched it (cache:key:files_commits). */
	str (*commit_id)(void *ctx, struct arena *a, str path);
	/* Paths that differ from a ref (changes:compare_to); NULL: not known, so true. */
	int (*changes_since)(void *ctx, struct arena *a, str ref, struct str_vec *ret,
			     struct err *err);
	/* Digests, so that this folder stays free of libraries. */
	void (*sha1)(const void *p, size_t n, unsigned char ret[20]);
	void (*sha256)(const void *p, size_t n, unsigned char ret[32]);
	void *ctx;
	unsigned child_depth; /* 0 for a root pipeline */
	/* Tell how one job (or, with an empty name, the workflow) was decided. */
	str trace_job;
	struct buf *trace;
};

/* -1 when errors were reported.  A pipeline that workflow rules filter out, or
 * that would be empty, is a success with `created` false. */
int gitlab_plan(const struct gitlab_request *req, struct pipeline **ret) NODISCARD NONNULL;

#endif
