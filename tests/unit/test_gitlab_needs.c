/* How jobs multiply, and what ties them together. */
#include "plan_cases.h"

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

static void instances_are_named_and_numbered(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "values that are no texts",
		  "a: {script: x, parallel: {matrix: [{P: [1, 1.5, true, two]}]}}",
		  "",
		  "a: [1]|a: [1.5]|a: [true]|a: [two]" },
		{ "a manual one is manual in all",
		  "a: {script: x, when: manual, parallel: 2}",
		  "",
		  "a 1/2:manual?|a 2/2:manual?" },
		{ "a trigger has instances, too",
		  "a: {trigger: g/p, parallel: {matrix: [{P: [p, q]}]}}",
		  "",
		  "a: [p]|a: [q]" },
		{ "200 is the most",
		  "a: {script: x, parallel: 201}",
		  "",
		  "!1:26: jobs:a:parallel config should be an integer from 1 to 200" },
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

static void needs_take_what_is_there(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "optional of a job that is nowhere",
		  "a: {script: x, needs: [{job: gone, optional: true}]}",
		  "",
		  "a<" },
		{ "optional of one that is in",
		  "a: {script: x}\n"
		  "b: {script: x, needs: [{job: a, optional: true}]}",
		  "",
		  "a|b<a" },
		{ "the instances that are in",
		  "a: {script: x, parallel: {matrix: [{P: [p, q]}]}, rules: [{if: '$P == "
		  "\"q\"'}]}\n"
		  "b: {script: x, needs: [a]}",
		  "",
		  "a: [q]|b<a: [q]" },
		{ "one that is out by name",
		  "a: {script: x, parallel: {matrix: [{P: [p, q]}]}, rules: [{if: '$P == "
		  "\"q\"'}]}\n"
		  "b: {script: x, needs: ['a: [p]']}",
		  "",
		  "!2:24: 'b' job needs 'a: [p]' job, but 'a: [p]' does not exist in "
		  "the pipeline. This might be because of the only, except, or rules keywords. "
		  "To need a job that sometimes does not exist in the pipeline, use "
		  "needs:optional." },
		{ "a later stage by rules only when they say so",
		  "a: {script: x, rules: [{if: $CI, needs: [{job: b, artifacts: false}]}]}\n"
		  "b: {script: x}",
		  "",
		  "a<b|b" },
		{ "rules:needs may be empty",
		  "a: {script: x}\n"
		  "b: {script: x, needs: [a], rules: [{if: $CI, needs: []}]}",
		  "",
		  "a|b<" },
		{ "part of a matrix by a list of values",
		  "a: {script: x, parallel: {matrix: [{P: [p, q, r], Q: s}]}}\n"
		  "b: {script: x, needs: [{job: a, parallel: {matrix: [{P: [p, r]}]}}]}",
		  "",
		  "a: [p, s]|a: [q, s]|a: [r, s]|b<a: [p, s],a: [r, s]" },
		{ "two parts of one matrix",
		  "a: {script: x, parallel: {matrix: [{P: [p, q]}]}}\n"
		  "b: {script: x, needs: [{job: a, parallel: {matrix: [{P: p}]}}, {job: a, "
		  "parallel: {matrix: [{P: q}]}}]}",
		  "",
		  "a: [p]|a: [q]|b<a: [p],a: [q]" },
		{ "through extends",
		  "a: {script: x}\n"
		  ".t: {script: x, needs: [a]}\n"
		  "b: {extends: .t}\n"
		  "c: {extends: .t, needs: []}",
		  "",
		  "a|b<a|c<" },
		{ "a list in a list, from a reference",
		  "a: {script: x}\n"
		  ".t: {needs: [a]}\n"
		  "b: {script: x, needs: [!reference [.t, needs]]}",
		  "",
		  "a|b<a" },
		{ "a needed job may be in its own stage, and manual",
		  "a: {script: x, when: manual}\n"
		  "b: {script: x, needs: [a]}",
		  "",
		  "a:manual?|b<a" },
	};

	hold(cases, COUNT(cases));
}

static void dependencies_may_only_name_what_came_before(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "the same stage is taken, and gives nothing",
		  "a: {script: x}\n"
		  "b: {script: x, dependencies: [a]}",
		  "",
		  "a|b" },
		{ "an instance by name",
		  "a: {stage: build, script: x, parallel: 2}\n"
		  "b: {script: x, dependencies: ['a 1/2']}",
		  "",
		  "a 1/2|a 2/2|b" },
		{ "needs empty does not forbid",
		  "a: {stage: build, script: x}\n"
		  "b: {script: x, needs: [], dependencies: [a]}",
		  "",
		  "a|b<" },
		{ "a hidden job is none",
		  ".a: {script: x}\n"
		  "b: {script: x, dependencies: [.a]}",
		  "",
		  "!2:30: b job: undefined dependency: .a" },
	};

	hold(cases, COUNT(cases));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matrices_multiply),
		cmocka_unit_test(instances_are_named_and_numbered),
		cmocka_unit_test(needs_are_checked),
		cmocka_unit_test(needs_take_what_is_there),
		cmocka_unit_test(dependencies_may_only_name_what_came_before),
		cmocka_unit_test(artifacts_come_from_earlier_stages_or_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
