#include "pipeline_text.h"
#include "sched_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct world {
	struct arena a;
	struct pipeline *p;
	struct sched *s;
};

static void world_init(struct world *w, const char *text)
{
	*w = (struct world){ 0 };
	arena_init(&w->a, 0);
	w->p = pipeline_of_text(&w->a, text);
	w->s = sched_new(&w->a, w->p);
}

static size_t job_of(struct world *w, str name)
{
	struct job *j = pipeline_find_job(w->p, name);

	assert_non_null(j);
	return j->index;
}

static bool status_parse(str text, enum job_status *ret)
{
	for (size_t i = 0; i < ST_NR; i++)
		if (str_eq(str_of(job_status_name((enum job_status)i)), text)) {
			*ret = (enum job_status)i;
			return true;
		}
	return false;
}

/* Steps: "name=status" reports (running first when it ends), "name!" plays,
 * "name~" fails with an allowed exit code, "cancel" cancels all. */
static void apply(struct world *w, str step)
{
	ssize_t eq = str_index(step, '=');
	enum job_status status;
	size_t job;

	if (str_eq(step, STR("cancel"))) {
		sched_cancel(w->s);
		return;
	}
	if (eq < 0) {
		job = job_of(w, str_sub(step, 0, step.n - 1));
		if (str_ends_with(step, STR("!")))
			sched_play(w->s, job);
		else
			sched_set(w->s, job, ST_FAILED, true);
		return;
	}
	job = job_of(w, str_sub(step, 0, (size_t)eq));
	assert_true(status_parse(str_from(step, (size_t)eq + 1), &status));
	if (sched_status(w->s, job) == ST_PENDING && status != ST_RUNNING)
		sched_set(w->s, job, ST_RUNNING, false);
	sched_set(w->s, job, status, false);
}

/* "a=success b=pending | running", with "warnings" behind the pipeline's status. */
static void picture(struct world *w, struct buf *out)
{
	bool warnings;

	for (size_t i = 0; i < w->p->jobs.nr; i++)
		buf_addf(out, STR_FMT "=%s ", STR_ARG(w->p->jobs.at[i]->name),
			 job_status_name(sched_status(w->s, i)));
	buf_addf(out, "| %s", job_status_name(sched_pipeline_status(w->s, &warnings)));
	if (warnings)
		buf_addz(out, " warnings");
}

