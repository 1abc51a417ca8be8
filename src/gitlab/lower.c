/* lower.c - the dialect's one way through: configuration, workflow, jobs, plan. */
#include "gitlab/lower.h"

#include "gitlab/predefined.h"
#include "gitlab/slug.h"

#include <string.h>

void lower_scope(struct lower *l, const struct job_def *def, const struct scope_layer *own,
		 struct scope *ret)
{
	*ret = (struct scope){ .nr = 6 };
	ret->layer[0] = &l->base;
	ret->layer[1] = def ? def->globals : &l->globals;
	ret->layer[2] = def ? def->workflow : &l->workflow;
	ret->layer[3] = own;
	ret->layer[4] = &l->user;
	ret->layer[5] = &l->given;
}

void expr_blame(struct lower *l, struct pos pos, const char *what, const struct err *err)
{
	if (err->kind == ERR_LIMIT)
		diag_error(l->e.d, pos, "%s cannot be evaluated: %s", what, err->msg);
	else
		diag_warning(l->e.d, pos, "%s is taken for false, as in GitLab: %s", what,
			     err->msg);
}

size_t lower_nr_chars(str text)
{
	size_t nr = 0;

	for (size_t i = 0; i < text.n; i++)
		nr += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return nr;
}

str lower_sha1_hex(struct lower *l, str text)
{
	struct buf hex = BUF_INIT;
	unsigned char digest[20];
	str s;

	l->req->sha1(text.p, text.n, digest);
	buf_add_hex(&hex, digest, sizeof(digest));
	s = arena_str(l->e.a, buf_str(&hex));
	buf_release(&hex);
	return s;
}

/* --- configuration --- */

static bool include_rules_match(void *ctx, const struct node *rules, struct diags *d UNUSED)
{
	struct lower *l = ctx;
	struct place p = { str_null, "include:rules", NULL };
	struct rules *r = rules_read(l, &p, rules, RULES_OF_INCLUDE);
	struct rule_verdict v;
	struct scope s;

	if (!r)
		return false;
	lower_scope(l, NULL, NULL, &s);
	rules_decide(l, r, &s, &v);
	return v.matched && (!v.has_when || v.when != WHEN_NEVER);
}

static str include_expand(void *ctx, struct arena *a, str text)
{
	struct lower *l = ctx;
	struct scope s;

	lower_scope(l, NULL, NULL, &s);
	return scope_expand(&s, a, text, true);
}

static bool load_config(struct lower *l)
{
	struct gitlab_include_env env = {
		.ctx = l, .rules_match = include_rules_match, .expand = include_expand
	};
	struct gitlab_config_request req = {
		.arena = l->e.a,
		.diags = l->e.d,
		.reader = l->req->reader,
		.env = &env,
		.path = l->req->path,
		.inputs = l->req->inputs,
		.content = l->req->content,
	};

	if (gitlab_config_load(&req, &l->config) < 0)
		return false;
	l->p->files = l->config.files;
	return true;
}

/* --- workflow --- */

static void workflow_auto_cancel(struct lower *l, const struct node *n)
{
	static const char *const keys[] = { "on_new_commit", "on_job_failure" };
	static const char *const commit_words[] = { "conservative", "interruptible", "none" };
	static const char *const failure_words[] = { "none", "all" };
	struct place p = { str_null, "workflow", "auto_cancel" };
	const struct node *v;
	size_t i;

	if (!entry_is_map(&l->e, &p, n) || !entry_keys(&l->e, &p, n, keys, COUNT(keys)))
		return;
	if ((v = node_get(n, STR("on_new_commit"))) &&
	    entry_word(&l->e, &p, v, commit_words, 3, &i))
		l->p->auto_cancel_on_new_commit = v->text;
	if ((v = node_get(n, STR("on_job_failure"))) &&
	    entry_word(&l->e, &p, v, failure_words, 2, &i))
		l->p->auto_cancel_on_job_failure = v->text;
}

static void workflow_rules(struct lower *l, const struct node *n)
{
	struct place p = { str_null, "workflow:rules", NULL };
	struct rules *r = rules_read(l, &p, n, RULES_OF_WORKFLOW);
	struct rule_verdict v;
	struct scope s;

	l->has_workflow_rules = true;
	if (!r)
		return;
	lower_scope(l, NULL, NULL, &s);
	l->trace = l->req->trace && l->req->trace_job.n == 0 ? l->req->trace : NULL;
	rules_decide(l, r, &s, &v);
	l->trace = NULL;
	l->p->created = v.matched && (!v.has_when || v.when != WHEN_NEVER);
	l->p->why = v.why;
	if (v.variables)
		l->workflow.vars = *v.variables;
	if (!str_is_null(v.auto_cancel_on_new_commit))
		l->p->auto_cancel_on_new_commit = v.auto_cancel_on_new_commit;
	if (!l->p->created)
		l->p->why.text =
			arena_printf(l->e.a, "Pipeline filtered out by workflow rules: " STR_FMT,
				     STR_ARG(v.why.text));
}

