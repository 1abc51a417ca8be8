#include "yaml_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#define READ(name, rules, text)                                                                    \
	CLEANUP(yaml_text_release) struct yaml_text name;                                          \
	yaml_text_read(&(name), (rules), str_of(text))

/* --- what texts mean --- */

static const struct {
	const char *text, *yaml11, *yaml12; /* as JSON; NULL: like YAML 1.1 */
} scalars[] = {
	{ "", "null", NULL },
	{ "~", "null", NULL },
	{ "null", "null", NULL },
	{ "Null", "null", NULL },
	{ "nULL", "null", "\"nULL\"" },
	{ "true", "true", NULL },
	{ "TRUE", "true", NULL },
	{ "tRue", "true", "\"tRue\"" },
	{ "yes", "true", "\"yes\"" },
	{ "On", "true", "\"On\"" },
	{ "no", "false", "\"no\"" },
	{ "OFF", "false", "\"OFF\"" },
	{ "False", "false", NULL },
	{ "y", "\"y\"", NULL },
	{ "n", "\"n\"", NULL },
	{ "yess", "\"yess\"", NULL },
	{ "'true'", "\"true\"", NULL },
	{ "\"1\"", "\"1\"", NULL },
	{ "0", "0", NULL },
	{ "-0", "0", NULL },
	{ "12", "12", NULL },
	{ "+12", "12", NULL },
	{ "-12", "-12", NULL },
	{ "012345", "5349", "12345" },
	{ "-017", "-15", "-17" },
	{ "08", "\"08\"", "8" },
	{ "0o17", "\"0o17\"", "15" },
	{ "0x1f", "31", NULL },
	{ "-0x1F", "-31", "\"-0x1F\"" },
	{ "0x", "\"0x\"", "\"0x\"" },
	{ "0xg", "\"0xg\"", NULL },
	{ "0b101", "5", "\"0b101\"" },
	{ "0b", "\"0b\"", NULL },
	{ "0b2", "\"0b2\"", NULL },
	{ "1_000", "1000", "\"1_000\"" },
	{ "1__0", "\"1__0\"", NULL },
	{ "1_", "\"1_\"", NULL },
	{ "_1", "\"_1\"", NULL },
	{ "1,000", "1000", "\"1,000\"" },
	{ "9223372036854775807", "9223372036854775807", NULL },
	{ "-9223372036854775808", "-9223372036854775808", NULL },
	{ "9223372036854775808", "9.223372036854778e+18", NULL },
	{ "1:30", "5400", "\"1:30\"" },
	{ "22:22", "80520", "\"22:22\"" },
	{ "1:30:15", "5415", "\"1:30:15\"" },
	{ "-1:30", "-1800", "\"-1:30\"" },
	{ "1:60", "\"1:60\"", NULL },
	{ "1:2:3:4", "\"1:2:3:4\"", NULL },
	{ "1:30.5", "5430.0", "\"1:30.5\"" },
	{ "1.5", "1.5", NULL },
	{ "-1.5", "-1.5", NULL },
	{ "1.", "1.0", NULL },
	{ ".5", "0.5", NULL },
	{ ".", "\".\"", NULL },
	{ "-.", "\"-.\"", NULL },
	{ "1.2.3", "\"1.2.3\"", NULL },
	{ "1e3", "\"1e3\"", "1000.0" },
	{ "1.0e+3", "1000.0", NULL },
	{ "1.0e3", "\"1.0e3\"", "1000.0" },
	{ "1.e+", "\"1.e+\"", NULL },
	{ ".e+3", "\".e+3\"", NULL },
	{ "1_0.5", "10.5", "\"1_0.5\"" },
	{ "3.14159265358979", "3.14159265358979", NULL },
	{ "0.1", "0.1", NULL },
	{ ".inf", ".inf", NULL },
	{ "-.INF", "-.inf", NULL },
	{ "+.inf", ".inf", NULL },
	{ ".nan", ".nan", NULL },
	{ ".iNf", ".inf", "\".iNf\"" },
	{ "2024-01-31", "\"2024-01-31\"", NULL },
	{ "2024-01-31 12:00:00", "\"2024-01-31 12:00:00\"", NULL },
	{ ":symbol", "\":symbol\"", NULL },
	{ "+", "\"+\"", NULL },
	{ "!!str 12", "\"12\"", NULL },
	{ "! 12", "\"12\"", NULL },
	{ "!!float 12", "12.0", NULL },
	{ "!!int \"12\"", "12", NULL },
	{ "!!bool true", "true", NULL },
	{ "!!null null", "null", NULL },
	{ "!mine 12", "!mine 12", NULL },
	{ "|\n  a\n  b\n", "\"a\\nb\\n\"", NULL },
	{ ">-\n  a\n  b\n", "\"a b\"", NULL },
};

