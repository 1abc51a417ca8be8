#include "gitlab/reference.h"

#include "gitlab/config_int.h"
#include "gitlab/memo.h"

#include <string.h>

#define CHAIN_MAX 10  /* references one behind the other */
#define DEPTH_MAX 500 /* nesting of what is walked, all references on the way included */
#define PATH_MAX_SHOWN 20
#define SMALL_MAX 40 /* nodes that are looked through rather than remembered */

struct resolver {
	struct arena *arena;
	struct diags *diags;
	struct node *root;
	const struct map *broken;
	struct memo memo;
	bool failed;
};

static bool is_reference(const struct node *n)
{
	return !str_is_null(n->tag) && str_eq(n->tag, STR("!reference"));
}

/* `!reference ["a", "b"]`, as people see it in errors. */
static str shown(struct resolver *r, const struct node *ref)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	buf_addz(&b, "!reference [");
	for (size_t i = 0; i < ref->seq.nr && i < PATH_MAX_SHOWN; i++)
		buf_addf(&b, "%s\"" STR_FMT "\"", i ? ", " : "",
			 STR_ARG(str_sub(ref->seq.at[i]->text, 0, 200)));
	buf_addz(&b, ref->seq.nr > PATH_MAX_SHOWN ? ", …]" : "]");
	return arena_str(r->arena, buf_str(&b));
}

static bool path_is_valid(const struct node *ref)
{
	if (ref->kind != NODE_SEQ || ref->seq.nr == 0)
		return false;
	for (size_t i = 0; i < ref->seq.nr; i++)
		if (ref->seq.at[i]->kind != NODE_STR)
			return false;
	return true;
}

static void hint_key(struct resolver *r, const struct node *map, str key)
{
	str *names;

	if (r->diags->nr_error > DIAGS_MAX)
		return; /* not shown, and looking for what is near costs time */
	names = arena_array(r->arena, str, map->map.nr + 1);
	for (size_t i = 0; i < map->map.nr; i++)
		names[i] = map->map.at[i].key;
	if (!str_is_null(str_nearest(key, names, map->map.nr)))
		diag_hint_nearest(r->diags, key, names, map->map.nr);
	else
		diag_hint(r->diags, "there is no \"" STR_FMT "\"", STR_ARG(key));
}

/* The value at the path, or NULL, reported. */
static struct node *find_target(struct resolver *r, const struct node *ref)
{
	struct node *at = r->root;
	size_t i = 0;

	while (i < ref->seq.nr && at->kind == NODE_MAP) {
		struct node *next = node_get(at, ref->seq.at[i]->text);

		if (!next)
			break;
		at = next;
		i++;
	}
	/* GitLab takes false for missing, too. */
	if (i == ref->seq.nr && at->kind != NODE_NULL && !(at->kind == NODE_BOOL && !at->boolean))
		return at;
	r->failed = true;
	if (map_find(r->broken, ref->seq.at[0]->text))
		return NULL;
	diag_error(r->diags, ref->pos, STR_FMT " could not be found", STR_ARG(shown(r, ref)));
	if (i == ref->seq.nr)
		diag_hint(r->diags, "its value is %s, which GitLab takes for missing",
			  at->kind == NODE_NULL ? "null" : "false");
	else if (at->kind == NODE_MAP)
		hint_key(r, at, ref->seq.at[i]->text);
	else if (is_reference(at))
		diag_hint(r->diags,
			  "\"" STR_FMT "\" is itself a !reference, which a path "
			  "cannot lead through",
			  STR_ARG(ref->seq.at[i - 1]->text));
	else
		diag_hint(r->diags, "\"" STR_FMT "\" is a %s, a path leads through maps only",
			  STR_ARG(ref->seq.at[i - 1]->text), node_kind_name(at->kind));
	return NULL;
}

/* A place in the walk: nesting, and references followed to get here. */
struct at {
	unsigned depth, chain;
};

/* NULL when it failed; *height is the longest chain of references below. */
static struct node *resolve(struct resolver *r, struct node *n, struct at at, unsigned *height);

static void blame_circle(struct resolver *r, const struct node *ref)
{
	r->failed = true;
	diag_error(r->diags, ref->pos, STR_FMT " is part of a circular chain",
		   STR_ARG(shown(r, ref)));
}

