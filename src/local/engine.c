#include "local/engine_int.h"

#include "local/forecast.h"
#include "local/secret.h"
#include "local/stop.h"
#include "os/clock.h"
#include "os/file.h"
#include "plan/scope.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS		100
#define RECORD_SMALL	10	/* jobs; such a record is written whenever a job starts */
#define BUSY_MAX	 64	 /* resource groups remembered as busy in one pass */
#define FDS_OF_OURS	48 /* descriptors of the loop, of libraries, of what is opened for a moment */
#define FDS_OF_JOB	12 /* at its most */

void engine_emit(struct engine *e, struct run_event *ev)
{
	ev->time_us = clock_wall_us();
	ev->run = e->record.run;
	pthread_mutex_lock(&e->lock);
	e->req->view->event(e->req->view, ev);
	pthread_mutex_unlock(&e->lock);
}

void engine_note(struct engine *e, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list args;

	va_start(args, fmt);
	buf_vaddf(&b, fmt, args);
	va_end(args);
	engine_emit(e, &(struct run_event){ .type = EV_NOTE, .message = buf_str(&b) });
	buf_release(&b);
}

static uint64_t expected_us(void *ctx, const struct job *job)
{
	const struct engine *e = ctx;
	const uint64_t *us = map_get(&e->expected, job->name);

	return us ? *us : 0;
}

static void emit_status(struct engine *e, struct task *t, enum job_status status)
{
	struct run_event ev = {
		.type = EV_JOB_STATUS,
		.pipeline = t->flow->p,
		.pipeline_path = t->flow->path,
		.job = t->job,
		.attempt = t->attempt,
		.status = status,
		.allow_failure = t->job->allow_failure,
		.expected_us = expected_us(e, t->job),
	};

	task_record(e, t)->status = status;
	engine_emit(e, &ev);
}

/* --- tasks and flows --- */

static struct task *new_task(struct engine *e, struct flow *f, const struct job *job)
{
	struct task *t = arena_new(e->a, struct task), *before = f->task[job->index];
	struct job_record r = {
		.name = job->name,
		.stage = job->spec.stage,
		.pipeline_path = f->path,
		.attempt = before ? before->attempt + 1 : 1,
		.coverage = -1,
		.log = str_null,
		.out = str_null,
		.environment = job->environment ? job->environment->name : str_null,
		.environment_url = job->environment ? job->environment->url : str_null,
		.created_us = clock_wall_us(),
	};

	t->flow = f;
	t->job = job;
	t->attempt = r.attempt;
	t->log_fd = t->cancel_fd = t->group_lock = -1;
	arena_init(&t->arena, 0);
	if (before)
		task_record(e, before)->retried = true;
	t->record = e->record.jobs.nr;
	vec_add(e->a, &e->record.jobs, r);
	vec_add(e->a, &e->tasks, t);
	f->task[job->index] = t;
	return t;
}

/* What a server would publish, and a local run does not. */
static void note_unpublished(struct engine *e, const struct pipeline *p)
{
	for (size_t i = 0; i < p->jobs.nr; i++) {
		const struct job *job = p->jobs.at[i];

		if (job->included && job->spec.release)
			engine_note(e, "release " STR_FMT " of " STR_FMT " is planned, not created",
				    STR_ARG(scope_expand(job->scope, e->a,
							 job->spec.release->tag_name, true)),
				    STR_ARG(job->name));
	}
}

struct flow *engine_add_flow(struct engine *e, const struct project *project,
			     const struct pipeline *p, struct task *parent, unsigned depth)
{
	struct flow *f = arena_new(e->a, struct flow);

	f->engine = e;
	f->project = project;
	f->p = p;
	f->path = parent ? arena_printf(e->a, STR_FMT STR_FMT "/", STR_ARG(parent->flow->path),
					STR_ARG(parent->job->name))
			 : STR("");
	f->parent = parent;
	f->depth = depth;
	f->task = arena_array(e->a, struct task *, p->jobs.nr);
	f->s = sched_new(e->a, p);
	vec_add(e->a, &e->flows, f);
	note_unpublished(e, p);
	for (size_t i = 0; i < p->jobs.nr; i++)
		if (p->jobs.at[i]->included)
			new_task(e, f, p->jobs.at[i]);
	return f;
}

