/* cmd_lint.c - `slipway lint`: is the file right?  All errors at once. */
#include "cmd/planning.h"

#include "fmt/json.h"

#include <unistd.h>

static json_t *diags_json(struct arena *a UNUSED, const struct diags *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->nr; i++) {
		const struct diag *diag = &d->at[i];
		json_t *o = json_object();

		json_object_set_new(o, "level",
				    json_string(diag->level == DIAG_ERROR ? "error" : "warning"));
		json_object_set_new(o, "file",
				    diag->pos.src ? json_text(diag->pos.src->name) : json_null());
		json_object_set_new(o, "line", json_integer(diag->pos.line));
		json_object_set_new(o, "column", json_integer(diag->pos.col));
		json_object_set_new(o, "message", json_text(diag->message));
		json_object_set_new(o, "hint", json_text(diag->hint));
		json_array_append_new(list, o);
	}
	return list;
}

struct lint {
	const struct cmd_call *call;
	const struct lint_options *o;
	json_t *results; /* NULL for text */
	size_t nr_error;
};

static int lint_file(struct lint *l, str file, struct err *err)
{
	struct plan_options options = l->o->plan;
	struct planning plan;
	size_t errors;

	if (!str_is_null(file))
		options.file = file;
	if (planning_open(l->call, &options, &plan, err) < 0)
		return -1;
	if (l->results) {
		json_t *o = json_object();

		errors = project_plan(&plan.project, &plan.request, &plan.pipeline) < 0
				 ? plan.diags.nr_error
				 : 0;
		json_object_set_new(o, "file", json_text(plan.project.file));
		json_object_set_new(o, "valid", json_boolean(errors == 0));
		json_object_set_new(o, "diagnostics", diags_json(l->call->arena, &plan.diags));
		json_array_append_new(l->results, o);
	} else {
		errors = planning_plan(&plan);
	}
	if (!l->results && errors == 0 &&
	    cmd_print_plain(arena_printf(l->call->arena, STR_FMT ": ok, %zu jobs%s\n",
					 STR_ARG(plan.project.file), plan.pipeline->jobs.nr,
					 plan.diags.nr_warning ? ", with warnings" : ""),
			    err) < 0)
		return -1;
	l->nr_error += errors;
	planning_close(&plan);
	return 0;
}

int cmd_lint(const struct cmd_call *call, struct err *err)
{
	const struct lint_options *o = call->options;
	struct lint l = { .call = call, .o = o, .results = o->json ? json_array() : NULL };
	int code = 0;

	for (size_t i = 0; code == 0 && i < MAX(o->files.nr, (size_t)1); i++)
		code = lint_file(&l, o->files.nr ? o->files.at[i] : str_null, err);
	if (l.results && code == 0) {
		char *out = json_dumps(l.results, JSON_INDENT(2));

		MUST(out);
		code = cmd_print(arena_printf(call->arena, "%s\n", out), err);
		mem_free(out);
	}
	json_decref(l.results);
	if (code < 0)
		return -1;
	return l.nr_error ? 2 : 0;
}
