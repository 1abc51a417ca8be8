/* Graphviz and Mermaid: the same picture in two languages.  Stages are groups.
 * Jobs without needs hang on a point before their stage, which in turn follows
 * everything in lower stages: one arrow per job instead of one per pair. */
#include "plan/graph.h"
#include "plan/picture.h"

struct dialect {
	void (*head)(const struct graph *g, struct buf *b);
	void (*group)(struct buf *b, size_t stage, str title);
	void (*node)(struct buf *b, size_t i, const struct graph_node *n,
		     const struct graph_options *o);
	void (*point)(struct buf *b, size_t stage);
	const char *group_end, *arrow;
	void (*tail)(const struct graph *g, const struct graph_options *o, struct buf *b);
};

static void add_label(struct buf *b, const struct graph_node *n, const struct graph_options *o)
{
	enum job_status s;
	bool allow;

	if (graph_status(o, n->job, &s, &allow))
		buf_addf(b, "%s ", picture_symbol(s, allow, false));
	buf_adds(b, n->job->name);
	if (n->job->when != WHEN_ON_SUCCESS)
		buf_addf(b, " (%s)", job_when_name(n->job->when));
}

/* --- dot --- */

static void dot_text(struct buf *b, str s)
{
	buf_addc(b, '"');
	while (s.n > 0) {
		str from = s;
		uint32_t c = picture_next(&s);

		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", (int)c);
		else if (c < 0x20 || c == 0x7f || c == 0xfffd)
			buf_addc(b, c == '\t' || c == '\n' ? ' ' : '?');
		else
			buf_add(b, from.p, from.n - s.n);
	}
	buf_addc(b, '"');
}

static void dot_head(const struct graph *g, struct buf *b)
{
	buf_addz(b, "digraph pipeline {\n    rankdir=LR\n    label=");
	dot_text(b, g->p->name);
	buf_addz(b, "\n    node [shape=box style=rounded fontname=\"sans-serif\"]\n");
}

static void dot_group(struct buf *b, size_t stage, str title)
{
	buf_addf(b, "    subgraph cluster_%zu {\n        label=", stage);
	dot_text(b, title);
	buf_addz(b, "\n        color=gray\n");
}

static const char *dot_color(enum job_status s, bool allow)
{
	static const char *const colors[ST_NR] = {
		[ST_SUCCESS] = "darkgreen", [ST_FAILED] = "red3",     [ST_CANCELED] = "purple",
		[ST_SKIPPED] = "gray50",    [ST_CREATED] = "gray50",  [ST_RUNNING] = "blue",
		[ST_PREPARING] = "blue",    [ST_PENDING] = "orange3", [ST_MANUAL] = "teal",
		[ST_SCHEDULED] = "teal",    [ST_WAITING_FOR_RESOURCE] = "orange3",
	};

	return allow && s == ST_FAILED ? "orange3" : colors[s];
}

static void dot_node(struct buf *b, size_t i, const struct graph_node *n,
		     const struct graph_options *o)
{
	CLEANUP(buf_release) struct buf label = BUF_INIT;
	enum job_status s;
	bool allow;

	add_label(&label, n, o);
	buf_addf(b, "        j%zu [label=", i);
	dot_text(b, buf_str(&label));
	if (graph_status(o, n->job, &s, &allow))
		buf_addf(b, " color=%s", dot_color(s, allow));
	buf_addz(b, "]\n");
}

static void dot_point(struct buf *b, size_t stage)
{
	buf_addf(b, "    b%zu [shape=point label=\"\"]\n", stage);
}

static void dot_tail(const struct graph *g, const struct graph_options *o, struct buf *b)
{
	(void)g;
	(void)o;
	buf_addz(b, "}\n");
}

static const struct dialect dot = {
	dot_head, dot_group, dot_node, dot_point, "    }\n", " -> ", dot_tail,
};

/* --- mermaid --- */

/* Everything that could mean something to it goes as a character number. */
static void mermaid_text(struct buf *b, str s)
{
	buf_addc(b, '"');
	while (s.n > 0) {
		str from = s;
		uint32_t c = picture_next(&s);
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z') || c == ' ' || c == '-' || c == '_' ||
			     c == '.' || c == ',' || c == '/';

		if (plain || (c >= 0xa0 && c != 0xfffd))
			buf_add(b, from.p, from.n - s.n);
		else if (c < 0x20 || c >= 0x7f)
			buf_addc(b, c == '\t' || c == '\n' ? ' ' : '?');
		else
			buf_addf(b, "#%u;", (unsigned)c);
	}
	buf_addc(b, '"');
}

static void mermaid_head(const struct graph *g, struct buf *b)
{
	(void)g;
	buf_addz(b, "flowchart LR\n");
}

