#include "cmd/options.h"

#include "plan/facts.h"

/* Offset of a member, and a compile-time check that it has the type that the kind
 * decodes into. */
#define AT(type, member, c_type)  \
	(offsetof(type, member) + \
	 0 * sizeof(1 ? (c_type *)0 : &((type *)0)->member))
#define FLAG(type, member)   OPT_FLAG, AT(type, member, bool)
#define VALUE(type, member)  OPT_VALUE, AT(type, member, str)
#define LIST(type, member)   OPT_LIST, AT(type, member, struct str_vec)
#define PAIRS(type, member)  OPT_PAIRS, AT(type, member, struct pair_vec)
#define NUMBER(type, member) OPT_NUMBER, AT(type, member, uint64_t)
#define CHOICE(type, member) OPT_CHOICE, AT(type, member, int)

#define SET(set_title, rows, type, member) \
	{ .title = set_title, .opts = rows, .nr = COUNT(rows), .base = offsetof(type, member) }
#define SET_OWN(rows) { .title = "Options", .opts = rows, .nr = COUNT(rows) }
#define SET_PLAN(type) SET("Planning options", plan_opts, type, plan)
/* For structs that begin with plan_options or global_options. */
#define SET_GLOBAL { .title = "Common options", .opts = global_opts, .nr = COUNT(global_opts) }

static const struct choice color_choices[] = {
	{ "auto", COLOR_AUTO, "when the output is a terminal" },
	{ "always", COLOR_ALWAYS, "even into a pipe" },
	{ "never", COLOR_NEVER, "not at all" },
	{ 0 },
};

static const struct opt global_opts[] = {
	{ "directory", 'C', VALUE(struct global_options, directory), "DIR",
	  .help = "do everything as if started in DIR", .complete = COMPLETE_DIRECTORY },
	{ "color", 0, CHOICE(struct global_options, color), "WHEN",
	  .help = "use colours (default: auto; NO_COLOR turns them off)", .choices = color_choices },
};

const struct opt_set cmd_global_sets[] = { SET_GLOBAL, { 0 } };

static const struct choice event_choices[] = {
	{ "push", 1 + EVENT_PUSH, "a branch was pushed" },
	{ "tag", 1 + EVENT_TAG, "a tag was pushed" },
	{ "merge_request", 1 + EVENT_MERGE_REQUEST, "a merge request was opened or updated" },
	{ "schedule", 1 + EVENT_SCHEDULE, "a schedule came due" },
	{ "web", 1 + EVENT_WEB, "somebody pressed the button" },
	{ "api", 1 + EVENT_API, "a program asked for it" },
	{ 0 },
};

static const struct opt plan_opts[] = {
	{ "file", 'f', VALUE(struct plan_options, file), "FILE",
	  .help = "read the pipeline from FILE (default: .gitlab-ci.yml)", .complete = COMPLETE_FILE },
	{ "var", 'v', PAIRS(struct plan_options, vars), "KEY=VALUE",
	  .help = "set a pipeline variable, over those of the file; may be repeated" },
	{ "var-file", 0, LIST(struct plan_options, var_files), "FILE",
	  .help = "set pipeline variables from a file of KEY=VALUE lines; may be repeated",
	  .complete = COMPLETE_FILE },
	{ "file-var", 0, PAIRS(struct plan_options, file_vars), "KEY=FILE",
	  .help = "set a pipeline variable of type file: a job gets the path of a copy of FILE; "
		  "may be repeated" },
	{ "input", 0, PAIRS(struct plan_options, inputs), "KEY=VALUE",
	  .help = "give a value to an input of `spec:inputs`; may be repeated" },
	{ "event", 0, CHOICE(struct plan_options, event), "EVENT",
	  .help = "what started the pipeline (default: push, or what --tag or --target-branch imply)",
	  .choices = event_choices },
	{ "ref", 0, VALUE(struct plan_options, ref), "REF",
	  .help = "plan as if this branch were checked out (default: the current one)" },
	{ "tag", 0, VALUE(struct plan_options, tag), "TAG", .help = "plan as if TAG had been pushed" },
	{ "target-branch", 0, VALUE(struct plan_options, target_branch), "BRANCH",
	  .help = "plan a merge request into BRANCH" },
	{ "changed-since", 0, VALUE(struct plan_options, changed_since), "REV",
	  .help = "what `changes` compares with (default: the parent commit, or the target branch)" },
	{ "project-root", 0, PAIRS(struct plan_options, project_roots), "PROJECT=DIR",
	  .help = "where a clone of another project lies, for `include:project` and components; "
	  "may be repeated",
	  .complete = COMPLETE_DIRECTORY },
	{ "project-url", 0, VALUE(struct plan_options, project_url), "URL",
	  .help = "fetch other projects by git from URL/group/name.git, or from where {project} in URL "
	  "says (default: SLIPWAY_PROJECT_URL)" },
	{ "allow-private", 0, FLAG(struct plan_options, allow_private), NULL,
	  .help = "let `include:remote` reach this machine and private networks" },
	{ "template-root", 0, VALUE(struct plan_options, template_root), "DIR",
	  .help = "where the files of `include:template` lie", .complete = COMPLETE_DIRECTORY },
	{ "gitlab-ci", 0, VALUE(struct plan_options, gitlab_ci), "VALUE",
	  .help = "value of the variable GITLAB_CI (default: true); `false` lets rules tell a local run" },
};