static void scalars_mean_what_psych_or_the_core_schema_says(void **state UNUSED)
{
	for (size_t i = 0; i < 2 * COUNT(scalars); i++) {
		bool core = i >= COUNT(scalars);
		size_t row = i % COUNT(scalars);
		const char *want =
			core && scalars[row].yaml12 ? scalars[row].yaml12 : scalars[row].yaml11;
		CLEANUP(arena_release) struct arena a;
		CLEANUP(yaml_text_release) struct yaml_text t;
		str got;

		arena_init(&a, 0);
		yaml_text_read(&t, core ? &node_yaml12 : &node_yaml11,
			       arena_printf(&a, "a: %s\n", scalars[row].text));
		got = yaml_text_json(&t);
		assert_string_equal(got.p, arena_printf(&a, "{\"a\": %s}", want).p);
	}
}

static const struct {
	const char *text, *json;
} documents[] = {
	{ "", "null" },
	{ "# only a comment\n", "null" },
	{ "---\n", "null" },
	{ "\xef\xbb\xbf" "a: 1\n", "{\"a\": 1}" },
	{ "a: b\r\nc: d\r\n", "{\"a\": \"b\", \"c\": \"d\"}" },
	{ "{a: [1, {b: c}], d: }", "{\"a\": [1, {\"b\": \"c\"}], \"d\": null}" },
	{ "- - 1\n  - 2\n- {}\n- []\n", "[[1, 2], {}, []]" },
	/* keys keep their text */
	{ "true: 1\non: 2\n012: 3\n~: 4\n", "{\"true\": 1, \"on\": 2, \"012\": 3, \"~\": 4}" },
	{ "'a b': 1\n? c\n: 2\n", "{\"a b\": 1, \"c\": 2}" },
	{ "'': 1\n", "{\"\": 1}" },
	{ "&k a: 1\nb: *k\n", "{\"a\": 1, \"b\": \"a\"}" },
	{ "a: &k b\n*k : 1\n", "{\"a\": \"b\", \"b\": 1}" },
	/* anchors */
	{ "a: &x [1]\nb: *x\n", "{\"a\": [1], \"b\": [1]}" },
	{ "a: &x 1\nb: &x 2\nc: *x\n", "{\"a\": 1, \"b\": 2, \"c\": 2}" },
	{ "a: &x {b: &x 1, c: *x}\nd: *x\n", "{\"a\": {\"b\": 1, \"c\": 1}, \"d\": 1}" },
	{ "a: &x\nb: *x\n", "{\"a\": null, \"b\": null}" },
	/* tags */
	{ "a: !reference [b, script]\n", "{\"a\": !reference [\"b\", \"script\"]}" },
	{ "a: !!seq [1]\nb: !!map {c: 1}\n", "{\"a\": [1], \"b\": {\"c\": 1}}" },
	{ "%TAG !e! !own-\n--- !e!tag {a: 1}\n", "!own-tag {\"a\": 1}" },
	{ "!<!a,b> x", "!a%2Cb \"x\"" },
	/* merge keys */
	{ "b: &b {x: 1, y: 2}\na:\n  <<: *b\n  y: 3\n",
	  "{\"b\": {\"x\": 1, \"y\": 2}, \"a\": {\"x\": 1, \"y\": 3}}" },
	{ "a: {<<: {x: 1}, y: 2}\n", "{\"a\": {\"x\": 1, \"y\": 2}}" },
	{ "a: {<<: [{x: 1}, {x: 2, y: 2}]}\n", "{\"a\": {\"x\": 1, \"y\": 2}}" },
	{ "a: {'!!str': 1, !!str <<: 2}\n", "{\"a\": {\"!!str\": 1, \"<<\": 2}}" },
	/* texts that JSON must escape */
	{ "\"a\\\"\\\\\\t\\n\\e\\x7f\\N\\L\\P\\uFEFF\"",
	  "\"a\\\"\\\\\\t\\n\\u001b\\u007f\\u0085\\u2028\\u2029\\ufeff\"" },
};

