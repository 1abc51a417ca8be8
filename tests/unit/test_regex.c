#include "fmt/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct {
	const char *pattern, *subject, *found; /* NULL: no match */
	unsigned flags;
} searches[] = {
	{ "", "", "", 0 },
	{ "a", "bab", "a", 0 },
	{ "A", "bab", NULL, 0 },
	{ "A", "bab", "a", REGEX_ICASE },
	{ "(?i)A", "bab", "a", 0 },
	{ "(?i:A)B", "aB", "aB", 0 },
	{ "(?i:A)B", "ab", NULL, 0 },
	{ "(?i)a(?-i)B", "Ab", NULL, 0 },
	{ "a+", "baaa", "aaa", 0 },
	{ "a+?", "baaa", "a", 0 },
	{ "a+", "baaa", "a", REGEX_UNGREEDY },
	{ "(?U)a+?", "baaa", "aaa", 0 },
	{ "a.b", "a\nb", NULL, 0 },
	{ "a.b", "a\nb", "a\nb", REGEX_DOTALL },
	{ "(?s)a.b", "a\nb", "a\nb", 0 },
	{ "^b", "a\nb", NULL, 0 },
	{ "^b", "a\nb", "b", REGEX_MULTILINE },
	{ "a$", "a\n", NULL, 0 },
	{ "a$", "a\nb", "a", REGEX_MULTILINE },
	{ "(?m)^$", "a\n", "", 0 },
	{ "a\\z", "a", "a", 0 },
	{ "\\Aa", "ba", NULL, 0 },
	{ "\\ba\\b", "b a b", "a", 0 },
	{ "\\Ba", "ba", "a", 0 },
	{ "\\d+", "x42y", "42", 0 },
	{ "\\d", "\u0663", NULL, 0 }, /* digits are ASCII's */
	{ "[\\d\\-a-c]+", "x4-b", "4-b", 0 },
	{ "[^a]", "ab", "b", 0 },
	{ "[]a]+", "x]a", "]a", 0 },
	{ "[^]a]", "]ax", "x", 0 },
	{ "[a-]+", "-a", "-a", 0 },
	{ "[\\w-.]+", "/a-.", "a-.", 0 },
	{ "[[:alpha:]_]+", "1a_b", "a_b", 0 },
	{ "[[:^alpha:]]+", "a12", "12", 0 },
	{ "[[a]+", "x[a", "[a", 0 },
	{ "[a&&b]+", "x&b", "&b", 0 },
	{ "[\\x41-\\x{43}]+", "zABC", "ABC", 0 },
	{ "[\\]\\\\]+", "a]\\", "]\\", 0 },
	{ "\\pL+", "1\u00e9\u00e0", "\u00e9\u00e0", 0 },
	{ "\\p{Greek}", "a\u03b1", "\u03b1", 0 },
	{ "\\P{Greek}", "\u03b1a", "a", 0 },
	{ "\\p{^Greek}", "\u03b1a", "a", 0 },
	{ "\\v", "a\x0b", "\x0b", 0 },
	{ "\\v", "a\n", NULL, 0 }, /* PCRE2's own \v would */
	{ "\\a\\f\\n\\r\\t", "\a\f\n\r\t", "\a\f\n\r\t", 0 },
	{ "\\101\\060", "A0", "A0", 0 },
	{ "\\x41\\x{e9}", "A\u00e9", "A\u00e9", 0 },
	{ "\\Qa.b*\\E+", "a.b**", "a.b**", 0 },
	{ "\\Q[x", "[x", "[x", 0 },
	{ "\\_\\-\\/\\.", "_-/.", "_-/.", 0 },
	{ "a{2}", "aaa", "aa", 0 },
	{ "a{2,}", "aaa", "aaa", 0 },
	{ "a{1,2}?", "aaa", "a", 0 },
	{ "a{,2}", "a{,2}", "a{,2}", 0 },
	{ "a{x}", "a{x}", "a{x}", 0 },
	{ "{", "{", "{", 0 },
	{ "}]", "}]", "}]", 0 },
	{ "a|b|", "b", "b", 0 },
	{ "(?P<n>a)(?<m>b)", "ab", "ab", 0 },
	{ "(?:a|b)+c", "abc", "abc", 0 },
	{ "\u00e9+", "x\u00e9\u00e9", "\u00e9\u00e9", 0 },
	{ "[\u00e0-\u00ff]+", "x\u00e9", "\u00e9", 0 },
	{ "\u00c9", "\u00e9", "\u00e9", REGEX_ICASE },
	{ "^.$", "\u20ac", "\u20ac", 0 },
	{ "b", "a\xff" "b", "b", 0 }, /* what is no UTF-8 is passed over */
	{ "^a.b$", "a\xff" "b", NULL, 0 },
	{ "\xff", "a\xff" "b", "\xff", 0 }, /* a pattern of bytes matches bytes */
	{ "a#b c", "a#b c", "a#b c", 0 },
};

