#include "fmt/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static void a_duration_is_read_as_gitlab_reads_it(void **state)
{
	static const struct {
		const char *text;
		uint64_t s;
	} cases[] = {
		{ "90", 90 },
		{ " 90 ", 90 },
		{ "3h 30m", 12600 },
		{ "3h30m", 12600 },
		{ "3 hours 30 minutes", 12600 },
		{ "3 hrs and 30 mins", 12600 },
		{ "1 minute", 60 },
		{ "1 hr", 3600 },
		{ "1 Hour", 3600 },
		{ "2 weeks and 3 days", 1468800 },
		{ "2 weeks, 3 days", 1468800 },
		{ "1 day plus 2 h with 3 s", 93603 },
		{ "1 mo", 2592000 },
		{ "1 year", 31557600 },
		{ "2 yrs 1 mos", 65707200 },
		{ "1.5 hours", 5400 },
		{ ".5 h", 1800 },
		{ "0.5 s", 1 },
		{ "1.000001s", 2 },
		{ "1.0000001s", 1 },
		{ "1h 30", 3630 },
		{ "1 and 2 m", 121 },
		{ "day", 86400 },
		{ "minute 30 sec", 90 },
		{ "one hour", 3600 },
		{ "a week", 604800 },
		{ "twelve minutes", 720 },
		{ "1:30:00", 5400 },
		{ "3:41:59", 13319 },
		{ "5:10", 310 },
		{ "1:0:0:0", 86400 },
		{ "0:01.5", 2 },
		{ "100 years", 3155760000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err;
		uint64_t s;

		if (duration_parse(str_of(cases[i].text), &s, &err) < 0)
			fail_msg("%s: %s", cases[i].text, err.msg);
		if (s != cases[i].s)
			fail_msg("%s is %llu", cases[i].text, (unsigned long long)s);
	}
}

static void what_is_no_duration_is_refused_with_what_is_accepted(void **state)
{
	static const struct {
		const char *text;
		enum err_kind kind;
		const char *why;
	} cases[] = {
		{ "", ERR_INVALID, "empty" },
		{ "  ", ERR_INVALID, "empty" },
		{ "and", ERR_INVALID, "empty" },
		{ "0", ERR_INVALID, "zero" },
		{ "0 h", ERR_INVALID, "zero" },
		{ "0:00", ERR_INVALID, "zero" },
		{ "soon", ERR_INVALID, "\"soon\" is not expected" },
		{ "5 parsecs", ERR_INVALID, "\"parsecs\" is not expected" },
		{ "-5m", ERR_INVALID, "\"-\" is not expected" },
		{ "1h m", ERR_INVALID, "\"m\" is not expected" },
		{ "1 2 h", ERR_INVALID, "two numbers" },
		{ "1.h", ERR_INVALID, "\".\" is not expected" },
		{ "\u00e9", ERR_INVALID, "is not expected" },
		{ "never", ERR_INVALID, "\"never\" is not expected" },
		{ "1:", ERR_INVALID, "no duration" },
		{ ":1", ERR_INVALID, "no duration" },
		{ "1:x", ERR_INVALID, "no duration" },
		{ "1:2 h", ERR_INVALID, "no duration" },
		{ "1:1:1:1:1:1:1", ERR_INVALID, "no duration" },
		{ "101 years", ERR_LIMIT, "100 years" },
		{ "99999999999999999999 s", ERR_LIMIT, "100 years" },
		{ "18446744073709551616", ERR_LIMIT, "100 years" },
		{ "3155760000 years", ERR_LIMIT, "100 years" },
		{ "60 years 60 years", ERR_LIMIT, "100 years" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = { 0 };
		uint64_t s;

		if (duration_parse(str_of(cases[i].text), &s, &err) == 0)
			fail_msg("\"%s\" was accepted as %llu", cases[i].text,
				 (unsigned long long)s);
		if (err.kind != cases[i].kind || !strstr(err.msg, cases[i].why))
			fail_msg("\"%s\": %s", cases[i].text, err.msg);
		if (cases[i].kind == ERR_INVALID)
			assert_non_null(strstr(err.msg, "1h 30m"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_duration_is_read_as_gitlab_reads_it),
		cmocka_unit_test(what_is_no_duration_is_refused_with_what_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
