#include "gitlab/config_int.h"

#include <string.h>

#define PATTERN_MAX 1024
#define NEAR_MAX    5000 /* paths looked at for a hint */

/* --- the keys of an include entry, and their reference documentation --- */

enum key {
	KEY_ARTIFACT,
	KEY_CACHE,
	KEY_COMPONENT,
	KEY_FILE,
	KEY_INPUTS,
	KEY_INTEGRITY,
	KEY_JOB,
	KEY_LOCAL,
	KEY_PROJECT,
	KEY_REF,
	KEY_REMOTE,
	KEY_RULES,
	KEY_TEMPLATE,
	KEY_NR
};

static const struct {
	str name;
	const char *help;
} keys[KEY_NR] = {
	[KEY_ARTIFACT] = { STR_INIT("artifact"), "file of a job's artifacts (trigger:include)" },
	[KEY_CACHE] = { STR_INIT("cache"), "may a remote file be kept, and for how long" },
	[KEY_COMPONENT] = { STR_INIT("component"), "HOST/GROUP/PROJECT/COMPONENT@VERSION" },
	[KEY_FILE] = { STR_INIT("file"), "path or list of paths in `project`" },
	[KEY_INPUTS] = { STR_INIT("inputs"), "values for the file's spec:inputs" },
	[KEY_INTEGRITY] = { STR_INIT("integrity"), "sha256-BASE64 of a remote file" },
	[KEY_JOB] = { STR_INIT("job"), "job of `artifact` (trigger:include)" },
	[KEY_LOCAL] = { STR_INIT("local"), "path in this project; * and ** are wildcards" },
	[KEY_PROJECT] = { STR_INIT("project"), "GROUP/NAME of another project" },
	[KEY_REF] = { STR_INIT("ref"), "branch, tag or commit of `project`" },
	[KEY_REMOTE] = { STR_INIT("remote"), "http:// or https:// address" },
	[KEY_RULES] = { STR_INIT("rules"), "when to include it: if, exists, changes" },
	[KEY_TEMPLATE] = { STR_INIT("template"), "name of a template of GitLab" },
};

/* What an entry can point at; exactly one of these keys must be there. */
static const struct {
	enum key key;
	enum include_kind kind;
} kinds[] = {
	{ KEY_LOCAL, INCLUDE_LOCAL },	    { KEY_PROJECT, INCLUDE_PROJECT },
	{ KEY_REMOTE, INCLUDE_REMOTE },	    { KEY_TEMPLATE, INCLUDE_TEMPLATE },
	{ KEY_COMPONENT, INCLUDE_COMPONENT },
};

#define VALID_KINDS "`local`, `project`, `remote`, `template`, `component`"

/* One entry of `include`, while it is worked on. */
struct entry {
	struct config_load *l;
	const struct config_context *context;
	struct node *acc; /* what was included so far, a map of ours */
	const struct node *node;
	const struct node *value[KEY_NR]; /* by key, NULL when absent */
	enum include_kind kind;
};

static str expand(const struct config_load *l, str text)
{
	if (!l->env || !l->env->expand || str_index(text, '$') < 0)
		return text;
	return l->env->expand(l->env->ctx, l->arena, text);
}

/* --- wildcards --- */

/* `*` is any run without a slash, `**` any run.  All positions of the pattern that
 * can be reached are kept at once, so time is pattern × path. */
static bool wildcard_match(str pattern, str path)
{
	bool now[PATTERN_MAX + 2] = { true }, next[PATTERN_MAX + 2];
	bool alive = true;

	for (size_t i = 0; alive; i++) {
		char c = i < path.n ? path.p[i] : 0;

		alive = false;
		memset(next, 0, pattern.n + 1);
		for (size_t k = 0; k < pattern.n; k++) {
			bool star = pattern.p[k] == '*';
			bool deep = star && k + 1 < pattern.n && pattern.p[k + 1] == '*';

			if (!now[k])
				continue;
			if (star) {
				now[k + (deep ? 2 : 1)] = true; /* the run may end here */
				next[k] |= deep || c != '/';
				alive |= next[k];
			} else if (pattern.p[k] == c) {
				next[k + 1] = alive = true;
			}
		}
		if (i == path.n)
			return now[pattern.n];
		memcpy(now, next, pattern.n + 1);
	}
	return false;
}

