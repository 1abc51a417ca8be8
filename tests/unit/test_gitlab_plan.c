#include "plan_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct plan_case {
	const char *what, *yaml, *facts, *plan;
};

static void hold(const struct plan_case *cases, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		struct plan_world *w = plan_world_new(cases[i].yaml, cases[i].facts);
		str got = plan_text(w);

		if (!str_eq(got, str_of(cases[i].plan)))
			fail_msg("%s:\n  got      " STR_FMT "\n  expected %s", cases[i].what,
				 STR_ARG(got), cases[i].plan);
		plan_world_free(w);
	}
}

static void rules_put_jobs_in_and_out(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "no rules: in", "a: {script: x}", "", "a" },
		{ "first match decides",
		  "a: {script: x, rules: [{if: '$CI_COMMIT_BRANCH == \"main\"', when: manual}, {when: always}]}", "",
		  "a:manual" },
		{ "no match: out", "a: {script: x, rules: [{if: '$NO'}]}\nb: {script: x}", "", "b" },
		{ "when never", "a: {script: x, rules: [{if: '$CI', when: never}, {when: always}]}\nb: {script: x}", "",
		  "b" },
		{ "manual in rules blocks", "a: {script: x, rules: [{when: manual}]}", "", "a:manual" },
		{ "manual at the job may fail", "a: {script: x, when: manual}", "", "a:manual?" },
		{ "rule says allow_failure", "a: {script: x, rules: [{when: manual, allow_failure: true}]}", "",
		  "a:manual?" },
		{ "job's when is the rule's default", "a: {script: x, when: always, rules: [{if: $CI}]}", "",
		  "a:always" },
		{ "delayed", "a: {script: x, rules: [{when: delayed, start_in: 5 minutes}]}", "", "a:delayed" },
		{ "rules see given variables", "a: {script: x, rules: [{if: '$X == \"1\"'}]}\nb: {script: x}",
		  "var:X=1", "a|b" },
		{ "rules see the job's variables",
		  "a: {script: x, variables: {X: $Y, Y: \"1\"}, rules: [{if: '$X == \"1\"'}]}\nb: {script: x}", "",
		  "a|b" },
		{ "rules do not see job-only variables", "a: {script: x, rules: [{if: $CI_JOB_ID}]}\nb: {script: x}", "",
		  "b" },
		{ "nested lists of rules", "a: {script: x, rules: [[{if: $NO}], [[{if: $CI}]]]}", "", "a" },
		{ "changes unknown: true", "a: {script: x, rules: [{changes: [src/**]}]}", "", "a" },
		{ "changes match", "a: {script: x, rules: [{changes: [\"src/**/*\"]}]}\nb: {script: x}",
		  "changes=src/a/b.c,doc", "a|b" },
		{ "changes do not match", "a: {script: x, rules: [{changes: [\"src/**/*\"]}]}\nb: {script: x}", "changes=doc",
		  "b" },
		{ "changes with a variable in the path",
		  "a: {script: x, variables: {D: src}, rules: [{changes: {paths: [$D/*]}}]}\nb: {script: x}",
		  "changes=src/a", "a|b" },
		{ "exists at the top level only", "a: {script: x, rules: [{exists: ['*.py']}]}\nb: {script: x}",
		  "files=deep/a.py", "b" },
		{ "exists anywhere", "a: {script: x, rules: [{exists: ['**/*.py']}]}\nb: {script: x}",
		  "files=deep/a.py", "a|b" },
		{ "a plain path is looked up", "a: {script: x, rules: [{exists: [Dockerfile]}]}\nb: {script: x}",
		  "files=Dockerfile,Makefile", "a|b" },
		{ "if and changes are both needed", "a: {script: x, rules: [{if: $NO, changes: [a]}]}\nb: {script: x}",
		  "changes=a", "b" },
		{ "rules:needs replaces",
		  "a: {script: x}\nb: {script: x}\nc: {script: x, needs: [a], rules: [{if: $CI, needs: [b]}]}", "",
		  "a|b|c<b" },
	};

	hold(cases, COUNT(cases));
}