static const struct {
	const char *what, *pipeline, *steps, *expected;
} histories[] = {
	{ "a_stage_waits_for_all_lower_stages",
	  "0 a\n0 b\n1 c\n2 d", "a=success",
	  "a=success b=pending c=created d=created | running" },
	{ "a_job_waits_for_lower_stages_beyond_an_empty_one",
	  "0 a\n1\n2 c", "a=running", "a=running c=created | running" },
	{ "a_failed_stage_skips_later_on_success_jobs_but_not_always_and_on_failure",
	  "0 a\n1 b\n1 c*always\n1 d*on_failure\n2 e", "a=failed",
	  "a=failed b=skipped c=pending d=pending e=created | running" },
	{ "failure_two_stages_below_still_skips",
	  "0 a\n1 b*always\n2 c\n2 d*on_failure", "a=failed b=success",
	  "a=failed b=success c=skipped d=pending | running" },
	{ "on_failure_is_skipped_when_all_is_well",
	  "0 a\n1 b*on_failure", "a=success", "a=success b=skipped | success" },
	{ "a_need_of_an_unplayed_optional_manual_job_is_skipped",
	  "0 a?*manual\n1 b:a\n1 c", "", "a=manual b=skipped c=pending | pending" },
	{ "playing_it_creates_the_skipped_job_again",
	  "0 a?*manual\n1 b:a\n1 c:b", "a!",
	  "a=pending b=created c=created | pending" },
	{ "and_then_it_runs",
	  "0 a?*manual\n1 b:a\n1 c:b", "a! a=success",
	  "a=success b=pending c=created | running" },
	{ "a_blocking_manual_job_stops_later_stages_and_the_pipeline_is_manual",
	  "0 a*manual\n0 x\n1 b", "x=success", "a=manual x=success b=created | manual" },
	{ "a_played_blocking_manual_job_lets_go_on",
	  "0 a*manual\n1 b", "a! a=success", "a=success b=pending | running" },
	{ "an_optional_manual_job_does_not_block_its_stage",
	  "0 a?*manual\n0 x\n1 b", "x=success b=success",
	  "a=manual x=success b=success | success" },
	{ "an_allowed_failure_is_success_with_warnings",
	  "0 a?\n1 b\n1 c*on_failure", "a=failed b=success",
	  "a=failed b=success c=skipped | success warnings" },
	{ "an_allowed_exit_code_is_success_with_warnings",
	  "0 a\n1 b", "a=running a~ b=success", "a=failed b=success | success warnings" },
	{ "needs_see_an_allowed_failure_as_success",
	  "0 a?\n0 b:a", "a=failed", "a=failed b=pending | pending warnings" },
	{ "a_retry_keeps_the_failure_from_spreading",
	  "0 a\n1 b*on_failure\n1 c", "a=running a=pending a=running a=success",
	  "a=success b=skipped c=pending | running" },
	{ "an_all_skipped_stage_does_not_block_stage_scheduled_jobs",
	  "0 a?*manual\n1 b:a\n2 c", "", "a=manual b=skipped c=pending | pending" },
	{ "an_all_skipped_need_does_skip",
	  "0 a*on_failure\n1 b:a\n1 c", "", "a=skipped b=skipped c=pending | pending" },
	{ "a_canceled_predecessor_skips_even_always",
	  "0 a\n1 b*always\n1 c:a\n1 d*always:a", "a=canceled",
	  "a=canceled b=skipped c=skipped d=skipped | canceled" },
	{ "a_canceled_and_a_failed_one_are_failed_together",
	  "0 a\n0 x\n1 b*always\n1 c*on_failure", "a=canceled x=failed",
	  "a=canceled x=failed b=pending c=pending | running" },
	{ "empty_needs_start_at_once",
	  "0 a\n2 b:", "", "a=pending b=pending | pending" },
	{ "a_dag_job_starts_when_its_needs_allow_not_in_waves",
	  "0 a\n0 slow\n1 b:a\n2 c:b", "slow=running a=success",
	  "a=success slow=running b=pending c=created | running" },
	{ "needs_in_the_same_stage",
	  "0 a\n0 b:a", "a=success b=success", "a=success b=success | success" },
	{ "a_dag_job_with_always_runs_once_a_need_is_skipped",
	  "0 a*on_failure\n0 slow\n1 b*always:a slow", "",
	  "a=skipped slow=pending b=pending | pending" },
	{ "on_failure_with_needs_waits_for_all_of_them",
	  "0 a\n0 b\n1 c*on_failure:a b", "a=failed", "a=failed b=pending c=created | running" },
	{ "a_delayed_job_is_scheduled_then_pending",
	  "0 a*delayed\n1 b", "", "a=scheduled b=created | scheduled" },
	{ "its_timer_makes_it_pending",
	  "0 a*delayed\n1 b", "a=pending", "a=pending b=created | pending" },
	{ "a_person_may_start_it_early",
	  "0 a*delayed\n1 b", "a!", "a=pending b=created | pending" },
	{ "playing_does_not_disturb_what_is_done",
	  "0 a?*manual\n0 x\n1 b\n1 c*on_failure", "x=success b=success a!",
	  "a=pending x=success b=success c=created | running" },
	{ "cancel_stops_all_that_waits_and_leaves_what_runs",
	  "0 a\n0 b?*manual\n0 x\n1 c*always\n2 d", "a=running cancel",
	  "a=running b=manual x=canceled c=canceled d=canceled | running" },
	{ "a_canceled_pipeline_is_canceled",
	  "0 a\n1 c*always", "a=running cancel a=canceled",
	  "a=canceled c=canceled | canceled" },
	{ "waiting_for_a_resource",
	  "0 a\n1 b", "a=waiting_for_resource",
	  "a=waiting_for_resource b=created | waiting_for_resource" },
};

static void histories_end_as_gitlab_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(histories); i++) {
		struct world w;
		CLEANUP(buf_release) struct buf got = BUF_INIT;

		world_init(&w, histories[i].pipeline);
		for (str rest = str_of(histories[i].steps); rest.n > 0;)
			apply(&w, str_cut(&rest, ' '));
		picture(&w, &got);
		if (strcmp(got.p, histories[i].expected) != 0)
			fail_msg("%s: got\n  %s\nexpected\n  %s", histories[i].what, got.p,
				 histories[i].expected);
		arena_release(&w.a);
	}
}

