/* facts.h - what is known before planning: repository, commit, event, person.
 *
 * Gathered at the edge (git, options, a push), then only read.  A field that is
 * not known is str_null, and the variable made from it stays unset, as GitLab
 * leaves it unset.
 */
#ifndef PLAN_FACTS_H
#define PLAN_FACTS_H

#include "plan/job_spec.h"

enum event {
	EVENT_PUSH,
	EVENT_TAG, /* a push of a tag */
	EVENT_MERGE_REQUEST,
	EVENT_SCHEDULE,
	EVENT_WEB,
	EVENT_API,
	EVENT_TRIGGER,
	EVENT_PARENT_PIPELINE,
};

struct facts {
	enum event event;
	/* commit */
	str sha, before_sha, ref_name; /* branch or tag name */
	str branch, tag, tag_message;  /* exactly one of branch and tag, but for merge requests */
	str title, message, description;
	str author, timestamp; /* "Name <mail>", ISO 8601 */
	/* project */
	str remote_url; /* of origin; str_null without */
	str default_branch;
	str project_dir; /* the user's work tree, absolute */
	/* merge request; its children keep these */
	str target_branch, target_sha, diff_base_sha;
	/* person */
	str user_login, user_name, user_email;
	/* pipeline */
	uint64_t pipeline_id, pipeline_iid;
	str created_at; /* ISO 8601 */
	/* files of the commit as it would be run, sorted; for exists: and wildcards */
	struct str_vec files;
	/* what changed, for changes:; not known means "true" there */
	bool changes_known;
	struct str_vec changes;
};

/* Is it a merge request's pipeline, or a child of one? */
bool facts_is_merge_request(const struct facts *f) NONNULL;

const char *event_name(enum event e); /* as in --event */
bool event_parse(str text, enum event *ret) NODISCARD;

#endif
