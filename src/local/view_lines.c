/* view_lines.c - `job | line` for pipes and files.
 *
 * A line of a million costs two copies into a large buffer and no call of printf:
 * what is plain ASCII (most logs) is found out for a whole chunk at once.
 */
#include "local/view.h"

#include "fmt/ansi.h"
#include "local/view_feed.h"
#include "local/view_jobs.h"
#include "local/view_out.h"
#include "local/view_text.h"
#include "plan/picture.h"

#include <string.h>

#define NAME_WIDTH_MAX 24

struct lines_job {
	struct feed feed;
	struct buf name;   /* harmless, with its child pipeline */
	struct buf prefix; /* "name   | " for `width` */
	struct buf more;   /* "name   + " before the rest of a very long line */
	size_t width;
	unsigned color;
};

struct lines {
	struct view view;
	struct view_config config;
	struct out out;
	struct view_jobs jobs;
	size_t width;	    /* of the longest name, up to NAME_WIDTH_MAX */
	unsigned nr_colors; /* given away */
	struct buf scratch, clean;
};

static const char *const name_colors[] = { SGR_CYAN, SGR_YELLOW, SGR_GREEN, SGR_PINK, SGR_BLUE };

static void make_prefix(struct lines *l, struct lines_job *j, struct buf *b, char bar)
{
	size_t width = ansi_width(buf_str(&j->name));

	buf_clear(b);
	ansi_paint(b, l->config.color, name_colors[j->color], buf_str(&j->name));
	for (; width < l->width; width++)
		buf_addc(b, ' ');
	buf_addf(b, " %c ", bar);
}

static struct lines_job *job_of(struct lines *l, const struct run_event *e)
{
	bool is_new;
	struct lines_job *j = view_jobs_get(&l->jobs, e->job, sizeof(*j), &is_new);

	if (is_new) {
		feed_init(&j->feed);
		buf_init(&j->name, 0);
		buf_init(&j->prefix, 0);
		buf_init(&j->more, 0);
		view_add_job(&j->name, e);
		j->color = l->nr_colors++ % (unsigned)COUNT(name_colors);
		l->width =
			MAX(l->width, MIN(ansi_width(buf_str(&j->name)), (size_t)NAME_WIDTH_MAX));
	}
	if (is_new || j->width != l->width) {
		make_prefix(l, j, &j->prefix, '|');
		make_prefix(l, j, &j->more, '+');
		j->width = l->width;
	}
	return j;
}

static void add_line(struct lines *l, const struct lines_job *j, struct feed_piece piece,
		     bool plain)
{
	const struct buf *prefix = piece.continues ? &j->more : &j->prefix;
	str text = piece.text;

	if (!plain && !ansi_is_plain(text, ANSI_TAB)) {
		if (!view_clean_line(&text, &l->scratch))
			return;
		buf_clear(&l->clean);
		ansi_sanitize(&l->clean, text, ANSI_TAB | (l->config.color ? ANSI_SGR : 0u));
		if (l->config.color && memchr(l->clean.p ? l->clean.p : "", '\033', l->clean.n))
			buf_addz(&l->clean, SGR_RESET);
		text = buf_str(&l->clean);
	}
	out_add(&l->out, prefix->p, prefix->n);
	out_add(&l->out, text.p, text.n);
	out_add(&l->out, "\n", 1);
}

static void on_output(struct lines *l, const struct run_event *e)
{
	struct lines_job *j = job_of(l, e);
	str chunk = e->text;
	struct feed_piece piece;
	bool plain;

	if (l->config.quiet)
		return;
	plain = j->feed.rest.n == 0 && ansi_is_plain(chunk, ANSI_TAB | ANSI_LINES);
	while (feed_next(&j->feed, &chunk, &piece))
		add_line(l, j, piece, plain);
}

/* A message that stands for itself, perhaps of several lines. */
static void add_message(struct lines *l, const char *before, str text)
{
	while (!str_is_null(text)) {
		str line = str_cut(&text, '\n');

		buf_clear(&l->clean);
		buf_addz(&l->clean, before);
		ansi_sanitize(&l->clean, line, l->config.color ? ANSI_SGR : 0u);
		buf_addc(&l->clean, '\n');
		out_add(&l->out, l->clean.p, l->clean.n);
	}
}

