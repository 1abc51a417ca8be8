#include "plan/scope.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct world {
	struct arena a;
	struct scope_layer low, high;
	struct scope s;
};

/* "KEY=value" lines; "KEY:=value" is raw. */
static void fill(struct world *w, struct scope_layer *l, const char *lines)
{
	str rest = str_of(lines);

	while (rest.n) {
		str line = str_cut(&rest, '\n'), key = str_cut(&line, '=');
		bool raw = str_ends_with(key, STR(":"));

		if (raw)
			key.n--;
		vec_add(&w->a, &l->vars, (struct job_var){ .key = key, .value = line, .raw = raw });
	}
}

static void world_init(struct world *w, const char *low, const char *high)
{
	*w = (struct world){ 0 };
	arena_init(&w->a, 0);
	fill(w, &w->low, low);
	fill(w, &w->high, high);
	w->s = (struct scope){ .layer = { &w->low, &w->high }, .nr = 2 };
}

static void values_are_expanded_in_terms_of_the_whole_scope(void **state UNUSED)
{
	static const struct {
		const char *low, *high, *key, *value;
	} cases[] = {
		{ "A=1", "", "A", "1" },
		{ "A=1", "A=2", "A", "2" },
		{ "A=$B", "B=x", "A", "x" },
		{ "A=${B}-%B%", "B=x", "A", "x-x" },
		{ "A=$B", "", "A", "" },
		{ "A=$$B", "B=x", "A", "$$B" },
		{ "A=$B", "B:=$C\nC=never", "A", "$C" },
		{ "A:=$B", "B=x", "A", "$B" },
		{ "URL_dev=d\nENV=dev", "A=${URL_${ENV}}", "A", "d" },
		{ "A=50%", "", "A", "50%" },
		{ "A=$", "", "A", "$" },
		{ "A=${B", "B=x", "A", "${B" },
		{ "P=/bin:$P", "", "P", "/bin:$P" }, /* GitLab: no error, left as written */
		{ "A=$B", "B=$C\nC=$D\nD=deep", "A", "deep" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w;
		str value;

		world_init(&w, cases[i].low, cases[i].high);
		value = scope_get(&w.s, &w.a, str_of(cases[i].key));
		if (!str_eq(value, str_of(cases[i].value)))
			fail_msg("case %zu: " STR_FMT ", expected %s", i, STR_ARG(value),
				 cases[i].value);
		arena_release(&w.a);
	}
}

static void undefined_differs_from_empty(void **state UNUSED)
{
	struct world w;

	world_init(&w, "A=", "");
	assert_true(str_is_null(scope_get(&w.s, &w.a, STR("B"))));
	assert_false(str_is_null(scope_get(&w.s, &w.a, STR("A"))));
	arena_release(&w.a);
}

static void keep_leaves_unknown_names_as_written(void **state UNUSED)
{
	struct world w;

	world_init(&w, "A=1", "");
	assert_true(str_eq(scope_expand(&w.s, &w.a, STR("$A ${B} %C%"), true), STR("1 ${B} %C%")));
	assert_true(str_eq(scope_expand(&w.s, &w.a, STR("$A ${B} %C%"), false), STR("1  ")));
	arena_release(&w.a);
}

static void an_indexed_layer_gives_the_same_answers(void **state UNUSED)
{
	struct world w;

	world_init(&w, "A=old\nB=b\nA=new", "");
	assert_true(str_eq(scope_get(&w.s, &w.a, STR("A")), STR("new")));
	scope_layer_index(&w.low, &w.a);
	assert_true(str_eq(scope_get(&w.s, &w.a, STR("A")), STR("new")));
	assert_true(str_is_null(scope_get(&w.s, &w.a, STR("C"))));
	arena_release(&w.a);
}

static void a_flat_list_holds_each_key_once_with_the_value_in_force(void **state UNUSED)
{
	struct job_var_vec flat = { 0 };
	struct world w;

	world_init(&w, "A=1\nB=$A$C", "A=2\nC=3");
	scope_flatten(&w.s, &w.a, &flat);
	assert_int_equal(flat.nr, 3);
	assert_true(str_eq(job_var_get(&flat, STR("A")), STR("2")));
	assert_true(str_eq(job_var_get(&flat, STR("B")), STR("23")));
	assert_true(str_eq(job_var_get(&flat, STR("C")), STR("3")));
	for (size_t i = 0; i < flat.nr; i++)
		assert_true(flat.at[i].raw);
	arena_release(&w.a);
}

static void a_flat_list_leaves_to_the_runner_what_only_it_knows(void **state UNUSED)
{
	struct job_var_vec flat = { 0 };
	struct world w;

	world_init(&w, "DIR=$CI_PROJECT_DIR/.cache\nESC=a$$b\nUSE=$RAW $PLAIN $FILE", "");
	struct job_var more[] = {
		{ .key = STR("RAW"), .value = STR("x$y"), .raw = true },
		{ .key = STR("PLAIN"), .value = STR("plain"), .raw = true },
		{ .key = STR("FILE"), .value = STR("content"), .file = true },
	};
	for (size_t i = 0; i < COUNT(more); i++)
		vec_add(&w.a, &w.low.vars, more[i]);
	scope_flatten(&w.s, &w.a, &flat);
	assert_true(str_eq(job_var_get(&flat, STR("DIR")), STR("$CI_PROJECT_DIR/.cache")));
	assert_true(str_eq(job_var_get(&flat, STR("ESC")), STR("a$$b")));
	assert_true(str_eq(job_var_get(&flat, STR("USE")), STR("$RAW plain $FILE")));
	for (size_t i = 0; i < flat.nr; i++)
		assert_int_equal(flat.at[i].raw, i > 2);
	arena_release(&w.a);
}

static void circles_are_named_and_values_kept(void **state UNUSED)
{
	struct world w;
	str trouble;

	world_init(&w, "A=$B\nB=$C\nC=$A\nP=$P:x\nD=$C", "");
	trouble = scope_trouble(&w.s, &w.a, STR("A"));
	assert_true(str_starts_with(trouble, STR("circular variable reference detected: ")));
	assert_true(str_is_null(scope_trouble(&w.s, &w.a, STR("P"))));
	assert_true(str_eq(scope_get(&w.s, &w.a, STR("A")), STR("$A")));
	arena_release(&w.a);
}

/* "billion laughs" of variables: both the empty one, which costs only time, and the full one. */
static void chains_that_double_are_refused_at_once(void **state UNUSED)
{
	for (int full = 0; full < 2; full++) {
		struct buf lines = BUF_INIT;
		struct world w;

		for (int i = 0; i < 60; i++)
			buf_addf(&lines, "V%d=$V%d$V%d\n", i, i + 1, i + 1);
		buf_addf(&lines, "V60=%s", full ? "x" : "");
		world_init(&w, lines.p, "");
		assert_false(str_is_null(scope_trouble(&w.s, &w.a, STR("V0"))));
		scope_get(&w.s, &w.a, STR("V0"));
		arena_release(&w.a);
		buf_release(&lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_expanded_in_terms_of_the_whole_scope),
		cmocka_unit_test(undefined_differs_from_empty),
		cmocka_unit_test(keep_leaves_unknown_names_as_written),
		cmocka_unit_test(an_indexed_layer_gives_the_same_answers),
		cmocka_unit_test(a_flat_list_holds_each_key_once_with_the_value_in_force),
		cmocka_unit_test(a_flat_list_leaves_to_the_runner_what_only_it_knows),
		cmocka_unit_test(circles_are_named_and_values_kept),
		cmocka_unit_test(chains_that_double_are_refused_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
