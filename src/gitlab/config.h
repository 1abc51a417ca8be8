/* config.h - from files to one map: include, spec:inputs, extends, !reference.
 *
 * Steps 1 to 6 of reference/gitlab-ci.md §2.1.  Pure: files come through a
 * `struct gitlab_reader`, decisions about include:rules through a callback, so
 * that a server, a test and a fuzzer can each answer.  The result is a map whose
 * entries still know the file and line they were written at.
 */
#ifndef GITLAB_CONFIG_H
#define GITLAB_CONFIG_H

#include "base/err.h"
#include "fmt/node.h"

/* A place to read a file from: where an include points, and the context in which
 * the file's own `local` includes are resolved. */
struct gitlab_origin {
	str project; /* "group/name", or str_null: the pipeline's own project */
	str ref;     /* of that project; str_null for its default */
};

enum include_kind {
	INCLUDE_LOCAL,
	INCLUDE_PROJECT,
	INCLUDE_REMOTE,
	INCLUDE_TEMPLATE,
	INCLUDE_COMPONENT,
};

struct gitlab_file_request {
	enum include_kind kind;
	struct gitlab_origin origin; /* for local and project */
	str path;      /* file in the project, URL, template name, component address */
	str integrity; /* remote: "sha256-BASE64", or str_null */
};

struct gitlab_file {
	str name; /* as shown in positions */
	str text;
	struct gitlab_origin origin; /* context for its own local includes */
	str component_name, component_sha, component_version, component_reference;
};

struct gitlab_reader {
	void *ctx;
	int (*read)(void *ctx, struct arena *a, const struct gitlab_file_request *req,
		    struct gitlab_file *ret, struct err *err);
	/* All paths of a project, sorted, for wildcards and exists. */
	int (*list)(void *ctx, struct arena *a, const struct gitlab_origin *origin,
		    struct str_vec *ret, struct err *err);
};

/* How include conditions and texts are evaluated; see rules.h. */
struct gitlab_include_env {
	void *ctx;
	/* Is this include in?  `rules` is the node of include:rules. */
	bool (*rules_match)(void *ctx, const struct node *rules, struct diags *d);
	/* $VAR and ${VAR} in include texts; unknown ones are kept. */
	str (*expand)(void *ctx, struct arena *a, str text);
};

struct gitlab_config_request {
	struct arena *arena;
	struct diags *diags;
	const struct gitlab_reader *reader;
	const struct gitlab_include_env *env;
	str path;		   /* root file, read as INCLUDE_LOCAL of the own project */
	const struct node *inputs; /* map of inputs for the root's spec, or NULL */
	/* Instead of reading path: a map, or what an `include` may be (trigger:include).
	 * `inputs` is for path only; an include has its own. */
	const struct node *content;
};

struct gitlab_config {
	struct node *root;	 /* merged, `include` removed, extends and !reference resolved */
	struct node *unresolved; /* merged, but extends and !reference as written: for explain */
	struct str_vec files;	 /* names of all files read, in order */
};

/* -1 when at least one error was reported in diags; independent errors are all reported. */
int gitlab_config_load(const struct gitlab_config_request *req,
		       struct gitlab_config *ret) NODISCARD NONNULL;

/* --- the single steps, for tests and explain --- */
/* One job's ancestors in the order they were merged; the job itself last. */
struct str_vec gitlab_extends_chain(struct arena *a, const struct node *unresolved, str job);

#endif