static void only_and_except_still_work(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "a branch's name", "a: {script: x, only: [main]}\nb: {script: x, only: [dev]}", "", "a" },
		{ "a regex", "a: {script: x, only: ['/^feat-.*$/']}\nb: {script: x}", "branch=feat-1", "a|b" },
		{ "a regex with i", "a: {script: x, only: ['/^FEAT/i']}\nb: {script: x}", "branch=feat-1", "a|b" },
		{ "except beats only", "a: {script: x, only: [main], except: [branches]}\nb: {script: x}", "", "b" },
		{ "tags", "a: {script: x, only: [tags]}\nb: {script: x, except: [tags]}", "tag=v1", "a" },
		{ "merge requests leave out what does not ask for them",
		  "a: {script: x, only: [merge_requests]}\nb: {script: x}", "event=merge_request target=main", "a" },
		{ "schedules", "a: {script: x, only: [schedules]}\nb: {script: x}", "event=schedule", "a|b" },
		{ "variables", "a: {script: x, only: {variables: ['$X == \"y\"']}}\nb: {script: x}", "var:X=y", "a|b" },
		{ "all keys of only are needed",
		  "a: {script: x, only: {refs: [main], changes: [src/*]}}\nb: {script: x}", "changes=doc/x", "b" },
		{ "any key of except is enough",
		  "a: {script: x, except: {refs: [dev], changes: [src/*]}}\nb: {script: x}", "changes=src/x", "b" },
		{ "branch@project", "a: {script: x, only: [main@group/sub/app]}\nb: {script: x, only: [main@group/app]}", "", "a" },
	};

	hold(cases, COUNT(cases));
}

static void the_workflow_decides_for_all(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "no rule matches", "workflow: {rules: [{if: $NO}]}\na: {script: x}", "",
		  "a(none: Pipeline filtered out by workflow rules: no rule matched)" },
		{ "never", "workflow: {rules: [{if: $CI, when: never}, {when: always}]}\na: {script: x}", "",
		  "a(none: Pipeline filtered out by workflow rules: rule 1 matched: if $CI)" },
		{ "with workflow rules a merge request takes all",
		  "workflow: {rules: [{if: '$CI_PIPELINE_SOURCE == \"merge_request_event\"'}]}\na: {script: x}",
		  "event=merge_request target=main", "a" },
		{ "its variables are seen by rules",
		  "workflow: {rules: [{if: $CI, variables: {X: '1'}}]}\na: {script: x, rules: [{if: $X}]}", "", "a" },
		{ "an empty pipeline says so", "a: {script: x, rules: [{if: $NO}]}", "",
		  "(none: The resulting pipeline would have been empty. Review the rules configuration for the "
		  "relevant jobs.)" },
		{ "only .pre and .post make none", "a: {stage: .pre, script: x}", "",
		  "a(none: The resulting pipeline would have been empty. Review the rules configuration for the "
		  "relevant jobs.)" },
	};

	hold(cases, COUNT(cases));
}

static void matrices_multiply(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "a number", "a: {script: x, parallel: 3}", "", "a 1/3|a 2/3|a 3/3" },
		{ "one", "a: {script: x, parallel: 1}", "", "a 1/1" },
		{ "the first key is slowest", "a: {script: x, parallel: {matrix: [{P: [a, b], Q: [1, 2]}]}}", "",
		  "a: [a, 1]|a: [a, 2]|a: [b, 1]|a: [b, 2]" },
		{ "entries add up", "a: {script: x, parallel: {matrix: [{P: a}, {P: [b, c]}]}}", "",
		  "a: [a]|a: [b]|a: [c]" },
		{ "needs of the whole", "a: {script: x, parallel: 2}\nb: {script: x, needs: [a]}", "",
		  "a 1/2|a 2/2|b<a 1/2,a 2/2" },
		{ "needs of one", "a: {script: x, parallel: 2}\nb: {script: x, needs: ['a 2/2']}", "",
		  "a 1/2|a 2/2|b<a 2/2" },
		{ "needs by matrix",
		  "a: {script: x, parallel: {matrix: [{P: [a, b]}]}}\n"
		  "b: {script: x, needs: [{job: a, parallel: {matrix: [{P: b}]}}]}", "",
		  "a: [a]|a: [b]|b<a: [b]" },
		{ "needs by the needing job's own matrix",
		  "a: {script: x, parallel: {matrix: [{P: [a, b]}]}}\n"
		  "b: {script: x, parallel: {matrix: [{P: [a, b]}]}, "
		  "needs: [{job: a, parallel: {matrix: [{P: ['$[[ matrix.P ]]']}]}}]}", "",
		  "a: [a]|a: [b]|b: [a]<a: [a]|b: [b]<a: [b]" },
		{ "rules see the permutation",
		  "a: {script: x, parallel: {matrix: [{P: [a, b]}]}, rules: [{if: '$P == \"b\"'}]}", "", "a: [b]" },
		{ "too many", "a: {script: x, parallel: {matrix: [{P: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15], "
			      "Q: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]}]}}", "",
		  "!1:35: jobs:a:parallel:matrix config generates too many jobs (maximum is 200)" },
	};

	hold(cases, COUNT(cases));
}

