/* entry.h - typed reading of configuration values, with GitLab's error texts.
 *
 * A reader takes a node and a `struct place` that says whose key it is; the place
 * is only spelled out when there is an error: "jobs:build:artifacts:paths config
 * should be …".  Readers report into diags and return false; the caller goes on,
 * so that all independent errors come in one go.
 */
#ifndef GITLAB_ENTRY_H
#define GITLAB_ENTRY_H

#include "fmt/node.h"
#include "plan/job_spec.h"

struct entry {
	struct arena *a;
	struct diags *d;
};

/* "jobs:JOB:KEY:SUB", "default:KEY", "KEY": empty parts are left out. */
struct place {
	str job;	 /* str_null outside jobs */
	const char *key; /* NULL: the job itself */
	const char *sub;
};

str place_str(struct arena *a, const struct place *p) NONNULL;

/* "PLACE config should be WHAT" at the node; always false. */
bool entry_wrong(struct entry *e, const struct place *p, const struct node *n,
		 const char *what) NONNULL;

/* "PLACE config can't be blank"; always false. */
bool entry_blank(struct entry *e, const struct place *p, const struct node *n) NONNULL;

bool entry_str(struct entry *e, const struct place *p, const struct node *n, str *ret) NONNULL;
bool entry_bool(struct entry *e, const struct place *p, const struct node *n, bool *ret) NONNULL;
bool entry_uint(struct entry *e, const struct place *p, const struct node *n, unsigned max,
		unsigned *ret) NONNULL;
/* A string or a list of strings; at most `max` of them (0: no limit). */
bool entry_strings(struct entry *e, const struct place *p, const struct node *n, size_t max,
		   struct str_vec *ret) NONNULL;
/* A list of strings, nothing else. */
bool entry_list(struct entry *e, const struct place *p, const struct node *n, size_t max,
		struct str_vec *ret) NONNULL;
/* Script: a string or nested lists of strings, 10 levels deep; appended to ret. */
bool entry_script(struct entry *e, const struct place *p, const struct node *n,
		  struct str_vec *ret) NONNULL;
/* One of nr words; *ret is the index. */
bool entry_word(struct entry *e, const struct place *p, const struct node *n,
		const char *const *words, size_t nr, size_t *ret) NONNULL;
/* ChronicDuration text or seconds. */
bool entry_duration(struct entry *e, const struct place *p, const struct node *n,
		    uint64_t *ret_s) NONNULL;

/* Every key of the map must be one of nr names; reports each that is not. */
bool entry_keys(struct entry *e, const struct place *p, const struct node *map,
		const char *const *names, size_t nr) NONNULL;
/* The node is a map; otherwise reports "should be a hash". */
bool entry_is_map(struct entry *e, const struct place *p, const struct node *n) NONNULL;

/* A scalar as the text that a variable gets: 012 → "10", yes → "true", null → "". */
str entry_scalar_text(struct arena *a, const struct node *n) NONNULL;

/* `variables:` maps: name → scalar or {value, expand, description, options}.
 * `global` also allows description and options. */
bool entry_variables(struct entry *e, const struct place *p, const struct node *n, bool global,
		     struct job_var_vec *ret) NONNULL;

#endif
