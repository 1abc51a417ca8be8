#include "fmt/node.h"
#include "fmt/node_int.h"

#include <string.h>

#define LIMITS                                                                                     \
	.max_bytes = 2u << 20, .max_depth = 150, .max_nodes = 500 * 1000, .max_expanded = 1000 * 1000

const struct node_rules node_yaml11 = { .schema = SCHEMA_YAML11, LIMITS };
const struct node_rules node_yaml12 = { .schema = SCHEMA_YAML12, LIMITS };

const char *node_kind_name(enum node_kind kind)
{
	static const char *const names[] = {
		[NODE_NULL] = "null",	 [NODE_BOOL] = "boolean", [NODE_INT] = "integer",
		[NODE_FLOAT] = "number", [NODE_STR] = "string",	  [NODE_SEQ] = "list",
		[NODE_MAP] = "map",
	};

	MUST(kind < COUNT(names));
	return names[kind];
}

/* --- the index of a map --- */

static uint32_t *slot_of(struct node_index *index, const struct node_entry *at, str key)
{
	size_t i;

	MUST(index);
	i = hash_bytes(key.p, key.n) & index->mask;

	while (index->slot[i] && !str_eq(at[index->slot[i] - 1].key, key))
		i = (i + 1) & index->mask;
	return &index->slot[i];
}

ssize_t node_index_find(const struct node_index *index, const struct node_entry *at, size_t nr,
			str key)
{
	if (index) {
		size_t i = hash_bytes(key.p, key.n) & index->mask;

		for (; index->slot[i]; i = (i + 1) & index->mask)
			if (str_eq(at[index->slot[i] - 1].key, key))
				return (ssize_t)index->slot[i] - 1;
		return -1;
	}
	/* Looking at the first byte spares most of the calls. */
	for (size_t i = 0; i < nr; i++)
		if (at[i].key.n == key.n &&
		    (key.n == 0 || (at[i].key.p[0] == key.p[0] && str_eq(at[i].key, key))))
			return (ssize_t)i;
	return -1;
}

void node_index_added(struct arena *a, struct node_index **index, const struct node_entry *at,
		      size_t nr)
{
	size_t slots = *index ? (size_t)(*index)->mask + 1 : 0, first = nr - 1;

	if (nr < NODE_INDEX_FROM)
		return;
	if (nr * 2 > slots) {
		slots = slots ? slots : 16;
		while (nr * 2 > slots)
			slots *= 2;
		MUST(slots - 1 <= UINT32_MAX);
		*index = arena_alloc(a, sizeof(**index) + slots * sizeof((*index)->slot[0]));
		(*index)->mask = (uint32_t)(slots - 1);
		first = 0;
	}
	for (size_t i = first; i < nr; i++)
		*slot_of(*index, at, at[i].key) = (uint32_t)(i + 1);
}

/* --- reading --- */

const struct node_entry *node_find(const struct node *map, str key)
{
	ssize_t i;

	if (map->kind != NODE_MAP)
		return NULL;
	i = node_index_find(map->map.index, map->map.at, map->map.nr, key);
	return i < 0 ? NULL : &map->map.at[i];
}

struct node *node_get(const struct node *map, str key)
{
	const struct node_entry *e = node_find(map, key);

	return e ? e->value : NULL;
}

/* --- making --- */

uint32_t node_weight_sum(uint32_t a, uint32_t b)
{
	uint32_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT32_MAX : sum;
}

static struct node *node_new(struct arena *a, struct pos pos, enum node_kind kind)
{
	struct node *n = arena_new(a, struct node);

	n->kind = kind;
	n->pos = pos;
	n->weight = 1;
	return n;
}

struct node *node_new_str(struct arena *a, struct pos pos, str text)
{
	struct node *n = node_new(a, pos, NODE_STR);

	n->text = arena_str(a, str_is_null(text) ? STR("") : text);
	return n;
}

struct node *node_new_bool(struct arena *a, struct pos pos, bool b)
{
	struct node *n = node_new(a, pos, NODE_BOOL);

	n->plain = true;
	n->text = b ? STR("true") : STR("false");
	n->boolean = b;
	return n;
}

struct node *node_new_int(struct arena *a, struct pos pos, int64_t i)
{
	struct node *n = node_new(a, pos, NODE_INT);

	n->plain = true;
	n->text = arena_printf(a, "%lld", (long long)i);
	n->integer = i;
	return n;
}

struct node *node_new_null(struct arena *a, struct pos pos)
{
	struct node *n = node_new(a, pos, NODE_NULL);