/* Does the path match, by what the budget of steps allows? */
static bool matches(struct config_load *l, str pattern, str path)
{
	size_t literal = (size_t)str_index(pattern, '*');
	uint64_t steps = (uint64_t)pattern.n * path.n;

	if (!str_starts_with(path, str_sub(pattern, 0, literal)))
		return false;
	l->steps_left -= MIN(steps, l->steps_left);
	return l->steps_left > 0 && wildcard_match(pattern, path);
}

/* All paths of a project; asked for once. */
static const struct str_vec *list_paths(struct config_load *l, const struct gitlab_origin *origin,
					struct err *err)
{
	str key = arena_printf(l->arena, STR_FMT "\n" STR_FMT, STR_ARG(origin->project),
			       STR_ARG(origin->ref));
	struct str_vec *all = map_get(&l->lists, key);

	if (all)
		return all;
	all = arena_new(l->arena, struct str_vec);
	if (l->reader->list(l->reader->ctx, l->arena, origin, all, err) < 0)
		return NULL;
	map_set(&l->lists, key, all);
	return all;
}

/* --- errors about files --- */

static bool is_yaml_name(str path)
{
	ssize_t slash = str_rindex(path, '/');
	str base = slash < 0 ? path : str_from(path, (size_t)slash + 1);
	ssize_t dot = str_rindex(base, '.');
	str ext = dot < 1 ? STR("") : str_from(base, (size_t)dot);

	return str_eq_nocase(ext, STR(".yml")) || str_eq_nocase(ext, STR(".yaml"));
}

static str base_name(str path)
{
	ssize_t slash = str_rindex(path, '/');

	return slash < 0 ? path : str_from(path, (size_t)slash + 1);
}

/* A file of that project that may have been meant. */
static void hint_path(struct config_load *l, const struct gitlab_file_request *req)
{
	str found = str_null, base = base_name(req->path);
	struct str_vec near = { 0 };
	const struct str_vec *all;
	struct err err;

	if (l->diags->nr_error > DIAGS_MAX || !(all = list_paths(l, &req->origin, &err)))
		return;
	for (size_t i = 0; i < all->nr && near.nr < NEAR_MAX; i++) {
		if (!is_yaml_name(all->at[i]))
			continue;
		vec_add(l->arena, &near, all->at[i]);
		if (str_is_null(found) && str_eq(base_name(all->at[i]), base))
			found = all->at[i];
	}
	if (!str_is_null(str_nearest(req->path, near.at, near.nr)))
		found = str_nearest(req->path, near.at, near.nr);
	if (!str_is_null(found))
		diag_hint(l->diags, "did you mean \"" STR_FMT "\"?", STR_ARG(found));
}

static void blame_project(struct config_load *l, const struct gitlab_file_request *req,
			  struct pos at, const struct err *err)
{
	if (err->kind == ERR_NOT_FOUND) {
		config_blame(l, at, "Project `" STR_FMT "` file `" STR_FMT "` does not exist!",
			     STR_ARG(req->origin.project), STR_ARG(req->path));
		diag_hint(l->diags, "%s", err->msg);
		hint_path(l, req);
	} else if (err->kind == ERR_DENIED) {
		config_blame(l, at, "Project `" STR_FMT "` not found or access denied!",
			     STR_ARG(req->origin.project));
		diag_hint(l->diags, "%s", err->msg);
	} else {
		config_blame(l, at, "Project `" STR_FMT "` file `" STR_FMT "`: %s",
			     STR_ARG(req->origin.project), STR_ARG(req->path), err->msg);
	}
}

