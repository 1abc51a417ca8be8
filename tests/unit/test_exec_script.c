#include "exec/script.h"

#include "os/proc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void text_is_quoted_so_that_bash_gives_it_back(void **state)
{
	CLEANUP(buf_release) struct buf all = BUF_INIT, script = BUF_INIT, out = BUF_INIT;
	const char *argv[] = { "bash", "-c", NULL, NULL };
	struct proc_capture c = { .spec.argv = argv };
	struct err err;

	(void)state;
	for (int round = 0; round < 3; round++) /* each byte before and after digits */
		for (int i = 1; i < 256; i++)
			buf_addf(&all, round == 0 ? "%c" : round == 1 ? "%c1f" : "'\\%c", i);
	buf_addz(&script, "printf %s ");
	script_add_quoted(&script, buf_str(&all));
	argv[2] = script.p;
	setenv("LC_ALL", "C", 1);
	assert_int_equal(proc_output(&c, &out, &err), 0);
	assert_int_equal(out.n, all.n);
	assert_memory_equal(out.p, all.p, all.n);
}

static void a_command_cannot_leave_its_place(void **state)
{
	static const char *const commands[] = {
		"' < /dev/null; echo escaped", "$'\\''", "\\", "echo '\n", "<<END\nx",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		CLEANUP(buf_release) struct buf script = BUF_INIT;
		struct str_vec one = { 0 };
		struct variables none;
		struct arena a;
		struct err err;
		str lines, line, last = str_null;
		size_t nr = 0;

		arena_init(&a, 0);
		variables_init(&none, &a);
		vec_add(&a, &one, str_of(commands[i]));
		struct script_spec spec = { .commands = &one, .variables = &none };
		assert_int_equal(script_make(&spec, &script, &err), 0);
		for (lines = buf_str(&script); lines.n; nr++) {
			line = str_cut(&lines, '\n');
			if (str_starts_with(line, STR("eval ")))
				last = line;
		}
		assert_int_equal(nr, 7); /* each command is within the one line of eval */
		assert_true(str_ends_with(last, STR("' < /dev/null")));
		arena_release(&a);
	}
}

static void a_script_has_the_runners_form(void **state)
{
	CLEANUP(buf_release) struct buf script = BUF_INIT;
	struct str_vec commands = { 0 };
	struct variables v;
	struct arena a;
	struct err err;

	(void)state;
	arena_init(&a, 0);
	variables_init(&v, &a);
	variables_set_text(&v, "IFS", STR(":'"));
	variables_set_text(&v, "PLAIN", STR("not here"));
	vec_add(&a, &commands, STR("make"));
	vec_add(&a, &commands, STR("  \n"));
	struct script_spec spec = { .commands = &commands, .variables = &v, .trace = true };
	assert_int_equal(script_make(&spec, &script, &err), 0);
	assert_string_equal(script.p,
			    "#!/usr/bin/env bash\n"
			    "trap 'exit 1' TERM\n"
			    "set -o pipefail\n"
			    "set -o errexit\n"
			    "set +o noclobber\n"
			    "export IFS=$':\\''\n"
			    "eval $'set -o xtrace\\necho $\\'\\\\x1b[32;1m$ make\\\\x1b[0;m\\'\\n"
			    "make\\necho\\n' < /dev/null\n"
			    "exit 0\n");
	arena_release(&a);
}

static void a_script_has_a_limit(void **state)
{
	CLEANUP(buf_release) struct buf script = BUF_INIT;
	char *huge = mem_alloc(SCRIPT_MAX);
	struct str_vec commands = { 0 };
	struct variables v;
	struct arena a;
	struct err err;

	(void)state;
	memset(huge, 'x', SCRIPT_MAX);
	arena_init(&a, 0);
	variables_init(&v, &a);
	vec_add(&a, &commands, (str){ huge, SCRIPT_MAX });
	struct script_spec spec = { .commands = &commands, .variables = &v };
	assert_int_equal(script_make(&spec, &script, &err), -1);
	assert_string_equal(err.msg, "the script is larger than 16 MB");
	arena_release(&a);
	mem_free(huge);
}

static void routes_of_variables(void **state)
{
	static const struct {
		const char *name;
		enum variable_route route;
	} cases[] = {
		{ "PATH", ROUTE_ENVIRON },	{ "_x1", ROUTE_ENVIRON },
		{ "IFS", ROUTE_SCRIPT },	{ "LD_PRELOAD", ROUTE_SCRIPT },
		{ "UID", ROUTE_READONLY },	{ "SHELLOPTS", ROUTE_READONLY },
		{ "", ROUTE_BAD_NAME },		{ "1x", ROUTE_BAD_NAME },
		{ "a-b", ROUTE_BAD_NAME },	{ "a=b", ROUTE_BAD_NAME },
		{ "BASH_FUNC_ls%%", ROUTE_BAD_NAME },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(variable_route(str_of(cases[i].name)), cases[i].route);
}

static void our_environment_is_passed_on_without_what_would_change_the_job(void **state)
{
	const char *const *env;
	struct variables v;
	struct arena a;
	struct err err;
	bool own = false, home = false;

	(void)state;
	setenv("GIT_DIR", "/elsewhere", 1);
	setenv("CI_COMMIT_TAG", "v1", 1);
	setenv("OWN_THING", "kept", 1);
	setenv("HOME", "/old", 1);
	arena_init(&a, 0);
	variables_init(&v, &a);
	variables_set_text(&v, "HOME", STR("/new"));
	assert_int_equal(variables_environ(&v, &env, &err), 0);
	for (; *env; env++) {
		assert_int_not_equal(strncmp(*env, "GIT_DIR=", 8), 0);
		assert_int_not_equal(strncmp(*env, "CI_COMMIT_TAG=", 14), 0);
		own |= strcmp(*env, "OWN_THING=kept") == 0;
		assert_string_not_equal(*env, "HOME=/old");
		home |= strcmp(*env, "HOME=/new") == 0;
	}
	assert_true(own && home);
	arena_release(&a);
}

static void a_variable_is_expanded_as_by_the_runner(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },	      { "plain", "plain" },	  { "$A", "one" },
		{ "${A}x", "onex" },  { "$Ax", "" },		  { "$$A", "$A" },
		{ "$$$A", "$one" },   { "a$", "a$" },		  { "$ x", "$ x" },
		{ "${}", "" },	      { "${A", "A" },		  { "$1A", "A" },
		{ "$*$#$@$!$?$-", "" }, { "$.A", "$.A" },	  { "%A%", "%A%" },
		{ "$A$B$A", "one$Aone" },
	};
	struct variables v;
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	variables_init(&v, &a);
	variables_set_text(&v, "A", STR("one"));
	variables_set_text(&v, "B", STR("$A"));
	for (size_t i = 0; i < COUNT(cases); i++) {
		str got = variables_expand(&v, str_of(cases[i].text));

		if (!str_eq(got, str_of(cases[i].want)))
			fail_msg("%s gives " STR_FMT, cases[i].text, STR_ARG(got));
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_quoted_so_that_bash_gives_it_back),
		cmocka_unit_test(a_command_cannot_leave_its_place),
		cmocka_unit_test(a_script_has_the_runners_form),
		cmocka_unit_test(a_script_has_a_limit),
		cmocka_unit_test(routes_of_variables),
		cmocka_unit_test(our_environment_is_passed_on_without_what_would_change_the_job),
		cmocka_unit_test(a_variable_is_expanded_as_by_the_runner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
