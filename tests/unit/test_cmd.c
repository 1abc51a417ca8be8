#include "cmd/complete.h"
#include "cmd/help.h"
#include "cmd/man.h"
#include "cmd/options.h"

#include "fmt/ansi.h"
#include "plan/facts.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct str_vec words_of(struct arena *a, const char *line)
{
	struct str_vec words = { 0 };
	str rest = str_of(line);

	while (rest.n)
		vec_add(a, &words, str_cut(&rest, ' '));
	return words;
}

/* --- the table --- */

static void check_sentence(const char *text)
{
	assert_non_null(text);
	assert_true(strlen(text) > 5);
	assert_true(text[strlen(text) - 1] != '.');
	assert_true(ansi_is_plain(str_of(text), 0));
}

static void check_opts(const struct cmd *c)
{
	const struct opt_set *set, *other;

	for (set = c->sets; set->title; set++)
		for (size_t i = 0; i < set->nr; i++) {
			const struct opt *o = &set->opts[i];

			check_sentence(o->help);
			assert_true((o->kind == OPT_FLAG) == (o->metavar == NULL));
			assert_true((o->kind == OPT_CHOICE) == (o->choices != NULL));
			assert_true(o->kind != OPT_NUMBER || o->max > o->min);
			assert_true(set->base + o->offset < c->size);
			assert_string_not_equal(o->name, "help");
			/* Neither name nor letter stands in two rows. */
			assert_ptr_equal(cmd_find_opt(c->sets, str_of(o->name), &other), o);
			if (o->letter) {
				assert_ptr_equal(cmd_find_letter(c->sets, o->letter, &other), o);
				assert_int_not_equal(o->letter, 'h');
			}
		}
}

static void the_table_is_sorted_complete_and_documented(void **state UNUSED)
{
	for (size_t i = 0; i < nr_cmds; i++) {
		const struct cmd *c = &cmds[i];

		assert_true(i == 0 || strcmp(cmds[i - 1].name, c->name) < 0);
		assert_ptr_equal(cmd_find(str_of(c->name)), c);
		check_sentence(c->help);
		assert_true(islower((unsigned char)c->help[0]));
		assert_true(c->about && c->about[strlen(c->about) - 1] == '.');
		assert_non_null(c->run);
		assert_non_null(c->exits[0].help);
		assert_true(c->size > 0);
		assert_true(c->examples->line || c->group == CMD_ABOUT || c->group == CMD_HIDDEN);
		for (const struct arg *arg = c->args; arg->metavar; arg++) {
			check_sentence(arg->help);
			assert_true(arg->kind != ARG_LIST || !arg[1].metavar);
			assert_true(arg->offset < c->size);
		}
		check_opts(c);
	}
}

static void help_fits_eighty_columns(void **state UNUSED)
{
	for (size_t i = 0; i <= nr_cmds; i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		str rest;

		if (i == nr_cmds)
			help_overview(&b);
		else
			help_command(&b, &cmds[i]);
		rest = buf_str(&b);
		while (rest.n) {
			str line = str_cut(&rest, '\n');

			assert_true(line.n <= 80);
			assert_int_equal(line.n, str_trim_end(line).n);
		}
	}
}

static void assert_names(const struct buf *text, const char *before, const char *option)
{
	char dashed[64];

	snprintf(dashed, sizeof(dashed), "%s--%s", before, option);
	assert_true(str_find(buf_str(text), str_of(dashed), 0) >= 0);
}

static void help_and_pages_name_every_option(void **state UNUSED)
{
	for (size_t i = 0; i < nr_cmds; i++) {
		CLEANUP(buf_release) struct buf help = BUF_INIT;
		CLEANUP(buf_release) struct buf markdown = BUF_INIT;

		help_command(&help, &cmds[i]);
		man_markdown(&markdown, &cmds[i]);
		for (const struct opt_set *set = cmds[i].sets; set->title; set++)
			for (size_t k = 0; k < set->nr; k++) {
				assert_names(&help, set->opts[k].letter ? ", " : "      ",
					     set->opts[k].name);
				assert_names(&markdown, "`", set->opts[k].name);
			}
	}
}