void include_blame(struct config_load *l, const struct gitlab_file_request *req, struct pos at,
		   const struct err *err)
{
	static const struct {
		const char *what, *missing;
	} words[] = {
		[INCLUDE_LOCAL] = { "Local file", "does not exist!" },
		[INCLUDE_REMOTE] = { "Remote file", "could not be fetched" },
		[INCLUDE_TEMPLATE] = { "Included file", "is empty or does not exist!" },
		[INCLUDE_COMPONENT] = { "Component", "content not found" },
	};
	bool missing = err->kind == ERR_NOT_FOUND;

	if (req->kind == INCLUDE_PROJECT) {
		blame_project(l, req, at, err);
	} else if (missing) {
		config_blame(l, at, "%s `" STR_FMT "` %s", words[req->kind].what,
			     STR_ARG(req->path), words[req->kind].missing);
		if (req->kind != INCLUDE_LOCAL)
			diag_hint(l->diags, "%s", err->msg);
		else if (str_starts_with(req->path, STR("./")) ||
			 str_starts_with(req->path, STR("../")))
			diag_hint(l->diags, "paths start at the root of the repository");
		else
			hint_path(l, req);
	} else {
		config_blame(l, at, "%s `" STR_FMT "`: %s", words[req->kind].what,
			     STR_ARG(req->path), err->msg);
	}
}

/* --- putting a file in --- */

/* Merge a file's map over what was included before it. */
static void merge_over(struct config_load *l, struct node *acc, const struct node *over)
{
	for (size_t i = 0; i < over->map.nr && !l->stop; i++) {
		struct node_entry e = over->map.at[i];
		struct node *was = node_get(acc, e.key);

		if (was)
			e.value = config_merge(l->arena, l->diags, &l->merges_left, was, e.value);
		if (e.value)
			node_set(l->arena, acc, e);
		else
			l->failed = l->stop = true;
	}
}

static void include_file(struct entry *e, struct gitlab_origin origin, str path, struct pos at)
{
	struct gitlab_file_request req = {
		.kind = e->kind, .origin = origin, .path = path, .integrity = str_null
	};
	const struct node *integrity = e->value[KEY_INTEGRITY];
	struct node *content;

	if (integrity)
		req.integrity = integrity->text;
	content = config_load_file(e->l, &req, e->value[KEY_INPUTS], at);
	if (content)
		merge_over(e->l, e->acc, content);
}

static void include_matching(struct entry *e, struct gitlab_origin origin, str pattern,
			     struct pos at)
{
	struct config_load *l = e->l;
	const struct str_vec *all;
	struct err err;
	size_t nr = 0;

	if (pattern.n > PATTERN_MAX) {
		config_blame(l, at, "the pattern is longer than %d bytes", PATTERN_MAX);
		return;
	}
	all = list_paths(l, &origin, &err);
	if (!all) {
		config_blame(l, at, "`" STR_FMT "`: %s", STR_ARG(pattern), err.msg);
		return;
	}
	for (size_t i = 0; i < all->nr && !l->stop; i++) {
		if (!matches(l, pattern, all->at[i]))
			continue;
		nr++;
		if (is_yaml_name(all->at[i]))
			include_file(e, origin, all->at[i], at);
		else
			config_blame(l, at,
				     "Included file `" STR_FMT "` does not have YAML extension!",
				     STR_ARG(all->at[i]));
	}
	if (l->steps_left == 0 && !l->stop) {
		l->stop = true;
		config_blame(l, at, "looking for files that match wildcards takes too long");
		diag_hint(l->diags, "start the pattern with a directory");
	} else if (nr == 0 && !l->stop) {
		diag_warning(l->diags, at, "`" STR_FMT "` matches no file", STR_ARG(pattern));
	}
}

/* A path in a project, or a pattern of paths. */
static void include_path(struct entry *e, struct gitlab_origin origin, const struct node *path)
{
	str text;

	if (path->kind != NODE_STR) {
		config_blame(e->l, path->pos, "Included file needs to be a string, not this %s",
			     node_kind_name(path->kind));
		return;
	}
	text = expand(e->l, path->text);
	while (str_starts_with(text, STR("/")))
		text = str_from(text, 1);
	if (str_index(text, '*') >= 0)
		include_matching(e, origin, text, path->pos);
	else if (!is_yaml_name(text))
		config_blame(e->l, path->pos,
			     "Included file `" STR_FMT "` does not have YAML extension!",
			     STR_ARG(text));
	else
		include_file(e, origin, text, path->pos);
}

/* --- the kinds --- */