	n->plain = true;
	n->text = STR("");
	return n;
}

struct node *node_new_seq(struct arena *a, struct pos pos, struct node *const *at, size_t nr)
{
	struct node *n = node_new(a, pos, NODE_SEQ);

	n->seq.at = arena_array(a, struct node *, nr);
	n->seq.nr = nr;
	for (size_t i = 0; i < nr; i++) {
		n->seq.at[i] = at[i];
		n->weight = node_weight_sum(n->weight, at[i]->weight);
	}
	return n;
}

struct node *node_new_map(struct arena *a, struct pos pos)
{
	return node_new(a, pos, NODE_MAP);
}

void node_set(struct arena *a, struct node *map, struct node_entry entry)
{
	ssize_t was;

	MUST(map->kind == NODE_MAP && entry.value);
	was = node_index_find(map->map.index, map->map.at, map->map.nr, entry.key);
	if (was >= 0) {
		if (map->weight != UINT32_MAX)
			map->weight -= map->map.at[was].value->weight;
		map->map.at[was] = entry;
	} else {
		if (map->map.nr == map->map.cap) {
			size_t cap = map->map.cap;

			MUST(cap < UINT32_MAX / 2);
			map->map.at = vec_grow(a, map->map.at, &cap, sizeof(*map->map.at));
			map->map.cap = (uint32_t)cap;
		}
		map->map.at[map->map.nr++] = entry;
		node_index_added(a, &map->map.index, map->map.at, map->map.nr);
	}
	map->weight = node_weight_sum(map->weight, entry.value->weight);
}

/* A copy that has room for so many more entries. */
static struct node *copy_with_room(struct arena *a, const struct node *map, uint32_t more)
{
	struct node *n = arena_new(a, struct node);

	MUST(map->kind == NODE_MAP && map->map.nr < UINT32_MAX - more);
	*n = *map;
	n->map.cap = map->map.nr + more;
	n->map.at = arena_array(a, struct node_entry, n->map.cap);
	if (map->map.nr)
		memcpy(n->map.at, map->map.at, map->map.nr * sizeof(*n->map.at));
	if (map->map.index) {
		size_t size = sizeof(struct node_index) +
			      ((size_t)map->map.index->mask + 1) * sizeof(uint32_t);

		n->map.index = arena_alloc(a, size);
		memcpy(n->map.index, map->map.index, size);
	}
	return n;
}

struct node *node_copy_map(struct arena *a, const struct node *map)
{
	return copy_with_room(a, map, 0);
}

struct node *node_deep_merge(struct arena *a, struct node *base, struct node *over)
{
	struct node *n;

	if (base->kind != NODE_MAP || over->kind != NODE_MAP || base == over)
		return over;
	if (over->map.nr == 0)
		return base;
	n = copy_with_room(a, base, over->map.nr);
	for (size_t i = 0; i < over->map.nr; i++) {
		struct node_entry e = over->map.at[i];
		struct node *was = node_get(base, e.key);

		if (was)
			e.value = node_deep_merge(a, was, e.value);
		node_set(a, n, e);
	}
	return n;
}

static bool equal_maps(const struct node *x, const struct node *y)
{
	if (x->map.nr != y->map.nr)
		return false;
	for (size_t i = 0; i < x->map.nr; i++) {
		const struct node *other = node_get(y, x->map.at[i].key);

		if (!other || !node_equal(x->map.at[i].value, other))
			return false;
	}
	return true;
}

static bool equal_seqs(const struct node *x, const struct node *y)
{
	if (x->seq.nr != y->seq.nr)
		return false;
	for (size_t i = 0; i < x->seq.nr; i++)
		if (!node_equal(x->seq.at[i], y->seq.at[i]))
			return false;
	return true;
}

static bool equal_reals(double x, double y)
{
	return x == y || (__builtin_isnan(x) && __builtin_isnan(y));
}

bool node_equal(const struct node *x, const struct node *y)
{
	if (x == y)
		return true;
	if (x->kind != y->kind || !str_eq(x->tag, y->tag))
		return false;
	switch (x->kind) {
	case NODE_NULL:
		return true;
	case NODE_BOOL:
		return x->boolean == y->boolean;
	case NODE_INT:
		return x->integer == y->integer;
	case NODE_FLOAT:
		return equal_reals(x->real, y->real);
	case NODE_STR:
		return str_eq(x->text, y->text);
	case NODE_SEQ:
		return equal_seqs(x, y);
	case NODE_MAP:
		return equal_maps(x, y);
	}
	return false;
}
