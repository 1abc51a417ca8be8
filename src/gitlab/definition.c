/* definition.c - top level of the file: defaults, stages, and which jobs there are. */
#include "gitlab/lower.h"

#define STAGES_MAX     1000

static bool is_top_key(str name)
{
	for (size_t i = 0; i < COUNT(top_keys); i++)
		if (str_eq(name, top_keys[i].name))
			return !str_eq(name, STR("pages"));
	return false;
}

/* `default:` first; a deprecated global fills what it leaves open. */
bool lower_defaults(struct lower *l)
{
	const struct node *n = node_get(l->config.root, STR("default"));
	const char *names[K_NR];
	size_t nr = 0;
	bool good = true;

	for (int k = 0; k < K_NR; k++)
		if (job_keys[k].flags & KEY_DEFAULT)
			names[nr++] = job_keys[k].name.p;
	if (n && n->kind != NODE_NULL) {
		struct place p = { str_null, "default", NULL };

		if (!entry_is_map(&l->e, &p, n))
			return false;
		good = entry_keys(&l->e, &p, n, names, nr);
		for (int k = 0; k < K_NR; k++)
			if (job_keys[k].flags & KEY_DEFAULT)
				l->defaults[k] = node_find(n, job_keys[k].name);
	}
	for (int k = 0; k < K_NR; k++) {
		const struct node_entry *global = node_find(l->config.root, job_keys[k].name);

		if (!(job_keys[k].flags & KEY_GLOBAL) || !global)
			continue;
		if (l->defaults[k]) {
			diag_error(l->e.d, global->key_pos,
				   STR_FMT " is defined in top-level and `default:` entry",
				   STR_ARG(job_keys[k].name));
			diag_hint(l->e.d, "keep the one under `default:`");
			good = false;
		}
		l->defaults[k] = global;
	}
	return good;
}

bool lower_stages(struct lower *l)
{
	static const str usual[] = { STR_INIT("build"), STR_INIT("test"), STR_INIT("deploy") };
	const struct node *n = node_get(l->config.root, STR("stages"));
	struct place p = { str_null, "stages", NULL };
	struct str_vec list = { 0 };
	bool good = true;

	if (n && n->kind != NODE_NULL)
		good = entry_list(&l->e, &p, n, STAGES_MAX, &list);
	if (list.nr == 0)
		for (size_t i = 0; i < COUNT(usual); i++)
			vec_add(l->e.a, &list, usual[i]);
	vec_add(l->e.a, &l->p->stages, STR(".pre"));
	for (size_t i = 0; i < list.nr; i++) {
		bool twice = str_eq(list.at[i], STR(".pre")) || str_eq(list.at[i], STR(".post"));

		for (size_t k = 0; k < i; k++)
			twice |= str_eq(list.at[i], list.at[k]);
		if (!twice)
			vec_add(l->e.a, &l->p->stages, list.at[i]);
	}
	vec_add(l->e.a, &l->p->stages, STR(".post"));
	return good;
}

void lower_note_key(struct lower *l, str keyword, struct pos pos)
{
	int k;

	if (map_find(&l->noted, keyword))
		return;
	map_set(&l->noted, keyword, NULL);
	k = job_key_find(keyword);
	diag_warning(l->e.d, pos, "`" STR_FMT "` has no effect in a local run%s%s",
		     STR_ARG(keyword), k >= 0 ? ": " : "", k >= 0 ? job_keys[k].local : "");
}

static bool check_name(struct lower *l, const struct node_entry *job)
{
	static const str reserved[] = { STR_INIT("true"), STR_INIT("false"), STR_INIT("nil") };

	if (job->key.n == 0)
		return diag_error(l->e.d, job->key_pos, "jobs name can't be blank") == 0;
	if (lower_nr_chars(job->key) > NAME_MAX_CHARS)
		return diag_error(l->e.d, job->key_pos,
				  "job name is too long (maximum is %d characters)",
				  NAME_MAX_CHARS) == 0;
	for (size_t i = 0; i < COUNT(reserved); i++)
		if (str_eq(job->key, reserved[i]))
			return diag_error(l->e.d, job->key_pos, "jobs name " STR_FMT " is reserved",
					  STR_ARG(job->key)) == 0;
	return true;
}

/* A misspelt top level keyword is taken for a job. */
static void hint_top_key(struct lower *l, str name)
{
	str names[COUNT(top_keys)];

	for (size_t k = 0; k < COUNT(top_keys); k++)
		names[k] = top_keys[k].name;
	if (!str_is_null(str_nearest(name, names, COUNT(names))))
		diag_hint_nearest(l->e.d, name, names, COUNT(names));
}

