/* What puts jobs, includes and pipelines in and out. */
#include "plan_cases.h"

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

static void a_rule_says_when_and_the_job_fills_the_rest(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "the rule's when, the job's flag",
		  "a: {script: x, when: manual, rules: [{when: on_success}]}",
		  "",
		  "a?" },
		{ "the job's when where the rule has none",
		  "a: {script: x, when: manual, rules: [{if: $CI}]}",
		  "",
		  "a:manual?" },
		{ "manual by a rule blocks, whatever comes after",
		  "a: {script: x, rules: [{if: $CI, when: manual}, {when: always}]}",
		  "",
		  "a:manual" },
		{ "the job's allow_failure holds in a rule",
		  "a: {script: x, allow_failure: true, rules: [{when: manual}]}",
		  "",
		  "a:manual?" },
		{ "a rule takes the flag away",
		  "a: {script: x, allow_failure: true, rules: [{if: $CI, allow_failure: false}]}",
		  "",
		  "a" },
		{ "rules overrule exit codes",
		  "a: {script: x, allow_failure: {exit_codes: 3}, rules: [{if: $CI, "
		  "allow_failure: true}]}",
		  "",
		  "a?" },
		{ "on_failure",
		  "a: {script: x, rules: [{if: $CI, when: on_failure}]}",
		  "",
		  "a:on_failure" },
		{ "a null `when` is none",
		  "a: {script: x, rules: [{if: $CI, when: null}]}",
		  "",
		  "a" },
		{ "a rule of nothing but `when: never` ends the list",
		  "a: {script: x, rules: [{when: never}, {when: always}]}\n"
		  "b: {script: x}",
		  "",
		  "b" },
		{ "a null list of rules is no list",
		  "a: {script: x, rules: null}",
		  "",
		  "a" },
		{ "interruptible alone decides nothing",
		  "a: {script: x, rules: [{interruptible: true}]}",
		  "",
		  "a" },
	};

	hold(cases, COUNT(cases));
}

static void all_parts_of_a_rule_must_hold(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "if, changes and exists",
		  "a: {script: x, rules: [{if: $CI, changes: [s/*], exists: [Makefile]}]}\n"
		  "b: {script: x}",
		  "changes=s/x files=Makefile",
		  "a|b" },
		{ "a file is missing",
		  "a: {script: x, rules: [{if: $CI, changes: [s/*], exists: [Makefile]}]}\n"
		  "b: {script: x}",
		  "changes=s/x files=make",
		  "b" },
		{ "nothing of it changed",
		  "a: {script: x, rules: [{if: $CI, changes: [s/*], exists: [Makefile]}]}\n"
		  "b: {script: x}",
		  "changes=t/x files=Makefile",
		  "b" },
		{ "a pattern held by a variable that is no pattern is false",
		  "a: {script: x, variables: {P: '/(/'}, rules: [{if: '$CI =~ $P'}, {when: "
		  "manual}]}",
		  "",
		  "a:manual" },
		{ "a text on the right is looked into",
		  "a: {script: x, rules: [{if: '\"ai\" =~ \"main\"'}]}\n"
		  "b: {script: x}",
		  "",
		  "a|b" },
		{ "an undefined variable is not equal to an empty text",
		  "a: {script: x, rules: [{if: '$NO == \"\"'}]}\n"
		  "b: {script: x, rules: [{if: '$NO != \"\"'}]}",
		  "",
		  "b" },
		{ "a given empty variable is defined and false",
		  "a: {script: x, rules: [{if: '$E'}]}\n"
		  "b: {script: x, rules: [{if: '$E == \"\"'}]}",
		  "var:E=",
		  "b" },
	};

	hold(cases, COUNT(cases));
}

