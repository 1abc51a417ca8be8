#include "local/view_feed.h"
#include "local/view_text.h"
#include "view_stage.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* --- feed --- */

/* All pieces of `text` cut into chunks of n bytes, each followed by "\n", a "+" before
 * those that continue. */
static void feed_all(str text, size_t chunk, struct buf *ret)
{
	struct feed f;
	struct feed_piece piece;

	feed_init(&f);
	while (text.n) {
		str part = str_sub(text, 0, chunk);

		text = str_from(text, part.n);
		while (feed_next(&f, &part, &piece))
			buf_addf(ret, "%s" STR_FMT "\n", piece.continues ? "+" : "",
				 STR_ARG(piece.text));
		assert_int_equal(part.n, 0);
	}
	if (feed_last(&f, &piece))
		buf_addf(ret, "%s" STR_FMT "$\n", piece.continues ? "+" : "", STR_ARG(piece.text));
	feed_release(&f);
}

static void lines_are_the_same_for_any_chunking(void **state UNUSED)
{
	static const str text = STR_INIT("one\n\ntwo two\nthree\n\n\nfour");

	for (size_t chunk = 1; chunk <= text.n; chunk++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;

		feed_all(text, chunk, &b);
		assert_string_equal(b.p, "one\n\ntwo two\nthree\n\n\nfour$\n");
	}
}

static void a_very_long_line_comes_in_pieces_and_loses_nothing(void **state UNUSED)
{
	size_t n = 3 * FEED_LINE_MAX + 17;
	CLEANUP(mem_free_ptr) char *text = mem_alloc(n + 5);

	/* Characters of three bytes: no piece ends inside one. */
	for (size_t i = 0; i < n; i++)
		text[i] = "\xe2\x82\xac"[i % 3];
	n -= n % 3;
	memcpy(text + n, "\nend\n", 5);
	for (size_t chunk = 1000; chunk < n + 5; chunk = chunk * 3 + 1) {
		struct feed f;
		struct feed_piece piece;
		str rest = { text, n + 5 };
		size_t total = 0, pieces = 0;

		feed_init(&f);
		while (rest.n) {
			str part = str_sub(rest, 0, chunk);

			rest = str_from(rest, part.n);
			while (feed_next(&f, &part, &piece)) {
				assert_true(piece.text.n <= FEED_LINE_MAX);
				assert_true(str_is_utf8(piece.text));
				if (piece.text.n == 3) {
					assert_false(piece.continues);
					continue;
				}
				assert_int_equal(piece.continues, pieces > 0);
				assert_memory_equal(piece.text.p, text + total, piece.text.n);
				total += piece.text.n;
				pieces++;
			}
		}
		assert_int_equal(total, n);
		assert_true(pieces == 4);
		assert_false(feed_last(&f, &piece));
		feed_release(&f);
	}
}

/* --- text --- */

static const struct {
	const char *in, *out; /* NULL: nothing to show */
} clean_cases[] = {
	{ "plain", "plain" },
	{ "", "" },
	{ "section_start:1700000000:step_script\r\033[0K", NULL },
	{ "\033[0Ksection_end:1700000000:step_script\r\033[0K", NULL },
	{ "section_start:1:a[collapsed=true]\r\033[0KHeader", "Header" },
	{ "section_end:1:a\r\033[0Ksection_start:2:b\r\033[0KNext", "Next" },
	{ "before section_start:1:a\r\033[0Kafter", "before after" },
	{ "section_start without the rest", "section_start without the rest" },
	{ "a section_ of\rsomething", "something" },
	{ "10 %\r20 %\r30 %", "30 %" },
	{ "windows\r", "windows" },
};

static void markers_and_what_was_overwritten_are_not_shown(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(clean_cases); i++) {
		CLEANUP(buf_release) struct buf scratch = BUF_INIT;
		str line = str_of(clean_cases[i].in);
		bool shown = view_clean_line(&line, &scratch);

		assert_int_equal(shown, clean_cases[i].out != NULL);
		if (shown)
			assert_true(str_eq(line, str_of(clean_cases[i].out)));
	}
}

/* --- lines --- */

static struct view *make_lines(struct stage *s, bool color, bool utf8, bool quiet)
{
	return view_lines_new(
		&(struct view_config){ .fd = s->fd, .color = color, .utf8 = utf8, .quiet = quiet });
}