static void needs_are_checked(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "nothing needed", "a: {script: x, needs: []}", "", "a<" },
		{ "same stage", "a: {script: x}\nb: {script: x, needs: [a]}", "", "a|b<a" },
		{ "undefined", "a: {script: x, needs: [biuld]}\nbuild: {script: x}", "",
		  "!1:24: job \"a\" needs \"biuld\", which does not exist (a job: undefined need: biuld)" },
		{ "a later stage", "a: {stage: build, script: x, needs: [b]}\nb: {stage: test, script: x}", "",
		  "!1:38: a job: need b is not defined in current or prior stages" },
		{ "of a job that is out",
		  "a: {script: x, rules: [{if: $NO}]}\nb: {script: x, needs: [a]}", "",
		  "!2:24: 'b' job needs 'a' job, but 'a' does not exist in the pipeline. This might be because of the "
		  "only, except, or rules keywords. To need a job that sometimes does not exist in the pipeline, use "
		  "needs:optional." },
		{ "optional", "a: {script: x, rules: [{if: $NO}]}\nb: {script: x, needs: [{job: a, optional: true}]}",
		  "", "b<" },
		{ "itself", "a: {script: x, needs: [a]}", "",
		  "!1:1: The pipeline has circular dependencies: self-dependency: \"a\"" },
		{ "a circle", "a: {script: x, needs: [b]}\nb: {script: x, needs: [c]}\nc: {script: x, needs: [a]}", "",
		  "!1:1: The pipeline has circular dependencies: a -> b -> c -> a" },
		{ "dependencies must be needed",
		  "a: {script: x}\nb: {script: x}\nc: {script: x, needs: [a], dependencies: [b]}", "",
		  "!3:42: c job: dependencies the b should be part of needs" },
		{ "undefined dependency", "a: {stage: deploy, script: x, dependencies: [z]}", "",
		  "!1:45: a job: undefined dependency: z" },
	};

	hold(cases, COUNT(cases));
}

static void all_independent_errors_come_at_once(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "three", "a: {scirpt: x}\nb: {script: x, stage: tset}\nc: {script: x, when: sometimes}", "",
		  "!1:5: jobs:a config contains unknown keys: scirpt|"
		  "!2:23: b job: chosen stage tset does not exist; available stages are .pre, build, test, deploy, .post|"
		  "!3:22: jobs:c:when should be one of: on_success, on_failure, always, manual, delayed" },
		{ "no script", "a: {stage: test}", "",
		  "!1:1: jobs a config should implement the script:, run:, or trigger: keyword" },
		{ "no visible job", ".a: {script: x}", "",
		  "!1:1: jobs config should contain at least one visible job" },
		{ "only with rules", "a: {script: x, only: [main], rules: [{when: always}]}", "",
		  "!1:16: jobs:a:only key may not be used with `rules`" },
		{ "circular values", "variables: {A: $B, B: $A}\na: {script: x}", "",
		  "!1:13: variable A: circular variable reference detected: B <- A <- B|"
		  "!1:20: variable B: circular variable reference detected: A <- B <- A" },
	};

	hold(cases, COUNT(cases));
}

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

