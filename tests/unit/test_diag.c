#include "fmt/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

struct world {
	struct arena arena;
	struct diags diags;
	struct buf out;
};

static void world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	arena_init(&w->arena, 0);
	diags_init(&w->diags, &w->arena);
	buf_init(&w->out, 0);
}

static void world_release(struct world *w)
{
	arena_release(&w->arena);
	buf_release(&w->out);
}

#define WORLD(w)                                                                                   \
	CLEANUP(world_release) struct world w;                                                     \
	world_init(&(w))

static const struct source *text_of(struct world *w, const char *name, const char *text)
{
	return source_new(&w->arena, str_of(name), str_of(text), pos_none);
}

static const char *shown(struct world *w)
{
	buf_clear(&w->out);
	buf_addz(&w->out, "");
	diags_render(&w->diags, &w->out, false);
	return w->out.p;
}

static void an_error_shows_its_line_caret_hint_and_includes(void **state UNUSED)
{
	WORLD(w);
	const struct source *root = text_of(&w, ".gitlab-ci.yml", "\n\n  - local: ci/all.yml\n");
	const struct source *all = source_new(
		&w.arena, STR("ci/all.yml"), STR("a:\n  needs: [x]\n"), (struct pos){ root, 3, 5 });

	assert_int_equal(diag_error(&w.diags, (struct pos){ all, 2, 11 }, "no job \"%s\"", "x"),
			 -1);
	diag_hint(&w.diags, "there is %s", "y");
	assert_string_equal(shown(&w), "ci/all.yml:2:11: error: no job \"x\"\n"
				       "    2 |   needs: [x]\n"
				       "      |           ^\n"
				       "      hint: there is y\n"
				       "      included from .gitlab-ci.yml:3:5\n");
}

static void what_is_unknown_is_left_out(void **state UNUSED)
{
	WORLD(w);
	const struct source *s = text_of(&w, "f", "text\n");

	diag_error(&w.diags, pos_none, "no place");
	diag_error(&w.diags, (struct pos){ s, 1, 0 }, "no column");
	diag_warning(&w.diags, (struct pos){ s, 0, 0 }, "no line");
	assert_string_equal(shown(&w), "f: warning: no line\n"
				       "f:1: error: no column\n"
				       "    1 | text\n"
				       "-: error: no place\n");
}

static void diagnostics_are_sorted_by_place(void **state UNUSED)
{
	WORLD(w);
	const struct source *a = text_of(&w, "a", ""), *b = text_of(&w, "b", "");

	diag_error(&w.diags, (struct pos){ b, 1, 1 }, "five");
	diag_error(&w.diags, (struct pos){ a, 10, 2 }, "three");
	diag_warning(&w.diags, (struct pos){ a, 10, 2 }, "four");
	diag_error(&w.diags, (struct pos){ a, 10, 1 }, "two");
	diag_error(&w.diags, (struct pos){ a, 9, 7 }, "one");
	assert_string_equal(shown(&w), "a:9:7: error: one\n"
				       "a:10:1: error: two\n"
				       "a:10:2: error: three\n"
				       "a:10:2: warning: four\n"
				       "b:1:1: error: five\n");
}

static void the_same_is_reported_once(void **state UNUSED)
{
	WORLD(w);
	const struct source *s = text_of(&w, "f", "");

	for (int i = 0; i < 3; i++)
		diag_error(&w.diags, (struct pos){ s, 1, 1 }, "again");
	diag_error(&w.diags, (struct pos){ s, 1, 2 }, "again");
	diag_warning(&w.diags, (struct pos){ s, 1, 1 }, "again");
	assert_int_equal(w.diags.nr_error, 2);
	assert_int_equal(w.diags.nr_warning, 1);
}

static void errors_beyond_twenty_are_counted(void **state UNUSED)
{
	WORLD(w);
	const struct source *s = text_of(&w, "f", "");

	for (uint32_t i = 1; i <= 22; i++) {
		diag_error(&w.diags, (struct pos){ s, i, 1 }, "e%u", i);
		diag_hint(&w.diags, "h%u", i);
	}
	for (uint32_t i = 1; i <= 21; i++)
		diag_warning(&w.diags, (struct pos){ s, i, 1 }, "w%u", i);
	assert_int_equal(w.diags.nr_error, 22);
	assert_int_equal(w.diags.nr_warning, 21);
	assert_non_null(strstr(shown(&w), "f:20:1: error: e20\n      hint: h20\n"));
	assert_null(strstr(w.out.p, "e21"));
	assert_null(strstr(w.out.p, "h21"));
	assert_true(str_ends_with(buf_str(&w.out), STR("and 2 more errors\nand 1 more warning\n")));
}

static void a_hint_names_the_nearest_candidate_or_nothing(void **state UNUSED)
{
	WORLD(w);
	static const str names[] = { STR_INIT("build"), STR_INIT("test") };

	diag_error(&w.diags, pos_none, "one");
	diag_hint_nearest(&w.diags, STR("biuld"), names, COUNT(names));
	assert_string_equal(w.diags.at[0].hint.p, "did you mean \"build\"?");
	diag_error(&w.diags, pos_none, "two");
	diag_hint_nearest(&w.diags, STR("deployment"), names, COUNT(names));
	assert_null(w.diags.at[1].hint.p);
}

#define RLO "\xe2\x80\xae" /* turns the direction of writing */

