#include "local/log_errors.h"
#include "local/summary.h"
#include "tmpdir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SCRIPT "section_start:1700000000:step_script\r\033[0K\033[36;1mExecuting\033[0;m\n"
#define END    "section_end:1700000000:step_script\r\033[0K"

static const struct {
	const char *log;
	const char *found; /* "line: text" each */
} cases[] = {
	{ "", "" },
	{ "one\ntwo\n\nthree\nfour", "2: two\n4: three\n5: four\n" },
	{ "ok\nmain.c:3: error: bad\nok\n", "2: main.c:3: error: bad\n" },
	{ "ok\nE       assert 1 == 2\n", "2: E       assert 1 == 2\n" },
	{ "$ make check-errors\n0 errors\nNo error at all\nfine\n",
	  "2: 0 errors\n3: No error at all\n4: fine\n" },
	{ "e1 error\ne2 error\ne3 error\ne4 error\ne5 error\ne6 error\n",
	  "1: e1 error\n2: e2 error\n3: e3 error\n4: e4 error\n5: e5 error\n" },
	{ "fetch failed\n" SCRIPT "ok\nFATAL: here\n" END "ERROR: Job failed: exit code 1\n",
	  "4: FATAL: here\n" },
	{ "fetch failed\nERROR: Job failed: no git\n", "1: fetch failed\n" },
	{ "early\n" SCRIPT "last words\n" END "Cleaning up\n", "2: Executing\n3: last words\n" },
	{ "\033[31merror\033[0m \033]0;x\ared\n", "1: error red\n" },
	{ "10 %\r20 %\rfailed at 30 %\n", "1: failed at 30 %\n" },
};

static void the_first_errors_of_a_log_are_found_with_their_lines(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		CLEANUP(arena_release) struct arena a;
		struct log_errors errors;
		TMPDIR(t);
		int fd;

		arena_init(&a, 0);
		tmpdir_put(&t, "log", cases[i].log);
		fd = openat(t.fd, "log", O_RDONLY | O_CLOEXEC);
		log_errors_read(fd, &a, &errors);
		close(fd);
		buf_addz(&b, "");
		for (size_t k = 0; k < errors.nr; k++)
			buf_addf(&b, "%u: " STR_FMT "\n", (unsigned)errors.at[k].line,
				 STR_ARG(errors.at[k].text));
		assert_string_equal(b.p, cases[i].found);
	}
}

/* A line of 10 MB, and after it the cause. */
static void a_huge_line_does_not_hide_the_next(void **state UNUSED)
{
	CLEANUP(buf_release) struct buf log = BUF_INIT;
	CLEANUP(arena_release) struct arena a;
	struct log_errors errors;
	TMPDIR(t);
	int fd;

	for (int i = 0; i < 1000000; i++)
		buf_addz(&log, "0123456789");
	buf_addz(&log, "\nerror: found\n");
	tmpdir_put(&t, "log", log.p);
	arena_init(&a, 0);
	fd = openat(t.fd, "log", O_RDONLY | O_CLOEXEC);
	log_errors_read(fd, &a, &errors);
	close(fd);
	assert_int_equal(errors.nr, 1);
	assert_int_equal(errors.at[0].line, 2);
	assert_true(str_eq(errors.at[0].text, STR("error: found")));
}

static struct job_record *add_record(struct arena *a, struct run_record *r, const char *name,
				     enum job_status status, uint64_t from, uint64_t to)
{
	struct job_record j = {
		.name = str_of(name), .stage = STR("test"), .pipeline_path = STR(""), .attempt = 1,
		.status = status, .coverage = -1, .created_us = 1000000, .ready_us = from,
		.started_us = from, .finished_us = to, .message = STR(""), .log = str_null,
		.environment = STR(""), .environment_url = STR(""),
	};

	vec_add(a, &r->jobs, j);
	return &r->jobs.at[r->jobs.nr - 1];
}

static void the_summary_names_the_failing_line_and_ends_with_the_verdict(void **state UNUSED)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	CLEANUP(arena_release) struct arena a;
	struct run_record r = {
		.run = 7, .status = ST_FAILED, .verdict = STR("pipeline failed: unit"),
		.started_us = 1000000, .finished_us = 3500000, .warnings = true,
	};
	struct pipeline p = { 0 };
	struct state s = STATE_NONE;
	struct job_record *j;
	TMPDIR(t);

	arena_init(&a, 0);
	s.fd = t.fd;
	tmpdir_put(&t, "runs/7/jobs/002-unit/log", "start\ntest_a.py:3: AssertionError\n");
	j = add_record(&a, &r, "build", ST_SUCCESS, 1000000, 2000000);
	j->environment = STR("review/\033[2Jx");
	j->environment_url = STR("https://x.example");
	add_record(&a, &r, "unit", ST_FAILED, 2000000, 2200000)->retried = true;
	j = add_record(&a, &r, "unit", ST_FAILED, 2200000, 3500000);
	j->message = STR("exit code 1");
	j->log = STR("jobs/002-unit/log");
	j->coverage = 87.5;
	j = add_record(&a, &r, "lint", ST_FAILED, 2000000, 3000000);
	j->message = STR("exit code 2");
	j->allow_failure = true;
	add_record(&a, &r, "ship", ST_SKIPPED, 0, 0);
	summary_add(&b, &s, &r, &p, &(struct summary_options){ .brief = true, .utf8 = true });
	assert_string_equal(b.p,
			    "\n✗ unit: exit code 1\n"
			    "    .slipway/runs/7/jobs/002-unit/log:2: test_a.py:3: AssertionError\n"
			    "\n! lint: exit code 2 (allowed to fail)\n"
			    "\nenvironment: review/x https://x.example\n"
			    "coverage: unit 87.5 %\n"
			    "\n✗ pipeline failed: unit (run 7, 2.5 s, 1 of 4 jobs succeeded)\n");
	buf_clear(&b);
	summary_add(&b, &s, &r, &p, &(struct summary_options){ .cols = 80 });
	assert_true(str_find(buf_str(&b), STR("critical path"), 0) > 0);
	assert_true(str_find(buf_str(&b), STR("\npipeline failed: unit (run 7"), 0) > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_errors_of_a_log_are_found_with_their_lines),
		cmocka_unit_test(a_huge_line_does_not_hide_the_next),
		cmocka_unit_test(the_summary_names_the_failing_line_and_ends_with_the_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
