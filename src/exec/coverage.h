/* coverage.h - the coverage a job prints, found by `coverage: /regex/`.
 *
 * Reads along with the log, masked and a line at a time.  The last line that
 * matches counts: of its last match the first group that took part (or the whole
 * match), of that the first number.  Colours are no part of a line.  Lines longer than
 * COVERAGE_LINE_MAX are not looked at.
 */
#ifndef EXEC_COVERAGE_H
#define EXEC_COVERAGE_H

#include "base/err.h"
#include "base/str.h"

#define COVERAGE_LINE_MAX ((size_t)8 << 10)

struct coverage;

/* ERR_INVALID for a pattern that is none. */
int coverage_new(str pattern, struct coverage **ret, struct err *err) NODISCARD NONNULL;
void coverage_free(struct coverage *c);

void coverage_feed(struct coverage *c, str bytes) NONNULL;
/* Percent, or -1 when no line matched; also ends a last line without line end. */
double coverage_value(struct coverage *c) NONNULL;
/* True when the pattern was too costly on some line; err tells. */
bool coverage_trouble(const struct coverage *c, struct err *err) NONNULL;

#endif
