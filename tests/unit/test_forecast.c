#include "local/forecast.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct fixture {
	struct arena arena;
	struct pipeline p;
	uint64_t took[8];
};

static uint64_t took_us(void *ctx, const struct job *job)
{
	return ((struct fixture *)ctx)->took[job->index];
}

static struct job *add_job(struct fixture *f, size_t stage, uint64_t took)
{
	struct job *job = arena_new(&f->arena, struct job);

	job->index = f->p.jobs.nr;
	job->included = true;
	job->stage = stage;
	f->took[job->index] = took;
	while (f->p.stages.nr <= stage)
		vec_add(&f->arena, &f->p.stages, STR("stage"));
	vec_add(&f->arena, &f->p.jobs, job);
	return job;
}

static void add_need(struct fixture *f, struct job *job, const struct job *needed)
{
	struct need need = { .jobs = arena_array(&f->arena, size_t, 1), .nr_jobs = 1 };

	need.jobs[0] = needed->index;
	job->has_needs = true;
	vec_add(&f->arena, &job->needs, need);
}

static void stages_follow_each_other(void **state UNUSED)
{
	struct fixture f = { 0 };

	arena_init(&f.arena, 0);
	add_job(&f, 0, 10);
	add_job(&f, 0, 30);
	add_job(&f, 1, 5);
	assert_int_equal(forecast_us(&f.arena, &f.p, 8, took_us, &f), 35);
	assert_int_equal(forecast_us(&f.arena, &f.p, 1, took_us, &f), 45);
	arena_release(&f.arena);
}

static void needs_start_early_also_inside_a_stage(void **state UNUSED)
{
	struct fixture f = { 0 };
	struct job *slow, *quick, *last, *first;

	arena_init(&f.arena, 0);
	slow = add_job(&f, 0, 50);
	quick = add_job(&f, 0, 10);
	last = add_job(&f, 1, 20);
	first = add_job(&f, 1, 20);
	add_need(&f, last, first);
	add_need(&f, first, quick);
	(void)slow;
	assert_int_equal(forecast_us(&f.arena, &f.p, 8, took_us, &f), 50);
	f.took[slow->index] = 1;
	assert_int_equal(forecast_us(&f.arena, &f.p, 8, took_us, &f), 50);
	f.took[quick->index] = 11;
	assert_int_equal(forecast_us(&f.arena, &f.p, 8, took_us, &f), 51);
	arena_release(&f.arena);
}

static void what_is_not_sure_to_run_does_not_count(void **state UNUSED)
{
	struct fixture f = { 0 };

	arena_init(&f.arena, 0);
	add_job(&f, 0, 10);
	add_job(&f, 1, 0)->when = WHEN_MANUAL;
	add_job(&f, 1, 0)->when = WHEN_ON_FAILURE;
	add_job(&f, 1, 0)->included = false;
	assert_int_equal(forecast_us(&f.arena, &f.p, 8, took_us, &f), 10);
	arena_release(&f.arena);
}

static void a_job_that_never_ran_leaves_no_forecast(void **state UNUSED)
{
	struct fixture f = { 0 };

	arena_init(&f.arena, 0);
	add_job(&f, 0, 10);
	add_job(&f, 1, 0);
	assert_int_equal(forecast_us(&f.arena, &f.p, 8, took_us, &f), 0);
	arena_release(&f.arena);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(stages_follow_each_other),
		cmocka_unit_test(needs_start_early_also_inside_a_stage),
		cmocka_unit_test(what_is_not_sure_to_run_does_not_count),
		cmocka_unit_test(a_job_that_never_ran_leaves_no_forecast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
