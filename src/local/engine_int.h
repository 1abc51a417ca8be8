/* engine_int.h - the engine's own types.  A flow is a pipeline that runs; a task is
 * one attempt of a job.  All but a task's thread happens on the loop's thread. */
#ifndef LOCAL_ENGINE_INT_H
#define LOCAL_ENGINE_INT_H

#include "local/engine.h"

#include <pthread.h>
#include <uv.h>

struct flow {
	struct engine *engine;
	const struct project *project;
	const struct pipeline *p;
	struct sched *s;
	str path;	     /* "" for the root, "trigger-job/" for its child */
	struct task *parent; /* the trigger job, or NULL */
	struct task **task;  /* latest attempt by job index, NULL before the first */
	unsigned depth;
	bool done;
};

struct task {
	struct flow *flow;
	const struct job *job;
	unsigned attempt;
	size_t record;	      /* index in the run's record */
	uint64_t due_us;      /* monotonic; of a delayed job */
	bool queued, waiting; /* in the ready list; told that it waits for its resource */
	int group_lock;	      /* held while it runs, -1 without */
	/* the thread's */
	struct arena arena;
	struct exec_request *req;
	pthread_t thread;
	bool started;
	struct exec_result result;
	struct err err;
	int code; /* of exec_run */
	str log_path, out_path, work_path;
	str environment_url; /* null when the one planned stands */
	int log_fd;
	atomic_int cancel;
	int cancel_fd;
	struct task *next_finished, *next_gone;
	bool joinable; /* it has a thread that was not waited for */
};

struct engine {
	const struct engine_request *req;
	struct arena *a;
	uv_loop_t loop;
	uv_async_t wake;
	uv_timer_t timer;
	uv_timer_t late;       /* writes the record that was put off */
	pthread_mutex_t lock;  /* the view, `finished` and `gone` */
	struct task *finished; /* have a result; the workspace may still be on its way out */
	struct task *gone;     /* their threads are at their end */
	VEC(struct flow *) flows;
	VEC(struct task *) ready; /* in the order they became ready */
	VEC(struct task *) tasks; /* all, for the end */
	unsigned running, parallel;
	int stopping; /* 0, 1 asked, 2 asked twice */
	uint64_t record_written_us;
	struct run_record record;
	struct map expected;	/* job name → pointer to µs */
	struct str_vec secrets; /* masked in every job's log, whoever names them */
};

static inline struct job_record *task_record(struct engine *e, const struct task *t)
{
	return &e->record.jobs.at[t->record];
}

/* --- engine.c --- */
void engine_emit(struct engine *e, struct run_event *ev) NONNULL;
void engine_note(struct engine *e, const char *fmt, ...) PRINTF(2, 3) NONNULL;
struct flow *engine_add_flow(struct engine *e, const struct project *project,
			     const struct pipeline *p, struct task *parent, unsigned depth);
/* A task came to its end without or with a thread: tell everybody. */
void engine_task_done(struct engine *e, struct task *t) NONNULL;

/* --- engine_record.c --- */
/* How long jobs took when they last succeeded, into e->expected. */
void engine_record_history(struct engine *e) NONNULL;
/* How an attempt ended. */
void engine_record_result(struct engine *e, const struct task *t, enum job_status status,
			  bool allowed) NONNULL;
/* Writes it, or, unless `now`, puts that off when it was written a moment ago. */
void engine_record_write(struct engine *e, bool now) NONNULL;
/* The verdict in one sentence. */
str engine_record_verdict(struct engine *e) NONNULL;

/* Whose artifacts it gets, as they lie on disk now; in the task's arena. */
struct exec_dependency *task_dependencies(struct task *t, size_t *ret_nr) NONNULL;

/* --- engine_env.c --- */
/* The variables of the reports that the task's dependencies left. */
void task_dotenv(struct task *t, struct job_var_vec *ret) NONNULL;
/* On the task's thread: what the job's own report says of its environment's address. */
void task_find_environment(struct task *t) NONNULL;

/* --- engine_task.c --- */
/* Starts the job's thread; on failure the task is done with runner_system_failure. */
void task_start(struct task *t) NONNULL;
/* Nothing is written to its log, and it cannot be cancelled, from now on. */
void task_close(struct task *t) NONNULL;
/* Waits for its thread's end: the workspace is gone then. */
void task_join(struct task *t) NONNULL;
void task_cancel(struct task *t, int how) NONNULL;
void task_release(struct task *t) NONNULL;
/* End a task that runs nothing itself. */
void task_finish(struct task *t, enum failure_reason reason, str message) NONNULL;

/* --- engine_child.c --- */
/* Plan and start the child of a trigger job.  True when the task is done already. */
bool child_start(struct engine *e, struct task *t) NONNULL;
/* A child flow has ended: its trigger job may be waiting for that. */
void child_finished(struct engine *e, struct flow *child) NONNULL;

#endif
