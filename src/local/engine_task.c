/* engine_task.c - one attempt of a job: its files, its variables, its thread. */
#include "local/engine_int.h"

#include "os/clock.h"
#include "os/file.h"
#include "os/tree.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#define HISTORY_RUNS 50 /* how far back artifacts of jobs left out are looked for */

void task_finish(struct task *t, enum failure_reason reason, str message)
{
	t->result = (struct exec_result){
		.success = reason == FAIL_NONE,
		.reason = reason,
		.message = arena_str(&t->arena, message),
		.coverage = -1,
		.started_us = clock_wall_us(),
		.finished_us = clock_wall_us(),
	};
}

static void on_output(void *ctx, str bytes)
{
	struct task *t = ctx;
	struct run_event ev = {
		.type = EV_JOB_OUTPUT, .pipeline = t->flow->p, .pipeline_path = t->flow->path,
		.job = t->job,	       .attempt = t->attempt,  .status = ST_RUNNING, .text = bytes,
	};

	engine_emit(t->flow->engine, &ev);
}

static void on_section(void *ctx, const char *name, bool start)
{
	struct task *t = ctx;
	struct run_event ev = {
		.type = EV_JOB_SECTION, .pipeline = t->flow->p, .pipeline_path = t->flow->path,
		.job = t->job,		.attempt = t->attempt,	.status = ST_RUNNING,
		.section = name,	.start = start,
	};

	engine_emit(t->flow->engine, &ev);
}

/* --- variables that exist only now --- */

static void put(struct task *t, struct job_var_vec *v, const char *key, str value, bool masked)
{
	for (size_t i = 0; i < v->nr; i++)
		if (str_eq(v->at[i].key, str_of(key)) && v->at[i].given)
			return;
	vec_add(&t->arena, v,
		(struct job_var){
			.key = str_of(key), .value = value, .raw = true, .masked = masked });
}

