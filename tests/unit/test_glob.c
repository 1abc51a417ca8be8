#include "base/arena.h"
#include "fmt/glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

/* Both dialects; what they judge differently has two columns.  The first column was
 * compared with Ruby's own File.fnmatch. */
static const struct {
	const char *pattern, *path;
	bool fnmatch, doublestar;
} matches[] = {
	{ "", "", true, true },
	{ "", "a", false, false },
	{ "a", "a", true, true },
	{ "a", "A", false, false },
	{ "a", "ab", false, false },
	{ "a/b", "a/b", true, true },
	{ "*", "a", true, true },
	{ "*", "", true, true },
	{ "*", ".a", true, true },
	{ "*", "a/b", false, false },
	{ "*.py", "a.py", true, true },
	{ "*.py", ".py", true, true },
	{ "*.py", "a.pyc", false, false },
	{ "*.py", "d/a.py", false, false },
	{ "a*b*c", "aXbYbZc", true, true },
	{ "a*b*c", "aXbYbZ", false, false },
	{ "*a*", "bab", true, true },
	{ "?", "a", true, true },
	{ "?", "\u00e9", true, true },
	{ "?", "", false, false },
	{ "a?b", "a/b", false, false },
	{ "??", "a", false, false },
	{ "[ab]", "b", true, true },
	{ "[a-c]x", "bx", true, true },
	{ "[^a-c]", "d", true, true },
	{ "[!a-c]", "b", false, false },
	{ "[\u00e0-\u00ff]", "\u00e9", true, true },
	{ "a[/]b", "a/b", false, false },
	{ "a[^x]b", "a/b", false, false },
	{ "[]a]", "a", false, false },
	{ "[]a]", "]", false, false },
	{ "[a-]", "-", true, true },
	{ "[-a]", "-", true, true },
	{ "[\\]a]", "]", true, true },
	{ "[a-\\c]", "b", true, true },
	{ "[c-a]", "a", true, false },
	{ "[c-a]", "b", false, false },
	{ "[a", "a", false, false },
	{ "\\*", "*", true, true },
	{ "\\*", "a", false, false },
	{ "\\{a\\}", "{a}", true, true },
	{ "a\\/b", "a/b", true, true },
	{ "a\\", "a", true, false },
	{ "a\\\\", "a\\", true, true },
	/* directories */
	{ "**/a", "a", true, true },
	{ "**/a", "x/a", true, true },
	{ "**/a", "x/y/a", true, true },
	{ "**/a", "x/ya", false, false },
	{ "**/**/a", "x/a", true, true },
	{ "**/*", "a", true, true },
	{ "**/*", ".x/.y", true, true },
	{ "src/**/*.c", "src/a.c", true, true },
	{ "src/**/*.c", "src/x/y/a.c", true, true },
	{ "src/**/*.c", "srcx/a.c", false, false },
	{ "src/**/*.c", "src", false, false },
	{ "a/**/b/**/c", "a/b/c", true, true },
	{ "a/**/b/**/c", "a/x/b/b/y/c", true, true },
	{ "a/**/b/**/c", "a/x/c/b", false, false },
	{ "src/**", "src/a", true, true },
	{ "src/**", "src/a/b", false, true },
	{ "src/**", "src", false, true },
	{ "src/**/", "src", false, true },
	{ "src/**", "srcx", false, false },
	{ "**", "a", true, true },
	{ "**", "a/b", false, true },
	{ "**", "", true, true },
	{ "a**", "ab", true, true },
	{ "a**", "a/b", false, false },
	{ "a**/b", "ax/b", true, true },
	{ "a**/b", "ax/y/b", false, false },
	{ "**a", "xa", true, true },
	{ "**a", "x/a", false, false },
	{ "/a", "a", false, false },
	{ "a/", "a", false, false },
	{ "a//b", "a/b", false, false },
	/* braces */
	{ "{a,b}", "b", true, true },
	{ "{a,b}", "c", false, false },
	{ "*.{c,h}", "x.h", true, true },
	{ "{a,}", "", true, true },
	{ "x{,y}", "xy", true, true },
	{ "{a}", "a", true, true },
	{ "{}", "", true, true },
	{ "{a{b,c},d}", "ac", true, true },
	{ "{a{b,c},d}", "d", true, true },
	{ "{a,b}{c,d}", "bd", true, true },
	{ "{src,test}/**/*.py", "test/x/y.py", true, true },
	{ "{a/b,c}/d", "a/b/d", true, true },
	{ "{a\\,b,c}", "a,b", true, true },
	{ "{a\\}b,c}", "a}b", true, true },
	{ "{**/a,b}", "x/a", true, true },
	{ "{a", "{a", false, false },
	{ "a}", "a}", true, true },
	{ "{a,{b}", "{a,b", false, false },
	{ "a,b", "a,b", true, true },
	{ "[{]", "{", false, true },
	{ "[{a,b}]", ",", false, true },
};

static void a_path_matches_as_each_dialect_has_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(matches); i++) {
		str pattern = str_of(matches[i].pattern), path = str_of(matches[i].path);

		if (glob_match(GLOB_FNMATCH, pattern, path) != matches[i].fnmatch)
			fail_msg("fnmatch: %s %s", matches[i].pattern, matches[i].path);
		if (glob_match(GLOB_DOUBLESTAR, pattern, path) != matches[i].doublestar)
			fail_msg("doublestar: %s %s", matches[i].pattern, matches[i].path);
	}
}

