/* cmd.h - the commands of `slipway`, as one table.
 *
 * A row says everything about a command: what it is for, its arguments and
 * options, examples, exit codes, and the function that does it.  From the rows
 * come parsing, errors with "did you mean", --help, man pages, completion and
 * the reference.  Options are decoded into a struct of the command's own, by
 * offset and type, so a handler starts with plain fields.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/err.h"
#include "base/vec.h"

/* The field an option is decoded into, beneath its set's base. */
enum opt_kind {
	OPT_FLAG,   /* bool */
	OPT_VALUE,  /* str; the last one given wins */
	OPT_LIST,   /* struct str_vec */
	OPT_PAIRS,  /* struct pair_vec, written KEY=VALUE */
	OPT_NUMBER, /* uint64_t from min to max */
	OPT_CHOICE, /* int: the value of the choice */
};

enum completer {
	COMPLETE_NONE,
	COMPLETE_FILE,
	COMPLETE_DIRECTORY,
	COMPLETE_JOB,
	COMPLETE_COMMAND,
};

struct pair {
	str key, value;
};

struct pair_vec {
	struct pair *at;
	size_t nr, cap;
};

struct choice {
	const char *name; /* NULL ends the list */
	int value;
	const char *help;
};

struct opt {
	const char *name; /* without dashes */
	char letter;	  /* or 0 */
	enum opt_kind kind;
	size_t offset;
	const char *metavar; /* NULL for flags */
	const char *help;
	const struct choice *choices;
	enum completer complete;
	uint64_t min, max;
};

/* Options that several commands share: their struct lies at `base` in each. */
struct opt_set {
	const char *title; /* in help; NULL ends the list */
	const struct opt *opts;
	size_t nr;
	size_t base;
};

enum arg_kind { ARG_VALUE, ARG_LIST, ARG_NUMBER, ARG_CHOICE };

struct arg {
	const char *metavar; /* NULL ends the list */
	bool required;
	enum arg_kind kind; /* str, struct str_vec (only as the last), uint64_t, int */
	size_t offset;
	const char *help;
	enum completer complete;
	const struct choice *choices;
};

struct example {
	const char *line; /* without "slipway"; NULL ends the list */
	const char *help;
};

struct exit_code {
	int code;
	const char *help; /* NULL ends the list */
};

enum cmd_group { CMD_PIPELINE, CMD_RUNS, CMD_ABOUT, CMD_HIDDEN, CMD_GROUP_NR };

struct cmd_call;

struct cmd {
	const char *name;
	enum cmd_group group;
	const char *help;  /* one line, lower case, no full stop */
	const char *about; /* paragraphs, divided by empty lines; `code` in backticks */
	const struct arg *args;
	const struct opt_set *sets;
	const struct example *examples;
	const struct exit_code *exits;
	size_t size; /* of the options struct */
	/* The exit code, or -1 with err set: then the message is shown and the exit
	 * code follows from its kind. */
	int (*run)(const struct cmd_call *call, struct err *err);
};

struct cmd_call {
	const struct cmd *cmd;
	struct arena *arena;
	const void *options; /* the command's struct, see options.h */
};

/* The table, sorted by name. */
extern const struct cmd cmds[];
extern const size_t nr_cmds;
/* Options of `slipway` itself, before the command; decoded into global_options. */
extern const struct opt_set cmd_global_sets[];

const struct cmd *cmd_find(str name);
const struct opt *cmd_find_opt(const struct opt_set *sets, str name,
			       const struct opt_set **ret_set);
const struct opt *cmd_find_letter(const struct opt_set *sets, char letter,
				  const struct opt_set **ret_set);

/* Decode the words after the command into `options` (zeroed, cmd->size bytes).  Stops at
 * --help, which sets *ret_help.  Texts point into argv. */
int cmd_decode(const struct cmd *c, struct arena *a, const struct str_vec *words, void *options,
	       bool *ret_help, struct err *err) NODISCARD NONNULL;

/* All of `main`: returns the exit code. */
int cmd_main(int argc, char **argv);

/* Write to standard output, whole.  For results; messages go to stderr. */
int cmd_print(str text, struct err *err) NODISCARD;
/* The same for text without colours of ours: whatever names in it could do to a terminal
 * is taken out, tabs and line ends stay. */
int cmd_print_plain(str text, struct err *err) NODISCARD;
/* Writing to standard output failed with this errno: -1 and the error, or, when nobody
 * reads any more, the quiet end of the program. */
int cmd_print_failed(int code, struct err *err) NONNULL;

#endif