static const struct arg run_args[] = {
	{ "JOB", false, ARG_LIST, AT(struct run_options, jobs, struct str_vec),
	  .help = "run only these jobs (default: the whole pipeline); the name of a parallel or matrix "
	  "job means all of its jobs",
	  .complete = COMPLETE_JOB },
	{ 0 },
};

static const struct opt run_opts[] = {
	{ "needs", 0, FLAG(struct run_options, needs), NULL,
	  .help = "also run what the JOBs need, directly or not" },
	{ "stage", 0, LIST(struct run_options, stages), "STAGE",
	  .help = "run only the jobs of this stage; may be repeated" },
	{ "manual", 0, LIST(struct run_options, manual), "JOB",
	  .help = "start this manual job when its turn comes; may be repeated", .complete = COMPLETE_JOB },
	{ "jobs", 'j', NUMBER(struct run_options, parallel), "N",
	  .help = "run at most N jobs at a time (default: the number of processors)", .min = 1,
	  .max = 1024 },
	{ "keep", 0, FLAG(struct run_options, keep), NULL,
	  .help = "leave the workspaces of the jobs, to look into" },
	{ "timestamps", 0, FLAG(struct run_options, timestamps), NULL,
	  .help = "put the time before each line of output" },
	{ "dry-run", 'n', FLAG(struct run_options, dry_run), NULL,
	  .help = "say what would run, in which order, and run nothing" },
	{ "quiet", 'q', FLAG(struct run_options, quiet), NULL,
	  .help = "show no output of jobs that succeed; only the verdict and what failed" },
	{ "json", 0, FLAG(struct run_options, json), NULL, .help = "print one event a line as JSON" },
};

static const struct opt_set run_sets[] = {
	SET_OWN(run_opts), SET_PLAN(struct run_options), SET_GLOBAL, { 0 },
};

static const struct opt list_opts[] = {
	{ "names", 0, FLAG(struct list_options, names), NULL,
	  .help = "print only the names of the jobs, one a line" },
	{ "json", 0, FLAG(struct list_options, json), NULL, .help = "print JSON" },
};

static const struct opt_set list_sets[] = {
	SET_OWN(list_opts), SET_PLAN(struct list_options), SET_GLOBAL, { 0 },
};

static const struct opt show_opts[] = {
	{ "json", 0, FLAG(struct show_options, json), NULL,
	  .help = "print the complete expanded plan as JSON, the same byte for byte each time" },
};

static const struct opt_set show_sets[] = {
	SET_OWN(show_opts), SET_PLAN(struct show_options), SET_GLOBAL, { 0 },
};

static const struct choice format_choices[] = {
	{ "text", GRAPH_OPTION_TEXT, "a picture for the terminal" },
	{ "svg", GRAPH_OPTION_SVG, "a picture for a page" },
	{ "dot", GRAPH_OPTION_DOT, "for Graphviz" },
	{ "mermaid", GRAPH_OPTION_MERMAID, "for Markdown" },
	{ 0 },
};

static const struct opt graph_opts[] = {
	{ "format", 0, CHOICE(struct graph_command_options, format), "FORMAT",
	  .help = "how to draw it (default: text)", .choices = format_choices },
};

static const struct opt_set graph_sets[] = {
	SET_OWN(graph_opts), SET_PLAN(struct graph_command_options), SET_GLOBAL, { 0 },
};

static const struct arg lint_args[] = {
	{ "FILE", false, ARG_LIST, AT(struct lint_options, files, struct str_vec),
	  .help = "the files to check (default: the one of --file)", .complete = COMPLETE_FILE },
	{ 0 },
};

