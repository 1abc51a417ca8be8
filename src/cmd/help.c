#include "cmd/help.h"

#include "cmd/options.h"

#include <string.h>

#define WIDTH	80
#define COLUMN	26 /* where descriptions begin */

static const char *const group_titles[CMD_GROUP_NR] = {
	[CMD_PIPELINE] = "Run and understand a pipeline",
	[CMD_RUNS] = "Look back at runs",
	[CMD_ABOUT] = "About slipway",
};

const char *help_group_title(enum cmd_group g)
{
	MUST(g < CMD_GROUP_NR);
	return group_titles[g];
}

static void add_blanks(struct buf *b, size_t n)
{
	while (n--)
		buf_addc(b, ' ');
}

void help_wrap(struct buf *b, str text, size_t at, size_t indent, size_t width)
{
	bool first = true;

	while (!str_is_null(text)) {
		str word = str_cut(&text, ' ');

		if (!first && at + 1 + word.n > width) {
			buf_addc(b, '\n');
			add_blanks(b, indent);
			at = indent;
			first = true;
		}
		if (!first) {
			buf_addc(b, ' ');
			at++;
		}
		buf_adds(b, word);
		at += word.n;
		first = false;
	}
	buf_addc(b, '\n');
}

/* "  left          right, wrapped"; `left` stands in b from `start`. */
static void describe(struct buf *b, size_t start, const char *text)
{
	size_t used = b->n - start;

	if (used + 2 > COLUMN) {
		buf_addc(b, '\n');
		used = 0;
	}
	add_blanks(b, COLUMN - used);
	help_wrap(b, str_of(text), COLUMN, COLUMN, WIDTH);
}

static void add_paragraphs(struct buf *b, const char *text)
{
	str rest = str_of(text);

	while (!str_is_null(rest)) {
		ssize_t end = str_find(rest, STR("\n\n"), 0);
		str paragraph = end < 0 ? rest : str_sub(rest, 0, (size_t)end);

		rest = end < 0 ? str_null : str_from(rest, (size_t)end + 2);
		help_wrap(b, paragraph, 0, 0, WIDTH - 2);
		buf_addc(b, '\n');
	}
}

void help_usage(struct buf *b, const struct cmd *c)
{
	buf_addf(b, "slipway %s", c->name);
	if (c->sets->title)
		buf_addz(b, " [OPTION]...");
	for (const struct arg *arg = c->args; arg->metavar; arg++)
		buf_addf(b, arg->required ? " %s%s" : " [%s]%s", arg->metavar,
			 arg->kind == ARG_LIST ? "..." : "");
}

static void add_choices(struct buf *b, const struct choice *choices)
{
	for (const struct choice *c = choices; c && c->name; c++) {
		size_t start = b->n;

		buf_addf(b, "          %s", c->name);
		describe(b, start, c->help);
	}
}

static void add_opt(struct buf *b, const struct opt *o)
{
	size_t start = b->n;

	if (o->letter)
		buf_addf(b, "  -%c, --%s", o->letter, o->name);
	else
		buf_addf(b, "      --%s", o->name);
	if (o->metavar)
		buf_addf(b, " %s", o->metavar);
	describe(b, start, o->help);
	add_choices(b, o->choices);
}

static void add_help_opt(struct buf *b)
{
	size_t start = b->n;

	buf_addz(b, "  -h, --help");
	describe(b, start, "show this help");
}

static void add_sets(struct buf *b, const struct opt_set *sets)
{
	if (!sets->title)
		buf_addz(b, "Options:\n");
	for (; sets->title; sets++) {
		buf_addf(b, "%s:\n", sets->title);
		for (size_t i = 0; i < sets->nr; i++)
			add_opt(b, &sets->opts[i]);
		if (sets[1].title)
			buf_addc(b, '\n');
	}
	add_help_opt(b);
}

static void add_args(struct buf *b, const struct arg *args)
{
	if (!args->metavar)
		return;
	buf_addz(b, "Arguments:\n");
	for (; args->metavar; args++) {
		size_t start = b->n;

		buf_addf(b, "  %s", args->metavar);
		describe(b, start, args->help);
		add_choices(b, args->choices);
	}
	buf_addc(b, '\n');
}

void help_command(struct buf *b, const struct cmd *c)
{
	buf_addz(b, "Usage: ");
	help_usage(b, c);
	buf_addf(b, "\n\nslipway %s: %s.\n\n", c->name, c->help);
	add_paragraphs(b, c->about);
	add_args(b, c->args);
	add_sets(b, c->sets);
	if (c->examples->line)
		buf_addz(b, "\nExamples:\n");
	for (const struct example *e = c->examples; e->line; e++) {
		buf_addf(b, "  slipway %s\n      ", e->line);
		help_wrap(b, str_of(e->help), 6, 6, WIDTH);
	}
	buf_addz(b, "\nExit codes:\n");
	for (const struct exit_code *e = c->exits; e->help; e++)
		buf_addf(b, "  %d  %s\n", e->code, e->help);
}

void help_overview(struct buf *b)
{
	buf_addz(b, "Usage: slipway [OPTION]... COMMAND [...]\n\n"
		    "Slipway runs the pipeline of a repository, here and now.\n\n");
	for (int g = 0; g < CMD_GROUP_NR; g++) {
		if (!group_titles[g])
			continue;
		buf_addf(b, "%s:\n", group_titles[g]);
		for (size_t i = 0; i < nr_cmds; i++) {
			size_t start = b->n;

			if (cmds[i].group != (enum cmd_group)g)
				continue;
			buf_addf(b, "  %s", cmds[i].name);
			add_blanks(b, 14 - (b->n - start));
			help_wrap(b, str_of(cmds[i].help), 14, 14, WIDTH);
		}
		buf_addc(b, '\n');
	}
	buf_addz(b, "Options:\n");
	for (const struct opt_set *set = cmd_global_sets; set->title; set++)
		for (size_t i = 0; i < set->nr; i++)
			add_opt(b, &set->opts[i]);
	add_help_opt(b);
	buf_addz(b, "  -V, --version           print the version\n\n"
		    "`slipway COMMAND --help` tells more about a command.\n");
}

int cmd_help(const struct cmd_call *call, struct err *err)
{
	const struct help_options *o = call->options;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	const struct cmd *c;

	if (str_is_null(o->command)) {
		help_overview(&text);
		return cmd_print(buf_str(&text), err);
	}
	c = cmd_find(o->command);
	if (!c)
		return err_set(err, ERR_INVALID,
			       "there is no command \"" STR_FMT "\"; see `slipway --help`",
			       STR_ARG(o->command));
	help_command(&text, c);
	return cmd_print(buf_str(&text), err);
}

int cmd_version(const struct cmd_call *call UNUSED, struct err *err)
{
	return cmd_print(STR("slipway " SLIPWAY_VERSION "\n"), err);
}
