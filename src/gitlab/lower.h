/* lower.h - inside the dialect: what the steps of lowering share.
 *
 * A `struct job_def` is one job as written, defaults filled in; a `struct job` is
 * one instance of it in the plan.  A definition is read once (definition.c, read_*.c),
 * multiplied by its matrix (parallel.c), decided upon (rules.c), then connected
 * (needs.c).  Private to src/gitlab.
 */
#ifndef GITLAB_LOWER_H
#define GITLAB_LOWER_H

#include "gitlab/entry.h"
#include "gitlab/expr.h"
#include "gitlab/gitlab.h"
#include "gitlab/keys.h"
#include "plan/scope.h"

#define JOBS_MAX       50000
#define NAME_MAX_CHARS 255 /* of a job, a workflow, an environment */

struct job_def {
	str name;
	struct pos pos;
	const struct node *node;
	const struct node_entry *key[K_NR]; /* effective; NULL when absent */
	bool inherited[K_NR];		    /* from `default:` or a deprecated global */
	struct job_var_vec variables;
	const struct scope_layer *globals, *workflow; /* after inherit:variables */
	struct rules *rules;			      /* NULL without */
	struct only *only, *except;		      /* NULL without */
	struct job proto;			      /* what all instances share */
	const struct node *needs_node;
	size_t *instances; /* their indices, made when first asked for */
	size_t first, nr;  /* its instances in pipeline.jobs */
};

struct lower {
	struct entry e;
	const struct gitlab_request *req;
	struct gitlab_config config;
	struct pipeline *p;
	const struct node_entry *defaults[K_NR]; /* `default:` and deprecated globals */
	struct scope_layer base, globals, workflow, user, given;
	bool has_workflow_rules;
	VEC(struct job_def *) defs;
	struct map def_by_name, job_by_name, rules_by_node;
	struct map exists; /* pattern → non-NULL when a file matches it */
	struct buf *trace; /* where the decisions of the explained job are told, or NULL */
	struct map noted;  /* keywords without effect, already warned of */
};

/* Node of an effective key, or NULL. */
static inline const struct node *def_node(const struct job_def *def, enum job_key k)
{
	return def->key[k] ? def->key[k]->value : NULL;
}

/* --- definition.c: top level keys, defaults, jobs and their keys --- */
bool lower_defaults(struct lower *l) NONNULL;
bool lower_stages(struct lower *l) NONNULL;
void lower_definitions(struct lower *l) NONNULL;
/* Warns once per keyword that it has no effect in a local run. */
void lower_note_key(struct lower *l, str keyword, struct pos pos) NONNULL;

/* --- read_job.c, read_files.c, read_deploy.c: keys into def->proto --- */
bool read_job(struct lower *l, struct job_def *def) NONNULL;
bool read_artifacts(struct lower *l, struct job_def *def) NONNULL;
bool read_caches(struct lower *l, struct job_def *def) NONNULL;
bool read_environment(struct lower *l, struct job_def *def) NONNULL;
bool read_release(struct lower *l, struct job_def *def) NONNULL;
bool read_trigger(struct lower *l, struct job_def *def) NONNULL;
bool read_allow_failure(struct entry *e, const struct place *p, const struct node *n,
			struct job *ret) NONNULL;

/* --- lower.c --- */
/* An expression could not be evaluated: a pattern that a variable holds is wrong, which
 * is false to GitLab, or it hit a limit, which is an error. */
void expr_blame(struct lower *l, struct pos pos, const char *what, const struct err *err) NONNULL;

/* --- rules.c --- */
struct rules;
enum rules_of { RULES_OF_JOB, RULES_OF_WORKFLOW, RULES_OF_INCLUDE };
struct rules *rules_read(struct lower *l, const struct place *p, const struct node *n,
			 enum rules_of of) NONNULL;
size_t rules_nr(const struct rules *r) NONNULL;
const struct node *rules_needs(const struct rules *r, size_t i) NONNULL; /* or NULL */
struct rule_verdict {
	bool matched;
	struct decision why;
	enum job_when when; /* of the rule, or of the job */
	bool has_when;
	bool has_start_in;
	uint64_t start_in_s;
	bool has_allow_failure;
	struct job allow;		     /* only its allow_* members */
	const struct job_var_vec *variables; /* NULL without */
	const struct node *needs;	     /* NULL without */
	int interruptible;		     /* -1 without */
	str auto_cancel_on_new_commit;
};
void rules_decide(struct lower *l, const struct rules *r, const struct scope *s,
		  struct rule_verdict *ret) NONNULL;

/* --- only.c --- */
struct only;
struct only *only_read(struct lower *l, const struct place *p, const struct node *n) NONNULL;
/* Do the conditions hold?  ret_why gets one that decided. */
bool only_matches(struct lower *l, const struct only *o, bool is_except, const struct scope *s,
		  struct decision *ret_why) NONNULL;

/* --- paths.c: changes: and exists: --- */
bool paths_changed(struct lower *l, const struct str_vec *patterns, str compare_to,
		   const struct scope *s, struct pos pos) NONNULL;
bool paths_exist(struct lower *l, const struct str_vec *patterns, str project, str ref,
		 const struct scope *s, struct pos pos) NONNULL;

/* --- parallel.c --- */
struct permutation {
	str suffix; /* " 1/3", ": [a, b]" or "" */
	struct job_var_vec variables;
	unsigned index, total;
};
/* The instances a definition has: at least one.  False after an error. */
bool parallel_read(struct lower *l, struct job_def *def, struct permutation **ret,
		   size_t *ret_nr) NONNULL;

/* --- needs.c --- */
bool needs_read(struct lower *l, const struct job_def *def, const struct node *n,
		struct job *job) NONNULL;
/* Resolve names, check stages and circles, work out whose artifacts each job gets. */
void needs_connect(struct lower *l) NONNULL;

/* --- provenance.c --- */
/* One line per key: where it was written and by which way it came. */
void provenance_tell(struct lower *l, const struct job_def *def, struct buf *b) NONNULL;

/* --- lower.c --- */
/* Ids of blobs (or last commits) of files that the patterns name, sorted, each once. */
bool lower_file_ids(struct lower *l, const struct str_vec *patterns, bool commits,
		    struct str_vec *ret) NONNULL;
size_t lower_nr_chars(str text);
str lower_sha1_hex(struct lower *l, str text) NONNULL;
/* The scope of a job (or, with NULL, of the pipeline).  `own` is its top layer. */
void lower_scope(struct lower *l, const struct job_def *def, const struct scope_layer *own,
		 struct scope *ret);

#endif