/* "stage status" of single sets; letters as in `code`. */
static const struct {
	const char *set;
	enum job_status stage, dag;
} composites[] = {
	{ "", ST_SUCCESS, ST_SUCCESS },
	{ "k", ST_SKIPPED, ST_SKIPPED },
	{ "i", ST_SKIPPED, ST_SKIPPED },
	{ "ki", ST_SKIPPED, ST_SKIPPED },
	{ "s", ST_SUCCESS, ST_SUCCESS },
	{ "w", ST_SUCCESS, ST_SUCCESS },
	{ "swki", ST_SUCCESS, ST_SKIPPED },
	{ "c", ST_CREATED, ST_PENDING },
	{ "cw", ST_CREATED, ST_PENDING },
	{ "ci", ST_CREATED, ST_SKIPPED },
	{ "cs", ST_RUNNING, ST_PENDING },
	{ "P", ST_PREPARING, ST_PENDING },
	{ "Ps", ST_PREPARING, ST_PENDING },
	{ "x", ST_CANCELED, ST_CANCELED },
	{ "xsw", ST_CANCELED, ST_CANCELED },
	{ "xf", ST_FAILED, ST_FAILED },
	{ "xc", ST_RUNNING, ST_PENDING },
	{ "f", ST_FAILED, ST_FAILED },
	{ "fs", ST_FAILED, ST_FAILED },
	{ "fk", ST_FAILED, ST_SKIPPED },
	{ "p", ST_PENDING, ST_PENDING },
	{ "pc", ST_PENDING, ST_PENDING },
	{ "pck", ST_PENDING, ST_SKIPPED },
	{ "ps", ST_RUNNING, ST_PENDING },
	{ "r", ST_RUNNING, ST_PENDING },
	{ "rm", ST_RUNNING, ST_PENDING },
	{ "wr", ST_RUNNING, ST_PENDING },
	{ "Rm", ST_WAITING_FOR_RESOURCE, ST_PENDING },
	{ "m", ST_MANUAL, ST_PENDING },
	{ "ms", ST_MANUAL, ST_PENDING },
	{ "mf", ST_MANUAL, ST_PENDING },
	{ "md", ST_MANUAL, ST_PENDING },
	{ "d", ST_SCHEDULED, ST_PENDING },
	{ "ds", ST_SCHEDULED, ST_PENDING },
	{ "dP", ST_SCHEDULED, ST_PENDING },
	{ "Pf", ST_PREPARING, ST_PENDING },
	{ "fc", ST_RUNNING, ST_PENDING },
};

static void set_add_letter(struct status_set *set, char c)
{
	static const struct {
		char c;
		enum job_status s;
		bool allow;
	} code[] = {
		{ 'c', ST_CREATED, false },   { 'R', ST_WAITING_FOR_RESOURCE, false },
		{ 'P', ST_PREPARING, false }, { 'p', ST_PENDING, false },
		{ 'r', ST_RUNNING, false },   { 's', ST_SUCCESS, false },
		{ 'f', ST_FAILED, false },    { 'x', ST_CANCELED, false },
		{ 'k', ST_SKIPPED, false },   { 'm', ST_MANUAL, false },
		{ 'd', ST_SCHEDULED, false }, { 'w', ST_FAILED, true },
		{ 'i', ST_MANUAL, true },
	};

	for (size_t i = 0; i < COUNT(code); i++)
		if (code[i].c == c)
			status_set_add(set, code[i].s, code[i].allow, 1);
}

static void composites_follow_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(composites); i++) {
		struct status_set set = { 0 };

		for (const char *c = composites[i].set; *c; c++)
			set_add_letter(&set, *c);
		if (status_set_composite(&set, false) != composites[i].stage ||
		    status_set_composite(&set, true) != composites[i].dag)
			fail_msg("\"%s\": stage %s, dag %s", composites[i].set,
				 job_status_name(status_set_composite(&set, false)),
				 job_status_name(status_set_composite(&set, true)));
	}
}

static void news_come_once_and_in_order(void **state)
{
	struct world w;
	size_t job = 0;
	enum job_status status;

	(void)state;
	world_init(&w, "0 a\n0 b\n1 c*manual\n1 d*on_failure\n0 e:");
	for (size_t i = 0; i < 3; i++) {
		static const size_t starts[] = { 0, 1, 4 };

		assert_true(sched_next(w.s, &job, &status));
		assert_int_equal(job, starts[i]);
		assert_int_equal(status, ST_PENDING);
	}
	assert_false(sched_next(w.s, &job, &status));
	sched_set(w.s, 0, ST_RUNNING, false);
	assert_false(sched_next(w.s, &job, &status));
	sched_set(w.s, 0, ST_PENDING, false);
	assert_true(sched_next(w.s, &job, &status)); /* the retry is to be started */
	assert_int_equal(job, 0);
	apply(&w, STR("b=success"));
	apply(&w, STR("e=success"));
	apply(&w, STR("a=success"));
	assert_true(sched_next(w.s, &job, &status));
	assert_int_equal(job, 2);
	assert_int_equal(status, ST_MANUAL);
	assert_true(sched_next(w.s, &job, &status));
	assert_int_equal(job, 3);
	assert_int_equal(status, ST_SKIPPED);
	assert_false(sched_next(w.s, &job, &status));
	assert_true(sched_is_idle(w.s));
	arena_release(&w.a);
}

