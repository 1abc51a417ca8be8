#include "plan/expand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
	str name, value;
} variables[] = {
	{ STR_INIT("A"), STR_INIT("x") },
	{ STR_INIT("B_1"), STR_INIT("y z") },
	{ STR_INIT("EMPTY"), STR_INIT("") },
	{ STR_INIT("REF"), STR_INIT("$A") },
	{ STR_INIT("ENV"), STR_INIT("PROD") },
	{ STR_INIT("URL_PROD"), STR_INIT("http://p") },
	{ STR_INIT("NEST"), STR_INIT("${A}") },
	{ STR_INIT("a.b"), STR_INIT("odd") },
};

static str get(void *ctx, str name)
{
	(void)ctx;
	if (str_eq(name, STR("FILE")))
		return expand_as_written;
	for (size_t i = 0; i < COUNT(variables); i++)
		if (str_eq(name, variables[i].name))
			return variables[i].value;
	return str_null;
}

static const struct expand_vars vars = { .get = get };

static void the_server_expands_in_both_modes(void **state)
{
	static const struct {
		const char *text, *blank, *existing;
	} cases[] = {
		{ "", "", "" },
		{ "plain", "plain", "plain" },
		{ "$A", "x", "x" },
		{ "${A}", "x", "x" },
		{ "%A%", "x", "x" },
		{ "a$A-${A}%A%b", "ax-xxb", "ax-xxb" },
		{ "$B_1", "y z", "y z" },
		{ "$A.b", "x.b", "x.b" },
		{ "$AB", "", "$AB" },
		{ "${NO}|%NO%", "|", "${NO}|%NO%" },
		{ "$EMPTY|", "|", "|" },
		{ "$REF", "$A", "$A" }, /* what was inserted is not looked at */
		{ "$$A", "$$A", "$$A" },
		{ "$$$A", "$$x", "$$x" },
		{ "%%A%%", "%%A%%", "%%A%%" },
		{ "%A", "%A", "%A" },
		{ "100% %A%", "100% x", "100% x" },
		{ "$", "$", "$" },
		{ "a$", "a$", "a$" },
		{ "$1", "$1", "$1" },
		{ "$-", "$-", "$-" },
		{ "${}", "${}", "${}" },
		{ "${A", "${A", "${A" },
		{ "${A-$A}", "${A-x}", "${A-x}" },
		{ "${A:-b}", "${A:-b}", "${A:-b}" },
		{ "${URL_${ENV}}", "http://p", "http://p" },
		{ "${URL_$ENV}", "http://p", "http://p" },
		{ "${URL_${NO}}", "", "${URL_${NO}}" },
		{ "${${NO}}", "${}", "${${NO}}" },
		{ "${URL_${ENV}}}", "http://p}", "http://p}" },
		{ "${NO_${ENV}}", "", "${NO_PROD}" },
		{ "${NEST}", "${A}", "${A}" },
		{ "}{$A}", "}{x}", "}{x}" },
		{ "$FILE ${FILE} %FILE%", "$FILE ${FILE} %FILE%", "$FILE ${FILE} %FILE%" },
		{ "\u00e9$A\u00e9", "\u00e9x\u00e9", "\u00e9x\u00e9" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf blank = BUF_INIT, existing = BUF_INIT;

		expand_server(&blank, str_of(cases[i].text), EXPAND_BLANK, &vars);
		expand_server(&existing, str_of(cases[i].text), EXPAND_EXISTING, &vars);
		if (!str_eq(buf_str(&blank), str_of(cases[i].blank)))
			fail_msg("%s blank: " STR_FMT, cases[i].text, STR_ARG(buf_str(&blank)));
		if (!str_eq(buf_str(&existing), str_of(cases[i].existing)))
			fail_msg("%s existing: " STR_FMT, cases[i].text,
				 STR_ARG(buf_str(&existing)));
		buf_release(&blank);
		buf_release(&existing);
	}
}

static void the_runner_expands_as_a_shell_names_things(void **state)
{
	static const struct {
		const char *text, *result;
	} cases[] = {
		{ "", "" },
		{ "$A", "x" },
		{ "${A}b", "xb" },
		{ "%A%", "%A%" },
		{ "$NO|", "|" },
		{ "$$A", "$A" },
		{ "$$$$", "$$" },
		{ "$REF", "$A" },
		{ "${$}", "$" },
		{ "$1$#$?$@$*$!$-|", "|" },
		{ "${1}${#}|", "|" },
		{ "$1A", "A" },
		{ "$", "$" },
		{ "a$.b", "a$.b" },
		{ "$/", "$/" },
		{ "${", "" },
		{ "${}x", "x" },
		{ "${A", "A" },
		{ "${a.b}", "odd" },
		{ "${A:-b}|", "|" },
		{ "$B_1.", "y z." },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b = BUF_INIT;

		expand_runner(&b, str_of(cases[i].text), &vars);
		if (!str_eq(buf_str(&b), str_of(cases[i].result)))
			fail_msg("%s: " STR_FMT, cases[i].text, STR_ARG(buf_str(&b)));
		buf_release(&b);
	}
}

static void a_result_past_the_ceiling_is_marked(void **state)
{
	struct buf b = { .max = 10 };

	(void)state;
	expand_server(&b, STR("$B_1$B_1$B_1$B_1$B_1"), EXPAND_BLANK, &vars);
	assert_true(b.full);
	buf_clear(&b);
	expand_runner(&b, STR("$B_1$B_1$B_1$B_1$B_1"), &vars);
	assert_true(b.full);
	buf_release(&b);
}

static void braces_nested_without_end_are_text(void **state)
{
	struct buf text = BUF_INIT, b = BUF_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_addz(&text, "${");
	buf_addz(&text, "A");
	for (int i = 0; i < 1000; i++)
		buf_addc(&text, '}');
	expand_server(&b, buf_str(&text), EXPAND_EXISTING, &vars);
	assert_true(b.n > 1000 && !b.full);
	buf_release(&b);
	buf_release(&text);
}

static void only_a_dollar_or_a_percent_needs_expansion(void **state)
{
	(void)state;
	assert_true(expand_is_needed(STR("a$")));
	assert_true(expand_is_needed(STR("%")));
	assert_false(expand_is_needed(STR("{a}")));
	assert_false(expand_is_needed(str_null));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_server_expands_in_both_modes),
		cmocka_unit_test(the_runner_expands_as_a_shell_names_things),
		cmocka_unit_test(a_result_past_the_ceiling_is_marked),
		cmocka_unit_test(braces_nested_without_end_are_text),
		cmocka_unit_test(only_a_dollar_or_a_percent_needs_expansion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