static bool is_to_be_played(const struct engine *e, const struct job *job)
{
	return str_vec_has(&e->req->manual, job->name) || str_vec_has(&e->req->manual, job->group);
}

static void on_ready(struct engine *e, struct task *t)
{
	task_record(e, t)->ready_us = clock_wall_us();
	t->queued = true;
	vec_add(e->a, &e->ready, t);
}

/* The scheduler says that a job's status changed. */
static void on_status(struct engine *e, struct flow *f, size_t index, enum job_status status)
{
	struct task *t = f->task[index];

	switch (status) {
	case ST_PENDING:
		if (t->started || t->code) /* a retry */
			t = new_task(e, f, f->p->jobs.at[index]);
		emit_status(e, t, status);
		on_ready(e, t);
		break;
	case ST_SCHEDULED:
		emit_status(e, t, status);
		t->due_us = clock_mono_us() + t->job->start_in_s * 1000000;
		break;
	case ST_MANUAL:
		emit_status(e, t, status);
		if (is_to_be_played(e, t->job))
			sched_play(f->s, index);
		break;
	default:
		emit_status(e, t, status);
		break;
	}
}

static bool drain(struct engine *e)
{
	bool any = false;

	for (size_t i = 0; i < e->flows.nr; i++) {
		struct flow *f = e->flows.at[i];
		enum job_status status;
		size_t job;

		while (sched_next(f->s, &job, &status)) {
			on_status(e, f, job, status);
			any = true;
		}
	}
	return any;
}

/* --- resource groups: one job at a time, here and in other runs --- */

static bool group_is_free(struct engine *e, struct task *t)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;
	struct err err;

	if (str_is_null(t->job->resource_group) || t->group_lock >= 0)
		return true;
	buf_addf(&path, "locks/%016llx",
		 (unsigned long long)hash_keyed(0, 0, t->job->resource_group.p,
						t->job->resource_group.n));
	if (file_lock(e->req->state->fd, path.p, false, &t->group_lock, &err) == 0)
		return true;
	if (!t->waiting) {
		t->waiting = true;
		emit_status(e, t, ST_WAITING_FOR_RESOURCE);
	}
	return false;
}

static void drop_ready(struct engine *e, size_t i)
{
	e->ready.at[i]->queued = false;
	memmove(&e->ready.at[i], &e->ready.at[i + 1],
		(e->ready.nr - i - 1) * sizeof(e->ready.at[0]));
	e->ready.nr--;
}

static void start(struct engine *e, struct task *t)
{
	sched_set(t->flow->s, t->job->index, ST_RUNNING, false);
	task_record(e, t)->started_us = clock_wall_us();
	emit_status(e, t, ST_RUNNING);
	if (t->job->trigger) {
		t->started = true;
		if (child_start(e, t))
			engine_task_done(e, t);
		return;
	}
	e->running++;
	task_start(t);
	if (!t->started) {
		e->running--;
		engine_task_done(e, t);
		return;
	}
	task_record(e, t)->log = t->log_path; /* `slipway log` can follow from here */
	task_record(e, t)->out = t->out_path;
	engine_record_write(e, e->record.jobs.nr <= RECORD_SMALL);
}

/* Groups that were found busy in this pass: one attempt for each is enough. */
struct busy {
	str group[BUSY_MAX];
	size_t nr;
};

static bool is_busy(const struct busy *b, str group)
{
	for (size_t i = 0; i < b->nr; i++)
		if (str_eq(b->group[i], group))
			return true;
	return false;
}

static bool may_start(struct engine *e, struct task *t, struct busy *busy)
{
	str group = t->job->resource_group;

	if (!t->job->trigger && e->running >= e->parallel)
		return false;
	if (t->waiting && !str_is_null(group) && is_busy(busy, group))
		return false;
	if (group_is_free(e, t))
		return true;
	if (busy->nr < BUSY_MAX)
		busy->group[busy->nr++] = group;
	return false;
}

