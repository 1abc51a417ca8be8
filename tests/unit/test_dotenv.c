#include "base/buf.h"
#include "fmt/dotenv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

/* "KEY=value|KEY=value" of what was read, or the error. */
static void read_back(const char *text, const struct dotenv_limits *limits, struct buf *out)
{
	struct dotenv_vec v;
	struct arena a;
	struct err err;

	arena_init(&a, 0);
	if (dotenv_parse(&a, STR("d.env"), str_of(text), limits, &v, &err) < 0)
		buf_addf(out, "error: %s", err.msg);
	else
		for (size_t i = 0; i < v.nr; i++)
			buf_addf(out, "%s" STR_FMT "=" STR_FMT, i ? "|" : "", STR_ARG(v.at[i].key),
				 STR_ARG(v.at[i].value));
	arena_release(&a);
}

static void a_file_is_read_as_strictly_as_gitlab_does(void **state)
{
	static const struct {
		const char *text, *result;
	} cases[] = {
		{ "", "" },
		{ "A=1\n", "A=1" },
		{ "A=1", "A=1" },
		{ "A=1\nB=2\n", "A=1|B=2" },
		{ "A=1\r\nB=2\r\n", "A=1|B=2" },
		{ " A = x y \n", "A=x y" },
		{ "A=\n", "A=" },
		{ "A=b=c", "A=b=c" },
		{ "A=\"q\"", "A=\"q\"" },
		{ "A=$B # c", "A=$B # c" },
		{ "1_a=x", "1_a=x" },
		{ "A=1\nB=2\nA=3\n", "A=3|B=2" },
		{ "\xef\xbb\xbf" "A=1", "A=1" },
		{ "A=\u00e9", "A=\u00e9" },
		{ "A=1\n\nB=2", "error: d.env:2: the line is empty: empty lines are not allowed" },
		{ "A=1\n\n", "error: d.env:2: the line is empty: empty lines are not allowed" },
		{ "# c\n", "error: d.env:1: the line is a comment: comments are not allowed" },
		{ "# c=d\n", "error: d.env:1: the line is a comment: comments are not allowed" },
		{ "A=1\nfoo\n", "error: d.env:2: the line has no \"=\": write KEY=value" },
		{ "export A=1", "error: d.env:1: the line starts with \"export\": write KEY=value" },
		{ "=x", "error: d.env:1: the line has no valid key: a key is made of letters, "
			"digits and _" },
		{ "A-B=x", "error: d.env:1: the line has no valid key: a key is made of letters, "
			   "digits and _" },
		{ "\xff=x", "error: d.env: the file is not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b = BUF_INIT;

		read_back(cases[i].text, &dotenv_limits_default, &b);
		if (!str_eq(buf_str(&b), str_of(cases[i].result)))
			fail_msg("%s: \"" STR_FMT "\"", cases[i].text, STR_ARG(buf_str(&b)));
		buf_release(&b);
	}
}

static void limits_are_named(void **state)
{
	const struct dotenv_limits small = { .max_bytes = 20, .max_entries = 2 };
	struct buf b = BUF_INIT;

	(void)state;
	read_back("A=1\nB=2\nA=3\nB=4\n", &small, &b);
	assert_string_equal(b.p, "A=3|B=4");
	buf_clear(&b);
	read_back("A=1\nB=2\nC=3\n", &small, &b);
	assert_string_equal(b.p, "error: d.env:3: a dotenv file cannot have more than 2 variables");
	buf_clear(&b);
	read_back("A=345678901234567890", &small, &b);
	assert_string_equal(b.p, "error: d.env: a dotenv file must be smaller than 20 bytes, "
				 "this one has 20");
	buf_release(&b);
}

static void a_nul_byte_is_refused(void **state)
{
	struct dotenv_vec v;
	struct arena a;
	struct err err;

	(void)state;
	arena_init(&a, 0);
	assert_int_equal(
		dotenv_parse(&a, STR("d"), STR("A=1\0B"), &dotenv_limits_default, &v, &err), -1);
	assert_string_equal(err.msg, "d: the file holds a NUL byte");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_as_strictly_as_gitlab_does),
		cmocka_unit_test(limits_are_named),
		cmocka_unit_test(a_nul_byte_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
