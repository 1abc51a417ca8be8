/* read_job.c - the keys of a job that say what it runs and how. */
#include "gitlab/lower.h"

#include "fmt/regex.h"

#define TIMEOUT_DEFAULT_S 3600
#define TIMEOUT_MAX_S	  (31ull * 24 * 3600) /* a month */
#define START_IN_MAX_S	  (7 * 24 * 3600)
#define TAGS_LIMIT	  50
#define SERVICES_MAX	  50

static struct place place_of(const struct job_def *def, const char *key, const char *sub)
{
	return (struct place){ def->name, key, sub };
}

/* A map or list of strings, as the value of image:docker and the like is accepted. */
static bool read_pull_policy(struct entry *e, const struct place *p, const struct node *n,
			     struct str_vec *ret)
{
	static const str words[] = { STR_INIT("always"), STR_INIT("if-not-present"),
				     STR_INIT("never") };

	if (!entry_strings(e, p, n, 3, ret))
		return false;
	for (size_t i = 0; i < ret->nr; i++) {
		bool known = false;

		for (size_t k = 0; k < COUNT(words); k++)
			known |= str_eq(ret->at[i], words[k]);
		if (!known)
			return entry_wrong(e, p, n, "always, if-not-present or never");
	}
	return true;
}

/* What image and service have in common; `n` is a map whose keys were checked. */
static bool read_image_map(struct entry *e, const struct place *p, const struct node *n,
			   struct job_image *ret)
{
	static const char *const docker_keys[] = { "platform", "user" };
	const struct node *name = node_get(n, STR("name")),
			  *entrypoint = node_get(n, STR("entrypoint"));
	const struct node *docker = node_get(n, STR("docker")),
			  *pull = node_get(n, STR("pull_policy"));
	struct place sub = { p->job, p->key, "name" };

	if (!name)
		return entry_wrong(e, &sub, n, "a string");
	if (!entry_str(e, &sub, name, &ret->name))
		return false;
	sub.sub = "entrypoint";
	ret->has_entrypoint = entrypoint != NULL;
	if (entrypoint && !entry_strings(e, &sub, entrypoint, 0, &ret->entrypoint))
		return false;
	sub.sub = "pull_policy";
	if (pull && !read_pull_policy(e, &sub, pull, &ret->pull_policy))
		return false;
	sub.sub = "docker";
	if (!docker)
		return true;
	if (!entry_is_map(e, &sub, docker) ||
	    !entry_keys(e, &sub, docker, docker_keys, COUNT(docker_keys)))
		return false;
	if (node_get(docker, STR("platform")) &&
	    !entry_str(e, &sub, node_get(docker, STR("platform")), &ret->platform))
		return false;
	return !node_get(docker, STR("user")) ||
	       (node_is_scalar(node_get(docker, STR("user"))) &&
		(ret->user = entry_scalar_text(e->a, node_get(docker, STR("user"))), true));
}

static bool read_image(struct entry *e, const struct place *p, const struct node *n,
		       struct job_image *ret)
{
	static const char *const keys[] = { "name", "entrypoint", "docker", "kubernetes",
					    "pull_policy" };

	if (n->kind == NODE_STR) {
		ret->name = n->text;
		return true;
	}
	if (n->kind != NODE_MAP)
		return entry_wrong(e, p, n, "a hash or a string");
	return entry_keys(e, p, n, keys, COUNT(keys)) && read_image_map(e, p, n, ret);
}

static bool read_service(struct entry *e, const struct place *p, const struct node *n,
			 struct job_service *ret)
{
	static const char *const keys[] = { "name",	  "alias",     "entrypoint",  "command",
					    "docker",	  "variables", "pull_policy", "kubernetes" };
	const struct node *alias, *command, *variables;
	struct place sub = { p->job, p->key, "alias" };

