#include "local/view_tree_int.h"

#include "fmt/ansi.h"
#include "local/view_text.h"
#include "plan/picture.h"

#include <string.h>

/* What is left out, one step more at each level, until the picture fits. */
enum level {
	LEVEL_ALL,
	LEVEL_DONE_STAGES, /* stages that succeeded become one line */
	LEVEL_DONE_JOBS,   /* jobs that succeeded or were skipped are counted */
	LEVEL_WAITING,	   /* and jobs that wait */
	LEVEL_SHORT_TAILS, /* 3 lines of output of what failed */
	LEVEL_NO_TAILS,
	LEVEL_LEAST, /* no stages; cut where the screen ends */
};

#define FINAL_LINES 60 /* a final picture folds only what succeeded, and only past this */
#define NAME_MAX_COLS 32
#define SHORT_TAIL 3
#define INDENT 2

struct drawing {
	const struct tree_model *m;
	struct buf *b; /* NULL: only count */
	size_t nr_lines, max_lines;
	size_t cols; /* at most so many are used */
	size_t name_cols;
	uint64_t now_us;
	enum level level;
	struct buf line;
};

struct counts {
	unsigned all, success, failed, running, waiting, other;
};

static bool is_waiting(enum job_status s)
{
	return s == ST_CREATED || s == ST_PENDING || s == ST_PREPARING;
}

static bool is_folded_when_done(const struct tree_job *j)
{
	return j->status == ST_SUCCESS || j->status == ST_SKIPPED;
}

static void count(struct counts *c, const struct tree_job *j)
{
	c->all++;
	if (j->status == ST_SUCCESS || (j->status == ST_FAILED && j->allow_failure))
		c->success++;
	else if (j->status == ST_FAILED || j->status == ST_CANCELED)
		c->failed++;
	else if (j->status == ST_RUNNING)
		c->running++;
	else if (is_waiting(j->status))
		c->waiting++;
	else
		c->other++;
}

static enum job_status stage_status(const struct tree_stage *s, struct counts *c)
{
	bool canceled = false, skipped = true;

	for (size_t i = 0; i < s->jobs.nr; i++) {
		const struct tree_job *j = s->jobs.at[i];

		count(c, j);
		canceled |= j->status == ST_CANCELED;
		skipped &= j->status == ST_SKIPPED;
		if (j->status == ST_FAILED && !j->allow_failure)
			canceled = false;
	}
	if (c->running || (c->waiting && (c->success || c->failed)))
		return ST_RUNNING;
	if (c->failed)
		return canceled ? ST_CANCELED : ST_FAILED;
	if (c->waiting)
		return ST_CREATED;
	if (skipped)
		return ST_SKIPPED;
	return c->success || !c->other ? ST_SUCCESS : ST_MANUAL;
}

/* d->line is a finished line. */
static void emit(struct drawing *d)
{
	if (d->b && d->nr_lines < d->max_lines) {
		ansi_fit(d->b, str_trim_end(buf_str(&d->line)), d->cols, d->m->utf8);
		buf_addc(d->b, '\n');
	}
	d->nr_lines++;
}

/* Begin a line, unless lines are only counted. */
static bool begin(struct drawing *d, size_t indent)
{
	if (!d->b) {
		d->nr_lines++;
		return false;
	}
	buf_clear(&d->line);
	while (indent--)
		buf_addc(&d->line, ' ');
	return true;
}

static void add_sign(struct drawing *d, enum job_status s, bool allow_failure)
{
	ansi_paint(&d->line, d->m->color, picture_color(s, allow_failure),
		   str_of(picture_symbol(s, allow_failure, !d->m->utf8)));
	buf_addc(&d->line, ' ');
}

static void pad_to(struct drawing *d, size_t from, size_t cols)
{
	size_t width = ansi_width(str_from(buf_str(&d->line), from));

	for (; width < cols; width++)
		buf_addc(&d->line, ' ');
}

/* The last line of the tail that is not empty; takes it off. */
static bool last_line(str *tail, struct buf *scratch, str *ret)
{
	while (tail->n) {
		ssize_t at = str_rindex(*tail, '\n');
		str line = str_from(*tail, (size_t)(at + 1));

		*tail = str_sub(*tail, 0, at < 0 ? 0 : (size_t)at);
		if (view_clean_line(&line, scratch) && str_trim(line).n) {
			*ret = line;
			return true;
		}
	}
	return false;
}

static void add_dim(struct drawing *d, str text)
{
	ansi_paint(&d->line, d->m->color, SGR_DIM, text);
}

