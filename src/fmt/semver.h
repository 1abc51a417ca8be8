/* semver.h - versions by Semantic Versioning 2.0: read, order, choose.
 *
 * Choosing is what a component address asks for: `1.2.3` itself, the newest `1.2`
 * or `1`, or `~latest`; a partial version never chooses a pre-release.
 */
#ifndef FMT_SEMVER_H
#define FMT_SEMVER_H

#include "base/str.h"

struct semver {
	uint64_t major, minor, patch;
	str pre, build; /* without - and +; empty when absent; slices of the text */
};

#define SEMVER_TEXT_MAX 255

/* The whole text must be a version; a leading "v" is allowed when `v_allowed`. */
bool semver_parse(str text, bool v_allowed, struct semver *ret) NODISCARD NONNULL;

/* Precedence of §11: <0, 0, >0; build metadata does not count. */
int semver_compare(const struct semver *x, const struct semver *y) NODISCARD NONNULL;

/* Is the text a full or partial version, or `~latest`? */
bool semver_is_want(str want);

/* Which of the nr version texts `want` means: its index, or -1 when none fits.
 * Texts that are no versions are passed over.  Of equals the first is chosen. */
ssize_t semver_choose(str want, const str *versions, size_t nr) NODISCARD;

#endif
