#include "gitlab/keys.h"

#define ROW(word, bits, text, here) { STR_INIT(word), (bits), text, here }

const struct key_row job_keys[K_NR] = {
	[K_AFTER_SCRIPT] = ROW("after_script", KEY_DEFAULT | KEY_GLOBAL,
			       "commands after the script, in a shell of their own, whatever its result",
			       "runs, for at most 5 minutes; its failure does not count"),
	[K_ALLOW_FAILURE] = ROW("allow_failure", KEY_TRIGGER,
				"true, or the exit codes, whose failure does not fail the pipeline",
				"works; the run ends with warnings and exit code 0"),
	[K_ARTIFACTS] = ROW("artifacts", KEY_DEFAULT, "files to keep and hand to later jobs; reports",
			    "kept in `.slipway/` until `slipway clean`; `expire_in`, `access`, `public` and "
			    "`expose_as` are checked and have no effect"),
	[K_BEFORE_SCRIPT] = ROW("before_script", KEY_DEFAULT | KEY_GLOBAL,
				"commands before the script, in the same shell", "works"),
	[K_CACHE] = ROW("cache", KEY_DEFAULT | KEY_GLOBAL, "files to keep between pipelines",
			"kept in `.slipway/`; `unprotect` has no effect, since no ref is protected"),
	[K_COVERAGE] = ROW("coverage", 0, "regular expression that finds the coverage in the log",
			   "found and shown"),
	[K_DAST_CONFIGURATION] = ROW("dast_configuration", KEY_SERVER, "profiles of the DAST scanner",
				     "no scanner is configured"),
	[K_DEPENDENCIES] = ROW("dependencies", 0, "jobs whose artifacts are fetched", "works"),
	[K_ENVIRONMENT] = ROW("environment", KEY_TRIGGER, "where the job deploys to",
			      "recorded and shown with its address; nothing stops by itself, so "
			      "`auto_stop_in` and `on_stop` are only checked"),
	[K_EXCEPT] = ROW("except", KEY_TRIGGER, "when the job is not in the pipeline", "works"),
	[K_EXTENDS] = ROW("extends", KEY_TRIGGER, "jobs whose keys are merged into this one", "works"),
	[K_HOOKS] = ROW("hooks", KEY_DEFAULT, "commands at points of the runner's work",
			"`pre_get_sources_script` runs before the workspace is made"),
	[K_ID_TOKENS] = ROW("id_tokens", KEY_DEFAULT | KEY_SERVER, "OpenID Connect tokens as variables",
			    "no token is made, so the variables do not exist"),
	[K_IDENTITY] = ROW("identity", KEY_DEFAULT | KEY_SERVER, "identity at a cloud provider",
			   "the job has the identity of who runs it"),
	[K_IMAGE] = ROW("image", KEY_DEFAULT | KEY_GLOBAL, "container image that the job runs in",
			"planned and set in `CI_JOB_IMAGE`; the job runs on this machine, which the "
			"output says once"),
	[K_INHERIT] = ROW("inherit", KEY_TRIGGER, "which defaults and global variables are taken over",
			  "works"),
	[K_INPUTS] = ROW("inputs", KEY_SERVER, "typed inputs of a manual job",
			 "`${{ job.inputs.NAME }}` stays as it is written"),
	[K_INTERRUPTIBLE] = ROW("interruptible", KEY_DEFAULT | KEY_TRIGGER,
				"may a newer pipeline cancel the job?",
				"planned; runs do not cancel each other"),
	[K_MANUAL_CONFIRMATION] = ROW("manual_confirmation", KEY_TRIGGER,
				      "question before a manual job starts",
				      "planned; `--manual JOB` is the confirmation"),
	[K_NEEDS] = ROW("needs", KEY_TRIGGER, "jobs that must be done first; frees the job from stages",
			"works; needs of other pipelines and projects are named in a warning"),
	[K_ONLY] = ROW("only", KEY_TRIGGER, "when the job is in the pipeline", "works"),
	[K_PAGES] = ROW("pages", KEY_SERVER, "publish a directory as web pages",
			"the job runs, and nothing is published"),
	[K_PARALLEL] = ROW("parallel", KEY_TRIGGER, "how many copies, or a matrix of variables", "works"),
	[K_PUBLISH] = ROW("publish", KEY_SERVER, "directory that Pages publishes", "nothing is published"),
	[K_RELEASE] = ROW("release", 0, "release to create after the script",
			  "planned and shown; no release is created"),
	[K_RESOURCE_GROUP] = ROW("resource_group", KEY_TRIGGER, "only one job of the group runs at a time",
				 "works, also between runs in this project"),
	[K_RETRY] = ROW("retry", KEY_DEFAULT, "how often, and after which failures, to try again", "works"),
	[K_RULES] = ROW("rules", KEY_TRIGGER,
			"conditions that put the job into the pipeline, first match wins",
			"works; `slipway explain JOB` tells which rule decided"),
	[K_RUN] = ROW("run", 0, "steps instead of a script",
		      "steps with `script` run; any other step fails the job, and its `env` is not set"),
	[K_SCRIPT] = ROW("script", 0, "commands that the job runs", "works"),
	[K_SECRETS] = ROW("secrets", KEY_SERVER, "secrets from an external vault",
			  "no vault is asked; give the value with `--var` or `--file-var`"),
	[K_SERVICES] = ROW("services", KEY_DEFAULT | KEY_GLOBAL, "containers that run beside the job",
			   "planned; not started, which the output says once"),
	[K_STAGE] = ROW("stage", KEY_TRIGGER, "stage of the job; `test` without", "works"),
	[K_START_IN] = ROW("start_in", KEY_TRIGGER, "how long a delayed job waits", "the run waits"),
	[K_TAGS] = ROW("tags", KEY_DEFAULT, "which runners may take the job",
		       "this machine takes every job; they are in `CI_RUNNER_TAGS`"),
	[K_TIMEOUT] = ROW("timeout", KEY_DEFAULT, "how long the job may take; an hour without", "works"),
	[K_TRIGGER] = ROW("trigger", KEY_TRIGGER, "start a child pipeline or one of another project",
			  "child pipelines run as a part of this run; a job that triggers another "
			  "project fails, because nothing is started there"),
	[K_VARIABLES] = ROW("variables", KEY_TRIGGER, "variables of the job", "works"),
	[K_WHEN] = ROW("when", KEY_TRIGGER, "on_success, on_failure, always, manual or delayed",
		       "works; manual jobs start with `--manual JOB`"),
};