static void add_last_output(struct drawing *d, const struct tree_job *j)
{
	CLEANUP(buf_release) struct buf scratch = BUF_INIT;
	CLEANUP(buf_release) struct buf clean = BUF_INIT;
	str tail = buf_str(&j->tail), line;

	if (last_line(&tail, &scratch, &line))
		ansi_sanitize(&clean, str_trim(line), 0);
	else
		buf_addz(&clean, j->section);
	buf_addz(&d->line, "  ");
	add_dim(d, buf_str(&clean));
}

static void add_times(struct drawing *d, const struct tree_job *j)
{
	size_t from = d->line.n;

	if (j->status == ST_RUNNING) {
		picture_add_duration(&d->line,
				     d->now_us > j->started_us ? d->now_us - j->started_us : 0);
		if (j->expected_us) {
			buf_addz(&d->line, " of ~");
			picture_add_duration(&d->line, j->expected_us);
		}
	} else if (j->took_us) {
		picture_add_duration(&d->line, j->took_us);
	}
	pad_to(d, from, 9);
}

static void draw_tail(struct drawing *d, const struct tree_job *j, size_t max)
{
	CLEANUP(buf_release) struct buf scratch = BUF_INIT;
	str tail = buf_str(&j->tail), lines[TREE_TAIL_LINES];
	size_t nr = 0;

	/* Lines are taken from the end and cleaned again when shown. */
	while (nr < max && tail.n) {
		ssize_t at = str_rindex(tail, '\n');
		str line = str_from(tail, (size_t)(at + 1)), shown = line;

		tail = str_sub(tail, 0, at < 0 ? 0 : (size_t)at);
		if (view_clean_line(&shown, &scratch) && str_trim(shown).n)
			lines[nr++] = line;
	}
	while (nr--) {
		if (!begin(d, 2 * INDENT))
			continue;
		(void)view_clean_line(&lines[nr], &scratch);
		buf_addz(&d->line, d->m->utf8 ? "\xe2\x94\x82 " : "| ");
		ansi_sanitize(&d->line, lines[nr], d->m->color ? ANSI_SGR : 0u);
		emit(d);
	}
}

static size_t tail_lines(enum level level)
{
	return level < LEVEL_SHORT_TAILS ? TREE_TAIL_LINES
	       : level < LEVEL_NO_TAILS	 ? SHORT_TAIL
					 : 0;
}

static void draw_job(struct drawing *d, const struct tree_job *j)
{
	if (begin(d, INDENT)) {
		size_t from;

		add_sign(d, j->status, j->allow_failure);
		from = d->line.n;
		ansi_fit(&d->line, buf_str(&j->name), d->name_cols, d->m->utf8);
		pad_to(d, from, d->name_cols);
		buf_addz(&d->line, "  ");
		add_times(d, j);
		if (j->status == ST_RUNNING)
			add_last_output(d, j);
		else if (j->outcome.n)
			buf_addf(&d->line, "  " STR_FMT, STR_ARG(buf_str(&j->outcome)));
		emit(d);
	}
	if (j->status == ST_FAILED)
		draw_tail(d, j, tail_lines(d->level));
}

static bool is_folded(const struct drawing *d, const struct tree_job *j)
{
	return (d->level >= LEVEL_DONE_JOBS && is_folded_when_done(j)) ||
	       (d->level >= LEVEL_WAITING && j->status != ST_RUNNING && j->status != ST_FAILED);
}

static void draw_folded(struct drawing *d, unsigned done, unsigned waiting)
{
	if ((!done && !waiting) || !begin(d, INDENT))
		return;
	if (done) {
		add_sign(d, ST_SUCCESS, false);
		buf_addf(&d->line, "%u done", done);
	}
	if (waiting) {
		if (done)
			buf_addz(&d->line, "  ");
		add_sign(d, ST_CREATED, false);
		buf_addf(&d->line, "%u waiting", waiting);
	}
	emit(d);
}

/* One line for all of a stage: "✓ build  12 jobs". */
static void draw_stage_head(struct drawing *d, const struct tree_stage *s, enum job_status status,
			    const struct counts *c, bool folded)
{
	if (!begin(d, 0))
		return;
	add_sign(d, status, false);
	ansi_paint(&d->line, d->m->color, SGR_BOLD, s->title);
	if (folded)
		buf_addf(&d->line, "  %u job%s", c->all, c->all == 1 ? "" : "s");
	emit(d);
}

