/* script.h - the bash script of a step, as GitLab Runner writes it.
 *
 * One bash runs the whole step (reference/gitlab-ci.md §2.10): pipefail, errexit,
 * no noclobber, no nounset; each command is shown, then run; stdin is /dev/null.
 * The commands are one quoted text for `eval`, so what they hold cannot break out
 * of their place in the script.
 */
#ifndef EXEC_SCRIPT_H
#define EXEC_SCRIPT_H

#include "base/buf.h"
#include "base/err.h"
#include "exec/variables.h"

struct script_spec {
	const struct str_vec *commands;
	const struct variables *variables; /* those of ROUTE_SCRIPT are exported */
	str env_file; /* GITLAB_ENV: lines KEY=VALUE, exported if the file is there */
	bool trace;   /* CI_DEBUG_TRACE */
};

#define SCRIPT_MAX ((size_t)16 << 20)

/* ERR_INVALID when a command holds a NUL byte, ERR_LIMIT past SCRIPT_MAX. */
int script_make(const struct script_spec *spec, struct buf *ret, struct err *err) NODISCARD NONNULL;

/* $'…' of bash: any bytes but NUL, in one line. */
void script_add_quoted(struct buf *b, str s) NONNULL;

#endif