/* --- decoding --- */

static const struct {
	const char *command, *line, *message; /* NULL: it is fine */
} decode_cases[] = {
	{ "run", "", NULL },
	{ "run", "build test", NULL },
	{ "run", "-nq -j4 build --needs", NULL },
	{ "run", "--fil x", "unknown option --fil; did you mean --file?" },
	{ "run", "--zzzzzzz", "unknown option --zzzzzzz; see `slipway run --help`" },
	{ "run", "-z", "unknown option -z; see `slipway run --help`" },
	{ "run", "--keep=yes", "--keep takes no value" },
	{ "run", "--file", "--file needs a value: --file FILE" },
	{ "run", "-j", "--jobs needs a value: --jobs N" },
	{ "run", "-j0", "--jobs must be a number from 1 to 1024, not \"0\"" },
	{ "run", "-j 1025", "--jobs must be a number from 1 to 1024, not \"1025\"" },
	{ "run", "-j 1x", "--jobs must be a number from 1 to 1024, not \"1x\"" },
	{ "run", "--var A", "--var takes KEY=VALUE, not \"A\"" },
	{ "run", "--var =1", "--var takes KEY=VALUE, not \"=1\"" },
	{ "run", "--var A=", NULL },
	{ "run", "--color sometimes", "--color must be auto, always or never, not \"sometimes\"" },
	{ "graph", "--format svgg",
	  "--format must be text, svg, dot or mermaid, not \"svgg\"; did you mean svg?" },
	{ "graph", "x", "unexpected argument \"x\"; see `slipway graph --help`" },
	{ "explain", "", "JOB is missing; see `slipway explain --help`" },
	{ "log", "", "JOB is missing; see `slipway log --help`" },
	{ "log", "x y", "RUN must be a number from 1, not \"x\"" },
	{ "log", "1 y z", "unexpected argument \"z\"; see `slipway log --help`" },
	{ "completion", "bsh", "SHELL must be bash, zsh or fish, not \"bsh\"; did you mean bash?" },
};

static void bad_usage_gets_a_message_that_helps(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(decode_cases); i++) {
		CLEANUP(arena_release) struct arena a;
		const struct cmd *c = cmd_find(str_of(decode_cases[i].command));
		struct err err = { 0 };
		struct str_vec words;
		bool help = true;
		int code;

		arena_init(&a, 0);
		words = words_of(&a, decode_cases[i].line);
		code = cmd_decode(c, &a, &words, arena_alloc(&a, c->size), &help, &err);
		assert_string_equal(err.msg,
				    decode_cases[i].message ? decode_cases[i].message : "");
		assert_int_equal(code, decode_cases[i].message ? -1 : 0);
		if (code < 0)
			assert_int_equal(err_exit_code(err.kind), 2);
	}
}

static void options_end_in_their_fields(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a;
	struct run_options o = { 0 };
	struct err err = { 0 };
	struct str_vec words;
	bool help;

	arena_init(&a, 0);
	words = words_of(&a,
			 "unit --file=a.yml -v A=1 --var B=x=y --event merge_request -qnj 8 "
			 "--manual deploy --manual=stop -C dir --color never --keep -- --needs");
	assert_int_equal(cmd_decode(cmd_find(STR("run")), &a, &words, &o, &help, &err), 0);
	assert_false(help);
	assert_true(str_eq(o.plan.file, STR("a.yml")));
	assert_int_equal(o.plan.vars.nr, 2);
	assert_true(str_eq(o.plan.vars.at[1].key, STR("B")));
	assert_true(str_eq(o.plan.vars.at[1].value, STR("x=y")));
	assert_int_equal(o.plan.event, 1 + EVENT_MERGE_REQUEST);
	assert_true(o.quiet && o.dry_run && o.keep);
	assert_false(o.needs || o.json || o.timestamps);
	assert_int_equal(o.parallel, 8);
	assert_int_equal(o.manual.nr, 2);
	assert_true(str_eq(o.manual.at[1], STR("stop")));
	assert_true(str_eq(o.plan.global.directory, STR("dir")));
	assert_int_equal(o.plan.global.color, COLOR_NEVER);
	assert_int_equal(o.jobs.nr, 2);
	assert_true(str_eq(o.jobs.at[1], STR("--needs")));
	assert_true(str_is_null(o.plan.ref));
}

