/* scope.h - variables in layers: shared ones once, a job's own on top.
 *
 * Ten thousand jobs see the same seventy predefined variables, so they are not
 * copied into each: a scope is a short list of layers, lowest precedence first,
 * and a lookup goes from the top.  Values are expanded when they are asked for,
 * in terms of the whole scope.  `scope_flatten` makes the complete list that a
 * job_spec carries.
 */
#ifndef PLAN_SCOPE_H
#define PLAN_SCOPE_H

#include "base/map.h"
#include "fmt/diag.h"
#include "plan/job_spec.h"

struct scope_layer {
	struct job_var_vec vars; /* later entries win */
	struct map index;	 /* key → struct job_var *; empty: searched from the end */
};

#define SCOPE_LAYERS_MAX 8

struct scope {
	const struct scope_layer *layer[SCOPE_LAYERS_MAX]; /* lowest first; NULLs are skipped */
	size_t nr;
	/* Asked last, below all layers: a variable made on demand.  May be NULL. */
	bool (*derive)(void *ctx, struct arena *a, str key, struct job_var *ret);
	void *derive_ctx;
};

#define SCOPE_VALUE_MAX ((size_t)64 << 10) /* bytes of one expanded value */

/* Make the index; worth it for layers that many scopes share. */
void scope_layer_index(struct scope_layer *l, struct arena *a) NONNULL;

/* The definition in force, unexpanded; false when there is none. */
bool scope_find(const struct scope *s, struct arena *a, str key, struct job_var *ret) NONNULL;

/* The value with everything in it expanded; str_null when undefined.  A variable
 * that refers to itself, directly or not, keeps its text as written. */
str scope_get(const struct scope *s, struct arena *a, str key) NONNULL;

/* $X, ${X} and %X% of a text; unknown names become "" or, with `keep`, stay. */
str scope_expand(const struct scope *s, struct arena *a, str text, bool keep) NONNULL;

/* All variables in force, each once, lowest layer first, expanded as a runner gets them:
 * unknown names (CI_PROJECT_DIR), `$$`, file variables and raw texts with a `$` are left
 * to its own single pass.  Those that need it are not raw, all others are. */
void scope_flatten(const struct scope *s, struct arena *a, struct job_var_vec *ret) NONNULL;

/* What is wrong with a variable's value, as a sentence, or str_null: it leads back
 * to itself over others, or grows past the limits.  A plain self reference
 * (PATH: "$PATH:x") is no error, as in GitLab. */
str scope_trouble(const struct scope *s, struct arena *a, str key) NONNULL;

#endif