static void documents_become_trees(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(documents); i++) {
		READ(t, &node_yaml11, documents[i].text);

		assert_string_equal(yaml_text_json(&t).p, documents[i].json);
		assert_int_equal(t.nr, 1);
		assert_int_equal(t.diags.nr, 0);
	}
}

static void a_stream_has_several_documents(void **state UNUSED)
{
	READ(t, &node_yaml11, "spec: 1\n---\na: b\n---\n...\n---\nc\n");

	assert_true(t.ok);
	assert_int_equal(t.nr, 4);
	assert_int_equal(t.docs[0]->kind, NODE_MAP);
	assert_int_equal(t.docs[2]->kind, NODE_NULL);
	assert_string_equal(t.docs[3]->text.p, "c");
}

/* --- merge keys and duplicates --- */

static void psych_merges_where_the_key_stands_and_says_so(void **state UNUSED)
{
	const char *text = "b: &b {x: 1, y: 1}\na:\n  x: 2\n  <<: *b\n  y: 2\n";
	READ(t, &node_yaml11, text);
	READ(core, &node_yaml12, text);

	assert_string_equal(yaml_text_json(&t).p,
			    "{\"b\": {\"x\": 1, \"y\": 1}, \"a\": {\"x\": 1, \"y\": 2}}");
	assert_int_equal(t.diags.nr_warning, 1);
	assert_string_equal(t.diags.at[0].message.p,
			    "`<<` replaces \"x\" of line 3, which stands above it");
	assert_int_equal(t.diags.at[0].pos.line, 4);
	assert_string_equal(yaml_text_json(&core).p,
			    "{\"b\": {\"x\": 1, \"y\": 1}, \"a\": {\"x\": 2, \"y\": 2}}");
	assert_int_equal(core.diags.nr, 0);
}

static void the_last_of_two_equal_keys_wins_with_a_warning(void **state UNUSED)
{
	READ(t, &node_yaml11, "a: 1\nb: 2\n\"a\": 3\n");

	assert_string_equal(yaml_text_json(&t).p, "{\"a\": 3, \"b\": 2}");
	assert_int_equal(t.docs[0]->weight, 3);
	assert_int_equal(t.diags.nr_warning, 1);
	assert_int_equal(t.diags.at[0].pos.line, 3);
	assert_string_equal(t.diags.at[0].message.p,
			    "key \"a\" replaces the one at line 1, column 1");
}

static void an_entry_knows_how_it_came_into_its_map(void **state UNUSED)
{
	READ(t, &node_yaml11, "b: &b {x: 1}\na:\n  <<: *b\n  y: *b\n  z: 1\n");
	const struct node *a = node_get(t.docs[0], STR("a"));

	assert_int_equal(node_find(a, STR("x"))->via, VIA_MERGE_KEY);
	assert_int_equal(node_find(a, STR("x"))->key_pos.line, 1);
	assert_int_equal(node_find(a, STR("y"))->via, VIA_ALIAS);
	assert_int_equal(node_find(a, STR("z"))->via, VIA_WRITTEN);
	assert_null(node_find(a, STR("<<")));
	assert_ptr_equal(node_get(a, STR("y")), node_get(t.docs[0], STR("b")));
}

/* --- places --- */

