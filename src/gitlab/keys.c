#include "gitlab/keys.h"

#define ROW(word, bits, text) { STR_INIT(word), (bits), text }

const struct key_row job_keys[K_NR] = {
	[K_AFTER_SCRIPT] = ROW("after_script", KEY_DEFAULT | KEY_GLOBAL,
			       "commands after the script, in a shell of their own, whatever its result"),
	[K_ALLOW_FAILURE] = ROW("allow_failure", KEY_TRIGGER,
				"true, or the exit codes, whose failure does not fail the pipeline"),
	[K_ARTIFACTS] = ROW("artifacts", KEY_DEFAULT, "files to keep and hand to later jobs; reports"),
	[K_BEFORE_SCRIPT] = ROW("before_script", KEY_DEFAULT | KEY_GLOBAL,
				"commands before the script, in the same shell"),
	[K_CACHE] = ROW("cache", KEY_DEFAULT | KEY_GLOBAL, "files to keep between pipelines"),
	[K_COVERAGE] = ROW("coverage", 0, "regular expression that finds the coverage in the log"),
	[K_DAST_CONFIGURATION] = ROW("dast_configuration", KEY_SERVER, "profiles of the DAST scanner"),
	[K_DEPENDENCIES] = ROW("dependencies", 0, "jobs whose artifacts are fetched"),
	[K_ENVIRONMENT] = ROW("environment", KEY_TRIGGER, "where the job deploys to"),
	[K_EXCEPT] = ROW("except", KEY_TRIGGER, "when the job is not in the pipeline"),
	[K_EXTENDS] = ROW("extends", KEY_TRIGGER, "jobs whose keys are merged into this one"),
	[K_HOOKS] = ROW("hooks", KEY_DEFAULT, "commands at points of the runner's work"),
	[K_ID_TOKENS] = ROW("id_tokens", KEY_DEFAULT | KEY_SERVER, "OpenID Connect tokens as variables"),
	[K_IDENTITY] = ROW("identity", KEY_DEFAULT | KEY_SERVER, "identity at a cloud provider"),
	[K_IMAGE] = ROW("image", KEY_DEFAULT | KEY_GLOBAL, "container image that the job runs in"),
	[K_INHERIT] = ROW("inherit", KEY_TRIGGER, "which defaults and global variables are taken over"),
	[K_INPUTS] = ROW("inputs", KEY_SERVER, "typed inputs of a manual job"),
	[K_INTERRUPTIBLE] = ROW("interruptible", KEY_DEFAULT | KEY_TRIGGER,
				"may a newer pipeline cancel the job?"),
	[K_MANUAL_CONFIRMATION] = ROW("manual_confirmation", KEY_TRIGGER, "question before a manual job starts"),
	[K_NEEDS] = ROW("needs", KEY_TRIGGER, "jobs that must be done first; frees the job from stages"),
	[K_ONLY] = ROW("only", KEY_TRIGGER, "when the job is in the pipeline"),
	[K_PAGES] = ROW("pages", KEY_SERVER, "publish a directory as web pages"),
	[K_PARALLEL] = ROW("parallel", KEY_TRIGGER, "how many copies, or a matrix of variables"),
	[K_PUBLISH] = ROW("publish", KEY_SERVER, "directory that Pages publishes"),
	[K_RELEASE] = ROW("release", 0, "release to create after the script"),
	[K_RESOURCE_GROUP] = ROW("resource_group", KEY_TRIGGER, "only one job of the group runs at a time"),
	[K_RETRY] = ROW("retry", KEY_DEFAULT, "how often, and after which failures, to try again"),
	[K_RULES] = ROW("rules", KEY_TRIGGER, "conditions that put the job into the pipeline, first match wins"),
	[K_RUN] = ROW("run", 0, "steps instead of a script"),
	[K_SCRIPT] = ROW("script", 0, "commands that the job runs"),
	[K_SECRETS] = ROW("secrets", KEY_SERVER, "secrets from an external vault"),
	[K_SERVICES] = ROW("services", KEY_DEFAULT | KEY_GLOBAL, "containers that run beside the job"),
	[K_STAGE] = ROW("stage", KEY_TRIGGER, "stage of the job; `test` without"),
	[K_START_IN] = ROW("start_in", KEY_TRIGGER, "how long a delayed job waits"),
	[K_TAGS] = ROW("tags", KEY_DEFAULT, "which runners may take the job; a local run takes all"),
	[K_TIMEOUT] = ROW("timeout", KEY_DEFAULT, "how long the job may take"),
	[K_TRIGGER] = ROW("trigger", KEY_TRIGGER, "start a child pipeline or one of another project"),
	[K_VARIABLES] = ROW("variables", KEY_TRIGGER, "variables of the job"),
	[K_WHEN] = ROW("when", KEY_TRIGGER, "on_success, on_failure, always, manual or delayed"),
};

int job_key_find(str name)
{
	for (int i = 0; i < K_NR; i++)
		if (job_keys[i].name.n == name.n && str_eq(job_keys[i].name, name))
			return i;
	return -1;
}
