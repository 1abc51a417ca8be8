/* rules.c - `rules:` of jobs, includes and the workflow: read once, decided often.
 *
 * reference/gitlab-ci.md §2.2.  Templates share their rules with thousands of
 * jobs, so a list is read once per node.
 */
#include "gitlab/lower.h"

#define NESTING_MAX  10
#define PATHS_MAX    50
#define START_IN_MAX_S (7 * 24 * 3600)

struct rule {
	struct pos pos;
	str condition; /* text of `if`, str_null without */
	struct expr *expr;
	bool has_changes, has_exists;
	struct str_vec changes, exists;
	str compare_to, exists_project, exists_ref;
	struct rule_verdict then; /* what it says when it matches; `why` is filled then */
	struct job_var_vec variables;
};

struct rules {
	VEC(struct rule) list;
};

static bool read_condition(struct lower *l, const struct place *p, const struct node *n,
			   struct rule *r)
{
	struct place sub = { p->job, p->key, "rule" };
	struct err err;
	str place;

	if (n->kind == NODE_NULL)
		return true;
	if (n->kind != NODE_STR && n->kind != NODE_BOOL)
		return entry_wrong(&l->e, &sub, n, "an expression");
	r->condition = n->text;
	if (expr_parse(l->e.a, r->condition, &r->expr, &err) == 0)
		return true;
	place = place_str(l->e.a, &sub);
	diag_error(l->e.d, n->pos, STR_FMT " if invalid expression syntax: %s", STR_ARG(place),
		   err.msg);
	if (str_find(r->condition, STR("${"), 0) >= 0)
		diag_hint(l->e.d, "in rules a variable is written $NAME, without braces");
	return false;
}

static bool read_changes(struct lower *l, const struct place *p, const struct node *n,
			 struct rule *r)
{
	static const char *const keys[] = { "paths", "compare_to" };
	struct place sub = { p->job, p->key, "changes" };
	const struct node *paths = n, *compare;

	r->has_changes = true;
	if (n->kind == NODE_MAP) {
		if (!entry_keys(&l->e, &sub, n, keys, COUNT(keys)))
			return false;
		paths = node_get(n, STR("paths"));
		compare = node_get(n, STR("compare_to"));
		if (compare && !entry_str(&l->e, &sub, compare, &r->compare_to))
			return false;
		if (!paths)
			return entry_wrong(&l->e, &sub, n, "a hash with paths");
	}
	return entry_list(&l->e, &sub, paths, PATHS_MAX, &r->changes);
}

static bool read_exists(struct lower *l, const struct place *p, const struct node *n,
			struct rule *r)
{
	static const char *const keys[] = { "paths", "project", "ref" };
	struct place sub = { p->job, p->key, "exists" };
	const struct node *paths = n, *project, *ref;

	r->has_exists = true;
	if (n->kind == NODE_MAP) {
		if (!entry_keys(&l->e, &sub, n, keys, COUNT(keys)))
			return false;
		paths = node_get(n, STR("paths"));
		project = node_get(n, STR("project"));
		ref = node_get(n, STR("ref"));
		if (project && !entry_str(&l->e, &sub, project, &r->exists_project))
			return false;
		if (ref && !entry_str(&l->e, &sub, ref, &r->exists_ref))
			return false;
		if (!paths)
			return entry_wrong(&l->e, &sub, n, "a hash with paths");
	}
	return entry_strings(&l->e, &sub, paths, PATHS_MAX, &r->exists);
}

static bool read_when(struct lower *l, const struct place *p, const struct node *n,
		      enum rules_of of, struct rule *r)
{
	static const char *const job_words[] = { "on_success", "on_failure", "always",
						 "manual",     "delayed",    "never" };
	static const char *const plain_words[] = { "always", "never" };
	struct place sub = { p->job, p->key, "when" };
	bool plain = of != RULES_OF_JOB;
	size_t i;

	if (!n || n->kind == NODE_NULL)
		return true;
	if (!entry_word(&l->e, &sub, n, plain ? plain_words : job_words, plain ? 2 : 6, &i))
		return false;
	r->then.has_when = true;
	r->then.when = plain ? (i == 0 ? WHEN_ALWAYS : WHEN_NEVER) : (enum job_when)i;
	return true;
}

/* Only a rule that says `when: delayed` itself may, and must, say how long. */
static bool read_start_in(struct lower *l, const struct place *p, const struct node *map,
			  struct rule *r)
{
	const struct node_entry *entry = node_find(map, STR("start_in"));
	bool delayed = r->then.has_when && r->then.when == WHEN_DELAYED;
	struct place sub = { p->job, p->key, "rule" };
	str place = place_str(l->e.a, &sub);

