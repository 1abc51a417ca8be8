/* glob.h - path patterns, in time proportional to pattern × path.
 *
 * Two dialects differ in detail and share one matcher that never backtracks over
 * more than the last star and the last `**`:
 * Ruby's File.fnmatch(PATHNAME|DOTMATCH|EXTGLOB), which GitLab uses for
 * rules:changes and rules:exists (reference/gitlab-ci.md §1), and doublestar,
 * which the runner uses for artifacts and caches (§2.9).
 * A `**` is special only as a whole segment, and only doublestar knows it as the
 * last one.  `?` and classes take one character of UTF-8 and never a slash.
 * Limits: pattern 4 kB, path 4 kB, 1,000 alternatives after brace expansion, which
 * together have at most 64 kB.
 */
#ifndef FMT_GLOB_H
#define FMT_GLOB_H

#include "base/err.h"
#include "base/str.h"

enum glob_dialect { GLOB_FNMATCH, GLOB_DOUBLESTAR };

/* Is the pattern well-formed and within limits? */
int glob_check(enum glob_dialect dialect, str pattern, struct err *err) NODISCARD NONNULL;

/* A pattern that glob_check refuses matches nothing. */
bool glob_match(enum glob_dialect dialect, str pattern, str path);

bool glob_has_magic(str pattern); /* *, ?, [, {  */
/* The leading directories without magic: "src/app/" of "src/app/\*.py"; may be empty. */
str glob_literal_prefix(str pattern);

#endif
