#include "cmd/cmd.h"

#include "cmd/help.h"
#include "cmd/options.h"
#include "fmt/ansi.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The decoding of one command line. */
struct decoding {
	const struct cmd *cmd; /* NULL: the options of slipway itself */
	const struct opt_set *sets;
	struct arena *arena;
	char *options;
	const struct str_vec *words;
	size_t at; /* the next word */
	bool help;
};

#define CANDIDATES_MAX 64

const struct cmd *cmd_find(str name)
{
	for (size_t i = 0; i < nr_cmds; i++)
		if (str_eq(str_of(cmds[i].name), name))
			return &cmds[i];
	return NULL;
}

const struct opt *cmd_find_opt(const struct opt_set *sets, str name, const struct opt_set **ret_set)
{
	for (; sets->title; sets++)
		for (size_t i = 0; i < sets->nr; i++)
			if (str_eq(str_of(sets->opts[i].name), name)) {
				*ret_set = sets;
				return &sets->opts[i];
			}
	return NULL;
}

const struct opt *cmd_find_letter(const struct opt_set *sets, char letter,
				  const struct opt_set **ret_set)
{
	for (; sets->title; sets++)
		for (size_t i = 0; i < sets->nr; i++)
			if (letter && sets->opts[i].letter == letter) {
				*ret_set = sets;
				return &sets->opts[i];
			}
	return NULL;
}

int cmd_print_failed(int code, struct err *err)
{
	/* The way every tool ends when nobody reads any more. */
	if (code == EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	return err_sys(err, code, "writing to standard output");
}

int cmd_print(str text, struct err *err)
{
	if (term_write(STDOUT_FILENO, text) == 0)
		return 0;
	return cmd_print_failed(errno, err);
}

int cmd_print_plain(str text, struct err *err)
{
	CLEANUP(buf_release) struct buf safe = BUF_INIT;

	if (ansi_is_plain(text, ANSI_TAB | ANSI_LINES))
		return cmd_print(text, err);
	ansi_sanitize(&safe, text, ANSI_TAB | ANSI_LINES);
	return cmd_print(buf_str(&safe), err);
}

static int no_option(const struct decoding *d, str name, struct err *err)
{
	str candidates[CANDIDATES_MAX] = { STR("help") };
	size_t nr = 1;
	str nearest;

	for (const struct opt_set *set = d->sets; set->title; set++)
		for (size_t i = 0; i < set->nr && nr < COUNT(candidates); i++)
			candidates[nr++] = str_of(set->opts[i].name);
	nearest = str_nearest(name, candidates, nr);
	if (!str_is_null(nearest))
		return err_set(err, ERR_INVALID,
			       "unknown option --" STR_FMT "; did you mean --" STR_FMT "?",
			       STR_ARG(name), STR_ARG(nearest));
	return err_set(err, ERR_INVALID, "unknown option --" STR_FMT "; see `slipway %s%s--help`",
		       STR_ARG(name), d->cmd ? d->cmd->name : "", d->cmd ? " " : "");
}

static int choose(const struct choice *choices, const char *what, str text, int *ret,
		  struct err *err)
{
	char list[256] = "";
	str names[CANDIDATES_MAX];
	size_t nr = 0, n = 0;
	str nearest;

	for (const struct choice *c = choices; c->name && nr < COUNT(names); c++) {
		names[nr] = str_of(c->name);
		if (str_eq(names[nr], text)) {
			*ret = c->value;
			return 0;
		}
		if (n < sizeof(list))
			n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
					      nr == 0	  ? ""
					      : c[1].name ? ", "
							  : " or ",
					      c->name);
		nr++;
	}
	nearest = str_nearest(text, names, nr);
	if (!str_is_null(nearest))
		return err_set(err, ERR_INVALID,
			       "%s must be %s, not \"" STR_FMT "\"; did you mean " STR_FMT "?",
			       what, list, STR_ARG(text), STR_ARG(nearest));
	return err_set(err, ERR_INVALID, "%s must be %s, not \"" STR_FMT "\"", what, list,
		       STR_ARG(text));
}