	if (n->kind == NODE_STR) {
		ret->image.name = n->text;
		return true;
	}
	if (n->kind != NODE_MAP)
		return entry_wrong(e, p, n, "a hash or a string");
	if (!entry_keys(e, p, n, keys, COUNT(keys)) || !read_image_map(e, p, n, &ret->image))
		return false;
	alias = node_get(n, STR("alias"));
	if (alias) {
		str rest, word;

		if (!entry_str(e, &sub, alias, &rest))
			return false;
		while (!str_is_null(rest)) { /* several, separated by blanks or commas */
			size_t i = 0;

			while (i < rest.n && rest.p[i] != ' ' && rest.p[i] != ',')
				i++;
			word = str_sub(rest, 0, i);
			rest = i < rest.n ? str_from(rest, i + 1) : str_null;
			if (word.n)
				vec_add(e->a, &ret->alias, word);
		}
	}
	sub.sub = "command";
	command = node_get(n, STR("command"));
	if (command && !entry_strings(e, &sub, command, 0, &ret->command))
		return false;
	sub.sub = "variables";
	variables = node_get(n, STR("variables"));
	return !variables || entry_variables(e, &sub, variables, false, &ret->variables);
}

static bool read_services(struct lower *l, struct job_def *def, const struct node *n)
{
	struct place p = place_of(def, "services", NULL);

	if (n->kind != NODE_SEQ || n->seq.nr > SERVICES_MAX)
		return entry_wrong(&l->e, &p, n, "an array of at most 50 services");
	for (size_t i = 0; i < n->seq.nr; i++) {
		struct job_service s = { 0 };

		if (!read_service(&l->e, &p, n->seq.at[i], &s))
			return false;
		vec_add(l->e.a, &def->proto.spec.services, s);
	}
	return true;
}

static bool read_stage(struct lower *l, struct job_def *def)
{
	const struct node *n = def_node(def, K_STAGE);
	struct place p = place_of(def, "stage", NULL);
	struct pipeline *pl = l->p;
	struct buf list = BUF_INIT;
	str stage = STR("test");

	if (n && !entry_str(&l->e, &p, n, &stage))
		return false;
	def->proto.spec.stage = stage;
	for (size_t i = 0; i < pl->stages.nr; i++)
		if (str_eq(pl->stages.at[i], stage)) {
			def->proto.stage = i;
			return true;
		}
	for (size_t i = 0; i < pl->stages.nr; i++)
		buf_addf(&list, "%s" STR_FMT, i ? ", " : "", STR_ARG(pl->stages.at[i]));
	diag_error(l->e.d, n ? n->pos : def->pos,
		   STR_FMT " job: chosen stage " STR_FMT
			   " does not exist; available stages are " STR_FMT,
		   STR_ARG(def->name), STR_ARG(stage), STR_ARG(buf_str(&list)));
	diag_hint_nearest(l->e.d, stage, pl->stages.at, pl->stages.nr);
	buf_release(&list);
	return false;
}

static bool read_when(struct lower *l, struct job_def *def)
{
	static const char *const words[] = { "on_success", "on_failure", "always", "manual",
					     "delayed" };
	const struct node *n = def_node(def, K_WHEN), *start_in = def_node(def, K_START_IN);
	struct place p = place_of(def, "when", NULL);
	size_t i = 0;

	if (n && !entry_word(&l->e, &p, n, words, COUNT(words), &i))
		return false;
	def->proto.when = (enum job_when)i;
	if (def->proto.when == WHEN_DELAYED && !start_in) {
		diag_error(l->e.d, n->pos, "jobs:" STR_FMT " start in should be a duration",
			   STR_ARG(def->name));
		diag_hint(l->e.d, "a delayed job needs `start_in:`, for instance 30 minutes");
		return false;
	}
	p.key = "start_in";
	if (start_in && def->proto.when != WHEN_DELAYED) {
		diag_error(l->e.d, start_in->pos, "jobs:" STR_FMT " start in must be blank",
			   STR_ARG(def->name));
		diag_hint(l->e.d, "`start_in:` goes with `when: delayed`");
		return false;
	}
	if (start_in && !entry_duration(&l->e, &p, start_in, &def->proto.start_in_s))
		return false;
	if (start_in && def->proto.start_in_s > START_IN_MAX_S)
		return diag_error(l->e.d, start_in->pos,
				  "jobs:" STR_FMT " start in should not exceed the limit of 1 week",
				  STR_ARG(def->name)) == 0;
	return true;
}

static bool read_exit_codes(struct entry *e, const struct place *p, const struct node *n, int **ret,
			    size_t *ret_nr)
{
	static const char what[] = "an array of integers or an integer";
	size_t nr = n->kind == NODE_SEQ ? n->seq.nr : 1;
	int *codes;

	if (n->kind != NODE_SEQ && n->kind != NODE_INT)
		return entry_wrong(e, p, n, what);
	codes = arena_array(e->a, int, nr);
	for (size_t i = 0; i < nr; i++) {
		const struct node *item = n->kind == NODE_SEQ ? n->seq.at[i] : n;

		if (item->kind != NODE_INT || item->integer < 0 || item->integer > 255)
			return entry_wrong(e, p, item, what);
		codes[i] = (int)item->integer;
	}
	*ret = codes;
	*ret_nr = nr;
	return true;
}