static void changes_look_at_what_the_event_changed(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "an empty difference changes nothing",
		  "a: {script: x, rules: [{changes: ['**/*']}]}\n"
		  "b: {script: x}",
		  "changes=",
		  "b" },
		{ "without a difference everything changed",
		  "a: {script: x, rules: [{changes: [s]}]}",
		  "tag=v1",
		  "a" },
		{ "a schedule has no difference",
		  "a: {script: x, rules: [{changes: [s]}]}",
		  "event=schedule",
		  "a" },
		{ "dotfiles count",
		  "a: {script: x, rules: [{changes: ['*']}]}\n"
		  "b: {script: x}",
		  "changes=.env",
		  "a|b" },
		{ "one star stays in its directory",
		  "a: {script: x, rules: [{changes: ['s/*']}]}\n"
		  "b: {script: x}",
		  "changes=s/d/f",
		  "b" },
		{ "braces",
		  "a: {script: x, rules: [{changes: ['s/*.{c,h}']}]}\n"
		  "b: {script: x}",
		  "changes=s/f.h",
		  "a|b" },
		{ "an undefined variable stays as it is written",
		  "a: {script: x, rules: [{changes: ['$NO/f']}]}\n"
		  "b: {script: x}",
		  "changes=$NO/f",
		  "a|b" },
		{ "compare_to asks for another difference",
		  "a: {script: x, rules: [{changes: {paths: [s], compare_to: main}}]}\n"
		  "b: {script: x}",
		  "changes=t since=s",
		  "a|b" },
		{ "compare_to with a variable",
		  "a: {script: x, rules: [{changes: {paths: [s], compare_to: "
		  "$CI_DEFAULT_BRANCH}}]}\n"
		  "b: {script: x}",
		  "changes=s since=t",
		  "b" },
		{ "compare_to of nothing known",
		  "a: {script: x, rules: [{changes: {paths: [s], compare_to: nowhere}}]}",
		  "changes=s",
		  "!1:24: rules:changes:compare_to is not a valid ref: `nowhere`" },
		{ "an empty list of paths",
		  "a: {script: x, rules: [{changes: []}]}\n"
		  "b: {script: x}",
		  "changes=s",
		  "b" },
	};

	hold(cases, COUNT(cases));
}

static void exists_looks_at_the_files_of_the_commit(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "a directory is no file",
		  "a: {script: x, rules: [{exists: [s]}]}\n"
		  "b: {script: x}",
		  "files=s/f",
		  "b" },
		{ "everything below it is",
		  "a: {script: x, rules: [{exists: ['s/**/*']}]}\n"
		  "b: {script: x}",
		  "files=s/d/f",
		  "a|b" },
		{ "any of an ending, deep or not",
		  "a: {script: x, rules: [{exists: ['**/*.py']}]}\n"
		  "b: {script: x, rules: [{exists: ['**/*.py']}]}",
		  "files=t.py",
		  "a|b" },
		{ "a name in braces",
		  "a: {script: x, rules: [{exists: ['{a,b}.mk']}]}\n"
		  "b: {script: x}",
		  "files=b.mk",
		  "a|b" },
		{ "a variable in the path",
		  "a: {script: x, variables: {D: s}, rules: [{exists: ['$D/f']}]}\n"
		  "b: {script: x}",
		  "files=s/f",
		  "a|b" },
		{ "one of several",
		  "a: {script: x, rules: [{exists: [n, m]}]}\n"
		  "b: {script: x}",
		  "files=m",
		  "a|b" },
		{ "in another project",
		  "=== .gitlab-ci.yml\n"
		  "a: {script: x, rules: [{exists: {paths: [f.mk], project: g/p}}]}\n"
		  "b: {script: x, rules: [{exists: {paths: [gone], project: g/p}}]}\n"
		  "=== g/p:f.mk\n",
		  "",
		  "a" },
	};

	hold(cases, COUNT(cases));
}