static int add_pair(struct decoding *d, const struct opt *o, str value, struct pair_vec *pairs,
		    struct err *err)
{
	struct pair pair = { 0 };

	pair.value = value;
	pair.key = str_cut(&pair.value, '=');
	if (str_is_null(pair.value) || pair.key.n == 0)
		return err_set(err, ERR_INVALID, "--%s takes %s, not \"" STR_FMT "\"", o->name,
			       o->metavar, STR_ARG(value));
	vec_add(d->arena, pairs, pair);
	return 0;
}

static int store(struct decoding *d, const struct opt_set *set, const struct opt *o, str value,
		 struct err *err)
{
	void *field = d->options + set->base + o->offset;
	char what[64];
	uint64_t n;

	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)field = true;
		return 0;
	case OPT_VALUE:
		*(str *)field = value;
		return 0;
	case OPT_LIST:
		vec_add(d->arena, (struct str_vec *)field, value);
		return 0;
	case OPT_PAIRS:
		return add_pair(d, o, value, field, err);
	case OPT_NUMBER:
		if (!str_to_u64(value, &n) || n < o->min || n > o->max)
			return err_set(err, ERR_INVALID,
				       "--%s must be a number from %llu to %llu, not \"" STR_FMT
				       "\"",
				       o->name, (unsigned long long)o->min,
				       (unsigned long long)o->max, STR_ARG(value));
		*(uint64_t *)field = n;
		return 0;
	case OPT_CHOICE:
		snprintf(what, sizeof(what), "--%s", o->name);
		return choose(o->choices, what, value, field, err);
	}
	must_fail("kind is known", __FILE__, __LINE__);
}

/* The value of an option: what stands attached to it, or the next word. */
static int take_value(struct decoding *d, const struct opt *o, str *value, struct err *err)
{
	if (!str_is_null(*value))
		return 0;
	if (d->at == d->words->nr)
		return err_set(err, ERR_INVALID, "--%s needs a value: --%s %s", o->name, o->name,
			       o->metavar);
	*value = d->words->at[d->at++];
	return 0;
}

static int decode_long(struct decoding *d, str word, struct err *err)
{
	str value = str_from(word, 2);
	str name = str_cut(&value, '=');
	const struct opt_set *set;
	const struct opt *o;

	if (str_eq(name, STR("help")) && str_is_null(value)) {
		d->help = true;
		return 0;
	}
	o = cmd_find_opt(d->sets, name, &set);
	if (!o)
		return no_option(d, name, err);
	if (o->kind == OPT_FLAG && !str_is_null(value))
		return err_set(err, ERR_INVALID, "--%s takes no value", o->name);
	if (o->kind != OPT_FLAG && take_value(d, o, &value, err) < 0)
		return -1;
	return store(d, set, o, value, err);
}

/* -q, -qn, -j4, -j 4 */
static int decode_letters(struct decoding *d, str word, struct err *err)
{
	for (size_t i = 1; i < word.n && !d->help; i++) {
		const struct opt_set *set;
		const struct opt *o = cmd_find_letter(d->sets, word.p[i], &set);
		str value = str_null;

		if (!o && word.p[i] == 'h') {
			d->help = true;
			return 0;
		}
		if (!o)
			return err_set(err, ERR_INVALID,
				       "unknown option -%c; see `slipway %s%s--help`", word.p[i],
				       d->cmd ? d->cmd->name : "", d->cmd ? " " : "");
		if (o->kind == OPT_FLAG) {
			if (store(d, set, o, value, err) < 0)
				return -1;
			continue;
		}
		if (i + 1 < word.n)
			value = str_from(word, i + 1);
		if (take_value(d, o, &value, err) < 0)
			return -1;
		return store(d, set, o, value, err);
	}
	return 0;
}

static bool is_option(str word)
{
	return word.n > 1 && word.p[0] == '-';
}

static int decode_option(struct decoding *d, str word, struct err *err)
{
	return word.p[1] == '-' ? decode_long(d, word, err) : decode_letters(d, word, err);
}

