/* view_tree.c - the live tree: events in, pictures out at most ten times a second.
 *
 * Of a job's output only the last bytes are kept, raw; they are cut into lines when
 * a picture is drawn.  So a job that prints a gigabyte costs copies, not drawings.
 */
#include "local/view.h"

#include "fmt/ansi.h"
#include "local/view_jobs.h"
#include "local/view_paint.h"
#include "local/view_text.h"
#include "plan/picture.h"
#include "local/view_tree_int.h"

#include <stdio.h>

#define TAIL_KEEP     ((size_t)8 << 10)
#define PAINT_EVERY_US 100000

struct tree {
	struct view view;
	struct view_config config;
	struct tree_model m;
	struct view_jobs jobs;
	struct painter painter;
	struct buf above, picture;
	struct term_size size;
	uint64_t painted_us;
	bool finished;
};

static struct tree_stage *stage_of(struct tree *t, const struct run_event *e, size_t index)
{
	CLEANUP(buf_release) struct buf title = BUF_INIT;
	struct tree_stage *s;

	for (size_t i = t->m.stages.nr; i-- > 0;) {
		s = t->m.stages.at[i];
		if (s->pipeline == e->pipeline && s->index == index)
			return s;
	}
	s = arena_new(&t->m.arena, struct tree_stage);
	s->pipeline = e->pipeline;
	s->index = index;
	if (e->pipeline_path.n) {
		ansi_sanitize(&title, e->pipeline_path, 0);
		buf_addz(&title, ": ");
	}
	if (e->pipeline && index < e->pipeline->stages.nr)
		ansi_sanitize(&title, e->pipeline->stages.at[index], 0);
	s->title = arena_str(&t->m.arena, buf_str(&title));
	vec_add(&t->m.arena, &t->m.stages, s);
	return s;
}

static struct tree_job *job_of(struct tree *t, const struct run_event *e)
{
	bool is_new;
	struct tree_job *j = view_jobs_get(&t->jobs, e->job, sizeof(*j), &is_new);

	if (is_new) {
		struct tree_stage *s = stage_of(t, e, e->job->stage);

		j->job = e->job;
		buf_init(&j->name, 0);
		buf_init(&j->tail, 0);
		buf_init(&j->outcome, 0);
		ansi_sanitize(&j->name, e->job->name, 0);
		vec_add(&t->m.arena, &s->jobs, j);
	}
	return j;
}

/* Stages in their order, jobs in theirs, before the first of them starts. */
static void on_started(struct tree *t, const struct run_event *e)
{
	const struct pipeline *p = e->pipeline;

	if (!t->m.started_us) {
		t->m.started_us = e->time_us;
		t->m.expected_us = e->expected_us;
	}
	if (e->message.n && !e->pipeline_path.n) {
		ansi_sanitize(&t->above, e->message, 0);
		buf_addc(&t->above, '\n');
	}
	for (size_t stage = 0; p && stage < p->stages.nr; stage++)
		for (size_t i = 0; i < p->jobs.nr; i++) {
			struct run_event of = *e;

			of.job = p->jobs.at[i];
			if (of.job->included && of.job->stage == stage)
				(void)job_of(t, &of);
		}
}

static void on_status(struct tree *t, const struct run_event *e)
{
	struct tree_job *j = job_of(t, e);
	struct buf *words = &j->outcome;

	j->status = e->status;
	j->allow_failure = e->allow_failure;
	j->attempt = e->attempt;
	if (e->expected_us)
		j->expected_us = e->expected_us;
	buf_clear(words);
	switch (e->status) {
	case ST_RUNNING:
		j->started_us = e->time_us;
		buf_clear(&j->tail);
		break;
	case ST_PENDING:
		if (e->attempt > 1)
			buf_addf(words, "is tried again, attempt %u", e->attempt);
		break;
	case ST_WAITING_FOR_RESOURCE:
		buf_addz(words, "waits for the resource group ");
		ansi_sanitize(words, e->job->resource_group, 0);
		break;
	case ST_MANUAL:
		buf_addz(words, "manual: start it with --manual");
		break;
	case ST_SCHEDULED:
		buf_addz(words, "delayed by ");
		picture_add_duration(words, e->job->start_in_s * 1000000);
		break;
	case ST_FAILED:
	case ST_CANCELED:
	case ST_SKIPPED:
		buf_addz(words, job_status_name(e->status));
		break;
	default:
		break;
	}
}

static void on_output(struct tree *t, const struct run_event *e)
{
	struct tree_job *j = job_of(t, e);
	str text = e->text;

	if (text.n >= TAIL_KEEP) {
		text = str_from(text, text.n - TAIL_KEEP);
		buf_clear(&j->tail);
	} else if (j->tail.n + text.n > 2 * TAIL_KEEP) {
		buf_drop(&j->tail, j->tail.n - TAIL_KEEP);
	}
	buf_adds(&j->tail, text);
}