static void an_optional_argument_may_stand_before_a_required_one(void **state UNUSED)
{
	static const struct {
		const char *line;
		uint64_t run;
	} cases[] = { { "build", 0 }, { "12 build", 12 } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(arena_release) struct arena a;
		struct log_options o = { 0 };
		struct err err = { 0 };
		struct str_vec words;
		bool help;

		arena_init(&a, 0);
		words = words_of(&a, cases[i].line);
		assert_int_equal(cmd_decode(cmd_find(STR("log")), &a, &words, &o, &help, &err), 0);
		assert_int_equal(o.run, cases[i].run);
		assert_true(str_eq(o.job, STR("build")));
	}
}

static void help_wins_over_missing_arguments(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a;
	struct explain_options o = { 0 };
	struct err err = { 0 };
	struct str_vec words;
	bool help = false;

	arena_init(&a, 0);
	words = words_of(&a, "-h");
	assert_int_equal(cmd_decode(cmd_find(STR("explain")), &a, &words, &o, &help, &err), 0);
	assert_true(help);
}

/* --- completion --- */

static void three_jobs(void *ctx UNUSED, const struct str_vec *words UNUSED, struct buf *ret)
{
	buf_addz(ret, "build\ntest:unit\ntest 1/2\n");
}

static const struct {
	enum shell shell;
	const char *line, *out;
} complete_cases[] = {
	{ SHELL_BASH, "s expl", "explain\n" },
	{ SHELL_BASH, "s run --ev", "--event\n" },
	{ SHELL_BASH, "s run --event=p", "push\n" },
	{ SHELL_BASH, "s run --event p", "push\n" },
	{ SHELL_BASH, "s -C dir --color=a", "auto\nalways\n" },
	{ SHELL_BASH, "s run te", "test:unit\ntest\\ 1/2\n" },
	{ SHELL_BASH, "s run test:", "unit\n" },
	{ SHELL_BASH, "s run 'test 1", "test\\ 1/2\n" },
	{ SHELL_BASH, "s run build b", "build\n" },
	{ SHELL_BASH, "s run --keep --manual b", "build\n" },
	{ SHELL_BASH, "s log 12 b", "build\n" },
	{ SHELL_BASH, "s explain build b", "" },
	{ SHELL_BASH, "s run -f ", ":file\n" },
	{ SHELL_BASH, "s -C ", ":directory\n" },
	{ SHELL_BASH, "s run --nothing=x", "" },
	{ SHELL_BASH, "s nothing ", "" },
	{ SHELL_BASH, "s help pl", "plan\n" },
	{ SHELL_BASH, "s completion z", "zsh\n" },
	{ SHELL_BASH, "s run -- --e", "" },
	{ SHELL_ZSH, "s run --event=pu", "--event=push\ta branch was pushed\n" },
	{ SHELL_FISH, "s run test:", "test:unit\n" },
};

static void completion_knows_what_can_follow(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(complete_cases); i++) {
		CLEANUP(arena_release) struct arena a;
		CLEANUP(buf_release) struct buf out = BUF_INIT;
		struct completion c = {
			.shell = complete_cases[i].shell, .out = &out, .jobs = three_jobs,
		};
		struct str_vec words = { 0 };

		arena_init(&a, 0);
		complete_split(&a, str_of(complete_cases[i].line), &words);
		words.at++;
		words.nr--;
		buf_addz(&out, "");
		complete_words(&c, &words);
		assert_string_equal(out.p, complete_cases[i].out);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_sorted_complete_and_documented),
		cmocka_unit_test(help_fits_eighty_columns),
		cmocka_unit_test(help_and_pages_name_every_option),
		cmocka_unit_test(bad_usage_gets_a_message_that_helps),
		cmocka_unit_test(options_end_in_their_fields),
		cmocka_unit_test(an_optional_argument_may_stand_before_a_required_one),
		cmocka_unit_test(help_wins_over_missing_arguments),
		cmocka_unit_test(completion_knows_what_can_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
