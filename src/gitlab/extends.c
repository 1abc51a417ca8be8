#include "gitlab/extends.h"

#include "gitlab/config_int.h"

#include <string.h>

/* A map may have parents whose parents … 10 times. */
#define NESTING_MAX 10
#define PARENTS_MAX 1000
#define CHAIN_MAX   1000

enum state { NONE, ACTIVE, DONE };

struct entry {
	enum state state;
	bool failed;
	unsigned height;	    /* 0: extends nothing */
	const struct node *extends; /* its value, NULL without */
	size_t *parents;	    /* indices of root entries */
	size_t nr_parents;
	size_t next; /* parent to look at, while ACTIVE */
	struct node *result;
};

struct extends {
	struct arena *arena;
	struct diags *diags;
	struct node *root;
	struct entry *at; /* one per root entry */
	size_t *stack, nr_stack;
	struct map bases; /* names of several parents → their merge */
	uint64_t *merges_left;
	bool stop;
};

static str name_of(const struct extends *x, size_t i)
{
	return x->root->map.at[i].key;
}

/* --- reading `extends` --- */

static int blame_shape(struct extends *x, size_t i, const struct node *v)
{
	x->at[i].failed = true;
	diag_error(x->diags, v->pos,
		   "jobs:" STR_FMT ":extends config should be an array of strings or a string",
		   STR_ARG(name_of(x, i)));
	return -1;
}

static void blame_parent(struct extends *x, size_t i, const struct node *v, bool unknown)
{
	const struct node *root = x->root;
	str *names;
	size_t nr = 0;

	x->at[i].failed = true;
	diag_error(x->diags, v->pos,
		   unknown ? STR_FMT ": unknown keys in `extends` (" STR_FMT ")"
			   : STR_FMT ": invalid base hashes in `extends` (" STR_FMT ")",
		   STR_ARG(name_of(x, i)), STR_ARG(v->text));
	if (!unknown) {
		diag_hint(x->diags, "\"" STR_FMT "\" is a %s; only a map can be extended",
			  STR_ARG(v->text), node_kind_name(node_get(root, v->text)->kind));
		return;
	}
	if (x->diags->nr_error > DIAGS_MAX)
		return; /* not shown, and looking for what is near costs time */
	names = arena_array(x->arena, str, root->map.nr + 1);
	for (size_t k = 0; k < root->map.nr; k++)
		if (root->map.at[k].value->kind == NODE_MAP)
			names[nr++] = root->map.at[k].key;
	diag_hint_nearest(x->diags, v->text, names, nr);
}

static int read_parent(struct extends *x, size_t i, const struct node *v)
{
	const struct node_entry *e;

	if (v->kind != NODE_STR || v->text.n == 0)
		return blame_shape(x, i, v);
	e = node_find(x->root, v->text);
	if (!e || e->value->kind != NODE_MAP)
		blame_parent(x, i, v, !e);
	else
		x->at[i].parents[x->at[i].nr_parents++] = (size_t)(e - x->root->map.at);
	return 0;
}

static void read_entry(struct extends *x, size_t i)
{
	struct node *v = x->root->map.at[i].value, *parents;
	struct entry *e = &x->at[i];

	e->result = v;
	e->extends = v->kind == NODE_MAP ? node_get(v, STR("extends")) : NULL;
	if (!e->extends)
		return;
	parents = node_get(v, STR("extends"));
	if (parents->kind == NODE_STR) {
		e->parents = arena_array(x->arena, size_t, 1);
		(void)read_parent(x, i, parents);
	} else if (parents->kind != NODE_SEQ || parents->seq.nr == 0 ||
		   !str_is_null(parents->tag)) {
		(void)blame_shape(x, i, parents);
	} else if (parents->seq.nr > PARENTS_MAX) {
		e->failed = true;
		diag_error(x->diags, parents->pos, STR_FMT ": more than %d keys in `extends`",
			   STR_ARG(name_of(x, i)), PARENTS_MAX);
	} else {
		e->parents = arena_array(x->arena, size_t, parents->seq.nr);
		for (size_t k = 0; k < parents->seq.nr; k++)
			if (read_parent(x, i, parents->seq.at[k]) < 0)
				break;
	}
}