static void a_search_finds_the_leftmost_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(searches); i++) {
		struct regex *re CLEANUP(regex_free_ptr) = NULL;
		struct regex_match m = { 0 };
		struct err err;
		int rc;

		if (regex_compile(str_of(searches[i].pattern), searches[i].flags, &re, &err) < 0)
			fail_msg("%s: %s", searches[i].pattern, err.msg);
		rc = regex_search(re, str_of(searches[i].subject), &m, &err);
		if (rc != (searches[i].found != NULL))
			fail_msg("%s in \"%s\": %d", searches[i].pattern, searches[i].subject, rc);
		if (rc == 1 && !str_eq(m.group[0], str_of(searches[i].found)))
			fail_msg("%s in \"%s\" found \"" STR_FMT "\"", searches[i].pattern,
				 searches[i].subject, STR_ARG(m.group[0]));
	}
}

static const struct {
	const char *pattern;
	size_t position;
	const char *why;
} refused[] = {
	{ "a(?=b)", 2, "look-ahead" },
	{ "a(?!b)", 2, "look-ahead" },
	{ "(?<=a)b", 1, "look-behind" },
	{ "(?<!a)b", 1, "look-behind" },
	{ "(?>a)", 1, "atomic" },
	{ "(?|a)", 1, "branch reset" },
	{ "(?#a)", 1, "comments" },
	{ "(?R)", 1, "recursion" },
	{ "(?&n)", 1, "recursion" },
	{ "(?P>n)", 1, "recursion" },
	{ "(?1)", 1, "must be followed by flags" },
	{ "(?P<n>a)(?P=n)", 9, "back references" },
	{ "(?(1)a)", 1, "conditional" },
	{ "(?C1)", 1, "callouts" },
	{ "(?'n'a)", 1, "names in quotes" },
	{ "(?P<>a)", 1, "name" },
	{ "(?P<1a>a)", 1, "name" },
	{ "(?P<a", 1, "name" },
	{ "(?x)a", 1, "flags" },
	{ "(?i-)a", 1, "flags" },
	{ "(?^a)", 1, "flags" },
	{ "(?", 1, "flags" },
	{ "(*ACCEPT)", 1, "nothing to repeat" },
	{ "(*UTF8)a", 1, "nothing to repeat" },
	{ "(*LIMIT_MATCH=9)a", 1, "nothing to repeat" },
	{ "(a)\\1", 4, "back references" },
	{ "(a)\\k<a>", 4, "back references" },
	{ "\\g1", 1, "back references" },
	{ "a\\Kb", 2, "\\K" },
	{ "\\C", 1, "\\C" },
	{ "\\R", 1, "\\R" },
	{ "\\X", 1, "\\X" },
	{ "\\Z", 1, "\\z" },
	{ "\\G", 1, "\\G" },
	{ "\\h", 1, "\\h" },
	{ "\\y", 1, "no such escape" },
	{ "\\\u00e9", 1, "no such escape" },
	{ "a\\E", 2, "\\Q" },
	{ "a\\", 2, "backslash at the end" },
	{ "\\x4", 1, "\\x needs" },
	{ "\\x{}", 1, "\\x needs" },
	{ "\\x{110000}", 1, "larger" },
	{ "\\p", 1, "\\p needs" },
	{ "\\p{", 1, "\\p needs" },
	{ "\\p{Foo}", 1, "" },
	{ "*a", 1, "nothing to repeat" },
	{ "a|*", 3, "nothing to repeat" },
	{ "(+)", 2, "nothing to repeat" },
	{ "(?i)*", 5, "nothing to repeat" },
	{ "a**", 3, "repeat of a repeat" },
	{ "a++", 3, "repeat of a repeat" },
	{ "a?+", 3, "repeat of a repeat" },
	{ "a{2}{3}", 5, "repeat of a repeat" },
	{ "a{2}+", 5, "repeat of a repeat" },
	{ "a{3,2}", 2, "wrong way round" },
	{ "[a", 1, "a [ without its ]" },
	{ "[", 1, "a [ without its ]" },
	{ "[]", 1, "a [ without its ]" },
	{ "[z-a]", 2, "range" },
	{ "[a-\\d]", 2, "range" },
	{ "[\\b]", 2, "no such escape" },
	{ "[[:foo:]]", 2, "no character class" },
	{ "(a", 1, "a ( without its )" },
	{ "a)", 2, "a ) without its (" },
	{ "(?P<n>a)(?P<n>b)", 14, "" },
};