static void play_two_jobs(struct stage *s)
{
	struct job *build, *test, *manual;

	stage_add_stage(s, "build");
	build = stage_add_job(s, "build");
	test = stage_add_job(s, "unit test");
	manual = stage_add_job(s, "ship");
	stage_started(s, 0);
	stage_status(s, build, ST_RUNNING);
	stage_status(s, test, ST_RUNNING);
	stage_output(s, build, STR("first\nsec"));
	stage_output(s, test, STR("\033[31mred\033[0m \033]0;title\a\xff\n"));
	stage_output(s, build, STR("ond\nlast"));
	s->now_us += 1234567;
	stage_finished(s, build, ST_SUCCESS, 1234567);
	stage_finished(s, test, ST_FAILED, 1234567);
	stage_status(s, manual, ST_MANUAL);
	stage_over(s, ST_FAILED);
}

static void lines_carry_the_name_of_their_job(void **state UNUSED)
{
	struct stage s;

	stage_init(&s);
	s.view = make_lines(&s, false, true, false);
	play_two_jobs(&s);
	assert_string_equal(
		stage_text(&s).p,
		"run 12: event push on main\n"
		"build     | ● started\n"
		"unit test | ● started\n"
		"build     | first\n"
		"unit test | red \xef\xbf\xbd\n"
		"build     | second\n"
		"build     | last\n"
		"build     | ✓ success in 1.2 s\n"
		"unit test | ✗ failed in 1.2 s: exit code 1 (log: .slipway/runs/12/jobs/log)\n"
		"ship      | ▸ manual: start it with --manual\n");
	stage_release(&s);
}

static void without_utf8_status_lines_are_plain_words(void **state UNUSED)
{
	struct stage s;

	stage_init(&s);
	s.view = make_lines(&s, false, false, false);
	play_two_jobs(&s);
	assert_true(str_find(stage_text(&s), STR("build     | success in 1.2 s\n"), 0) > 0);
	stage_release(&s);
}

static void colours_of_a_job_stay_and_end_with_its_line(void **state UNUSED)
{
	struct stage s;

	stage_init(&s);
	s.view = make_lines(&s, true, true, false);
	play_two_jobs(&s);
	assert_true(str_find(stage_text(&s), STR(" | \033[31mred\033[0m \xef\xbf\xbd\033[0m\n"),
			     0) > 0);
	stage_release(&s);
}

static void quiet_shows_only_what_failed(void **state UNUSED)
{
	struct stage s;

	stage_init(&s);
	s.view = make_lines(&s, false, false, true);
	play_two_jobs(&s);
	assert_string_equal(stage_text(&s).p, "unit test | failed in 1.2 s: exit code 1 "
					      "(log: .slipway/runs/12/jobs/log)\n");
	stage_release(&s);
}

static void jobs_of_children_carry_the_path_of_their_pipeline(void **state UNUSED)
{
	struct stage s;
	struct run_event e;

	stage_init(&s);
	s.view = make_lines(&s, false, false, false);
	stage_add_stage(&s, "test");
	e = stage_event(&s, EV_JOB_OUTPUT, stage_add_job(&s, "unit"));
	e.pipeline_path = STR("deploy/eu");
	e.text = STR("hello\n");
	s.view->event(s.view, &e);
	s.view->tick(s.view, 0);
	assert_string_equal(stage_text(&s).p, "deploy/eu/unit | hello\n");
	stage_release(&s);
}

static void a_name_cannot_steer_the_terminal(void **state UNUSED)
{
	struct stage s;

	stage_init(&s);
	s.view = make_lines(&s, true, true, false);
	stage_add_stage(&s, "test");
	stage_output(&s, stage_add_job(&s, "a\033]0;x\a\033[2Jb"), STR("x\n"));
	s.view->tick(s.view, 0);
	assert_true(str_find(stage_text(&s), STR("ab"), 0) >= 0);
	assert_true(str_find(stage_text(&s), STR("\033[2J"), 0) < 0);
	assert_true(str_find(stage_text(&s), STR("\033]"), 0) < 0);
	stage_release(&s);
}

/* More than the buffer, in the random chunks that a pipe gives. */
static void much_output_arrives_whole(void **state UNUSED)
{
	unsigned seed = 7, nr = 50000;
	CLEANUP(buf_release) struct buf in = BUF_INIT;
	CLEANUP(buf_release) struct buf want = BUF_INIT;
	struct stage s;
	struct job *job;
	str rest;

	for (unsigned i = 0; i < nr; i++) {
		buf_addf(&in, "line %u %.*s\n", i, (int)(i % 90),
			 "0123456789012345678901234567890123"
			 "456789012345678901234567890123456789012345678901234567890");
		buf_addf(&want, "job | line %u %.*s\n", i, (int)(i % 90),
			 "0123456789012345678901234567890123"
			 "456789012345678901234567890123456789012345678901234567890");
	}
	stage_init(&s);
	s.view = make_lines(&s, false, false, false);
	stage_add_stage(&s, "test");
	job = stage_add_job(&s, "job");
	for (rest = buf_str(&in); rest.n;) {
		size_t n = MIN(rest.n, (size_t)(seed = seed * 1103515245 + 12345) >> 16 & 0xffff);

		stage_output(&s, job, str_sub(rest, 0, n));
		rest = str_from(rest, n);
	}
	s.view->tick(s.view, 0);
	assert_true(str_eq(stage_text(&s), buf_str(&want)));
	stage_release(&s);
}

