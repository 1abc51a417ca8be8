/* SVG: boxes in columns, curves between them.  Colour is never alone: each status
 * has its symbol and its word, and each box a title for screen readers. */
#include "plan/graph.h"
#include "plan/picture.h"

enum {
	MARGIN = 20,
	HEAD = 34, /* of a column, above its first box */
	BOX_H = 42,
	ROW_H = 56,
	GAP = 64,	 /* between columns */
	CHAR_W = 8,	 /* at 13 px, generously */
	NAME_MAX_W = 34, /* characters of a name that are shown */
	BOX_MIN_W = 110,
};

static const char style[] =
	"<style>\n"
	"svg{background:#fff;font:13px system-ui,sans-serif}\n"
	".t{fill:#1f2328}.m{fill:#59636e;font-size:11px}.h{fill:#1f2328;font-weight:600}\n"
	".b{fill:#f6f8fa;stroke:#818b98;stroke-width:1.5}.e{fill:none;stroke:#818b98;"
	"stroke-width:1.5}\n"
	".a{fill:#818b98}\n"
	".success{stroke:#1a7f37}.failed{stroke:#cf222e;stroke-width:2.5}.warning{stroke:#9a6700}\n"
	".running{stroke:#0969da;stroke-width:2.5}.preparing{stroke:#0969da}"
	".canceled{stroke:#8250df}\n"
	".pending,.waiting_for_resource{stroke:#9a6700;stroke-dasharray:6 3}\n"
	".manual,.scheduled{stroke:#1b7c83;stroke-dasharray:6 3}"
	".skipped,.created{stroke-dasharray:2 3}\n"
	"@media(prefers-color-scheme:dark){svg{background:#0d1117}.t,.h{fill:#f0f6fc}"
	".m{fill:#9198a1}\n"
	".b{fill:#151b23;stroke:#656c76}.e{stroke:#656c76}.a{fill:#656c76}\n"
	".success{stroke:#3fb950}.failed{stroke:#f85149}.warning{stroke:#d29922}\n"
	".running,.preparing{stroke:#4493f8}.canceled{stroke:#ab7df8}\n"
	".pending,.waiting_for_resource{stroke:#d29922}.manual,.scheduled{stroke:#39c5cf}}\n"
	"</style>\n";

struct canvas {
	const struct graph *g;
	const struct graph_options *o;
	struct buf *b;
	unsigned *x, *w; /* of each column */
	unsigned width, height;
};

/* XML text: escaped, and without what XML 1.0 cannot hold. */
static void add_xml(struct buf *b, str s)
{
	while (s.n > 0) {
		str from = s;
		uint32_t c = picture_next(&s);

		switch (c) {
		case '<':
			buf_addz(b, "&lt;");
			break;
		case '>':
			buf_addz(b, "&gt;");
			break;
		case '&':
			buf_addz(b, "&amp;");
			break;
		case '"':
			buf_addz(b, "&quot;");
			break;
		case '\'':
			buf_addz(b, "&#39;");
			break;
		default:
			if (c < 0x20 || c == 0x7f || c == 0xfffd || c == 0xfffe || c == 0xffff)
				buf_addc(b, c == '\t' || c == '\n' ? ' ' : '?');
			else
				buf_add(b, from.p, from.n - s.n);
		}
	}
}

static void add_cut(struct buf *b, str s)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	(void)picture_add_text(&text, s, NAME_MAX_W, false);
	add_xml(b, buf_str(&text));
}

/* The small line: what state it is in, or how it starts; and its stage. */
static void add_state(const struct canvas *c, const struct graph_node *n, struct buf *b)
{
	enum job_status s;
	bool allow;

	if (graph_status(c->o, n->job, &s, &allow))
		buf_addf(b, "%s%s", job_status_name(s),
			 allow && s == ST_FAILED ? " (allowed)" : "");
	else
		buf_addz(b, job_when_name(n->job->when));
	if (!c->g->by_needs)
		return;
	buf_addz(b, " · ");
	buf_adds(b, c->g->p->stages.at[n->job->stage]);
	if (n->after_stages)
		buf_addz(b, ", after lower stages");
}