static const struct opt lint_opts[] = {
	{ "json", 0, FLAG(struct lint_options, json), NULL, .help = "print JSON" },
};

static const struct opt_set lint_sets[] = {
	SET_OWN(lint_opts), SET_PLAN(struct lint_options), SET_GLOBAL, { 0 },
};

static const struct arg explain_args[] = {
	{ "JOB", true, ARG_VALUE, AT(struct explain_options, job, str), .help = "the job to explain",
	  .complete = COMPLETE_JOB },
	{ 0 },
};

static const struct opt explain_opts[] = {
	{ "json", 0, FLAG(struct explain_options, json), NULL, .help = "print JSON" },
};

static const struct opt_set explain_sets[] = {
	SET_OWN(explain_opts), SET_PLAN(struct explain_options), SET_GLOBAL, { 0 },
};

static const struct opt runs_opts[] = {
	{ "limit", 'n', NUMBER(struct runs_options, limit), "N",
	  .help = "show the N newest (default: 20)", .min = 1, .max = 1000000 },
	{ "json", 0, FLAG(struct runs_options, json), NULL, .help = "print JSON" },
};

static const struct opt_set runs_sets[] = { SET_OWN(runs_opts), SET_GLOBAL, { 0 } };

static const struct arg log_args[] = {
	{ "RUN", false, ARG_NUMBER, AT(struct log_options, run, uint64_t),
	  .help = "number of the run (default: the latest)" },
	{ "JOB", true, ARG_VALUE, AT(struct log_options, job, str), .help = "whose log",
	  .complete = COMPLETE_JOB },
	{ 0 },
};

static const struct opt log_opts[] = {
	{ "path", 0, FLAG(struct log_options, path), NULL,
	  .help = "print the path of the log file instead" },
};

static const struct opt_set log_sets[] = { SET_OWN(log_opts), SET_GLOBAL, { 0 } };

static const struct arg artifacts_args[] = {
	{ "RUN", false, ARG_NUMBER, AT(struct artifacts_options, run, uint64_t),
	  .help = "number of the run (default: the latest)" },
	{ 0 },
};

static const struct opt artifacts_opts[] = {
	{ "job", 0, VALUE(struct artifacts_options, job), "JOB",
	  .help = "only the artifacts of this job (default: of all)", .complete = COMPLETE_JOB },
	{ "extract", 'x', VALUE(struct artifacts_options, extract), "DIR",
	  .help = "unpack them into DIR instead of listing them", .complete = COMPLETE_DIRECTORY },
	{ "json", 0, FLAG(struct artifacts_options, json), NULL, .help = "print JSON" },
};

static const struct opt_set artifacts_sets[] = { SET_OWN(artifacts_opts), SET_GLOBAL, { 0 } };

static const struct opt clean_opts[] = {
	{ "keep", 0, NUMBER(struct clean_options, keep), "N",
	  .help = "leave the N newest runs (default: none)", .max = 1000000 },
	{ "cache", 0, FLAG(struct clean_options, cache), NULL, .help = "also remove the job caches" },
	{ "dry-run", 'n', FLAG(struct clean_options, dry_run), NULL,
	  .help = "say what would be removed, and remove nothing" },
};

static const struct opt_set clean_sets[] = { SET_OWN(clean_opts), SET_GLOBAL, { 0 } };

static const struct arg help_args[] = {
	{ "COMMAND", false, ARG_VALUE, AT(struct help_options, command, str),
	  .help = "the command to describe (default: all, in short)", .complete = COMPLETE_COMMAND },
	{ 0 },
};

static const struct opt_set no_sets[] = { { 0 } };

static const struct arg man_args[] = {
	{ "COMMAND", false, ARG_VALUE, AT(struct man_options, command, str),
	  .help = "the command whose page is wanted (default: the page of slipway itself)",
	  .complete = COMPLETE_COMMAND },
	{ 0 },
};

static const struct choice man_choices[] = {
	{ "man", MAN_ROFF, "source of a manual page, for `man -l -`" },
	{ "markdown", MAN_MARKDOWN, "Markdown; without COMMAND the reference of all commands" },
	{ "keywords", MAN_KEYWORDS, "the reference of all keywords of a .gitlab-ci.yml, as Markdown" },
	{ 0 },
};

static const struct opt man_opts[] = {
	{ "format", 0, CHOICE(struct man_options, format), "FORMAT",
	  .help = "what to print (default: man)", .choices = man_choices },
};

