/* cmd_run.c - `slipway run`: plan, select, execute, show. */
#include "cmd/planning.h"

#include "local/engine.h"
#include "local/select.h"
#include "local/summary.h"
#include "local/view.h"

#include <unistd.h>

static struct view *make_view(const struct run_options *o)
{
	struct view_config c = {
		.fd = STDOUT_FILENO,
		.color = term_wants_color(STDOUT_FILENO, (enum color_when)o->plan.global.color),
		.utf8 = term_is_utf8(),
		.quiet = o->quiet,
	};

	if (o->json)
		return view_json_new(&c);
	if (term_can_move(STDOUT_FILENO) && !o->quiet)
		return view_tree_new(&c);
	return view_lines_new(&c);
}

/* What would run, in words: no job is started, nothing is written. */
static int dry_run(const struct pipeline *p, struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	for (size_t stage = 0; stage < p->stages.nr; stage++)
		for (size_t i = 0; i < p->jobs.nr; i++) {
			const struct job *job = p->jobs.at[i];

			if (!job->included || job->stage != stage)
				continue;
			buf_addf(&b, STR_FMT " (stage " STR_FMT ", %s)\n", STR_ARG(job->name),
				 STR_ARG(job->spec.stage), job_when_name(job->when));
			for (size_t k = 0; k < job->spec.script.script.nr; k++)
				buf_addf(&b, "    $ " STR_FMT "\n",
					 STR_ARG(job->spec.script.script.at[k]));
			for (size_t k = 0; k < job->spec.after_script.script.nr; k++)
				buf_addf(&b, "    after: $ " STR_FMT "\n",
					 STR_ARG(job->spec.after_script.script.at[k]));
			if (job->spec.release)
				buf_addf(&b, "    release " STR_FMT "\n",
					 STR_ARG(job->spec.release->tag_name));
		}
	return cmd_print_plain(buf_str(&b), err);
}

static int summarise(const struct run_options *o, const struct state *state,
		     const struct run_record *record, const struct pipeline *p, struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct summary_options options = {
		.color = term_wants_color(STDOUT_FILENO, (enum color_when)o->plan.global.color),
		.utf8 = term_is_utf8(),
		.brief = o->quiet,
		.cols = MIN(term_size(STDOUT_FILENO).cols, 120u),
	};

	if (o->json)
		return 0;
	summary_add(&b, state, record, p, &options);
	return cmd_print(buf_str(&b), err);
}

static int execute(struct planning *plan, const struct run_options *o, const struct pipeline *p,
		   const struct str_vec *notes, struct err *err)
{
	struct state state = STATE_NONE;
	struct engine_request req = {
		.project = &plan->project,
		.pipeline = p,
		.state = &state,
		.parallel = (unsigned)o->parallel,
		.keep = o->keep,
		.timestamps = o->timestamps,
		.partial = o->jobs.nr > 0 || o->stages.nr > 0,
		.manual = o->manual,
	};
	struct run_record record;
	int code = -1, failed;

	if (project_open_state(&plan->project, &state, err) < 0)
		return -1;
	if (state_take_run(&state, err) == 0) {
		plan->project.facts.pipeline_iid = plan->project.facts.pipeline_id = state.run;
		req.view = make_view(o);
		for (size_t i = 0; i < notes->nr; i++)
			req.view->event(req.view, &(struct run_event){ .type = EV_NOTE,
								       .message = notes->at[i] });
		code = engine_run(plan->arena, &req, &record, err);
		failed = req.view->failed;
		req.view->free(req.view);
		if (code == 0 && failed)
			code = cmd_print_failed(failed, err);
		if (code == 0)
			code = summarise(o, &state, &record, p, err);
		if (code == 0)
			code = record.status == ST_SUCCESS || record.status == ST_SKIPPED ? 0 : 1;
	}
	state_close(&state);
	return code;
}

int cmd_run(const struct cmd_call *call, struct err *err)
{
	const struct run_options *o = call->options;
	struct selection sel = { &o->jobs, &o->stages, &o->manual, o->needs };
	struct str_vec notes = { 0 };
	struct planning plan;
	struct pipeline *part;
	int code = -1;

	if (planning_open(call, &o->plan, &plan, err) < 0)
		return -1;
	if (planning_plan(&plan)) {
		code = 2;
	} else if (!plan.pipeline->created && o->jobs.nr == 0) {
		err_set(err, ERR_INVALID,
			"no pipeline: " STR_FMT " (`slipway list` shows each job's reason)",
			STR_ARG(plan.pipeline->why.text));
	} else if (select_jobs(call->arena, plan.pipeline, &sel, &part, &notes, err) == 0) {
		code = o->dry_run ? dry_run(part, err) : execute(&plan, o, part, &notes, err);
	}
	planning_close(&plan);
	return code;
}