static void rules_see_what_exists_when_the_pipeline_is_made(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "not the ids of pipeline and job",
		  "a: {script: x, rules: [{if: '$CI_PIPELINE_ID || $CI_JOB_ID || $CI_PROJECT_DIR "
		  "|| $CI_PIPELINE_URL'}]}\n"
		  "b: {script: x}",
		  "",
		  "b" },
		{ "name, stage and index of the job",
		  "a: {script: x, parallel: 2, rules: [{if: '$CI_JOB_NAME == \"a 2/2\" && "
		  "$CI_JOB_STAGE == \"test\" && $CI_NODE_INDEX == \"2\"'}]}",
		  "",
		  "a 2/2" },
		{ "its environment",
		  "a: {script: x, environment: review/$CI_COMMIT_BRANCH, rules: [{if: "
		  "'$CI_ENVIRONMENT_NAME == \"review/main\" && $CI_ENVIRONMENT_TIER == "
		  "\"development\"'}]}",
		  "",
		  "a" },
		{ "that it is manual",
		  "a: {script: x, when: manual, rules: [{if: $CI_JOB_MANUAL}]}",
		  "",
		  "a:manual?" },
		{ "not what another rule would define",
		  "a: {script: x, rules: [{if: $NO, variables: {V: v}}, {if: $V}]}\n"
		  "b: {script: x}",
		  "",
		  "b" },
		{ "the person",
		  "a: {script: x, rules: [{if: '$GITLAB_USER_LOGIN == \"ada\"'}]}",
		  "",
		  "a" },
	};

	hold(cases, COUNT(cases));
}

static void an_include_may_have_rules(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "in",
		  "=== .gitlab-ci.yml\n"
		  "include: [{local: i.yml, rules: [{if: '$CI_COMMIT_BRANCH == \"main\"'}]}]\n"
		  "a: {script: x}\n"
		  "=== i.yml\n"
		  "b: {script: x}\n",
		  "",
		  "b|a" },
		{ "out",
		  "=== .gitlab-ci.yml\n"
		  "include: [{local: i.yml, rules: [{if: $CI_COMMIT_TAG}]}]\n"
		  "a: {script: x}\n"
		  "=== i.yml\n"
		  "b: {script: x}\n",
		  "",
		  "a" },
		{ "never",
		  "=== .gitlab-ci.yml\n"
		  "include: [{local: i.yml, rules: [{if: $CI, when: never}, {when: always}]}]\n"
		  "a: {script: x}\n"
		  "=== i.yml\n"
		  "b: {script: x}\n",
		  "",
		  "a" },
		{ "what is out need not exist",
		  "include: [{local: gone.yml, rules: [{exists: [gone.yml]}]}]\n"
		  "a: {script: x}",
		  "files=other",
		  "a" },
		{ "by changes",
		  "=== .gitlab-ci.yml\n"
		  "include: [{local: i.yml, rules: [{changes: [s/*]}]}]\n"
		  "a: {script: x}\n"
		  "=== i.yml\n"
		  "b: {script: x}\n",
		  "changes=s/f",
		  "b|a" },
		{ "variables of the file do not exist yet",
		  "=== .gitlab-ci.yml\n"
		  "variables: {V: v}\n"
		  "include: [{local: i.yml, rules: [{if: $V}]}]\n"
		  "a: {script: x}\n"
		  "=== i.yml\n"
		  "b: {script: x}\n",
		  "",
		  "a" },
		{ "given ones do",
		  "=== .gitlab-ci.yml\n"
		  "include: [{local: i.yml, rules: [{if: $V}]}]\n"
		  "a: {script: x}\n"
		  "=== i.yml\n"
		  "b: {script: x}\n",
		  "var:V=1",
		  "b|a" },
		{ "a variable in the path",
		  "=== .gitlab-ci.yml\n"
		  "include: {local: '$V.yml'}\n"
		  "a: {script: x}\n"
		  "=== i.yml\n"
		  "b: {script: x}\n",
		  "var:V=i",
		  "b|a" },
		{ "the pipeline's id does not exist yet",
		  "=== .gitlab-ci.yml\n"
		  "include: [{local: i.yml, rules: [{if: $CI_PIPELINE_ID}]}]\n"
		  "a: {script: x}\n"
		  "=== i.yml\n"
		  "b: {script: x}\n",
		  "",
		  "a" },
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

