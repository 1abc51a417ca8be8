/* str.h - a piece of text: pointer and length, owned by somebody else.
 *
 * A `str` is passed by value and never freed.  It need not end in NUL and may
 * hold NUL.  `str_null` is absence; an empty string is not.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/base.h"

typedef struct str {
	const char *p;
	size_t n;
} str;

#define STR(literal)	((str){ "" literal, sizeof(literal) - 1 })
#define STR_INIT(literal) { "" literal, sizeof(literal) - 1 } /* for tables */
#define STR_FMT		"%.*s"
#define STR_ARG(s)	(int)(s).n, (s).p ? (s).p : ""

extern const str str_null;

str str_of(const char *cstring); /* NULL gives str_null */
static inline bool str_is_null(str s) { return s.p == NULL; }

bool str_eq(str a, str b);
bool str_eq_nocase(str a, str b); /* ASCII */
int str_cmp(str a, str b);	  /* bytewise, shorter first */
bool str_starts_with(str s, str prefix);
bool str_ends_with(str s, str suffix);

/* Index of the first (last) `c`, or -1. */
ssize_t str_index(str s, char c);
ssize_t str_rindex(str s, char c);
/* Index of the first `needle` at or after `from`, or -1. */
ssize_t str_find(str s, str needle, size_t from);

str str_sub(str s, size_t from, size_t n); /* clamped to s */
str str_from(str s, size_t from);	   /* the rest from an index, clamped */
str str_trim(str s);			   /* ASCII blanks at both ends */
str str_trim_end(str s);

/* Cut `*rest` at the first `sep`: returns what is before, leaves what is after.
 * Without `sep` all is returned and *rest becomes str_null. */
str str_cut(str *rest, char sep);

/* Whole text as a decimal number; false if it is anything else or too large. */
bool str_to_u64(str s, uint64_t *ret) NODISCARD;
bool str_to_i64(str s, int64_t *ret) NODISCARD;

bool str_is_utf8(str s);
/* Length of the UTF-8 sequence (RFC 3629) that a non-empty s starts with; 0: none. */
size_t str_utf8_length(str s);

/* How many single-character edits lie between a and b; gives up at `limit`. */
unsigned str_distance(str a, str b, unsigned limit);

/* "did you mean": the nearest of nr candidates, or str_null when none is near. */
str str_nearest(str word, const str *candidates, size_t nr);

#endif
