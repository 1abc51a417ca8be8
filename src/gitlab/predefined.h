/* predefined.h - the variables GitLab defines, from facts.
 *
 * reference/gitlab-ci.md §3.  What GitLab leaves unset stays unset.  Variables of
 * the pipeline are made once, as a layer all jobs share; those of a job are made
 * on demand, and the ones that exist only in a running job are hidden from rules.
 */
#ifndef GITLAB_PREDEFINED_H
#define GITLAB_PREDEFINED_H

#include "plan/facts.h"
#include "plan/pipeline.h"
#include "plan/scope.h"

/* Project, commit, pipeline, server, runner. */
void predefined_pipeline(struct arena *a, const struct facts *f, str config_path,
			 struct scope_layer *ret) NONNULL;

/* GITLAB_USER_*, which win over the file's variables. */
void predefined_user(struct arena *a, const struct facts *f, struct scope_layer *ret) NONNULL;

/* For struct scope: derive, with a struct predefined_job as its context. */
struct predefined_job {
	const struct job *job;
	const struct pipeline *pipeline;
	bool running; /* also what exists only in a running job */
};
bool predefined_derive(void *ctx, struct arena *a, str key, struct job_var *ret);

/* All that predefined_derive can give, for a flat list. */
void predefined_job_layer(struct arena *a, const struct predefined_job *ctx,
			  struct scope_layer *ret) NONNULL;

/* Where the project lives, from its remote URL. */
struct project_address {
	str scheme, host, port; /* "https", "gitlab.com", "443" */
	str ssh_port;		/* "22" */
	str path;		/* "group/sub/name" */
};
void project_address_parse(struct arena *a, str remote_url, str project_dir,
			   struct project_address *ret) NONNULL;

#endif
