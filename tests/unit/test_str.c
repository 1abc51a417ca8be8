#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static void a_text_is_its_bytes_and_absence_is_not_empty(void **state UNUSED)
{
	assert_true(str_is_null(str_of(NULL)));
	assert_false(str_is_null(str_of("")));
	assert_true(str_eq(STR("a\0b"), (str){ "a\0bc", 3 }));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_false(str_eq(STR("a"), STR("ab")));
	assert_true(str_eq(str_null, STR("")));
	assert_true(str_eq_nocase(STR("MaIn"), STR("mAiN")));
	assert_false(str_eq_nocase(STR("main"), STR("mai")));
}

static void texts_are_ordered_by_byte_and_the_shorter_first(void **state UNUSED)
{
	static const str sorted[] = { STR_INIT(""),   STR_INIT("A"),  STR_INIT("a"),
				      STR_INIT("a\0"), STR_INIT("ab"), STR_INIT("\xc3\xa9") };

	for (size_t i = 0; i < COUNT(sorted); i++)
		for (size_t j = 0; j < COUNT(sorted); j++) {
			int c = str_cmp(sorted[i], sorted[j]);

			assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
		}
}

static void prefixes_suffixes_and_places_are_found(void **state UNUSED)
{
	str s = STR("abcabc");

	assert_true(str_starts_with(s, STR("abca")) && str_starts_with(s, STR("")));
	assert_false(str_starts_with(STR("ab"), STR("abc")));
	assert_true(str_ends_with(s, STR("cabc")) && str_ends_with(s, STR("")));
	assert_false(str_ends_with(STR("bc"), STR("abc")));
	assert_int_equal(str_index(s, 'b'), 1);
	assert_int_equal(str_rindex(s, 'b'), 4);
	assert_int_equal(str_index(s, 'x'), -1);
	assert_int_equal(str_index(str_null, 'x'), -1);
	assert_int_equal(str_rindex(str_null, 'x'), -1);
	assert_int_equal(str_find(s, STR("bc"), 0), 1);
	assert_int_equal(str_find(s, STR("bc"), 2), 4);
	assert_int_equal(str_find(s, STR("bc"), 5), -1);
	assert_int_equal(str_find(s, STR(""), 6), 6);
	assert_int_equal(str_find(s, STR(""), 7), -1);
	assert_int_equal(str_find(str_null, STR("x"), 0), -1);
}

static void parts_are_clamped_to_their_text(void **state UNUSED)
{
	str s = STR("hello");

	assert_true(str_eq(str_sub(s, 1, 3), STR("ell")));
	assert_true(str_eq(str_sub(s, 3, 99), STR("lo")));
	assert_true(str_eq(str_sub(s, 99, 1), STR("")));
	assert_true(str_eq(str_sub(s, 1, SIZE_MAX), STR("ello")));
	assert_true(str_eq(str_from(s, 5), STR("")));
	assert_true(str_is_null(str_from(str_null, 3)));
	assert_true(str_eq(str_trim(STR(" \t a b\r\n ")), STR("a b")));
	assert_true(str_eq(str_trim_end(STR(" a ")), STR(" a")));
	assert_true(str_eq(str_trim(STR(" \n")), STR("")));
}

static void cutting_visits_every_field_once(void **state UNUSED)
{
	static const struct {
		const char *text;
		size_t nr;
	} cases[] = { { "a,b,c", 3 }, { "a,", 2 }, { ",", 2 }, { "", 1 }, { ",,", 3 } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		str rest = str_of(cases[i].text);
		size_t nr = 0, bytes = 0;

		while (!str_is_null(rest)) {
			bytes += str_cut(&rest, ',').n;
			nr++;
		}
		assert_int_equal(nr, cases[i].nr);
		assert_int_equal(bytes + nr - 1, strlen(cases[i].text));
	}
}

