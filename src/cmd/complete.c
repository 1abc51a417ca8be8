#include "cmd/complete.h"

#include "fmt/ansi.h"
#include "os/proc.h"

#include <string.h>

#define JOBS_TIMEOUT_MS 3000

/* One unfinished line, taken apart. */
struct asked {
	const struct completion *c;
	const struct str_vec *words;
	const struct cmd *cmd;	    /* NULL: the command itself is asked for */
	const struct opt_set *sets; /* that apply at the end */
	const struct opt *opt;	    /* whose value is asked for, or NULL */
	size_t nr_args;		    /* that stand before */
	bool only_args;		    /* behind -- */
	str before;		    /* of the last word: "--event=", repeated by candidates */
	str typed;		    /* the rest of it: what candidates begin with */
};

/* bash breaks words at these too, and replaces only what follows the last break. */
static size_t bash_break(str word)
{
	size_t at = 0;

	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == ':' || word.p[i] == '=')
			at = i + 1;
	return at;
}

static void add_quoted(struct buf *b, str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (strchr(" \t\"'\\$`&|;<>()[]{}*?!#~", s.p[i]))
			buf_addc(b, '\\');
		buf_addc(b, s.p[i]);
	}
}

/* One candidate, if it begins with what was typed. */
static void offer(const struct asked *a, str name, const char *help)
{
	struct buf *out = a->c->out;

	/* A name with control characters cannot be completed; zsh gives ':' a meaning. */
	if (!str_starts_with(name, a->typed) || memchr(name.p, '\n', name.n) ||
	    memchr(name.p, '\t', name.n))
		return;
	if (a->c->shell == SHELL_BASH) {
		CLEANUP(buf_release) struct buf whole = BUF_INIT;
		CLEANUP(buf_release) struct buf word = BUF_INIT;
		str typed;

		buf_adds(&whole, a->before);
		buf_adds(&word, a->before);
		buf_adds(&word, a->typed);
		buf_adds(&whole, name);
		typed = buf_str(&word);
		add_quoted(out, str_from(buf_str(&whole), bash_break(typed)));
	} else {
		buf_adds(out, a->before);
		buf_adds(out, name);
		if (help)
			buf_addf(out, "\t%s", help);
	}
	buf_addc(out, '\n');
}

static void offer_choices(const struct asked *a, const struct choice *choices)
{
	for (; choices && choices->name; choices++)
		offer(a, str_of(choices->name), choices->help);
}

static void offer_commands(const struct asked *a)
{
	for (size_t i = 0; i < nr_cmds; i++)
		if (cmds[i].group != CMD_HIDDEN)
			offer(a, str_of(cmds[i].name), cmds[i].help);
}

static void offer_jobs(const struct asked *a)
{
	CLEANUP(buf_release) struct buf names = BUF_INIT;
	str rest;

	a->c->jobs(a->c->ctx, a->words, &names);
	rest = buf_str(&names);
	while (rest.n) {
		str name = str_cut(&rest, '\n');

		if (name.n && ansi_is_plain(name, 0))
			offer(a, name, NULL);
	}
}

static void offer_kind(const struct asked *a, enum completer kind)
{
	switch (kind) {
	case COMPLETE_NONE:
		break;
	case COMPLETE_FILE:
		buf_addz(a->c->out, ":file\n");
		break;
	case COMPLETE_DIRECTORY:
		buf_addz(a->c->out, ":directory\n");
		break;
	case COMPLETE_JOB:
		offer_jobs(a);
		break;
	case COMPLETE_COMMAND:
		offer_commands(a);
		break;
	}
}

static void offer_options(const struct asked *a)
{
	struct asked bare = *a;

	if (a->typed.n < 2 || str_starts_with(a->typed, STR("--"))) {
		bare.before = STR("--");
		bare.typed = str_from(a->typed, 2);
		for (const struct opt_set *set = a->sets; set->title; set++)
			for (size_t i = 0; i < set->nr; i++)
				offer(&bare, str_of(set->opts[i].name), set->opts[i].help);
		offer(&bare, STR("help"), "show help");
		if (!a->cmd)
			offer(&bare, STR("version"), "print the version");
	}
}

/* Optional arguments may be left out, so what may stand behind them is offered too. */
static void offer_args(const struct asked *a)
{
	size_t at = 0;

	for (const struct arg *arg = a->cmd->args; arg->metavar; arg++, at++) {
		if (at < a->nr_args && arg->kind != ARG_LIST)
			continue;
		offer_choices(a, arg->choices);
		offer_kind(a, arg->complete);
		if (arg->required || arg->kind == ARG_LIST)
			break;
	}
}