	if (!entry && !delayed)
		return true;
	if (!delayed) {
		diag_error(l->e.d, entry->key_pos,
			   STR_FMT " config contains disallowed keys: start_in", STR_ARG(place));
		diag_hint(l->e.d, "`start_in:` goes with `when: delayed`, in the same rule");
		return false;
	}
	if (!entry || entry->value->kind == NODE_NULL) {
		diag_error(l->e.d, entry ? entry->key_pos : map->pos,
			   STR_FMT " start in can't be blank", STR_ARG(place));
		diag_hint(l->e.d, "a delayed job needs `start_in:`, for instance 30 minutes");
		return false;
	}
	sub.sub = "start_in";
	r->then.has_start_in = true;
	if (!entry_duration(&l->e, &sub, entry->value, &r->then.start_in_s))
		return false;
	if (r->then.start_in_s > START_IN_MAX_S)
		return diag_error(l->e.d, entry->value->pos,
				  STR_FMT " start in should not exceed the limit of 1 week",
				  STR_ARG(place)) == 0;
	return true;
}

static bool read_auto_cancel(struct lower *l, const struct place *p, const struct node *n,
			     struct rule *r)
{
	const struct node *commit;

	if (!entry_is_map(&l->e, p, n))
		return false;
	commit = node_get(n, STR("on_new_commit"));
	return !commit || entry_str(&l->e, p, commit, &r->then.auto_cancel_on_new_commit);
}

/* The keys a rule may have, by where it stands. */
static bool check_keys(struct lower *l, const struct place *p, const struct node *n,
		       enum rules_of of)
{
	static const char *const of_job[] = { "if",	  "changes",	   "exists", "variables",   "when",
					      "start_in", "allow_failure", "needs",  "interruptible" };
	/* GitLab takes start_in, allow_failure and needs, too, and does nothing with them. */
	static const char *const of_workflow[] = { "if",   "changes",	  "exists",   "variables",
						   "when", "auto_cancel", "start_in", "allow_failure",
						   "needs" };
	static const char *const of_include[] = { "if", "changes", "exists", "when" };
	static const struct {
		const char *const *names;
		size_t nr;
	} keys[] = {
		[RULES_OF_JOB] = { of_job, COUNT(of_job) },
		[RULES_OF_WORKFLOW] = { of_workflow, COUNT(of_workflow) },
		[RULES_OF_INCLUDE] = { of_include, COUNT(of_include) },
	};

	return entry_keys(&l->e, p, n, keys[of].names, keys[of].nr);
}

static bool read_rule(struct lower *l, const struct place *p, const struct node *n,
		      enum rules_of of, struct rule *r)
{
	struct place sub = { p->job, p->key, "rule" };
	const struct node *v;
	bool yes;

	r->pos = n->pos;
	r->then.interruptible = -1;
	if (n->kind != NODE_MAP)
		return entry_wrong(&l->e, &sub, n, "a hash");
	if (n->map.nr == 0)
		return entry_blank(&l->e, &sub, n);
	if (!check_keys(l, &sub, n, of))
		return false;
	if ((v = node_get(n, STR("if"))) && !read_condition(l, p, v, r))
		return false;
	if ((v = node_get(n, STR("changes"))) && v->kind != NODE_NULL && !read_changes(l, p, v, r))
		return false;
	if ((v = node_get(n, STR("exists"))) && v->kind != NODE_NULL && !read_exists(l, p, v, r))
		return false;
	if (!read_when(l, p, node_get(n, STR("when")), of, r))
		return false;
	if (of == RULES_OF_JOB && !read_start_in(l, p, n, r))
		return false;
	sub.sub = "variables";
	if ((v = node_get(n, STR("variables"))) &&
	    !entry_variables(&l->e, &sub, v, false, &r->variables))
		return false;
	sub.sub = "allow_failure";
	if ((v = node_get(n, STR("allow_failure")))) {
		r->then.has_allow_failure = true;
		if (!read_allow_failure(&l->e, &sub, v, &r->then.allow))
			return false;
	}
	sub.sub = "interruptible";
	if ((v = node_get(n, STR("interruptible")))) {
		if (!entry_bool(&l->e, &sub, v, &yes))
			return false;
		r->then.interruptible = yes;
	}
	r->then.needs = node_get(n, STR("needs"));
	sub.sub = "auto_cancel";
	return !(v = node_get(n, STR("auto_cancel"))) || read_auto_cancel(l, &sub, v, r);
}

static bool read_list(struct lower *l, const struct place *p, const struct node *n,
		      enum rules_of of, unsigned depth, struct rules *ret)
{
	bool good = true;

	if (n->kind != NODE_SEQ || depth > NESTING_MAX)
		return entry_wrong(&l->e, p, n, "an array of hashes");
	for (size_t i = 0; i < n->seq.nr; i++) {
		struct rule r = { 0 };

		if (n->seq.at[i]->kind == NODE_SEQ) {
			good &= read_list(l, p, n->seq.at[i], of, depth + 1, ret);
			continue;
		}
		good &= read_rule(l, p, n->seq.at[i], of, &r);
		vec_add(l->e.a, &ret->list, r);
	}
	return good;
}

struct rules *rules_read(struct lower *l, const struct place *p, const struct node *n,
			 enum rules_of of)
{
	struct rules *r;
	str key = { (const char *)&n, sizeof(n) };
	struct rules **known = (struct rules **)map_find(&l->rules_by_node, key);

