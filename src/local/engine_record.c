/* engine_record.c - the run's record while it goes on: what it learns from earlier
 * ones, what each task adds, when it is written, and the verdict at its end. */
#include "local/engine_int.h"

#include "os/clock.h"

#define RECORD_EVERY_US 1000000 /* it is written at most so often */
#define HISTORY_RUNS	5

static void on_late(uv_timer_t *handle);

void engine_record_write(struct engine *e, bool now)
{
	uint64_t at = clock_mono_us(), due = e->record_written_us + RECORD_EVERY_US;
	struct err err;

	if (!now && at < due) {
		if (!uv_is_active((const uv_handle_t *)&e->late))
			uv_timer_start(&e->late, on_late, (due - at) / 1000 + 1, 0);
		return;
	}
	e->record_written_us = at;
	if (record_write(e->req->state, &e->record, &err) < 0)
		engine_note(e, "the record of this run could not be written: %s", err.msg);
}

static void on_late(uv_timer_t *handle)
{
	engine_record_write(handle->data, true);
}

void engine_record_history(struct engine *e)
{
	uint64_t *runs;
	size_t nr;
	unsigned back = HISTORY_RUNS;

	map_init(&e->expected, e->a);
	state_runs(e->req->state, e->a, &runs, &nr);
	while (nr-- > 0 && back > 0) {
		struct run_record r;
		struct err err;

		if (runs[nr] >= e->record.run ||
		    record_read(e->req->state, runs[nr], e->a, &r, &err) < 0)
			continue;
		back--;
		for (size_t i = 0; i < r.jobs.nr; i++) {
			const struct job_record *j = &r.jobs.at[i];

			if (j->status == ST_SUCCESS && j->finished_us > j->started_us &&
			    j->started_us && !map_find(&e->expected, j->name)) {
				uint64_t *us = arena_new(e->a, uint64_t);

				*us = j->finished_us - j->started_us;
				map_set(&e->expected, j->name, us);
			}
		}
	}
}

void engine_record_result(struct engine *e, const struct task *t, enum job_status status,
			  bool allowed)
{
	struct job_record *r = task_record(e, t);
	const struct exec_result *res = &t->result;

	r->status = status;
	r->allow_failure = allowed;
	r->reason = res->reason;
	r->exit_code = res->exit_code;
	r->message = res->message;
	r->coverage = res->coverage;
	r->usage = res->usage;
	r->has_archive = res->has_archive;
	r->has_dotenv = res->has_dotenv;
	r->reports = res->reports;
	r->finished_us = clock_wall_us();
	if (!str_is_null(t->log_path))
		r->log = t->log_path;
	if (!str_is_null(t->out_path))
		r->out = t->out_path;
	if (!str_is_null(t->environment_url))
		r->environment_url = t->environment_url;
}

static void add_failed_jobs(struct engine *e, struct buf *b)
{
	unsigned shown = 0, nr = 0;

	for (size_t i = 0; i < e->record.jobs.nr; i++) {
		const struct job_record *j = &e->record.jobs.at[i];

		if (j->status != ST_FAILED || j->allow_failure || j->retried)
			continue;
		if (++nr <= 3)
			buf_addf(b, "%s" STR_FMT STR_FMT, shown++ ? ", " : ": ",
				 STR_ARG(j->pipeline_path), STR_ARG(j->name));
	}
	if (nr > 3)
		buf_addf(b, " and %u more", nr - 3);
}

str engine_record_verdict(struct engine *e)
{
	static const char *const words[ST_NR] = {
		[ST_SUCCESS] = "pipeline succeeded",
		[ST_FAILED] = "pipeline failed",
		[ST_CANCELED] = "pipeline canceled",
		[ST_SKIPPED] = "pipeline skipped",
		[ST_MANUAL] = "pipeline waits for a manual job",
	};
	struct buf b = BUF_INIT;
	const char *word = words[e->record.status];
	str s;

	buf_addz(&b, word ? word : "pipeline did not come to an end");
	if (e->record.warnings && e->record.status == ST_SUCCESS)
		buf_addz(&b, " with warnings");
	if (e->record.status == ST_FAILED)
		add_failed_jobs(e, &b);
	s = arena_str(e->a, buf_str(&b));
	buf_release(&b);
	return s;
}
