/* extends and !reference, on configurations of one file. */
#include "config_cases.h"

#include <time.h>

/* Load one file. */
static void load_one(struct loaded *t, str text)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	buf_adds(&b, STR(R));
	buf_adds(&b, text);
	load(t, buf_str(&b), NULL);
}

/* What the key `j` becomes, as JSON. */
static void check_job(const struct example *c)
{
	struct loaded t;
	str got;

	load_one(&t, str_of(c->files));
	if (t.r < 0)
		fail_msg("%s: " STR_FMT, c->name, STR_ARG(errors_of(&t)));
	got = json(&t.arena, node_get(t.config.root, STR("j")));
	if (!str_eq(got, str_of(c->want)))
		fail_msg("%s:\n got  " STR_FMT "\n want %s", c->name, STR_ARG(got), c->want);
	unload(&t);
}

/* The errors, "line:column: message | hint". */
static void check_said(const struct example *c)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct loaded t;
	str rest;

	load_one(&t, str_of(c->files));
	assert_int_equal(t.r, -1);
	rest = errors_of(&t);
	while (rest.n > 0) {
		str line = str_cut(&rest, '\n');

		buf_adds(&b, str_from(line, sizeof(".gitlab-ci.yml:") - 1));
		buf_addc(&b, '\n');
	}
	if (!str_eq(buf_str(&b), str_of(c->want)))
		fail_msg("%s:\n got:\n" STR_FMT " want:\n%s", c->name, STR_ARG(buf_str(&b)),
			 c->want);
	unload(&t);
}