/* The option whose value is missing at the end of this word, or NULL. */
static const struct opt *wants_value(const struct opt_set *sets, str word)
{
	const struct opt_set *set;
	const struct opt *o;

	if (str_starts_with(word, STR("--"))) {
		o = cmd_find_opt(sets, str_from(word, 2), &set);
		return o && o->kind != OPT_FLAG ? o : NULL;
	}
	for (size_t i = 1; i < word.n; i++) {
		o = cmd_find_letter(sets, word.p[i], &set);
		if (o && o->kind != OPT_FLAG)
			return i + 1 == word.n ? o : NULL;
	}
	return NULL;
}

static void take_word(struct asked *a, str word)
{
	if (a->opt) {
		a->opt = NULL; /* this was its value */
	} else if (a->only_args || word.n < 2 || word.p[0] != '-') {
		if (a->cmd) {
			a->nr_args++;
			return;
		}
		a->cmd = cmd_find(word);
		a->sets = a->cmd ? a->cmd->sets : NULL;
	} else if (str_eq(word, STR("--"))) {
		a->only_args = true;
	} else {
		a->opt = wants_value(a->sets, word);
	}
}

static void take_last(struct asked *a, str word)
{
	const struct opt_set *set;
	ssize_t equals = str_index(word, '=');

	a->before = STR("");
	a->typed = word;
	if (a->opt || a->only_args || equals < 0 || !str_starts_with(word, STR("--")))
		return;
	a->opt = cmd_find_opt(a->sets, str_sub(word, 2, (size_t)equals - 2), &set);
	a->before = str_sub(word, 0, (size_t)equals + 1);
	a->typed = str_from(word, (size_t)equals + 1);
}

void complete_words(const struct completion *c, const struct str_vec *words)
{
	struct asked a = { .c = c, .words = words, .sets = cmd_global_sets };

	for (size_t i = 0; i + 1 < words->nr && a.sets; i++)
		take_word(&a, words->at[i]);
	if (!a.sets) /* a command that does not exist */
		return;
	take_last(&a, words->nr ? words->at[words->nr - 1] : STR(""));
	if (a.opt) {
		offer_choices(&a, a.opt->choices);
		offer_kind(&a, a.opt->complete);
	} else if (!a.only_args && a.typed.n && a.typed.p[0] == '-') {
		offer_options(&a);
	} else if (a.before.n) {
		return; /* an option that does not exist */
	} else if (a.cmd) {
		offer_args(&a);
	} else {
		offer_commands(&a);
	}
}

void complete_split(struct arena *a, str line, struct str_vec *ret)
{
	CLEANUP(buf_release) struct buf word = BUF_INIT;
	bool inside = false;
	char quote = 0;

	for (size_t i = 0; i < line.n; i++) {
		char c = line.p[i];

		if (!quote && (c == ' ' || c == '\t')) {
			if (inside)
				vec_add(a, ret, arena_str(a, buf_str(&word)));
			buf_clear(&word);
			inside = false;
			continue;
		}
		inside = true;
		if (quote ? c == quote : c == '"' || c == '\'')
			quote = quote ? 0 : c;
		else if (c == '\\' && quote != '\'' && i + 1 < line.n)
			buf_addc(&word, line.p[++i]);
		else
			buf_addc(&word, c);
	}
	vec_add(a, ret, arena_str(a, buf_str(&word)));
}

/* The names come from `slipway list --names`, asked for the same directory and file. */
static void jobs_by_list(void *ctx, const struct str_vec *words, struct buf *ret)
{
	struct arena *a = ctx;
	VEC(const char *) argv = { 0 };
	struct proc_capture list = { .timeout_ms = JOBS_TIMEOUT_MS, .max_bytes = 1 << 20 };
	struct proc_exit end;
	struct err err;
	CLEANUP(buf_release) struct buf errors = BUF_INIT;

	vec_add(a, &argv, "/proc/self/exe");
	vec_add(a, &argv, "list");
	vec_add(a, &argv, "--names");
	for (size_t i = 0; i + 1 < words->nr; i++) {
		static const str names[] = { STR_INIT("-C"), STR_INIT("--directory"), STR_INIT("-f"),
					     STR_INIT("--file") };

		for (size_t k = 0; k < COUNT(names); k++)
			if (str_eq(words->at[i], names[k]) && i + 2 < words->nr) {
				vec_add(a, &argv, arena_cstr(a, words->at[i]));
				vec_add(a, &argv, arena_cstr(a, words->at[i + 1]));
			} else if (names[k].n > 2 && str_starts_with(words->at[i], names[k]) &&
				   str_index(words->at[i], '=') == (ssize_t)names[k].n) {
				vec_add(a, &argv, arena_cstr(a, words->at[i]));
			}
	}
	vec_add(a, &argv, NULL);
	list.spec.argv = argv.at;
	if (proc_capture(&list, ret, &errors, &end, &err) < 0 || end.code != 0)
		buf_clear(ret);
}