const struct key_row top_keys[TOP_KEYS_NR] = {
	ROW("after_script", KEY_GLOBAL, "as under `default:`, which is the better place", "works"),
	ROW("before_script", KEY_GLOBAL, "as under `default:`, which is the better place", "works"),
	ROW("cache", KEY_GLOBAL, "as under `default:`, which is the better place", "works"),
	ROW("default", 0, "what jobs take over when they do not say it themselves", "works"),
	ROW("image", KEY_GLOBAL, "as under `default:`, which is the better place", "as in a job"),
	ROW("include", 0, "other files whose content is merged below this one",
	    "works; clones of other projects are given with `--project-root`, see "
	    "[includes](../guide/includes.md)"),
	ROW("pages", 0, "a job of that name publishes `public/`", "the job runs, and nothing is published"),
	ROW("services", KEY_GLOBAL, "as under `default:`, which is the better place", "as in a job"),
	ROW("spec", 0, "in a document of its own: the file's inputs",
	    "works; the root file's inputs are given with `--input`"),
	ROW("stages", 0, "names of the stages, in order; `build`, `test`, `deploy` without", "works"),
	ROW("variables", 0, "variables of all jobs",
	    "works; `description` and `options` are checked and have no effect"),
	ROW("workflow", 0, "when there is a pipeline at all, its name, what cancels it",
	    "works; `auto_cancel:on_new_commit` has no effect, since no commit can arrive"),
};

int job_key_find(str name)
{
	for (int i = 0; i < K_NR; i++)
		if (job_keys[i].name.n == name.n && str_eq(job_keys[i].name, name))
			return i;
	return -1;
}

/* --- docs/reference/keywords.md --- */

static void add_rows(struct buf *b, const struct key_row *rows, size_t nr, bool places)
{
	static const struct {
		enum key_flag flag;
		const char *text;
	} where[] = { { KEY_DEFAULT, "default" },
		      { KEY_GLOBAL, "top level" },
		      { KEY_TRIGGER, "trigger jobs" } };

	buf_addz(b, places ? "| keyword | meaning | also in | in a local run |\n|---|---|---|---|\n"
			   : "| keyword | meaning | in a local run |\n|---|---|---|\n");
	for (size_t i = 0; i < nr; i++) {
		const char *sep = "";

		buf_addf(b, "| `" STR_FMT "` | %s | ", STR_ARG(rows[i].name), rows[i].help);
		for (size_t k = 0; places && k < COUNT(where); k++)
			if (rows[i].flags & where[k].flag) {
				buf_addf(b, "%s%s", sep, where[k].text);
				sep = ", ";
			}
		buf_addf(b, "%s%s%s |\n", places ? " | " : "",
			 rows[i].flags & KEY_SERVER ? "**no effect**, said once: " : "",
			 rows[i].local);
	}
}

void keys_markdown(struct buf *b)
{
	buf_addz(
		b,
		"# Keywords\n\nMade from the keyword table by `make docs`; do not edit.\n\n"
		"What a `.gitlab-ci.yml` may say, and what `slipway run` does with it. Where a "
		"local run\n"
		"has to differ from a server is told in [differences](../guide/differences.md).\n\n"
		"## Jobs\n\n");
	add_rows(b, job_keys, K_NR, true);
	buf_addz(b, "\n## Top level\n\nEvery other name at top level is a job; one that starts "
		    "with a dot is\n"
		    "a template and never runs.\n\n");
	add_rows(b, top_keys, COUNT(top_keys), false);
}