static void on_section(struct tree *t, const struct run_event *e)
{
	struct tree_job *j = job_of(t, e);

	snprintf(j->section, sizeof(j->section), "%s", e->start && e->section ? e->section : "");
}

static void on_finished(struct tree *t, const struct run_event *e)
{
	struct tree_job *j = job_of(t, e);
	const struct exec_result *r = e->result;

	j->status = e->status;
	j->allow_failure = e->allow_failure;
	if (r && r->finished_us > r->started_us)
		j->took_us = r->finished_us - r->started_us;
	else if (j->started_us && e->time_us > j->started_us)
		j->took_us = e->time_us - j->started_us;
	buf_clear(&j->outcome);
	if (e->status == ST_FAILED) {
		ansi_sanitize(&j->outcome, r && r->message.n ? r->message : STR("failed"), 0);
		if (e->allow_failure)
			buf_addz(&j->outcome, " (allowed)");
	} else {
		if (e->status == ST_CANCELED)
			buf_addz(&j->outcome, "canceled");
		buf_release(&j->tail);
	}
}

/* What steers a note's own line breaks is ours: each line is made harmless alone. */
static void on_note(struct tree *t, const struct run_event *e)
{
	ansi_paint(&t->above, t->m.color, SGR_YELLOW, STR("note: "));
	ansi_sanitize(&t->above, str_trim_end(e->message), ANSI_LINES);
	buf_addc(&t->above, '\n');
}

static void paint(struct tree *t, uint64_t now_us, bool final)
{
	if (term_size_changed() || !t->painted_us)
		t->size = (t->config.size ? t->config.size : term_size)(t->config.fd);
	buf_clear(&t->picture);
	tree_draw(&t->picture, &t->m, t->size, now_us, final);
	if (final) {
		/* The last picture goes to the scrollback as it is. */
		buf_adds(&t->above, buf_str(&t->picture));
		buf_clear(&t->picture);
	}
	painter_paint(&t->painter, buf_str(&t->above), buf_str(&t->picture), t->size);
	buf_clear(&t->above);
	t->painted_us = now_us;
}

static void tree_event(struct view *v, const struct run_event *e)
{
	struct tree *t = (struct tree *)v;

	switch (e->type) {
	case EV_RUN_STARTED:
		on_started(t, e);
		break;
	case EV_NOTE:
		on_note(t, e);
		break;
	case EV_JOB_STATUS:
		on_status(t, e);
		break;
	case EV_JOB_SECTION:
		on_section(t, e);
		break;
	case EV_JOB_OUTPUT:
		on_output(t, e);
		break;
	case EV_JOB_FINISHED:
		on_finished(t, e);
		break;
	case EV_RUN_FINISHED:
		t->finished = true;
		paint(t, e->time_us, true);
		break;
	}
}

static void tree_tick(struct view *v, uint64_t now_us)
{
	struct tree *t = (struct tree *)v;

	if (t->finished || !t->m.started_us)
		return;
	/* Wall time may jump back. */
	if (now_us < t->painted_us + PAINT_EVERY_US && now_us >= t->painted_us)
		return;
	paint(t, now_us, false);
}

static void tree_free(struct view *v)
{
	struct tree *t = (struct tree *)v;

	if (!t->finished) {
		buf_clear(&t->picture);
		painter_paint(&t->painter, buf_str(&t->above), buf_str(&t->picture), t->size);
	}
	for (size_t i = 0; i < t->jobs.map.nr; i++) {
		struct tree_job *j = t->jobs.map.at[i].value;

		buf_release(&j->name);
		buf_release(&j->tail);
		buf_release(&j->outcome);
	}
	view_jobs_release(&t->jobs);
	arena_release(&t->m.arena);
	painter_release(&t->painter);
	buf_release(&t->above);
	buf_release(&t->picture);
	mem_free(t);
}

struct view *view_tree_new(const struct view_config *c)
{
	struct tree *t = mem_zalloc(1, sizeof(*t));

	t->view = (struct view){ .event = tree_event, .tick = tree_tick, .free = tree_free };
	t->config = *c;
	t->m.color = c->color;
	t->m.utf8 = c->utf8;
	t->size = (struct term_size){ 80, 24 };
	arena_init(&t->m.arena, 0);
	view_jobs_init(&t->jobs);
	painter_init(&t->painter, c->fd, &t->view.failed);
	buf_init(&t->above, 0);
	buf_init(&t->picture, 0);
	term_watch_size();
	return &t->view;
}
