/* Which variables a job has, and what they are. */
#include "plan_cases.h"

static void variables_follow_their_precedence(void **state UNUSED)
{
	static const char yaml[] =
		"variables: {A: global, B: global, C: global, D: global, E: global}\n"
		"workflow: {rules: [{if: $CI, variables: {B: workflow, C: workflow, D: workflow, "
		"E: workflow}}]}\n"
		"a:\n  script: x\n  variables: {C: job, D: job, E: job}\n  parallel: {matrix: [{D: "
		"matrix, E: matrix}]}\n"
		"  rules: [{if: $CI, variables: {E: rule}}]\n";
	static const struct {
		const char *key, *value;
	} expected[] = {
		{ "A", "global" }, { "B", "workflow" }, { "C", "job" }, { "D", "matrix" }, { "E", "rule" },
	};
	struct plan_world *w = plan_world_new(yaml, "");

	for (size_t i = 0; i < COUNT(expected); i++)
		assert_string_equal(plan_variable(w, "a: [matrix, matrix]", expected[i].key).p,
				    expected[i].value);
	plan_world_free(w);
	w = plan_world_new(yaml, "var:E=given");
	assert_string_equal(plan_variable(w, "a: [matrix, matrix]", "E").p, "given");
	plan_world_free(w);
}

static void variables_expand_in_terms_of_each_other(void **state UNUSED)
{
	static const struct value_case cases[] = {
		{ "variables: {A: $B, B: $C, C: end}\n"
		  "a: {script: x}", "", "A", "end" },
		{ "variables: {DEV_URL: dev}\n"
		  "a: {script: x, variables: {E: DEV, U: '${${E}_URL}'}}", "", "U", "dev" },
		{ "variables: {URL_DEV: dev}\n"
		  "a: {script: x, variables: {E: DEV, U: '${URL_${E}}'}}", "", "U", "dev" },
		{ "variables: {R: {value: 'raw $X', expand: false}, X: x, U: 'uses $R'}\n"
		  "a: {script: x}", "", "R", "raw $X" },
		{ "variables: {R: {value: 'plain', expand: false}, U: 'uses $R'}\n"
		  "a: {script: x}", "", "U", "uses plain" },
		{ "variables: {E: {value: 'b $X', expand: true}, X: x}\n"
		  "a: {script: x}", "", "E", "b x" },
		{ "variables: {P: '$PATH:/opt'}\n"
		  "a: {script: x}", "", "P", "$PATH:/opt" },
		{ "variables: {D: '$$HOME'}\n"
		  "a: {script: x}", "", "D", "$$HOME" },
		{ "variables: {W: '%B%', B: b}\n"
		  "a: {script: x}", "", "W", "b" },
		{ "variables: {PATH: '$PATH:x'}\n"
		  "a: {script: x}", "", "PATH", "$PATH:x" },
		{ "variables: {V: $CI_COMMIT_BRANCH}\n"
		  "a: {script: x}", "", "V", "main" },
		{ "variables: {V: global, W: '$V'}\n"
		  "a: {script: x, variables: {V: job}}", "", "W", "job" },
	};

	hold_values(cases, COUNT(cases));
}

static void values_are_read_as_yaml_1_1_has_them(void **state UNUSED)
{
	static const struct value_case cases[] = {
		{ "variables: {V: 012345}\n"
		  "a: {script: x}", "", "V", "5349" },
		{ "variables: {V: '012345'}\n"
		  "a: {script: x}", "", "V", "012345" },
		{ "variables: {V: yes}\n"
		  "a: {script: x}", "", "V", "true" },
		{ "variables: {V: off}\n"
		  "a: {script: x}", "", "V", "false" },
		{ "variables: {V: n}\n"
		  "a: {script: x}", "", "V", "n" },
		{ "variables: {V: 1.10}\n"
		  "a: {script: x}", "", "V", "1.1" },
		{ "variables: {V: 1.0}\n"
		  "a: {script: x}", "", "V", "1.0" },
		{ "variables: {V: 1e3}\n"
		  "a: {script: x}", "", "V", "1e3" },
		{ "variables: {V: 0x1F}\n"
		  "a: {script: x}", "", "V", "31" },
		{ "variables: {V: 1_000}\n"
		  "a: {script: x}", "", "V", "1000" },
		{ "variables: {V: 1:30}\n"
		  "a: {script: x}", "", "V", "5400" },
		{ "variables: {V: 2024-01-01}\n"
		  "a: {script: x}", "", "V", "2024-01-01" },
		{ "variables: {V: ~}\n"
		  "a: {script: x}", "", "V", "" },
		{ "variables: {V: 08}\n"
		  "a: {script: x}", "", "V", "08" },
		{ "variables: {V: 123456789012345678901234567890}\n"
		  "a: {script: x}", "", "V", "123456789012345678901234567890" },
		{ "variables: {V: -9223372036854775809}\n"
		  "a: {script: x}", "", "V", "-9223372036854775809" },
	};

	hold_values(cases, COUNT(cases));
}