static const struct opt_set man_sets[] = { SET_OWN(man_opts), { 0 } };

static const struct choice shell_choices[] = {
	{ "bash", SHELL_BASH, "GNU Bash" },
	{ "zsh", SHELL_ZSH, "Z shell" },
	{ "fish", SHELL_FISH, "fish" },
	{ 0 },
};

static const struct arg completion_args[] = {
	{ "SHELL", true, ARG_CHOICE, AT(struct completion_options, shell, int),
	  .help = "the shell that will read it", .choices = shell_choices },
	{ 0 },
};

static const struct arg complete_args[] = {
	{ "SHELL", true, ARG_CHOICE, AT(struct complete_options, shell, int), .help = "the shell that asks",
	  .choices = shell_choices },
	{ "WORD", false, ARG_LIST, AT(struct complete_options, words, struct str_vec),
	  .help = "the words after `slipway`, the last one unfinished; for bash the line as one word" },
	{ 0 },
};

static const struct arg no_args[] = { { 0 } };
static const struct example no_examples[] = { { 0 } };

static const struct exit_code run_exits[] = {
	{ 0, "the pipeline succeeded, perhaps with warnings" },
	{ 1, "the pipeline failed or was canceled" },
	{ 2, "bad usage, or an error in the pipeline's files" },
	{ 3, "internal error, or the machine failed" },
	{ 0 },
};

static const struct exit_code usual_exits[] = {
	{ 0, "success" },
	{ 2, "bad usage or configuration, or what was asked for does not exist" },
	{ 3, "internal error, or the machine failed" },
	{ 0 },
};

static const struct example artifacts_examples[] = {
	{ "artifacts", "list what the latest run kept" },
	{ "artifacts 12 --job build -x out", "unpack the artifacts of one job of run 12 into out/" },
	{ 0 },
};

static const struct example clean_examples[] = {
	{ "clean --keep 10", "remove all runs but the ten newest" },
	{ "clean --cache --dry-run", "say what a complete clean-up would remove" },
	{ 0 },
};

static const struct example completion_examples[] = {
	{ "completion bash > ~/.local/share/bash-completion/completions/slipway",
	  "for every new shell of this user" },
	{ 0 },
};

static const struct example explain_examples[] = {
	{ "explain deploy", "why `deploy` is in the pipeline or not" },
	{ "explain deploy --tag v1.2.0", "the same, if v1.2.0 were pushed" },
	{ 0 },
};

static const struct example graph_examples[] = {
	{ "graph", "draw it in the terminal" },
	{ "graph --format svg > pipeline.svg", "draw it for a page" },
	{ 0 },
};

static const struct example lint_examples[] = {
	{ "lint", "check the pipeline of this repository" },
	{ "lint ci/*.yml", "check several files, each as a pipeline of its own" },
	{ 0 },
};

static const struct example list_examples[] = {
	{ "list", "which jobs a push to this branch would run, and why" },
	{ "list --event merge_request --target-branch main", "and a merge request" },
	{ 0 },
};

static const struct example log_examples[] = {
	{ "log test", "the log of `test` in the latest run" },
	{ "log 12 test", "and in run 12" },
	{ 0 },
};

static const struct example man_examples[] = {
	{ "man run | man -l -", "read the page of `slipway run`" },
	{ 0 },
};

static const struct example plan_examples[] = {
	{ "plan --json > plan.json", "keep the complete plan" },
	{ 0 },
};

static const struct example run_examples[] = {
	{ "run", "the whole pipeline, as a push to this branch would run it" },
	{ "run test --needs", "one job and all it needs" },
	{ "run --event merge_request --target-branch main", "as a merge request into main" },
	{ "run --var DEPLOY=yes --manual deploy", "with a variable, and start a manual job" },
	{ 0 },
};

static const struct example runs_examples[] = {
	{ "runs -n 5", "the five newest" },
	{ 0 },
};

#define RUNS_IN(type, fn) .size = sizeof(struct type), .run = fn

