/* read_deploy.c - environment, release and trigger of a job. */
#include "gitlab/lower.h"

#include <ctype.h>
#include <string.h>

#define TRIGGER_INCLUDES_MAX 3

static bool check_environment_name(struct entry *e, const struct job_def *def, const struct node *n)
{
	static const char more[] = "-_/${}. ";
	str name = n->text;
	bool good = name.n > 0 && name.p[0] != '/' && name.p[name.n - 1] != '/';

	for (size_t i = 0; i < name.n && good; i++)
		good = isalnum((unsigned char)name.p[i]) || (name.p[i] && strchr(more, name.p[i]));
	return good ||
	       diag_error(e->d, n->pos,
			  "jobs:" STR_FMT ":environment name can contain only letters, digits, "
			  "'-', '_', '/', '$', '{', '}', '.', and spaces, but it cannot start or "
			  "end with '/'",
			  STR_ARG(def->name)) == 0;
}

bool read_environment(struct lower *l, struct job_def *def)
{
	static const char *const keys[] = { "name",	    "url",	  "on_stop",	     "action",
					    "auto_stop_in", "kubernetes", "deployment_tier" };
	static const char *const actions[] = { "start", "prepare", "stop", "verify", "access" };
	static const char *const tiers[] = { "production", "staging", "testing", "development",
					     "other" };
	const struct node *n = def_node(def, K_ENVIRONMENT), *sub;
	struct place p = { def->name, "environment", NULL };
	struct environment *env;
	struct entry *e = &l->e;
	size_t i = 0;
	uint64_t seconds;

	if (!n)
		return true;
	env = arena_new(e->a, struct environment);
	def->proto.environment = env;
	if (n->kind == NODE_STR) {
		env->name = n->text;
		return check_environment_name(e, def, n);
	}
	if (n->kind != NODE_MAP)
		return entry_wrong(e, &p, n, "a hash or a string");
	if (!entry_keys(e, &p, n, keys, COUNT(keys)))
		return false;
	p.sub = "name";
	if (!(sub = node_get(n, STR("name"))))
		return diag_error(e->d, n->pos, "jobs:" STR_FMT ":environment name can't be blank",
				  STR_ARG(def->name)) == 0;
	if (!entry_str(e, &p, sub, &env->name) || !check_environment_name(e, def, sub))
		return false;
	p.sub = "url";
	if ((sub = node_get(n, STR("url"))) && !entry_str(e, &p, sub, &env->url))
		return false;
	if (sub && lower_nr_chars(env->url) > NAME_MAX_CHARS)
		return diag_error(e->d, sub->pos,
				  "jobs:" STR_FMT ":environment url is too long (maximum is %d "
				  "characters)",
				  STR_ARG(def->name), NAME_MAX_CHARS) == 0;
	p.sub = "on_stop";
	if ((sub = node_get(n, STR("on_stop"))) && !entry_str(e, &p, sub, &env->on_stop))
		return false;
	p.sub = "action";
	if ((sub = node_get(n, STR("action"))) &&
	    !entry_word(e, &p, sub, actions, COUNT(actions), &i))
		return false;
	env->action = (enum env_action)i;
	p.sub = "deployment_tier";
	if ((sub = node_get(n, STR("deployment_tier")))) {
		if (!entry_word(e, &p, sub, tiers, COUNT(tiers), &i))
			return false;
		env->tier = sub->text;
	}
	p.sub = "auto_stop_in";
	if ((sub = node_get(n, STR("auto_stop_in")))) {
		if (sub->kind != NODE_STR || str_index(sub->text, '$') < 0)
			if (!str_eq(entry_scalar_text(e->a, sub), STR("never")) &&
			    !entry_duration(e, &p, sub, &seconds))
				return false;
		env->auto_stop_in = entry_scalar_text(e->a, sub);
	}
	return true;
}

static bool read_links(struct entry *e, const struct place *p, const struct node *assets,
		       struct job_release *ret)
{
	const struct node *links = assets->kind == NODE_MAP ? node_get(assets, STR("links")) : NULL;