static void measure(struct canvas *c)
{
	size_t rows = 0;

	c->width = MARGIN;
	for (size_t k = 0; k < c->g->nr_columns; k++) {
		const struct graph_column *col = &c->g->column[k];
		size_t widest = picture_width(col->title);

		for (size_t r = 0; r < col->nr; r++) {
			const struct graph_node *n = &c->g->node[col->node[r]];
			CLEANUP(buf_release) struct buf state = BUF_INIT;

			add_state(c, n, &state);
			widest = MAX(widest, picture_width(n->job->name) + 2);
			/* The small line is set smaller. */
			widest = MAX(widest, picture_width(buf_str(&state)) * 6 / 7);
		}
		widest = MIN(widest, (size_t)NAME_MAX_W + 2);
		c->x[k] = c->width;
		c->w[k] = MAX((unsigned)BOX_MIN_W, (unsigned)widest * CHAR_W + 20);
		c->width += c->w[k] + (k + 1 < c->g->nr_columns ? GAP : MARGIN);
		rows = MAX(rows, col->nr);
	}
	c->height = MARGIN * 2 + HEAD + (unsigned)rows * ROW_H;
}

static unsigned box_y(const struct canvas *c, const struct graph_node *n)
{
	(void)c;
	return MARGIN + HEAD + (unsigned)n->row * ROW_H;
}

/* Where an arrow that would like to be at `y` passes a column: between two boxes, or
 * beside them all, never behind one.  `lane` keeps arrows apart that pass together. */
static unsigned passage(const struct canvas *c, size_t column, unsigned y, size_t lane)
{
	unsigned top = MARGIN + HEAD, gap = ROW_H - BOX_H;
	unsigned end = top + (unsigned)c->g->column[column].nr * ROW_H - gap / 2;
	unsigned row = y > top ? (y - top + gap / 2 + ROW_H / 2) / ROW_H : 0;

	if (y >= end)
		return y;
	return top + row * ROW_H - gap + 2 + (unsigned)(lane % 5) * (gap - 4) / 4;
}

static void draw_need(const struct canvas *c, const struct graph_node *from,
		      const struct graph_node *to)
{
	unsigned x = c->x[from->column] + c->w[from->column], y = box_y(c, from) + BOX_H / 2;
	unsigned end_y = box_y(c, to) + BOX_H / 2;

	buf_addf(c->b, "M%u %u", x, y);
	for (size_t k = from->column + 1; k <= to->column; k++) {
		bool last = k == to->column;
		unsigned left = (unsigned)(to->column - k), x2 = last ? c->x[k] - 5 : c->x[k];
		/* On its way it comes nearer to its end from column to column. */
		unsigned want = (y * left + end_y) / (left + 1);
		unsigned y2 = last ? end_y : passage(c, k, want, to->row + from->row);

		buf_addf(c->b, "C%u %u %u %u %u %u", x + GAP / 2, y, c->x[k] - GAP / 2, y2, x2, y2);
		x = c->x[k] + c->w[k];
		y = y2;
		if (!last)
			buf_addf(c->b, "H%u", x);
	}
}

/* All arrows into one node, as one path. */
static void draw_needs(const struct canvas *c, const struct graph_node *n)
{
	unsigned x = c->x[n->column], y = box_y(c, n) + BOX_H / 2;

	if (n->nr_needs == 0)
		return;
	buf_addz(c->b, "<path class=\"e\" d=\"");
	/* In a circle, which no dialect lets through, an arrow would go back. */
	for (size_t i = 0; i < n->nr_needs; i++)
		if (c->g->node[n->needs[i]].column < n->column)
			draw_need(c, &c->g->node[n->needs[i]], n);
	buf_addf(c->b, "\"/><path class=\"a\" d=\"M%u %ul-8 -4v8z\"/>\n", x, y);
}