static str random_token(struct arena *a)
{
	unsigned char bytes[20];
	struct buf b = BUF_INIT;
	str s;

	MUST(getrandom(bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes));
	buf_addz(&b, "slwjt-");
	buf_add_hex(&b, bytes, sizeof(bytes));
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct job_spec *make_spec(struct task *t)
{
	struct arena *a = &t->arena;
	struct job_spec *spec = arena_new(a, struct job_spec);
	struct job_var_vec *v = &spec->variables;
	char now[CLOCK_ISO_MAX];

	*spec = t->job->spec;
	memset(v, 0, sizeof(*v));
	t->flow->p->variables_of(a, t->flow->p, t->job, v);
	if (!str_is_null(t->flow->project->options->gitlab_ci))
		put(t, v, "GITLAB_CI", t->flow->project->options->gitlab_ci, false);
	clock_iso8601(now, t->flow->engine->record.started_us, 0);
	put(t, v, "CI_PIPELINE_CREATED_AT", arena_str(a, str_of(now)), false);
	clock_iso8601(now, clock_wall_us(), 0);
	put(t, v, "CI_JOB_STARTED_AT", arena_str(a, str_of(now)), false);
	put(t, v, "CI_JOB_TOKEN", random_token(a), true);
	put(t, v, "CI_JOB_URL",
	    arena_printf(a, STR_FMT "/-/jobs/%llu", STR_ARG(job_var_get(v, STR("CI_PROJECT_URL"))),
			 (unsigned long long)spec->id),
	    false);
	return spec;
}

/* --- whose artifacts it gets --- */

static void add_dependency(struct task *t, struct exec_dependency *d, uint64_t run,
			   const struct job_record *r)
{
	const char *dir = t->flow->engine->req->state->dir;
	unsigned long long n = run;

	*d = (struct exec_dependency){ .job = r->name, .archive = str_null, .dotenv = str_null };
	if (str_is_null(r->out))
		return;
	if (r->has_archive)
		d->archive = arena_printf(&t->arena, "%s/runs/%llu/" STR_FMT "/artifacts.tar.zst",
					  dir, n, STR_ARG(r->out));
	if (r->has_dotenv)
		d->dotenv = arena_printf(&t->arena, "%s/runs/%llu/" STR_FMT "/dotenv", dir, n,
					 STR_ARG(r->out));
	d->explicit_ = r->has_archive;
}

struct exec_dependency *task_dependencies(struct task *t, size_t *ret_nr)
{
	struct engine *e = t->flow->engine;
	struct exec_dependency *list =
		arena_array(&t->arena, struct exec_dependency, t->job->artifacts_from.nr);
	size_t nr = 0;

	for (size_t i = 0; i < t->job->artifacts_from.nr; i++) {
		size_t index = t->job->artifacts_from.at[i];
		const struct job *other = t->flow->p->jobs.at[index];
		struct task *theirs = t->flow->task[index];
		struct record_search earlier = {
			.before = e->record.run, .back = HISTORY_RUNS, .job = other->name
		};

		if (theirs) {
			add_dependency(t, &list[nr++], e->record.run, task_record(e, theirs));
		} else if (e->req->partial && !other->included &&
			   record_find_success(e->req->state, &t->arena, &earlier)) {
			add_dependency(t, &list[nr++], earlier.run, &earlier.record);
			engine_note(e, STR_FMT " gets the artifacts of " STR_FMT " from run %llu",
				    STR_ARG(t->job->name), STR_ARG(other->name),
				    (unsigned long long)earlier.run);
		}
	}
	*ret_nr = nr;
	return list;
}

/* --- places --- */

static int make_places(struct task *t, struct err *err)
{
	struct state *s = t->flow->engine->req->state;
	unsigned long long run = s->run;
	str name =
		state_job_name(&t->arena, t->job->name, t->flow->path, t->job->index, t->attempt);
	str dir = arena_printf(&t->arena, "runs/%llu/jobs/" STR_FMT, run, STR_ARG(name));
	str work = arena_printf(&t->arena, "work/%llu/" STR_FMT, run, STR_ARG(name));

	t->out_path = arena_printf(&t->arena, "jobs/" STR_FMT "/out", STR_ARG(name));
	if (dir_make(s->fd, arena_printf(&t->arena, STR_FMT "/out", STR_ARG(dir)).p, 0755, err) <
		    0 ||
	    dir_make(s->fd, work.p, 0755, err) < 0)
		return -1;
	t->work_path = arena_printf(&t->arena, "%s/" STR_FMT, s->dir, STR_ARG(work));
	t->log_fd = openat(s->fd, arena_printf(&t->arena, STR_FMT "/log", STR_ARG(dir)).p,
			   O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (t->log_fd < 0)
		return err_sys(err, errno, "cannot write the log of " STR_FMT,
			       STR_ARG(t->job->name));
	t->log_path = arena_printf(&t->arena, "jobs/" STR_FMT "/log", STR_ARG(name));
	t->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return t->cancel_fd < 0 ? err_sys(err, errno, "eventfd") : 0;
}

/* All that lies outside the task is read here, on the loop's thread. */
static struct exec_request *make_request(struct task *t)
{
	struct engine *e = t->flow->engine;
	struct state *s = e->req->state;
	struct exec_request *req = arena_new(&t->arena, struct exec_request);

	*req = (struct exec_request){
		.facts = &t->flow->project->facts,
		.log_fd = t->log_fd,
		.work_dir = t->work_path.p,
		.keep = e->req->keep,
		.remove_later = true,
		.timestamps = e->req->timestamps,
		.secrets = &e->secrets,
		.sink = { t, on_output, on_section },
		.cancel = &t->cancel,
		.cancel_fd = t->cancel_fd,
	};
	req->dependencies = task_dependencies(t, &req->nr_dependencies);
	req->out_dir = arena_printf(&t->arena, "%s/runs/%llu/" STR_FMT, s->dir,
				    (unsigned long long)s->run, STR_ARG(t->out_path))
			       .p;
	req->cache_dir = arena_printf(&t->arena, "%s/cache", s->dir).p;
	return req;
}

static void remove_work(struct task *t)
{
	struct err err;

	if (t->flow->engine->req->keep || str_is_null(t->work_path))
		return;
	if (tree_remove(AT_FDCWD, t->work_path.p, &err) < 0)
		engine_note(t->flow->engine,
			    "the workspace of " STR_FMT " could not be removed: %s",
			    STR_ARG(t->job->name), err.msg);
}

static void *thread_main(void *ctx)
{
	struct task *t = ctx;
	struct engine *e = t->flow->engine;

	t->req->spec = make_spec(t);
	if (exec_run(&t->arena, t->req, &t->result, &t->err) < 0)
		task_finish(t, FAIL_RUNNER_SYSTEM, str_of(t->err.msg));
	task_find_environment(t);
	pthread_mutex_lock(&e->lock);
	t->next_finished = e->finished;
	e->finished = t;
	pthread_mutex_unlock(&e->lock);
	uv_async_send(&e->wake);
	/* Here and not on the loop: 20,000 files take longer than a next job may wait. */
	remove_work(t);
	pthread_mutex_lock(&e->lock);
	t->next_gone = e->gone;
	e->gone = t;
	pthread_mutex_unlock(&e->lock);
	uv_async_send(&e->wake);
	return NULL;
}

void task_close(struct task *t)
{
	fd_close(&t->log_fd);
	fd_close(&t->cancel_fd);
	t->log_fd = t->cancel_fd = -1;
}

void task_start(struct task *t)
{
	struct err err;
	int code;

	if (make_places(t, &err) < 0) {
		task_close(t);
		task_finish(t, FAIL_RUNNER_SYSTEM, str_of(err.msg));
		return;
	}
	t->req = make_request(t);
	code = pthread_create(&t->thread, NULL, thread_main, t);
	if (code) {
		err_sys(&err, code, "cannot start a thread for the job");
		task_close(t);
		task_finish(t, FAIL_RUNNER_SYSTEM, str_of(err.msg));
		return;
	}
	t->started = t->joinable = true;
}

void task_join(struct task *t)
{
	if (t->joinable)
		pthread_join(t->thread, NULL);
	t->joinable = false;
}

void task_cancel(struct task *t, int how)
{
	uint64_t one = 1;

	if (t->cancel_fd < 0)
		return;
	atomic_store(&t->cancel, how);
	/* The counter can only be full when the thread was told already. */
	if (write(t->cancel_fd, &one, sizeof(one)) < 0)
		return;
}

void task_release(struct task *t)
{
	arena_release(&t->arena);
}
