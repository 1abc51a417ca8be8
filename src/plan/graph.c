#include "plan/graph.h"

#include "base/map.h"

#include <stdlib.h>
#include <string.h>

/* --- columns: the longest way to each job ---
 *
 * A barrier stands before each stage: its jobs without needs come after it, and
 * it comes after everything in lower stages.  So the ways are linear in number. */

struct depths {
	const struct graph *g;
	size_t nr;	 /* nodes, then one barrier per stage */
	uint32_t *waits; /* how many must come before, not yet done */
	uint32_t *depth;
	uint32_t *dependents, *first; /* of each node: slice of dependents */
};

static size_t barrier_of(const struct depths *d, size_t stage)
{
	return d->g->nr + stage;
}

/* Calls for each pair: `to` comes after `from`. */
static void for_each_order(const struct depths *d,
			   void (*fn)(const struct depths *d, size_t from, size_t to))
{
	for (size_t i = 0; i < d->g->nr; i++) {
		const struct graph_node *n = &d->g->node[i];

		for (size_t k = 0; k < n->nr_needs; k++)
			fn(d, n->needs[k], i);
		if (!n->job->has_needs)
			fn(d, barrier_of(d, n->job->stage), i);
		if (n->job->stage + 1 < d->g->p->stages.nr)
			fn(d, i, barrier_of(d, n->job->stage + 1));
	}
	for (size_t s = 0; s + 1 < d->g->p->stages.nr; s++)
		fn(d, barrier_of(d, s), barrier_of(d, s + 1));
}

static void order_count(const struct depths *d, size_t from, size_t to)
{
	d->waits[to]++;
	d->first[from + 1]++;
}

static void order_add(const struct depths *d, size_t from, size_t to)
{
	/* first[from] runs ahead here and is set back afterwards. */
	d->dependents[d->first[from]++] = (uint32_t)to;
}

/* A barrier takes no step itself. */
static uint32_t step_of(const struct depths *d, size_t i)
{
	return i < d->g->nr;
}

static void depths_walk(struct depths *d, uint32_t *queue)
{
	size_t nr = 0;

	for (size_t i = 0; i < d->nr; i++)
		if (d->waits[i] == 0)
			queue[nr++] = (uint32_t)i;
	for (size_t at = 0; at < nr; at++) {
		size_t i = queue[at];

		for (uint32_t k = d->first[i]; k < d->first[i + 1]; k++) {
			uint32_t to = d->dependents[k];

			d->depth[to] = MAX(d->depth[to], d->depth[i] + step_of(d, i));
			if (--d->waits[to] == 0)
				queue[nr++] = to;
		}
	}
	/* Circles are refused before a pipeline exists; here they just stand at the end. */
}

/* Of each node, and of each barrier behind them. */
static const uint32_t *depths(struct arena *a, const struct graph *g)
{
	struct depths on_stack = { .g = g, .nr = g->nr + g->p->stages.nr }, *d = &on_stack;
	uint32_t sum = 0;

	d->waits = arena_array(a, uint32_t, d->nr);
	d->depth = arena_array(a, uint32_t, d->nr);
	d->first = arena_array(a, uint32_t, d->nr + 1);
	for_each_order(d, order_count);
	for (size_t i = 0; i <= d->nr; i++) {
		sum += d->first[i];
		d->first[i] = sum;
	}
	d->dependents = arena_array(a, uint32_t, sum);
	for_each_order(d, order_add);
	memmove(d->first + 1, d->first, d->nr * sizeof(*d->first));
	d->first[0] = 0;
	depths_walk(d, arena_array(a, uint32_t, d->nr));
	return d->depth;
}

static const uint32_t *stages(struct arena *a, const struct graph *g)
{
	uint32_t *of = arena_array(a, uint32_t, g->nr);

	for (size_t i = 0; i < g->nr; i++)
		of[i] = (uint32_t)g->node[i].job->stage;
	return of;
}

/* Numbers of the columns used, without gaps; `of` holds each node's raw column. */
static void columns_make(struct arena *a, struct graph *g, const uint32_t *of)
{
	uint32_t max = 0, *at;

	for (size_t i = 0; i < g->nr; i++)
		max = MAX(max, of[i]);
	at = arena_array(a, uint32_t, (size_t)max + 1);
	for (size_t i = 0; i < g->nr; i++)
		at[of[i]]++;
	g->column = arena_array(a, struct graph_column, (size_t)max + 1);
	for (uint32_t c = 0; c <= max; c++) {
		if (at[c] == 0)
			continue;
		g->column[g->nr_columns].node = arena_array(a, uint32_t, at[c]);
		at[c] = (uint32_t)g->nr_columns++;
	}
	for (size_t i = 0; i < g->nr; i++) {
		struct graph_column *c = &g->column[at[of[i]]];
		str stage = g->p->stages.at[g->node[i].job->stage];

		g->node[i].column = at[of[i]];
		g->node[i].row = c->nr;
		if (c->nr == 0)
			c->title = stage;
		else if (!str_eq(c->title, stage))
			c->title = str_null;
		c->node[c->nr++] = (uint32_t)i;
	}
}