static void unknown_key(struct lower *l, const struct job_def *def, const struct node_entry *entry)
{
	str names[K_NR];

	for (int k = 0; k < K_NR; k++)
		names[k] = job_keys[k].name;
	diag_error(l->e.d, entry->key_pos,
		   "jobs:" STR_FMT " config contains unknown keys: " STR_FMT, STR_ARG(def->name),
		   STR_ARG(entry->key));
	if (!str_is_null(str_nearest(entry->key, names, K_NR))) {
		diag_hint_nearest(l->e.d, entry->key, names, K_NR);
		return;
	}
	hint_top_key(l, def->name);
}

static void should_be_bool_or_list(struct lower *l, const struct place *p, const struct node *n)
{
	str place = place_str(l->e.a, p);

	diag_error(l->e.d, n->pos, STR_FMT " should be a bool or array of strings", STR_ARG(place));
}

/* One of the keywords that `default:` may have. */
static bool is_default_key(struct lower *l, const struct place *p, const struct node *word)
{
	str names[K_NR], place = place_str(l->e.a, p);
	size_t nr = 0;

	if (word->kind != NODE_STR)
		return entry_wrong(&l->e, p, word, "an array of strings");
	for (int k = 0; k < K_NR; k++) {
		if (!(job_keys[k].flags & KEY_DEFAULT))
			continue;
		if (str_eq(word->text, job_keys[k].name))
			return true;
		names[nr++] = job_keys[k].name;
	}
	diag_error(l->e.d, word->pos, STR_FMT " config contains unknown values: " STR_FMT,
		   STR_ARG(place), STR_ARG(word->text));
	diag_hint_nearest(l->e.d, word->text, names, nr);
	return false;
}

static bool check_inherited_default(struct lower *l, const struct job_def *def,
				    const struct node *n)
{
	struct place p = { def->name, "inherit", "default" };
	bool good = true;

	if (!n || n->kind == NODE_NULL || n->kind == NODE_BOOL)
		return true;
	if (n->kind != NODE_SEQ) {
		should_be_bool_or_list(l, &p, n);
		return false;
	}
	for (size_t i = 0; i < n->seq.nr; i++)
		good &= is_default_key(l, &p, n->seq.at[i]);
	return good;
}

/* Does the job take over this key of `default:`?  `n` is its inherit:default. */
static bool inherits(const struct node *n, enum job_key k)
{
	if (!n || n->kind == NODE_NULL)
		return true;
	if (n->kind == NODE_BOOL)
		return n->boolean;
	for (size_t i = 0; i < n->seq.nr; i++)
		if (str_eq(n->seq.at[i]->text, job_keys[k].name))
			return true;
	return false;
}

/* The variables of a shared layer that the job takes over. */
static const struct scope_layer *inherited_layer(struct lower *l, const struct scope_layer *all,
						 const struct str_vec *names)
{
	struct scope_layer *some = arena_new(l->e.a, struct scope_layer);

	for (size_t i = 0; i < all->vars.nr; i++)
		if (str_vec_has(names, all->vars.at[i].key))
			vec_add(l->e.a, &some->vars, all->vars.at[i]);
	return some;
}

/* inherit:variables, for those of the file and of workflow:rules alike. */
static void inherit_variables(struct lower *l, struct job_def *def)
{
	const struct node *inherit = def_node(def, K_INHERIT), *n;
	struct place p = { def->name, "inherit", "variables" };
	struct str_vec names = { 0 };

	def->globals = &l->globals;
	def->workflow = &l->workflow;
	n = inherit && inherit->kind == NODE_MAP ? node_get(inherit, STR("variables")) : NULL;
	if (!n || n->kind == NODE_NULL || (n->kind == NODE_BOOL && n->boolean))
		return;
	if (n->kind != NODE_BOOL && n->kind != NODE_SEQ) {
		should_be_bool_or_list(l, &p, n);
		return;
	}
	if (n->kind == NODE_SEQ && !entry_list(&l->e, &p, n, 0, &names))
		return;
	def->globals = inherited_layer(l, &l->globals, &names);
	def->workflow = inherited_layer(l, &l->workflow, &names);
}