static void lower_workflow(struct lower *l)
{
	static const char *const keys[] = { "name", "rules", "auto_cancel" };
	const struct node *n = node_get(l->config.root, STR("workflow")), *v;
	struct place p = { str_null, "workflow", NULL };
	struct scope s;

	l->p->created = true;
	l->p->name = STR("");
	l->p->why.text = STR("no workflow rules");
	if (!n || n->kind == NODE_NULL)
		return;
	if (!entry_is_map(&l->e, &p, n) || !entry_keys(&l->e, &p, n, keys, COUNT(keys)))
		return;
	if ((v = node_get(n, STR("rules"))) && v->kind != NODE_NULL)
		workflow_rules(l, v);
	if ((v = node_get(n, STR("auto_cancel"))))
		workflow_auto_cancel(l, v);
	p.sub = "name";
	if (!(v = node_get(n, STR("name"))) || !entry_str(&l->e, &p, v, &l->p->name))
		return;
	if (lower_nr_chars(v->text) > NAME_MAX_CHARS)
		diag_error(l->e.d, v->pos, "workflow name is too long (maximum is %d characters)",
			   NAME_MAX_CHARS);
	lower_scope(l, NULL, NULL, &s);
	l->p->name = scope_expand(&s, l->e.a, v->text, false);
}

/* --- instances --- */

/* Without rules of any kind GitLab means `only: [branches, tags]`. */
static void decide_by_default(struct lower *l, struct job *job)
{
	bool mr = facts_is_merge_request(l->req->facts);

	job->included = l->has_workflow_rules || !mr;
	job->why = (struct decision){ BY_DEFAULT, job->pos,
				      job->included ? STR("no rules: always in")
						    : STR("no rules: only branches and tags") };
}

static void decide_by_only(struct lower *l, const struct job_def *def, struct job *job,
			   const struct scope *s)
{
	struct decision why = { BY_DEFAULT, job->pos, STR("") };

	decide_by_default(l, job);
	if (def->only) {
		job->included = only_matches(l, def->only, false, s, &why);
		job->why = why;
	}
	if (job->included && def->except && only_matches(l, def->except, true, s, &why)) {
		job->included = false;
		job->why = why;
	}
}

static void apply_rule(struct lower *l, const struct job_def *def, const struct rule_verdict *v,
		       struct job *job, struct scope_layer *own)
{
	job->included = v->matched;
	job->why = v->why;
	if (v->has_when)
		job->when = v->when;
	if (job->when == WHEN_NEVER)
		job->included = false;
	if (v->has_start_in)
		job->start_in_s = v->start_in_s;
	if (v->has_allow_failure) {
		job->allow_failure = v->allow.allow_failure;
		job->allow_exit_codes = v->allow.allow_exit_codes;
		job->nr_allow_exit_codes = v->allow.nr_allow_exit_codes;
	}
	if (v->interruptible >= 0)
		job->interruptible = v->interruptible;
	for (size_t i = 0; v->variables && i < v->variables->nr; i++)
		vec_add(l->e.a, &own->vars, v->variables->at[i]);
	if (v->needs)
		needs_read(l, def, v->needs, job);
}

static void expand_list(struct arena *a, const struct scope *s, struct str_vec *v)
{
	struct str_vec out = { 0 };

	for (size_t i = 0; i < v->nr; i++)
		if (str_index(v->at[i], '$') >= 0)
			break;
		else if (i + 1 == v->nr)
			return; /* nothing to expand: share the list */
	for (size_t i = 0; i < v->nr; i++)
		vec_add(a, &out, scope_expand(s, a, v->at[i], true));
	*v = out;
}

static void expand_environment(struct lower *l, const struct environment *written, struct job *job,
			       const struct scope *s)
{
	struct environment *env;

	job->environment = NULL; /* its own variables have no part in its name */
	if (!written)
		return;
	env = arena_new(l->e.a, struct environment);
	*env = *written;
	env->written_name = written->name;
	env->name = scope_expand(s, l->e.a, written->name, false);
	env->slug = slug_environment(l->e.a, env->name, l->req->sha256);
	if (str_is_null(env->tier))
		env->tier = tier_of_environment(env->name);
	job->environment = env;
	if (!str_is_null(env->url))
		env->url = scope_expand(s, l->e.a, written->url, true);
	if (!str_is_null(env->auto_stop_in))
		env->auto_stop_in = scope_expand(s, l->e.a, written->auto_stop_in, true);
}

