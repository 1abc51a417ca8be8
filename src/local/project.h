/* project.h - the repository a command was started in, and plans of it.
 *
 * The project is the nearest directory, upwards from the current one but within
 * the git work tree, that holds `.gitlab-ci.yml`; without one, the work tree.
 * Paths in rules and artifacts are relative to it.
 */
#ifndef LOCAL_PROJECT_H
#define LOCAL_PROJECT_H

#include "gitlab/gitlab.h"
#include "local/reader.h"
#include "os/git.h"

struct project_options {
	str file; /* root file; str_null: .gitlab-ci.yml of the project */
	bool has_event;
	enum event event;
	str ref, tag, target_branch, changed_since;
	struct job_var_vec variables; /* from --var and --var-file, in order */
	const struct node *inputs;    /* from --input, or NULL */
	struct reader_options reader;
	str gitlab_ci; /* value of GITLAB_CI; str_null: "true" */
};

struct project {
	struct arena *arena;
	const struct project_options *options;
	struct git_place place;
	str dir;    /* of the project, absolute */
	str prefix; /* dir relative to the work tree, with a slash at its end; or "" */
	str file;   /* root file relative to dir, or absolute when it lies outside */
	struct facts facts;
	struct gitlab_reader *reader;
};

/* Finds the project around the current directory and asks git about it. */
int project_open(struct arena *a, const struct project_options *o, struct project *ret,
		 struct err *err) NODISCARD NONNULL;
void project_close(struct project *p) NONNULL;

struct state;
/* The project's state, made when absent.  ERR_INVALID when the repository itself holds a
 * `.slipway`: caches and records in it would be somebody else's. */
int project_open_state(const struct project *p, struct state *ret,
		       struct err *err) NODISCARD NONNULL;

/* What a plan is made of beside the project itself. */
struct plan_request {
	struct diags *diags;
	const struct node
		*content; /* child pipeline: {include: …} or a whole file; NULL: the root file */
	const struct node *inputs;    /* of the child */
	struct job_var_vec variables; /* of the child: what its parent hands on */
	unsigned child_depth;
	str trace_job;
	struct buf *trace; /* see gitlab.h */
};

int project_plan(const struct project *p, const struct plan_request *req,
		 struct pipeline **ret) NODISCARD NONNULL;

#endif