static bool check_inherit(struct lower *l, const struct job_def *def)
{
	static const char *const keys[] = { "default", "variables" };
	const struct node *n = def_node(def, K_INHERIT);
	struct place p = { def->name, "inherit", NULL };

	return !n || n->kind == NODE_NULL ||
	       (entry_is_map(&l->e, &p, n) && entry_keys(&l->e, &p, n, keys, COUNT(keys)) &&
		check_inherited_default(l, def, node_get(n, STR("default"))));
}

static void fill_defaults(struct lower *l, struct job_def *def)
{
	const struct node *inherit = def_node(def, K_INHERIT);
	const struct node *which =
		inherit && inherit->kind == NODE_MAP ? node_get(inherit, STR("default")) : NULL;

	for (int k = 0; k < K_NR; k++) {
		if (def->key[k] || !l->defaults[k] || !inherits(which, (enum job_key)k))
			continue;
		/* A trigger job has no script, image or artifacts to inherit. */
		if (def->key[K_TRIGGER] && !(job_keys[k].flags & KEY_TRIGGER))
			continue;
		def->key[k] = l->defaults[k];
		def->inherited[k] = true;
	}
}

static bool check_kind_of_job(struct lower *l, const struct job_def *def)
{
	bool script = def_node(def, K_SCRIPT), run = def_node(def, K_RUN),
	     trigger = def_node(def, K_TRIGGER);

	if (!script && !run && !trigger) {
		diag_error(l->e.d, def->pos,
			   "jobs " STR_FMT
			   " config should implement the script:, run:, or trigger: keyword",
			   STR_ARG(def->name));
		diag_hint(l->e.d,
			  "a template that is only extended has a name that starts with a dot");
		return false;
	}
	if (script && run)
		return diag_error(l->e.d, def->pos,
				  "jobs:" STR_FMT
				  " config can contain only one of these keys: script, run",
				  STR_ARG(def->name)) == 0;
	if (!trigger)
		return true;
	for (int k = 0; k < K_NR; k++)
		if (def->key[k] && !def->inherited[k] && !(job_keys[k].flags & KEY_TRIGGER)) {
			diag_error(l->e.d, def->key[k]->key_pos,
				   "jobs:" STR_FMT " config contains unknown keys: " STR_FMT,
				   STR_ARG(def->name), STR_ARG(job_keys[k].name));
			diag_hint(l->e.d, "a job with `trigger:` runs nothing itself");
			return false;
		}
	return true;
}

static void define_job(struct lower *l, const struct node_entry *job)
{
	struct job_def *def = arena_new(l->e.a, struct job_def);
	bool good = true;

	def->name = job->key;
	def->pos = job->key_pos;
	def->node = job->value;
	for (size_t i = 0; i < job->value->map.nr; i++) {
		const struct node_entry *entry = &job->value->map.at[i];
		int k = job_key_find(entry->key);

		if (k < 0) {
			unknown_key(l, def, entry);
			good = false;
			continue;
		}
		/* `key: null` is as good as absent, but keeps the default away. */
		def->key[k] = entry;
		if (job_keys[k].flags & KEY_SERVER)
			lower_note_key(l, job_keys[k].name, entry->key_pos);
	}
	if (str_eq(def->name, STR("pages")))
		lower_note_key(l, STR("pages"), def->pos);
	good &= check_inherit(l, def);
	if (!good)
		return;
	fill_defaults(l, def);
	for (int k = 0; k < K_NR; k++)
		if (def->key[k] && def->key[k]->value->kind == NODE_NULL)
			def->key[k] = NULL;
	inherit_variables(l, def);
	if (!check_kind_of_job(l, def))
		return;
	map_set(&l->def_by_name, def->name, def);
	vec_add(l->e.a, &l->defs, def);
	read_job(l, def);
}

void lower_definitions(struct lower *l)
{
	const struct node *root = l->config.root;
	size_t visible = 0;

	for (size_t i = 0; i < root->map.nr; i++) {
		const struct node_entry *job = &root->map.at[i];

		if (is_top_key(job->key) || (job->key.n && job->key.p[0] == '.'))
			continue;
		visible++;
		if (!check_name(l, job))
			continue;
		if (job->value->kind != NODE_MAP) {
			struct place p = { job->key, NULL, NULL };

			entry_wrong(&l->e, &p, job->value, "a hash");
			hint_top_key(l, job->key);
			continue;
		}
		define_job(l, job);
	}
	if (visible == 0) {
		diag_error(l->e.d, root->pos,
			   "jobs config should contain at least one visible job");
		diag_hint(l->e.d, "add a job, for instance \"test: {script: make test}\"");
	}
}