/* What GitLab expands when it makes the pipeline; the rest is the runner's. */
static void expand_job(struct lower *l, struct job *job, const struct scope *s)
{
	struct job_spec *spec = &job->spec;

	if (!str_is_null(job->resource_group))
		job->resource_group = scope_expand(s, l->e.a, job->resource_group, false);
	if (!str_is_null(spec->image.name))
		spec->image.name = scope_expand(s, l->e.a, spec->image.name, true);
	if (spec->tags.nr)
		expand_list(l->e.a, s, &spec->tags);
	if (job->trigger && !str_is_null(job->trigger->project)) {
		struct trigger *t = arena_new(l->e.a, struct trigger);

		*t = *job->trigger;
		t->project = scope_expand(s, l->e.a, t->project, true);
		if (!str_is_null(t->branch))
			t->branch = scope_expand(s, l->e.a, t->branch, true);
		job->trigger = t;
	}
}

static bool is_traced(const struct lower *l, const struct job *job)
{
	str name = l->req->trace_job;

	return l->req->trace && name.n && (str_eq(name, job->name) || str_eq(name, job->group));
}

/* The name of an instance; a new one for each, also when all is shared. */
static struct job *new_instance(struct lower *l, const struct job_def *def,
				struct permutation *perm)
{
	struct job *job = arena_new(l->e.a, struct job);

	*job = def->proto;
	job->index = l->p->jobs.nr;
	job->name = def->name;
	if (perm->suffix.n)
		job->name = arena_printf(l->e.a, STR_FMT STR_FMT, STR_ARG(def->name),
					 STR_ARG(perm->suffix));
	job->node_index = perm->index;
	job->node_total = perm->total;
	if (perm->variables.nr)
		job->matrix = &perm->variables;
	job->spec.name = job->name;
	job->spec.pipeline_id = l->req->facts->pipeline_id;
	job->spec.id = l->req->facts->pipeline_id * 100000 + job->index + 1;
	return job;
}

static void instantiate(struct lower *l, struct job_def *def, struct permutation *perm)
{
	struct job *job = new_instance(l, def, perm);
	struct scope_layer *own = arena_new(l->e.a, struct scope_layer);
	struct scope *scope = arena_new(l->e.a, struct scope);
	struct predefined_job *derive = arena_new(l->e.a, struct predefined_job);
	const struct environment *environment = job->environment;
	struct rule_verdict v;

	own->vars = def->variables;
	own->vars.cap = own->vars.nr; /* the definition's own list stays as it is */
	for (size_t i = 0; i < perm->variables.nr; i++)
		vec_add(l->e.a, &own->vars, perm->variables.at[i]);
	lower_scope(l, def, own, scope);
	derive->job = job;
	derive->pipeline = l->p;
	scope->derive = predefined_derive;
	scope->derive_ctx = derive;
	/* Rules see the environment; what they define may change its name afterwards. */
	expand_environment(l, environment, job, scope);
	l->trace = is_traced(l, job) ? l->req->trace : NULL;
	if (l->trace) {
		buf_addf(l->trace, "how " STR_FMT " was decided:\n", STR_ARG(job->name));
		provenance_tell(l, def, l->trace);
	}
	if (def->rules) {
		rules_decide(l, def->rules, scope, &v);
		apply_rule(l, def, &v, job, own);
	} else {
		decide_by_only(l, def, job, scope);
	}
	l->trace = NULL;
	if (own->vars.nr > def->variables.nr + perm->variables.nr)
		expand_environment(l, environment, job, scope);
	expand_job(l, job, scope);
	job->scope = scope;
	l->p->nr_included += job->included;
	vec_add(l->e.a, &l->p->jobs, job);
	map_set(&l->job_by_name, job->name, job);
}

/* A matrix writes its values into the names. */
static void check_instance_names(struct lower *l, const struct job_def *def)
{
	for (size_t k = 0; k < def->nr; k++) {
		str name = l->p->jobs.at[def->first + k]->name;

		if (lower_nr_chars(name) <= NAME_MAX_CHARS)
			continue;
		diag_error(l->e.d, def->pos,
			   "job name `" STR_FMT "…` is too long (maximum is %d characters)",
			   STR_ARG(str_sub(name, 0, def->name.n + 40)), NAME_MAX_CHARS);
		return;
	}
}

static void instantiate_all(struct lower *l)
{
	for (size_t i = 0; i < l->defs.nr; i++) {
		struct job_def *def = l->defs.at[i];
		struct permutation *perms;
		size_t nr;

		def->first = l->p->jobs.nr;
		if (def->needs_node)
			needs_read(l, def, def->needs_node, &def->proto);
		if (!parallel_read(l, def, &perms, &nr))
			continue;
		if (l->p->jobs.nr + nr > JOBS_MAX) {
			diag_error(l->e.d, def->pos, "the pipeline has more than %d jobs",
				   JOBS_MAX);
			return;
		}
		def->nr = nr;
		for (size_t k = 0; k < nr; k++)
			instantiate(l, def, &perms[k]);
		check_instance_names(l, def);
	}
}