static void mermaid_group(struct buf *b, size_t stage, str title)
{
	buf_addf(b, "    subgraph s%zu [", stage);
	mermaid_text(b, title);
	buf_addz(b, "]\n");
}

static void mermaid_node(struct buf *b, size_t i, const struct graph_node *n,
			 const struct graph_options *o)
{
	CLEANUP(buf_release) struct buf label = BUF_INIT;

	add_label(&label, n, o);
	buf_addf(b, "        j%zu[", i);
	mermaid_text(b, buf_str(&label));
	buf_addz(b, "]\n");
}

static void mermaid_point(struct buf *b, size_t stage)
{
	buf_addf(b, "    b%zu(( ))\n", stage);
}

static void mermaid_tail(const struct graph *g, const struct graph_options *o, struct buf *b)
{
	static const char *const classes[ST_NR] = {
		[ST_SUCCESS] = "stroke:#1a7f37,stroke-width:2px",
		[ST_FAILED] = "stroke:#cf222e,stroke-width:3px",
		[ST_CANCELED] = "stroke:#8250df,stroke-width:2px",
		[ST_SKIPPED] = "stroke:#8c959f,stroke-dasharray:4",
		[ST_RUNNING] = "stroke:#0969da,stroke-width:3px",
		[ST_MANUAL] = "stroke:#1b7c83,stroke-dasharray:4",
	};

	if (!o->status)
		return;
	for (size_t s = 0; s < ST_NR; s++) {
		const char *sep = "    class ";

		for (size_t i = 0; classes[s] && i < g->nr; i++) {
			if (o->status[g->node[i].job->index] != (enum job_status)s)
				continue;
			buf_addf(b, "%sj%zu", sep, i);
			sep = ",";
		}
		if (sep[0] == ',')
			buf_addf(b, " %s\n    classDef %s %s\n",
				 job_status_name((enum job_status)s),
				 job_status_name((enum job_status)s), classes[s]);
	}
}

static const struct dialect mermaid = {
	mermaid_head, mermaid_group, mermaid_node, mermaid_point, "    end\n", " --> ",
	mermaid_tail,
};

/* --- both --- */

/* The end of the stage that starts at place `at` of by_stage. */
static size_t stage_end(const struct graph *g, size_t at)
{
	size_t stage = g->node[g->by_stage[at]].job->stage;

	while (at < g->nr && g->node[g->by_stage[at]].job->stage == stage)
		at++;
	return at;
}

static void draw_groups(const struct graph *g, const struct dialect *d,
			const struct graph_options *o, struct buf *b)
{
	for (size_t at = 0, end; at < g->nr; at = end) {
		size_t stage = g->node[g->by_stage[at]].job->stage;

		end = stage_end(g, at);
		d->group(b, stage, g->p->stages.at[stage]);
		for (size_t i = at; i < end; i++)
			d->node(b, g->by_stage[i], &g->node[g->by_stage[i]], o);
		buf_addz(b, d->group_end);
	}
}

static bool any_after_stages(const struct graph *g, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (g->node[g->by_stage[i]].after_stages)
			return true;
	return false;
}

static void draw_stage_links(const struct graph *g, const struct dialect *d, struct buf *b)
{
	size_t point = SIZE_MAX; /* stage of the last point */
	size_t linked = 0;	 /* places of by_stage that lead to one already */

	for (size_t at = 0, end; at < g->nr; at = end) {
		size_t stage = g->node[g->by_stage[at]].job->stage;

		end = stage_end(g, at);
		if (!any_after_stages(g, at, end))
			continue;
		d->point(b, stage);
		if (point != SIZE_MAX)
			buf_addf(b, "    b%zu%sb%zu\n", point, d->arrow, stage);
		for (; linked < at; linked++)
			buf_addf(b, "    j%u%sb%zu\n", g->by_stage[linked], d->arrow, stage);
		for (size_t i = at; i < end; i++)
			if (g->node[g->by_stage[i]].after_stages)
				buf_addf(b, "    b%zu%sj%u\n", stage, d->arrow, g->by_stage[i]);
		point = stage;
	}
}

static void draw(const struct graph *g, const struct dialect *d, const struct graph_options *o,
		 struct buf *b)
{
	d->head(g, b);
	draw_groups(g, d, o, b);
	draw_stage_links(g, d, b);
	for (size_t i = 0; i < g->nr; i++)
		for (size_t k = 0; k < g->node[i].nr_needs; k++)
			buf_addf(b, "    j%u%sj%zu\n", g->node[i].needs[k], d->arrow, i);
	d->tail(g, o, b);
}

void graph_add_dot(const struct graph *g, const struct graph_options *o, struct buf *b)
{
	draw(g, &dot, o, b);
}

void graph_add_mermaid(const struct graph *g, const struct graph_options *o, struct buf *b)
{
	draw(g, &mermaid, o, b);
}
