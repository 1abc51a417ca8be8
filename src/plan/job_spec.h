/* job_spec.h - what a job needs to run: complete and self-contained.
 *
 * The one type everything meets at.  Its shape is GitLab Runner's job payload
 * (reference/runner-api.md §3): `slipway run` makes one and executes it, a server
 * makes one and hands it to any runner.  Nothing here refers to a file of the
 * pipeline or to another job but by id.  All memory lives in one arena.
 */
#ifndef PLAN_JOB_SPEC_H
#define PLAN_JOB_SPEC_H

#include "base/vec.h"

struct job_var {
	str key, value;
	bool raw;	/* never expanded further */
	bool file;	/* value goes to a file, the variable holds its path */
	bool masked;	/* value never appears in a log */
	bool from_file; /* written in the pipeline's file: what `trigger:forward` hands on */
	bool given;	/* by settings or the command line: a dotenv report does not override it */
};

struct job_var_vec {
	struct job_var *at; /* later entries win */
	size_t nr, cap;
};

enum upload_when { UPLOAD_ON_SUCCESS, UPLOAD_ON_FAILURE, UPLOAD_ALWAYS };
enum cache_policy { CACHE_PULL_PUSH, CACHE_PULL, CACHE_PUSH };

struct job_image {
	str name; /* str_null: no image asked for */
	struct str_vec entrypoint;
	bool has_entrypoint;
	struct str_vec pull_policy;
	str platform, user;
};

struct job_service {
	struct job_image image;
	struct str_vec alias;
	struct str_vec command;
	struct job_var_vec variables;
};

struct job_artifact {
	str name;
	str type;   /* "archive", or a report: "junit", "dotenv", "cobertura", … */
	str format; /* "zip", "gzip", "raw" */
	bool untracked;
	struct str_vec paths, exclude;
	enum upload_when when;
	str expire_in; /* as written, "" when absent */
	str access, expose_as;
};

struct job_cache {
	str key; /* variables not yet expanded */
	struct str_vec paths, fallback_keys;
	bool untracked, unprotect;
	str policy; /* pull-push, pull, push; may hold a variable: judged when it runs */
	enum upload_when when;
};

struct job_step {
	str name; /* "script", "after_script", "release" */
	struct str_vec script;
};

struct job_release {
	str tag_name, tag_message, name, description, ref, released_at;
	struct str_vec milestones;
	struct str_vec asset_links; /* "name url" */
};

struct job_spec {
	uint64_t id;
	str name, stage;
	uint64_t pipeline_id;
	uint64_t timeout_s;
	struct job_var_vec variables;	/* in order of precedence, lowest first */
	struct str_vec pre_get_sources; /* hooks:pre_get_sources_script */
	struct job_step script;		/* before_script and script, one shell */
	struct job_step after_script;
	struct job_image image;
	VEC(struct job_service) services;
	VEC(struct job_artifact) artifacts; /* the archive first, then reports */
	VEC(struct job_cache) caches;
	struct job_release *release; /* NULL without */
	str coverage;		     /* pattern without slashes, or str_null */
	struct str_vec tags;
};

/* The value in force for a key (the last entry), or str_null. */
str job_var_get(const struct job_var_vec *v, str key) NONNULL;

#endif