static const struct {
	const char *text;
	uint32_t key_line, key_col, line, col; /* of the entry "k" and its value */
} places[] = {
	{ "k: v", 1, 1, 1, 4 },
	{ "\xef\xbb\xbfk: v", 1, 1, 1, 4 },
	{ "# \xc3\xa9\n\"k\": \xc3\xa9\n", 2, 1, 2, 6 },
	{ "{\xc3\xa9: 1, k: v}", 1, 9, 1, 12 },
	{ "a: 1\r\nk: v\r\n", 2, 1, 2, 4 },
	{ "\xc3\xa9: 1\r\n\r\nk: v\r\n", 3, 1, 3, 4 },
	{ "k:\n  a: 1\n", 1, 1, 2, 3 },
	{ "k: &x v", 1, 1, 1, 7 },
	{ "k: &x\n  # why\n  a: 1\n", 1, 1, 3, 3 },
	{ "\xc3\xa9: 1\nk: &x\n  a: 1\n", 2, 1, 3, 3 },
	{ "k: !reference [a]", 1, 1, 1, 4 },
	{ "k: |\n  text\n", 1, 1, 1, 4 },
	{ "k: &x\nl: 1\n", 1, 1, 1, 4 },
	{ "? k\n: v\n", 1, 3, 2, 3 },
};

static void every_node_knows_its_place(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(places); i++) {
		READ(t, &node_yaml11, places[i].text);
		const struct node_entry *e = node_find(t.docs[0], STR("k"));

		assert_int_equal(e->key_pos.line, places[i].key_line);
		assert_int_equal(e->key_pos.col, places[i].key_col);
		assert_int_equal(e->value->pos.line, places[i].line);
		/* An anchor without content stands where it stands. */
		if (!str_eq(e->value->text, STR("")))
			assert_int_equal(e->value->pos.col, places[i].col);
	}
}

/* --- limits --- */

static void repeat(struct buf *b, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_addz(b, text);
}

static void texts_up_to_the_limits_are_read_and_no_further(void **state UNUSED)
{
	const struct node_rules rules = { SCHEMA_YAML11, 20, 3, 5, 7 };
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "[a, b, c, d]       \n", "" },
		{ "[a, b, c, d]        \n", "the text has 21 bytes, the limit is 20" },
		{ "[[[a]]]", "" },
		{ "[[[[]]]]", "lists and maps are nested deeper than 3 levels, which is the limit" },
		{ "[a, b, c, d, e]", "more than 5 nodes, which is the limit" },
		{ "[&a [b, c], *a]", "" },
		{ "[&a [b,c],*a,*a]",
		  "more than 7 nodes once aliases are expanded, the limit for 4 written ones" },
		{ "[&a [a],[[*a]]]",
		  "lists and maps are nested deeper than 3 levels, which is the limit" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		READ(t, &rules, cases[i].text);

		assert_string_equal(yaml_text_first_message(&t).p, cases[i].message);
		assert_int_equal(t.ok, cases[i].message[0] == '\0');
	}
}

/* Hostile texts: built here because of their size. */
static void add_hostile(struct buf *b, int which)
{
	switch (which) {
	case 0:
		repeat(b, "[", 100000);
		break;
	case 1:
		repeat(b, "{a: ", 100000);
		break;
	case 2:
		repeat(b, "- ", 100000);
		break;
	case 3:
		repeat(b, "? ", 100000);
		break;
	case 4: /* one scalar of 10 MB */
		buf_addz(b, "a: ");
		repeat(b, "0123456789", 1000 * 1000);
		break;
	case 5: /* a large anchor, many times */
		buf_addz(b, "a: &a [");
		repeat(b, "x,", 50000);
		buf_addz(b, "]\nb: [");
		repeat(b, "*a,", 10000);
		buf_addz(b, "]\n");
		break;
	case 6: /* the same through merge keys */
		buf_addz(b, "a: &a {");
		for (int i = 0; i < 1000; i++)
			buf_addf(b, "k%d: 1,", i);
		buf_addz(b, "}\n");
		for (int i = 0; i < 50000; i++)
			buf_addf(b, "b%d: {<<: *a}\n", i);
		break;
	case 7: /* each merges the one before */
		buf_addz(b, "a0: &a0 {k: 1}\n");
		for (int i = 1; i < 40000; i++)
			buf_addf(b, "a%d: &a%d {<<: *a%d, k%d: 1}\n", i, i, i - 1, i);
		break;
	case 8: /* tags are looked up in a list */
		for (int i = 0; i < 80000; i++)
			buf_addf(b, "%%TAG !t%d! tag:x,2000:\n", i);
		buf_addz(b, "---\na\n");
		break;
	default:
		repeat(b, "a,", 1000 * 1000);
	}
}

