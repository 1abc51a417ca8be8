#include "plan/job.h"

static const char *const when_names[] = {
	[WHEN_ON_SUCCESS] = "on_success", [WHEN_ON_FAILURE] = "on_failure",
	[WHEN_ALWAYS] = "always",	  [WHEN_MANUAL] = "manual",
	[WHEN_DELAYED] = "delayed",	  [WHEN_NEVER] = "never",
};

static const char *const reason_names[FAIL_NR] = {
	[FAIL_NONE] = "none",
	[FAIL_UNKNOWN] = "unknown_failure",
	[FAIL_SCRIPT] = "script_failure",
	[FAIL_API] = "api_failure",
	[FAIL_STUCK_OR_TIMEOUT] = "stuck_or_timeout_failure",
	[FAIL_RUNNER_SYSTEM] = "runner_system_failure",
	[FAIL_RUNNER_CONFIG] = "runner_configuration_error",
	[FAIL_RUNNER_EXTERNAL] = "runner_external_dependency_failure",
	[FAIL_RUNNER_INTERRUPTED] = "runner_interrupted",
	[FAIL_RUNNER_UNSUPPORTED] = "runner_unsupported",
	[FAIL_MISSING_DEPENDENCY] = "missing_dependency_failure",
	[FAIL_STALE_SCHEDULE] = "stale_schedule",
	[FAIL_TIMEOUT] = "job_execution_timeout",
	[FAIL_ARCHIVED] = "archived_failure",
	[FAIL_UNMET_PREREQUISITES] = "unmet_prerequisites",
	[FAIL_SCHEDULER] = "scheduler_failure",
	[FAIL_DATA_INTEGRITY] = "data_integrity_failure",
	[FAIL_CANCELED] = "job_canceled",
	[FAIL_IMAGE_PULL] = "image_pull_failure",
};

str job_var_get(const struct job_var_vec *v, str key)
{
	for (size_t i = v->nr; i-- > 0;)
		if (str_eq(v->at[i].key, key))
			return v->at[i].value;
	return str_null;
}

static bool name_parse(const char *const *names, size_t nr, str text, size_t *ret)
{
	for (size_t i = 0; i < nr; i++)
		if (str_eq(str_of(names[i]), text)) {
			*ret = i;
			return true;
		}
	return false;
}

const char *job_when_name(enum job_when when)
{
	MUST((size_t)when < COUNT(when_names));
	return when_names[when];
}

bool job_when_parse(str text, enum job_when *ret)
{
	size_t i;

	if (!name_parse(when_names, COUNT(when_names), text, &i))
		return false;
	*ret = (enum job_when)i;
	return true;
}

const char *failure_reason_name(enum failure_reason reason)
{
	MUST(reason < FAIL_NR);
	return reason_names[reason];
}

bool failure_reason_parse(str text, enum failure_reason *ret)
{
	size_t i;

	if (!name_parse(reason_names, COUNT(reason_names), text, &i) || i == FAIL_NONE)
		return false;
	*ret = (enum failure_reason)i;
	return true;
}
