/* only.c - `only:` and `except:`, the older way to say when a job runs.
 *
 * Inside a key the entries are alternatives; the keys are all required for `only`,
 * and any of them excludes for `except`.
 */
#include "gitlab/lower.h"

#include "fmt/regex.h"

struct only_ref {
	str name;	  /* a keyword, or the name of a branch or tag; or */
	struct regex *re; /* what the name must match, NULL without */
	str project;	  /* behind an @; str_null for any */
};

struct only {
	struct pos pos;
	VEC(struct only_ref) refs;
	bool has_refs, has_changes, kubernetes;
	struct str_vec changes;
	VEC(struct expr *) variables;
	struct str_vec variable_texts;
};

static bool read_variables(struct lower *l, const struct place *p, const struct node *n,
			   struct only *o)
{
	struct place sub = { p->job, p->key, "variables" };
	struct err err;

	if (!entry_list(&l->e, &sub, n, 0, &o->variable_texts))
		return false;
	for (size_t i = 0; i < o->variable_texts.nr; i++) {
		struct expr *e;

		if (expr_parse(l->e.a, o->variable_texts.at[i], &e, &err) < 0)
			return diag_error(l->e.d, n->pos,
					  "jobs:" STR_FMT
					  ":%s:variables invalid expression syntax: %s",
					  STR_ARG(p->job), p->key, err.msg) == 0;
		vec_add(l->e.a, &o->variables, e);
	}
	return true;
}

/* `NAME`, `/REGEX/flags`, each maybe with `@GROUP/PROJECT`. */
static bool add_ref(struct lower *l, const struct place *p, const struct node *n, str text,
		    struct only *o)
{
	struct only_ref ref = { .project = text };
	struct err err;
	unsigned flags;
	str pattern;

	ref.name = str_cut(&ref.project, '@');
	if (expr_pattern_split(ref.name, &pattern, &flags) &&
	    expr_pattern_compile(l->e.a, ref.name, &ref.re, &err) < 0) {
		str place = place_str(l->e.a, p);

		diag_error(l->e.d, n->pos,
			   STR_FMT " config should be an array of strings or regular "
				   "expressions using re2 syntax",
			   STR_ARG(place));
		diag_hint(l->e.d, "%s", err.msg);
		return false;
	}
	vec_add(l->e.a, &o->refs, ref);
	return true;
}

static bool read_refs(struct lower *l, const struct place *p, const struct node *n, struct only *o)
{
	struct str_vec texts = { 0 };

	o->has_refs = true;
	if (!entry_list(&l->e, p, n, 0, &texts))
		return false;
	for (size_t i = 0; i < texts.nr; i++)
		if (!add_ref(l, p, n, texts.at[i], o))
			return false;
	return true;
}

/* A map of conditions.  `only` without refs means branches and tags, as ever. */
static bool read_map(struct lower *l, const struct place *p, const struct node *n, struct only *o)
{
	static const char *const keys[] = { "refs", "variables", "changes", "kubernetes" };
	static const char *const states[] = { "active" };
	struct place sub = *p;
	const struct node *v;
	size_t i;

	if (n->map.nr == 0)
		return entry_blank(&l->e, p, n);
	if (!entry_keys(&l->e, p, n, keys, COUNT(keys)))
		return false;
	sub.sub = "refs";
	v = node_get(n, STR("refs"));
	if (v && v->kind != NODE_NULL) {
		if (!read_refs(l, &sub, v, o))
			return false;
	} else if (str_eq(str_of(p->key), STR("only"))) {
		o->has_refs = true;
		if (!add_ref(l, &sub, n, STR("branches"), o) ||
		    !add_ref(l, &sub, n, STR("tags"), o))
			return false;
	}
	if ((v = node_get(n, STR("variables"))) && v->kind != NODE_NULL &&
	    !read_variables(l, p, v, o))
		return false;
	sub.sub = "changes";
	if ((v = node_get(n, STR("changes"))) && v->kind != NODE_NULL) {
		o->has_changes = true;
		if (!entry_list(&l->e, &sub, v, 0, &o->changes))
			return false;
	}
	sub.sub = "kubernetes";
	v = node_get(n, STR("kubernetes"));
	o->kubernetes = v && v->kind != NODE_NULL;
	return !o->kubernetes || entry_word(&l->e, &sub, v, states, COUNT(states), &i);
}

struct only *only_read(struct lower *l, const struct place *p, const struct node *n)
{
	struct only *o = arena_new(l->e.a, struct only);
	str place;

