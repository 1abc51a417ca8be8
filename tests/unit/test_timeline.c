#include "plan/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define S 1000000ull

static const size_t needs_build[] = { 0 }, needs_unit_lint[] = { 1, 2 };

/* build 2 s; unit 5 s and lint 1 s need it; deploy needs both and waited 2 s for a
 * place; docs ran beside; never was skipped. */
static const struct timeline_job typical[] = {
	{ STR_INIT("build"), 0, ST_SUCCESS, false, 10 * S, 10 * S, 12 * S, true, NULL, 0 },
	{ STR_INIT("unit"), 1, ST_SUCCESS, false, 12 * S, 12 * S, 17 * S, true, needs_build, 1 },
	{ STR_INIT("lint"), 1, ST_FAILED, true, 12 * S, 12 * S, 13 * S, true, needs_build, 1 },
	{ STR_INIT("docs"), 1, ST_SUCCESS, false, 12 * S, 14 * S, 18 * S, false, NULL, 0 },
	{ STR_INIT("deploy"), 2, ST_SUCCESS, false, 17 * S, 18 * S, 20 * S, true, needs_unit_lint, 2 },
	{ STR_INIT("never"), 2, ST_SKIPPED, false, 0, 0, 0, false, NULL, 0 },
};

static void the_critical_path_goes_back_through_who_ended_last(void **state)
{
	struct arena a;
	struct timeline *t;

	(void)state;
	arena_init(&a, 0);
	t = timeline_new(&a, typical, COUNT(typical));
	assert_int_equal(t->nr, 5);
	assert_int_equal(t->nr_critical, 3);
	assert_ptr_equal(t->row[t->critical[0]].job, &typical[0]);
	assert_ptr_equal(t->row[t->critical[1]].job, &typical[1]);
	assert_ptr_equal(t->row[t->critical[2]].job, &typical[4]);
	assert_int_equal(t->critical_us, 9 * S);
	assert_int_equal(t->run_us, 14 * S);
	assert_int_equal(t->wait_us, 3 * S);
	assert_int_equal(t->end_us - t->start_us, 10 * S);
	assert_true(t->parallelism > 1.39 && t->parallelism < 1.41);
	arena_release(&a);
}

static void a_stage_scheduled_job_waited_for_all_lower_stages(void **state)
{
	static const struct timeline_job jobs[] = {
		{ STR_INIT("a"), 0, ST_SUCCESS, false, S, S, 5 * S, false, NULL, 0 },
		{ STR_INIT("b"), 1, ST_SUCCESS, false, S, S, 2 * S, true, NULL, 0 },
		{ STR_INIT("c"), 3, ST_SUCCESS, false, 5 * S, 5 * S, 6 * S, false, NULL, 0 },
	};
	struct arena a;
	struct timeline *t;

	(void)state;
	arena_init(&a, 0);
	t = timeline_new(&a, jobs, COUNT(jobs));
	assert_int_equal(t->nr_critical, 2);
	assert_ptr_equal(t->row[t->critical[0]].job, &jobs[0]);
	arena_release(&a);
}

static void draw(const struct timeline_job *jobs, size_t nr, struct timeline_options o,
		 const char *expected)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct arena a;

	arena_init(&a, 0);
	timeline_add_text(timeline_new(&a, jobs, nr), &o, &b);
	if (strcmp(b.p ? b.p : "", expected) != 0)
		fail_msg("got\n%s\nexpected\n%s", b.p, expected);
	arena_release(&a);
}

static void waiting_is_drawn_apart_from_running(void **state)
{
	(void)state;
	draw(typical, COUNT(typical), (struct timeline_options){ .width = 55, .ascii = true },
	     "> + build  |######                                2.0 s\n"
	     "> + unit   |      ###############                 5.0 s\n"
	     "  ! lint   |      ###                             1.0 s\n"
	     "  + docs   |      ......############              4.0 s\n"
	     "> + deploy |                     ...######        2.0 s\n"
	     "took 10.0 s, critical path 9.0 s in 3 jobs; all jobs 14.0 s, 1.4 at a time; "
	     "waiting for a free place 3.0 s\n");
}

