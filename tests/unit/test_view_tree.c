#include "screen.h"
#include "view_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>

static struct term_size size;

static struct term_size given_size(int fd UNUSED)
{
	return size;
}

struct show {
	struct stage s;
	struct screen screen;
	size_t fed;
};

static void show_init(struct show *show, unsigned cols, unsigned rows)
{
	size = (struct term_size){ cols, rows };
	stage_init(&show->s);
	screen_init(&show->screen, cols, rows);
	show->fed = 0;
	show->s.view = view_tree_new(
		&(struct view_config){ .fd = show->s.fd, .utf8 = true, .size = given_size });
}

static void show_release(struct show *show)
{
	stage_release(&show->s);
	screen_release(&show->screen);
}

/* What was written since goes to the screen. */
static void look(struct show *show)
{
	str text = stage_text(&show->s);

	screen_feed(&show->screen, str_from(text, show->fed));
	show->fed = text.n;
}

static void tick(struct show *show, uint64_t us)
{
	show->s.now_us += us;
	show->s.view->tick(show->s.view, show->s.now_us);
	look(show);
}

static void assert_screen(struct show *show, const char *want)
{
	assert_string_equal(screen_text(&show->screen, &show->s.arena).p, want);
}

struct cast {
	struct job *compile, *lint, *unit, *e2e, *ship;
};

static struct cast cast_of(struct show *show)
{
	struct cast c;

	stage_add_stage(&show->s, "build");
	c.compile = stage_add_job(&show->s, "compile");
	c.lint = stage_add_job(&show->s, "lint");
	stage_add_stage(&show->s, "test");
	c.unit = stage_add_job(&show->s, "unit");
	c.e2e = stage_add_job(&show->s, "e2e");
	stage_add_stage(&show->s, "deploy");
	c.ship = stage_add_job(&show->s, "ship");
	return c;
}

static void the_tree_shows_what_runs_with_its_last_line(void **state UNUSED)
{
	struct show show;
	struct cast c;

	show_init(&show, 70, 24);
	c = cast_of(&show);
	stage_started(&show.s, 20000000);
	stage_status(&show.s, c.compile, ST_RUNNING);
	stage_output(&show.s, c.compile, STR("cc a.c\ncc b.c \033[1mbold\033]0;x\a\n\n"));
	tick(&show, 5000000);
	assert_screen(&show, "run 12: event push on main\n"
			     "● build\n"
			     "  ● compile  5.0 s      cc b.c bold\n"
			     "  ○ lint\n"
			     "○ test\n"
			     "  ○ unit\n"
			     "  ○ e2e\n"
			     "○ deploy\n"
			     "  ○ ship\n"
			     "████░░░░░░░░░░░░░  5.0 s of ~20.0 s, 0 of 5 jobs, 1 running\n");
	show_release(&show);
}

static void play_to_the_end(struct show *show, const struct cast *c)
{
	stage_started(&show->s, 0);
	stage_status(&show->s, c->compile, ST_RUNNING);
	stage_status(&show->s, c->lint, ST_RUNNING);
	tick(show, 1000000);
	stage_finished(&show->s, c->compile, ST_SUCCESS, 1000000);
	stage_finished(&show->s, c->lint, ST_SUCCESS, 500000);
	tick(show, 100000);
	stage_status(&show->s, c->unit, ST_RUNNING);
	stage_status(&show->s, c->e2e, ST_SKIPPED);
	for (int i = 1; i <= 12; i++) {
		char line[32];

		snprintf(line, sizeof(line), "line %d\n", i);
		stage_output(&show->s, c->unit, str_of(line));
		tick(show, 100000);
	}
	stage_finished(&show->s, c->unit, ST_FAILED, 1200000);
	stage_status(&show->s, c->ship, ST_SKIPPED);
	stage_over(&show->s, ST_FAILED);
	look(show);
}

static void what_failed_is_opened_and_the_final_picture_is_clean(void **state UNUSED)
{
	struct show show;
	struct cast c;

	show_init(&show, 70, 40);
	c = cast_of(&show);
	play_to_the_end(&show, &c);
	assert_screen(&show,
		      "run 12: event push on main\n"
		      "✓ build\n"
		      "  ✓ compile  1.0 s\n"
		      "  ✓ lint     500 ms\n"
		      "✗ test\n"
		      "  ✗ unit     1.2 s      exit code 1\n"
		      "    │ line 3\n    │ line 4\n    │ line 5\n    │ line 6\n    │ line 7\n"
		      "    │ line 8\n    │ line 9\n    │ line 10\n    │ line 11\n    │ line 12\n"
		      "  – e2e                 skipped\n"
		      "– deploy\n"
		      "  – ship                skipped\n");
	show_release(&show);
}

/* On a low screen nothing of the live picture may be left above the final one. */
static void a_low_terminal_scrolls_no_rubbish(void **state UNUSED)
{
	struct show high, low;
	struct cast c;

	show_init(&high, 70, 60);
	c = cast_of(&high);
	play_to_the_end(&high, &c);
	show_init(&low, 70, 8);
	c = cast_of(&low);
	play_to_the_end(&low, &c);
	assert_screen(&low, screen_text(&high.screen, &high.s.arena).p);
	show_release(&high);
	show_release(&low);
}