static const struct {
	const char *line, *shown;
	uint32_t col, caret; /* column of the caret in what is shown, from 0 */
} lines[] = {
	{ "abc", "abc", 2, 1 },
	{ "abc", "abc", 4, 3 },
	{ "abc", "abc", 9, 3 },
	{ "\tabc", "\\tabc", 2, 2 },
	{ "\x1b[31mx", "\\x1b[31mx", 6, 8 },
	{ "\xc3\xa9\xc3\xa9x", "\xc3\xa9\xc3\xa9x", 5, 2 },
	{ "a\xe9" "x", "a\\xe9x", 3, 5 },
	{ "a" RLO "x", "a\\u202ex", 5, 7 },
	{ "a\xc2\x9b" "x", "a\\u009bx", 4, 7 },
	{ "\xf0\x9f\x98\x80x", "\xf0\x9f\x98\x80x", 5, 1 },
	{ "cut\xf0\x9f", "cut\\xf0\\x9f", 4, 3 },
};

static void the_caret_stands_below_its_character(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(lines); i++) {
		WORLD(w);
		const struct source *s = text_of(&w, "f", lines[i].line);

		diag_error(&w.diags, (struct pos){ s, 1, lines[i].col }, "m");
		assert_string_equal(
			shown(&w),
			arena_printf(&w.arena, "f:1:%u: error: m\n    1 | %s\n      | %*s^\n",
				     lines[i].col, lines[i].shown, (int)lines[i].caret, "")
				.p);
	}
}

static void a_long_line_is_cut_around_its_caret(void **state UNUSED)
{
	char text[5001];

	for (uint32_t col = 1; col <= 5000; col += 7) {
		WORLD(w);
		str line, caret, rest;

		memset(text, '.', sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		text[col - 1] = 'X';
		diag_error(&w.diags, (struct pos){ text_of(&w, "f", text), 1, col }, "m");
		rest = str_of(shown(&w));
		str_cut(&rest, '\n');
		line = str_cut(&rest, '\n');
		caret = str_cut(&rest, '\n');
		assert_true(line.n <= 120);
		assert_int_equal(str_index(line, 'X'), str_index(caret, '^'));
	}
}

static void messages_and_names_of_others_are_made_visible(void **state UNUSED)
{
	WORLD(w);
	const struct source *s = text_of(&w, "ev\x1bil\n" RLO ".yml", "");

	diag_error(&w.diags, (struct pos){ s, 1, 1 }, "no \x1b]0;x\a \xff");
	diag_hint(&w.diags, "\r\x7f");
	assert_string_equal(shown(&w),
			    "ev\\x1bil\\n\\u202e.yml:1:1: error: no \\x1b]0;x\\x07 \\xff\n"
			    "      hint: \\x0d\\x7f\n");
}

static void a_message_of_any_length_is_cut_at_a_character(void **state UNUSED)
{
	for (int pad = 0; pad < 4; pad++) {
		WORLD(w);
		CLEANUP(buf_release) struct buf b = BUF_INIT;

		for (int i = 0; i < pad; i++)
			buf_addc(&b, 'a');
		for (int i = 0; i < 100000; i++)
			buf_addz(&b, "\xe2\x82\xac");
		diag_error(&w.diags, pos_none, "%s", b.p);
		assert_true(w.diags.at[0].message.n <= 510);
		assert_true(str_is_utf8(w.diags.at[0].message));
		assert_true(str_ends_with(w.diags.at[0].message, STR("\xac...")));
	}
}

static void a_long_include_chain_is_cut(void **state UNUSED)
{
	WORLD(w);
	const struct source *s = text_of(&w, "f", "");

	for (int i = 0; i < 100; i++)
		s = source_new(&w.arena, STR("g"), STR(""), (struct pos){ s, 1, 1 });
	diag_error(&w.diags, (struct pos){ s, 1, 1 }, "m");
	assert_true(str_ends_with(str_of(shown(&w)), STR("included from g:1:1\n      ...\n")));
}

static void colour_is_only_added_when_asked_for(void **state UNUSED)
{
	WORLD(w);

	diag_error(&w.diags, (struct pos){ text_of(&w, "f", "x"), 1, 1 }, "m");
	assert_null(strchr(shown(&w), '\033'));
	buf_clear(&w.out);
	diags_render(&w.diags, &w.out, true);
	assert_string_equal(w.out.p, "f:1:1: \033[1;31merror:\033[m m\n"
				     "    1 | x\n      | \033[1;32m^\033[m\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_shows_its_line_caret_hint_and_includes),
		cmocka_unit_test(what_is_unknown_is_left_out),
		cmocka_unit_test(diagnostics_are_sorted_by_place),
		cmocka_unit_test(the_same_is_reported_once),
		cmocka_unit_test(errors_beyond_twenty_are_counted),
		cmocka_unit_test(a_hint_names_the_nearest_candidate_or_nothing),
		cmocka_unit_test(the_caret_stands_below_its_character),
		cmocka_unit_test(a_long_line_is_cut_around_its_caret),
		cmocka_unit_test(messages_and_names_of_others_are_made_visible),
		cmocka_unit_test(a_message_of_any_length_is_cut_at_a_character),
		cmocka_unit_test(a_long_include_chain_is_cut),
		cmocka_unit_test(colour_is_only_added_when_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
