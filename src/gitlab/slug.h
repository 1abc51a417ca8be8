/* slug.h - names made safe for hosts and paths, as GitLab makes them.
 * reference/gitlab-ci.md §2.9; pure. */
#ifndef GITLAB_SLUG_H
#define GITLAB_SLUG_H

#include "base/arena.h"

/* Of refs, jobs and projects: lower case, others to '-', at most 63, no '-' at the ends. */
str slug_ref(struct arena *a, str name);

/* Of environments: at most 24, starts with a letter, made unique by a digest of the
 * name when it was changed or cut.  `sha256` fills 32 bytes. */
str slug_environment(struct arena *a, str name,
		     void (*sha256)(const void *p, size_t n, unsigned char ret[32]));

/* production, staging, testing, development or other. */
str tier_of_environment(str name);

#endif