	if (!links || links->kind != NODE_SEQ)
		return entry_wrong(e, p, assets, "a hash with a list of links");
	for (size_t i = 0; i < links->seq.nr; i++) {
		const struct node *link = links->seq.at[i], *name, *url;

		if (!entry_is_map(e, p, link))
			return false;
		name = node_get(link, STR("name"));
		url = node_get(link, STR("url"));
		if (!name || !url || name->kind != NODE_STR || url->kind != NODE_STR)
			return entry_wrong(e, p, link, "a link with name and url");
		vec_add(e->a, &ret->asset_links,
			arena_printf(e->a, STR_FMT " " STR_FMT, STR_ARG(name->text),
				     STR_ARG(url->text)));
	}
	return true;
}

bool read_release(struct lower *l, struct job_def *def)
{
	static const char *const keys[] = { "tag_name",	   "tag_message", "name",   "description",
					    "ref",	   "milestones",  "assets", "released_at" };
	const struct node *n = def_node(def, K_RELEASE), *sub;
	struct place p = { def->name, "release", NULL };
	struct job_release *r;
	struct entry *e = &l->e;
	struct {
		const char *key;
		str *ret;
		bool must;
	} texts[6];

	if (!n)
		return true;
	if (!entry_is_map(e, &p, n) || !entry_keys(e, &p, n, keys, COUNT(keys)))
		return false;
	r = def->proto.spec.release = arena_new(e->a, struct job_release);
	texts[0] = (typeof(texts[0])){ "tag_name", &r->tag_name, true };
	texts[1] = (typeof(texts[0])){ "description", &r->description, true };
	texts[2] = (typeof(texts[0])){ "name", &r->name, false };
	texts[3] = (typeof(texts[0])){ "ref", &r->ref, false };
	texts[4] = (typeof(texts[0])){ "tag_message", &r->tag_message, false };
	texts[5] = (typeof(texts[0])){ "released_at", &r->released_at, false };
	for (size_t i = 0; i < COUNT(texts); i++) {
		p.sub = texts[i].key;
		sub = node_get(n, str_of(texts[i].key));
		if (!sub && texts[i].must)
			return diag_error(e->d, n->pos,
					  "jobs:" STR_FMT ":release %s can't be blank",
					  STR_ARG(def->name), texts[i].key) == 0;
		if (sub && !entry_str(e, &p, sub, texts[i].ret))
			return false;
	}
	p.sub = "milestones";
	if ((sub = node_get(n, STR("milestones"))) && !entry_strings(e, &p, sub, 0, &r->milestones))
		return false;
	p.sub = "assets";
	sub = node_get(n, STR("assets"));
	return !sub || read_links(e, &p, sub, r);
}

static bool read_trigger_include(struct lower *l, struct job_def *def, const struct node *n)
{
	static const char *const keys[] = { "local",   "artifact", "job",    "project", "file",
					    "ref",     "remote",   "inputs", "template", "component", "rules" };
	struct place p = { def->name, "trigger", "include" };
	struct trigger_include inc = { .pos = n->pos };
	struct entry *e = &l->e;
	const struct {
		const char *key;
		str *ret;
	} texts[] = {
		{ "local", &inc.local },     { "artifact", &inc.artifact }, { "job", &inc.job },
		{ "project", &inc.project }, { "file", &inc.file },	    { "ref", &inc.ref },
	};

	inc.node = n;
	if (n->kind == NODE_STR) {
		inc.local = n->text;
		vec_add(e->a, &def->proto.trigger->includes, inc);
		return true;
	}
	if (n->kind != NODE_MAP)
		return entry_wrong(e, &p, n, "a hash or a string");
	if (!entry_keys(e, &p, n, keys, COUNT(keys)))
		return false;
	for (size_t i = 0; i < COUNT(texts); i++) {
		const struct node *sub = node_get(n, str_of(texts[i].key));

		if (sub && sub->kind == NODE_STR)
			*texts[i].ret = sub->text;
		else if (sub && !str_eq(str_of(texts[i].key), STR("file")))
			return entry_wrong(e, &p, sub, "a string");
	}
	if (!str_is_null(inc.artifact) && str_is_null(inc.job)) {
		diag_error(e->d, n->pos,
			   "jobs:" STR_FMT ":trigger:include config must specify the job "
			   "where to fetch the artifact from",
			   STR_ARG(def->name));
		return false;
	}
	vec_add(e->a, &def->proto.trigger->includes, inc);
	return true;
}

