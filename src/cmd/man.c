#include "cmd/man.h"

#include "cmd/help.h"
#include "cmd/options.h"
#include "gitlab/keys.h"

#include <ctype.h>

/* --- man(7) --- */

/* Text in which nothing is a request or an escape; `code` in backticks becomes bold. */
static void roff_text(struct buf *b, str s)
{
	bool bold = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (i == 0 && (c == '.' || c == '\''))
			buf_addz(b, "\\&");
		if (c == '`') {
			bold = !bold;
			buf_addz(b, bold ? "\\fB" : "\\fP");
		} else if (c == '\\') {
			buf_addz(b, "\\e");
		} else if (c == '-') {
			buf_addz(b, "\\-");
		} else if (c == '~') {
			buf_addz(b, "\\(ti");
		} else if (c == '^') {
			buf_addz(b, "\\(ha");
		} else if (c == '\'') {
			buf_addz(b, "\\(aq");
		} else {
			buf_addc(b, c);
		}
	}
}

static void roff_line(struct buf *b, const char *text)
{
	roff_text(b, str_of(text));
	buf_addc(b, '\n');
}

static void roff_paragraphs(struct buf *b, const char *text)
{
	str rest = str_of(text);

	for (bool first = true; !str_is_null(rest); first = false) {
		ssize_t end = str_find(rest, STR("\n\n"), 0);

		if (!first)
			buf_addz(b, ".PP\n");
		roff_text(b, end < 0 ? rest : str_sub(rest, 0, (size_t)end));
		buf_addc(b, '\n');
		rest = end < 0 ? str_null : str_from(rest, (size_t)end + 2);
	}
}

static void roff_choices(struct buf *b, const struct choice *choices)
{
	if (!choices)
		return;
	buf_addz(b, ".RS\n");
	for (; choices->name; choices++) {
		buf_addf(b, ".TP\n.B %s\n", choices->name);
		roff_line(b, choices->help);
	}
	buf_addz(b, ".RE\n");
}

static void roff_opt(struct buf *b, const struct opt *o)
{
	buf_addz(b, ".TP\n");
	if (o->letter)
		buf_addf(b, "\\fB\\-%c\\fP, ", o->letter);
	buf_addz(b, "\\fB\\-\\-");
	roff_text(b, str_of(o->name));
	buf_addz(b, "\\fP");
	if (o->metavar)
		buf_addf(b, " \\fI%s\\fP", o->metavar);
	buf_addc(b, '\n');
	roff_line(b, o->help);
	roff_choices(b, o->choices);
}

static void roff_sets(struct buf *b, const struct opt_set *sets, bool version)
{
	buf_addz(b, ".SH OPTIONS\n");
	for (const struct opt_set *set = sets; set->title; set++) {
		if (set != sets) /* the first stands right below the heading */
			buf_addf(b, ".SS %s\n", set->title);
		for (size_t i = 0; i < set->nr; i++)
			roff_opt(b, &set->opts[i]);
	}
	buf_addz(b, ".TP\n\\fB\\-h\\fP, \\fB\\-\\-help\\fP\nshow the help text\n");
	if (version)
		buf_addz(b, ".TP\n\\fB\\-V\\fP, \\fB\\-\\-version\\fP\nprint the version\n");
}

static void roff_head(struct buf *b, const struct cmd *c)
{
	buf_addz(b, ".\\\" Made from the command table; do not edit.\n.TH SLIPWAY");
	if (c)
		buf_addz(b, "\\-");
	for (const char *p = c ? c->name : ""; *p; p++)
		buf_addc(b, (char)toupper((unsigned char)*p));
	buf_addz(b, " 1 \"\" \"slipway " SLIPWAY_VERSION "\" \"Slipway manual\"\n");
	buf_addf(b, ".SH NAME\nslipway%s%s \\- %s\n", c ? "\\-" : "", c ? c->name : "",
		 c ? c->help : "run the pipeline of a repository, here and now");
}

