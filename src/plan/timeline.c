#include "plan/timeline.h"

#include "fmt/ansi.h"
#include "plan/picture.h"

#include <stdlib.h>

enum { WIDTH_MIN = 40, NAME_MAX = 30, TIME_W = 13 };

static bool ran(const struct timeline_job *j)
{
	return j->started_us > 0 && j->finished_us >= j->started_us;
}

static uint64_t ready_of(const struct timeline_job *j)
{
	return j->ready_us > 0 && j->ready_us < j->started_us ? j->ready_us : j->started_us;
}

static int row_cmp(const void *x, const void *y)
{
	const struct timeline_row *a = x, *b = y;

	if (a->job->started_us != b->job->started_us)
		return a->job->started_us < b->job->started_us ? -1 : 1;
	return a->job < b->job ? -1 : a->job > b->job;
}

static void rows_make(struct arena *a, struct timeline *t, const struct timeline_job *jobs,
		      size_t nr)
{
	t->row = arena_array(a, struct timeline_row, nr);
	for (size_t i = 0; i < nr; i++) {
		struct timeline_row *r = &t->row[t->nr];

		if (!ran(&jobs[i]))
			continue;
		*r = (struct timeline_row){ .job = &jobs[i] };
		r->run_us = jobs[i].finished_us - jobs[i].started_us;
		r->wait_us = jobs[i].started_us - ready_of(&jobs[i]);
		t->run_us += r->run_us;
		t->wait_us += r->wait_us;
		if (t->nr == 0 || ready_of(&jobs[i]) < t->start_us)
			t->start_us = ready_of(&jobs[i]);
		t->end_us = MAX(t->end_us, jobs[i].finished_us);
		t->nr++;
	}
	if (t->nr > 0)
		qsort(t->row, t->nr, sizeof(*t->row), row_cmp);
}

/* Is `x` the better answer to "who ended last before this started"? */
static bool ended_later(const struct timeline_job *x, const struct timeline_job *than,
			const struct timeline_job *before)
{
	return ran(x) && x != before && x->finished_us <= before->started_us &&
	       x->started_us < before->started_us && (!than || x->finished_us > than->finished_us);
}

static const struct timeline_job *cause_of(const struct timeline_job *j,
					   const struct timeline_job *jobs, size_t nr)
{
	const struct timeline_job *cause = NULL;

	if (j->has_needs) {
		for (size_t i = 0; i < j->nr_needs; i++)
			if (j->needs[i] < nr && ended_later(&jobs[j->needs[i]], cause, j))
				cause = &jobs[j->needs[i]];
		return cause;
	}
	for (size_t i = 0; i < nr; i++)
		if (jobs[i].stage < j->stage && ended_later(&jobs[i], cause, j))
			cause = &jobs[i];
	return cause;
}

static void critical_make(struct arena *a, struct timeline *t, const struct timeline_job *jobs,
			  size_t nr)
{
	const struct timeline_job *j = NULL;
	size_t *row_of = arena_array(a, size_t, nr);

	for (size_t i = 0; i < t->nr; i++) {
		row_of[t->row[i].job - jobs] = i;
		if (!j || t->row[i].job->finished_us > j->finished_us)
			j = t->row[i].job;
	}
	t->critical = arena_array(a, size_t, t->nr);
	/* Each cause started earlier, so this ends. */
	for (; j; j = cause_of(j, jobs, nr)) {
		size_t row = row_of[j - jobs];

		t->row[row].critical = true;
		t->critical_us += t->row[row].run_us;
		t->critical[t->nr_critical++] = row;
	}
	for (size_t i = 0; i < t->nr_critical / 2; i++) {
		size_t *x = &t->critical[i], *y = &t->critical[t->nr_critical - 1 - i], z = *x;

		*x = *y;
		*y = z;
	}
}

struct timeline *timeline_new(struct arena *a, const struct timeline_job *jobs, size_t nr)
{
	struct timeline *t = arena_new(a, struct timeline);

	rows_make(a, t, jobs, nr);
	critical_make(a, t, jobs, nr);
	if (t->end_us > t->start_us)
		t->parallelism = (double)t->run_us / (double)(t->end_us - t->start_us);
	return t;
}

/* --- text --- */

struct chart {
	const struct timeline *t;
	const struct timeline_options *o;
	struct buf *b;
	size_t name_w, bar_w;
	uint64_t at_least_us; /* shorter rows that are not critical are left out */
	size_t nr_shown;
};

/* The column in which an instant falls, 0 to bar_w. */
static size_t column_of(const struct chart *c, uint64_t us)
{
	double all = (double)(c->t->end_us - c->t->start_us);

	if (all <= 0)
		return 0;
	return (size_t)((double)(us - c->t->start_us) / all * (double)c->bar_w + 0.5);
}