static void hostile_texts_are_refused_at_once(void **state UNUSED)
{
	for (int i = 0; i <= 8; i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		CLEANUP(yaml_text_release) struct yaml_text t;
		clock_t start = clock();

		add_hostile(&b, i);
		yaml_text_read(&t, &node_yaml11, buf_str(&b));
		assert_false(t.ok);
		assert_int_equal(t.diags.nr_error, 1);
		assert_true(t.arena.used <= (size_t)100 << 20);
		/* Generous: sanitizers, a busy machine.  Quadratic ones take minutes. */
		assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
	}
}

static void large_maps_are_searched_by_hash(void **state UNUSED)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	CLEANUP(yaml_text_release) struct yaml_text t;
	char key[16];

	for (int i = 0; i < 50000; i++)
		buf_addf(&b, "key%d: %d\n", i, i);
	yaml_text_read(&t, &node_yaml11, buf_str(&b));
	assert_true(t.ok);
	assert_int_equal(t.docs[0]->map.nr, 50000);
	assert_int_equal(t.docs[0]->weight, 50001);
	for (int i = 0; i < 50000; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		assert_int_equal(node_get(t.docs[0], str_of(key))->integer, i);
	}
	assert_null(node_get(t.docs[0], STR("key50000")));
}

static void a_map_of_any_size_finds_its_keys(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a;
	struct node *map;

	arena_init(&a, 0);
	map = node_new_map(&a, pos_none);
	for (int i = 0; i < 100; i++) {
		struct node_entry e = { arena_printf(&a, "k%d", i), pos_none,
					node_new_int(&a, pos_none, i), VIA_WRITTEN };
		struct node *copy = node_copy_map(&a, map);

		node_set(&a, map, e);
		node_set(&a, map, e); /* replaces */
		assert_int_equal(map->map.nr, i + 1);
		assert_int_equal(map->weight, i + 2);
		assert_int_equal(copy->map.nr, i);
		for (int k = 0; k <= i; k++) {
			str key = arena_printf(&a, "k%d", k);

			assert_int_equal(node_get(map, key)->integer, k);
			assert_int_equal(node_get(copy, key) != NULL, k < i);
		}
	}
}

/* --- merging and comparing --- */

static const struct {
	const char *base, *over, *result;
} merges[] = {
	{ "{a: 1}", "{b: 2}", "{\"a\": 1, \"b\": 2}" },
	{ "{a: 1, b: 2}", "{a: 3}", "{\"a\": 3, \"b\": 2}" },
	{ "{a: {x: 1, y: 2}}", "{a: {y: 3, z: 4}}", "{\"a\": {\"x\": 1, \"y\": 3, \"z\": 4}}" },
	{ "{a: [1, 2]}", "{a: [3]}", "{\"a\": [3]}" },
	{ "{a: {x: 1}}", "{a: }", "{\"a\": null}" },
	{ "{a: 1}", "{a: {x: 1}}", "{\"a\": {\"x\": 1}}" },
	{ "{}", "{a: 1}", "{\"a\": 1}" },
	{ "{a: 1}", "{}", "{\"a\": 1}" },
	{ "[1]", "[2]", "[2]" },
	{ "{a: 1}", "x", "\"x\"" },
};

