/* regex.h - regular expressions people write, safely: RE2's subset on PCRE2.
 *
 * What RE2 refuses (look-around, back references, possessive and atomic groups,
 * recursion, \K, callouts, \C, conditionals) is refused with its offset.  JIT is
 * off; match limit 100,000, heap 20 MB, pattern 1 kB, subject 64 kB.  Hitting a
 * limit is an error, never "no match".
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
	size_t nr;		    /* groups, the whole match is group 0 */
	str group[REGEX_GROUPS_MAX]; /* str_null when it took no part */
};

int regex_compile(str pattern, unsigned flags, struct regex **ret, struct err *err) NODISCARD NONNULL;
void regex_free(struct regex *re);
void regex_free_ptr(struct regex **re); /* for CLEANUP */

/* 1 match, 0 none, -1 a limit was hit (err says which).  `ret` may be NULL. */
int regex_search(const struct regex *re, str subject, struct regex_match *ret, struct err *err) NODISCARD;

#endif