static bool start_ready(struct engine *e)
{
	struct busy busy = { .nr = 0 };
	bool any = false;

	for (size_t i = 0; i < e->ready.nr;) {
		struct task *t = e->ready.at[i];

		if (sched_status(t->flow->s, t->job->index) !=
		    ST_PENDING) { /* canceled meanwhile */
			drop_ready(e, i);
			continue;
		}
		if (!may_start(e, t, &busy)) {
			i++;
			continue;
		}
		drop_ready(e, i);
		start(e, t);
		any = true;
	}
	return any;
}

static void cancel_everything(struct engine *e, int how)
{
	for (size_t i = 0; i < e->flows.nr; i++)
		sched_cancel(e->flows.at[i]->s);
	for (size_t i = 0; i < e->tasks.nr; i++)
		task_cancel(e->tasks.at[i], how);
}

static bool exit_code_is_in(const int *codes, size_t nr, int code)
{
	for (size_t i = 0; i < nr; i++)
		if (codes[i] == code)
			return true;
	return false;
}

static bool wants_retry(const struct engine *e, const struct task *t)
{
	const struct retry *r = &t->job->retry;

	if (e->stopping || t->result.success || t->attempt > r->max ||
	    t->result.reason == FAIL_CANCELED)
		return false;
	return (r->when & (1u << t->result.reason)) ||
	       exit_code_is_in(r->exit_codes, r->nr_exit_codes, t->result.exit_code);
}

void engine_task_done(struct engine *e, struct task *t)
{
	bool allowed = t->job->allow_failure ||
		       exit_code_is_in(t->job->allow_exit_codes, t->job->nr_allow_exit_codes,
				       t->result.exit_code);
	enum job_status status = t->result.success		     ? ST_SUCCESS
				 : t->result.reason == FAIL_CANCELED ? ST_CANCELED
								     : ST_FAILED;
	struct run_event ev = {
		.type = EV_JOB_FINISHED,
		.pipeline = t->flow->p,
		.pipeline_path = t->flow->path,
		.job = t->job,
		.attempt = t->attempt,
		.status = status,
		.allow_failure = allowed,
		.result = &t->result,
	};

	fd_close(&t->group_lock);
	engine_record_result(e, t, status, allowed && status == ST_FAILED);
	if (!str_is_null(t->log_path))
		ev.log_path = arena_printf(&t->arena, ".slipway/runs/%llu/" STR_FMT,
					   (unsigned long long)e->record.run, STR_ARG(t->log_path));
	engine_emit(e, &ev);
	t->code = 1; /* this attempt is over */
	if (wants_retry(e, t)) {
		sched_set(t->flow->s, t->job->index, ST_PENDING, false);
	} else {
		sched_set(t->flow->s, t->job->index, status, allowed);
		if (status == ST_FAILED && !allowed &&
		    str_eq(t->flow->p->auto_cancel_on_job_failure, STR("all")) && !e->stopping) {
			engine_note(e, "workflow:auto_cancel:on_job_failure: the rest is canceled");
			cancel_everything(e, 1);
		}
	}
	engine_record_write(e, false);
}

static bool end_flows(struct engine *e)
{
	bool any = false;

	for (size_t i = 0; i < e->flows.nr; i++) {
		struct flow *f = e->flows.at[i];

		if (f->done || !sched_is_idle(f->s))
			continue;
		f->done = any = true;
		if (f->parent)
			child_finished(e, f);
	}
	return any;
}

/* A manual job that is not asked for leaves its flow idle but not complete. */
static bool all_done(const struct engine *e)
{
	for (size_t i = 0; i < e->flows.nr; i++)
		if (!e->flows.at[i]->done)
			return false;
	return e->running == 0;
}

static void pump(struct engine *e)
{
	bool more = true;

	while (more) {
		more = drain(e);
		more |= start_ready(e);
		more |= end_flows(e);
	}
	if (all_done(e))
		uv_stop(&e->loop);
}

/* --- the loop's callbacks --- */

