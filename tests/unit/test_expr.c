#include "base/buf.h"
#include "gitlab/expr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const struct {
	str name, value;
} variables[] = {
	{ STR_INIT("MAIN"), STR_INIT("main") },
	{ STR_INIT("EMPTY"), STR_INIT("") },
	{ STR_INIT("BLANK"), STR_INIT(" \t\n ") },
	{ STR_INIT("NBSP"), STR_INIT("\xc2\xa0\xe2\x80\x83") },
	{ STR_INIT("REGEX"), STR_INIT("/^ma/") },
	{ STR_INIT("REGEX_I"), STR_INIT("/^MA/i") },
	{ STR_INIT("REGEX_SLASH"), STR_INIT("/^feature\\/[a-z]+$/") },
	{ STR_INIT("REGEX_ONE"), STR_INIT("/m/") },
	{ STR_INIT("REGEX_DOLLAR"), STR_INIT("/$MAIN/") },
	{ STR_INIT("REGEX_BAD"), STR_INIT("/(?=x)/") },
	{ STR_INIT("REGEX_ESCAPED_END"), STR_INIT("/mai\\/") },
	{ STR_INIT("EXPLODES"), STR_INIT("/^(a+)+$/") },
	{ STR_INIT("AAA"), STR_INIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!") },
	{ STR_INIT("BRANCH"), STR_INIT("feature/abc") },
	{ STR_INIT("LINES"), STR_INIT("one\ntwo") },
	{ STR_INIT("TRUE"), STR_INIT("true") },
	{ STR_INIT("1X"), STR_INIT("digit") },
};

static const struct {
	str name, value;
} inputs[] = {
	{ STR_INIT("on"), STR_INIT("true") },
	{ STR_INIT("off"), STR_INIT("false") },
	{ STR_INIT("env"), STR_INIT("prod") },
};

static str variable(void *ctx, str name)
{
	(void)ctx;
	for (size_t i = 0; i < COUNT(variables); i++)
		if (str_eq(name, variables[i].name))
			return variables[i].value;
	return str_null;
}

static str input(void *ctx, str name)
{
	(void)ctx;
	for (size_t i = 0; i < COUNT(inputs); i++)
		if (str_eq(name, inputs[i].name))
			return inputs[i].value;
	return str_null;
}

static const struct expr_vars vars = { .get = variable, .input = input };

static const struct {
	const char *text;
	int value;
} values[] = {
	/* a value alone is true when it is present */
	{ "$MAIN", 1 },
	{ "$EMPTY", 0 },
	{ "$BLANK", 0 },
	{ "$NBSP", 0 },
	{ "$NOPE", 0 },
	{ "\"x\"", 1 },
	{ "''", 0 },
	{ "' '", 0 },
	{ "null", 0 },
	{ "true", 1 },
	{ "false", 0 },
	{ "/ab/", 1 },
	{ "$1X", 1 },
	{ "\t $MAIN\r\n", 1 },
	/* equality */
	{ "$MAIN == \"main\"", 1 },
	{ "$MAIN == 'main'", 1 },
	{ "$MAIN==\"main\"", 1 },
	{ "$MAIN == \"Main\"", 0 },
	{ "$MAIN != \"main\"", 0 },
	{ "\"main\" == $MAIN", 1 },
	{ "$MAIN == $MAIN", 1 },
	{ "$NOPE == null", 1 },
	{ "$NOPE != null", 0 },
	{ "$EMPTY == null", 0 },
	{ "$EMPTY == \"\"", 1 },
	{ "$EMPTY != null", 1 },
	{ "$NOPE == \"\"", 0 },
	{ "$NOPE != \"\"", 1 },
	{ "$NOPE == $NOPE2", 1 },
	{ "null == null", 1 },
	{ "$TRUE == true", 0 },
	{ "$TRUE == \"true\"", 1 },
	{ "true == true", 1 },
	{ "$MAIN == /main/", 0 },
	{ "/main/ == /main/", 1 },
	{ "/main/ == /main/i", 0 },
	{ "\"a\" == \"a\" == \"a\"", 0 }, /* left to right: true == "a" */
	{ "\"a\" == \"a\" == true", 1 },
	/* patterns */
	{ "$MAIN =~ /ai/", 1 },
	{ "$MAIN =~ /^ai/", 0 },
	{ "$MAIN =~ /^MA/", 0 },
	{ "$MAIN =~ /^MA/i", 1 },
	{ "$MAIN !~ /ai/", 0 },
	{ "$MAIN !~ /xx/", 1 },
	{ "$MAIN =~ /^main$/", 1 },
	{ "$BRANCH =~ /^feature\\/[a-z]+$/", 1 },
	{ "$BRANCH =~ /feature\\//", 1 },
	{ "$BRANCH =~ /\\/abc/", 1 },
	{ "$BRANCH =~ /[\\/]abc/", 1 },
	{ "$LINES =~ /^two/", 0 },
	{ "$LINES =~ /^two/m", 1 },
	{ "$LINES =~ /one.two/", 0 },
	{ "$LINES =~ /one.two/s", 1 },
	{ "$NOPE =~ /xx/", 0 },
	{ "$NOPE !~ /xx/", 1 },
	{ "$NOPE =~ /^$|xx/", 1 }, /* undefined is matched as an empty text */
	{ "$EMPTY =~ /.*/", 1 },
	{ "$MAIN =~ /ai/ && $BRANCH =~ /abc/", 1 },
	{ "true =~ /^true$/", 1 },
	{ "$MAIN =~ /$MAIN/", 0 }, /* no expansion within */
	/* the right side is a text */
	{ "$MAIN =~ $NOPE", 0 },
	{ "$MAIN !~ $NOPE", 1 },
	{ "$MAIN =~ null", 0 },
	{ "$MAIN =~ $REGEX", 1 },
	{ "$MAIN =~ $REGEX_I", 1 },
	{ "$MAIN =~ $REGEX_ONE", 1 },
	{ "$MAIN =~ $REGEX_DOLLAR", 0 },
	{ "$MAIN =~ $REGEX_ESCAPED_END", 1 },
	{ "$BRANCH =~ $REGEX_SLASH", 1 },
	{ "$MAIN !~ $REGEX", 0 },
	{ "$MAIN =~ \"/^ma/\"", 1 },
	{ "\"23\" =~ \"1234\"", 1 }, /* is the left a part of the right? */
	{ "\"1234\" =~ \"23\"", 0 },
	{ "\"23\" !~ \"1234\"", 0 },
	{ "$NOPE =~ \"x\"", 1 },
	/* && and || hand on values; "" counts as true within them */
	{ "$EMPTY && \"x\"", 1 },
	{ "\"x\" && $EMPTY", 0 },
	{ "$EMPTY || \"x\"", 0 },
	{ "$NOPE || \"x\"", 1 },
	{ "$NOPE && \"x\"", 0 },
	{ "false || $MAIN", 1 },
	{ "$NOPE && $AAA =~ $EXPLODES", 0 }, /* the right side is not looked at */
	{ "$MAIN || $AAA =~ $EXPLODES", 1 },
	/* precedence */
	{ "true || false && false", 1 },
	{ "(true || false) && false", 0 },
	{ "false && false || true", 1 },
	{ "$MAIN == \"main\" && $NOPE == null || false", 1 },
	{ "((($MAIN)))", 1 },
	{ "true && (false || ($MAIN =~ /ma/))", 1 },
	/* not */
	{ "!$MAIN", 0 },
	{ "!$NOPE", 1 },
	{ "!$EMPTY", 1 },
	{ "!!$MAIN", 1 },
	{ "!($MAIN == \"x\")", 1 },
	{ "!$MAIN == \"x\"", 0 }, /* (!$MAIN) == "x" */
	{ "!$NOPE && $MAIN", 1 },
	{ "$MAIN && !$NOPE", 1 },
	{ "$MAIN == !$NOPE", 0 },
	/* words */
	{ "trueish", -2 },
	{ "null==null", 1 },
	/* inputs */
	{ "$[[ inputs.env ]] == \"prod\"", 1 },
	{ "$[[inputs.env]] == \"prod\"", 1 },
	{ "$[[ inputs.env ]] =~ /^pr/", 1 },
	{ "$[[ inputs.nope ]] == null", 1 },
	{ "$[[ inputs.on ]] == true", 1 },
	{ "$[[ inputs.on ]] == \"true\"", 1 },
	{ "$[[ inputs.off ]] == false", 1 },
	{ "$[[ inputs.off ]]", 0 },
	{ "!$[[ inputs.off ]]", 1 },
	{ "$[[ inputs.off ]] || false", 0 },
	{ "$[[ inputs.on ]] == false", 0 },
};

static void an_expression_has_its_value(void **state)
{
	struct arena a;
	struct err err;

	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < COUNT(values); i++) {
		struct expr *e;
		int got = -2;

		if (expr_parse(&a, str_of(values[i].text), &e, &err) == 0)
			got = expr_eval(e, &vars, &err);
		if (got != values[i].value)
			fail_msg("%s is %d, not %d (%s)", values[i].text, got, values[i].value,
				 got < 0 ? err.msg : "");
	}
	arena_release(&a);
}