static void what_succeeded_is_folded_first_when_it_does_not_fit(void **state UNUSED)
{
	struct show show;
	struct cast c;

	show_init(&show, 70, 9);
	c = cast_of(&show);
	stage_started(&show.s, 0);
	stage_finished(&show.s, c.compile, ST_SUCCESS, 1000000);
	stage_finished(&show.s, c.lint, ST_SUCCESS, 1000000);
	stage_status(&show.s, c.unit, ST_RUNNING);
	tick(&show, 0);
	assert_string_equal(screen_visible(&show.screen, &show.s.arena).p,
			    "run 12: event push on main\n"
			    "✓ build  2 jobs\n"
			    "● test\n"
			    "  ● unit     0 ms\n"
			    "  ○ e2e\n"
			    "○ deploy\n"
			    "  ○ ship\n"
			    "██████░░░░░░░░░░░  0 ms, 2 of 5 jobs, 1 running\n");
	show_release(&show);
}

static void any_size_of_terminal_holds_the_picture(void **state UNUSED)
{
	for (unsigned cols = 1; cols < 100; cols += 3)
		for (unsigned rows = 1; rows < 30; rows++) {
			struct show show;
			struct cast c;

			show_init(&show, cols, rows);
			c = cast_of(&show);
			stage_started(&show.s, 0);
			stage_finished(&show.s, c.compile, ST_FAILED, 1000000);
			stage_output(&show.s, c.unit,
				     STR("\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0 and more\n"));
			stage_status(&show.s, c.unit, ST_RUNNING);
			stage_status(&show.s, c.ship, ST_MANUAL);
			for (int i = 0; i < 5; i++) {
				tick(&show, 100000);
				stage_output(&show.s, c.unit, STR("more\n"));
			}
			/* Nothing scrolled out but what was meant to: the first line, broken. */
			assert_true(show.screen.history.n <=
				    strlen("run 12: event push on main") + 30);
			show_release(&show);
		}
}

static void a_narrower_terminal_leaves_no_remains(void **state UNUSED)
{
	struct show show;
	struct cast c;
	str text;

	show_init(&show, 100, 30);
	c = cast_of(&show);
	stage_started(&show.s, 0);
	stage_status(&show.s, c.unit, ST_RUNNING);
	stage_output(&show.s, c.unit,
		     STR("a long line of output that goes on and on to the edge of "
			 "the terminal and beyond it\n"));
	tick(&show, 100000);
	size = (struct term_size){ 40, 30 };
	screen_resize(&show.screen, 40, 30);
	raise(SIGWINCH);
	tick(&show, 100000);
	text = screen_text(&show.screen, &show.s.arena);
	assert_string_equal(text.p, "run 12: event push on main\n"
				    "○ build\n"
				    "  ○ compile\n"
				    "  ○ lint\n"
				    "● test\n"
				    "  ● unit     200 ms     a long line of…\n"
				    "  ○ e2e\n"
				    "○ deploy\n"
				    "  ○ ship\n"
				    "200 ms, 0 of 5 jobs, 1 running\n");
	show_release(&show);
}

static void notes_stay_above_the_tree(void **state UNUSED)
{
	struct show show;
	struct run_event note;
	struct cast c;

	show_init(&show, 70, 24);
	c = cast_of(&show);
	stage_started(&show.s, 0);
	tick(&show, 100000);
	note = stage_event(&show.s, EV_NOTE, NULL);
	note.message = STR("jobs with images run \033[2Jhere");
	show.s.view->event(show.s.view, &note);
	stage_status(&show.s, c.unit, ST_WAITING_FOR_RESOURCE);
	tick(&show, 100000);
	assert_true(str_starts_with(screen_text(&show.screen, &show.s.arena),
				    STR("run 12: event push on main\n"
					"note: jobs with images run here\n"
					"○ build\n")));
	show_release(&show);
}

static void it_paints_at_most_ten_times_a_second(void **state UNUSED)
{
	struct show show;
	struct cast c;
	size_t before;

	show_init(&show, 70, 24);
	c = cast_of(&show);
	stage_started(&show.s, 0);
	tick(&show, 100000);
	before = show.fed;
	for (int i = 0; i < 1000; i++) {
		stage_output(&show.s, c.unit, STR("line\n"));
		tick(&show, 50);
	}
	assert_int_equal(show.fed, before);
	stage_status(&show.s, c.unit, ST_RUNNING);
	tick(&show, 50001);
	assert_true(show.fed > before);
	show_release(&show);
}

/* Ten thousand jobs are counted and cut; the picture stays small. */
static void a_large_pipeline_still_fits(void **state UNUSED)
{
	struct show show;
	struct job *last = NULL;

	show_init(&show, 80, 24);
	stage_add_stage(&show.s, "test");
	for (int i = 0; i < 10000; i++)
		last = stage_add_job(&show.s, arena_printf(&show.s.arena, "job %d", i).p);
	stage_started(&show.s, 0);
	stage_status(&show.s, last, ST_RUNNING);
	tick(&show, 100000);
	assert_string_equal(screen_visible(&show.screen, &show.s.arena).p,
			    "run 12: event push on main\n"
			    "● test\n"
			    "  ● job 9999  100 ms\n"
			    "  ○ 9999 waiting\n"
			    "░░░░░░░░░░░░░░░░░░░  100 ms, 0 of 10000 jobs, 1 running\n");
	show_release(&show);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tree_shows_what_runs_with_its_last_line),
		cmocka_unit_test(what_failed_is_opened_and_the_final_picture_is_clean),
		cmocka_unit_test(a_low_terminal_scrolls_no_rubbish),
		cmocka_unit_test(what_succeeded_is_folded_first_when_it_does_not_fit),
		cmocka_unit_test(any_size_of_terminal_holds_the_picture),
		cmocka_unit_test(a_narrower_terminal_leaves_no_remains),
		cmocka_unit_test(notes_stay_above_the_tree),
		cmocka_unit_test(it_paints_at_most_ten_times_a_second),
		cmocka_unit_test(a_large_pipeline_still_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