/* First the jobs, then the words: those may have to wait for a reader. */
static void heed_stop(struct engine *e)
{
	while (e->stopping < stop_asked()) {
		e->stopping++;
		cancel_everything(e, e->stopping);
		engine_note(e,
			    e->stopping == 1 ? "%s: stopping; once more to kill at once"
					     : "%s: killing",
			    stop_reason());
	}
}

static void on_wake(uv_async_t *handle)
{
	struct engine *e = handle->data;
	struct task *t, *gone, *next;

	heed_stop(e);

	pthread_mutex_lock(&e->lock);
	t = TAKE(e->finished);
	gone = TAKE(e->gone);
	pthread_mutex_unlock(&e->lock);
	for (; t; t = next) {
		next = t->next_finished;
		task_close(t);
		e->running--;
		engine_task_done(e, t);
	}
	pump(e);
	for (; gone; gone = gone->next_gone)
		task_join(gone);
}

/* Jobs' threads write to the view too. */
static bool view_has_failed(struct engine *e)
{
	bool failed;

	pthread_mutex_lock(&e->lock);
	failed = e->req->view->failed != 0;
	pthread_mutex_unlock(&e->lock);
	return failed;
}

static void on_timer(uv_timer_t *handle)
{
	struct engine *e = handle->data;
	uint64_t now = clock_mono_us();

	for (size_t i = 0; i < e->tasks.nr; i++) {
		struct task *t = e->tasks.at[i];

		if (t->due_us && t->due_us <= now &&
		    sched_status(t->flow->s, t->job->index) == ST_SCHEDULED) {
			t->due_us = 0;
			sched_set(t->flow->s, t->job->index, ST_PENDING, false);
		}
	}
	pump(e);
	if (e->req->view->tick) {
		pthread_mutex_lock(&e->lock);
		e->req->view->tick(e->req->view, clock_wall_us());
		pthread_mutex_unlock(&e->lock);
	}
	/* Nobody sees it any more: stop as if a signal had asked for it, without words. */
	if (view_has_failed(e) && !e->stopping) {
		e->stopping = 1;
		cancel_everything(e, 1);
		pump(e);
	}
}

static bool wants_timer(const struct engine *e)
{
	if (e->req->view->tick)
		return true;
	for (size_t i = 0; i < e->tasks.nr; i++)
		if (e->tasks.at[i]->job->when == WHEN_DELAYED || e->tasks.at[i]->job->trigger ||
		    !str_is_null(e->tasks.at[i]->job->resource_group))
			return true;
	return false;
}

static void loop_open(struct engine *e)
{
	MUST(uv_loop_init(&e->loop) == 0);
	MUST(uv_async_init(&e->loop, &e->wake, on_wake) == 0);
	MUST(uv_timer_init(&e->loop, &e->late) == 0);
	MUST(uv_timer_init(&e->loop, &e->timer) == 0);
	e->wake.data = e->timer.data = e->late.data = e;
	stop_watch(&e->wake);
	if (wants_timer(e))
		uv_timer_start(&e->timer, on_timer, TICK_MS, TICK_MS);
}

static void close_handle(uv_handle_t *handle, void *arg UNUSED)
{
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void loop_close(struct engine *e)
{
	stop_unwatch();
	uv_walk(&e->loop, close_handle, NULL);
	while (uv_run(&e->loop, UV_RUN_DEFAULT)) /* once more when it was told to stop */
		;
	MUST(uv_loop_close(&e->loop) == 0);
}

static void note_images(struct engine *e, const struct pipeline *p)
{
	bool image = false, service = false;

	for (size_t i = 0; i < p->jobs.nr; i++) {
		const struct job *job = p->jobs.at[i];

		image |= job->included && !str_is_null(job->spec.image.name);
		service |= job->included && job->spec.services.nr > 0;
	}
	if (image)
		engine_note(e,
			    "jobs with `image:` run directly on this machine, not in a container%s",
			    service ? "; `services:` are not started" : "");
	else if (service)
		engine_note(e, "`services:` are not started in a local run");
}

/* As many jobs at a time as asked for, or as descriptors suffice for: then it is false. */
static bool choose_parallel(struct engine *e)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t most;

	e->parallel = e->req->parallel ? e->req->parallel : (unsigned)MAX(processors, 1L);
	most = fd_limit_raise(FDS_OF_OURS + (uint64_t)e->parallel * FDS_OF_JOB);
	most = most > FDS_OF_OURS + FDS_OF_JOB ? (most - FDS_OF_OURS) / FDS_OF_JOB : 1;
	if (e->parallel <= most)
		return true;
	e->parallel = (unsigned)most;
	return false;
}