static void what_re2_refuses_is_refused_with_its_position(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct regex *re = NULL;
		struct err err = { 0 };
		char where[40];

		if (regex_compile(str_of(refused[i].pattern), 0, &re, &err) == 0)
			fail_msg("%s was accepted", refused[i].pattern);
		snprintf(where, sizeof(where), ": position %zu: ", refused[i].position);
		if (err.kind != ERR_INVALID || !strstr(err.msg, refused[i].why) ||
		    (refused[i].why[0] && !strstr(err.msg, where)))
			fail_msg("%s: \"%s\" has no \"%s\" at %zu", refused[i].pattern, err.msg,
				 refused[i].why, refused[i].position);
	}
}

static str filled(struct arena *a, const char *unit, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	for (size_t i = 0; i < n; i++)
		p[i] = unit[i % strlen(unit)];
	return (str){ p, n };
}

static void what_would_grow_too_large_is_refused(void **state)
{
	static const char *const patterns[] = {
		"a{1001}", "a{1,1001}", "a{99999999999999999999}",
		"(((a{1,100}){1,100}){1,100})", "(a{100}){11}", "((a{10}){10}b){11}",
		"(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa){1000}",
	};
	struct arena a;
	struct regex *re;
	struct err err;

	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < COUNT(patterns); i++) {
		if (regex_compile_in(&a, str_of(patterns[i]), 0, &re, &err) == 0)
			fail_msg("%s was accepted", patterns[i]);
		assert_int_equal(err.kind, ERR_LIMIT);
	}
	assert_int_equal(regex_compile_in(&a, filled(&a, "a", 1025), 0, &re, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(regex_compile_in(&a, filled(&a, "(", 1000), 0, &re, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_non_null(strstr(err.msg, "nesting"));
	/* The worst growth of the translation, a control character in a class. */
	assert_int_equal(regex_compile_in(&a, filled(&a, "[\x1f]", 1023), 0, &re, &err), 0);
	assert_int_equal(regex_compile_in(&a, filled(&a, "a", 1024), 0, &re, &err), 0);
	assert_int_equal(regex_compile_in(&a, STR("[[:^xdigit:]]{1000}"), 0, &re, &err), 0);
	arena_release(&a);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* True when sanitizers make times meaningless. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOW 20
#else
#define SLOW 1
#endif

static void patterns_that_explode_end_soon_and_with_an_error(void **state)
{
	static const struct {
		const char *pattern, *unit;
		size_t n;
	} cases[] = {
		{ "^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", 60 },
		{ "^(a|aa)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", 60 },
		{ "(a|aa)+$", "a", 65536 },
		{ "^(.*a){12}$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", 60 },
		{ "(a+)+[xy]", "aaaaaaaaaaaaaaaa!", 65536 },
		{ "a*[yz]", "a", 65536 },
		{ "a*a*a*a*[bc]", "a", 1000 },
		{ "(?:a?){100}[bc]", "a", 100 },
		{ "(a{0,30}){0,30}[xy]", "a", 300 },
		{ "[^b]+[bc]$", "a", 65536 },
		{ "\\pL+[!?]", "\u00e9", 65536 },
		{ "((a*)*)*[bc]", "a", 5000 },
		{ "(.|a)*[bc]", "a", 65536 },
	};
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		str subject = filled(&a, cases[i].unit, cases[i].n);
		struct err err = { 0 };
		struct regex *re;
		double spent;
		int rc;

		assert_int_equal(regex_compile_in(&a, str_of(cases[i].pattern), 0, &re, &err), 0);
		spent = now_ms();
		rc = regex_search(re, subject, NULL, &err);
		spent = now_ms() - spent;
		if (rc != -1 || err.kind != ERR_LIMIT)
			fail_msg("%s: %d", cases[i].pattern, rc);
		if (spent > 50 * SLOW)
			fail_msg("%s: %.1f ms", cases[i].pattern, spent);
	}
	arena_release(&a);
}

static void long_texts_are_searched_when_the_pattern_is_harmless(void **state)
{
	static const struct {
		const char *pattern, *unit;
		int found;
	} cases[] = {
		{ "coverage: (\\d+)%", "x", 0 },
		{ "^TOTAL.*?(\\d+)%$", "line\n", 0 },
		{ "b$", "ab", 1 },
		{ "(ab)+$", "ab", 1 },
		{ "^[a-z]+$", "a", 1 },
		{ "\\d+\\.\\d+", "1 2 .", 0 },
	};
	struct arena a;
	struct regex *re;
	struct err err;

	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(regex_compile_in(&a, str_of(cases[i].pattern), 0, &re, &err), 0);
		if (regex_search(re, filled(&a, cases[i].unit, 65536), NULL, &err) !=
		    cases[i].found)
			fail_msg("%s: %s", cases[i].pattern, err.msg);
	}
	assert_int_equal(regex_search(re, filled(&a, "a", 65537), NULL, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	arena_release(&a);
}

static void groups_are_given_and_absent_ones_are_null(void **state)
{
	struct regex *re CLEANUP(regex_free_ptr) = NULL;
	struct regex_match m;
	struct err err;

	(void)state;
	assert_int_equal(regex_compile(STR("(a)|(b)(c)?"), 0, &re, &err), 0);
	assert_int_equal(regex_search(re, STR("xbc"), &m, &err), 1);
	assert_int_equal(m.nr, 4);
	assert_true(str_is_null(m.group[1]));
	assert_true(str_eq(m.group[2], STR("b")));
	assert_true(str_eq(m.group[3], STR("c")));
	assert_int_equal(regex_search(re, STR("a"), &m, &err), 1);
	assert_int_equal(m.nr, 2);
}

static void more_groups_than_are_given_do_no_harm(void **state)
{
	struct arena a;
	struct regex *re;
	struct regex_match m;
	struct err err;
	str pattern;

	(void)state;
	arena_init(&a, 0);
	pattern = filled(&a, "(a)", 120);
	assert_int_equal(regex_compile_in(&a, pattern, 0, &re, &err), 0);
	assert_int_equal(regex_search(re, filled(&a, "a", 40), &m, &err), 1);
	assert_int_equal(m.nr, REGEX_GROUPS_MAX);
	assert_int_equal(regex_search(re, str_null, &m, &err), 0);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_search_finds_the_leftmost_match),
		cmocka_unit_test(what_re2_refuses_is_refused_with_its_position),
		cmocka_unit_test(what_would_grow_too_large_is_refused),
		cmocka_unit_test(patterns_that_explode_end_soon_and_with_an_error),
		cmocka_unit_test(long_texts_are_searched_when_the_pattern_is_harmless),
		cmocka_unit_test(groups_are_given_and_absent_ones_are_null),
		cmocka_unit_test(more_groups_than_are_given_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