static const struct {
	const char *text, *message;
} broken[] = {
	{ "", "position 1: the expression is empty" },
	{ "   ", "the expression is empty" },
	{ "$MAIN = \"x\"", "position 7: Unknown lexeme found! to compare write ==" },
	{ "${MAIN} == \"x\"", "position 1: Unknown lexeme found! a variable is written $NAME here" },
	{ "$MAIN == main", "position 10: Unknown lexeme found! a text needs quotes: \"main\"" },
	{ "$MAIN and $X", "is written &&" },
	{ "not $X", "is written !" },
	{ "$MAIN & $X", "to join conditions write &&" },
	{ "$MAIN | $X", "to join conditions write ||" },
	{ "\"abc", "position 1: Unknown lexeme found! the text has no closing quote" },
	{ "\"a\nb\"", "no closing quote" },
	{ "$", "a variable's name must follow" },
	{ "$[[ input.x ]]", "an input is written" },
	{ "$MAIN =~ /./", "position 10: Unknown lexeme found! a pattern has at least two" },
	{ "$MAIN =~ /x", "a pattern has at least two" },
	{ "$MAIN =~ //", "a pattern has at least two" },
	{ "$MAIN =~ /a\\\\/", "a pattern has at least two" },
	{ "$MAIN =~ /ab/x", "position 14: Unknown lexeme found!" },
	{ "$MAIN =~ /(?=ab)/", "position 10: regular expression \"(?=ab)\": position 1: look-ahead" },
	{ "$MAIN =~ /(ab/", "a ( without its )" },
	{ "$MAIN =~ /(((a{1,100}){1,100}){1,100})/", "too large" },
	{ "$MAIN $X", "position 7: expected an operator" },
	{ "$MAIN ==", "position 9: a value is missing at the end" },
	{ "== $MAIN", "position 1: a value must stand before \"==\"" },
	{ "$MAIN == && $X", "position 10: a value must stand before \"&&\"" },
	{ "($MAIN", "position 1: Unmatched parenthesis" },
	{ "$MAIN)", "position 6: Unmatched parenthesis" },
	{ "()", "position 2: a value must stand before \")\"" },
	{ "$A (", "expected an operator" },
	{ "$A !", "expected an operator" },
	{ "!", "a value is missing at the end" },
	{ "@", "expected a $VARIABLE" },
	{ "\xff", "expected a $VARIABLE" },
};

