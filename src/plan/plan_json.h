/* plan_json.h - the complete expanded plan as JSON, the same bytes each time.
 *
 * Every job the files describe, in and out, with the decision that put it there
 * and the place of the rule.  Written job by job, one a line, so that memory
 * stays flat.  Values of masked variables, also inside other texts, are written
 * as "[MASKED]".  docs/plan-json.md describes the members.
 */
#ifndef PLAN_PLAN_JSON_H
#define PLAN_PLAN_JSON_H

#include "plan/pipeline.h"

#define PLAN_JSON_SCHEMA 1

/* Calls `write` with pieces of the text, in order. */
void plan_json_write(const struct pipeline *p, void (*write)(void *ctx, str bytes), void *ctx)
	__attribute__((nonnull(1, 2)));

#endif