static int store_arg(struct decoding *d, const struct arg *arg, str word, struct err *err)
{
	void *field = d->options + arg->offset;

	switch (arg->kind) {
	case ARG_VALUE:
		*(str *)field = word;
		return 0;
	case ARG_LIST:
		vec_add(d->arena, (struct str_vec *)field, word);
		return 0;
	case ARG_NUMBER:
		if (!str_to_u64(word, field) || *(uint64_t *)field == 0)
			return err_set(err, ERR_INVALID,
				       "%s must be a number from 1, not \"" STR_FMT "\"",
				       arg->metavar, STR_ARG(word));
		return 0;
	case ARG_CHOICE:
		return choose(arg->choices, arg->metavar, word, field, err);
	}
	must_fail("kind is known", __FILE__, __LINE__);
}

/* Optional arguments are there, from the left, when there are more words than
 * required ones: `log JOB` and `log RUN JOB`. */
static int decode_args(struct decoding *d, const struct str_vec *words, struct err *err)
{
	size_t required = 0, spare, at = 0;
	const struct arg *arg;

	for (arg = d->cmd->args; arg->metavar; arg++)
		required += arg->required;
	if (words->nr < required) {
		for (arg = d->cmd->args; !arg->required; arg++)
			;
		return err_set(err, ERR_INVALID, "%s is missing; see `slipway %s --help`",
			       arg->metavar, d->cmd->name);
	}
	spare = words->nr - required;
	for (arg = d->cmd->args; arg->metavar; arg++) {
		size_t nr = arg->kind == ARG_LIST ? words->nr - at : arg->required || spare ? 1 : 0;

		if (!arg->required && arg->kind != ARG_LIST)
			spare -= nr;
		MUST(nr <= words->nr - at);
		for (; nr; nr--)
			if (store_arg(d, arg, words->at[at++], err) < 0)
				return -1;
	}
	if (at < words->nr)
		return err_set(err, ERR_INVALID,
			       "unexpected argument \"" STR_FMT "\"; see `slipway %s --help`",
			       STR_ARG(words->at[at]), d->cmd->name);
	return 0;
}

int cmd_decode(const struct cmd *c, struct arena *a, const struct str_vec *words, void *options,
	       bool *ret_help, struct err *err)
{
	struct decoding d = {
		.cmd = c, .sets = c->sets, .arena = a, .options = options, .words = words,
	};
	struct str_vec args = { 0 };

	while (d.at < words->nr && !d.help) {
		str word = words->at[d.at++];

		if (str_eq(word, STR("--"))) {
			while (d.at < words->nr)
				vec_add(a, &args, words->at[d.at++]);
		} else if (!is_option(word)) {
			vec_add(a, &args, word);
		} else if (decode_option(&d, word, err) < 0) {
			return -1;
		}
	}
	*ret_help = d.help;
	return d.help ? 0 : decode_args(&d, &args, err);
}

static int no_command(str name, struct err *err)
{
	str names[CANDIDATES_MAX];
	size_t nr = 0;
	str nearest;

	for (size_t i = 0; i < nr_cmds && nr < COUNT(names); i++)
		if (cmds[i].group != CMD_HIDDEN)
			names[nr++] = str_of(cmds[i].name);
	nearest = str_nearest(name, names, nr);
	if (!str_is_null(nearest))
		return err_set(err, ERR_INVALID,
			       "unknown command \"" STR_FMT "\"; did you mean " STR_FMT "?",
			       STR_ARG(name), STR_ARG(nearest));
	return err_set(err, ERR_INVALID, "unknown command \"" STR_FMT "\"; see `slipway --help`",
		       STR_ARG(name));
}

/* Messages name what they speak of; what could act on a terminal is taken out. */
static void complain(const char *command, const struct err *err)
{
	CLEANUP(buf_release) struct buf safe = BUF_INIT;

	ansi_sanitize(&safe, str_of(err->msg), ANSI_TAB | ANSI_LINES);
	fprintf(stderr, "slipway%s%s: %s\n", command ? " " : "", command ? command : "",
		safe.p ? safe.p : "");
}