static void draw_stage(struct drawing *d, const struct tree_stage *s)
{
	struct counts c = { 0 };
	enum job_status status = stage_status(s, &c);
	bool whole = (d->level >= LEVEL_DONE_STAGES && status == ST_SUCCESS) ||
		     (d->level >= LEVEL_DONE_STAGES && status == ST_SKIPPED) ||
		     (d->level >= LEVEL_WAITING && status == ST_CREATED);
	unsigned done = 0, waiting = 0;

	if (c.all == 0 || (d->level == LEVEL_LEAST && whole))
		return;
	if (d->level < LEVEL_LEAST)
		draw_stage_head(d, s, status, &c, whole);
	if (whole)
		return;
	for (size_t i = 0; i < s->jobs.nr; i++) {
		const struct tree_job *j = s->jobs.at[i];

		if (!is_folded(d, j))
			draw_job(d, j);
		else if (job_status_is_complete(j->status))
			done++;
		else
			waiting++;
	}
	if (d->level < LEVEL_LEAST)
		draw_folded(d, done, waiting);
}

static void draw_stages(struct drawing *d)
{
	for (size_t i = 0; i < d->m->stages.nr; i++)
		draw_stage(d, d->m->stages.at[i]);
}

static size_t count_lines(struct drawing *d, enum level level)
{
	struct buf *b = d->b;

	d->b = NULL;
	d->nr_lines = 0;
	d->level = level;
	draw_stages(d);
	d->b = b;
	return d->nr_lines;
}

/* How far: by time when earlier runs told how long it takes, else by jobs. */
static double fraction_done(const struct drawing *d, const struct counts *c)
{
	uint64_t elapsed = d->now_us > d->m->started_us ? d->now_us - d->m->started_us : 0;
	unsigned done = c->all - c->running - c->waiting;

	if (c->all && done == c->all)
		return 1;
	if (d->m->expected_us)
		return MIN((double)elapsed / (double)d->m->expected_us, 0.99);
	return c->all ? (double)done / c->all : 0;
}

static void add_bar(struct drawing *d, double fraction, size_t cols)
{
	size_t full = (size_t)(fraction * (double)cols);

	if (d->m->color)
		buf_addz(&d->line, SGR_BLUE);
	for (size_t i = 0; i < cols; i++)
		buf_addz(&d->line, i < full	? d->m->utf8 ? "\xe2\x96\x88" : "#"
				   : d->m->utf8 ? "\xe2\x96\x91"
						: "-");
	if (d->m->color)
		buf_addz(&d->line, SGR_RESET);
	buf_addz(&d->line, "  ");
}

static void draw_progress(struct drawing *d)
{
	struct counts c = { 0 };

	for (size_t i = 0; i < d->m->stages.nr; i++)
		for (size_t k = 0; k < d->m->stages.at[i]->jobs.nr; k++)
			count(&c, d->m->stages.at[i]->jobs.at[k]);
	if (!begin(d, 0))
		return;
	if (d->cols >= 60)
		add_bar(d, fraction_done(d, &c), MIN(d->cols / 4, (size_t)30));
	picture_add_duration(&d->line,
			     d->now_us > d->m->started_us ? d->now_us - d->m->started_us : 0);
	if (d->m->expected_us) {
		buf_addz(&d->line, " of ~");
		picture_add_duration(&d->line, d->m->expected_us);
	}
	buf_addf(&d->line, ", %u of %u jobs", c.all - c.running - c.waiting, c.all);
	if (c.running)
		buf_addf(&d->line, ", %u running", c.running);
	if (c.failed)
		buf_addf(&d->line, ", %u failed", c.failed);
	emit(d);
}

static size_t widest_name(const struct tree_model *m, size_t max)
{
	size_t widest = 0;

	for (size_t i = 0; i < m->stages.nr; i++)
		for (size_t k = 0; k < m->stages.at[i]->jobs.nr; k++)
			widest = MAX(widest,
				     ansi_width(buf_str(&m->stages.at[i]->jobs.at[k]->name)));
	return MIN(widest, max);
}

void tree_draw(struct buf *b, const struct tree_model *m, struct term_size size, uint64_t now_us,
	       bool final)
{
	struct drawing d = { .m = m, .b = b, .now_us = now_us };
	size_t rows = size.rows > 2 ? size.rows - 2 : 0; /* the bar, and one to spare */
	enum level level = LEVEL_ALL;
	enum level most = final ? LEVEL_DONE_JOBS : LEVEL_LEAST;

	buf_init(&d.line, 0);
	d.cols = size.cols > 1 ? size.cols - 1 : 1;
	d.name_cols = widest_name(m, MIN((size_t)NAME_MAX_COLS, MAX(d.cols / 3, (size_t)1)));
	if (final)
		rows = MAX(rows, (size_t)FINAL_LINES);
	while (level < most && count_lines(&d, level) > rows)
		level++;
	d.level = level;
	d.nr_lines = 0;
	d.max_lines = final ? SIZE_MAX : rows;
	draw_stages(&d);
	if (!final) {
		d.max_lines = SIZE_MAX;
		draw_progress(&d);
	}
	buf_release(&d.line);
}