bool read_allow_failure(struct entry *e, const struct place *p, const struct node *n,
			struct job *ret)
{
	static const char *const keys[] = { "exit_codes" };
	struct place sub = { p->job, p->key, "exit_codes" };
	const struct node *codes;

	if (n->kind == NODE_BOOL) {
		ret->allow_failure = n->boolean;
		return true;
	}
	if (n->kind != NODE_MAP)
		return entry_wrong(e, p, n, "a hash or a boolean value");
	codes = node_get(n, STR("exit_codes"));
	if (!entry_keys(e, p, n, keys, COUNT(keys)))
		return false;
	if (!codes)
		return entry_wrong(e, &sub, n, "an array of integers or an integer");
	ret->allow_failure = false;
	return read_exit_codes(e, &sub, codes, &ret->allow_exit_codes, &ret->nr_allow_exit_codes);
}

static bool read_retry_when(struct entry *e, const struct place *p, const struct node *n,
			    uint32_t *ret)
{
	struct str_vec words = { 0 };

	if (!entry_strings(e, p, n, 0, &words))
		return false;
	*ret = 0;
	for (size_t i = 0; i < words.nr; i++) {
		str names[FAIL_NR + 1];
		enum failure_reason reason;

		if (str_eq(words.at[i], STR("always"))) {
			*ret = UINT32_MAX;
			continue;
		}
		if (failure_reason_parse(words.at[i], &reason)) {
			*ret |= 1u << reason;
			continue;
		}
		for (int k = 0; k < FAIL_NR; k++)
			names[k] = str_of(failure_reason_name((enum failure_reason)k));
		names[FAIL_NR] = STR("always");
		entry_wrong(e, p, n, "a list of failure reasons");
		diag_hint_nearest(e->d, words.at[i], names, COUNT(names));
		return false;
	}
	return true;
}

static bool read_retry(struct lower *l, struct job_def *def, const struct node *n)
{
	static const char *const keys[] = { "max", "when", "exit_codes" };
	struct place p = place_of(def, "retry", NULL), sub = place_of(def, "retry", "max");
	struct retry *r = &def->proto.retry;
	const struct node *max, *when, *codes;

	r->when = UINT32_MAX;
	if (n->kind == NODE_INT)
		return entry_uint(&l->e, &p, n, 2, &r->max);
	if (n->kind != NODE_MAP)
		return entry_wrong(&l->e, &p, n, "a hash or an integer");
	if (!entry_keys(&l->e, &p, n, keys, COUNT(keys)))
		return false;
	max = node_get(n, STR("max"));
	when = node_get(n, STR("when"));
	codes = node_get(n, STR("exit_codes"));
	if (max && !entry_uint(&l->e, &sub, max, 2, &r->max))
		return false;
	sub.sub = "exit_codes";
	if (codes && !read_exit_codes(&l->e, &sub, codes, &r->exit_codes, &r->nr_exit_codes))
		return false;
	/* With exit codes alone, only they start another try. */
	if (codes && !when)
		r->when = 0;
	sub.sub = "when";
	return !when || read_retry_when(&l->e, &sub, when, &r->when);
}

static bool read_timeout(struct lower *l, struct job_def *def)
{
	const struct node *n = def_node(def, K_TIMEOUT);
	struct place p = place_of(def, "timeout", NULL);

	def->proto.spec.timeout_s = TIMEOUT_DEFAULT_S;
	if (n && !entry_duration(&l->e, &p, n, &def->proto.spec.timeout_s))
		return false;
	if (n && def->proto.spec.timeout_s == 0)
		return entry_wrong(&l->e, &p, n, "a duration of at least a second");
	if (def->proto.spec.timeout_s > TIMEOUT_MAX_S)
		return diag_error(l->e.d, n->pos,
				  "jobs:" STR_FMT
				  ":timeout config should not exceed the limit of 1 month",
				  STR_ARG(def->name)) == 0;
	return true;
}