static void roff_environment(struct buf *b)
{
	buf_addz(b, ".SH ENVIRONMENT\n"
		    ".TP\n.B NO_COLOR\nnot empty: no colours, unless \\-\\-color asks for them\n"
		    ".TP\n.B CLICOLOR_FORCE\nnot 0: colours even when the output is no terminal\n"
		    ".TP\n.BR LC_ALL \", \" LC_CTYPE \", \" LANG\n"
		    "the first that is set decides whether signs beyond ASCII are used\n"
		    ".SH FILES\n"
		    ".TP\n.I .gitlab\\-ci.yml\nthe pipeline, unless \\-\\-file names another\n"
		    ".TP\n.I .slipway/\nruns, logs, artifacts and caches of this repository\n");
}

static void roff_synopsis(struct buf *b, const struct cmd *c)
{
	buf_addz(b, ".SH SYNOPSIS\n");
	if (!c) {
		buf_addz(b, "\\fBslipway\\fP [\\fIOPTION\\fP]... \\fICOMMAND\\fP ...\n");
		return;
	}
	buf_addf(b, "\\fBslipway %s\\fP", c->name);
	if (c->sets->title)
		buf_addz(b, " [\\fIOPTION\\fP]...");
	for (const struct arg *arg = c->args; arg->metavar; arg++)
		buf_addf(b, arg->required ? " \\fI%s\\fP%s" : " [\\fI%s\\fP]%s", arg->metavar,
			 arg->kind == ARG_LIST ? "..." : "");
	buf_addc(b, '\n');
}

static void roff_command(struct buf *b, const struct cmd *c)
{
	buf_addz(b, ".SH DESCRIPTION\n");
	roff_paragraphs(b, c->about);
	if (c->args->metavar)
		buf_addz(b, ".SH ARGUMENTS\n");
	for (const struct arg *arg = c->args; arg->metavar; arg++) {
		buf_addf(b, ".TP\n.I %s\n", arg->metavar);
		roff_line(b, arg->help);
		roff_choices(b, arg->choices);
	}
	roff_sets(b, c->sets, false);
	if (c->examples->line)
		buf_addz(b, ".SH EXAMPLES\n");
	for (const struct example *e = c->examples; e->line; e++) {
		buf_addz(b, ".TP\n\\fBslipway ");
		roff_text(b, str_of(e->line));
		buf_addz(b, "\\fP\n");
		roff_line(b, e->help);
	}
	buf_addz(b, ".SH EXIT STATUS\n");
	for (const struct exit_code *e = c->exits; e->help; e++) {
		buf_addf(b, ".TP\n.B %d\n", e->code);
		roff_line(b, e->help);
	}
}

static void roff_overview(struct buf *b)
{
	buf_addz(b, ".SH DESCRIPTION\n");
	for (int g = 0; g < CMD_GROUP_NR; g++) {
		if (!help_group_title((enum cmd_group)g))
			continue;
		buf_addf(b, ".SS %s\n", help_group_title((enum cmd_group)g));
		for (size_t i = 0; i < nr_cmds; i++) {
			if (cmds[i].group != (enum cmd_group)g)
				continue;
			buf_addf(b, ".TP\n.BR slipway\\-%s (1)\n", cmds[i].name);
			roff_line(b, cmds[i].help);
		}
	}
	roff_sets(b, cmd_global_sets, true);
}

void man_page(struct buf *b, const struct cmd *c)
{
	roff_head(b, c);
	roff_synopsis(b, c);
	if (c)
		roff_command(b, c);
	else
		roff_overview(b);
	roff_environment(b);
	if (c)
		buf_addz(b, ".SH SEE ALSO\n.BR slipway (1)\n");
}

/* --- Markdown --- */

/* The bar divides cells of a table. */
static void md_cell(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buf_addc(b, '\\');
		buf_addc(b, *text);
	}
}

static void md_choices(struct buf *b, const struct choice *choices)
{
	for (const struct choice *c = choices; c && c->name; c++) {
		buf_addf(b, "%s `%s` ", c == choices ? ":" : ";", c->name);
		md_cell(b, c->help);
	}
	buf_addz(b, " |\n");
}

