/* view_stage.h - a pipeline made up for the tests of views, and the bytes a view wrote. */
#ifndef TESTS_VIEW_STAGE_H
#define TESTS_VIEW_STAGE_H

#include "local/view.h"

#include <sys/mman.h>
#include <unistd.h>

#define STAGE_EPOCH_US ((uint64_t)1700000000 * 1000000)

struct stage {
	struct arena arena;
	struct pipeline p;
	struct view *view;
	int fd;
	uint64_t now_us;
	struct exec_result result;
	char *text; /* of stage_text */
};

static inline void stage_init(struct stage *s)
{
	*s = (struct stage){ .now_us = STAGE_EPOCH_US };
	arena_init(&s->arena, 0);
	s->fd = memfd_create("view", MFD_CLOEXEC);
	MUST(s->fd >= 0);
}

static inline void stage_release(struct stage *s)
{
	if (s->view)
		s->view->free(s->view);
	close(s->fd);
	arena_release(&s->arena);
}

static inline void stage_add_stage(struct stage *s, const char *name)
{
	vec_add(&s->arena, &s->p.stages, str_of(name));
}

static inline struct job *stage_add_job(struct stage *s, const char *name)
{
	struct job *job = arena_new(&s->arena, struct job);

	job->name = str_of(name);
	job->included = true;
	job->index = s->p.jobs.nr;
	job->stage = s->p.stages.nr - 1;
	job->spec.stage = s->p.stages.at[job->stage];
	s->p.nr_included++;
	vec_add(&s->arena, &s->p.jobs, job);
	return job;
}

static inline struct run_event stage_event(struct stage *s, enum run_event_type type,
					   const struct job *job)
{
	return (struct run_event){
		.type = type, .time_us = s->now_us, .run = 12, .pipeline = &s->p, .job = job,
		.attempt = 1, .pipeline_path = STR(""),
	};
}

static inline void stage_started(struct stage *s, uint64_t expected_us)
{
	struct run_event e = stage_event(s, EV_RUN_STARTED, NULL);

	e.message = STR("run 12: event push on main");
	e.expected_us = expected_us;
	s->view->event(s->view, &e);
}

static inline void stage_status(struct stage *s, const struct job *job, enum job_status status)
{
	struct run_event e = stage_event(s, EV_JOB_STATUS, job);

	e.status = status;
	s->view->event(s->view, &e);
}

static inline void stage_output(struct stage *s, const struct job *job, str text)
{
	struct run_event e = stage_event(s, EV_JOB_OUTPUT, job);

	e.text = text;
	s->view->event(s->view, &e);
}

static inline void stage_finished(struct stage *s, const struct job *job, enum job_status status,
				  uint64_t took_us)
{
	struct run_event e = stage_event(s, EV_JOB_FINISHED, job);

	s->result = (struct exec_result){
		.success = status == ST_SUCCESS, .coverage = -1, .started_us = s->now_us - took_us,
		.finished_us = s->now_us, .message = STR("exit code 1"),
		.reason = status == ST_SUCCESS ? FAIL_NONE : FAIL_SCRIPT,
		.exit_code = status == ST_SUCCESS ? 0 : 1,
	};
	e.status = status;
	e.result = &s->result;
	e.log_path = STR(".slipway/runs/12/jobs/log");
	s->view->event(s->view, &e);
}

static inline void stage_over(struct stage *s, enum job_status status)
{
	struct run_event e = stage_event(s, EV_RUN_FINISHED, NULL);

	e.status = status;
	e.message = STR("pipeline done");
	s->view->event(s->view, &e);
}

/* What the view wrote so far, in the arena. */
static inline str stage_text(struct stage *s)
{
	off_t size = lseek(s->fd, 0, SEEK_END);
	char *p = arena_alloc(&s->arena, (size_t)size + 1);

	MUST(pread(s->fd, p, (size_t)size, 0) == size);
	return (str){ p, (size_t)size };
}

#endif
