/* spec:inputs and interpolation: what a file becomes, what is said of it. */
#include "config_cases.h"

static void inputs_reach_keys_and_values(void **state UNUSED)
{
	static const struct example cases[] = {
		{ "a text inside a text, in a key and a value",
		  R "include: {local: a.yml, inputs: {n: web}}\n" SPEC("{n: }")
		  "$[[ inputs.n ]]-test:\n  script: echo $[[inputs.n]] $[[ inputs.n ]]\n",
		  "{web-test: {script: echo web web}}" },
		{ "types are kept",
		  R "include: {local: a.yml, inputs: {b: true, n: 1.5, l: [1, {x: y}], s: '1'}}\n"
		  SPEC("{b: {type: boolean}, n: {type: number}, l: {type: array}, s: }")
		  "j:\n  b: $[[ inputs.b ]]\n  n: $[[ inputs.n ]]\n  l: $[[ inputs.l ]]\n"
		  "  s: \"$[[ inputs.s ]]\"\n  t: x$[[ inputs.b ]]$[[ inputs.n ]]\n",
		  "{j: {b: true, n: 1.5, l: [1, {x: y}], s: '1', t: xtrue1.5}}" },
		{ "defaults of every type",
		  R "include: a.yml\n" SPEC("{a: {default: x}, b: {type: boolean, default: false}, "
					    "c: {type: number, default: 0x10}, "
					    "d: {type: array, default: []}}")
		  "j: ['$[[ inputs.a ]]', '$[[ inputs.b ]]', '$[[ inputs.c ]]', '$[[ inputs.d ]]', "
		  "'_$[[ inputs.c ]]']\n",
		  "{j: [x, false, 16, [], _16]}" },
		{ "what is passed wins over the default",
		  R "include: {local: a.yml, inputs: {a: given}}\n" SPEC("{a: {default: d}}")
		  "j: $[[ inputs.a ]]\n",
		  "{j: given}" },
		{ "one character is no block", R "spec:\n---\nj: $[[ x ]] $[[x]]\n",
		  "{j: '$[[ x ]] $[[x]]'}" },
		{ "null means not passed",
		  R "include: {local: a.yml, inputs: {a: }}\n" SPEC("{a: {default: d}}")
		  "j: $[[ inputs.a ]]\n",
		  "{j: d}" },
		{ "functions, one after the other",
		  R "include: {local: a.yml, inputs: {s: 'a$DIR b'}}\n" SPEC("{s: }")
		  "j: ['$[[ inputs.s | expand_vars ]]', '$[[ inputs.s | truncate(1, 3) ]]', "
		  "'$[[ inputs.s|expand_vars|truncate(1,4)|posix_escape ]]', "
		  "'$[[ inputs.s | truncate(90, 3) ]]']\n",
		  "{j: ['aci b', '$DI', 'ci\\ b', '']}" },
		{ "truncate counts characters",
		  R "include: {local: a.yml, inputs: {s: 'äöü'}}\n" SPEC("{s: }")
		  "j: $[[ inputs.s | truncate(1, 1) ]]\n",
		  "{j: ö}" },
		{ "split makes a list",
		  R "include: {local: a.yml, inputs: {s: 'a, b,,c'}}\n" SPEC("{s: }")
		  "j: $[[ inputs.s | split(',') ]]\n",
		  "{j: [a, b, c]}" },
		{ "matrix blocks and lone brackets stay",
		  R "include: {local: a.yml, inputs: {s: x}}\n" SPEC("{s: }")
		  "j: ['$[[ matrix.OS ]]', '$[[', '$[[ ]]', '$[[ x', '$[[ matrix.A ]]-$[[ inputs.s ]]']\n",
		  "{j: ['$[[ matrix.OS ]]', '$[[', '$[[ ]]', '$[[ x', '$[[ matrix.A ]]-x']}" },
		{ "no header, no interpolation",
		  R "j: $[[ inputs.x ]]\n", "{j: '$[[ inputs.x ]]'}" },
		{ "an empty spec is a header",
		  R "spec:\n---\nj: 1\n", "{j: 1}" },
		{ "in what is included, and its inputs",
		  R "include: {local: a.yml, inputs: {f: b}}\n" SPEC("{f: }")
		  "include: {local: '$[[ inputs.f ]].yml', inputs: {g: '<$[[ inputs.f ]]>'}}\n"
		  "=== b.yml\nspec: {inputs: {g: }}\n---\nj: $[[ inputs.g ]]\n",
		  "{j: <b>}" },
		{ "the same file with other inputs",
		  R "include: [{local: a.yml, inputs: {n: x}}, {local: a.yml, inputs: {n: y}}]\n"
		  SPEC("{n: }") "$[[ inputs.n ]]: 1\n",
		  "{x: 1, y: 1}" },
		{ "references are kept while interpolating",
		  R "include: {local: a.yml, inputs: {n: .t}}\n" SPEC("{n: }")
		  ".t: {script: [x]}\nj: {script: !reference ['$[[ inputs.n ]]', script]}\n",
		  "{.t: {script: [x]}, j: {script: [x]}}" },
		{ "a list in a text is JSON",
		  R "include: {local: a.yml, inputs: {l: [a, 1]}}\n" SPEC("{l: {type: array}}")
		  "j: \"l=$[[ inputs.l ]]\"\n",
		  "{j: 'l=[\"a\", 1]'}" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_good(&cases[i]);
}

static void a_value_that_was_put_in_stands_where_it_is_used(void **state UNUSED)
{
	struct loaded t;

	load(&t, STR(R "spec: {inputs: {x: {default: v}}}\n---\n\nj:\n  k: $[[ inputs.x ]]\n"),
	     NULL);
	assert_int_equal(t.r, 0);
	assert_int_equal(node_get(node_get(t.config.root, STR("j")), STR("k"))->pos.line, 5);
	unload(&t);
}

static void a_pipeline_takes_inputs_itself(void **state UNUSED)
{
	struct loaded t;

	load(&t, STR(R "spec: {inputs: {x: }}\n---\nj: $[[ inputs.x ]]\n"), "{x: given}");
	assert_int_equal(t.r, 0);
	assert_string_equal(json(&t.arena, t.config.root).p, "{\"j\": \"given\"}");
	unload(&t);
}

static void what_is_wrong_with_inputs_is_said(void **state UNUSED)
{
	static const struct example cases[] = {
		{ "missing, at the include", R "x: 1\ninclude: a.yml\n" SPEC("{a: , b: }") "j: 1\n",
		  ".gitlab-ci.yml:2:10: `a` input: required value has not been provided\n"
		  ".gitlab-ci.yml:2:10: `b` input: required value has not been provided\n" },
		{ "unknown", R "include: {local: a.yml, inputs: {nmae: x}}\n" SPEC("{name: {default: x}}")
		  "j: 1\n",
		  ".gitlab-ci.yml:1:34: unknown input arguments: nmae | did you mean \"name\"?\n" },
		{ "inputs for a file without header",
		  R "include: {local: a.yml, inputs: {n: x}}\n=== a.yml\nj: 1\n",
		  ".gitlab-ci.yml:1:33: Given inputs not defined in the `spec` section of the "
		  "included configuration file\n" },
		{ "wrong types",
		  R "include: {local: a.yml, inputs: {s: 1, n: x, b: 'true', l: x}}\n"
		  SPEC("{s: , n: {type: number}, b: {type: boolean}, l: {type: array}}") "j: 1\n",
		  ".gitlab-ci.yml:1:37: `s` input: provided value is not a string | it is a integer; "
		  "put it in quotes\n"
		  ".gitlab-ci.yml:1:43: `n` input: provided value is not a number | it is a string; "
		  "write it without quotes\n"
		  ".gitlab-ci.yml:1:49: `b` input: provided value is not a boolean | it is a string; "
		  "write true or false\n"
		  ".gitlab-ci.yml:1:60: `l` input: provided value is not an array | it is a string; "
		  "write a list: [one, two]\n" },
		{ "a default of the wrong type", R "include: a.yml\n" SPEC("{s: {default: 1}}") "j: 1\n",
		  "a.yml:2:25: `s` input: default value is not a string | it is a integer; "
		  "put it in quotes\n" },
		{ "not an option",
		  R "include: {local: a.yml, inputs: {e: prd}}\n"
		  SPEC("{e: {options: [dev, prod]}}") "j: 1\n",
		  ".gitlab-ci.yml:1:37: `e` input: `prd` cannot be used because it is not in the list "
		  "of allowed options | did you mean \"prod\"? allowed are dev, prod\n" },
		{ "a default that is no option",
		  R "include: a.yml\n" SPEC("{e: {options: [dev], default: x}}") "j: 1\n",
		  "a.yml:2:41: `e` input: `x` cannot be used because it is not in the list of allowed "
		  "options | allowed are dev\n" },
		{ "options for a boolean",
		  R "include: a.yml\n" SPEC("{b: {type: boolean, options: [true]}}") "j: 1\n",
		  "a.yml:2:40: `b` input: Options can only be used with string and number inputs\n" },
		{ "a regex for a number",
		  R "include: a.yml\n" SPEC("{b: {type: number, regex: x}}") "j: 1\n",
		  "a.yml:2:37: `b` input: RegEx validation can only be used with string inputs\n" },
		{ "an unknown type and key", R "include: a.yml\n" SPEC("{b: {type: bolean, defautl: 1}}")
		  "j: 1\n",
		  "a.yml:2:30: header:spec:inputs:b config contains unknown keys: defautl | "
		  "did you mean \"default\"?\n"
		  "a.yml:2:22: unknown input specification for `b` (valid types: array, boolean, "
		  "number, string) | did you mean \"boolean\"?\n" },
		{ "an unknown key of spec", R "spec: {input: {a: }}\n---\nj: 1\n",
		  ".gitlab-ci.yml:1:8: header:spec config contains unknown keys: input | "
		  "did you mean \"inputs\"?\n" },
		{ "spec in the content", R "spec: {inputs: {a: }}\nj: 1\n",
		  ".gitlab-ci.yml:1:1: `spec` must stand in a document of its own | "
		  "put a line `---` between `spec` and what follows\n" },
		{ "spec and nothing else", R "spec: {inputs: {a: }}\n",
		  ".gitlab-ci.yml:1:1: `spec` must stand in a document of its own | "
		  "add a line `---` and the jobs after it\n" },
		{ "jobs in the header", R "spec:\nj: 1\n---\nk: 1\n",
		  ".gitlab-ci.yml:2:1: header config contains unknown keys: j | "
		  "what stands before `---` may only be `spec`\n" },
		{ "three documents", R "spec:\n---\nj: 1\n---\nk: 1\n",
		  ".gitlab-ci.yml:5:1: the file has 3 documents, at most 2 are possible | "
		  "a `spec` header and the content, with `---` between them\n" },
		{ "rules beside a default", R "include: a.yml\n"
		  SPEC("{b: {rules: [{default: x}], default: y}}") "j: 1\n",
		  "a.yml:2:23: header:spec:inputs:b config these keys cannot be used together: rules, "
		  "default | write `default` into the last rule, without `if`\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_bad(&cases[i]);
}

static void patterns_of_inputs_are_applied(void **state UNUSED)
{
	static const struct example cases[] = {
		{ "options and regex that allow it",
		  R "include: {local: a.yml, inputs: {o: 2, r: v1.2}}\n"
		  SPEC("{o: {type: number, options: [1, 2]}, r: {regex: ^v\\d\\.\\d$}}")
		  "j: $[[ inputs.o ]]$[[ inputs.r ]]\n",
		  "{j: 2v1.2}" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_good(&cases[i]);
}

static void what_patterns_refuse_is_said(void **state UNUSED)
{
	static const struct example cases[] = {
		{ "no match",
		  R "include: {local: a.yml, inputs: {v: '1'}}\n" SPEC("{v: {regex: ^v}}") "j: 1\n",
		  ".gitlab-ci.yml:1:37: `v` input: provided value does not match required RegEx "
		  "pattern | the pattern is ^v\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_bad(&cases[i]);
}

static void rules_choose_what_an_input_may_be(void **state UNUSED)
{
	static const struct example cases[] = {
		{ "rules choose options and default",
		  R "include: [{local: a.yml, inputs: {c: aws}}, {local: a.yml, inputs: {c: x}}]\n"
		  SPEC("{c: , r: {rules: [{if: \"$[[ inputs.c ]] == 'aws'\", options: [eu, us], "
		       "default: eu}, {default: none}]}}")
		  "$[[ inputs.c ]]: $[[ inputs.r ]]\n",
		  "{aws: eu, x: none}" },
		{ "rules see inputs that have rules themselves, whatever the order",
		  R "include: {local: a.yml, inputs: {c: prod}}\n" SPEC(
			  "{n: {type: number, rules: [{if: \"$[[ inputs.size ]] == 'big'\", default: 9}, "
			  "{default: 1}]}, size: {rules: [{if: \"$[[ inputs.c ]] == 'prod'\", "
			  "options: [big], default: big}, {default: small}]}, c: }") "j: $[[ inputs.n ]]\n",
		  "{j: 9}" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_good(&cases[i]);
}

static void what_rules_of_inputs_refuse_is_said(void **state UNUSED)
{
	static const struct example cases[] = {
		{ "rules in a circle", R "include: a.yml\n"
		  SPEC("{b: {rules: [{if: \"$[[ inputs.c ]] == 'x'\"}, {default: y}]}, "
		       "c: {rules: [{if: \"$[[ inputs.b ]] == 'x'\"}, {default: y}]}}") "j: 1\n",
		  "a.yml:2:12: `b` input: circular dependency detected in `rules`\n" },
		{ "no rule matches: there is no default",
		  R "include: {local: a.yml, inputs: {c: x}}\n" SPEC(
			  "{c: , r: {rules: [{if: \"$[[ inputs.c ]] == 'y'\", default: d}]}}") "j: 1\n",
		  ".gitlab-ci.yml:1:18: `r` input: required value has not been provided\n" },
		{ "an option of another rule",
		  R "include: {local: a.yml, inputs: {c: aws, r: west}}\n" SPEC(
			  "{c: , r: {rules: [{if: \"$[[ inputs.c ]] == 'aws'\", options: [eu, us]}, "
			  "{options: [west]}]}}") "j: 1\n",
		  ".gitlab-ci.yml:1:45: `r` input: `west` cannot be used because it is not in the list "
		  "of allowed options | allowed are eu, us\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_bad(&cases[i]);
}

static void what_is_wrong_with_a_block_is_said_at_its_scalar(void **state UNUSED)
{
#define X R "spec: {inputs: {name: {default: x}, n: {type: number, default: 1}}}\n---\n"
	static const struct example cases[] = {
		{ "unknown, near", X "j:\n  k: a $[[ inputs.nmae ]]\n",
		  ".gitlab-ci.yml:4:6: unknown interpolation key: `nmae` | did you mean \"name\"?\n" },
		{ "unknown, and all others", X "j: ['$[[ inputs.zzzzzz ]]', '$[[ stuff.x ]]', "
		  "'$[[ name ]]', '$[[ component.name ]]']\n",
		  ".gitlab-ci.yml:3:5: unknown interpolation key: `zzzzzz` | there are: name, n\n"
		  ".gitlab-ci.yml:3:29: unknown interpolation key: `stuff` | "
		  "a block starts with inputs, component or matrix\n"
		  ".gitlab-ci.yml:3:47: invalid interpolation access pattern | "
		  "write $[[ inputs.NAME ]]\n"
		  ".gitlab-ci.yml:3:62: unknown interpolation key: `name` | name it in "
		  "`spec:component` of a component: component: [name, sha, version, reference]\n" },
		{ "in a key", X "$[[ inputs.q ]]: 1\n",
		  ".gitlab-ci.yml:3:1: unknown interpolation key: `q` | did you mean \"n\"?\n" },
		{ "functions", X "j: ['$[[ inputs.name | trucate(1, 2) ]]', "
		  "'$[[ inputs.name | truncate ]]', '$[[ inputs.n | posix_escape ]]', "
		  "'$[[ inputs.name | truncate(a, b) ]]']\n",
		  ".gitlab-ci.yml:3:5: no function matching `trucate(1, 2)`: check that the function "
		  "name, arguments, and types are correct | did you mean \"truncate\"?\n"
		  ".gitlab-ci.yml:3:43: no function matching `truncate`: check that the function "
		  "name, arguments, and types are correct | truncate(OFFSET, LENGTH): a piece of it\n"
		  ".gitlab-ci.yml:3:76: invalid input type: posix_escape can only be used with string "
		  "inputs\n"
		  ".gitlab-ci.yml:3:110: truncate takes two numbers: truncate(0, 8)\n" },
		{ "four functions", X "j: $[[ inputs.name|expand_vars|expand_vars|expand_vars|expand_vars ]]\n",
		  ".gitlab-ci.yml:3:4: too many functions in interpolation block | "
		  "at most 3 functions may follow each other\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_bad(&cases[i]);
}

static void inputs_that_grow_at_every_include_are_stopped(void **state UNUSED)
{
	static const char *const files[] = {
		/* text */
		R "include: {local: a.yml, inputs: {x: xxxxxxxxxxxxxxxx}}\n" SPEC("{x: }")
		"include: {local: a.yml, inputs: {x: '$[[ inputs.x ]]$[[ inputs.x ]]'}}\n",
		/* lists */
		R "include: {local: a.yml, inputs: {x: [1, 2, 3, 4]}}\n" SPEC("{x: {type: array}}")
		"include: {local: a.yml, inputs: {x: ['$[[ inputs.x ]]', '$[[ inputs.x ]]']}}\n",
	};

	for (size_t i = 0; i < COUNT(files); i++) {
		struct loaded t;

		load(&t, str_of(files[i]), NULL);
		assert_int_equal(t.r, -1);
		assert_true(t.diags.nr_error > 0);
		assert_true(t.arena.used < (size_t)300 << 20);
		unload(&t);
	}
}

static void at_most_20_inputs_are_passed(void **state UNUSED)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct loaded t;

	for (unsigned i = 0; i < 21; i++)
		buf_addf(&b, "i%u: x\n", i);
	load(&t, STR(R "spec: {inputs: {}}\n---\nj: 1\n"), b.p);
	assert_int_equal(t.r, -1);
	assert_true(str_find(errors_of(&t), STR("more than 20 inputs"), 0) > 0);
	unload(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inputs_reach_keys_and_values),
		cmocka_unit_test(a_value_that_was_put_in_stands_where_it_is_used),
		cmocka_unit_test(a_pipeline_takes_inputs_itself),
		cmocka_unit_test(what_is_wrong_with_inputs_is_said),
		cmocka_unit_test(patterns_of_inputs_are_applied),
		cmocka_unit_test(what_patterns_refuse_is_said),
		cmocka_unit_test(rules_choose_what_an_input_may_be),
		cmocka_unit_test(what_rules_of_inputs_refuse_is_said),
		cmocka_unit_test(what_is_wrong_with_a_block_is_said_at_its_scalar),
		cmocka_unit_test(inputs_that_grow_at_every_include_are_stopped),
		cmocka_unit_test(at_most_20_inputs_are_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
