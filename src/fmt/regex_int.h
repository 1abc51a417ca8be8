/* regex_int.h - shared by regex.c and regex_lint.c only. */
#ifndef FMT_REGEX_INT_H
#define FMT_REGEX_INT_H

#include "base/buf.h"
#include "base/err.h"

#define REGEX_PATTERN_MAX 1024
/* A pattern grows when it is translated: a control character in a class, for one,
 * becomes `\x{1f}`. */
#define REGEX_TRANSLATED_MAX (7 * REGEX_PATTERN_MAX)

struct regex_translation {
	char text[REGEX_TRANSLATED_MAX + 1];
	uint16_t origin[REGEX_TRANSLATED_MAX + 1]; /* offset in the pattern of each byte */
	size_t n;
};

/* Checks that the pattern is in RE2's language and writes it in PCRE2's.  Errors
 * name the position, from 1. */
int regex_translate(str pattern, struct regex_translation *ret, struct err *err) NODISCARD NONNULL;

int regex_refuse(str pattern, size_t at, enum err_kind kind, const char *why, struct err *err);

#endif