/* --- merging, parents first --- */

static struct node *merge(struct extends *x, struct node *base, struct node *over)
{
	struct node *merged = config_merge(x->arena, x->diags, x->merges_left, base, over);

	x->stop |= !merged;
	return merged;
}

/* The job over its base, without its `extends`: what config_merge would make, in
 * exactly the memory it takes, because there may be 10,000 of them. */
static struct node *merge_job(struct extends *x, const struct node *base, const struct node *own)
{
	struct node *made = node_new_map(x->arena, own->pos);
	uint32_t room = base->map.nr;

	if (!config_charge(x->diags, x->merges_left, (uint64_t)base->map.nr + own->map.nr,
			   own->pos)) {
		x->stop = true;
		return NULL;
	}
	for (size_t k = 0; k < own->map.nr; k++)
		room += !node_find(base, own->map.at[k].key);
	made->map.at = arena_array(x->arena, struct node_entry, room);
	made->map.cap = room;
	for (size_t k = 0; k < base->map.nr; k++)
		node_set(x->arena, made, base->map.at[k]);
	for (size_t k = 0; k < own->map.nr && !x->stop; k++) {
		struct node_entry e = own->map.at[k];
		struct node *was = node_get(base, e.key);

		if (str_eq(e.key, STR("extends")))
			continue;
		if (was && was->kind == NODE_MAP && e.value->kind == NODE_MAP)
			e.value = merge(x, was, e.value);
		if (e.value)
			node_set(x->arena, made, e);
	}
	return x->stop ? NULL : made;
}

/* What the parents make together, the later over the earlier.  Jobs tend to name
 * the same ones, so the merge is kept by their indices. */
static struct node *base_of(struct extends *x, const struct entry *e)
{
	str key = { (const char *)e->parents, e->nr_parents * sizeof(*e->parents) };
	struct node *base = x->at[e->parents[0]].result;
	void **kept;

	if (e->nr_parents == 1)
		return base;
	base = map_get(&x->bases, key);
	if (base)
		return base;
	base = x->at[e->parents[0]].result;
	for (size_t k = 1; base && k < e->nr_parents; k++)
		base = merge(x, base, x->at[e->parents[k]].result);
	kept = map_put(&x->bases, key);
	*kept = base;
	return base;
}

static void finish(struct extends *x, size_t i)
{
	struct entry *e = &x->at[i];
	struct node *own = x->root->map.at[i].value, *base, *made;

	e->state = DONE;
	for (size_t k = 0; k < e->nr_parents; k++) {
		const struct entry *p = &x->at[e->parents[k]];

		e->failed |= p->failed;
		e->height = MAX(e->height, p->height + 1);
	}
	if (e->failed || !e->extends || x->stop)
		return;
	if (e->height > NESTING_MAX + 1) {
		e->failed = true;
		diag_error(x->diags, e->extends->pos, STR_FMT ": nesting too deep in `extends`",
			   STR_ARG(name_of(x, i)));
		diag_hint(x->diags, "at most %d levels", NESTING_MAX);
		return;
	}
	base = base_of(x, e);
	made = base ? merge_job(x, base, own) : NULL;
	if (made)
		e->result = made;
}