const struct cmd cmds[] = {
	{ "artifacts", CMD_RUNS, "list or unpack the artifacts of a run",
	  "Lists the files that the jobs of a run kept by `artifacts`, and their reports, with "
	  "their sizes. With --extract they are unpacked; nothing is ever written outside the "
	  "given directory.",
	  artifacts_args, artifacts_sets, artifacts_examples, usual_exits,
	  RUNS_IN(artifacts_options, cmd_artifacts) },
	{ "clean", CMD_RUNS, "remove earlier runs and caches",
	  "Removes the state of earlier runs from `.slipway/`: logs, artifacts and workspaces that "
	  "were kept. A run that is under way is left alone.",
	  no_args, clean_sets, clean_examples, usual_exits, RUNS_IN(clean_options, cmd_clean) },
	{ "complete", CMD_HIDDEN, "what could stand at the end of a command line",
	  "Asked by the completion scripts. Prints one candidate a line, with a tab and a "
	  "description behind it but for bash; a line `:file` or `:directory` asks the shell for "
	  "names of files.",
	  complete_args, no_sets, no_examples, usual_exits,
	  RUNS_IN(complete_options, cmd_complete) },
	{ "completion", CMD_ABOUT, "print a completion script for a shell",
	  "Prints a script that teaches the shell the commands, options, values and job names.",
	  completion_args, no_sets, completion_examples, usual_exits,
	  RUNS_IN(completion_options, cmd_completion) },
	{ "explain", CMD_PIPELINE, "say why a job is in the pipeline, and where each key came from",
	  "Shows which rule decided, at which file and line, with the values its variables had, and "
	  "for every key of the job where it was written: the file itself, an include, an "
	  "`extends`, an anchor or a default.",
	  explain_args, explain_sets, explain_examples, usual_exits,
	  RUNS_IN(explain_options, cmd_explain) },
	{ "graph", CMD_PIPELINE, "draw the pipeline",
	  "Draws which job waits for which.", no_args, graph_sets, graph_examples, usual_exits,
	  RUNS_IN(graph_command_options, cmd_graph) },
	{ "help", CMD_ABOUT, "show help about a command",
	  "Shows the same text as COMMAND --help.", help_args, no_sets, no_examples, usual_exits,
	  RUNS_IN(help_options, cmd_help) },
	{ "lint", CMD_PIPELINE, "check the pipeline's files",
	  "Reports all independent errors in one go, each with file, line and column, what was "
	  "expected, and a hint.",
	  lint_args, lint_sets, lint_examples, usual_exits, RUNS_IN(lint_options, cmd_lint) },
	{ "list", CMD_PIPELINE, "list the jobs, stage by stage",
	  "Shows for every job when it starts, what it needs, and why it is in the pipeline or "
	  "left out.",
	  no_args, list_sets, list_examples, usual_exits, RUNS_IN(list_options, cmd_list) },
	{ "log", CMD_RUNS, "show the log of a job",
	  "Prints the complete log of a job of an earlier run, or of one that is under way.",
	  log_args, log_sets, log_examples, usual_exits, RUNS_IN(log_options, cmd_log) },
	{ "man", CMD_ABOUT, "print a manual page",
	  "Prints the source of a manual page, or the reference of all commands as Markdown.",
	  man_args, man_sets, man_examples, usual_exits, RUNS_IN(man_options, cmd_man) },
	{ "plan", CMD_PIPELINE, "show the complete plan",
	  "Expands includes, inputs, rules, matrices and variables, and shows what each job would "
	  "do. Nothing is run.",
	  no_args, show_sets, plan_examples, usual_exits, RUNS_IN(show_options, cmd_plan) },
	{ "run", CMD_PIPELINE, "run the pipeline on this machine",
	  "Plans the pipeline of the repository around the current directory and runs its jobs "
	  "here, each the moment what it needs is done. No server and no configuration is "
	  "needed.\n\n"
	  "Every job works in a copy of the tracked and the not ignored files: your tree is never "
	  "touched. Logs, artifacts and caches go to `.slipway/`.\n\n"
	  "In a terminal you see a live picture, in a pipe lines with the job's name before them, "
	  "with --json one event a line. Ctrl-C stops the jobs and lets them clean up; a second "
	  "one hurries them.",
	  run_args, run_sets, run_examples, run_exits, RUNS_IN(run_options, cmd_run) },
	{ "runs", CMD_RUNS, "list earlier runs",
	  "Lists the runs that `.slipway/` remembers, newest first, with event, commit, verdict "
	  "and duration.",
	  no_args, runs_sets, runs_examples, usual_exits, RUNS_IN(runs_options, cmd_runs) },
	{ "version", CMD_ABOUT, "print the version", "Prints the same line as --version.", no_args,
	  no_sets, no_examples, usual_exits, RUNS_IN(global_options, cmd_version) },
};

const size_t nr_cmds = COUNT(cmds);