	if (known)
		return *known;
	r = arena_new(l->e.a, struct rules);
	if (n->kind == NODE_SEQ && n->seq.nr == 0) {
		entry_blank(&l->e, p, n);
		diag_hint(l->e.d, "without rules leave `rules:` out; `rules: [{when: never}]` "
				  "keeps a job out");
		r = NULL;
	} else if (!read_list(l, p, n, of, 1, r)) {
		r = NULL;
	}
	map_set(&l->rules_by_node, arena_str(l->e.a, key), r);
	return r;
}

const struct node *rules_needs(const struct rules *r, size_t i)
{
	return r->list.at[i].then.needs;
}

size_t rules_nr(const struct rules *r)
{
	return r->list.nr;
}

struct lookup {
	const struct scope *scope;
	struct arena *a;
};

static str lookup_variable(void *ctx, str name)
{
	const struct lookup *k = ctx;

	return scope_get(k->scope, k->a, name);
}

/* ` [$X="main", $Y undefined]` for the people who ask why. */
static void trace_values(struct lower *l, const struct rule *r, const struct scope *s)
{
	struct str_vec names = expr_variables(l->e.a, r->expr);

	for (size_t i = 0; i < names.nr; i++) {
		str v = scope_get(s, l->e.a, names.at[i]);

		buf_addz(l->trace, i ? ", " : "  [");
		if (str_is_null(v))
			buf_addf(l->trace, "$" STR_FMT " is not defined", STR_ARG(names.at[i]));
		else
			buf_addf(l->trace, "$" STR_FMT " = \"" STR_FMT "\"", STR_ARG(names.at[i]),
				 STR_ARG(v));
	}
	if (names.nr)
		buf_addc(l->trace, ']');
}

static bool condition_holds(struct lower *l, const struct rule *r, const struct scope *s)
{
	struct lookup k = { s, l->e.a };
	struct expr_vars vars = { .ctx = &k, .get = lookup_variable };
	struct err err;
	int holds;

	if (!r->expr)
		return true;
	holds = expr_eval(r->expr, &vars, &err);
	if (holds < 0)
		expr_blame(l, r->pos, "rule", &err);
	if (l->trace) {
		buf_addf(l->trace, "    if " STR_FMT " -> %s", STR_ARG(r->condition),
			 holds > 0 ? "true" : "false");
		trace_values(l, r, s);
		buf_addc(l->trace, '\n');
	}
	return holds > 0;
}

static void trace_paths(struct lower *l, const char *what, const struct str_vec *patterns,
			bool holds)
{
	if (!l->trace)
		return;
	buf_addf(l->trace, "    %s", what);
	for (size_t i = 0; i < patterns->nr; i++)
		buf_addf(l->trace, "%s" STR_FMT, i ? ", " : " ", STR_ARG(patterns->at[i]));
	buf_addf(l->trace, " -> %s\n", holds ? "true" : "false");
}

static bool rule_matches(struct lower *l, const struct rule *r, const struct scope *s)
{
	bool holds;

	if (!condition_holds(l, r, s))
		return false;
	if (r->has_changes) {
		holds = paths_changed(l, &r->changes, r->compare_to, s, r->pos);
		trace_paths(l, "changes", &r->changes, holds);
		if (!holds)
			return false;
	}
	if (r->has_exists) {
		holds = paths_exist(l, &r->exists, r->exists_project, r->exists_ref, s, r->pos);
		trace_paths(l, "exists", &r->exists, holds);
		if (!holds)
			return false;
	}
	return true;
}

static str rule_text(struct arena *a, size_t nr, const struct rule *r)
{
	struct buf b = BUF_INIT;
	str s;

	buf_addf(&b, "rule %zu matched", nr);
	if (!str_is_null(r->condition))
		buf_addf(&b, ": if " STR_FMT, STR_ARG(r->condition));
	if (r->has_changes)
		buf_addz(&b, ", changes");
	if (r->has_exists)
		buf_addz(&b, ", exists");
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

void rules_decide(struct lower *l, const struct rules *r, const struct scope *s,
		  struct rule_verdict *ret)
{
	for (size_t i = 0; i < r->list.nr; i++) {
		const struct rule *rule = &r->list.at[i];
		bool matches;

		if (l->trace) {
			buf_addf(l->trace, "  rule %zu at ", i + 1);
			pos_add(l->trace, rule->pos);
			buf_addc(l->trace, '\n');
		}
		matches = rule_matches(l, rule, s);
		if (l->trace)
			buf_addf(l->trace, "    %s\n", matches ? "matches" : "does not match");
		if (!matches)
			continue;
		*ret = rule->then;
		ret->matched = true;
		ret->variables = &rule->variables;
		ret->why = (struct decision){ BY_RULE, rule->pos, rule_text(l->e.a, i + 1, rule) };
		return;
	}
	*ret = (struct rule_verdict){ .when = WHEN_NEVER, .has_when = true, .interruptible = -1 };
	ret->why = (struct decision){ BY_NO_RULE, r->list.nr ? r->list.at[0].pos : pos_none,
				      STR("no rule matched") };
}