static void the_critical_path_is_bold_and_marked(void **state)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct timeline_options o = { .width = 55, .color = true };
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	timeline_add_text(timeline_new(&a, typical, COUNT(typical)), &o, &b);
	assert_non_null(strstr(b.p, "\33[1m▸ ✓ build  ▏\33[32m██████\33[0m\33[1m"));
	assert_non_null(strstr(b.p, "\n  ! lint   ▏      \33[33m███\33[0m"));
	arena_release(&a);
}

static void many_jobs_show_the_longest_and_the_critical(void **state)
{
	(void)state;
	draw(typical, COUNT(typical),
	     (struct timeline_options){ .width = 40, .ascii = true, .max_rows = 4 },
	     "> + build  |###                    2.0 s\n"
	     "> + unit   |   ########            5.0 s\n"
	     "  + docs   |   ...######           4.0 s\n"
	     "> + deploy |           .###        2.0 s\n"
	     "    1 shorter jobs are not shown\n"
	     "took 10.0 s, critical path 9.0 s in 3 jobs; all jobs 14.0 s, 1.4 at a time; "
	     "waiting for a free place 3.0 s\n");
}

static void nothing_ran_draws_nothing(void **state)
{
	(void)state;
	draw(&typical[5], 1, (struct timeline_options){ .width = 80 }, "");
	draw(NULL, 0, (struct timeline_options){ .width = 80 }, "");
}

static void a_run_of_no_length_divides_by_nothing(void **state)
{
	static const struct timeline_job job = { STR_INIT("a"), 0, ST_SUCCESS, false, S, S, S,
						 false,	       NULL, 0 };

	(void)state;
	draw(&job, 1, (struct timeline_options){ .width = 40, .ascii = true },
	     "> + a |#                            0 ms\n"
	     "took 0 ms, critical path 0 ms in 1 job; all jobs 0 ms, 0.0 at a time\n");
}

enum { NR = 12 };

static void random_jobs(unsigned *seed, struct timeline_job *jobs, size_t (*needs)[3])
{
	for (size_t i = 0; i < NR; i++) {
		jobs[i] = (struct timeline_job){ .name = STR("\346\227\245 job"), .stage = i / 3 };
		jobs[i].ready_us = (unsigned)rand_r(seed) % 50;
		jobs[i].started_us = (unsigned)rand_r(seed) % 100;
		jobs[i].finished_us = (unsigned)rand_r(seed) % 200;
		jobs[i].has_needs = rand_r(seed) % 2;
		jobs[i].needs = needs[i];
		for (jobs[i].nr_needs = 0; i && jobs[i].nr_needs < 3; jobs[i].nr_needs++)
			needs[i][jobs[i].nr_needs] = (size_t)rand_r(seed) % NR;
	}
}

/* Whatever the times: the path ends at the end, its links do not overlap, no line
 * is wider than asked for. */
static void any_times_give_a_path_and_lines_of_one_width(void **state)
{
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);

	(void)state;
	printf("SEED=%u\n", seed);
	fflush(stdout);
	for (int round = 0; round < 2000; round++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		struct timeline_options o = { .width = 40 + (unsigned)round % 60, .ascii = true };
		struct timeline_job jobs[NR];
		size_t needs[NR][3];
		struct arena a;
		struct timeline *t;

		arena_init(&a, 0);
		random_jobs(&seed, jobs, needs);
		t = timeline_new(&a, jobs, NR);
		for (size_t i = 1; i < t->nr_critical; i++)
			assert_true(t->row[t->critical[i - 1]].job->finished_us <=
				    t->row[t->critical[i]].job->started_us);
		if (t->nr > 0)
			assert_int_equal(t->row[t->critical[t->nr_critical - 1]].job->finished_us,
					 t->end_us);
		timeline_add_text(t, &o, &b);
		for (str rest = buf_str(&b); rest.n > 0;) {
			str line = str_cut(&rest, '\n');

			if (!str_starts_with(line, STR("took")))
				assert_int_equal(line.n, o.width);
		}
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_critical_path_goes_back_through_who_ended_last),
		cmocka_unit_test(a_stage_scheduled_job_waited_for_all_lower_stages),
		cmocka_unit_test(waiting_is_drawn_apart_from_running),
		cmocka_unit_test(the_critical_path_is_bold_and_marked),
		cmocka_unit_test(many_jobs_show_the_longest_and_the_critical),
		cmocka_unit_test(nothing_ran_draws_nothing),
		cmocka_unit_test(a_run_of_no_length_divides_by_nothing),
		cmocka_unit_test(any_times_give_a_path_and_lines_of_one_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