/* Options every command has stand first in its struct (see options.h). */
static bool has_global(const struct cmd *c)
{
	const struct opt_set *set;
	const struct opt *o = cmd_find_opt(c->sets, STR("directory"), &set);

	return o && set->base == 0;
}

static int enter_directory(str directory, struct err *err)
{
	/* Words of the command line end in NUL, and so do their tails. */
	if (!str_is_null(directory) && chdir(directory.p) < 0)
		return err_sys(err, errno, "-C " STR_FMT, STR_ARG(directory));
	return 0;
}

static int run_command(const struct cmd *c, struct arena *a, const struct str_vec *words,
		       const struct global_options *global, struct err *err)
{
	void *options = arena_alloc(a, c->size);
	struct cmd_call call = { .cmd = c, .arena = a, .options = options };
	bool help = false;

	if (has_global(c))
		*(struct global_options *)options = *global;
	if (cmd_decode(c, a, words, options, &help, err) < 0)
		return -1;
	if (help) {
		CLEANUP(buf_release) struct buf text = BUF_INIT;

		help_command(&text, c);
		return cmd_print(buf_str(&text), err);
	}
	if (has_global(c) &&
	    enter_directory(((const struct global_options *)options)->directory, err) < 0)
		return -1;
	return c->run(&call, err);
}

/* stdout may be a file on a full disk; what was printed by stdio must not be lost silently. */
static int flush_stdout(int code, struct err *err)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	return cmd_print_failed(errno, err);
}

/* Not SIG_IGN, which the jobs would inherit. */
static void on_sigpipe(int sig UNUSED)
{
}

static int print_overview(struct err *err)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	help_overview(&text);
	return cmd_print(buf_str(&text), err);
}

/* The options of slipway itself; leaves d->at at the command. */
static int decode_global(struct decoding *d, bool *ret_version, struct err *err)
{
	while (d->at < d->words->nr && !d->help && is_option(d->words->at[d->at])) {
		str word = d->words->at[d->at++];

		if (str_eq(word, STR("--version")) || str_eq(word, STR("-V"))) {
			*ret_version = true;
			return 0;
		}
		if (decode_option(d, word, err) < 0)
			return -1;
	}
	return 0;
}

static int dispatch(struct arena *a, const struct str_vec *words, const char **ret_command,
		    struct err *err)
{
	struct global_options global = { 0 };
	struct decoding d = {
		.sets = cmd_global_sets, .arena = a, .options = (char *)&global, .words = words,
	};
	bool version = false;
	struct str_vec rest;
	const struct cmd *c;

	if (decode_global(&d, &version, err) < 0)
		return -1;
	if (version)
		return cmd_print(STR("slipway " SLIPWAY_VERSION "\n"), err);
	if (d.help)
		return print_overview(err);
	if (d.at == words->nr)
		return err_set(err, ERR_INVALID, "a command is missing; see `slipway --help`");
	c = cmd_find(words->at[d.at]);
	if (!c)
		return no_command(words->at[d.at], err);
	*ret_command = c->name;
	rest = (struct str_vec){ .at = words->at + d.at + 1, .nr = words->nr - d.at - 1 };
	return run_command(c, a, &rest, &global, err);
}

int cmd_main(int argc, char **argv)
{
	struct sigaction ignore = { .sa_handler = on_sigpipe, .sa_flags = SA_RESTART };
	CLEANUP(arena_release) struct arena arena;
	struct err err = { 0 };
	struct str_vec words = { 0 };
	const char *command = NULL;
	int code;

	sigemptyset(&ignore.sa_mask);
	sigaction(SIGPIPE, &ignore, NULL);
	arena_init(&arena, 0);
	for (int i = 1; i < argc; i++)
		vec_add(&arena, &words, str_of(argv[i]));
	code = dispatch(&arena, &words, &command, &err);
	if (code >= 0)
		code = flush_stdout(code, &err);
	if (code >= 0)
		return code;
	complain(command, &err);
	return err_exit_code(err.kind);
}
