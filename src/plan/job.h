/* job.h - one job of a plan: when it runs, what it waits for, and why it is there.
 *
 * A value that a dialect makes; `spec` is what it needs to run.
 */
#ifndef PLAN_JOB_H
#define PLAN_JOB_H

#include "fmt/node.h"
#include "plan/job_spec.h"

enum job_when {
	WHEN_ON_SUCCESS,
	WHEN_ON_FAILURE,
	WHEN_ALWAYS,
	WHEN_MANUAL,
	WHEN_DELAYED,
	WHEN_NEVER,
};

/* Failures that `retry:when` can name, and what a finished job reports. */
enum failure_reason {
	FAIL_NONE,
	FAIL_UNKNOWN,		  /* unknown_failure */
	FAIL_SCRIPT,		  /* script_failure */
	FAIL_API,		  /* api_failure */
	FAIL_STUCK_OR_TIMEOUT,	  /* stuck_or_timeout_failure */
	FAIL_RUNNER_SYSTEM,	  /* runner_system_failure */
	FAIL_RUNNER_CONFIG,	  /* runner_configuration_error */
	FAIL_RUNNER_EXTERNAL,	  /* runner_external_dependency_failure */
	FAIL_RUNNER_INTERRUPTED,  /* runner_interrupted */
	FAIL_RUNNER_UNSUPPORTED,  /* runner_unsupported */
	FAIL_MISSING_DEPENDENCY,  /* missing_dependency_failure */
	FAIL_STALE_SCHEDULE,	  /* stale_schedule */
	FAIL_TIMEOUT,		  /* job_execution_timeout */
	FAIL_ARCHIVED,		  /* archived_failure */
	FAIL_UNMET_PREREQUISITES, /* unmet_prerequisites */
	FAIL_SCHEDULER,		  /* scheduler_failure */
	FAIL_DATA_INTEGRITY,	  /* data_integrity_failure */
	FAIL_CANCELED,		  /* job_canceled */
	FAIL_IMAGE_PULL,	  /* image_pull_failure */
	FAIL_NR
};

struct need {
	str name; /* as written; may name a whole parallel group */
	struct pos pos;
	bool artifacts;
	bool optional;
	str pipeline, project, ref; /* needs of other pipelines; str_null without */
	const struct node *matrix;  /* needs:parallel:matrix selector, or NULL */
	size_t *jobs;		    /* resolved: indices into pipeline.jobs */
	size_t nr_jobs;
};

struct retry {
	unsigned max;	 /* 0 to 2 */
	uint32_t when;	 /* bit 1 << failure_reason; all bits for "always" */
	int *exit_codes; /* any of these, when given */
	size_t nr_exit_codes;
};

enum env_action { ENV_START, ENV_PREPARE, ENV_STOP, ENV_VERIFY, ENV_ACCESS };

struct environment {
	str name, slug, url, tier, on_stop, auto_stop_in;
	str written_name; /* before variables were expanded */
	enum env_action action;
};

enum trigger_strategy { TRIGGER_NONE, TRIGGER_DEPEND, TRIGGER_MIRROR };

struct scope;

struct trigger_include {
	str local;		 /* path in this repository, or */
	str artifact, job;	 /* a file of a job's artifacts, or */
	str project, file, ref;	 /* a file of another project */
	const struct node *node; /* as written */
	struct pos pos;
};

struct trigger {
	VEC(struct trigger_include) includes; /* a child pipeline, or */
	str project, branch;		      /* a downstream project */
	enum trigger_strategy strategy;
	bool forward_yaml, forward_pipeline;
	const struct node *inputs; /* map, or NULL */
};

/* Why a job is in or out. */
enum decided_by { BY_DEFAULT, BY_RULE, BY_NO_RULE, BY_ONLY, BY_EXCEPT, BY_JOB_WHEN };

struct decision {
	enum decided_by by;
	struct pos pos; /* of the rule or the only/except key */
	str text; /* one sentence for people: `rule 2 matched: if $CI_COMMIT_BRANCH == "main"` */
};

struct job {
	size_t index; /* in pipeline.jobs */
	str name;     /* with " 1/3" or ": [a, b]" */
	str group;    /* without */
	struct pos pos;
	size_t stage; /* in pipeline.stages */
	bool included;
	struct decision why;
	enum job_when when;
	uint64_t start_in_s;
	bool allow_failure;
	int *allow_exit_codes; /* allow_failure:exit_codes */
	size_t nr_allow_exit_codes;
	bool has_needs; /* even empty: starts as a DAG job */
	VEC(struct need) needs;
	bool has_dependencies;
	struct str_vec dependencies;
	/* Whose artifacts it gets, in order: indices into pipeline.jobs. */
	VEC(size_t) artifacts_from;
	struct retry retry;
	bool interruptible;
	str resource_group; /* expanded, or str_null */
	str manual_confirmation;
	unsigned node_index, node_total;  /* parallel; index 0 without */
	struct environment *environment;  /* NULL without */
	struct trigger *trigger;	  /* NULL without */
	const struct node *node;	  /* the job's merged definition, for explain */
	const struct job_var_vec *matrix; /* this instance's values; NULL without */
	const struct scope *scope;	  /* its variables; spec.variables is filled when it runs */
	struct job_spec spec;
};

const char *job_when_name(enum job_when when);
bool job_when_parse(str text, enum job_when *ret) NODISCARD;
const char *failure_reason_name(enum failure_reason reason);
bool failure_reason_parse(str text, enum failure_reason *ret) NODISCARD;

#endif