/* `/regex/`; checked now, so that a wrong one is not found after the job. */
static bool read_coverage(struct lower *l, struct job_def *def, const struct node *n)
{
	struct place p = place_of(def, "coverage", NULL);
	struct regex *re = NULL;
	struct err err;
	str text;

	if (!entry_str(&l->e, &p, n, &text))
		return false;
	if (text.n < 3 || text.p[0] != '/' || text.p[text.n - 1] != '/')
		return entry_wrong(&l->e, &p, n, "a regular expression between slashes");
	def->proto.spec.coverage = str_sub(text, 1, text.n - 2);
	if (regex_compile(def->proto.spec.coverage, 0, &re, &err) < 0)
		return diag_error(l->e.d, n->pos, "jobs:" STR_FMT ":coverage: %s",
				  STR_ARG(def->name), err.msg) == 0;
	regex_free(re);
	return true;
}

/* A step that only GitLab's step runner knows must not look as if it had run. */
static str refuse_step(struct arena *a, const struct node *name)
{
	return arena_printf(a, "echo 'This step of `run:` cannot be run here: %.*s' >&2; exit 1",
			    (int)(name && name->kind == NODE_STR && str_index(name->text, '\'') < 0
					  ? name->text.n
					  : 0),
			    name && name->kind == NODE_STR ? name->text.p : "");
}

/* Steps of `run:`: those with a script become part of the job's script. */
static bool read_run(struct lower *l, struct job_def *def, const struct node *n)
{
	static const char *const keys[] = { "name",   "script", "step",	 "func",
					    "action", "env",	"inputs" };
	struct place p = place_of(def, "run", NULL);
	struct str_vec *commands = &def->proto.spec.script.script;

	if (n->kind != NODE_SEQ || n->seq.nr == 0)
		return entry_wrong(&l->e, &p, n, "an array of steps");
	for (size_t i = 0; i < n->seq.nr; i++) {
		const struct node *step = n->seq.at[i], *script;

		if (!entry_is_map(&l->e, &p, step) ||
		    !entry_keys(&l->e, &p, step, keys, COUNT(keys)))
			return false;
		script = node_get(step, STR("script"));
		if (script) {
			if (!entry_script(&l->e, &p, script, commands))
				return false;
		} else {
			vec_add(l->e.a, commands, refuse_step(l->e.a, node_get(step, STR("name"))));
		}
		if (!script || node_get(step, STR("env")))
			lower_note_key(l, script ? STR("run:env") : STR("run:step"), step->pos);
	}
	return true;
}

static bool read_scripts(struct lower *l, struct job_def *def)
{
	static const char *const hook_keys[] = { "pre_get_sources_script" };
	struct job_spec *s = &def->proto.spec;
	const struct node *n;
	struct place p = place_of(def, "before_script", NULL);
	size_t before;
	bool good = true;

	s->script.name = STR("script");
	s->after_script.name = STR("after_script");
	if ((n = def_node(def, K_BEFORE_SCRIPT)))
		good &= entry_script(&l->e, &p, n, &s->script.script);
	before = s->script.script.nr;
	p.key = "script";
	if ((n = def_node(def, K_SCRIPT))) {
		good &= entry_script(&l->e, &p, n, &s->script.script);
		if (good && s->script.script.nr == before) {
			diag_error(l->e.d, n->pos, "jobs:" STR_FMT ":script can't be blank",
				   STR_ARG(def->name));
			good = false;
		}
	}
	if ((n = def_node(def, K_RUN)))
		good &= read_run(l, def, n);
	p.key = "after_script";
	if ((n = def_node(def, K_AFTER_SCRIPT)))
		good &= entry_script(&l->e, &p, n, &s->after_script.script);
	p.key = "hooks";
	if ((n = def_node(def, K_HOOKS))) {
		const struct node *hook;

		if (!entry_is_map(&l->e, &p, n) ||
		    !entry_keys(&l->e, &p, n, hook_keys, COUNT(hook_keys)))
			return false;
		hook = node_get(n, str_of(hook_keys[0]));
		p.sub = hook_keys[0];
		if (hook)
			good &= entry_script(&l->e, &p, hook, &s->pre_get_sources);
	}
	return good;
}

static bool read_dependencies(struct lower *l, struct job_def *def)
{
	const struct node *n = def_node(def, K_DEPENDENCIES);
	struct place p = place_of(def, "dependencies", NULL);

	def->proto.has_dependencies = n != NULL;
	return !n || entry_list(&l->e, &p, n, 0, &def->proto.dependencies);
}

