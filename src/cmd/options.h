/* options.h - what each command's options are decoded into, and its handler.
 *
 * A field that was not given is zero: empty list, str_null, false, 0.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "cmd/cmd.h"
#include "os/term.h"

struct global_options {
	str directory; /* -C; already entered when the handler runs */
	int color;     /* enum color_when */
};

/* What commands that plan a pipeline share. */
struct plan_options {
	struct global_options global;
	str file;	      /* path of the root file; str_null: .gitlab-ci.yml */
	struct pair_vec vars; /* --var KEY=VALUE */
	struct str_vec var_files;
	struct pair_vec file_vars; /* --file-var KEY=FILE */
	struct pair_vec inputs;	   /* --input KEY=VALUE */
	int event;		   /* 1 + enum event; 0: follows from the other options */
	str ref, tag, target_branch, changed_since;
	struct pair_vec project_roots; /* group/name → directory */
	str project_url, template_root;
	bool allow_private;
	str gitlab_ci; /* value of GITLAB_CI; str_null: true */
};

struct run_options {
	struct plan_options plan;
	struct str_vec jobs;   /* names; empty: the whole pipeline */
	struct str_vec stages; /* only these */
	struct str_vec manual; /* manual jobs to start */
	bool needs, keep, timestamps, dry_run, quiet, json;
	uint64_t parallel; /* --jobs N; 0: as many as there are processors */
};

struct list_options {
	struct plan_options plan;
	bool names, json;
};

struct show_options { /* `plan` */
	struct plan_options plan;
	bool json;
};

/* Values of --format, in this order. */
enum graph_option { GRAPH_OPTION_TEXT, GRAPH_OPTION_SVG, GRAPH_OPTION_DOT, GRAPH_OPTION_MERMAID };

struct graph_command_options {
	struct plan_options plan;
	int format; /* enum graph_option */
};

struct lint_options {
	struct plan_options plan;
	struct str_vec files;
	bool json;
};

struct explain_options {
	struct plan_options plan;
	str job;
	bool json;
};

struct runs_options {
	struct global_options global;
	uint64_t limit; /* 0: 20 */
	bool json;
};

struct log_options {
	struct global_options global;
	uint64_t run; /* 0: the latest */
	str job;
	bool path;
};

struct artifacts_options {
	struct global_options global;
	uint64_t run; /* 0: the latest */
	str job;      /* str_null: all */
	str extract;  /* directory; str_null: only list */
	bool json;
};

struct clean_options {
	struct global_options global;
	uint64_t keep; /* newest runs to leave */
	bool cache, dry_run;
};

struct help_options {
	str command;
};

enum man_format { MAN_ROFF, MAN_MARKDOWN, MAN_KEYWORDS };

struct man_options {
	str command;
	int format; /* enum man_format */
};

enum shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH };

struct completion_options {
	int shell; /* enum shell */
};

struct complete_options {
	int shell;
	struct str_vec words; /* after "slipway"; the last is being typed.  bash: one, the line */
};

int cmd_run(const struct cmd_call *call, struct err *err);
int cmd_list(const struct cmd_call *call, struct err *err);
int cmd_plan(const struct cmd_call *call, struct err *err);
int cmd_graph(const struct cmd_call *call, struct err *err);
int cmd_lint(const struct cmd_call *call, struct err *err);
int cmd_explain(const struct cmd_call *call, struct err *err);
int cmd_runs(const struct cmd_call *call, struct err *err);
int cmd_log(const struct cmd_call *call, struct err *err);
int cmd_artifacts(const struct cmd_call *call, struct err *err);
int cmd_clean(const struct cmd_call *call, struct err *err);
int cmd_help(const struct cmd_call *call, struct err *err);
int cmd_man(const struct cmd_call *call, struct err *err);
int cmd_completion(const struct cmd_call *call, struct err *err);
int cmd_complete(const struct cmd_call *call, struct err *err);
int cmd_version(const struct cmd_call *call, struct err *err);

#endif