static void only_means_branches_and_tags_unless_it_says_more(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "variables alone do not bring merge requests",
		  "a: {script: x, only: {variables: [$CI]}}\n"
		  "b: {script: x, only: [merge_requests]}",
		  "event=merge_request target=main",
		  "b" },
		{ "also not beside workflow rules",
		  "workflow: {rules: [{when: always}]}\n"
		  "a: {script: x, only: {changes: [s]}}\n"
		  "b: {script: x}",
		  "event=merge_request target=main",
		  "b" },
		{ "refs and changes together",
		  "a: {script: x, only: {refs: [merge_requests], changes: [s]}}",
		  "event=merge_request target=main changes=s",
		  "a" },
		{ "a source in the singular",
		  "a: {script: x, only: [schedule]}",
		  "event=schedule",
		  "a" },
		{ "web and api have plurals",
		  "a: {script: x, only: [webs]}\n"
		  "b: {script: x, only: [web]}",
		  "event=web",
		  "a|b" },
		{ "a push of a tag is a push",
		  "a: {script: x, only: [pushes]}",
		  "tag=v1",
		  "a" },
		{ "chat, external and pipelines of others never come",
		  "a: {script: x, only: [chat, external, pipelines, external_pull_requests]}\n"
		  "b: {script: x}",
		  "",
		  "b" },
		{ "a regex for tags, too",
		  "a: {script: x, only: ['/^v\\d+$/']}",
		  "tag=v12",
		  "a" },
		{ "a pattern does not name a merge request's branch",
		  "a: {script: x, only: ['/^f/', f]}\n"
		  "b: {script: x, only: [merge_requests]}",
		  "branch=f event=merge_request target=main",
		  "b" },
		{ "a regex for one project",
		  "a: {script: x, only: ['/^m/@group/sub/app']}\n"
		  "b: {script: x, only: ['/^m/@group/other']}",
		  "",
		  "a" },
		{ "except alone keeps the default",
		  "a: {script: x, except: [schedules]}\n"
		  "b: {script: x, only: [merge_requests]}",
		  "event=merge_request target=main",
		  "b" },
		{ "except by a variable",
		  "a: {script: x, except: {variables: [$SKIP]}}\n"
		  "b: {script: x}",
		  "var:SKIP=1",
		  "b" },
		{ "kubernetes is never there",
		  "a: {script: x, only: {kubernetes: active}}\n"
		  "b: {script: x, except: {kubernetes: active}}",
		  "",
		  "b" },
		{ "a child of a merge request is no branch",
		  "a: {script: x, only: [branches]}\n"
		  "b: {script: x, only: [parent_pipelines]}",
		  "event=parent_pipeline target=main",
		  "b" },
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

static void workflow_rules_may_look_at_files_and_set_variables(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "changes",
		  "workflow: {rules: [{changes: [s/*]}]}\n"
		  "a: {script: x}",
		  "changes=s/f",
		  "a" },
		{ "exists",
		  "workflow: {rules: [{exists: [Makefile]}]}\n"
		  "a: {script: x}",
		  "files=Makefile",
		  "a" },
		{ "variables of the file are seen",
		  "variables: {V: v}\n"
		  "workflow: {rules: [{if: '$V == \"v\"'}]}\n"
		  "a: {script: x}",
		  "",
		  "a" },
		{ "a needed job that is out does not matter when nothing is in",
		  "workflow: {rules: [{if: $NO}]}\n"
		  "a: {script: x, rules: [{if: $NO}]}\n"
		  "b: {script: x, needs: [a]}",
		  "",
		  "b<(none: Pipeline filtered out by workflow rules: no rule matched)" },
		{ "job rules come after",
		  "workflow: {rules: [{if: $CI, variables: {V: flow}}]}\n"
		  "variables: {V: file}\n"
		  "a: {script: x, rules: [{if: '$V == \"flow\"'}]}",
		  "",
		  "a" },
	};

	hold(cases, COUNT(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_put_jobs_in_and_out),
		cmocka_unit_test(a_rule_says_when_and_the_job_fills_the_rest),
		cmocka_unit_test(all_parts_of_a_rule_must_hold),
		cmocka_unit_test(changes_look_at_what_the_event_changed),
		cmocka_unit_test(exists_looks_at_the_files_of_the_commit),
		cmocka_unit_test(rules_see_what_exists_when_the_pipeline_is_made),
		cmocka_unit_test(an_include_may_have_rules),
		cmocka_unit_test(only_and_except_still_work),
		cmocka_unit_test(only_means_branches_and_tags_unless_it_says_more),
		cmocka_unit_test(the_workflow_decides_for_all),
		cmocka_unit_test(workflow_rules_may_look_at_files_and_set_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