static bool read_trigger_forward(struct entry *e, const struct job_def *def, const struct node *n,
				 struct trigger *t)
{
	static const char *const keys[] = { "yaml_variables", "pipeline_variables" };
	struct place p = { def->name, "trigger", "forward" };
	const struct node *yaml, *pipeline;

	if (!entry_is_map(e, &p, n) || !entry_keys(e, &p, n, keys, COUNT(keys)))
		return false;
	yaml = node_get(n, STR("yaml_variables"));
	pipeline = node_get(n, STR("pipeline_variables"));
	return (!yaml || entry_bool(e, &p, yaml, &t->forward_yaml)) &&
	       (!pipeline || entry_bool(e, &p, pipeline, &t->forward_pipeline));
}

static bool read_trigger_includes(struct lower *l, struct job_def *def, const struct node *n)
{
	struct place p = { def->name, "trigger", "include" };

	if (n->kind != NODE_SEQ)
		return read_trigger_include(l, def, n);
	if (n->seq.nr == 0 || n->seq.nr > TRIGGER_INCLUDES_MAX)
		return entry_wrong(&l->e, &p, n, "a list of one to three includes");
	for (size_t i = 0; i < n->seq.nr; i++)
		if (!read_trigger_include(l, def, n->seq.at[i]))
			return false;
	return true;
}

bool read_trigger(struct lower *l, struct job_def *def)
{
	static const char *const keys[] = { "project",	"branch",  "include",
					    "strategy", "forward", "inputs" };
	static const char *const strategies[] = { "depend", "mirror" };
	const struct node *n = def_node(def, K_TRIGGER), *sub;
	struct place p = { def->name, "trigger", NULL };
	struct trigger *t;
	struct entry *e = &l->e;
	size_t i;

	if (!n)
		return true;
	t = def->proto.trigger = arena_new(e->a, struct trigger);
	t->forward_yaml = true;
	if (n->kind == NODE_STR) {
		t->project = n->text;
		return true;
	}
	if (n->kind != NODE_MAP)
		return entry_wrong(e, &p, n, "a hash or a string");
	if (!entry_keys(e, &p, n, keys, COUNT(keys)))
		return false;
	if (!node_get(n, STR("project")) == !node_get(n, STR("include")))
		return entry_wrong(e, &p, n, "a hash with either include or project");
	p.sub = "project";
	if ((sub = node_get(n, STR("project"))) && !entry_str(e, &p, sub, &t->project))
		return false;
	p.sub = "branch";
	if ((sub = node_get(n, STR("branch"))) && !entry_str(e, &p, sub, &t->branch))
		return false;
	p.sub = "strategy";
	if ((sub = node_get(n, STR("strategy")))) {
		if (!entry_word(e, &p, sub, strategies, COUNT(strategies), &i))
			return false;
		t->strategy = i == 0 ? TRIGGER_DEPEND : TRIGGER_MIRROR;
	}
	if ((sub = node_get(n, STR("forward"))) && !read_trigger_forward(e, def, sub, t))
		return false;
	p.sub = "inputs";
	if ((sub = node_get(n, STR("inputs")))) {
		if (!entry_is_map(e, &p, sub))
			return false;
		t->inputs = sub;
	}
	sub = node_get(n, STR("include"));
	return !sub || read_trigger_includes(l, def, sub);
}
