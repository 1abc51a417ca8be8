#include "plan/graph.h"

#include "fmt/ansi.h"
#include "plan/picture.h"

/* How wide a cell may become before its text is cut. */
#define CELL_MAX  44
#define WIDTH_DEFAULT 100

struct pen {
	const struct graph *g;
	const struct graph_options *o;
	struct buf *b;
	const char *horizontal, *vertical, *corners[4], *right, *left;
};

static struct pen pen_new(const struct graph *g, const struct graph_options *o, struct buf *b)
{
	if (o->ascii)
		return (struct pen){ g, o, b, "-", "|", { "+", "+", "+", "+" }, " >", "<-" };
	return (struct pen){ g, o, b, "─", "│", { "┌", "┐", "└", "┘" }, " →", "←" };
}

/* " (manual)": what is special about a job of a plan. */
static void add_manner(struct buf *b, const struct job *j)
{
	if (j->when != WHEN_ON_SUCCESS)
		buf_addf(b, " (%s)", job_when_name(j->when));
	else if (j->allow_failure)
		buf_addz(b, " (may fail)");
}

/* What stands in a node's line: symbol and name, or name and manner. */
static void add_label(const struct pen *pen, const struct graph_node *n, struct buf *b)
{
	enum job_status s;
	bool allow;

	if (graph_status(pen->o, n->job, &s, &allow)) {
		buf_addf(b, "%s ", picture_symbol(s, allow, pen->o->ascii));
		buf_adds(b, n->job->name);
	} else {
		buf_adds(b, n->job->name);
		add_manner(b, n->job);
	}
}

/* The needs as they were written, so that a parallel group is one name. */
static void add_needs(const struct pen *pen, const struct graph_node *n, struct buf *b)
{
	bool first = true;

	if (n->after_stages && pen->g->by_needs) {
		buf_addf(b, "%s stages before ", pen->left);
		buf_adds(b, pen->g->p->stages.at[n->job->stage]);
		return;
	}
	if (n->nr_needs == 0)
		return;
	buf_addf(b, "%s ", pen->left);
	for (size_t i = 0; i < n->job->needs.nr; i++) {
		const struct need *need = &n->job->needs.at[i];

		if (need->nr_jobs == 0 || !pen->g->p->jobs.at[need->jobs[0]]->included)
			continue;
		if (!first)
			buf_addz(b, ", ");
		first = false;
		buf_adds(b, need->name);
	}
}

/* --- boxes side by side --- */

struct line {
	const struct graph_node *node;
	bool needs; /* the line below the name */
};

struct box {
	size_t width; /* of its cells */
	struct line *line;
	size_t nr;
};

static void add_line(const struct pen *pen, struct line l, struct buf *b)
{
	if (!l.needs) {
		add_label(pen, l.node, b);
		return;
	}
	buf_addz(b, "  ");
	add_needs(pen, l.node, b);
}

static void add_title(const struct pen *pen, size_t column, struct buf *b)
{
	if (str_is_null(pen->g->column[column].title))
		buf_addf(b, "step %zu", column + 1);
	else
		buf_adds(b, pen->g->column[column].title);
}

static void box_init(struct arena *a, const struct pen *pen, size_t column, struct box *box)
{
	const struct graph_column *c = &pen->g->column[column];
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	*box = (struct box){ .line = arena_array(a, struct line, c->nr * 2) };
	add_title(pen, column, &text);
	box->width = picture_width(buf_str(&text)) + 1;
	for (size_t i = 0; i < c->nr; i++) {
		const struct graph_node *n = &pen->g->node[c->node[i]];

		box->line[box->nr++] = (struct line){ n, false };
		if (n->nr_needs > 0 || (n->after_stages && pen->g->by_needs))
			box->line[box->nr++] = (struct line){ n, true };
	}
	for (size_t i = 0; i < box->nr; i++) {
		buf_clear(&text);
		add_line(pen, box->line[i], &text);
		box->width = MAX(box->width, picture_width(buf_str(&text)));
	}
	box->width = MIN(box->width, (size_t)CELL_MAX);
}

static void draw_rule(const struct pen *pen, size_t n)
{
	while (n-- > 0)
		buf_addz(pen->b, pen->horizontal);
}

static void draw_top(const struct pen *pen, size_t column, const struct box *box)
{
	CLEANUP(buf_release) struct buf title = BUF_INIT;
	size_t used;

	add_title(pen, column, &title);
	buf_addf(pen->b, "%s ", pen->corners[0]);
	used = picture_add_text(pen->b, buf_str(&title), box->width - 1, pen->o->ascii);
	buf_addc(pen->b, ' ');
	draw_rule(pen, box->width - used);
	buf_addz(pen->b, pen->corners[1]);
}

