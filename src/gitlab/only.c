/* only.c - `only:` and `except:`, the older way to say when a job runs.
 *
 * Inside a key the entries are alternatives; the keys are all required for `only`,
 * and any of them excludes for `except`.
 */
#include "gitlab/lower.h"

#include "fmt/regex.h"

struct only {
	struct pos pos;
	struct str_vec refs, changes;
	bool has_refs, has_changes, kubernetes;
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

static bool check_refs(struct lower *l, const struct place *p, const struct node *n,
		       const struct only *o)
{
	for (size_t i = 0; i < o->refs.nr; i++) {
		ssize_t end = str_rindex(o->refs.at[i], '/');
		struct regex *re;
		struct err err;

		if (o->refs.at[i].n < 2 || o->refs.at[i].p[0] != '/' || end < 1)
			continue;
		if (regex_compile(str_sub(o->refs.at[i], 1, (size_t)end - 1), 0, &re, &err) < 0)
			return diag_error(l->e.d, n->pos,
					  "jobs:" STR_FMT
					  ":%s config should be an array of strings "
					  "or regular expressions: %s",
					  STR_ARG(p->job), p->key, err.msg) == 0;
		regex_free(re);
	}
	return true;
}

struct only *only_read(struct lower *l, const struct place *p, const struct node *n)
{
	static const char *const keys[] = { "refs", "variables", "changes", "kubernetes" };
	struct only *o = arena_new(l->e.a, struct only);
	struct place sub = { p->job, p->key, "refs" };
	const struct node *v = n;

	o->pos = n->pos;
	if (n->kind == NODE_MAP) {
		if (!entry_keys(&l->e, p, n, keys, COUNT(keys)))
			return NULL;
		v = node_get(n, STR("refs"));
	}
	if (v && v->kind != NODE_NULL) {
		o->has_refs = true;
		if (!entry_strings(&l->e, &sub, v, 0, &o->refs) || !check_refs(l, p, v, o))
			return NULL;
	}
	if (n->kind != NODE_MAP)
		return o;
	if ((v = node_get(n, STR("variables"))) && !read_variables(l, p, v, o))
		return NULL;
	sub.sub = "changes";
	if ((v = node_get(n, STR("changes")))) {
		o->has_changes = true;
		if (!entry_strings(&l->e, &sub, v, 0, &o->changes))
			return NULL;
	}
	if ((v = node_get(n, STR("kubernetes"))))
		o->kubernetes = true;
	return o;
}

static bool keyword_matches(const struct facts *f, str word, bool *ret_is_keyword)
{
	bool mr = f->event == EVENT_MERGE_REQUEST, tag = !str_is_null(f->tag);
	const struct {
		str word;
		bool holds;
	} keywords[] = {
		{ STR("branches"), !tag && !mr },
		{ STR("tags"), tag },
		{ STR("pushes"), f->event == EVENT_PUSH || f->event == EVENT_TAG },
		{ STR("schedules"), f->event == EVENT_SCHEDULE },
		{ STR("web"), f->event == EVENT_WEB },
		{ STR("api"), f->event == EVENT_API },
		{ STR("triggers"), f->event == EVENT_TRIGGER },
		{ STR("merge_requests"), mr },
		{ STR("pipelines"), f->event == EVENT_PARENT_PIPELINE },
		{ STR("chat"), false },
		{ STR("external"), false },
		{ STR("external_pull_requests"), false },
	};

	*ret_is_keyword = false;
	for (size_t i = 0; i < COUNT(keywords); i++)
		if (str_eq(word, keywords[i].word)) {
			*ret_is_keyword = true;
			return keywords[i].holds;
		}
	return false;
}

/* `/regex/flags` against the ref's name. */
static bool regex_matches(str pattern, str name)
{
	ssize_t end = str_rindex(pattern, '/');
	str flags = str_from(pattern, (size_t)end + 1);
	struct regex *re;
	struct err err;
	int found;

	if (regex_compile(str_sub(pattern, 1, (size_t)end - 1),
			  str_index(flags, 'i') >= 0 ? REGEX_ICASE : 0, &re, &err) < 0)
		return false;
	found = regex_search(re, name, NULL, &err);
	regex_free(re);
	return found > 0;
}

static bool ref_matches(const struct facts *f, str ref)
{
	bool is_keyword, holds = keyword_matches(f, ref, &is_keyword);
	ssize_t at;

	if (is_keyword)
		return holds;
	if (str_is_null(f->ref_name) || f->event == EVENT_MERGE_REQUEST)
		return false;
	if (ref.n > 2 && ref.p[0] == '/' && str_rindex(ref, '/') > 0)
		return regex_matches(ref, f->ref_name);
	at = str_index(ref, '@'); /* branch@group/project: ours is the only project */
	return str_eq(at > 0 ? str_sub(ref, 0, (size_t)at) : ref, f->ref_name);
}

static bool any_ref(const struct facts *f, const struct str_vec *refs)
{
	for (size_t i = 0; i < refs->nr; i++)
		if (ref_matches(f, refs->at[i]))
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
			diag_error(l->e.d, o->pos, "expression cannot be evaluated: %s", err.msg);
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
			     (i == 0   ? any_ref(l->req->facts, &o->refs)
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
