/* variables.h - a job's variables as its shell gets them.
 *
 * Built in order of precedence, lowest first; a key set again takes the new value.
 * Then the runner's single pass expands what is not raw, file variables become
 * paths, and the rest becomes a process environment: values are never part of a
 * command line.  What bash itself would act on when it starts (BASH_ENV, IFS,
 * LD_PRELOAD, …) is exported by the script instead, so it reaches the job's
 * commands and nothing of ours.
 */
#ifndef EXEC_VARIABLES_H
#define EXEC_VARIABLES_H

#include "base/err.h"
#include "base/map.h"
#include "plan/job_spec.h"

struct variables {
	struct arena *arena;
	struct job_var_vec list; /* each key once */
	struct map index;	 /* key → index in list + 1 */
	/* After variables_resolve, by index in list: what was given, expanded; of a file
	 * variable its content, while its value is the path. */
	const str *content;
};

/* How a variable reaches the shell. */
enum variable_route {
	ROUTE_ENVIRON,	/* the process environment */
	ROUTE_SCRIPT,	/* exported by the script */
	ROUTE_READONLY, /* bash lets nobody set it: left out, with a note */
	ROUTE_BAD_NAME, /* no shell can hold it: left out, with a note */
};
enum variable_route variable_route(str name);

void variables_init(struct variables *v, struct arena *a) NONNULL;
void variables_set(struct variables *v, struct job_var var) NONNULL;
/* Plain text, raw. */
void variables_set_text(struct variables *v, const char *key, str value) NONNULL;
void variables_add(struct variables *v, const struct job_var_vec *vars) NONNULL;
/* str_null when unset; of a file variable its path, once there is one. */
str variables_get(const struct variables *v, const char *key) NONNULL;
/* "true", "1", "yes", "on" in any case; `otherwise` when unset or anything else. */
bool variables_get_bool(const struct variables *v, const char *key, bool otherwise) NONNULL;

/* The runner's pass (reference/gitlab-ci.md §2.4): $X, ${X}, $$; unknown names are "".
 * File variables are written to `dir` (mode 0600) and become their paths. */
int variables_resolve(struct variables *v, const char *dir, struct err *err) NODISCARD NONNULL;
/* A text in terms of the resolved variables. */
str variables_expand(const struct variables *v, str text) NODISCARD NONNULL;

/* Our environment without what is not the job's business, overlaid with the variables.
 * ERR_INVALID when one holds a NUL byte, ERR_LIMIT when the kernel would refuse. */
int variables_environ(const struct variables *v, const char *const **ret,
		      struct err *err) NODISCARD NONNULL;

#endif
