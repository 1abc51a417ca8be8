#include "local/select.h"
#include "pipeline_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char text[] = "build compile\n"
			   "build docs\n"
			   "test unit : compile\n"
			   "test !nightly\n"
			   "test lint :\n"
			   "deploy ship*manual\n";

/* The included jobs, comma separated. */
static str names_of(struct arena *a, const struct pipeline *p)
{
	str s = STR("");

	for (size_t i = 0; i < p->jobs.nr; i++)
		if (p->jobs.at[i]->included)
			s = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(s), s.n ? "," : "",
					 STR_ARG(p->jobs.at[i]->name));
	return s;
}

struct selected {
	struct arena a;
	struct pipeline *part;
	struct str_vec notes;
	struct err err;
	int code;
};

static struct selected run_select(const char *job, const char *stage, bool needs)
{
	struct selected s = { 0 };
	struct str_vec jobs = { 0 }, stages = { 0 }, manual = { 0 };
	struct selection sel = { &jobs, &stages, &manual, needs };

	arena_init(&s.a, 0);
	if (job)
		vec_add(&s.a, &jobs, str_of(job));
	if (stage)
		vec_add(&s.a, &stages, str_of(stage));
	s.code = select_jobs(&s.a, pipeline_of_text(&s.a, text), &sel, &s.part, &s.notes, &s.err);
	return s;
}

static void selections_hold_what_was_named(void **state UNUSED)
{
	static const struct {
		const char *job, *stage;
		bool needs;
		const char *names;
	} cases[] = {
		{ NULL, NULL, false, "compile,docs,unit,lint,ship" },
		{ "unit", NULL, false, "unit" },
		{ "unit", NULL, true, "compile,unit" },
		{ "ship", NULL, true, "compile,docs,unit,lint,ship" },
		{ NULL, "test", false, "unit,lint" },
		{ "docs", "test", false, "docs,unit,lint" },
		{ "nightly", NULL, false, "nightly" },
		{ "lint", NULL, true, "lint" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct selected s = run_select(cases[i].job, cases[i].stage, cases[i].needs);

		assert_int_equal(s.code, 0);
		assert_string_equal(names_of(&s.a, s.part).p, cases[i].names);
		arena_release(&s.a);
	}
}

static void a_named_manual_job_starts_and_one_that_is_out_says_why(void **state UNUSED)
{
	struct selected s = run_select("ship", NULL, false);

	assert_int_equal(pipeline_find_job(s.part, STR("ship"))->when, WHEN_ON_SUCCESS);
	assert_int_equal(s.notes.nr, 0);
	arena_release(&s.a);
	s = run_select("nightly", NULL, false);
	assert_int_equal(s.notes.nr, 1);
	assert_true(str_starts_with(s.notes.at[0], STR("nightly is not in this pipeline")));
	arena_release(&s.a);
}

static void needs_that_are_left_out_do_not_hold_a_job_back(void **state UNUSED)
{
	struct selected s = run_select("unit", NULL, false);
	const struct job *unit = pipeline_find_job(s.part, STR("unit"));

	assert_int_equal(unit->needs.nr, 1);
	assert_int_equal(unit->needs.at[0].nr_jobs, 0);
	arena_release(&s.a);
}

static void unknown_names_are_errors_with_the_nearest(void **state UNUSED)
{
	struct selected s = run_select("unti", NULL, false);

	assert_int_equal(s.code, -1);
	assert_string_equal(s.err.msg, "there is no job \"unti\"; did you mean \"unit\"?");
	arena_release(&s.a);
	s = run_select(NULL, "tset", false);
	assert_string_equal(s.err.msg, "there is no stage \"tset\"; did you mean \"test\"?");
	arena_release(&s.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selections_hold_what_was_named),
		cmocka_unit_test(a_named_manual_job_starts_and_one_that_is_out_says_why),
		cmocka_unit_test(needs_that_are_left_out_do_not_hold_a_job_back),
		cmocka_unit_test(unknown_names_are_errors_with_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
