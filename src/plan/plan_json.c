#include "plan/plan_json.h"

#include "fmt/json.h"
#include "plan/graph.h"
#include "plan/picture.h"

/* Shorter values would take ordinary words out of every text. */
#define MASK_MIN 4

struct writer {
	const struct pipeline *p;
	void (*write)(void *ctx, str bytes);
	void *ctx;
	struct arena a;	       /* of the piece being written */
	struct str_vec masked; /* values that must not appear in it */
};

/* --- texts --- */

/* The longest masked value that starts at s.p, or 0. */
static size_t masked_at(const struct writer *w, str s)
{
	size_t longest = 0;

	for (size_t i = 0; i < w->masked.nr; i++)
		if (w->masked.at[i].n > longest && str_starts_with(s, w->masked.at[i]))
			longest = w->masked.at[i].n;
	return longest;
}

static str without_secrets(struct writer *w, str s)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	bool found = false;

	for (size_t i = 0; i < w->masked.nr && !found; i++)
		found = str_find(s, w->masked.at[i], 0) >= 0;
	if (!found)
		return s;
	for (size_t i = 0, n; i < s.n; i += n) {
		n = masked_at(w, str_from(s, i));
		if (n > 0)
			buf_addz(&b, "[MASKED]");
		else
			buf_addc(&b, s.p[i]);
		n = MAX(n, (size_t)1);
	}
	return arena_str(&w->a, buf_str(&b));
}

static json_t *text(struct writer *w, str s)
{
	if (str_is_null(s))
		return json_null();
	return json_text(without_secrets(w, s));
}

static json_t *texts(struct writer *w, const struct str_vec *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->nr; i++)
		json_array_append_new(list, text(w, v->at[i]));
	return list;
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)MIN(n, (uint64_t)INT64_MAX));
}

static json_t *numbers(const int *at, size_t nr)
{
	json_t *list = json_array();

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(list, json_integer(at[i]));
	return list;
}

static void put(json_t *o, const char *key, json_t *value)
{
	MUST(json_object_set_new(o, key, value) == 0);
}

static json_t *place(struct writer *w, struct pos pos)
{
	return pos.src ? text(w, pos_str(&w->a, pos)) : json_null();
}

static json_t *decision(struct writer *w, const struct decision *d)
{
	static const char *const by[] = {
		[BY_DEFAULT] = "default", [BY_RULE] = "rule",	  [BY_NO_RULE] = "no_rule",
		[BY_ONLY] = "only",	  [BY_EXCEPT] = "except", [BY_JOB_WHEN] = "job_when",
	};
	json_t *o = json_object();

	MUST((size_t)d->by < COUNT(by));
	put(o, "by", json_string(by[d->by]));
	put(o, "at", place(w, d->pos));
	put(o, "text", text(w, d->text));
	return o;
}

static json_t *variables(struct writer *w, const struct job_var_vec *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->nr; i++) {
		const struct job_var *var = &v->at[i];
		json_t *o = json_object();

		put(o, "key", text(w, var->key));
		put(o, "value", var->masked ? json_string("[MASKED]") : text(w, var->value));
		if (var->raw)
			put(o, "raw", json_true());
		if (var->file)
			put(o, "file", json_true());
		if (var->masked)
			put(o, "masked", json_true());
		json_array_append_new(list, o);
	}
	return list;
}

static void mask(struct writer *w, const struct job_var_vec *v)
{
	for (size_t i = 0; i < v->nr; i++)
		if (v->at[i].masked && v->at[i].value.n >= MASK_MIN)
			vec_add(&w->a, &w->masked, v->at[i].value);
}

/* --- job_spec --- */

static const char *upload_when(enum upload_when when)
{
	static const char *const names[] = {
		[UPLOAD_ON_SUCCESS] = "on_success",
		[UPLOAD_ON_FAILURE] = "on_failure",
		[UPLOAD_ALWAYS] = "always",
	};

	MUST((size_t)when < COUNT(names));
	return names[when];
}

