/* dotenv.h - the variables a job hands on, read as strictly as GitLab does.
 *
 * One `KEY=value` a line, nothing else: no blank lines, comments or quotes.  Blanks
 * around key and value are cut.  A key given twice has its last value.
 */
#ifndef FMT_DOTENV_H
#define FMT_DOTENV_H

#include "base/err.h"
#include "base/vec.h"

struct dotenv_entry {
	str key, value; /* slices of the text */
};

struct dotenv_vec {
	struct dotenv_entry *at;
	size_t nr, cap;
};

struct dotenv_limits {
	size_t max_bytes;   /* refused from this size on */
	size_t max_entries; /* different keys */
};

/* GitLab's: 5 kB, 20 variables. */
extern const struct dotenv_limits dotenv_limits_default;

/* Errors are "name:line: what is wrong"; ERR_LIMIT names the limit. */
int dotenv_parse(struct arena *a, str name, str text, const struct dotenv_limits *limits,
		 struct dotenv_vec *ret, struct err *err) NODISCARD NONNULL;

#endif
