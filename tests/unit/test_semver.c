#include "fmt/semver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Lowest first (§11); each is equal to itself only. */
static const char *const ordered[] = {
	"0.0.0-0", "0.0.0", "0.0.1", "0.1.0", "1.0.0-0", "1.0.0-9", "1.0.0-10",
	"1.0.0-99999999999999999999999", "1.0.0--", "1.0.0-alpha", "1.0.0-alpha.1",
	"1.0.0-alpha.1.0", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
	"1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0", "18446744073709551615.0.0",
};

static int sign(int c)
{
	return (c > 0) - (c < 0);
}

static void versions_are_ordered(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ordered); i++)
		for (size_t k = 0; k < COUNT(ordered); k++) {
			struct semver x, y;

			assert_true(semver_parse(str_of(ordered[i]), false, &x));
			assert_true(semver_parse(str_of(ordered[k]), false, &y));
			if (sign(semver_compare(&x, &y)) != (i > k) - (i < k))
				fail_msg("%s against %s", ordered[i], ordered[k]);
		}
}

static void what_is_no_version_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "1", "1.2", "1.2.3.4", "01.2.3", "1.02.3", "1.2.03", "v1.2.3", "1.2.3-", "1.2.3+",
		"1.2.3-01", "1.2.3-a..b", "1.2.3-a_b", "1.2.3+a..b", "1.2.3+a+b", "1.2.x", " 1.2.3",
		"1.2.3 ", "-1.2.3", "1..3", "1.2.", "18446744073709551616.0.0", "1.2.3-\u00e9",
	};
	struct semver v;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		if (semver_parse(str_of(wrong[i]), false, &v))
			fail_msg("%s was accepted", wrong[i]);
}

static void the_parts_are_given(void **state)
{
	struct semver v, w;

	(void)state;
	assert_true(semver_parse(STR("v1.20.3-rc.1-x+b.007"), true, &v));
	assert_true(v.major == 1 && v.minor == 20 && v.patch == 3);
	assert_true(str_eq(v.pre, STR("rc.1-x")));
	assert_true(str_eq(v.build, STR("b.007")));
	assert_true(semver_parse(STR("1.20.3-rc.1-x+other"), false, &w));
	assert_int_equal(semver_compare(&v, &w), 0);
	assert_true(semver_parse(STR("1.2.3+a-b"), false, &v));
	assert_int_equal(v.pre.n, 0);
}

static void a_partial_version_chooses_the_newest_release(void **state)
{
	static const str versions[] = {
		STR_INIT("1.0.0"),	STR_INIT("main"),  STR_INIT("1.2.0"), STR_INIT("v1.2.10"),
		STR_INIT("1.2.9"),	STR_INIT("2.0.0"), STR_INIT("2.1.0-rc.1"), STR_INIT("2.0.0+b"),
		STR_INIT("3.0.0-alpha"),
	};
	static const struct {
		const char *want;
		ssize_t index;
	} cases[] = {
		{ "~latest", 5 }, { "1", 3 },	   { "v1", 3 },	    { "1.2", 3 },    { "1.0", 0 },
		{ "1.2.9", 4 },	  { "v1.2.9", 4 }, { "2", 5 },	    { "2.1", -1 },   { "2.1.0-rc.1", 6 },
		{ "3", -1 },	  { "3.0.0-alpha", 8 }, { "2.0.0+b", 7 }, { "1.3", -1 }, { "", -1 },
		{ "main", -1 },	  { "01", -1 },	   { "1.", -1 },    { "1.2.3.4", -1 }, { "~new", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		ssize_t got = semver_choose(str_of(cases[i].want), versions, COUNT(versions));

		if (got != cases[i].index)
			fail_msg("%s chooses %zd", cases[i].want, got);
	}
	assert_int_equal(semver_choose(STR("1"), NULL, 0), -1);
	assert_true(semver_is_want(STR("1.2")) && semver_is_want(STR("~latest")));
	assert_false(semver_is_want(STR("main")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_ordered),
		cmocka_unit_test(what_is_no_version_is_refused),
		cmocka_unit_test(the_parts_are_given),
		cmocka_unit_test(a_partial_version_chooses_the_newest_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