/* Without needs one arrow from stage to stage says it all. */
static void draw_stage_arrow(const struct canvas *c, size_t column)
{
	unsigned x1 = c->x[column] + c->w[column] + 10, x2 = c->x[column + 1] - 10;
	unsigned y = MARGIN + HEAD + BOX_H / 2;

	buf_addf(c->b,
		 "<path class=\"e\" d=\"M%u %uH%u\"/><path class=\"a\" d=\"M%u %ul-8 -4v8z\"/>\n",
		 x1, y, x2 - 5, x2, y);
}

static void draw_box(const struct canvas *c, const struct graph_node *n)
{
	CLEANUP(buf_release) struct buf state = BUF_INIT;
	unsigned x = c->x[n->column], y = box_y(c, n), w = c->w[n->column];
	enum job_status s;
	bool allow, status = graph_status(c->o, n->job, &s, &allow);

	add_state(c, n, &state);
	buf_addz(c->b, "<g role=\"listitem\"><title>");
	add_xml(c->b, n->job->name);
	buf_addz(c->b, ": ");
	add_xml(c->b, buf_str(&state));
	buf_addf(c->b,
		 "</title><rect class=\"b%s%s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%d\" "
		 "rx=\"6\"/>",
		 status ? " " : "",
		 !status		   ? ""
		 : allow && s == ST_FAILED ? "warning"
					   : job_status_name(s),
		 x, y, w, BOX_H);
	buf_addf(c->b, "<text class=\"t\" x=\"%u\" y=\"%u\">", x + 10, y + 18);
	if (status)
		buf_addf(c->b, "%s ", picture_symbol(s, allow, false));
	add_cut(c->b, n->job->name);
	buf_addf(c->b, "</text><text class=\"m\" x=\"%u\" y=\"%u\">", x + 10, y + 34);
	add_cut(c->b, buf_str(&state));
	buf_addz(c->b, "</text></g>\n");
}

static void draw_head(const struct canvas *c)
{
	const struct pipeline *p = c->g->p;

	buf_addf(c->b,
		 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		 "viewBox=\"0 0 %u %u\" role=\"graphics-document document\" aria-labelledby=\"t "
		 "d\">\n<title id=\"t\">",
		 c->width, c->height, c->width, c->height);
	add_xml(c->b, p->name.n > 0 ? p->name : STR("Pipeline"));
	buf_addf(c->b,
		 "</title>\n<desc id=\"d\">%zu jobs in %zu columns, from left to right: ", c->g->nr,
		 c->g->nr_columns);
	for (size_t k = 0; k < c->g->nr_columns; k++) {
		if (k > 0)
			buf_addz(c->b, "; ");
		if (str_is_null(c->g->column[k].title))
			buf_addf(c->b, "step %zu", k + 1);
		else
			add_xml(c->b, c->g->column[k].title);
	}
	buf_addz(c->b, "</desc>\n");
	buf_addz(c->b, style);
}

static void draw_titles(const struct canvas *c)
{
	for (size_t k = 0; k < c->g->nr_columns; k++) {
		if (str_is_null(c->g->column[k].title))
			continue;
		buf_addf(c->b, "<text class=\"h\" x=\"%u\" y=\"%d\">", c->x[k], MARGIN + 16);
		add_cut(c->b, c->g->column[k].title);
		buf_addz(c->b, "</text>\n");
	}
}

void graph_add_svg(const struct graph *g, const struct graph_options *o, struct buf *b)
{
	struct arena a;
	struct canvas c = { .g = g, .o = o, .b = b };

	arena_init(&a, 0);
	c.x = arena_array(&a, unsigned, g->nr_columns);
	c.w = arena_array(&a, unsigned, g->nr_columns);
	measure(&c);
	draw_head(&c);
	draw_titles(&c);
	for (size_t i = 0; i < g->nr; i++)
		draw_needs(&c, &g->node[i]);
	for (size_t k = 0; !g->by_needs && k + 1 < g->nr_columns; k++)
		draw_stage_arrow(&c, k);
	buf_addz(b, "<g role=\"list\">\n");
	for (size_t k = 0; k < g->nr_columns; k++)
		for (size_t r = 0; r < g->column[k].nr; r++)
			draw_box(&c, &g->node[g->column[k].node[r]]);
	buf_addz(b, "</g>\n</svg>\n");
	arena_release(&a);
}
