#include "fmt/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
	const char *text;
	uint32_t line;
	const char *found;
} lines[] = {
	{ "one\ntwo\n", 1, "one" },
	{ "one\ntwo\n", 2, "two" },
	{ "one\ntwo\n", 3, "" },
	{ "one\ntwo\n", 4, "" },
	{ "one\ntwo\n", 0, "" },
	{ "one\ntwo", 2, "two" },
	{ "one\r\ntwo\r\n", 1, "one" },
	{ "\n\nx", 3, "x" },
	{ "", 1, "" },
	{ "\xef\xbb\xbfone", 1, "one" },
};

static void a_line_is_found_without_its_end(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct source s = { .text = str_of(lines[i].text) };
		str line = source_line(&s, lines[i].line);

		assert_non_null(line.p);
		assert_true(str_eq(line, str_of(lines[i].found)));
	}
}

static void a_place_is_written_as_far_as_it_is_known(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a;
	const struct source *s;
	static const struct {
		uint32_t line, col;
		const char *text;
	} cases[] = {
		{ 12, 5, "ci/all.yml:12:5" },
		{ 12, 0, "ci/all.yml:12" },
		{ 0, 0, "ci/all.yml" },
		{ 0, 5, "ci/all.yml" },
	};

	arena_init(&a, 0);
	s = source_new(&a, STR("ci/all.yml"), STR("x"), pos_none);
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		struct pos p = { s, cases[i].line, cases[i].col };

		pos_add(&b, p);
		assert_string_equal(b.p, cases[i].text);
		assert_string_equal(pos_str(&a, p).p, cases[i].text);
	}
	assert_string_equal(pos_str(&a, pos_none).p, "-");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_found_without_its_end),
		cmocka_unit_test(a_place_is_written_as_far_as_it_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