static void a_job_left_skipped_by_a_play_is_no_news(void **state)
{
	struct world w;
	size_t job;
	enum job_status status;

	(void)state;
	world_init(&w, "0 a?*manual\n0 f*on_failure\n1 b:f a");
	while (sched_next(w.s, &job, &status))
		;
	sched_play(w.s, 0);
	assert_true(sched_next(w.s, &job, &status));
	assert_int_equal(job, 0);
	assert_false(sched_next(w.s, &job, &status));
	assert_int_equal(sched_status(w.s, 2), ST_SKIPPED);
	arena_release(&w.a);
}

static void a_job_that_is_out_counts_nowhere(void **state)
{
	struct world w;
	bool warnings;

	(void)state;
	world_init(&w, "0 a\n1 b\n1 c:a");
	w.p->jobs.at[0]->included = false;
	w.s = sched_new(&w.a, w.p);
	assert_int_equal(sched_status(w.s, 1), ST_PENDING);
	assert_int_equal(sched_status(w.s, 2), ST_PENDING);
	assert_int_equal(sched_stage_status(w.s, 0), ST_SUCCESS);
	assert_int_equal(sched_pipeline_status(w.s, &warnings), ST_PENDING);
	arena_release(&w.a);
}

static void every_status_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < ST_NR; i++) {
		enum job_status s;

		assert_true(status_parse(str_of(job_status_name((enum job_status)i)), &s));
		assert_int_equal(s, i);
	}
}

static uint64_t rng;

static uint64_t random_next(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static void random_histories_agree_with_the_slow_model(void **state)
{
	const char *given = getenv("SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) | 1;
	uint8_t bytes[600];

	(void)state;
	printf("SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	rng = seed;
	for (int round = 0; round < 2000; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(random_next() >> 32);
		sched_model_drive(bytes, sizeof(bytes));
	}
}

static double run_all(struct world *w)
{
	struct timespec from, to;
	size_t job, ended = 0;
	enum job_status status;
	bool warnings;

	clock_gettime(CLOCK_MONOTONIC, &from);
	w->s = sched_new(&w->a, w->p);
	while (sched_next(w->s, &job, &status)) {
		sched_set(w->s, job, ST_RUNNING, false);
		sched_set(w->s, job, ST_SUCCESS, false);
		ended++;
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_int_equal(ended, w->p->jobs.nr);
	assert_int_equal(sched_pipeline_status(w->s, &warnings), ST_SUCCESS);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

/* The bound is far above what is measured and far below what n² would cost. */
static void ten_thousand_jobs_are_scheduled_in_no_time(void **state)
{
	enum { NR = 10000, STAGES = 100 };
	struct world w = { 0 };
	double took;

	(void)state;
	arena_init(&w.a, 0);
	w.p = arena_new(&w.a, struct pipeline);
	for (size_t i = 0; i < STAGES; i++)
		vec_add(&w.a, &w.p->stages, STR("s"));
	for (size_t i = 0; i < NR; i++) {
		struct job *j = arena_new(&w.a, struct job);

		*j = (struct job){ .index = i, .stage = i / (NR / STAGES), .included = true };
		j->has_needs = i % 2 != 0;
		for (size_t k = 1; j->has_needs && k <= 10 && k <= i; k++) {
			struct need n = { .nr_jobs = 1 };

			n.jobs = arena_array(&w.a, size_t, 1);
			n.jobs[0] = i - k;
			vec_add(&w.a, &j->needs, n);
		}
		vec_add(&w.a, &w.p->jobs, j);
	}
	took = run_all(&w);
	printf("10,000 jobs, 50,000 needs: %.1f ms\n", took * 1e3);
	assert_true(took < 2.0);
	arena_release(&w.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(composites_follow_the_table),
		cmocka_unit_test(histories_end_as_gitlab_says),
		cmocka_unit_test(news_come_once_and_in_order),
		cmocka_unit_test(a_job_left_skipped_by_a_play_is_no_news),
		cmocka_unit_test(a_job_that_is_out_counts_nowhere),
		cmocka_unit_test(every_status_has_a_name_of_its_own),
		cmocka_unit_test(random_histories_agree_with_the_slow_model),
		cmocka_unit_test(ten_thousand_jobs_are_scheduled_in_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