static void blame_circle(struct extends *x, size_t i)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	size_t from = x->nr_stack;

	while (from > 0 && x->stack[from - 1] != i)
		from--;
	from -= from > 0;
	for (size_t k = from; k < x->nr_stack && k < from + 10; k++)
		buf_addf(&b, STR_FMT " -> ", STR_ARG(name_of(x, x->stack[k])));
	if (x->nr_stack > from + 10)
		buf_addz(&b, "… -> ");
	buf_adds(&b, name_of(x, i));
	for (size_t k = from; k < x->nr_stack; k++)
		x->at[x->stack[k]].failed = true;
	diag_error(x->diags, x->at[i].extends->pos,
		   STR_FMT ": circular dependency detected in `extends`", STR_ARG(name_of(x, i)));
	diag_hint(x->diags, STR_FMT, STR_ARG(buf_str(&b)));
}

/* Depth first, with a stack of our own: chains may be as long as the file. */
static void visit(struct extends *x, size_t first)
{
	x->nr_stack = 0;
	x->stack[x->nr_stack++] = first;
	x->at[first].state = ACTIVE;
	while (x->nr_stack > 0) {
		size_t i = x->stack[x->nr_stack - 1];
		struct entry *e = &x->at[i];

		if (e->next == e->nr_parents) {
			finish(x, i);
			x->nr_stack--;
			continue;
		}
		i = e->parents[e->next++];
		if (x->at[i].state == ACTIVE) {
			blame_circle(x, i);
		} else if (x->at[i].state == NONE) {
			x->at[i].state = ACTIVE;
			x->stack[x->nr_stack++] = i;
		}
	}
}

/* The root with the results in place of what was written. */
static struct node *new_root(struct extends *x)
{
	struct node *root = NULL;

	for (size_t i = 0; i < x->root->map.nr; i++) {
		struct node *was = x->root->map.at[i].value, *now = x->at[i].result;

		if (was == now)
			continue;
		if (!root)
			root = node_copy_map(x->arena, x->root);
		root->map.at[i].value = now;
	}
	if (!root)
		return x->root;
	config_reweigh(root);
	return root;
}

int extends_resolve(struct arena *a, struct diags *d, struct node *root, uint64_t *merges_left,
		    struct map *failed, struct node **ret)
{
	struct extends x = {
		.arena = a, .diags = d, .root = root, .merges_left = merges_left
	};
	bool any = false;

	x.at = arena_array(a, struct entry, root->map.nr + 1);
	x.stack = arena_array(a, size_t, root->map.nr + 1);
	map_init(&x.bases, a);
	for (size_t i = 0; i < root->map.nr; i++) {
		read_entry(&x, i);
		any |= x.at[i].extends != NULL;
	}
	for (size_t i = 0; any && i < root->map.nr; i++)
		if (x.at[i].state == NONE)
			visit(&x, i);
	for (size_t i = 0; i < root->map.nr; i++)
		if (x.at[i].failed)
			map_set(failed, name_of(&x, i), root);
	*ret = any ? new_root(&x) : root;
	return x.stop || failed->nr > 0 ? -1 : 0;
}

/* --- for explain --- */

static void add_chain(struct arena *a, const struct node *root, str job, unsigned depth,
		      struct str_vec *chain)
{
	const struct node *v = node_get(root, job), *parents;

	if (!v || depth > NESTING_MAX + 1 || chain->nr >= CHAIN_MAX)
		return;
	parents = v->kind == NODE_MAP ? node_get(v, STR("extends")) : NULL;
	if (parents && parents->kind == NODE_STR)
		add_chain(a, root, parents->text, depth + 1, chain);
	for (size_t i = 0; parents && parents->kind == NODE_SEQ && i < parents->seq.nr; i++)
		if (parents->seq.at[i]->kind == NODE_STR)
			add_chain(a, root, parents->seq.at[i]->text, depth + 1, chain);
	if (chain->nr < CHAIN_MAX)
		vec_add(a, chain, job);
}

struct str_vec gitlab_extends_chain(struct arena *a, const struct node *unresolved, str job)
{
	struct str_vec chain = { 0 };

	if (unresolved->kind == NODE_MAP)
		add_chain(a, unresolved, job, 0, &chain);
	return chain;
}