static void cache_keys_of_files_are_digests(void **state UNUSED)
{
	struct plan_world *w = plan_world_new(
		"a: {script: x, cache: {key: {files: [b, a], prefix: p}, paths: [c]}}\n"
		"b: {script: x, cache: [{paths: [d]}, {key: k, paths: [e]}]}",
		"");

	/* sha1("<a>-<b>") with the test's blob ids */
	assert_string_equal(plan_job(w, "a")->spec.caches.at[0].key.p,
			    "p-5a9df0a0c68bab8ad677b8531845f6be0c4c3413");
	assert_int_equal(plan_job(w, "b")->spec.caches.nr, 2);
	assert_true(str_eq(plan_job(w, "b")->spec.caches.at[0].key, STR("default")));
	plan_world_free(w);
}

static void artifacts_come_from_earlier_stages_or_needs(void **state UNUSED)
{
	static const char yaml[] =
		"a: {stage: build, script: x, artifacts: {paths: [o]}}\n"
		"b: {stage: build, script: x}\n"
		"c: {stage: build, script: x, artifacts: {reports: {dotenv: e}}}\n"
		"all: {script: x}\n"
		"none: {script: x, dependencies: []}\n"
		"one: {script: x, dependencies: [c]}\n"
		"need: {script: x, needs: [a, b]}\n"
		"without: {script: x, needs: [{job: a, artifacts: false}, c]}\n"
		"free: {script: x, needs: []}\n";
	static const struct {
		const char *job;
		size_t nr, first;
	} cases[] = { { "all", 2, 0 },	{ "none", 0, 0 },    { "one", 1, 2 },
		      { "need", 1, 0 }, { "without", 1, 2 }, { "free", 0, 0 } };
	struct plan_world *w = plan_world_new(yaml, "");

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct job *j = plan_job(w, cases[i].job);

		assert_int_equal(j->artifacts_from.nr, cases[i].nr);
		if (cases[i].nr)
			assert_int_equal(j->artifacts_from.at[0], cases[i].first);
	}
	plan_world_free(w);
}

static void defaults_fill_what_a_job_leaves_open(void **state UNUSED)
{
	struct plan_world *w = plan_world_new(
		"default: {before_script: [b], after_script: [z], timeout: 10 minutes, retry: 1, "
		"image: i}\n"
		"a: {script: x}\nb: {script: x, before_script: [], retry: 0, image: j}\n"
		"c: {script: x, inherit: {default: [timeout]}}\n",
		"");

	assert_int_equal(plan_job(w, "a")->spec.script.script.nr, 2);
	assert_int_equal(plan_job(w, "a")->spec.after_script.script.nr, 1);
	assert_int_equal(plan_job(w, "a")->spec.timeout_s, 600);
	assert_int_equal(plan_job(w, "a")->retry.max, 1);
	assert_int_equal(plan_job(w, "b")->spec.script.script.nr, 1);
	assert_int_equal(plan_job(w, "b")->retry.max, 0);
	assert_true(str_eq(plan_job(w, "b")->spec.image.name, STR("j")));
	assert_int_equal(plan_job(w, "c")->spec.script.script.nr, 1);
	assert_int_equal(plan_job(w, "c")->spec.timeout_s, 600);
	assert_true(str_is_null(plan_job(w, "c")->spec.image.name));
	plan_world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_put_jobs_in_and_out),
		cmocka_unit_test(only_and_except_still_work),
		cmocka_unit_test(the_workflow_decides_for_all),
		cmocka_unit_test(matrices_multiply),
		cmocka_unit_test(needs_are_checked),
		cmocka_unit_test(all_independent_errors_come_at_once),
		cmocka_unit_test(variables_follow_their_precedence),
		cmocka_unit_test(predefined_variables_have_their_values),
		cmocka_unit_test(cache_keys_of_files_are_digests),
		cmocka_unit_test(artifacts_come_from_earlier_stages_or_needs),
		cmocka_unit_test(defaults_fill_what_a_job_leaves_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
