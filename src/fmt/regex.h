/* regex.h - regular expressions people write, safely: RE2's language on PCRE2.
 *
 * What RE2 refuses (look-around, back references, possessive and atomic groups,
 * recursion, \K, callouts, \C, conditionals) is refused with its position.  `$`
 * is the end of the text, `^` and `$` match at lines only with REGEX_MULTILINE.
 *
 * PCRE2 backtracks, so each search has a budget of steps that depends only on
 * pattern and subject: a search ends within 50 ms or fails, the same on every
 * machine.  JIT is off; pattern 1 kB, subject 64 kB, repeats 1,000 (nested ones
 * multiplied), nesting 200.  Hitting a limit is an error, never "no match".
 */
#ifndef FMT_REGEX_H
#define FMT_REGEX_H

#include "base/arena.h"
#include "base/err.h"

struct regex;

enum regex_flags {
	REGEX_ICASE = 1,     /* i */
	REGEX_DOTALL = 2,    /* s */
	REGEX_MULTILINE = 4, /* m */
	REGEX_UNGREEDY = 8,  /* U */
};

#define REGEX_GROUPS_MAX 32

struct regex_match {
	size_t nr;		     /* groups, the whole match is group 0 */
	str group[REGEX_GROUPS_MAX]; /* str_null when it took no part */
};

/* ERR_INVALID or ERR_LIMIT, naming the position from 1. */
int regex_compile(str pattern, unsigned flags, struct regex **ret,
		  struct err *err) NODISCARD NONNULL;
/* As above, in an arena: there is nothing to free. */
int regex_compile_in(struct arena *a, str pattern, unsigned flags, struct regex **ret,
		     struct err *err) NODISCARD NONNULL;
void regex_free(struct regex *re);
void regex_free_ptr(struct regex **re); /* for CLEANUP */

/* 1 match (the leftmost), 0 none, -1 a limit was hit (err says which).  `ret` may
 * be NULL.  Bytes that are not UTF-8 are matched by nothing: a search goes on behind
 * them.  May be called by several threads at once. */
int regex_search(const struct regex *re, str subject, struct regex_match *ret,
		 struct err *err) NODISCARD;

#endif