static void a_broken_expression_says_where_and_why(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct err err = { 0 };
		struct expr *e;

		if (expr_parse(&a, str_of(broken[i].text), &e, &err) == 0)
			fail_msg("%s was accepted", broken[i].text);
		if (!strstr(err.msg, broken[i].message))
			fail_msg("%s: \"%s\" has no \"%s\"", broken[i].text, err.msg,
				 broken[i].message);
	}
	arena_release(&a);
}

static void a_regex_error_at_evaluation_is_an_error_and_never_false(void **state)
{
	static const char *const texts[] = {
		"$MAIN =~ $REGEX_BAD", "$MAIN !~ $REGEX_BAD", "$AAA =~ $EXPLODES",
		"$AAA =~ /^(a+)+$/",   "$AAA !~ /^(a+)+$/",   "!($AAA =~ $EXPLODES)",
		"$MAIN =~ true",       "$MAIN !~ (true == true)",
	};
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct err err;
		struct expr *e;

		assert_int_equal(expr_parse(&a, str_of(texts[i]), &e, &err), 0);
		if (expr_eval(e, &vars, &err) != -1)
			fail_msg("%s has a value", texts[i]);
		assert_true(str_starts_with(str_of(err.msg), STR("position ")));
	}
	arena_release(&a);
}