static void begin(struct engine *e)
{
	const struct facts *f = &e->req->project->facts;
	const struct pipeline *p = e->req->pipeline;
	struct run_event ev = { .type = EV_RUN_STARTED, .pipeline = p };
	bool enough = choose_parallel(e);

	e->record.run = e->req->state->run;
	e->record.file = e->req->project->file;
	e->record.event = str_of(event_name(f->event));
	e->record.ref = f->ref_name;
	e->record.sha = f->sha;
	e->record.started_us = clock_wall_us();
	e->record.status = ST_RUNNING;
	engine_record_history(e);
	ev.message = arena_printf(e->a, "run %llu: %zu job%s, event %s on " STR_FMT,
				  (unsigned long long)e->record.run, p->nr_included,
				  p->nr_included == 1 ? "" : "s", event_name(f->event),
				  STR_ARG(f->ref_name));
	ev.expected_us = forecast_us(e->a, p, e->parallel, expected_us, e);
	engine_emit(e, &ev);
	note_images(e, p);
	if (!enough)
		engine_note(e,
			    "%u at a time: the limit on open files (ulimit -n) allows no more jobs",
			    e->parallel);
	engine_add_flow(e, e->req->project, p, NULL, 0);
	engine_record_write(e, true);
}

static void finish(struct engine *e)
{
	struct run_event ev = { .type = EV_RUN_FINISHED, .pipeline = e->req->pipeline };

	e->record.status = sched_pipeline_status(e->flows.at[0]->s, &e->record.warnings);
	/* Told to stop after the last job had ended: nothing was canceled. */
	if (e->stopping && e->record.status != ST_SUCCESS)
		e->record.status = ST_CANCELED;
	e->record.finished_us = clock_wall_us();
	e->record.verdict = engine_record_verdict(e);
	ev.status = e->record.status;
	ev.warnings = e->record.warnings;
	ev.message = e->record.verdict;
	engine_emit(e, &ev);
	engine_record_write(e, true);
}

static void remove_empty_work(struct engine *e)
{
	char path[64];

	snprintf(path, sizeof(path), "work/%llu", (unsigned long long)e->record.run);
	if (!e->req->keep)
		unlinkat(e->req->state->fd, path, AT_REMOVEDIR);
}

int engine_run(struct arena *a, const struct engine_request *req, struct run_record *ret,
	       struct err *err UNUSED)
{
	struct engine *e = arena_new(a, struct engine);

	e->req = req;
	e->a = a;
	e->secrets = secret_values(a, &req->project->options->variables);
	pthread_mutex_init(&e->lock, NULL);
	begin(e);
	loop_open(e);
	pump(e);
	if (!all_done(e))
		uv_run(&e->loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < e->tasks.nr; i++) /* before the loop: they wake it */
		task_join(e->tasks.at[i]);
	loop_close(e);
	finish(e);
	*ret = e->record;
	for (size_t i = 0; i < ret->jobs.nr; i++) { /* the tasks' arenas end here */
		struct job_record *r = &ret->jobs.at[i];
		struct str_vec reports = { 0 };

		r->message = arena_str(a, r->message);
		r->log = arena_str(a, r->log);
		r->out = arena_str(a, r->out);
		r->environment_url = arena_str(a, r->environment_url);
		for (size_t k = 0; k < r->reports.nr; k++)
			vec_add(a, &reports, arena_str(a, r->reports.at[k]));
		r->reports = reports;
	}
	for (size_t i = 0; i < e->tasks.nr; i++)
		task_release(e->tasks.at[i]);
	remove_empty_work(e);
	pthread_mutex_destroy(&e->lock);
	return 0;
}