static void deep_merge_is_that_of_ruby_and_leaves_its_inputs(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(merges); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		READ(base, &node_yaml11, merges[i].base);
		READ(over, &node_yaml11, merges[i].over);
		str before = yaml_text_json(&base), over_before = yaml_text_json(&over);

		node_add_json(&b, node_deep_merge(&base.arena, base.docs[0], over.docs[0]));
		assert_string_equal(b.p, merges[i].result);
		assert_string_equal(yaml_text_json(&base).p, before.p);
		assert_string_equal(yaml_text_json(&over).p, over_before.p);
	}
}

static const struct {
	const char *x, *y;
	bool equal;
} pairs[] = {
	{ "{a: 1, b: [x, ~]}", "{b: ['x', null], a: 0x1}", true },
	{ "{a: 1}", "{a: 1, b: 2}", false },
	{ "{a: 1}", "{b: 1}", false },
	{ "[1]", "[1.0]", false },
	{ "['1']", "[1]", false },
	{ "[1, 2]", "[2, 1]", false },
	{ "[1]", "[1, 1]", false },
	{ "[yes]", "[true]", true },
	{ "[yes]", "[no]", false },
	{ "[.nan]", "[.NaN]", true },
	{ "!a [1]", "!b [1]", false },
	{ "!a [1]", "[1]", false },
	{ "{}", "[]", false },
};

static void trees_are_equal_by_value(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		READ(x, &node_yaml11, pairs[i].x);
		READ(y, &node_yaml11, pairs[i].y);

		assert_int_equal(node_equal(x.docs[0], y.docs[0]), pairs[i].equal);
		assert_int_equal(node_equal(y.docs[0], x.docs[0]), pairs[i].equal);
	}
}

static void weight_counts_aliases_as_often_as_they_stand(void **state UNUSED)
{
	READ(t, &node_yaml11, "a: &a [1, 2]\nb: {<<: {x: *a}, y: *a}\nc: &a 1\nc: 2\n");
	struct node *three[3] = { t.docs[0], t.docs[0], t.docs[0] };

	assert_int_equal(node_get(t.docs[0], STR("a"))->weight, 3);
	assert_int_equal(node_get(t.docs[0], STR("b"))->weight, 7);
	assert_int_equal(t.docs[0]->weight, 12);
	assert_int_equal(node_new_seq(&t.arena, pos_none, three, 3)->weight, 37);
}

static void made_nodes_read_like_written_ones(void **state UNUSED)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	READ(t, &node_yaml11, "['x', true, -5, null]");
	struct node *made[] = {
		node_new_str(&t.arena, pos_none, STR("x")),
		node_new_bool(&t.arena, pos_none, true),
		node_new_int(&t.arena, pos_none, -5),
		node_new_null(&t.arena, pos_none),
	};
	struct node *seq = node_new_seq(&t.arena, pos_none, made, COUNT(made));

	assert_true(node_equal(seq, t.docs[0]));
	assert_string_equal(made[2]->text.p, "-5");
	assert_string_equal(node_kind_name(seq->kind), "list");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_mean_what_psych_or_the_core_schema_says),
		cmocka_unit_test(documents_become_trees),
		cmocka_unit_test(a_stream_has_several_documents),
		cmocka_unit_test(psych_merges_where_the_key_stands_and_says_so),
		cmocka_unit_test(the_last_of_two_equal_keys_wins_with_a_warning),
		cmocka_unit_test(an_entry_knows_how_it_came_into_its_map),
		cmocka_unit_test(every_node_knows_its_place),
		cmocka_unit_test(texts_up_to_the_limits_are_read_and_no_further),
		cmocka_unit_test(hostile_texts_are_refused_at_once),
		cmocka_unit_test(large_maps_are_searched_by_hash),
		cmocka_unit_test(a_map_of_any_size_finds_its_keys),
		cmocka_unit_test(deep_merge_is_that_of_ruby_and_leaves_its_inputs),
		cmocka_unit_test(trees_are_equal_by_value),
		cmocka_unit_test(weight_counts_aliases_as_often_as_they_stand),
		cmocka_unit_test(made_nodes_read_like_written_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
