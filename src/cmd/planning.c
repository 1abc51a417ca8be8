#include "cmd/planning.h"

#include "exec/mask.h"
#include "local/secret.h"
#include "os/file.h"

#include <string.h>
#include <unistd.h>

#define VAR_FILE_MAX ((size_t)1 << 20)

static bool is_variable_name(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] == '_' || (s.p[i] >= 'a' && s.p[i] <= 'z') ||
		      (s.p[i] >= 'A' && s.p[i] <= 'Z') || (i && s.p[i] >= '0' && s.p[i] <= '9')))
			return false;
	return s.n > 0;
}

static str unquoted(str s)
{
	if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0])
		return str_sub(s, 1, s.n - 2);
	return s;
}

/* KEY=VALUE lines; blank lines and lines that start with # are passed over. */
static int read_var_file(struct arena *a, str path, struct job_var_vec *ret, struct err *err)
{
	CLEANUP(buf_release) struct buf b = { .max = VAR_FILE_MAX };
	unsigned nr = 0;
	str rest;

	if (file_read(AT_FDCWD, arena_cstr(a, path), VAR_FILE_MAX, &b, err) < 0)
		return err_wrap(err, "--var-file");
	rest = arena_str(a, buf_str(&b));
	while (!str_is_null(rest)) {
		str line = str_trim(str_cut(&rest, '\n')), key;

		nr++;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		key = str_trim(str_cut(&line, '='));
		if (str_is_null(line) || !is_variable_name(key))
			return err_set(err, ERR_INVALID,
				       STR_FMT
				       ":%u:1: expected KEY=VALUE, a comment or an empty line",
				       STR_ARG(path), nr);
		vec_add(a, ret,
			(struct job_var){ .key = key,
					  .value = unquoted(str_trim(line)),
					  .raw = true,
					  .masked = secret_is_name(key) });
	}
	return 0;
}

/* Variables of type file: their value is what the file holds. */
static int read_file_vars(struct arena *a, const struct pair_vec *pairs, struct job_var_vec *ret,
			  struct err *err)
{
	for (size_t i = 0; i < pairs->nr; i++) {
		CLEANUP(buf_release) struct buf b = { .max = VAR_FILE_MAX };
		str key = pairs->at[i].key;

		if (!is_variable_name(key))
			return err_set(err, ERR_INVALID,
				       "--file-var: \"" STR_FMT "\" is no name of a variable",
				       STR_ARG(key));
		if (file_read(AT_FDCWD, arena_cstr(a, pairs->at[i].value), VAR_FILE_MAX, &b, err) <
		    0)
			return err_wrap(err, "--file-var");
		vec_add(a, ret,
			(struct job_var){ .key = key,
					  .value = arena_str(a, buf_str(&b)),
					  .raw = true,
					  .file = true,
					  .masked = secret_is_name(key) });
	}
	return 0;
}

/* `--input KEY=VALUE`: text as it stands; the specification says what type it must be. */
static const struct node *inputs_of(struct arena *a, const struct pair_vec *pairs)
{
	struct node *map;

	if (pairs->nr == 0)
		return NULL;
	map = node_new_map(a, pos_none);
	for (size_t i = 0; i < pairs->nr; i++) {
		const struct source *src =
			source_new(a, STR("--input"), pairs->at[i].value, pos_none);
		struct node *value = node_new_str(a, pos_none, pairs->at[i].value), **docs;
		struct diags d;
		size_t nr;

		diags_init(&d, a);
		/* Numbers, booleans and lists are recognised as YAML would. */
		if (pairs->at[i].value.n &&
		    node_parse_yaml(a, src, &node_yaml12, &docs, &nr, &d) == 0 && nr == 1 &&
		    docs[0]->kind != NODE_MAP && docs[0]->kind != NODE_NULL)
			value = docs[0];
		node_set(a, map, (struct node_entry){ .key = pairs->at[i].key, .value = value });
	}
	return map;
}

static int planning_options(struct arena *a, const struct plan_options *o,
			    struct project_options *ret, struct err *err)
{
	*ret = (struct project_options){
		.file = o->file,
		.has_event = o->event > 0,
		.event = o->event > 0 ? (enum event)(o->event - 1) : EVENT_PUSH,
		.ref = o->ref,
		.tag = o->tag,
		.target_branch = o->target_branch,
		.changed_since = o->changed_since,
		.inputs = inputs_of(a, &o->inputs),
		.gitlab_ci = o->gitlab_ci,
		.reader = { .project_url = o->project_url,
			    .template_root = o->template_root,
			    .allow_private = o->allow_private },
	};
	for (size_t i = 0; i < o->project_roots.nr; i++)
		vec_add(a, &ret->reader.roots,
			(struct reader_root){ o->project_roots.at[i].key,
					      o->project_roots.at[i].value });
	for (size_t i = 0; i < o->var_files.nr; i++)
		if (read_var_file(a, o->var_files.at[i], &ret->variables, err) < 0)
			return -1;
	if (read_file_vars(a, &o->file_vars, &ret->variables, err) < 0)
		return -1;
	for (size_t i = 0; i < o->vars.nr; i++) {
		if (!is_variable_name(o->vars.at[i].key))
			return err_set(err, ERR_INVALID,
				       "--var: \"" STR_FMT "\" is no name of a variable",
				       STR_ARG(o->vars.at[i].key));
		vec_add(a, &ret->variables,
			(struct job_var){ .key = o->vars.at[i].key,
					  .value = o->vars.at[i].value,
					  .masked = secret_is_name(o->vars.at[i].key) });
	}
	return 0;
}

int planning_open(const struct cmd_call *call, const struct plan_options *o, struct planning *ret,
		  struct err *err)
{
	memset(ret, 0, sizeof(*ret));
	ret->arena = call->arena;
	diags_init(&ret->diags, call->arena);
	ret->request.diags = &ret->diags;
	if (planning_options(call->arena, o, &ret->options, err) < 0)
		return -1;
	return project_open(call->arena, &ret->options, &ret->project, err);
}

void planning_close(struct planning *p)
{
	project_close(&p->project);
}

static void planning_show_diags(const struct planning *p)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	if (p->diags.nr == 0)
		return;
	diags_render(&p->diags, &b, term_wants_color(STDERR_FILENO, COLOR_AUTO));
	if (term_write(STDERR_FILENO, buf_str(&b)) < 0)
		return; /* nobody reads our errors; the exit code still tells */
}

size_t planning_plan(struct planning *p)
{
	int code = project_plan(&p->project, &p->request, &p->pipeline);

	planning_show_diags(p);
	MUST((code < 0) == (p->diags.nr_error > 0));
	return p->diags.nr_error;
}

str planning_mask(const struct planning *p, str text)
{
	CLEANUP(mask_free_ptr) struct mask *m = mask_new();
	struct str_vec secrets = secret_values(p->arena, &p->options.variables);
	struct err err;

	for (size_t i = 0; i < secrets.nr; i++)
		mask_add(m, secrets.at[i]);
	/* Too many secrets to look for: then nothing is shown rather than one of them. */
	return mask_build(m, &err) < 0 ? STR("[MASKED]\n") : mask_str(m, p->arena, text);
}