static void md_opts(struct buf *b, const struct opt_set *set)
{
	buf_addf(b, "%s:\n\n| option | meaning |\n|---|---|\n", set->title);
	for (size_t i = 0; i < set->nr; i++) {
		const struct opt *o = &set->opts[i];

		buf_addz(b, "| ");
		if (o->letter)
			buf_addf(b, "`-%c`, ", o->letter);
		buf_addf(b, "`--%s%s%s` | ", o->name, o->metavar ? " " : "",
			 o->metavar ? o->metavar : "");
		md_cell(b, o->help);
		md_choices(b, o->choices);
	}
	buf_addc(b, '\n');
}

static void md_args(struct buf *b, const struct arg *args)
{
	if (!args->metavar)
		return;
	buf_addz(b, "| argument | meaning |\n|---|---|\n");
	for (; args->metavar; args++) {
		buf_addf(b, "| `%s` | ", args->metavar);
		md_cell(b, args->help);
		md_choices(b, args->choices);
	}
	buf_addc(b, '\n');
}

/* Options that many commands share are written down once, in the reference. */
static void md_command(struct buf *b, const struct cmd *c, bool shared)
{
	buf_addf(b, "## slipway %s\n\n%c%s.\n\n```\n", c->name, toupper((unsigned char)*c->help),
		 c->help + 1);
	help_usage(b, c);
	buf_addf(b, "\n```\n\n%s\n\n", c->about);
	md_args(b, c->args);
	for (const struct opt_set *set = c->sets; set->title; set++) {
		if (set == c->sets || shared)
			md_opts(b, set);
		else
			buf_addf(b, "%s%s", set == c->sets + 1 ? "Also the " : " and the ",
				 set->title);
		if (!shared && set != c->sets && !set[1].title)
			buf_addz(b, " below.\n\n");
	}
	for (const struct example *e = c->examples; e->line; e++)
		buf_addf(b, "%s- `slipway %s`: %s\n", e == c->examples ? "Examples:\n\n" : "",
			 e->line, e->help);
	buf_addf(b, "%sExit codes:", c->examples->line ? "\n" : "");
	for (const struct exit_code *e = c->exits; e->help; e++)
		buf_addf(b, "%s %d %s", e == c->exits ? "" : ";", e->code, e->help);
	buf_addz(b, ".\n");
}

/* The sets that stand behind a command's own, each once. */
static void md_shared_sets(struct buf *b)
{
	const struct opt *done[8];
	size_t nr_done = 0;

	for (size_t i = 0; i < nr_cmds; i++)
		for (const struct opt_set *set = cmds[i].sets; set->title; set++) {
			bool known = set == cmds[i].sets;

			for (size_t k = 0; k < nr_done; k++)
				known |= done[k] == set->opts;
			if (known)
				continue;
			MUST(nr_done < COUNT(done));
			done[nr_done++] = set->opts;
			buf_addf(b, "\n## %s\n\n", set->title);
			md_opts(b, set);
			b->n--;
		}
}

void man_markdown(struct buf *b, const struct cmd *c)
{
	if (c) {
		md_command(b, c, true);
		return;
	}
	buf_addz(b, "# Commands\n\nMade from the command table by `make docs`; do not edit.\n");
	for (size_t i = 0; i < nr_cmds; i++)
		if (cmds[i].group != CMD_HIDDEN) {
			buf_addc(b, '\n');
			md_command(b, &cmds[i], false);
		}
	md_shared_sets(b);
}

int cmd_man(const struct cmd_call *call, struct err *err)
{
	const struct man_options *o = call->options;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	const struct cmd *c = NULL;

	if (!str_is_null(o->command)) {
		c = cmd_find(o->command);
		if (!c)
			return err_set(err, ERR_INVALID,
				       "there is no command \"" STR_FMT "\"; see `slipway --help`",
				       STR_ARG(o->command));
	}
	if (o->format == MAN_KEYWORDS)
		keys_markdown(&text);
	else if (o->format == MAN_MARKDOWN)
		man_markdown(&text, c);
	else
		man_page(&text, c);
	return cmd_print(buf_str(&text), err);
}