static void check_value(struct lower *l, const struct scope *s, const struct node *map, str key)
{
	str trouble = scope_trouble(s, l->e.a, key);
	const struct node_entry *entry;

	if (str_is_null(trouble))
		return;
	entry = map && map->kind == NODE_MAP ? node_find(map, key) : NULL;
	diag_error(l->e.d, entry ? entry->key_pos : l->config.root->pos,
		   "variable " STR_FMT ": " STR_FMT, STR_ARG(key), STR_ARG(trouble));
}

/* Values that lead back to themselves or explode are found before anything runs. */
static void check_values(struct lower *l)
{
	const struct node *globals = node_get(l->config.root, STR("variables"));
	struct scope s;

	lower_scope(l, NULL, NULL, &s);
	for (size_t i = 0; i < l->globals.vars.nr; i++)
		check_value(l, &s, globals, l->globals.vars.at[i].key);
	for (size_t i = 0; i < l->defs.nr; i++) {
		const struct job_def *def = l->defs.at[i];

		for (size_t k = 0; k < def->variables.nr && def->nr; k++)
			check_value(l, l->p->jobs.at[def->first]->scope, def_node(def, K_VARIABLES),
				    def->variables.at[k].key);
	}
}

/* Jobs in .pre and .post alone make no pipeline. */
static void check_empty(struct lower *l)
{
	for (size_t i = 0; i < l->p->jobs.nr; i++) {
		const struct job *job = l->p->jobs.at[i];

		if (job->included && job->stage != 0 && job->stage + 1 != l->p->stages.nr)
			return;
	}
	if (!l->p->created)
		return;
	l->p->created = false;
	l->p->why.text = STR("The resulting pipeline would have been empty. "
			     "Review the rules configuration for the relevant jobs.");
}

static void variables_of(struct arena *a, const struct pipeline *p, const struct job *job,
			 struct job_var_vec *ret)
{
	struct predefined_job derive = { .job = job, .pipeline = p, .running = true };
	struct scope_layer predefined = { 0 };
	struct scope s = *job->scope;

	MUST(s.nr < SCOPE_LAYERS_MAX);
	predefined_job_layer(a, &derive, &predefined);
	memmove(&s.layer[1], &s.layer[0], s.nr * sizeof(s.layer[0]));
	s.layer[0] = &predefined;
	s.nr++;
	s.derive = NULL;
	scope_flatten(&s, a, ret);
}

static void lower_globals(struct lower *l)
{
	const struct node *n = node_get(l->config.root, STR("variables"));
	struct place p = { str_null, "variables", NULL };

	if (n)
		entry_variables(&l->e, &p, n, true, &l->globals.vars);
	scope_layer_index(&l->globals, l->e.a);
	l->p->variables = l->globals.vars;
}

static struct lower *lower_new(const struct gitlab_request *req)
{
	struct arena *a = req->arena;
	struct lower *l = arena_new(a, struct lower);
	struct gitlab_request *copy;

	l->e = (struct entry){ a, req->diags };
	copy = arena_new(a, struct gitlab_request);
	*copy = *req;
	l->req = copy;
	l->p = arena_new(a, struct pipeline);
	l->p->variables_of = variables_of;
	map_init(&l->def_by_name, a);
	map_init(&l->job_by_name, a);
	map_init(&l->rules_by_node, a);
	map_init(&l->exists, a);
	map_init(&l->noted, a);
	predefined_pipeline(a, req->facts, req->path, &l->base);
	l->p->project_url = job_var_get(&l->base.vars, STR("CI_PROJECT_URL"));
	predefined_user(a, req->facts, &l->user);
	for (size_t i = 0; i < req->project_variables.nr; i++)
		vec_add(a, &l->given.vars, req->project_variables.at[i]);
	for (size_t i = 0; i < req->variables.nr; i++)
		vec_add(a, &l->given.vars, req->variables.at[i]);
	for (size_t i = 0; i < l->given.vars.nr; i++)
		l->given.vars.at[i].given = true;
	scope_layer_index(&l->given, a);
	return l;
}

int gitlab_plan(const struct gitlab_request *req, struct pipeline **ret)
{
	struct lower *l = lower_new(req);
	size_t errors = req->diags->nr_error;

	if (!load_config(l))
		return -1;
	lower_defaults(l);
	lower_stages(l);
	lower_globals(l);
	lower_workflow(l);
	lower_definitions(l);
	instantiate_all(l);
	needs_connect(l);
	check_values(l);
	if (req->diags->nr_error > errors)
		return -1;
	check_empty(l);
	*ret = l->p;
	return 0;
}