static json_t *image(struct writer *w, const struct job_image *i)
{
	json_t *o;

	if (str_is_null(i->name))
		return json_null();
	o = json_object();
	put(o, "name", text(w, i->name));
	put(o, "entrypoint", i->has_entrypoint ? texts(w, &i->entrypoint) : json_null());
	put(o, "pull_policy", texts(w, &i->pull_policy));
	put(o, "platform", text(w, i->platform));
	put(o, "user", text(w, i->user));
	return o;
}

static json_t *services(struct writer *w, const struct job_spec *spec)
{
	json_t *list = json_array();

	for (size_t i = 0; i < spec->services.nr; i++) {
		const struct job_service *s = &spec->services.at[i];
		json_t *o = json_object();

		put(o, "image", image(w, &s->image));
		put(o, "alias", texts(w, &s->alias));
		put(o, "command", texts(w, &s->command));
		put(o, "variables", variables(w, &s->variables));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *artifacts(struct writer *w, const struct job_spec *spec)
{
	json_t *list = json_array();

	for (size_t i = 0; i < spec->artifacts.nr; i++) {
		const struct job_artifact *a = &spec->artifacts.at[i];
		json_t *o = json_object();

		put(o, "type", text(w, a->type));
		put(o, "format", text(w, a->format));
		put(o, "name", text(w, a->name));
		put(o, "paths", texts(w, &a->paths));
		put(o, "exclude", texts(w, &a->exclude));
		put(o, "untracked", json_boolean(a->untracked));
		put(o, "when", json_string(upload_when(a->when)));
		put(o, "expire_in", text(w, a->expire_in));
		put(o, "access", text(w, a->access));
		put(o, "expose_as", text(w, a->expose_as));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *caches(struct writer *w, const struct job_spec *spec)
{
	json_t *list = json_array();

	for (size_t i = 0; i < spec->caches.nr; i++) {
		const struct job_cache *c = &spec->caches.at[i];
		json_t *o = json_object();

		put(o, "key", text(w, c->key));
		put(o, "paths", texts(w, &c->paths));
		put(o, "fallback_keys", texts(w, &c->fallback_keys));
		put(o, "untracked", json_boolean(c->untracked));
		put(o, "unprotect", json_boolean(c->unprotect));
		put(o, "policy", text(w, c->policy));
		put(o, "when", json_string(upload_when(c->when)));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *release(struct writer *w, const struct job_release *r)
{
	json_t *o;

	if (!r)
		return json_null();
	o = json_object();
	put(o, "tag_name", text(w, r->tag_name));
	put(o, "tag_message", text(w, r->tag_message));
	put(o, "name", text(w, r->name));
	put(o, "description", text(w, r->description));
	put(o, "ref", text(w, r->ref));
	put(o, "released_at", text(w, r->released_at));
	put(o, "milestones", texts(w, &r->milestones));
	put(o, "asset_links", texts(w, &r->asset_links));
	return o;
}

static json_t *spec_object(struct writer *w, const struct job_spec *s,
			   const struct job_var_vec *vars)
{
	json_t *o = json_object();

	put(o, "timeout_s", number(s->timeout_s));
	put(o, "pre_get_sources_script", texts(w, &s->pre_get_sources));
	put(o, "script", texts(w, &s->script.script));
	put(o, "after_script", texts(w, &s->after_script.script));
	put(o, "image", image(w, &s->image));
	put(o, "services", services(w, s));
	put(o, "artifacts", artifacts(w, s));
	put(o, "caches", caches(w, s));
	put(o, "release", release(w, s->release));
	put(o, "coverage", text(w, s->coverage));
	put(o, "tags", texts(w, &s->tags));
	put(o, "variables", variables(w, vars));
	return o;
}

/* --- job --- */

static json_t *job_names(struct writer *w, const size_t *at, size_t nr)
{
	json_t *list = json_array();

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(list, text(w, w->p->jobs.at[at[i]]->name));
	return list;
}

static json_t *needs(struct writer *w, const struct job *j)
{
	json_t *list;

	if (!j->has_needs)
		return json_null();
	list = json_array();
	for (size_t i = 0; i < j->needs.nr; i++) {
		const struct need *n = &j->needs.at[i];
		json_t *o = json_object();

		put(o, "name", text(w, n->name));
		put(o, "at", place(w, n->pos));
		put(o, "artifacts", json_boolean(n->artifacts));
		put(o, "optional", json_boolean(n->optional));
		put(o, "pipeline", text(w, n->pipeline));
		put(o, "project", text(w, n->project));
		put(o, "ref", text(w, n->ref));
		put(o, "jobs", job_names(w, n->jobs, n->nr_jobs));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *retry(const struct retry *r)
{
	json_t *o = json_object(), *when = json_array();

	for (unsigned i = FAIL_NONE + 1; i < FAIL_NR; i++)
		if (r->when & (1u << i))
			json_array_append_new(
				when, json_string(failure_reason_name((enum failure_reason)i)));
	put(o, "max", json_integer(r->max));
	put(o, "when", when);
	put(o, "exit_codes", numbers(r->exit_codes, r->nr_exit_codes));
	return o;
}

static json_t *environment(struct writer *w, const struct environment *e)
{
	static const char *const actions[] = {
		[ENV_START] = "start",	 [ENV_PREPARE] = "prepare", [ENV_STOP] = "stop",
		[ENV_VERIFY] = "verify", [ENV_ACCESS] = "access",
	};
	json_t *o;

	if (!e)
		return json_null();
	MUST((size_t)e->action < COUNT(actions));
	o = json_object();
	put(o, "name", text(w, e->name));
	put(o, "slug", text(w, e->slug));
	put(o, "url", text(w, e->url));
	put(o, "tier", text(w, e->tier));
	put(o, "action", json_string(actions[e->action]));
	put(o, "on_stop", text(w, e->on_stop));
	put(o, "auto_stop_in", text(w, e->auto_stop_in));
	return o;
}

/* As JSON where JSON can say it, else as its text. */
static json_t *inputs(struct writer *w, const struct node *n)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	json_t *o;
	str clean;

	if (!n)
		return json_null();
	node_add_json(&b, n);
	clean = without_secrets(w, buf_str(&b));
	o = json_loadb(clean.p, clean.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	return o ? o : json_text(clean);
}

static json_t *trigger(struct writer *w, const struct trigger *t)
{
	static const char *const strategies[] = {
		[TRIGGER_NONE] = "none",
		[TRIGGER_DEPEND] = "depend",
		[TRIGGER_MIRROR] = "mirror",
	};
	json_t *o, *includes;

	if (!t)
		return json_null();
	MUST((size_t)t->strategy < COUNT(strategies));
	o = json_object();
	includes = json_array();
	for (size_t i = 0; i < t->includes.nr; i++) {
		const struct trigger_include *inc = &t->includes.at[i];
		json_t *one = json_object();

		put(one, "local", text(w, inc->local));
		put(one, "artifact", text(w, inc->artifact));
		put(one, "job", text(w, inc->job));
		put(one, "project", text(w, inc->project));
		put(one, "file", text(w, inc->file));
		put(one, "ref", text(w, inc->ref));
		put(one, "at", place(w, inc->pos));
		json_array_append_new(includes, one);
	}
	put(o, "includes", includes);
	put(o, "project", text(w, t->project));
	put(o, "branch", text(w, t->branch));
	put(o, "strategy", json_string(strategies[t->strategy]));
	put(o, "forward_yaml_variables", json_boolean(t->forward_yaml));
	put(o, "forward_pipeline_variables", json_boolean(t->forward_pipeline));
	put(o, "inputs", inputs(w, t->inputs));
	return o;
}

static json_t *job(struct writer *w, const struct job *j, const struct job_var_vec *vars)
{
	json_t *o = json_object();

	put(o, "name", text(w, j->name));
	put(o, "group", text(w, j->group));
	put(o, "stage", text(w, w->p->stages.at[j->stage]));
	put(o, "at", place(w, j->pos));
	put(o, "included", json_boolean(j->included));
	put(o, "why", decision(w, &j->why));
	put(o, "when", json_string(job_when_name(j->when)));
	put(o, "start_in_s", number(j->start_in_s));
	put(o, "allow_failure", json_boolean(j->allow_failure));
	put(o, "allow_failure_exit_codes", numbers(j->allow_exit_codes, j->nr_allow_exit_codes));
	put(o, "needs", needs(w, j));
	put(o, "dependencies", j->has_dependencies ? texts(w, &j->dependencies) : json_null());
	put(o, "artifacts_from", job_names(w, j->artifacts_from.at, j->artifacts_from.nr));
	put(o, "retry", retry(&j->retry));
	put(o, "interruptible", json_boolean(j->interruptible));
	put(o, "resource_group", text(w, j->resource_group));
	put(o, "manual_confirmation", text(w, j->manual_confirmation));
	put(o, "node_index", json_integer(j->node_index));
	put(o, "node_total", json_integer(j->node_total));
	put(o, "matrix", j->matrix ? variables(w, j->matrix) : json_null());
	put(o, "environment", environment(w, j->environment));
	put(o, "trigger", trigger(w, j->trigger));
	put(o, "spec", spec_object(w, &j->spec, vars));
	return o;
}

/* --- the whole --- */

static int pass_on(const char *bytes, size_t n, void *ctx)
{
	const struct writer *w = ctx;

	w->write(w->ctx, (str){ bytes, n });
	return 0;
}

static void dump(struct writer *w, json_t *o)
{
	MUST(o && json_dump_callback(o, pass_on, w, JSON_COMPACT) == 0);
	json_decref(o);
}

static void piece_begin(struct writer *w)
{
	arena_init(&w->a, 0);
	w->masked = (struct str_vec){ 0 };
	mask(w, &w->p->variables);
}

/* What was given is no job's own, but is only seen through one. */
static void mask_given(struct writer *w)
{
	const struct pipeline *p = w->p;
	struct job_var_vec vars = { 0 };

	if (p->jobs.nr == 0 || !p->variables_of)
		return;
	p->variables_of(&w->a, p, p->jobs.at[0], &vars);
	mask(w, &vars);
}

static json_t *head(struct writer *w)
{
	const struct pipeline *p = w->p;
	json_t *o = json_object();
	struct str_vec stages = { p->stages.at, p->stages.nr, p->stages.cap };
	str hash = arena_printf(&w->a, "%016llx", (unsigned long long)graph_hash(p));

	put(o, "name", text(w, p->name));
	put(o, "created", json_boolean(p->created));
	put(o, "why", decision(w, &p->why));
	put(o, "hash", text(w, hash));
	put(o, "stages", texts(w, &stages));
	put(o, "nr_jobs", number(p->jobs.nr));
	put(o, "nr_included", number(p->nr_included));
	put(o, "auto_cancel_on_new_commit", text(w, p->auto_cancel_on_new_commit));
	put(o, "auto_cancel_on_job_failure", text(w, p->auto_cancel_on_job_failure));
	put(o, "variables", variables(w, &p->variables));
	put(o, "files", texts(w, &p->files));
	return o;
}

static void write_job(struct writer *w, const struct job *j)
{
	struct job_var_vec vars = j->spec.variables;

	piece_begin(w);
	if (vars.nr == 0 && w->p->variables_of)
		w->p->variables_of(&w->a, w->p, j, &vars);
	mask(w, &vars);
	dump(w, job(w, j, &vars));
	arena_release(&w->a);
}

void plan_json_write(const struct pipeline *p, void (*write)(void *ctx, str bytes), void *ctx)
{
	struct writer w = { .p = p, .write = write, .ctx = ctx };

	piece_begin(&w);
	mask_given(&w);
	write(ctx, arena_printf(&w.a, "{\"schema\":%d,\n\"pipeline\":", PLAN_JSON_SCHEMA));
	dump(&w, head(&w));
	write(ctx, STR(",\n\"jobs\":["));
	arena_release(&w.a);
	for (size_t i = 0; i < p->jobs.nr; i++) {
		write(ctx, i > 0 ? STR(",\n") : STR("\n"));
		write_job(&w, p->jobs.at[i]);
	}
	write(ctx, STR("\n]}\n"));
}