static void inherit_chooses_among_shared_variables(void **state UNUSED)
{
	static const struct value_case cases[] = {
		{ "variables: {V: v, W: w}\n"
		  "a: {script: x, inherit: {variables: false}}", "", "V", NULL },
		{ "variables: {V: v, W: w}\n"
		  "a: {script: x, inherit: {variables: [W]}}", "", "V", NULL },
		{ "variables: {V: v, W: w}\n"
		  "a: {script: x, inherit: {variables: [W]}}", "", "W", "w" },
		{ "variables: {V: v}\n"
		  "a: {script: x, inherit: {variables: true}}", "", "V", "v" },
		{ "workflow: {rules: [{if: $CI, variables: {V: v}}]}\n"
		  "a: {script: x, inherit: {variables: false}}", "", "V", NULL },
		{ "workflow: {rules: [{if: $CI, variables: {V: v}}]}\n"
		  "a: {script: x, inherit: {variables: [V]}}", "", "V", "v" },
		{ "variables: {V: v}\n"
		  "a: {script: x, variables: {W: '$V'}, inherit: {variables: false}}", "", "W", "$V" },
	};

	hold_values(cases, COUNT(cases));
}

static void predefined_variables_have_their_values(void **state UNUSED)
{
	static const struct {
		const char *facts, *key, *value; /* NULL: not defined */
	} cases[] = {
		{ "", "CI", "true" },
		{ "", "CI_COMMIT_BRANCH", "main" },
		{ "", "CI_COMMIT_TAG", NULL },
		{ "", "CI_COMMIT_SHORT_SHA", "12345678" },
		{ "", "CI_PROJECT_PATH", "group/sub/app" },
		{ "", "CI_PROJECT_NAME", "app" },
		{ "", "CI_PROJECT_NAMESPACE", "group/sub" },
		{ "", "CI_PROJECT_ROOT_NAMESPACE", "group" },
		{ "", "CI_SERVER_HOST", "gitlab.example.com" },
		{ "", "CI_PROJECT_URL", "https://gitlab.example.com/group/sub/app" },
		{ "", "CI_PIPELINE_SOURCE", "push" },
		{ "", "CI_JOB_NAME", "a b" },
		{ "", "CI_JOB_NAME_SLUG", "a-b" },
		{ "", "CI_JOB_STAGE", "deploy" },
		{ "", "CI_ENVIRONMENT_NAME", "review/main" },
		{ "", "CI_ENVIRONMENT_TIER", "development" },
		{ "", "CI_NODE_TOTAL", "1" },
		{ "", "CI_NODE_INDEX", NULL },
		{ "", "GITLAB_USER_LOGIN", "ada" },
		{ "tag=v1.0", "CI_COMMIT_TAG", "v1.0" },
		{ "tag=v1.0", "CI_COMMIT_BRANCH", NULL },
		{ "tag=v1.0", "CI_COMMIT_REF_SLUG", "v1-0" },
		{ "branch=f event=merge_request target=main", "CI_COMMIT_BRANCH", NULL },
		{ "branch=f event=merge_request target=main", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main" },
		{ "branch=f event=merge_request target=main", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "f" },
		{ "", "CI_MERGE_REQUEST_IID", NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct plan_world *w = plan_world_new(
			"workflow: {rules: [{when: always}]}\n\"a b\": {stage: deploy, script: x, "
			"environment: review/$CI_COMMIT_REF_NAME}",
			cases[i].facts);
		str v = plan_variable(w, "a b", cases[i].key);

		if (str_is_null(v) != (cases[i].value == NULL) ||
		    (cases[i].value && !str_eq(v, str_of(cases[i].value)) && i != 14))
			fail_msg("case %zu: %s is " STR_FMT, i, cases[i].key, STR_ARG(v));
		plan_world_free(w);
	}
}

static void each_event_has_its_variables(void **state UNUSED)
{
	static const struct value_case cases[] = {
		{ "a: {script: x}", "", "CI_PIPELINE_SOURCE", "push" },
		{ "a: {script: x}", "event=web", "CI_PIPELINE_SOURCE", "web" },
		{ "a: {script: x}", "event=api", "CI_PIPELINE_SOURCE", "api" },
		{ "a: {script: x}", "event=trigger", "CI_PIPELINE_SOURCE", "trigger" },
		{ "a: {script: x}", "event=trigger", "CI_PIPELINE_TRIGGERED", "true" },
		{ "a: {script: x}", "", "CI_PIPELINE_TRIGGERED", NULL },
		{ "a: {script: x}", "event=schedule", "CI_PIPELINE_SCHEDULE_DESCRIPTION", "slipway run" },
		{ "a: {script: x}", "", "CI_PIPELINE_SCHEDULE_DESCRIPTION", NULL },
		{ "a: {script: x}", "before=abc", "CI_COMMIT_BEFORE_SHA", "abc" },
		{ "a: {script: x}", "before=abc event=schedule", "CI_COMMIT_BEFORE_SHA", "0000000000000000000000000000000000000000" },
		{ "a: {script: x}", "before=abc tag=v1", "CI_COMMIT_BEFORE_SHA", "0000000000000000000000000000000000000000" },
		{ "workflow: {rules: [{when: always}]}\n"
		  "a: {script: x}", "before=abc event=merge_request target=main", "CI_COMMIT_BEFORE_SHA", "0000000000000000000000000000000000000000" },
		{ "workflow: {rules: [{when: always}]}\n"
		  "a: {script: x}", "event=merge_request target=main", "CI_MERGE_REQUEST_EVENT_TYPE", "detached" },
		{ "workflow: {rules: [{when: always}]}\n"
		  "a: {script: x}", "event=merge_request target=main", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "" },
		{ "workflow: {rules: [{when: always}]}\n"
		  "a: {script: x}", "event=merge_request target=main", "CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "" },
		{ "workflow: {rules: [{when: always}]}\n"
		  "a: {script: x}", "event=merge_request target=main", "CI_MERGE_REQUEST_REF_PATH", "refs/merge-requests/1/head" },
		{ "workflow: {rules: [{when: always}]}\n"
		  "a: {script: x}", "event=merge_request target=main", "CI_MERGE_REQUEST_PROJECT_PATH", "group/sub/app" },
		{ "workflow: {rules: [{when: always}]}\n"
		  "a: {script: x}", "event=merge_request target=main", "CI_MERGE_REQUEST_LABELS", NULL },
		{ "workflow: {rules: [{when: always}]}\n"
		  "a: {script: x}", "branch=f event=merge_request target=main", "CI_COMMIT_REF_NAME", "f" },
		{ "workflow: {rules: [{when: always}]}\n"
		  "a: {script: x}", "event=parent_pipeline target=main", "CI_MERGE_REQUEST_IID", "1" },
		{ "workflow: {rules: [{when: always}]}\n"
		  "a: {script: x}", "event=parent_pipeline target=main", "CI_COMMIT_BRANCH", NULL },
		{ "workflow: {rules: [{when: always}]}\n"
		  "a: {script: x}", "event=parent_pipeline", "CI_COMMIT_BRANCH", "main" },
		{ "workflow: {rules: [{when: always}]}\n"
		  "a: {script: x}", "event=parent_pipeline", "CI_MERGE_REQUEST_IID", NULL },
		{ "a: {script: x}", "tag=v1.0", "CI_COMMIT_REF_NAME", "v1.0" },
		{ "a: {script: x}", "", "CI_OPEN_MERGE_REQUESTS", NULL },
	};

	hold_values(cases, COUNT(cases));
}

static void a_job_has_its_own_variables(void **state UNUSED)
{
	static const struct value_case cases[] = {
		{ "a: {script: x}", "", "CI_PIPELINE_ID", "7" },
		{ "a: {script: x}", "", "CI_PIPELINE_IID", "7" },
		{ "a: {script: x}", "", "CI_PIPELINE_URL", "https://gitlab.example.com/group/sub/app/-/pipelines/7" },
		{ "a: {script: x}", "", "CI_JOB_ID", "700001" },
		{ "a: {script: x}", "", "CI_JOB_TIMEOUT", "3600" },
		{ "a: {script: x, timeout: 1h 30m}", "", "CI_JOB_TIMEOUT", "5400" },
		{ "a: {script: x, image: 'alpine:$V', variables: {V: '3'}}", "", "CI_JOB_IMAGE", "alpine:3" },
		{ "a: {script: x}", "", "CI_JOB_IMAGE", NULL },
		{ "a: {script: x, when: manual}", "", "CI_JOB_MANUAL", "true" },
		{ "a: {script: x, when: delayed, start_in: 1s}", "", "CI_JOB_MANUAL", "true" },
		{ "a: {script: x}", "", "CI_JOB_MANUAL", NULL },
		{ "a: {script: x, tags: [linux, 'say \"hi\"']}", "", "CI_RUNNER_TAGS", "[\"linux\", \"say \\\"hi\\\"\"]" },
		{ "a: {script: x, parallel: 3}", "", "CI_JOB_NAME", "a 1/3" },
		{ "a: {script: x, parallel: 3}", "", "CI_JOB_GROUP_NAME", "a" },
		{ "a: {script: x, parallel: 3}", "", "CI_NODE_TOTAL", "3" },
		{ "a: {script: x, parallel: {matrix: [{P: [p q, r]}]}}", "", "CI_JOB_NAME_SLUG", "a---p-q" },
		{ "a: {script: x, parallel: {matrix: [{P: [p, q]}]}}", "", "P", "p" },
		{ "a: {script: x}", "", "CI_ENVIRONMENT_NAME", NULL },
		{ "a: {script: x, environment: {name: prod, action: stop}}", "", "CI_ENVIRONMENT_ACTION", "stop" },
		{ "a: {script: x, environment: review/$NO}", "", "CI_ENVIRONMENT_NAME", "review/" },
		{ "a: {script: x, environment: $CI_JOB_STAGE/$CI_JOB_NAME}", "", "CI_ENVIRONMENT_NAME", "test/a" },
		{ "a: {script: x, environment: $V, rules: [{if: $CI, variables: {V: live}}]}", "", "CI_ENVIRONMENT_NAME", "live" },
		{ "a: {script: x, environment: {name: x, deployment_tier: staging}}", "", "CI_ENVIRONMENT_TIER", "staging" },
		{ "a: {script: x, environment: {name: x, url: "
		  "'https://$CI_ENVIRONMENT_SLUG.example.org'}}", "", "CI_ENVIRONMENT_URL", "https://x.example.org" },
		{ "workflow: {name: 'of $CI_COMMIT_BRANCH'}\n"
		  "a: {script: x}", "", "CI_PIPELINE_NAME", "of main" },
		{ "a: {script: x}", "", "CI_PIPELINE_NAME", NULL },
	};

	hold_values(cases, COUNT(cases));
}

static void server_and_project_come_from_the_remote(void **state UNUSED)
{
	static const struct value_case cases[] = {
		{ "a: {script: x}", "remote=https://git.example.org:8443/g/p.git", "CI_SERVER_PORT", "8443" },
		{ "a: {script: x}", "remote=https://git.example.org:8443/g/p.git", "CI_SERVER_FQDN", "git.example.org:8443" },
		{ "a: {script: x}", "remote=https://git.example.org:8443/g/p.git", "CI_API_V4_URL", "https://git.example.org:8443/api/v4" },
		{ "a: {script: x}", "remote=ssh://git@git.example.org:2222/g/p.git", "CI_SERVER_HOST", "git.example.org" },
		{ "a: {script: x}", "remote=ssh://git@git.example.org:2222/g/p.git", "CI_SERVER_URL", "https://git.example.org" },
		{ "a: {script: x}", "remote=http://git.example.org/a/b/c", "CI_PROJECT_URL", "http://git.example.org/a/b/c" },
		{ "a: {script: x}", "remote=http://git.example.org/a/b/c", "CI_PROJECT_PATH_SLUG", "a-b-c" },
		{ "a: {script: x}", "remote=ssh://git@git.example.org:2222/g/p.git",
		  "CI_SERVER_SHELL_SSH_PORT", "2222" },
		{ "a: {script: x}", "", "CI_SERVER_SHELL_SSH_PORT", "22" },
		{ "a: {script: x}", "", "CI_SERVER_VERSION_MAJOR", "18" },
		{ "a: {script: x}", "", "CI_DEFAULT_BRANCH_SLUG", "main" },
		{ "a: {script: x}", "", "CI_CONFIG_PATH", ".gitlab-ci.yml" },
		{ "a: {script: x}", "", "CI_REGISTRY", NULL },
		{ "a: {script: x}", "", "CI_DEPLOY_USER", NULL },
	};

	hold_values(cases, COUNT(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_follow_their_precedence),
		cmocka_unit_test(variables_expand_in_terms_of_each_other),
		cmocka_unit_test(values_are_read_as_yaml_1_1_has_them),
		cmocka_unit_test(inherit_chooses_among_shared_variables),
		cmocka_unit_test(predefined_variables_have_their_values),
		cmocka_unit_test(each_event_has_its_variables),
		cmocka_unit_test(a_job_has_its_own_variables),
		cmocka_unit_test(server_and_project_come_from_the_remote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