static void a_reader_that_went_away_is_noticed(void **state UNUSED)
{
	int ends[2];
	struct view *v;
	struct stage s;

	signal(SIGPIPE, SIG_IGN);
	stage_init(&s);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	v = view_lines_new(&(struct view_config){ .fd = ends[1] });
	v->event(v, &(struct run_event){ .type = EV_NOTE, .message = STR("hello") });
	v->tick(v, 0);
	assert_int_equal(v->failed, EPIPE);
	v->free(v);
	close(ends[1]);
	stage_release(&s);
}

/* --- JSON --- */

static void every_line_is_json_with_its_event(void **state UNUSED)
{
	static const char *const events[] = {
		"run_started", "job_status",   "job_status", "output",	     "output", "output",
		"output",      "job_finished", "job_finished", "job_status", "run_finished",
	};
	struct stage s;
	str rest;

	stage_init(&s);
	s.view = view_json_new(&(struct view_config){ .fd = s.fd });
	play_two_jobs(&s);
	rest = stage_text(&s);
	for (size_t i = 0; i < COUNT(events); i++) {
		str line = str_cut(&rest, '\n');
		json_t *json = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);

		assert_non_null(json);
		assert_string_equal(json_string_value(json_object_get(json, "event")), events[i]);
		assert_int_equal(json_integer_value(json_object_get(json, "run")), 12);
		assert_string_equal(json_string_value(json_object_get(json, "time")),
				    i < 6 ? "2023-11-14T22:13:20.000000Z"
					  : "2023-11-14T22:13:21.234567Z");
		if (i == 4)
			assert_string_equal(json_string_value(json_object_get(json, "text")),
					    "\033[31mred\033[0m \033]0;title\a\xef\xbf\xbd");
		if (i == 8)
			assert_string_equal(json_string_value(json_object_get(json, "reason")),
					    "script_failure");
		json_decref(json);
	}
	assert_int_equal(rest.n, 0);
	stage_release(&s);
}

static void any_bytes_become_valid_json(void **state UNUSED)
{
	char bytes[256 * 4];
	struct stage s;
	struct job *job;
	str rest, line;
	json_t *json;

	/* Each byte followed by good and bad continuations. */
	for (size_t i = 0; i < 256; i++)
		memcpy(bytes + 4 * i, (char[]){ i == '\n' ? ' ' : (char)i, '\xc2', '\x9b', 'x' },
		       4);
	stage_init(&s);
	s.view = view_json_new(&(struct view_config){ .fd = s.fd });
	stage_add_stage(&s, "test");
	job = stage_add_job(&s, "a\"b\\c\n");
	stage_output(&s, job, (str){ bytes, sizeof(bytes) });
	stage_output(&s, job, STR("\n"));
	s.view->tick(s.view, 0);
	rest = stage_text(&s);
	line = str_cut(&rest, '\n');
	json = json_loadb(line.p, line.n, JSON_ALLOW_NUL, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json_object_get(json, "job")), "a\"b\\c\n");
	assert_true(str_find(line, STR("\xc2\x9b"), 0) < 0);
	json_decref(json);
	stage_release(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_the_same_for_any_chunking),
		cmocka_unit_test(a_very_long_line_comes_in_pieces_and_loses_nothing),
		cmocka_unit_test(markers_and_what_was_overwritten_are_not_shown),
		cmocka_unit_test(lines_carry_the_name_of_their_job),
		cmocka_unit_test(without_utf8_status_lines_are_plain_words),
		cmocka_unit_test(colours_of_a_job_stay_and_end_with_its_line),
		cmocka_unit_test(quiet_shows_only_what_failed),
		cmocka_unit_test(jobs_of_children_carry_the_path_of_their_pipeline),
		cmocka_unit_test(a_name_cannot_steer_the_terminal),
		cmocka_unit_test(much_output_arrives_whole),
		cmocka_unit_test(a_reader_that_went_away_is_noticed),
		cmocka_unit_test(every_line_is_json_with_its_event),
		cmocka_unit_test(any_bytes_become_valid_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