/* "job | ✓ words" */
static void add_status(struct lines *l, const struct run_event *e, str words)
{
	struct lines_job *j = job_of(l, e);
	struct buf *b = &l->clean;

	buf_clear(b);
	buf_adds(b, buf_str(&j->prefix));
	if (l->config.color)
		buf_addz(b, picture_color(e->status, e->allow_failure));
	if (l->config.utf8)
		buf_addf(b, "%s ", picture_symbol(e->status, e->allow_failure, false));
	buf_adds(b, words);
	if (l->config.color)
		buf_addz(b, SGR_RESET);
	buf_addc(b, '\n');
	out_add(&l->out, b->p, b->n);
}

static void on_status(struct lines *l, const struct run_event *e)
{
	struct buf *b = &l->scratch;

	buf_clear(b);
	switch (e->status) {
	case ST_CREATED:
	case ST_PREPARING:
		return;
	case ST_PENDING:
		if (e->attempt < 2)
			return;
		buf_addf(b, "is tried again, attempt %u", e->attempt);
		break;
	case ST_RUNNING:
		buf_addz(b, "started");
		break;
	case ST_WAITING_FOR_RESOURCE:
		buf_addz(b, "waits for the resource group ");
		ansi_sanitize(b, e->job->resource_group, 0);
		break;
	case ST_MANUAL:
		buf_addz(b, "manual: start it with --manual");
		break;
	case ST_SCHEDULED:
		buf_addz(b, "delayed by ");
		picture_add_duration(b, e->job->start_in_s * 1000000);
		break;
	default:
		view_add_outcome(b, e);
	}
	if (l->config.quiet && e->status != ST_FAILED && e->status != ST_CANCELED)
		return;
	add_status(l, e, buf_str(b));
}

static void on_finished(struct lines *l, const struct run_event *e)
{
	struct lines_job *j = job_of(l, e);
	struct feed_piece piece;

	if (feed_last(&j->feed, &piece))
		add_line(l, j, piece, false);
	feed_release(&j->feed);
	if (l->config.quiet && e->status != ST_FAILED && e->status != ST_CANCELED)
		return;
	buf_clear(&l->scratch);
	view_add_outcome(&l->scratch, e);
	add_status(l, e, buf_str(&l->scratch));
}

/* Names are aligned from the first line on. */
static void on_started(struct lines *l, const struct run_event *e)
{
	CLEANUP(buf_release) struct buf name = BUF_INIT;

	for (size_t i = 0; e->pipeline && i < e->pipeline->jobs.nr; i++) {
		struct run_event of = *e;

		of.job = e->pipeline->jobs.at[i];
		if (!of.job->included)
			continue;
		buf_clear(&name);
		view_add_job(&name, &of);
		l->width = MAX(l->width, MIN(ansi_width(buf_str(&name)), (size_t)NAME_WIDTH_MAX));
	}
	if (!l->config.quiet && e->message.n)
		add_message(l, "", e->message);
}

static void lines_event(struct view *v, const struct run_event *e)
{
	struct lines *l = (struct lines *)v;

	switch (e->type) {
	case EV_RUN_STARTED:
		on_started(l, e);
		break;
	case EV_NOTE:
		add_message(l, "note: ", e->message);
		break;
	case EV_JOB_STATUS:
		on_status(l, e);
		break;
	case EV_JOB_SECTION:
		break;
	case EV_JOB_OUTPUT:
		on_output(l, e);
		break;
	case EV_JOB_FINISHED:
		on_finished(l, e);
		break;
	case EV_RUN_FINISHED:
		out_flush(&l->out);
		break;
	}
}

static void lines_tick(struct view *v, uint64_t now_us UNUSED)
{
	out_flush(&((struct lines *)v)->out);
}

static void lines_free(struct view *v)
{
	struct lines *l = (struct lines *)v;

	out_flush(&l->out);
	out_release(&l->out);
	for (size_t i = 0; i < l->jobs.map.nr; i++) {
		struct lines_job *j = l->jobs.map.at[i].value;

		feed_release(&j->feed);
		buf_release(&j->name);
		buf_release(&j->prefix);
		buf_release(&j->more);
	}
	view_jobs_release(&l->jobs);
	buf_release(&l->scratch);
	buf_release(&l->clean);
	mem_free(l);
}

struct view *view_lines_new(const struct view_config *c)
{
	struct lines *l = mem_zalloc(1, sizeof(*l));

	l->view = (struct view){ .event = lines_event, .tick = lines_tick, .free = lines_free };
	l->config = *c;
	out_init(&l->out, c->fd, &l->view.failed);
	view_jobs_init(&l->jobs);
	buf_init(&l->scratch, 0);
	buf_init(&l->clean, 0);
	return &l->view;
}