static void add_times(struct buf *b, const char *sign, size_t n)
{
	while (n-- > 0)
		buf_addz(b, sign);
}

static void draw_bar(const struct chart *c, const struct timeline_row *r)
{
	size_t start = column_of(c, r->job->started_us);
	size_t ready = column_of(c, r->job->started_us - r->wait_us);
	size_t end = column_of(c, r->job->finished_us);

	/* What ran is seen, however short it was. */
	if (end == start) {
		end = MIN(start + 1, c->bar_w);
		start = end - 1;
		ready = MIN(ready, start);
	}
	picture_add_blanks(c->b, ready);
	add_times(c->b, c->o->ascii ? "." : "░", start - ready);
	if (c->o->color)
		buf_addz(c->b, picture_color(r->job->status, r->job->allow_failure));
	add_times(c->b, c->o->ascii ? "#" : "█", end - start);
	if (c->o->color)
		buf_addz(c->b, r->critical ? SGR_RESET SGR_BOLD : SGR_RESET);
	picture_add_blanks(c->b, c->bar_w - end);
}

static void draw_row(const struct chart *c, const struct timeline_row *r)
{
	CLEANUP(buf_release) struct buf time = BUF_INIT;
	const char *mark = !r->critical ? " " : c->o->ascii ? ">" : "▸";

	if (c->o->color && r->critical)
		buf_addz(c->b, SGR_BOLD);
	buf_addf(c->b, "%s %s ", mark,
		 picture_symbol(r->job->status, r->job->allow_failure, c->o->ascii));
	picture_add_cell(c->b, r->job->name, c->name_w, c->o->ascii);
	buf_addz(c->b, c->o->ascii ? " |" : " ▏");
	draw_bar(c, r);
	picture_add_duration(&time, r->run_us);
	buf_addf(c->b, "%*s", TIME_W, time.p);
	if (c->o->color && r->critical)
		buf_addz(c->b, SGR_RESET);
	buf_addc(c->b, '\n');
}

static void draw_sums(const struct chart *c)
{
	const struct timeline *t = c->t;

	if (c->nr_shown < t->nr)
		buf_addf(c->b, "    %zu shorter jobs are not shown\n", t->nr - c->nr_shown);
	buf_addz(c->b, "took ");
	picture_add_duration(c->b, t->end_us - t->start_us);
	buf_addz(c->b, ", critical path ");
	picture_add_duration(c->b, t->critical_us);
	buf_addf(c->b, " in %zu job%s; all jobs ", t->nr_critical, t->nr_critical == 1 ? "" : "s");
	picture_add_duration(c->b, t->run_us);
	buf_addf(c->b, ", %.1f at a time", t->parallelism);
	if (t->wait_us >= 50000) {
		buf_addz(c->b, "; waiting for a free place ");
		picture_add_duration(c->b, t->wait_us);
	}
	buf_addc(c->b, '\n');
}

static bool is_shown(const struct chart *c, const struct timeline_row *r)
{
	return r->critical || r->run_us >= c->at_least_us;
}

static int longest_first(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return a > b ? -1 : a < b;
}

static void rows_choose(struct chart *c)
{
	uint64_t *run;
	size_t nr = 0;

	if (c->o->max_rows == 0 || c->t->nr <= c->o->max_rows)
		return;
	run = mem_zalloc(c->t->nr, sizeof(*run));
	for (size_t i = 0; i < c->t->nr; i++)
		if (!c->t->row[i].critical)
			run[nr++] = c->t->row[i].run_us;
	qsort(run, nr, sizeof(*run), longest_first);
	/* Critical rows are always shown; the rest fills the room they leave. */
	if (c->t->nr_critical >= c->o->max_rows)
		c->at_least_us = UINT64_MAX;
	else
		c->at_least_us = run[c->o->max_rows - c->t->nr_critical - 1];
	mem_free(run);
}

void timeline_add_text(const struct timeline *t, const struct timeline_options *o, struct buf *b)
{
	struct chart c = { .t = t, .o = o, .b = b };
	size_t width = MAX(o->width, (unsigned)WIDTH_MIN);

	if (t->nr == 0)
		return;
	rows_choose(&c);
	for (size_t i = 0; i < t->nr; i++) {
		if (!is_shown(&c, &t->row[i]))
			continue;
		c.name_w = MAX(c.name_w, picture_width(t->row[i].job->name));
		c.nr_shown++;
	}
	c.name_w = MIN(c.name_w, MIN((size_t)NAME_MAX, width / 3));
	c.bar_w = width - c.name_w - 4 - 2 - TIME_W;
	for (size_t i = 0; i < t->nr; i++)
		if (is_shown(&c, &t->row[i]))
			draw_row(&c, &t->row[i]);
	draw_sums(&c);
}