int cmd_complete(const struct cmd_call *call, struct err *err)
{
	const struct complete_options *o = call->options;
	CLEANUP(buf_release) struct buf out = BUF_INIT;
	struct completion c = {
		.shell = (enum shell)o->shell, .out = &out, .jobs = jobs_by_list, .ctx = call->arena,
	};
	struct str_vec words = o->words;

	if (c.shell == SHELL_BASH && o->words.nr) {
		words = (struct str_vec){ 0 };
		complete_split(call->arena, o->words.at[0], &words);
		/* The program's own name, whatever it is called by. */
		words.at++;
		words.nr--;
	}
	complete_words(&c, &words);
	return cmd_print(buf_str(&out), err);
}

static const char bash_script[] =
	"# Completion of slipway for bash.\n"
	"_slipway() {\n"
	"\tlocal line candidates=()\n"
	"\tCOMPREPLY=()\n"
	"\twhile IFS= read -r line; do\n"
	"\t\tcase $line in\n"
	"\t\t:file) compopt -o default ;;\n"
	"\t\t:directory) compopt -o dirnames ;;\n"
	"\t\t*) candidates+=(\"$line\") ;;\n"
	"\t\tesac\n"
	"\tdone < <(\"$1\" complete bash -- \"${COMP_LINE:0:COMP_POINT}\" 2>/dev/null)\n"
	"\tCOMPREPLY=(\"${candidates[@]}\")\n"
	"}\n"
	"complete -F _slipway slipway\n";

static const char zsh_script[] = "#compdef slipway\n"
				 "# Completion of slipway for zsh.\n"
				 "_slipway() {\n"
				 "\tlocal line name tab=$'\\t'\n"
				 "\tlocal -a names shown\n"
				 "\tfor line in \"${(@f)$(\"$words[1]\" complete zsh -- "
				 "\"${(@Q)words[2,CURRENT]}\" 2>/dev/null)}\"; do\n"
				 "\t\tcase $line in\n"
				 "\t\t'') ;;\n"
				 "\t\t:file) _files ;;\n"
				 "\t\t:directory) _files -/ ;;\n"
				 "\t\t*)\n"
				 "\t\t\tname=${line%%$tab*}\n"
				 "\t\t\tnames+=(\"$name\")\n"
				 "\t\t\tif [[ $line == *$tab* ]]; then\n"
				 "\t\t\t\tshown+=(\"$name  ${line#*$tab}\")\n"
				 "\t\t\telse\n"
				 "\t\t\t\tshown+=(\"$name\")\n"
				 "\t\t\tfi ;;\n"
				 "\t\tesac\n"
				 "\tdone\n"
				 "\t(( $#names )) && compadd -l -d shown -a names\n"
				 "}\n"
				 "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
				 "\t_slipway \"$@\"\n"
				 "else\n"
				 "\tcompdef _slipway slipway\n"
				 "fi\n";

static const char fish_script[] =
	"# Completion of slipway for fish.\n"
	"function __slipway_complete\n"
	"\tset -l words (commandline -opc) (commandline -ct)\n"
	"\tfor line in (command slipway complete fish -- $words[2..-1] 2>/dev/null)\n"
	"\t\tswitch $line\n"
	"\t\t\tcase ':file'\n"
	"\t\t\t\t__fish_complete_path (commandline -ct)\n"
	"\t\t\tcase ':directory'\n"
	"\t\t\t\t__fish_complete_directories (commandline -ct)\n"
	"\t\t\tcase '*'\n"
	"\t\t\t\techo $line\n"
	"\t\tend\n"
	"\tend\n"
	"end\n"
	"complete -c slipway -f -a '(__slipway_complete)'\n";

int cmd_completion(const struct cmd_call *call, struct err *err)
{
	static const char *const scripts[] = {
		[SHELL_BASH] = bash_script, [SHELL_ZSH] = zsh_script, [SHELL_FISH] = fish_script,
	};
	const struct completion_options *o = call->options;

	return cmd_print(str_of(scripts[o->shell]), err);
}