static struct node *resolve_reference(struct resolver *r, struct node *ref, struct at at,
				      unsigned *height)
{
	struct node *target, *value;

	if (!path_is_valid(ref)) {
		r->failed = true;
		diag_error(r->diags, ref->pos, "!reference is not valid");
		diag_hint(r->diags, "write a list of names: !reference [job, key]");
		return NULL;
	}
	target = find_target(r, ref);
	if (!target)
		return NULL;
	if (memo_at(&r->memo, target)->state == MEMO_ACTIVE) {
		blame_circle(r, ref);
		return NULL;
	}
	value = resolve(r, target, (struct at){ at.depth + 1, at.chain + 1 }, height);
	if (!value)
		return NULL;
	if (++*height > CHAIN_MAX) {
		r->failed = true;
		diag_error(r->diags, ref->pos, STR_FMT " leads over more than %d references",
			   STR_ARG(shown(r, ref)), CHAIN_MAX);
		return NULL;
	}
	return value;
}

static struct node *resolve_seq(struct resolver *r, struct node *n, struct at at, unsigned *height)
{
	struct node **items = NULL, *made;
	bool ok = true;

	for (size_t i = 0; i < n->seq.nr; i++) {
		struct node *v = resolve(r, n->seq.at[i], at, height);

		ok &= v != NULL;
		if (v != n->seq.at[i] && !items) {
			items = arena_array(r->arena, struct node *, n->seq.nr);
			memcpy(items, n->seq.at, i * sizeof(*items));
		}
		if (items)
			items[i] = v;
	}
	if (!ok || !items)
		return ok ? n : NULL;
	made = node_new_seq(r->arena, n->pos, items, n->seq.nr);
	made->tag = n->tag;
	return made;
}

static struct node *resolve_map(struct resolver *r, struct node *n, struct at at, unsigned *height)
{
	struct node *made = NULL;
	bool ok = true;

	for (size_t i = 0; i < n->map.nr; i++) {
		struct node *v = resolve(r, n->map.at[i].value, at, height);

		ok &= v != NULL;
		if (!v || v == n->map.at[i].value)
			continue;
		if (!made)
			made = node_copy_map(r->arena, n);
		made->map.at[i].value = v;
	}
	if (!ok || !made)
		return ok ? n : NULL;
	config_reweigh(made);
	return made;
}

/* Looks through a small tree. */
static bool holds_reference(const struct node *n)
{
	if (is_reference(n))
		return true;
	for (size_t i = 0; n->kind == NODE_SEQ && i < n->seq.nr; i++)
		if (holds_reference(n->seq.at[i]))
			return true;
	for (size_t i = 0; n->kind == NODE_MAP && i < n->map.nr; i++)
		if (holds_reference(n->map.at[i].value))
			return true;
	return false;
}

static struct node *resolve(struct resolver *r, struct node *n, struct at at, unsigned *height)
{
	struct memo_entry *e;
	unsigned below = 0;
	struct node *value;

	/* Most of a configuration: no need to remember each. */
	if (n->weight <= SMALL_MAX && !holds_reference(n))
		return n;
	e = memo_at(&r->memo, n);
	if (e->state == MEMO_DONE || e->state == MEMO_FAILED) {
		*height = MAX(*height, e->height);
		return e->value;
	}
	if (e->state == MEMO_ACTIVE) { /* a reference reached itself through its own list */
		blame_circle(r, n);
		return NULL;
	}
	/* Deeper chains would fail on the way back, too; this bounds the stack. */
	if (at.chain > CHAIN_MAX || at.depth > DEPTH_MAX) {
		if (!r->failed)
			diag_error(r->diags, n->pos, "more than %d references or %d levels deep",
				   CHAIN_MAX, DEPTH_MAX);
		r->failed = true;
		return NULL;
	}
	e->state = MEMO_ACTIVE;
	at.depth++;
	if (is_reference(n))
		value = resolve_reference(r, n, at, &below);
	else if (n->kind == NODE_SEQ)
		value = resolve_seq(r, n, at, &below);
	else
		value = resolve_map(r, n, at, &below);
	e = memo_at(&r->memo, n);
	e->state = value ? MEMO_DONE : MEMO_FAILED;
	e->value = value;
	e->height = below;
	*height = MAX(*height, below);
	return value;
}

int reference_resolve(struct arena *a, struct diags *d, struct node *root, const struct map *broken,
		      struct node **ret)
{
	struct resolver r = { .arena = a, .diags = d, .root = root, .broken = broken };
	unsigned height = 0;
	struct node *value;

	memo_init(&r.memo, a);
	value = resolve(&r, root, (struct at){ 0, 0 }, &height);
	if (r.failed || !value)
		return -1;
	*ret = value;
	return 0;
}