	o->pos = n->pos;
	if (n->kind == NODE_MAP)
		return read_map(l, p, n, o) ? o : NULL;
	if (n->kind == NODE_SEQ)
		return read_refs(l, p, n, o) ? o : NULL;
	place = place_str(l->e.a, p);
	diag_error(l->e.d, n->pos, STR_FMT " has to be either an array of conditions or a hash",
		   STR_ARG(place));
	if (n->kind == NODE_STR)
		diag_hint(l->e.d, "write it as a list: [" STR_FMT "]", STR_ARG(n->text));
	return NULL;
}

/* Sources of pipelines that a keyword may name, in the singular or the plural. */
static const struct source_word {
	str one, many;
	enum event event;
} source_words[] = {
	{ STR_INIT("push"), STR_INIT("pushes"), EVENT_PUSH },
	{ STR_INIT("push"), STR_INIT("pushes"), EVENT_TAG },
	{ STR_INIT("merge_request"), STR_INIT("merge_requests"), EVENT_MERGE_REQUEST },
	{ STR_INIT("schedule"), STR_INIT("schedules"), EVENT_SCHEDULE },
	{ STR_INIT("web"), STR_INIT("webs"), EVENT_WEB },
	{ STR_INIT("api"), STR_INIT("apis"), EVENT_API },
	{ STR_INIT("trigger"), STR_INIT("triggers"), EVENT_TRIGGER },
	{ STR_INIT("parent_pipeline"), STR_INIT("parent_pipelines"), EVENT_PARENT_PIPELINE },
};

static bool keyword_matches(const struct facts *f, str word)
{
	bool tag = !str_is_null(f->tag);

	if (str_eq(word, STR("tags")))
		return tag;
	if (str_eq(word, STR("branches")))
		return !tag && !facts_is_merge_request(f);
	for (size_t i = 0; i < COUNT(source_words); i++)
		if (source_words[i].event == f->event &&
		    (str_eq(word, source_words[i].one) || str_eq(word, source_words[i].many)))
			return true;
	return false;
}

static bool ref_matches(struct lower *l, const struct only_ref *ref, const struct scope *s)
{
	const struct facts *f = l->req->facts;
	struct err err;

	if (!str_is_null(ref->project) &&
	    !str_eq(ref->project, scope_get(s, l->e.a, STR("CI_PROJECT_PATH"))))
		return false;
	if (keyword_matches(f, ref->name))
		return true;
	/* A merge request has no ref that could be named. */
	if (str_is_null(f->ref_name) || facts_is_merge_request(f))
		return false;
	return ref->re ? regex_search(ref->re, f->ref_name, NULL, &err) > 0
		       : str_eq(ref->name, f->ref_name);
}

static bool any_ref(struct lower *l, const struct only *o, const struct scope *s)
{
	for (size_t i = 0; i < o->refs.nr; i++)
		if (ref_matches(l, &o->refs.at[i], s))
			return true;
	return false;
}

struct only_lookup {
	const struct scope *scope;
	struct arena *a;
};

static str lookup(void *ctx, str name)
{
	const struct only_lookup *k = ctx;

	return scope_get(k->scope, k->a, name);
}

static bool any_variable(struct lower *l, const struct only *o, const struct scope *s)
{
	struct only_lookup k = { s, l->e.a };
	struct expr_vars vars = { .ctx = &k, .get = lookup };
	struct err err;

	for (size_t i = 0; i < o->variables.nr; i++) {
		int holds = expr_eval(o->variables.at[i], &vars, &err);

		if (holds < 0)
			expr_blame(l, o->pos, "expression", &err);
		if (holds > 0)
			return true;
	}
	return false;
}

bool only_matches(struct lower *l, const struct only *o, bool is_except, const struct scope *s,
		  struct decision *ret_why)
{
	const struct {
		bool asked;
		const char *what;
	} keys[] = {
		{ o->has_refs, "refs" },
		{ o->variables.nr > 0, "variables" },
		{ o->has_changes, "changes" },
		{ o->kubernetes, "kubernetes" },
	};
	const char *word = is_except ? "except" : "only";

	ret_why->by = is_except ? BY_EXCEPT : BY_ONLY;
	ret_why->pos = o->pos;
	for (size_t i = 0; i < COUNT(keys); i++) {
		bool holds = keys[i].asked &&
			     (i == 0   ? any_ref(l, o, s)
			      : i == 1 ? any_variable(l, o, s)
			      : i == 2 ? paths_changed(l, &o->changes, str_null, s, o->pos)
				       : false);

		if (!keys[i].asked)
			continue;
		ret_why->text = arena_printf(l->e.a, "%s:%s %s", word, keys[i].what,
					     holds ? "matches" : "does not match");
		if (l->trace)
			buf_addf(l->trace, "  " STR_FMT "\n", STR_ARG(ret_why->text));
		if (holds == is_except)
			return is_except;
	}
	return !is_except;
}