static void numbers_are_whole_and_in_range(void **state UNUSED)
{
	static const struct {
		const char *text;
		bool is_u64, is_i64;
		uint64_t u;
		int64_t i;
	} cases[] = {
		{ "0", true, true, 0, 0 },
		{ "007", true, true, 7, 7 },
		{ "9223372036854775807", true, true, INT64_MAX, INT64_MAX },
		{ "9223372036854775808", true, false, (uint64_t)INT64_MAX + 1, 0 },
		{ "18446744073709551615", true, false, UINT64_MAX, 0 },
		{ "18446744073709551616", false, false, 0, 0 },
		{ "99999999999999999999", false, false, 0, 0 },
		{ "-9223372036854775808", false, true, 0, INT64_MIN },
		{ "-9223372036854775809", false, false, 0, 0 },
		{ "-1", false, true, 0, -1 },
		{ "", false, false, 0, 0 },
		{ "-", false, false, 0, 0 },
		{ "--1", false, false, 0, 0 },
		{ "+1", false, false, 0, 0 },
		{ " 1", false, false, 0, 0 },
		{ "1 ", false, false, 0, 0 },
		{ "0x1", false, false, 0, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t u = 0;
		int64_t v = 0;

		assert_int_equal(str_to_u64(str_of(cases[i].text), &u), cases[i].is_u64);
		assert_true(u == cases[i].u);
		assert_int_equal(str_to_i64(str_of(cases[i].text), &v), cases[i].is_i64);
		assert_true(v == cases[i].i);
	}
}

static void utf8_is_what_rfc_3629_says(void **state UNUSED)
{
	static const struct {
		str text;
		bool valid;
	} cases[] = {
		{ STR_INIT(""), true },
		{ STR_INIT("a\0b"), true },
		{ STR_INIT("\x7f"), true },
		{ STR_INIT("\xc2\x80"), true },
		{ STR_INIT("\xdf\xbf"), true },
		{ STR_INIT("\xe0\xa0\x80"), true },
		{ STR_INIT("\xed\x9f\xbf"), true },
		{ STR_INIT("\xef\xbf\xbf"), true },
		{ STR_INIT("\xf0\x90\x80\x80"), true },
		{ STR_INIT("\xf4\x8f\xbf\xbf"), true },
		{ STR_INIT("\x80"), false },
		{ STR_INIT("\xc0\xaf"), false },	     /* overlong */
		{ STR_INIT("\xc1\xbf"), false },
		{ STR_INIT("\xe0\x9f\xbf"), false },
		{ STR_INIT("\xf0\x8f\xbf\xbf"), false },
		{ STR_INIT("\xed\xa0\x80"), false },	     /* surrogate */
		{ STR_INIT("\xf4\x90\x80\x80"), false },     /* above U+10FFFF */
		{ STR_INIT("\xf5\x80\x80\x80"), false },
		{ STR_INIT("\xff"), false },
		{ STR_INIT("\xc3"), false },		     /* cut short */
		{ STR_INIT("\xe2\x82"), false },
		{ STR_INIT("\xf0\x9f\x98"), false },
		{ STR_INIT("\xe2\x28\xa1"), false },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(str_is_utf8(cases[i].text), cases[i].valid);
}

static void distance_counts_edits_up_to_its_limit(void **state UNUSED)
{
	static const struct {
		const char *a, *b;
		unsigned limit, distance;
	} cases[] = {
		{ "", "", 9, 0 },	    { "abc", "abc", 9, 0 },   { "abc", "ab", 9, 1 },
		{ "abc", "axc", 9, 1 },	    { "abc", "bc", 9, 1 },    { "kitten", "sitting", 9, 3 },
		{ "biuld", "build", 9, 2 }, { "abc", "", 9, 3 },      { "abc", "xyz", 2, 2 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		str a = str_of(cases[i].a), b = str_of(cases[i].b);

		assert_int_equal(str_distance(a, b, cases[i].limit), cases[i].distance);
		assert_int_equal(str_distance(b, a, cases[i].limit), cases[i].distance);
	}
}

static void the_nearest_word_is_near_or_none(void **state UNUSED)
{
	static const str words[] = { STR_INIT("script"), STR_INIT("stage"), STR_INIT("services") };
	char longer[300];

	assert_true(str_eq(str_nearest(STR("scrpit"), words, COUNT(words)), STR("script")));
	assert_true(str_eq(str_nearest(STR("stge"), words, COUNT(words)), STR("stage")));
	assert_true(str_is_null(str_nearest(STR("image"), words, 1)));
	assert_true(str_is_null(str_nearest(STR("x"), words, COUNT(words))));
	assert_true(str_is_null(str_nearest(STR("x"), words, 0)));
	memset(longer, 's', sizeof(longer));
	assert_true(str_is_null(str_nearest((str){ longer, sizeof(longer) }, words, COUNT(words))));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_its_bytes_and_absence_is_not_empty),
		cmocka_unit_test(texts_are_ordered_by_byte_and_the_shorter_first),
		cmocka_unit_test(prefixes_suffixes_and_places_are_found),
		cmocka_unit_test(parts_are_clamped_to_their_text),
		cmocka_unit_test(cutting_visits_every_field_once),
		cmocka_unit_test(numbers_are_whole_and_in_range),
		cmocka_unit_test(utf8_is_what_rfc_3629_says),
		cmocka_unit_test(distance_counts_edits_up_to_its_limit),
		cmocka_unit_test(the_nearest_word_is_near_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