static void draw_cell(const struct pen *pen, const struct box *box, size_t i)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	enum job_status s;
	bool allow, status = graph_status(pen->o, box->line[i].node->job, &s, &allow);
	const char *on = !pen->o->color ? NULL : box->line[i].needs ? SGR_DIM : NULL;

	if (pen->o->color && status && !box->line[i].needs)
		on = picture_color(s, allow);
	add_line(pen, box->line[i], &text);
	buf_addf(pen->b, "%s %s", pen->vertical, on ? on : "");
	picture_add_cell(pen->b, buf_str(&text), box->width, pen->o->ascii);
	buf_addf(pen->b, "%s %s", on ? SGR_RESET : "", pen->vertical);
}

static void draw_row(const struct pen *pen, const struct box *box, size_t row)
{
	for (size_t c = 0; c < pen->g->nr_columns; c++) {
		if (row == 0) {
			draw_top(pen, c, &box[c]);
		} else if (row <= box[c].nr) {
			draw_cell(pen, &box[c], row - 1);
		} else if (row == box[c].nr + 1) {
			buf_addz(pen->b, pen->corners[2]);
			draw_rule(pen, box[c].width + 2);
			buf_addz(pen->b, pen->corners[3]);
		} else {
			picture_add_blanks(pen->b, box[c].width + 4);
		}
		if (c + 1 < pen->g->nr_columns)
			buf_addf(pen->b, "%s ", row == 1 ? pen->right : "  ");
	}
	/* No blanks at line ends. */
	while (pen->b->n > 0 && pen->b->p[pen->b->n - 1] == ' ')
		pen->b->n--;
	buf_addc(pen->b, '\n');
}

static bool draw_boxes(struct arena *a, const struct pen *pen, size_t width)
{
	struct box *box = arena_array(a, struct box, pen->g->nr_columns);
	size_t sum = 0, rows = 0;

	for (size_t c = 0; c < pen->g->nr_columns; c++) {
		box_init(a, pen, c, &box[c]);
		sum += box[c].width + 4 + (c > 0 ? 3 : 0);
		rows = MAX(rows, box[c].nr);
	}
	if (sum > width)
		return false;
	for (size_t row = 0; row < rows + 2; row++)
		draw_row(pen, box, row);
	return true;
}

/* --- a list, stage by stage --- */

static void draw_item(const struct pen *pen, const struct graph_node *n, size_t width)
{
	CLEANUP(buf_release) struct buf label = BUF_INIT, needs = BUF_INIT;
	enum job_status s;
	bool allow, color = pen->o->color && graph_status(pen->o, n->job, &s, &allow);
	size_t room = width > 8 ? width - 2 : 6, used;

	add_label(pen, n, &label);
	add_needs(pen, n, &needs);
	buf_addf(pen->b, "  %s", color ? picture_color(s, allow) : "");
	used = picture_add_text(pen->b, buf_str(&label), room, pen->o->ascii);
	buf_addz(pen->b, color ? SGR_RESET : "");
	if (needs.n > 0 && used + 6 < room) {
		buf_addz(pen->b, "  ");
		picture_add_text(pen->b, buf_str(&needs), room - used - 2, pen->o->ascii);
	}
	buf_addc(pen->b, '\n');
}

static void draw_list(const struct pen *pen, size_t width)
{
	const struct graph *g = pen->g;

	for (size_t i = 0; i < g->nr; i++) {
		const struct graph_node *n = &g->node[g->by_stage[i]];

		if (i == 0 || n->job->stage != g->node[g->by_stage[i - 1]].job->stage) {
			picture_add_text(pen->b, g->p->stages.at[n->job->stage], width,
					 pen->o->ascii);
			buf_addc(pen->b, '\n');
		}
		draw_item(pen, n, width);
	}
}

void graph_add_text(const struct graph *g, const struct graph_options *o, struct buf *b)
{
	struct pen pen = pen_new(g, o, b);
	size_t width = o->width ? o->width : WIDTH_DEFAULT;
	struct arena a;

	if (g->nr == 0) {
		buf_addz(b, "no jobs\n");
		return;
	}
	arena_init(&a, 0);
	if (g->nr > GRAPH_TEXT_JOBS || !draw_boxes(&a, &pen, width))
		draw_list(&pen, width);
	arena_release(&a);
}