static str repeated(struct arena *a, const char *unit, size_t nr)
{
	size_t n = strlen(unit);
	char *p = arena_alloc(a, n * nr + 1);

	for (size_t i = 0; i < n * nr; i++)
		p[i] = unit[i % n];
	return (str){ p, n * nr };
}

static void a_wrong_pattern_is_named_and_matches_nothing(void **state)
{
	static const struct {
		enum glob_dialect dialect;
		const char *pattern, *why;
	} cases[] = {
		{ GLOB_DOUBLESTAR, "a[b", "[ without its ]" },
		{ GLOB_DOUBLESTAR, "[]", "[ without its ]" },
		{ GLOB_DOUBLESTAR, "x{a,[b}", "[ without its ]" },
		{ GLOB_DOUBLESTAR, "{a,b", "{ without its }" },
		{ GLOB_DOUBLESTAR, "a\\", "backslash" },
		{ GLOB_FNMATCH, "{a,b", "{ without its }" },
		{ GLOB_FNMATCH, "{a,b}{", "{ without its }" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (glob_check(cases[i].dialect, str_of(cases[i].pattern), &err) == 0)
			fail_msg("%s was accepted", cases[i].pattern);
		assert_int_equal(err.kind, ERR_INVALID);
		if (!strstr(err.msg, cases[i].why))
			fail_msg("%s: %s", cases[i].pattern, err.msg);
		assert_false(glob_match(cases[i].dialect, str_of(cases[i].pattern), STR("a")));
	}
	assert_int_equal(glob_check(GLOB_FNMATCH, STR("[a"), &err), 0);
	assert_int_equal(glob_check(GLOB_DOUBLESTAR, STR("src/**/{a,b}[c-d]\\*"), &err), 0);
}

static void limits_hold(void **state)
{
	struct arena a;
	struct err err;
	str ten;

	(void)state;
	arena_init(&a, 0);
	ten = STR("{0,1,2,3,4,5,6,7,8,9}{0,1,2,3,4,5,6,7,8,9}{0,1,2,3,4,5,6,7,8,9}");
	assert_int_equal(glob_check(GLOB_FNMATCH, ten, &err), 0);
	assert_true(glob_match(GLOB_FNMATCH, ten, STR("999")));
	assert_int_equal(glob_check(GLOB_FNMATCH, repeated(&a, "{a,b}", 10), &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_false(glob_match(GLOB_FNMATCH, repeated(&a, "{a,b}", 10), STR("aaaaaaaaaa")));
	assert_int_equal(glob_check(GLOB_DOUBLESTAR, repeated(&a, "{a}", 65), &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(glob_check(GLOB_DOUBLESTAR, repeated(&a, "a", 4097), &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(glob_check(GLOB_FNMATCH, repeated(&a, "{", 4096), &err), -1);
	assert_int_equal(glob_check(GLOB_FNMATCH, repeated(&a, "{a,b}", 800), &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	arena_release(&a);
}

/* Exponential in a matcher that tries all stars. */
static void many_stars_cost_no_more_than_pattern_times_path(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	for (int d = GLOB_FNMATCH; d <= GLOB_DOUBLESTAR; d++) {
		assert_false(glob_match((enum glob_dialect)d, repeated(&a, "a*", 2000),
					repeated(&a, "ab", 1999)));
		assert_false(glob_match((enum glob_dialect)d, repeated(&a, "**/a/", 800),
					repeated(&a, "a/b/", 1000)));
		assert_false(glob_match((enum glob_dialect)d, repeated(&a, "**/*a*b/", 500),
					repeated(&a, "aab/", 400)));
	}
	arena_release(&a);
}

static void magic_and_literal_prefix_are_found(void **state)
{
	static const struct {
		const char *pattern, *prefix;
		bool magic;
	} cases[] = {
		{ "", "", false },	      { "a/b", "a/", false },
		{ "src/app/*.py", "src/app/", true }, { "src/a*/b", "src/", true },
		{ "*", "", true },	      { "a/b?", "a/", true },
		{ "a/{b,c}/d", "a/", true },  { "a/[b]", "a/", true },
		{ "a/\\*/b", "a/", false },   { "a\\*/b/c*", "", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		str pattern = str_of(cases[i].pattern);

		assert_int_equal(glob_has_magic(pattern), cases[i].magic);
		if (!str_eq(glob_literal_prefix(pattern), str_of(cases[i].prefix)))
			fail_msg("%s: " STR_FMT, cases[i].pattern,
				 STR_ARG(glob_literal_prefix(pattern)));
	}
}

static void nothing_at_all_is_an_empty_text(void **state)
{
	struct err err;

	(void)state;
	assert_true(glob_match(GLOB_FNMATCH, str_null, str_null));
	assert_true(glob_match(GLOB_DOUBLESTAR, STR("{a,}"), str_null));
	assert_int_equal(glob_check(GLOB_DOUBLESTAR, str_null, &err), 0);
	assert_false(glob_has_magic(str_null));
	assert_int_equal(glob_literal_prefix(str_null).n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_matches_as_each_dialect_has_it),
		cmocka_unit_test(a_wrong_pattern_is_named_and_matches_nothing),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(many_stars_cost_no_more_than_pattern_times_path),
		cmocka_unit_test(nothing_at_all_is_an_empty_text),
		cmocka_unit_test(magic_and_literal_prefix_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