static bool read_rules_and_only(struct lower *l, struct job_def *def)
{
	static const enum job_key excluded[] = { K_ONLY, K_EXCEPT, K_START_IN };
	const struct node *rules = def_node(def, K_RULES);
	struct place p = place_of(def, "rules", NULL);

	for (size_t i = 0; rules && i < COUNT(excluded); i++)
		if (def->key[excluded[i]]) {
			diag_error(l->e.d, def->key[excluded[i]]->key_pos,
				   "jobs:" STR_FMT ":" STR_FMT " key may not be used with `rules`",
				   STR_ARG(def->name), STR_ARG(job_keys[excluded[i]].name));
			return false;
		}
	if (rules)
		return (def->rules = rules_read(l, &p, rules, RULES_OF_JOB)) != NULL;
	p.key = "only";
	if (def_node(def, K_ONLY) && !(def->only = only_read(l, &p, def_node(def, K_ONLY))))
		return false;
	p.key = "except";
	return !def_node(def, K_EXCEPT) ||
	       (def->except = only_read(l, &p, def_node(def, K_EXCEPT)));
}

static bool read_tags(struct lower *l, const struct place *p, const struct node *n,
		      struct str_vec *ret)
{
	str place = place_str(l->e.a, p);

	if (n->kind == NODE_SEQ && n->seq.nr >= TAGS_LIMIT)
		return diag_error(l->e.d, n->pos,
				  STR_FMT " config must be less than the limit of %d tags",
				  STR_ARG(place), TAGS_LIMIT) == 0;
	return entry_list(&l->e, p, n, 0, ret);
}

/* Keys with a plain value. */
static bool read_plain(struct lower *l, struct job_def *def)
{
	struct job *j = &def->proto;
	struct place p = place_of(def, "tags", NULL);
	const struct node *n;
	bool good = true;

	if ((n = def_node(def, K_TAGS)))
		good &= read_tags(l, &p, n, &j->spec.tags);
	p.key = "resource_group";
	if ((n = def_node(def, K_RESOURCE_GROUP)))
		good &= entry_str(&l->e, &p, n, &j->resource_group);
	p.key = "interruptible";
	if ((n = def_node(def, K_INTERRUPTIBLE)))
		good &= entry_bool(&l->e, &p, n, &j->interruptible);
	p.key = "manual_confirmation";
	if ((n = def_node(def, K_MANUAL_CONFIRMATION)))
		good &= entry_str(&l->e, &p, n, &j->manual_confirmation);
	p.key = "variables";
	if ((n = def_node(def, K_VARIABLES)))
		good &= entry_variables(&l->e, &p, n, false, &def->variables);
	p.key = "image";
	if ((n = def_node(def, K_IMAGE)))
		good &= read_image(&l->e, &p, n, &j->spec.image);
	if ((n = def_node(def, K_SERVICES)))
		good &= read_services(l, def, n);
	if ((n = def_node(def, K_COVERAGE)))
		good &= read_coverage(l, def, n);
	if ((n = def_node(def, K_RETRY)))
		good &= read_retry(l, def, n);
	return good;
}

bool read_job(struct lower *l, struct job_def *def)
{
	struct place p = place_of(def, "allow_failure", NULL);
	const struct node *n = def_node(def, K_ALLOW_FAILURE);
	bool good;

	def->proto.pos = def->pos;
	def->proto.node = def->node;
	def->proto.group = def->name;
	def->proto.spec.image.name = str_null;
	def->needs_node = def_node(def, K_NEEDS);
	good = read_stage(l, def);
	good &= read_when(l, def);
	/* A manual job is optional unless it says otherwise; rules have their own default. */
	def->proto.allow_failure = def->proto.when == WHEN_MANUAL;
	if (n)
		good &= read_allow_failure(&l->e, &p, n, &def->proto);
	good &= read_timeout(l, def);
	good &= read_scripts(l, def);
	good &= read_plain(l, def);
	good &= read_dependencies(l, def);
	good &= read_artifacts(l, def);
	good &= read_caches(l, def);
	good &= read_environment(l, def);
	good &= read_release(l, def);
	good &= read_trigger(l, def);
	good &= read_rules_and_only(l, def);
	return good;
}