static void jobs_extend_others(void **state UNUSED)
{
	static const struct example cases[] = {
		{ "one parent", ".t: {a: 1, b: 1}\nj: {extends: .t, b: 2, c: 2}\n",
		  "{\"a\": 1, \"b\": 2, \"c\": 2}" },
		{ "nothing of its own", ".t: {a: 1}\nj: {extends: .t}\n", "{\"a\": 1}" },
		{ "the later parent wins", ".t: {a: t, b: t}\n.u: {b: u}\nj: {extends: [.t, .u]}\n",
		  "{\"a\": \"t\", \"b\": \"u\"}" },
		{ "maps merge, lists and scalars are replaced",
		  ".t: {m: {x: {p: 1}, y: 1}, l: [1, 2], s: t}\n"
		  "j: {extends: .t, m: {x: {q: 2}}, l: [3], s: [4]}\n",
		  "{\"m\": {\"x\": {\"p\": 1, \"q\": 2}, \"y\": 1}, \"l\": [3], \"s\": [4]}" },
		{ "parents of parents, written after their children",
		  "j: {extends: .c, k: j}\n.c: {extends: .b, c: 1, k: c}\n.b: {b: 1, k: b}\n",
		  "{\"b\": 1, \"k\": \"j\", \"c\": 1}" },
		{ "null over a map", ".t: {variables: {A: 1}}\nj: {extends: .t, variables: }\n",
		  "{\"variables\": null}" },
		{ "a diamond", ".a: {k: a, x: 1}\n.b: {extends: .a, k: b}\n.c: {extends: .a, y: 1}\n"
			       "j: {extends: [.b, .c]}\n",
		  "{\"k\": \"a\", \"x\": 1, \"y\": 1}" },
		{ "jobs and global maps are parents, too",
		  "default: {a: 1}\nk: {b: 1}\nj: {extends: [default, k]}\n",
		  "{\"a\": 1, \"b\": 1}" },
		{ "a merge key first, extends later",
		  ".x: &x {extends: .t, b: x}\n.t: {a: t, b: t}\nj: {<<: *x}\n",
		  "{\"a\": \"t\", \"b\": \"x\"}" },
		{ "a reference in a parent is one value",
		  ".v: {A: 1}\n.t: {variables: !reference [.v]}\n"
		  "j: {extends: .t, variables: {B: 2}}\n",
		  "{\"variables\": {\"B\": 2}}" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_job(&cases[i]);
}

static void what_is_wrong_with_extends_is_said(void **state UNUSED)
{
	static const struct example cases[] = {
		{ "unknown, near", ".build: {a: 1}\nj: {extends: .biuld}\n",
		  "2:14: j: unknown keys in `extends` (.biuld) | did you mean \".build\"?\n" },
		{ "all in one go, and nothing of those that extend them",
		  "j: {extends: [.p, .q]}\nk: {extends: j}\nl: {extends: .r}\n",
		  "1:15: j: unknown keys in `extends` (.p)\n"
		  "1:19: j: unknown keys in `extends` (.q)\n"
		  "3:14: l: unknown keys in `extends` (.r)\n" },
		{ "a list is no base", "stages: [a]\nj: {extends: stages}\n",
		  "2:14: j: invalid base hashes in `extends` (stages) | \"stages\" is a list; only a "
		  "map can be extended\n" },
		{ "a number", "j: {extends: 1}\n",
		  "1:14: jobs:j:extends config should be an array of strings or a string\n" },
		{ "a map in the list", "j: {extends: [{a: 1}]}\n",
		  "1:15: jobs:j:extends config should be an array of strings or a string\n" },
		{ "nothing", "j: {extends: []}\n",
		  "1:14: jobs:j:extends config should be an array of strings or a string\n" },
		{ "itself", "j: {extends: j}\n",
		  "1:14: j: circular dependency detected in `extends` | j -> j\n" },
		{ "a circle", "k: {extends: a}\na: {extends: b}\nb: {extends: c}\nc: {extends: a}\n",
		  "2:14: a: circular dependency detected in `extends` | a -> b -> c -> a\n" },
		{ "two circles", "a: {extends: b}\nb: {extends: a}\nc: {extends: d}\nd: {extends: c}\n",
		  "1:14: a: circular dependency detected in `extends` | a -> b -> a\n"
		  "3:14: c: circular dependency detected in `extends` | c -> d -> c\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_said(&cases[i]);
}

/* j0 extends j1 … extends j<nr>. */
static void load_chain(struct loaded *t, struct buf *b, unsigned nr, bool backwards)
{
	for (unsigned k = 0; k < nr; k++) {
		unsigned i = backwards ? nr - 1 - k : k;

		buf_addf(b, "j%u: {extends: j%u}\n", i, i + 1);
	}
	buf_addf(b, "j%u: {a: 1}\n", nr);
	load_one(t, buf_str(b));
}

static void extends_nests_as_deep_as_in_gitlab(void **state UNUSED)
{
	for (unsigned backwards = 0; backwards < 2; backwards++) {
		CLEANUP(buf_release) struct buf ok = BUF_INIT;
		CLEANUP(buf_release) struct buf deep = BUF_INIT;
		CLEANUP(buf_release) struct buf deepest = BUF_INIT;
		struct loaded t;

		load_chain(&t, &ok, 11, backwards);
		assert_int_equal(t.r, 0);
		unload(&t);
		load_chain(&t, &deep, 12, backwards);
		assert_int_equal(t.r, -1);
		assert_int_equal(t.diags.nr_error, 1);
		assert_true(str_find(errors_of(&t), STR("j0: nesting too deep in `extends`"), 0) >
			    0);
		unload(&t);
		load_chain(&t, &deepest, 50000, backwards);
		assert_int_equal(t.r, -1);
		assert_int_equal(t.diags.nr_error, 1);
		unload(&t);
	}
}

static void each_job_keeps_its_own_place(void **state UNUSED)
{
	struct loaded t;

	load_one(&t, STR(".t: {a: 1}\nj:\n  extends: .t\nk:\n  extends: .t\n  b: 1\n"));
	assert_int_equal(t.r, 0);
	assert_int_equal(node_get(t.config.root, STR("j"))->pos.line, 3);
	assert_int_equal(node_get(t.config.root, STR("k"))->pos.line, 5);
	assert_int_equal(node_get(node_get(t.config.root, STR("k")), STR("a"))->pos.line, 1);
	/* what was written is still there, for explain */
	assert_non_null(node_get(node_get(t.config.unresolved, STR("j")), STR("extends")));
	unload(&t);
}

static void a_chain_names_the_ancestors_in_order_of_merging(void **state UNUSED)
{
	static const char *const want[] = { ".a", ".b", ".c", "j" };
	struct str_vec chain;
	struct loaded t;

	load_one(&t, STR(".a: {x: 1}\n.b: {extends: .a}\n.c: {y: 1}\nj: {extends: [.b, .c]}\n"));
	chain = gitlab_extends_chain(&t.arena, t.config.unresolved, STR("j"));
	assert_int_equal(chain.nr, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++)
		assert_string_equal(chain.at[i].p, want[i]);
	unload(&t);
}

static void merges_that_multiply_stop_at_the_limit(void **state UNUSED)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct loaded t;

	buf_addz(&b, ".t:\n  variables:\n");
	for (unsigned i = 0; i < 10000; i++)
		buf_addf(&b, "    V%u: 1\n", i);
	for (unsigned i = 0; i < 10000; i++)
		buf_addf(&b, "j%u: {extends: .t, variables: {A: 1}}\n", i);
	load_one(&t, buf_str(&b));
	assert_int_equal(t.r, -1);
	assert_int_equal(t.diags.nr_error, 1);
	assert_true(t.arena.used < (size_t)400 << 20);
	unload(&t);
}

static void references_are_replaced(void **state UNUSED)
{
	static const struct example cases[] = {
		{ "a value", ".t: {script: [x, y]}\nj: {script: !reference [.t, script]}\n",
		  "{\"script\": [\"x\", \"y\"]}" },
		{ "a list in a list stays nested",
		  ".t: {script: [x, y]}\nj: {script: [!reference [.t, script], z]}\n",
		  "{\"script\": [[\"x\", \"y\"], \"z\"]}" },
		{ "deep paths, and whole jobs",
		  ".t: {a: {b: {c: 1}}}\nj: {x: !reference [.t, a, b, c], y: !reference [.t]}\n",
		  "{\"x\": 1, \"y\": {\"a\": {\"b\": {\"c\": 1}}}}" },
		{ "references in what is referred to",
		  ".a: {s: [a]}\n.b: {s: [!reference [.a, s], b]}\n"
		  "j: {s: !reference [.b, s]}\n",
		  "{\"s\": [[\"a\"], \"b\"]}" },
		{ "of a sibling in the same job", "j: {a: 1, b: !reference [j, a]}\n",
		  "{\"a\": 1, \"b\": 1}" },
		{ "after extends", ".t: {s: [t]}\nk: {extends: .t}\nj: {s: !reference [k, s]}\n",
		  "{\"s\": [\"t\"]}" },
		{ "in rules and variables",
		  ".r: {rules: [{if: $A}]}\n.v: {A: 1}\n"
		  "j: {rules: [!reference [.r, rules], {when: never}], variables: !reference [.v]}\n",
		  "{\"rules\": [[{\"if\": \"$A\"}], {\"when\": \"never\"}], "
		  "\"variables\": {\"A\": 1}}" },
		{ "ten, one behind the other",
		  "a0: {v: x}\na1: {v: !reference [a0, v]}\na2: {v: !reference [a1, v]}\n"
		  "a3: {v: !reference [a2, v]}\na4: {v: !reference [a3, v]}\n"
		  "a5: {v: !reference [a4, v]}\na6: {v: !reference [a5, v]}\n"
		  "a7: {v: !reference [a6, v]}\na8: {v: !reference [a7, v]}\n"
		  "a9: {v: !reference [a8, v]}\nj: {v: !reference [a9, v]}\n",
		  "{\"v\": \"x\"}" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_job(&cases[i]);
}

static void what_is_wrong_with_a_reference_is_said(void **state UNUSED)
{
	static const struct example cases[] = {
		{ "no such job, no such key",
		  ".test: {script: [x]}\nj: {s: !reference [.tset, script]}\n"
		  "k: {s: !reference [.test, scirpt]}\n",
		  "2:8: !reference [\".tset\", \"script\"] could not be found | "
		  "did you mean \".test\"?\n"
		  "3:8: !reference [\".test\", \"scirpt\"] could not be found | "
		  "did you mean \"script\"?\n" },
		{ "null and false", ".t: {a: , b: false}\nj: {x: !reference [.t, a], "
				    "y: !reference [.t, b]}\n",
		  "2:8: !reference [\".t\", \"a\"] could not be found | its value is null, which "
		  "GitLab takes for missing\n"
		  "2:31: !reference [\".t\", \"b\"] could not be found | its value is false, which "
		  "GitLab takes for missing\n" },
		{ "through a list", ".t: {a: [1]}\nj: {x: !reference [.t, a, b]}\n",
		  "2:8: !reference [\".t\", \"a\", \"b\"] could not be found | \"a\" is a list, a "
		  "path leads through maps only\n" },
		{ "through a reference",
		  ".u: {b: 1}\n.t: {a: !reference [.u]}\nj: {x: !reference [.t, a, b]}\n",
		  "3:8: !reference [\".t\", \"a\", \"b\"] could not be found | \"a\" is itself a "
		  "!reference, which a path cannot lead through\n" },
		{ "no list of names", "j: {a: !reference [], b: !reference x, c: !reference [1]}\n",
		  "1:8: !reference is not valid | write a list of names: !reference [job, key]\n"
		  "1:26: !reference is not valid | write a list of names: !reference [job, key]\n"
		  "1:43: !reference is not valid | write a list of names: !reference [job, key]\n" },
		{ "itself", "j: {a: !reference [j, a]}\n",
		  "1:8: !reference [\"j\", \"a\"] is part of a circular chain\n" },
		{ "what it stands in", "j: {a: {b: !reference [j]}}\n",
		  "1:12: !reference [\"j\"] is part of a circular chain\n" },
		{ "a circle", "a: {v: [!reference [b, v]]}\nb: {v: [!reference [a, v]]}\n",
		  "2:9: !reference [\"a\", \"v\"] is part of a circular chain\n" },
		{ "nothing more of a job whose extends failed",
		  "k: {extends: .gone}\nj: {s: !reference [k, script]}\n",
		  "1:14: k: unknown keys in `extends` (.gone)\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_said(&cases[i]);
}

static void eleven_references_behind_each_other_are_refused(void **state UNUSED)
{
	for (unsigned backwards = 0; backwards < 2; backwards++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		struct loaded t;

		for (unsigned k = 0; k < 11; k++) {
			unsigned i = backwards ? 10 - k : k;

			buf_addf(&b, "a%u: {v: !reference [a%u, v]}\n", i, i + 1);
		}
		buf_addz(&b, "a11: {v: [x]}\n");
		load_one(&t, buf_str(&b));
		assert_int_equal(t.r, -1);
		assert_int_equal(t.diags.nr_error, 1);
		unload(&t);
	}
}

static void references_that_multiply_stop_at_the_limit(void **state UNUSED)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct loaded t;

	buf_addz(&b, "a0: {v: [x]}\n");
	for (unsigned i = 1; i < 10; i++) {
		buf_addf(&b, "a%u: {v: [", i);
		for (unsigned k = 0; k < 10; k++)
			buf_addf(&b, "%s!reference [a%u, v]", k ? ", " : "", i - 1);
		buf_addz(&b, "]}\n");
	}
	load_one(&t, buf_str(&b));
	assert_int_equal(t.r, -1);
	assert_true(str_find(errors_of(&t), STR("more than 5,000,000 values"), 0) > 0);
	unload(&t);
}

static double ms_since(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) * 1e3 +
	       (double)(now.tv_nsec - from->tv_nsec) / 1e6;
}

/* Prints what a large file costs; the budget itself is held by bench/. */
static void ten_thousand_jobs_that_extend_are_loaded(void **state UNUSED)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct timespec start;
	struct loaded t;
	struct node **docs;
	double all, parse;
	size_t nr;

	buf_addz(&b,
		 ".base:\n  image: alpine\n  variables: {A: 1, B: 2}\n  script: [make]\n"
		 ".rules:\n  rules:\n  - if: $CI_COMMIT_BRANCH == \"main\"\n  - when: manual\n");
	for (unsigned i = 0; i < 10000; i++) {
		buf_addf(&b,
			 "job-%u:\n  extends: [.base, .rules]\n  stage: test\n"
			 "  variables: {N: %u}\n",
			 i, i);
		if (i % 100)
			buf_addf(&b,
				 "  needs: [job-%u]\n  before_script:\n"
				 "  - !reference [.base, script]\n",
				 i - i % 100);
	}
	assert_true(b.n < 2u << 20);
	clock_gettime(CLOCK_MONOTONIC, &start);
	load_one(&t, buf_str(&b));
	all = ms_since(&start);
	assert_int_equal(t.r, 0);
	assert_int_equal(t.config.root->map.nr, 10002);
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(node_parse_yaml(&t.arena,
					 source_new(&t.arena, STR("x"), buf_str(&b), pos_none),
					 &node_yaml11, &docs, &nr, &t.diags),
			 0);
	parse = ms_since(&start);
	print_message("%zu bytes: %.1f ms, of these %.1f ms parsing YAML; arena %zu kB\n", b.n, all,
		      parse, t.arena.used / 1024);
	unload(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_extend_others),
		cmocka_unit_test(what_is_wrong_with_extends_is_said),
		cmocka_unit_test(extends_nests_as_deep_as_in_gitlab),
		cmocka_unit_test(each_job_keeps_its_own_place),
		cmocka_unit_test(a_chain_names_the_ancestors_in_order_of_merging),
		cmocka_unit_test(merges_that_multiply_stop_at_the_limit),
		cmocka_unit_test(references_are_replaced),
		cmocka_unit_test(what_is_wrong_with_a_reference_is_said),
		cmocka_unit_test(eleven_references_behind_each_other_are_refused),
		cmocka_unit_test(references_that_multiply_stop_at_the_limit),
		cmocka_unit_test(ten_thousand_jobs_that_extend_are_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
