#include "plan/facts.h"

static const char *const names[] = {
	[EVENT_PUSH] = "push",	     [EVENT_TAG] = "tag",
	[EVENT_MERGE_REQUEST] = "merge_request",
	[EVENT_SCHEDULE] = "schedule", [EVENT_WEB] = "web",
	[EVENT_API] = "api",	     [EVENT_TRIGGER] = "trigger",
	[EVENT_PARENT_PIPELINE] = "parent_pipeline",
};

const char *event_name(enum event e)
{
	MUST((size_t)e < COUNT(names));
	return names[e];
}

bool event_parse(str text, enum event *ret)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (str_eq(str_of(names[i]), text)) {
			*ret = (enum event)i;
			return true;
		}
	return false;
}

bool facts_is_merge_request(const struct facts *f)
{
	return f->event == EVENT_MERGE_REQUEST ||
	       (f->event == EVENT_PARENT_PIPELINE && !str_is_null(f->target_branch));
}
