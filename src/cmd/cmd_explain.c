/* cmd_explain.c - `slipway explain JOB`: which rule decided, with which values, and
 * where each key of the job came from. */
#include "cmd/planning.h"

#include "fmt/json.h"
#include "plan/scope.h"

#include <unistd.h>

static int unknown_job(const struct pipeline *p, struct arena *a, str name, struct err *err)
{
	str *names = arena_array(a, str, p->jobs.nr), near;

	for (size_t i = 0; i < p->jobs.nr; i++)
		names[i] = p->jobs.at[i]->group;
	near = str_nearest(name, names, p->jobs.nr);
	if (str_is_null(near))
		return err_set(err, ERR_INVALID,
			       "there is no job \"" STR_FMT
			       "\"; `slipway list` shows what there is",
			       STR_ARG(name));
	return err_set(err, ERR_INVALID,
		       "there is no job \"" STR_FMT "\"; did you mean \"" STR_FMT "\"?",
		       STR_ARG(name), STR_ARG(near));
}

static void explain_job(struct buf *b, struct arena *a, const struct pipeline *p,
			const struct job *job)
{
	struct job_var_vec vars = { 0 };

	buf_addf(b, STR_FMT " is %s: " STR_FMT, STR_ARG(job->name), job->included ? "in" : "out",
		 STR_ARG(job->why.text));
	if (job->why.pos.src) {
		buf_addz(b, " (");
		pos_add(b, job->why.pos);
		buf_addc(b, ')');
	}
	buf_addf(b, "\n  stage " STR_FMT ", when %s%s\n", STR_ARG(job->spec.stage),
		 job_when_name(job->when), job->allow_failure ? ", may fail" : "");
	for (size_t i = 0; i < job->needs.nr; i++)
		buf_addf(b, "  needs " STR_FMT "%s\n", STR_ARG(job->needs.at[i].name),
			 job->needs.at[i].optional ? " (optional)" : "");
	if (!str_is_null(job->spec.image.name))
		buf_addf(b, "  image " STR_FMT "\n", STR_ARG(job->spec.image.name));
	p->variables_of(a, p, job, &vars);
	buf_addz(b, "  variables from the file and the command line:\n");
	for (size_t i = 0; i < vars.nr; i++)
		if (vars.at[i].from_file || vars.at[i].given)
			buf_addf(b, "    " STR_FMT "=" STR_FMT "%s\n", STR_ARG(vars.at[i].key),
				 STR_ARG(vars.at[i].masked ? STR("[MASKED]") : vars.at[i].value),
				 vars.at[i].given ? "  (given)" : "");
}

static int explain_json(const struct planning *plan, str name, str trace, struct err *err)
{
	const struct pipeline *p = plan->pipeline;
	struct arena *a = plan->arena;
	json_t *root = json_array();
	char *out;
	int code;

	for (size_t i = 0; i < p->jobs.nr; i++) {
		const struct job *job = p->jobs.at[i];
		json_t *o;

		if (!str_eq(job->name, name) && !str_eq(job->group, name))
			continue;
		o = json_object();
		json_object_set_new(o, "name", json_text(job->name));
		json_object_set_new(o, "included", json_boolean(job->included));
		json_object_set_new(o, "when", json_string(job_when_name(job->when)));
		json_object_set_new(o, "why", json_text(job->why.text));
		json_object_set_new(o, "at", json_string(pos_str(a, job->why.pos).p));
		json_object_set_new(o, "trace", json_stringn(trace.p ? trace.p : "", trace.n));
		json_array_append_new(root, o);
	}
	out = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	MUST(out);
	code = cmd_print(arena_printf(a, "%s\n", out), err);
	mem_free(out);
	return code;
}

int cmd_explain(const struct cmd_call *call, struct err *err)
{
	const struct explain_options *o = call->options;
	CLEANUP(buf_release) struct buf trace = BUF_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct planning plan;
	bool found = false;
	int code = 2;

	if (planning_open(call, &o->plan, &plan, err) < 0)
		return -1;
	plan.request.trace_job = o->job;
	plan.request.trace = &trace;
	if (planning_plan(&plan))
		goto out;
	for (size_t i = 0; i < plan.pipeline->jobs.nr; i++) {
		const struct job *job = plan.pipeline->jobs.at[i];

		if (!str_eq(job->name, o->job) && !str_eq(job->group, o->job))
			continue;
		found = true;
		explain_job(&text, call->arena, plan.pipeline, job);
	}
	if (!found) {
		code = unknown_job(plan.pipeline, call->arena, o->job, err);
	} else if (o->json) {
		code = explain_json(&plan, o->job, planning_mask(&plan, buf_str(&trace)), err);
	} else {
		buf_adds(&text, buf_str(&trace));
		code = cmd_print_plain(planning_mask(&plan, buf_str(&text)), err);
	}
out:
	planning_close(&plan);
	return code;
}