static void include_local(struct entry *e, const struct node *path)
{
	if (!e->context->has_project)
		config_blame(e->l, path->pos, "Local file `" STR_FMT "` does not have project!",
			     STR_ARG(path->kind == NODE_STR ? path->text : STR("")));
	else
		include_path(e, e->context->origin, path);
}

static void include_project(struct entry *e, const struct node *project)
{
	const struct node *file = e->value[KEY_FILE], *ref = e->value[KEY_REF];
	struct gitlab_origin origin = { .ref = str_null };

	if (!file) {
		config_blame(e->l, e->node->pos,
			     "include config must specify the file where to fetch the config from");
		diag_hint(e->l->diags, "add `file`: a path in the project, or a list");
		return;
	}
	origin.project = expand(e->l, project->text);
	while (str_starts_with(origin.project, STR("/")))
		origin.project = str_from(origin.project, 1);
	if (ref)
		origin.ref = expand(e->l, ref->text);
	if (file->kind != NODE_SEQ) {
		include_path(e, origin, file);
		return;
	}
	for (size_t i = 0; i < file->seq.nr && !e->l->stop; i++)
		include_path(e, origin, file->seq.at[i]);
}

static bool is_url(str text)
{
	return str_starts_with(text, STR("http://")) || str_starts_with(text, STR("https://"));
}

/* remote, template, component: one text that says it all. */
static void include_address(struct entry *e, const struct node *address)
{
	struct gitlab_origin nowhere = { str_null, str_null };
	str text = expand(e->l, address->text);

	if (e->kind == INCLUDE_REMOTE && (!is_url(text) || text.n < 10))
		config_blame(e->l, address->pos, "Remote file `" STR_FMT "` address is invalid!",
			     STR_ARG(text));
	else if (e->kind == INCLUDE_REMOTE && !is_yaml_name(text))
		config_blame(e->l, address->pos,
			     "Included file `" STR_FMT "` does not have YAML extension!",
			     STR_ARG(text));
	else if (e->kind == INCLUDE_TEMPLATE && !str_ends_with(text, STR(".gitlab-ci.yml")))
		config_blame(e->l, address->pos,
			     "Template file `" STR_FMT "` is not a valid location!", STR_ARG(text));
	else if (e->kind == INCLUDE_COMPONENT && str_rindex(text, '@') < 1) {
		config_blame(e->l, address->pos, "Component `" STR_FMT "` has no version",
			     STR_ARG(text));
		diag_hint(e->l->diags, "write HOST/GROUP/PROJECT/COMPONENT@VERSION");
	} else
		include_file(e, nowhere, text, address->pos);
}

/* --- reading an entry --- */

static int read_keys(struct entry *e)
{
	str names[KEY_NR];
	bool ok = true;

	for (size_t k = 0; k < KEY_NR; k++)
		names[k] = keys[k].name;
	for (size_t i = 0; i < e->node->map.nr; i++) {
		const struct node_entry *entry = &e->node->map.at[i];
		size_t k = 0;

		while (k < KEY_NR && !str_eq(names[k], entry->key))
			k++;
		if (k < KEY_NR) {
			e->value[k] = entry->value;
			continue;
		}
		ok = false;
		config_blame(e->l, entry->key_pos, "include config contains unknown keys: " STR_FMT,
			     STR_ARG(entry->key));
		diag_hint_nearest(e->l->diags, entry->key, names, KEY_NR);
	}
	return ok ? 0 : -1;
}

/* Keys that only make sense beside another, and the types of all. */
static int check_keys(struct entry *e)
{
	static const struct {
		enum key key, with;
	} beside[] = {
		{ KEY_FILE, KEY_PROJECT },
		{ KEY_REF, KEY_PROJECT },
		{ KEY_INTEGRITY, KEY_REMOTE },
		{ KEY_CACHE, KEY_REMOTE },
	};
	static const enum key strings[] = { KEY_COMPONENT, KEY_INTEGRITY, KEY_PROJECT,
					    KEY_REF,	   KEY_REMOTE,	  KEY_TEMPLATE };
	const struct node *artifact = e->value[KEY_ARTIFACT];

	if (artifact)
		return config_blame(e->l, artifact->pos,
				    "`artifact` can only be included by a trigger job");
	for (size_t i = 0; i < COUNT(beside); i++) {
		const struct node *v = e->value[beside[i].key];

		if (v && !e->value[beside[i].with])
			return config_blame(e->l, v->pos,
					    "include:" STR_FMT " needs include:" STR_FMT,
					    STR_ARG(keys[beside[i].key].name),
					    STR_ARG(keys[beside[i].with].name));
	}
	for (size_t i = 0; i < COUNT(strings); i++) {
		const struct node *v = e->value[strings[i]];

		if (v && (v->kind != NODE_STR || v->text.n == 0))
			return config_blame(e->l, v->pos, "include:" STR_FMT " should be a string",
					    STR_ARG(keys[strings[i]].name));
	}
	return 0;
}

