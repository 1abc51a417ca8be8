#include "local/summary.h"

#include "fmt/ansi.h"
#include "local/log_errors.h"
#include "os/file.h"
#include "plan/picture.h"
#include "plan/timeline.h"

#define ROWS_MAX 20 /* of the waterfall; more jobs are counted */

struct summary {
	struct buf *b;
	struct arena arena;
	const struct state *state;
	const struct run_record *r;
	const struct summary_options *o;
};

static void add_name(struct buf *b, const struct job_record *j)
{
	ansi_sanitize(b, j->pipeline_path, 0);
	ansi_sanitize(b, j->name, 0);
}

/* "✗ unit: exit code 1" */
static void add_job(struct summary *s, const struct job_record *j, const char *indent)
{
	buf_addz(s->b, indent);
	ansi_paint(s->b, s->o->color, picture_color(j->status, j->allow_failure),
		   str_of(picture_symbol(j->status, j->allow_failure, !s->o->utf8)));
	buf_addc(s->b, ' ');
	if (s->o->color)
		buf_addz(s->b, SGR_BOLD);
	add_name(s->b, j);
	if (s->o->color)
		buf_addz(s->b, SGR_RESET);
	buf_addz(s->b, ": ");
	if (!str_is_null(j->message) && j->message.n)
		ansi_sanitize(s->b, j->message, 0);
	else
		buf_addz(s->b, job_status_name(j->status));
}

/* The lines stand as path:line: text, which editors and terminals know how to open. */
static void add_errors(struct summary *s, const struct job_record *j)
{
	CLEANUP(fd_close) int fd = -1;
	struct log_errors errors;
	struct err err;
	str path;

	if (str_is_null(j->log))
		return;
	path = arena_printf(&s->arena, "runs/%llu/" STR_FMT, (unsigned long long)s->r->run,
			    STR_ARG(j->log));
	fd = file_open_beneath_no_links(s->state->fd, path.p, O_RDONLY, 0, &err);
	if (fd < 0)
		return;
	log_errors_read(fd, &s->arena, &errors);
	for (size_t i = 0; i < errors.nr; i++) {
		CLEANUP(buf_release) struct buf place = BUF_INIT;

		buf_addf(&place, ".slipway/" STR_FMT ":%llu:", STR_ARG(path),
			 (unsigned long long)errors.at[i].line);
		buf_addz(s->b, "    ");
		ansi_paint(s->b, s->o->color, SGR_DIM, buf_str(&place));
		buf_addf(s->b, " " STR_FMT "\n", STR_ARG(errors.at[i].text));
	}
}

static void add_failed(struct summary *s)
{
	for (size_t i = 0; i < s->r->jobs.nr; i++) {
		const struct job_record *j = &s->r->jobs.at[i];

		if (j->status != ST_FAILED || j->retried || j->allow_failure)
			continue;
		buf_addc(s->b, '\n');
		add_job(s, j, "");
		buf_addc(s->b, '\n');
		add_errors(s, j);
	}
}

static void add_warnings(struct summary *s)
{
	bool first = true;

	for (size_t i = 0; i < s->r->jobs.nr; i++) {
		const struct job_record *j = &s->r->jobs.at[i];

		if (j->status != ST_FAILED || j->retried || !j->allow_failure)
			continue;
		if (first)
			buf_addc(s->b, '\n');
		first = false;
		add_job(s, j, "");
		buf_addz(s->b, " (allowed to fail)\n");
		add_errors(s, j);
	}
}

/* What the jobs measured and where they went. */
static void add_facts(struct summary *s)
{
	bool first = true;

	for (size_t i = 0; i < s->r->jobs.nr; i++) {
		const struct job_record *j = &s->r->jobs.at[i];
		bool covered = j->started_us && j->coverage >= 0;
		bool deployed = j->status == ST_SUCCESS && j->environment.n > 0;

		if (j->retried || (!covered && !deployed))
			continue;
		if (first)
			buf_addc(s->b, '\n');
		first = false;
		if (covered) {
			buf_addz(s->b, "coverage: ");
			add_name(s->b, j);
			buf_addf(s->b, " %.1f %%\n", j->coverage);
		}
		if (deployed) {
			buf_addz(s->b, "environment: ");
			ansi_sanitize(s->b, j->environment, 0);
			if (j->environment_url.n) {
				buf_addc(s->b, ' ');
				ansi_sanitize(s->b, j->environment_url, 0);
			}
			buf_addc(s->b, '\n');
		}
	}
}

