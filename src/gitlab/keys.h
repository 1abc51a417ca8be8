/* keys.h - every keyword of a `.gitlab-ci.yml`, in one table.
 *
 * The rows say where a keyword may stand, whether a local run acts on it, and
 * what it is for: validation, "did you mean", warnings and docs/reference come
 * from them.
 */
#ifndef GITLAB_KEYS_H
#define GITLAB_KEYS_H

#include "base/buf.h"

enum job_key {
	K_AFTER_SCRIPT,
	K_ALLOW_FAILURE,
	K_ARTIFACTS,
	K_BEFORE_SCRIPT,
	K_CACHE,
	K_COVERAGE,
	K_DAST_CONFIGURATION,
	K_DEPENDENCIES,
	K_ENVIRONMENT,
	K_EXCEPT,
	K_EXTENDS,
	K_HOOKS,
	K_ID_TOKENS,
	K_IDENTITY,
	K_IMAGE,
	K_INHERIT,
	K_INPUTS,
	K_INTERRUPTIBLE,
	K_MANUAL_CONFIRMATION,
	K_NEEDS,
	K_ONLY,
	K_PAGES,
	K_PARALLEL,
	K_PUBLISH,
	K_RELEASE,
	K_RESOURCE_GROUP,
	K_RETRY,
	K_RULES,
	K_RUN,
	K_SCRIPT,
	K_SECRETS,
	K_SERVICES,
	K_STAGE,
	K_START_IN,
	K_TAGS,
	K_TIMEOUT,
	K_TRIGGER,
	K_VARIABLES,
	K_WHEN,
	K_NR
};

enum key_flag {
	KEY_DEFAULT = 1, /* may stand under `default:` and is inherited */
	KEY_GLOBAL = 2,	 /* deprecated: may stand at top level, acts as a default */
	KEY_SERVER = 4,	 /* accepted; has no effect in a local run, which says so once */
	KEY_TRIGGER = 8, /* may stand in a job with `trigger:` */
};

struct key_row {
	str name;
	unsigned flags;
	const char *help;
	const char *local; /* what a local run does with it */
};

#define TOP_KEYS_NR 12

/* Sorted by name. */
extern const struct key_row job_keys[K_NR], top_keys[TOP_KEYS_NR];

/* The keyword's index, or -1. */
int job_key_find(str name);

/* The tables as docs/reference/keywords.md. */
void keys_markdown(struct buf *b) NONNULL;

#endif
