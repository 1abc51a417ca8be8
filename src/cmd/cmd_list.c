/* cmd_list.c - `slipway list`: jobs by stage, and why each is in or out. */
#include "cmd/planning.h"

#include "fmt/json.h"

#include "fmt/ansi.h"
#include "plan/scope.h"

#include <unistd.h>

#define NAME_COLUMNS_MAX 40

static int list_names(const struct pipeline *p, struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	for (size_t i = 0; i < p->jobs.nr; i++)
		buf_addf(&b, STR_FMT "\n", STR_ARG(p->jobs.at[i]->name));
	return cmd_print_plain(buf_str(&b), err);
}

static str release_tag(struct arena *a, const struct job *job)
{
	return scope_expand(job->scope, a, job->spec.release->tag_name, true);
}

static json_t *job_json(struct arena *a, const struct job *job)
{
	json_t *o = json_object(), *needs = job->has_needs ? json_array() : json_null();

	for (size_t i = 0; i < job->needs.nr; i++)
		json_array_append_new(needs, json_text(job->needs.at[i].name));
	json_object_set_new(o, "name", json_text(job->name));
	json_object_set_new(o, "stage", json_text(job->spec.stage));
	json_object_set_new(o, "included", json_boolean(job->included));
	json_object_set_new(o, "when", json_string(job_when_name(job->when)));
	json_object_set_new(o, "allow_failure", json_boolean(job->allow_failure));
	json_object_set_new(o, "needs", needs);
	json_object_set_new(o, "environment",
			    job->environment ? json_text(job->environment->name) : json_null());
	json_object_set_new(o, "release",
			    job->spec.release ? json_text(release_tag(a, job)) : json_null());
	json_object_set_new(o, "why", json_text(job->why.text));
	json_object_set_new(o, "at", json_text(pos_str(a, job->why.pos)));
	return o;
}

static int list_json(struct arena *a, const struct pipeline *p, struct err *err)
{
	json_t *root = json_object(), *jobs = json_array();
	char *out;
	int code;

	for (size_t i = 0; i < p->jobs.nr; i++)
		json_array_append_new(jobs, job_json(a, p->jobs.at[i]));
	json_object_set_new(root, "created", json_boolean(p->created));
	json_object_set_new(root, "why", json_text(p->why.text));
	json_object_set_new(root, "name", json_text(p->name));
	json_object_set_new(root, "jobs", jobs);
	out = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	MUST(out);
	code = cmd_print(arena_printf(a, "%s\n", out), err);
	mem_free(out);
	return code;
}

static void add_needs(struct buf *b, const struct job *job)
{
	if (!job->has_needs)
		return;
	buf_addz(b, job->needs.nr ? "  needs " : "  needs nothing");
	for (size_t i = 0; i < job->needs.nr; i++) {
		if (i == 5) {
			buf_addf(b, " and %zu more", job->needs.nr - i);
			break;
		}
		buf_addf(b, "%s", i ? ", " : "");
		ansi_sanitize(b,
			      str_is_null(job->needs.at[i].name) ? job->needs.at[i].pipeline
								 : job->needs.at[i].name,
			      0);
	}
}

static void add_job(struct arena *a, struct buf *b, const struct job *job, size_t columns,
		    bool color)
{
	struct buf line = BUF_INIT, name = BUF_INIT;

	ansi_sanitize(&name, job->name, 0);
	buf_addf(&line, "  %s ", job->included ? "+" : "-");
	buf_adds(&line, buf_str(&name));
	for (size_t w = ansi_width(buf_str(&name)); w < columns; w++)
		buf_addc(&line, ' ');
	buf_addf(&line, "  %-10s", job->included ? job_when_name(job->when) : "out");
	if (job->allow_failure)
		buf_addz(&line, "  may fail");
	add_needs(&line, job);
	if (job->environment) {
		buf_addz(&line, "  environment ");
		ansi_sanitize(&line, job->environment->name, 0);
	}
	if (job->spec.release) {
		buf_addz(&line, "  release ");
		ansi_sanitize(&line, release_tag(a, job), 0);
		buf_addz(&line, " is planned, not created");
	}
	buf_addz(&line, "  ");
	ansi_sanitize(&line, job->why.text, 0);
	if (job->why.pos.src && job->why.by != BY_DEFAULT) {
		buf_addz(&line, " (");
		ansi_sanitize(&line, job->why.pos.src->name, 0);
		buf_addf(&line, ":%u)", job->why.pos.line);
	}
	ansi_paint(b, color && !job->included, SGR_DIM, buf_str(&line));
	buf_addc(b, '\n');
	buf_release(&line);
	buf_release(&name);
}

static void add_stage(struct buf *b, str name, bool color)
{
	struct buf clean = BUF_INIT;

	ansi_sanitize(&clean, name, 0);
	ansi_paint(b, color, SGR_BOLD, buf_str(&clean));
	buf_addc(b, '\n');
	buf_release(&clean);
}

static int list_text(struct arena *a, const struct pipeline *p, bool color, struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	size_t columns = 4;

	for (size_t i = 0; i < p->jobs.nr; i++)
		columns = MAX(columns, MIN(p->jobs.at[i]->name.n, (size_t)NAME_COLUMNS_MAX));
	if (p->name.n) {
		ansi_sanitize(&b, p->name, 0);
		buf_addc(&b, '\n');
	}
	if (!p->created) {
		buf_addz(&b, "no pipeline: ");
		ansi_sanitize(&b, p->why.text, 0);
		buf_addc(&b, '\n');
	}
	for (size_t stage = 0; stage < p->stages.nr; stage++) {
		bool headed = false;

		for (size_t i = 0; i < p->jobs.nr; i++) {
			if (p->jobs.at[i]->stage != stage)
				continue;
			if (!headed)
				add_stage(&b, p->stages.at[stage], color);
			headed = true;
			add_job(a, &b, p->jobs.at[i], columns, color);
		}
	}
	buf_addf(&b, "%zu of %zu jobs are in the pipeline\n", p->nr_included, p->jobs.nr);
	return cmd_print(buf_str(&b), err);
}

int cmd_list(const struct cmd_call *call, struct err *err)
{
	const struct list_options *o = call->options;
	bool color = term_wants_color(STDOUT_FILENO, (enum color_when)o->plan.global.color);
	struct planning plan;
	int code;

	if (planning_open(call, &o->plan, &plan, err) < 0)
		return -1;
	if (planning_plan(&plan))
		code = 2;
	else if (o->names)
		code = list_names(plan.pipeline, err);
	else if (o->json)
		code = list_json(call->arena, plan.pipeline, err);
	else
		code = list_text(call->arena, plan.pipeline, color, err);
	planning_close(&plan);
	return code;
}
