/* expr.h - the language of `rules:if`: parse once, evaluate many times.
 *
 * Grammar, precedence and Ruby's notion of truth exactly as reference/gitlab-ci.md
 * §2.3.  Pure.  Patterns are compiled while parsing, and those that variables hold
 * are remembered, so one expression is not for two threads at once.
 * Limits: less than 100 tokens as GitLab, text 8 kB, regex limits of fmt/regex.
 */
#ifndef GITLAB_EXPR_H
#define GITLAB_EXPR_H

#include "base/vec.h"
#include "base/err.h"

struct expr;
struct regex;

/* Gives a variable's value (fully expanded); str_null when undefined. */
struct expr_vars {
	void *ctx;
	str (*get)(void *ctx, str name);
	/* `$[[ inputs.x ]]` in spec:inputs:rules; NULL where inputs do not exist.  The
	 * texts "true" and "false" behave as the booleans they may have been. */
	str (*input)(void *ctx, str name);
};

/* The expression lives in `a`; its source text must too.  Errors name the offset
 * (from 1) and what was expected; ERR_LIMIT "Too many tokens!". */
int expr_parse(struct arena *a, str text, struct expr **ret, struct err *err) NODISCARD NONNULL;

/* 1 true, 0 false, -1 an error at evaluation (a regex limit, an invalid regex held
 * by a variable): callers treat it as GitLab does and report it. */
int expr_eval(const struct expr *e, const struct expr_vars *vars,
	      struct err *err) NODISCARD NONNULL;

/* `/PATTERN/flags`: the parts of a pattern as it stands in an expression, a value or
 * an `only`; false for any other text.  Flags are REGEX_ ones. */
bool expr_pattern_split(str text, str *ret_pattern, unsigned *ret_flags) NODISCARD NONNULL;
/* The same, compiled; in `a`, or, with NULL, to be freed. */
int expr_pattern_compile(struct arena *a, str text, struct regex **ret, struct err *err) NODISCARD;

/* The names of all variables it reads, in order of appearance, each once. */
struct str_vec expr_variables(struct arena *a, const struct expr *e) NONNULL;

#endif
