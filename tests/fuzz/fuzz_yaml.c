/* The composer: limits hold, every place lies in the text, diagnostics can be shown,
 * memory stays in proportion, and a tree written as JSON reads back as the same tree. */
#include "fmt/node.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEPTH	 20
#define NODES	 2000
#define EXPANDED 10000

static const struct node_rules small[] = {
	{ SCHEMA_YAML11, 1 << 20, DEPTH, NODES, EXPANDED },
	{ SCHEMA_YAML12, 1 << 20, DEPTH, NODES, EXPANDED },
};

/* What is read back has its aliases written out. */
static const struct node_rules roomy = { SCHEMA_YAML12, 64 << 20, DEPTH, 2 * EXPANDED,
					 2 * EXPANDED };

struct walk {
	const struct source *src;
	bool keys_fit; /* libyaml wants keys below 1,024 characters */
};

static void check_pos(const struct walk *w, struct pos pos)
{
	MUST(pos.src == w->src && pos.line >= 1 && pos.col >= 1);
	MUST(pos.col - 1 <= source_line(pos.src, pos.line).n + 1);
}

/* Counts the nodes, and so checks that weight, depth and places are right. */
static uint64_t walk(struct walk *w, const struct node *n, unsigned depth)
{
	uint64_t weight = 1;

	check_pos(w, n->pos);
	if (n->kind == NODE_SEQ) {
		MUST(depth < DEPTH);
		for (size_t i = 0; i < n->seq.nr; i++)
			weight += walk(w, n->seq.at[i], depth + 1);
	} else if (n->kind == NODE_MAP) {
		MUST(depth < DEPTH);
		for (size_t i = 0; i < n->map.nr; i++) {
			const struct node_entry *e = &n->map.at[i];

			check_pos(w, e->key_pos);
			MUST(node_find(n, e->key) == e);
			w->keys_fit = w->keys_fit && e->key.n < 160;
			weight += walk(w, e->value, depth + 1);
		}
	} else {
		MUST(n->text.p && n->text.p[n->text.n] == '\0');
		MUST(!memchr(n->text.p, 0, n->text.n));
	}
	MUST(n->weight == weight);
	return weight;
}

static void check_diags(const struct diags *d, bool ok)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	MUST(ok == (d->nr_error == 0));
	diags_render(d, &b, false);
	MUST(str_is_utf8(buf_str(&b)));
	for (size_t i = 0; i < b.n; i++)
		MUST((unsigned char)b.p[i] >= 0x20 || b.p[i] == '\n');
}

static void check_round_trip(struct arena *a, const struct node *n)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	CLEANUP(buf_release) struct buf again = BUF_INIT;
	struct node **docs;
	struct diags d;
	size_t nr;

	diags_init(&d, a);
	node_add_json(&b, n);
	MUST(node_parse_yaml(a, source_new(a, STR("j"), buf_str(&b), pos_none), &roomy, &docs, &nr,
			     &d) == 0);
	MUST(nr == 1 && d.nr == 0 && node_equal(n, docs[0]) && node_equal(docs[0], n));
	node_add_json(&again, docs[0]);
	MUST(str_eq(buf_str(&b), buf_str(&again)));
}

/* Merging the same again changes nothing. */
static void check_merge(struct arena *a, struct node *x, struct node *y)
{
	struct node *once = node_deep_merge(a, x, y);
	struct node *twice = node_deep_merge(a, once, y);

	MUST(node_equal(once, twice));
	MUST(once->weight == twice->weight);
}

static void check(const struct node_rules *rules, str text)
{
	CLEANUP(arena_release) struct arena a;
	struct node **docs;
	struct walk w = { .keys_fit = true };
	struct diags d;
	uint64_t total = 0;
	size_t nr = 0;
	bool ok;

	arena_init(&a, 0);
	diags_init(&d, &a);
	w.src = source_new(&a, STR("f.yml"), text, pos_none);
	ok = node_parse_yaml(&a, w.src, rules, &docs, &nr, &d) == 0;
	MUST(a.used <= 200000 + 16 * text.n + 400 * (size_t)EXPANDED);
	check_diags(&d, ok);
	for (size_t i = 0; ok && i < nr; i++)
		total += walk(&w, docs[i], 0);
	MUST(total <= EXPANDED);
	if (!ok || !w.keys_fit)
		return;
	for (size_t i = 0; i < nr; i++)
		check_round_trip(&a, docs[i]);
	for (size_t i = 1; i < nr && i < 5; i++)
		check_merge(&a, docs[i - 1], docs[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str text = { (const char *)data, size };

	if (size > 100000)
		return 0;
	for (size_t i = 0; i < COUNT(small); i++)
		check(&small[i], size ? text : STR(""));
	return 0;
}