/* --- rows: barycenters, swept a few times both ways --- */

struct placed {
	double center;
	uint32_t node;
	size_t row; /* before sorting: equal centers keep their order */
};

static int placed_cmp(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;

	if (a->center != b->center)
		return a->center < b->center ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

struct neighbours {
	double *sum;
	uint32_t *nr;
};

/* Where a node would like to stand, as a share of its column's height, so that
 * columns of different height can be compared. */
static double place_of(const struct graph *g, size_t i)
{
	const struct graph_node *n = &g->node[i];

	return ((double)n->row + 0.5) / (double)g->column[n->column].nr;
}

static void sweep_column(struct graph *g, struct graph_column *c, const struct neighbours *nb,
			 struct placed *scratch)
{
	for (size_t r = 0; r < c->nr; r++) {
		uint32_t i = c->node[r];

		scratch[r] = (struct placed){ .node = i, .row = r };
		scratch[r].center = nb->nr[i] ? nb->sum[i] / nb->nr[i] : place_of(g, i);
	}
	qsort(scratch, c->nr, sizeof(*scratch), placed_cmp);
	for (size_t r = 0; r < c->nr; r++) {
		c->node[r] = scratch[r].node;
		g->node[scratch[r].node].row = r;
	}
}

/* Orders each column by what its nodes need (forward) or are needed by. */
static void sweep(struct graph *g, bool forward, const struct neighbours *nb,
		  struct placed *scratch)
{
	for (size_t k = 0; k < g->nr_columns; k++) {
		struct graph_column *c = &g->column[forward ? k : g->nr_columns - 1 - k];

		if (forward)
			for (size_t r = 0; r < c->nr; r++) {
				const struct graph_node *n = &g->node[c->node[r]];

				nb->sum[c->node[r]] = 0;
				nb->nr[c->node[r]] = (uint32_t)n->nr_needs;
				for (size_t i = 0; i < n->nr_needs; i++)
					nb->sum[c->node[r]] += place_of(g, n->needs[i]);
			}
		sweep_column(g, c, nb, scratch);
		if (forward)
			continue;
		for (size_t r = 0; r < c->nr; r++) {
			const struct graph_node *n = &g->node[c->node[r]];

			for (size_t i = 0; i < n->nr_needs; i++) {
				nb->sum[n->needs[i]] += place_of(g, c->node[r]);
				nb->nr[n->needs[i]]++;
			}
		}
	}
}

static void rows_order(struct arena *a, struct graph *g)
{
	struct placed *scratch = arena_array(a, struct placed, g->nr);
	struct neighbours nb = { arena_array(a, double, g->nr), arena_array(a, uint32_t, g->nr) };

	for (int round = 0; round < 4; round++) {
		memset(nb.sum, 0, g->nr * sizeof(*nb.sum));
		memset(nb.nr, 0, g->nr * sizeof(*nb.nr));
		sweep(g, round % 2 == 0, &nb, scratch);
	}
	/* The last word has the forward direction: people read from the left. */
	sweep(g, true, &nb, scratch);
}

/* --- nodes --- */

/* The nodes that a job names, each once; `seen[i] == mark` for those met. */
static void node_needs(struct arena *a, struct graph_node *n, const uint32_t *node_of,
		       uint32_t *seen, uint32_t mark)
{
	size_t max = 0;

	for (size_t i = 0; i < n->job->needs.nr; i++)
		max += n->job->needs.at[i].nr_jobs;
	n->needs = arena_array(a, uint32_t, max);
	for (size_t i = 0; i < n->job->needs.nr; i++)
		for (size_t k = 0; k < n->job->needs.at[i].nr_jobs; k++) {
			uint32_t of = node_of[n->job->needs.at[i].jobs[k]];

			if (of == UINT32_MAX || seen[of] == mark)
				continue;
			seen[of] = mark;
			n->needs[n->nr_needs++] = of;
		}
}

static void nodes_make(struct arena *a, struct graph *g)
{
	const struct pipeline *p = g->p;
	uint32_t *node_of = arena_array(a, uint32_t, p->jobs.nr);
	uint32_t *seen = arena_array(a, uint32_t, p->jobs.nr);
	size_t lowest = p->stages.nr;

	MUST(p->jobs.nr < UINT32_MAX);
	g->node = arena_array(a, struct graph_node, p->jobs.nr);
	for (size_t i = 0; i < p->jobs.nr; i++) {
		node_of[i] = UINT32_MAX;
		if (!p->jobs.at[i]->included)
			continue;
		MUST(p->jobs.at[i]->stage < p->stages.nr);
		lowest = MIN(lowest, p->jobs.at[i]->stage);
		node_of[i] = (uint32_t)g->nr;
		g->node[g->nr++].job = p->jobs.at[i];
	}
	for (size_t i = 0; i < g->nr; i++) {
		struct graph_node *n = &g->node[i];

		n->after_stages = !n->job->has_needs && n->job->stage > lowest;
		if (!n->job->has_needs)
			continue;
		node_needs(a, n, node_of, seen, (uint32_t)i + 1);
		g->by_needs = true;
	}
}

static void stages_order(struct arena *a, struct graph *g)
{
	uint32_t *first = arena_array(a, uint32_t, g->p->stages.nr + 1);

	g->by_stage = arena_array(a, uint32_t, g->nr);
	for (size_t i = 0; i < g->nr; i++)
		first[g->node[i].job->stage + 1]++;
	for (size_t s = 0; s < g->p->stages.nr; s++)
		first[s + 1] += first[s];
	for (size_t i = 0; i < g->nr; i++)
		g->by_stage[first[g->node[i].job->stage]++] = (uint32_t)i;
}

struct graph *graph_new(struct arena *a, const struct pipeline *p)
{
	struct graph *g = arena_new(a, struct graph);

	g->p = p;
	nodes_make(a, g);
	if (g->nr == 0)
		return g;
	stages_order(a, g);
	columns_make(a, g, g->by_needs ? depths(a, g) : stages(a, g));
	rows_order(a, g);
	return g;
}

bool graph_status(const struct graph_options *o, const struct job *j, enum job_status *ret,
		  bool *ret_allow)
{
	*ret_allow = o->allow_failure ? o->allow_failure[j->index] : j->allow_failure;
	if (!o->status)
		return false;
	*ret = o->status[j->index];
	return true;
}

/* --- the hash --- */

/* Length first, so that no two lists of texts look alike. */
static void hash_str(struct buf *b, str s)
{
	uint64_t n = str_is_null(s) ? UINT64_MAX : s.n;

	for (int i = 0; i < 8; i++)
		buf_addc(b, (char)(n >> (8 * i)));
	buf_adds(b, s);
}

static void hash_number(struct buf *b, uint64_t n)
{
	for (int i = 0; i < 8; i++)
		buf_addc(b, (char)(n >> (8 * i)));
}

static void hash_texts(struct buf *b, const struct str_vec *v)
{
	hash_number(b, v->nr);
	for (size_t i = 0; i < v->nr; i++)
		hash_str(b, v->at[i]);
}

/* Predefined variables tell runs apart: ids, times, places. */
static bool is_predefined(str key)
{
	return str_starts_with(key, STR("CI_")) || str_starts_with(key, STR("GITLAB_"));
}

static void hash_job(struct buf *b, const struct job *j, const struct job_var_vec *vars)
{
	hash_str(b, j->name);
	hash_number(b, j->stage);
	hash_number(b, j->included);
	hash_number(b, j->when);
	hash_number(b, j->start_in_s);
	hash_number(b, j->allow_failure);
	hash_number(b, j->retry.max);
	hash_number(b, j->has_needs);
	hash_number(b, j->needs.nr);
	for (size_t i = 0; i < j->needs.nr; i++) {
		const struct need *n = &j->needs.at[i];

		hash_str(b, n->name);
		hash_number(b, n->artifacts);
		hash_number(b, n->optional);
		hash_number(b, n->nr_jobs);
		for (size_t k = 0; k < n->nr_jobs; k++)
			hash_number(b, n->jobs[k]);
	}
	hash_str(b, j->spec.image.name);
	hash_number(b, j->spec.timeout_s);
	hash_texts(b, &j->spec.script.script);
	hash_texts(b, &j->spec.after_script.script);
	for (size_t i = 0; i < vars->nr; i++) {
		if (is_predefined(vars->at[i].key))
			continue;
		hash_str(b, vars->at[i].key);
		hash_str(b, vars->at[i].value);
	}
}

uint64_t graph_hash(const struct pipeline *p)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	uint64_t h = 0;

	hash_str(&b, p->name);
	hash_number(&b, p->created);
	hash_number(&b, p->stages.nr);
	for (size_t i = 0; i < p->stages.nr; i++)
		hash_str(&b, p->stages.at[i]);
	/* A job at a time, each under the hash of those before it: memory stays flat. */
	for (size_t i = 0; i < p->jobs.nr; i++) {
		const struct job *j = p->jobs.at[i];
		struct job_var_vec vars = j->spec.variables;
		struct arena a;

		arena_init(&a, 0);
		if (vars.nr == 0 && p->variables_of)
			p->variables_of(&a, p, j, &vars);
		hash_job(&b, j, &vars);
		arena_release(&a);
		h = hash_keyed(h, 0x736c697077617921u, b.p, b.n);
		buf_clear(&b);
	}
	return hash_keyed(h, 0x736c697077617921u, b.n ? b.p : "", b.n);
}