static str repeated(struct arena *a, str head, str unit, size_t nr)
{
	struct buf b = BUF_INIT;
	str s;

	buf_adds(&b, head);
	for (size_t i = 0; i < nr; i++)
		buf_adds(&b, unit);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static void as_in_gitlab_99_tokens_are_accepted_and_100_are_not(void **state)
{
	struct arena a;
	struct err err;
	struct expr *e;

	(void)state;
	arena_init(&a, 0);
	assert_int_equal(expr_parse(&a, repeated(&a, STR("$A"), STR("||$A"), 49), &e, &err), 0);
	assert_int_equal(expr_eval(e, &vars, &err), 0);
	assert_int_equal(expr_parse(&a, repeated(&a, STR("!$A"), STR("||$A"), 49), &e, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_non_null(strstr(err.msg, "Too many tokens!"));
	assert_int_equal(expr_parse(&a, repeated(&a, STR(""), STR("("), 8000), &e, &err), -1);
	assert_int_equal(expr_parse(&a, repeated(&a, STR("$A"), STR(" "), 9000), &e, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(expr_parse(&a, repeated(&a, STR(""), STR("!"), 98), &e, &err), -1);
	arena_release(&a);
}

static void the_variables_are_named_once_in_order(void **state)
{
	struct arena a;
	struct err err;
	struct expr *e;
	struct str_vec names;

	(void)state;
	arena_init(&a, 0);
	assert_int_equal(expr_parse(&a, STR("$B == $A && ($B || !$C_1) && \"$D\""), &e, &err), 0);
	names = expr_variables(&a, e);
	assert_int_equal(names.nr, 3);
	assert_true(str_eq(names.at[0], STR("B")));
	assert_true(str_eq(names.at[1], STR("A")));
	assert_true(str_eq(names.at[2], STR("C_1")));
	arena_release(&a);
}

/* Hands out a new pattern each time. */
static str changing(void *ctx, str name)
{
	static char text[32];
	unsigned *n = ctx;

	if (!str_eq(name, STR("P")))
		return STR("x7y");
	snprintf(text, sizeof(text), "/^x%uy$/", (*n)++);
	return str_of(text);
}

static void ever_new_patterns_in_a_variable_do_not_pile_up(void **state)
{
	struct arena a;
	struct err err;
	struct expr *e;
	unsigned n = 0, nr_true = 0;
	const struct expr_vars all = { .ctx = &n, .get = changing };
	size_t used;

	(void)state;
	arena_init(&a, 0);
	assert_int_equal(expr_parse(&a, STR("$X =~ $P"), &e, &err), 0);
	for (unsigned i = 0; i < 100; i++)
		nr_true += expr_eval(e, &all, &err) == 1;
	used = a.used;
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(expr_eval(e, &all, &err), 0);
	assert_int_equal(nr_true, 1);
	assert_int_equal(a.used, used);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expression_has_its_value),
		cmocka_unit_test(a_broken_expression_says_where_and_why),
		cmocka_unit_test(a_regex_error_at_evaluation_is_an_error_and_never_false),
		cmocka_unit_test(as_in_gitlab_99_tokens_are_accepted_and_100_are_not),
		cmocka_unit_test(the_variables_are_named_once_in_order),
		cmocka_unit_test(ever_new_patterns_in_a_variable_do_not_pile_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