/* Rows of the root pipeline know their needs; those of children stand for themselves. */
static void fill_needs(struct summary *s, const struct pipeline *p, struct timeline_job *t,
		       const struct map *rows)
{
	const struct job *job = pipeline_find_job(p, t->name);
	VEC(size_t) needs = { 0 };

	if (!job)
		return;
	t->stage = job->stage;
	t->has_needs = job->has_needs;
	for (size_t i = 0; i < job->needs.nr; i++)
		for (size_t k = 0; k < job->needs.at[i].nr_jobs; k++) {
			const struct job *needed = p->jobs.at[job->needs.at[i].jobs[k]];
			const size_t *row = map_get(rows, needed->name);

			if (row)
				vec_add(&s->arena, &needs, *row);
		}
	t->needs = needs.at;
	t->nr_needs = needs.nr;
}

static void add_waterfall(struct summary *s, const struct pipeline *p)
{
	struct timeline_options options = {
		.width = s->o->cols, .ascii = !s->o->utf8, .color = s->o->color, .max_rows = ROWS_MAX,
	};
	VEC(struct timeline_job) jobs = { 0 };
	struct timeline *timeline;
	struct map rows;

	map_init(&rows, &s->arena);
	for (size_t i = 0; i < s->r->jobs.nr; i++) {
		const struct job_record *j = &s->r->jobs.at[i];
		struct timeline_job t = {
			.name = j->name, .status = j->status, .allow_failure = j->allow_failure,
			.ready_us = j->ready_us, .started_us = j->started_us,
			.finished_us = j->finished_us, .has_needs = true,
		};
		size_t *row = arena_new(&s->arena, size_t);

		if (j->retried)
			continue;
		*row = jobs.nr;
		if (j->pipeline_path.n)
			t.name = arena_printf(&s->arena, STR_FMT STR_FMT, STR_ARG(j->pipeline_path),
					      STR_ARG(j->name));
		else
			map_set(&rows, j->name, row);
		vec_add(&s->arena, &jobs, t);
	}
	for (size_t i = 0; i < jobs.nr; i++)
		fill_needs(s, p, &jobs.at[i], &rows);
	timeline = timeline_new(&s->arena, jobs.at, jobs.nr);
	if (timeline->nr < 2)
		return;
	buf_addc(s->b, '\n');
	timeline_add_text(timeline, &options, s->b);
}

static void add_verdict(struct summary *s)
{
	unsigned nr = 0, success = 0;
	const struct run_record *r = s->r;

	for (size_t i = 0; i < r->jobs.nr; i++) {
		const struct job_record *j = &r->jobs.at[i];

		if (j->retried || !job_status_is_complete(j->status))
			continue;
		nr++;
		success += j->status == ST_SUCCESS;
	}
	buf_addc(s->b, '\n');
	if (s->o->color)
		buf_addf(s->b, SGR_BOLD "%s",
			 r->warnings && r->status == ST_SUCCESS ? SGR_YELLOW
								: picture_color(r->status, false));
	if (s->o->utf8)
		buf_addf(s->b, "%s ", picture_symbol(r->status, false, false));
	ansi_sanitize(s->b, r->verdict, 0);
	if (s->o->color)
		buf_addz(s->b, SGR_RESET);
	buf_addf(s->b, " (run %llu", (unsigned long long)r->run);
	if (r->finished_us > r->started_us) {
		buf_addz(s->b, ", ");
		picture_add_duration(s->b, r->finished_us - r->started_us);
	}
	buf_addf(s->b, ", %u of %u job%s succeeded)\n", success, nr, nr == 1 ? "" : "s");
}

void summary_add(struct buf *b, const struct state *state, const struct run_record *r,
		 const struct pipeline *p, const struct summary_options *o)
{
	struct summary s = { .b = b, .state = state, .r = r, .o = o };

	arena_init(&s.arena, 0);
	add_failed(&s);
	add_warnings(&s);
	add_facts(&s);
	if (!o->brief)
		add_waterfall(&s, p);
	add_verdict(&s);
	arena_release(&s.arena);
}