static int check_integrity(struct entry *e)
{
	const struct node *v = e->value[KEY_INTEGRITY];

	/* SHA-256 in base64 has 44 characters. */
	if (!v || (str_starts_with(v->text, STR("sha256-")) && v->text.n == 7 + 44))
		return 0;
	return config_blame(e->l, v->pos,
			    "include:integrity should be sha256- and the base64 of "
			    "the SHA-256 of the file");
}

/* The one key that says what is included; its place in `kinds`, or -1. */
static int find_kind(struct entry *e)
{
	int found = -1;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (!e->value[kinds[i].key])
			continue;
		if (found >= 0)
			return config_blame(e->l, e->node->pos,
					    "Each include must use only one of: " VALID_KINDS);
		found = (int)i;
	}
	if (found < 0)
		config_blame(
			e->l, e->node->pos,
			"include does not have a valid subkey. Valid subkeys are: " VALID_KINDS);
	return found;
}

static void include_map(struct entry *e)
{
	const struct node *rules, *target;
	int kind;

	if (read_keys(e) < 0 || (kind = find_kind(e)) < 0 || check_keys(e) < 0 ||
	    check_integrity(e) < 0)
		return;
	rules = e->value[KEY_RULES];
	if (rules && e->l->env && e->l->env->rules_match) {
		size_t before = e->l->diags->nr_error;
		bool in = e->l->env->rules_match(e->l->env->ctx, rules, e->l->diags);

		e->l->failed |= e->l->diags->nr_error > before;
		if (!in)
			return;
	}
	e->kind = kinds[kind].kind;
	target = e->value[kinds[kind].key];
	if (e->kind == INCLUDE_LOCAL)
		include_local(e, target);
	else if (e->kind == INCLUDE_PROJECT)
		include_project(e, target);
	else
		include_address(e, target);
}

static void include_one(struct entry *e)
{
	if (e->node->kind == NODE_STR && e->node->text.n) {
		e->kind = is_url(expand(e->l, e->node->text)) ? INCLUDE_REMOTE : INCLUDE_LOCAL;
		if (e->kind == INCLUDE_REMOTE)
			include_address(e, e->node);
		else
			include_local(e, e->node);
	} else if (e->node->kind == NODE_MAP) {
		include_map(e);
	} else {
		config_blame(e->l, e->node->pos,
			     "include config should be an array or hash or string, not this %s",
			     node_kind_name(e->node->kind));
	}
}

struct node *include_expand(struct config_load *l, struct node *content,
			    const struct config_context *context)
{
	const struct node *include = node_get(content, STR("include"));
	struct entry e = { .l = l, .context = context };

	if (!include)
		return content;
	e.acc = node_new_map(l->arena, content->pos);
	if (include->kind == NODE_SEQ && str_is_null(include->tag)) {
		for (size_t i = 0; i < include->seq.nr && !l->stop; i++) {
			memset(e.value, 0, sizeof(e.value));
			e.node = include->seq.at[i];
			include_one(&e);
		}
	} else if (include->kind != NODE_NULL) {
		e.node = include;
		include_one(&e);
	}
	for (size_t i = 0; i < content->map.nr && !l->stop; i++) {
		struct node one = { .kind = NODE_MAP, .map.at = &content->map.at[i], .map.nr = 1 };

		if (!str_eq(content->map.at[i].key, STR("include")))
			merge_over(l, e.acc, &one);
	}
	return e.acc;
}
