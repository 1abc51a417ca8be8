/* The composer: libyaml's events in, nodes out.
 *
 * Open collections are frames on a stack; their children wait on two shared
 * stacks (`items`, `entries`) and move into the arena, in exact size, when the
 * collection ends.  Keys never become nodes.
 */
#include "fmt/node_int.h"

#include <string.h>

#define GROWTH_MAX 20 /* times the nodes written, through aliases */

struct anchor {
	struct node *node;
	unsigned height; /* collections from the node down to its deepest scalar */
	bool open;	 /* its collection has not ended yet */
};

struct frame {
	struct node *node;
	struct anchor *anchor; /* or NULL */
	size_t first;	       /* of its children on the stack */
	unsigned height;       /* of the highest child */
	uint64_t weight;       /* of all children */
	struct node_index *index;
	bool has_key, is_merge; /* a key was read, its value is next */
	str key;
	struct pos key_pos;
};

/* A place in the text; columns count bytes. */
struct place {
	size_t at, line_start;
	uint32_t line;
};

struct composer {
	struct arena *arena, scratch;
	const struct source *src;
	str text;
	bool simple; /* libyaml's marks are bytes and lines as we count them */
	const struct node_rules *rules;
	struct diags *diags;
	yaml_parser_t parser;
	yaml_event_t event; /* here, because clearing it anew for each event costs 2 % */

	struct frame *frames;
	unsigned depth;
	struct node **items;
	size_t nr_items, cap_items;
	struct node_entry *entries;
	size_t nr_entries, cap_entries;
	struct map anchors; /* of this document */
	struct node *root;
	VEC(struct node *) docs;

	size_t nr_nodes;
	uint64_t nr_expanded;
	struct place cursor; /* where the last mark was found */
	size_t cursor_chars;
};

/* --- places --- */

/* Marks count characters; walk from the mark before, which is near. */
static struct place walk_to(struct composer *c, size_t chars)
{
	struct place *p = &c->cursor;

	while (c->cursor_chars > chars && p->at) {
		p->at--;
		if (((unsigned char)c->text.p[p->at] & 0xc0) != 0x80)
			c->cursor_chars--;
		if (c->text.p[p->at] == '\n') {
			p->line--;
			p->line_start = (size_t)(str_rindex(str_sub(c->text, 0, p->at), '\n') + 1);
		}
	}
	while (c->cursor_chars < chars && p->at < c->text.n) {
		if (c->text.p[p->at++] == '\n') {
			p->line++;
			p->line_start = p->at;
		}
		while (p->at < c->text.n && ((unsigned char)c->text.p[p->at] & 0xc0) == 0x80)
			p->at++;
		c->cursor_chars++;
	}
	return *p;
}

static struct place place_of(struct composer *c, const yaml_mark_t *mark)
{
	if (!c->simple)
		return walk_to(c, mark->index);
	return (struct place){ mark->index, mark->index - mark->column, (uint32_t)mark->line + 1 };
}

static struct pos pos_of(struct composer *c, const yaml_mark_t *mark)
{
	struct place p = place_of(c, mark);

	return (struct pos){ c->src, p.line, (uint32_t)(p.at - p.line_start) + 1 };
}

/* Where the content starts of a node that has an anchor before it. */
static struct pos pos_after_anchor(struct composer *c, const yaml_mark_t *mark)
{
	struct place p = place_of(c, mark);
	const char *text = c->text.p;
	size_t n = c->text.n;

	if (p.at < n && text[p.at] == '&')
		while (p.at < n && !strchr(" \t\r\n,[]{}", text[p.at]))
			p.at++;
	while (p.at < n && strchr(" \t\r\n#", text[p.at])) {
		if (text[p.at] == '#')
			while (p.at + 1 < n && text[p.at + 1] != '\n')
				p.at++;
		if (text[p.at++] == '\n') {
			p.line++;
			p.line_start = p.at;
		}
	}
	return p.at < n ? (struct pos){ c->src, p.line, (uint32_t)(p.at - p.line_start) + 1 }
			: pos_of(c, mark);
}

/* --- children of the open collections --- */

static void push_item(struct composer *c, struct node *n)
{
	if (c->nr_items == c->cap_items) {
		c->cap_items = MAX(c->cap_items * 2, (size_t)64);
		c->items = mem_realloc(c->items, c->cap_items * sizeof(struct node *));
	}
	c->items[c->nr_items++] = n;
	c->frames[c->depth - 1].weight += n->weight;
}

static void push_entry(struct composer *c, struct frame *f, struct node_entry e)
{
	if (c->nr_entries == c->cap_entries) {
		c->cap_entries = MAX(c->cap_entries * 2, (size_t)64);
		c->entries = mem_realloc(c->entries, c->cap_entries * sizeof(struct node_entry));
	}
	c->entries[c->nr_entries++] = e;
	f->weight += e.value->weight;
	node_index_added(c->arena, &f->index, c->entries + f->first, c->nr_entries - f->first);
}

static void replace_entry(struct frame *f, struct node_entry *was, struct node_entry e)
{
	f->weight += e.value->weight;
	f->weight -= was->value->weight;
	*was = e;
}

/* The entry of an open map that has the key, or NULL. */
static struct node_entry *find_entry(struct composer *c, struct frame *f, str key)
{
	struct node_entry *at = c->entries ? c->entries + f->first : NULL;
	ssize_t i = node_index_find(f->index, at, c->nr_entries - f->first, key);

	return i < 0 ? NULL : at + i;
}

/* --- merge keys --- */

static int merge_type_error(struct composer *c, struct frame *f, const struct node *value)
{
	diag_error(c->diags, f->key_pos, "`<<` needs a map or a list of maps, not a %s",
		   node_kind_name(value->kind));
	diag_hint(c->diags, "merge an anchor of a map, as in `<<: *name`");
	return -1;
}

/* One map of a merge key into the open map.  Psych merges at the place where
 * `<<` stands; the YAML specification lets what is there win. */
static void merge_map(struct composer *c, struct frame *f, const struct node *map)
{
	bool psych = c->rules->schema == SCHEMA_YAML11;

	for (size_t i = 0; i < map->map.nr; i++) {
		struct node_entry e = map->map.at[i];
		struct node_entry *was = find_entry(c, f, e.key);

		e.via = VIA_MERGE_KEY;
		if (!was) {
			push_entry(c, f, e);
			continue;
		}
		if (!psych)
			continue;
		if (was->via != VIA_MERGE_KEY && was->value != e.value) {
			diag_warning(c->diags, f->key_pos,
				     "`<<` replaces \"" STR_FMT
				     "\" of line %u, which stands above it",
				     STR_ARG(e.key), was->key_pos.line);
			diag_hint(c->diags, "write `<<` first, then the keys after it win");
		}
		replace_entry(f, was, e);
	}
}

static int merge_value(struct composer *c, struct frame *f, struct node *value)
{
	struct node *all;

	if (value->kind == NODE_MAP) {
		merge_map(c, f, value);
		return 0;
	}
	if (value->kind != NODE_SEQ)
		return merge_type_error(c, f, value);
	all = node_new_map(&c->scratch, value->pos);
	for (size_t i = 0; i < value->seq.nr; i++) {
		const struct node *map = value->seq.at[i];

		if (map->kind != NODE_MAP)
			return merge_type_error(c, f, map);
		for (size_t j = 0; j < map->map.nr; j++)
			if (!node_find(all, map->map.at[j].key))
				node_set(&c->scratch, all, map->map.at[j]);
	}
	merge_map(c, f, all);
	return 0;
}

/* --- delivery of a finished node to where it belongs --- */

static int add_value(struct composer *c, struct frame *f, struct node *n, enum node_via via)
{
	struct node_entry e = { f->key, f->key_pos, n, via };
	struct node_entry *was;

	f->has_key = false;
	if (f->is_merge)
		return merge_value(c, f, n);
	was = find_entry(c, f, f->key);
	if (!was) {
		push_entry(c, f, e);
		return 0;
	}
	if (was->via != VIA_MERGE_KEY) {
		diag_warning(c->diags, e.key_pos,
			     "key \"" STR_FMT "\" replaces the one at line %u, column %u",
			     STR_ARG(e.key), was->key_pos.line, was->key_pos.col);
		diag_hint(c->diags, "keep one of the two");
	}
	replace_entry(f, was, e);
	return 0;
}

static void set_key(struct composer *c, str key, struct pos pos, bool is_merge)
{
	struct frame *f = &c->frames[c->depth - 1];

	f->has_key = true;
	f->is_merge = is_merge;
	f->key = key;
	f->key_pos = pos;
}

static bool wants_key(const struct composer *c)
{
	return c->depth && c->frames[c->depth - 1].node->kind == NODE_MAP &&
	       !c->frames[c->depth - 1].has_key;
}

static int complex_key(struct composer *c, struct pos pos)
{
	str line = source_line(c->src, pos.line);
	bool braces = pos.col > 1 && str_starts_with(str_from(line, pos.col - 2), STR("{{"));

	diag_error(c->diags, pos, "a key must be a single word or text, not a list or map");
	diag_hint(c->diags,
		  braces ? "put a value that starts with `{{` in quotes" : "put the key in quotes");
	return -1;
}

static int deliver(struct composer *c, struct node *n, unsigned height, enum node_via via)
{
	struct frame *f;

	if (c->depth == 0) {
		c->root = n;
		return 0;
	}
	f = &c->frames[c->depth - 1];
	f->height = MAX(f->height, height);
	if (f->node->kind == NODE_MAP)
		return add_value(c, f, n, via);
	push_item(c, n);
	return 0;
}

/* --- limits --- */

/* A small text that grows a lot is a bomb long before the limit for large ones. */
static uint64_t expanded_limit(const struct composer *c)
{
	uint64_t most = c->rules->max_expanded;

	return MIN(most, MAX(most / 10, (uint64_t)c->nr_nodes * GROWTH_MAX));
}

static int count_nodes(struct composer *c, uint32_t weight, struct pos pos)
{
	c->nr_expanded += weight;
	if (c->nr_expanded <= expanded_limit(c))
		return 0;
	diag_error(c->diags, pos,
		   "more than %llu nodes once aliases are expanded, the limit for %zu written ones",
		   (unsigned long long)expanded_limit(c), c->nr_nodes);
	diag_hint(c->diags, "anchors that repeat anchors multiply; write the parts as files and "
			    "include them");
	return -1;
}

static int depth_error(struct composer *c, struct pos pos)
{
	diag_error(c->diags, pos,
		   "lists and maps are nested deeper than %u levels, which is the limit",
		   c->rules->max_depth);
	return -1;
}

static int new_node(struct composer *c, const yaml_event_t *event, bool anchored,
		    enum node_kind kind, struct node **ret)
{
	struct pos pos =
		anchored ? pos_after_anchor(c, &event->start_mark) : pos_of(c, &event->start_mark);
	struct node *n;

	if (++c->nr_nodes > c->rules->max_nodes)
		return diag_error(c->diags, pos, "more than %zu nodes, which is the limit",
				  c->rules->max_nodes);
	if (count_nodes(c, 1, pos) < 0)
		return -1;
	n = arena_new(c->arena, struct node);
	n->kind = kind;
	n->pos = pos;
	n->weight = 1;
	*ret = n;
	return 0;
}

static struct anchor *add_anchor(struct composer *c, const yaml_char_t *name, struct node *n)
{
	struct anchor *anchor;

	if (!name)
		return NULL;
	anchor = arena_new(&c->scratch, struct anchor);
	anchor->node = n;
	map_set(&c->anchors, arena_str(&c->scratch, str_of((const char *)name)), anchor);
	return anchor;
}

/* --- tags --- */

#define TAG_STANDARD STR("tag:yaml.org,2002:")

static int bad_tag(struct composer *c, struct pos pos, str tag)
{
	if (str_starts_with(tag, TAG_STANDARD)) {
		diag_error(c->diags, pos, "tag \"!!" STR_FMT "\" is not supported here",
			   STR_ARG(str_from(tag, TAG_STANDARD.n)));
		diag_hint(c->diags,
			  "of the standard tags, !!str, !!int, !!float, !!bool and !!null "
			  "fit single values, !!seq lists and !!map maps");
	} else {
		diag_error(c->diags, pos, "tag \"" STR_FMT "\" is not supported", STR_ARG(tag));
		diag_hint(c->diags, "remove the tag");
	}
	return -1;
}

/* Keeps a local tag; *ret_standard is the rest of a standard one. */
static int set_tag(struct composer *c, struct node *n, const yaml_char_t *tag, str *ret_standard)
{
	str t = str_of((const char *)tag);

	*ret_standard = str_null;
	if (t.n == 0 || str_eq(t, STR("!")))
		return 0;
	if (str_starts_with(t, STR("!ruby/")))
		return bad_tag(c, n->pos, t);
	if (t.p[0] == '!') {
		n->tag = arena_str(c->arena, t);
		return 0;
	}
	if (!str_starts_with(t, TAG_STANDARD))
		return bad_tag(c, n->pos, t);
	*ret_standard = str_from(t, TAG_STANDARD.n);
	return 0;
}

/* The type that a standard tag asks for. */
static int type_tagged(struct composer *c, struct node *n, str name)
{
	static const struct {
		str name;
		enum node_kind kind;
	} kinds[] = {
		{ STR_INIT("str"), NODE_STR },	   { STR_INIT("int"), NODE_INT },
		{ STR_INIT("float"), NODE_FLOAT }, { STR_INIT("bool"), NODE_BOOL },
		{ STR_INIT("null"), NODE_NULL },
	};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (!str_eq(name, kinds[i].name))
			continue;
		if (kinds[i].kind == NODE_STR) {
			n->kind = NODE_STR;
			return 0;
		}
		node_type_plain(n, c->rules->schema);
		if (n->kind == NODE_INT && kinds[i].kind == NODE_FLOAT) {
			n->real = (double)n->integer;
			n->kind = NODE_FLOAT;
		}
		if (n->kind == kinds[i].kind)
			return 0;
		return diag_error(c->diags, n->pos,
				  "\"" STR_FMT "\" does not fit its tag !!" STR_FMT,
				  STR_ARG(n->text), STR_ARG(name));
	}
	return bad_tag(
		c, n->pos,
		arena_printf(&c->scratch, STR_FMT STR_FMT, STR_ARG(TAG_STANDARD), STR_ARG(name)));
}

/* --- events --- */

static int check_scalar(struct composer *c, const yaml_event_t *event, str text)
{
	if (event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE && text.n &&
	    memchr(text.p, 0, text.n)) {
		diag_error(c->diags, pos_of(c, &event->start_mark),
			   "the text holds a NUL character, which no command or variable can hold");
		diag_hint(c->diags, "remove the `\\0`");
		return -1;
	}
	return 0;
}

static bool is_merge_key(const struct composer *c, const yaml_event_t *event, str text)
{
	const char *tag = (const char *)event->data.scalar.tag;

	if (!str_eq(text, STR("<<")))
		return false;
	if (c->rules->schema == SCHEMA_YAML11) /* Psych: quoted ones too */
		return !tag || strcmp(tag, YAML_STR_TAG) != 0;
	return !tag && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static int on_scalar(struct composer *c, const yaml_event_t *event)
{
	const yaml_char_t *anchor = event->data.scalar.anchor;
	str text = { (const char *)event->data.scalar.value, event->data.scalar.length };
	bool is_key = wants_key(c);
	struct node *n;
	str standard;

	if (check_scalar(c, event, text) < 0)
		return -1;
	if (is_key) {
		set_key(c, arena_str(c->arena, text), pos_of(c, &event->start_mark),
			is_merge_key(c, event, text));
		if (!anchor)
			return 0;
	}
	if (new_node(c, event, anchor && text.n, NODE_STR, &n) < 0)
		return -1;
	n->text = is_key ? c->frames[c->depth - 1].key : arena_str(c->arena, text);
	n->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	add_anchor(c, anchor, n);
	if (event->data.scalar.tag) {
		if (set_tag(c, n, event->data.scalar.tag, &standard) < 0 ||
		    (!str_is_null(standard) && type_tagged(c, n, standard) < 0))
			return -1;
		if (n->plain && n->tag.n)
			node_type_plain(n, c->rules->schema);
	} else if (n->plain) {
		node_type_plain(n, c->rules->schema);
	}
	return is_key ? 0 : deliver(c, n, 0, VIA_WRITTEN);
}

static int on_start(struct composer *c, const yaml_event_t *event, enum node_kind kind)
{
	bool map = kind == NODE_MAP;
	const yaml_char_t *anchor =
		map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
	const yaml_char_t *tag =
		map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
	struct frame *f;
	struct node *n;
	str standard;

	if (wants_key(c))
		return complex_key(c, pos_of(c, &event->start_mark));
	if (new_node(c, event, anchor != NULL, kind, &n) < 0)
		return -1;
	if (c->depth == c->rules->max_depth)
		return depth_error(c, n->pos);
	if (set_tag(c, n, tag, &standard) < 0)
		return -1;
	if (!str_is_null(standard) && !str_eq(standard, map ? STR("map") : STR("seq")))
		return bad_tag(c, n->pos, str_of((const char *)tag));
	f = &c->frames[c->depth++];
	*f = (struct frame){ .node = n, .first = map ? c->nr_entries : c->nr_items };
	f->anchor = add_anchor(c, anchor, n);
	if (f->anchor)
		f->anchor->open = true;
	return 0;
}

static void close_seq(struct composer *c, const struct frame *f)
{
	struct node *n = f->node;

	n->seq.nr = c->nr_items - f->first;
	n->seq.at = arena_array(c->arena, struct node *, n->seq.nr);
	if (n->seq.nr)
		memcpy(n->seq.at, c->items + f->first, n->seq.nr * sizeof(*n->seq.at));
	c->nr_items = f->first;
}

static void close_map(struct composer *c, const struct frame *f)
{
	struct node *n = f->node;
	size_t nr = c->nr_entries - f->first;

	n->map.nr = n->map.cap = (uint32_t)nr;
	n->map.at = arena_array(c->arena, struct node_entry, nr);
	n->map.index = f->index;
	if (nr)
		memcpy(n->map.at, c->entries + f->first, nr * sizeof(*n->map.at));
	c->nr_entries = f->first;
}

static int on_end(struct composer *c)
{
	struct frame *f = &c->frames[--c->depth];
	unsigned height = f->height + 1;

	if (f->node->kind == NODE_MAP)
		close_map(c, f);
	else
		close_seq(c, f);
	f->node->weight = (uint32_t)MIN(f->weight + 1, (uint64_t)UINT32_MAX);
	if (f->anchor) {
		f->anchor->open = false;
		f->anchor->height = height;
	}
	return deliver(c, f->node, height, VIA_WRITTEN);
}

static int unknown_alias(struct composer *c, struct pos pos, str name)
{
	str *names = arena_array(&c->scratch, str, c->anchors.nr);

	for (size_t i = 0; i < c->anchors.nr; i++)
		names[i] = c->anchors.at[i].key;
	diag_error(c->diags, pos, "alias *" STR_FMT " has no anchor &" STR_FMT " above it",
		   STR_ARG(name), STR_ARG(name));
	diag_hint(c->diags, "anchors hold for one file; put a text that starts with `*` in quotes");
	diag_hint_nearest(c->diags, name, names, c->anchors.nr);
	return -1;
}

static int on_alias(struct composer *c, const yaml_event_t *event)
{
	str name = str_of((const char *)event->data.alias.anchor);
	struct pos pos = pos_of(c, &event->start_mark);
	struct anchor *anchor = map_get(&c->anchors, name);

	if (!anchor)
		return unknown_alias(c, pos, name);
	if (anchor->open)
		return diag_error(c->diags, pos,
				  "alias *" STR_FMT " stands inside its own anchor, "
				  "so it would never end",
				  STR_ARG(name));
	if (wants_key(c)) {
		if (!node_is_scalar(anchor->node))
			return complex_key(c, pos);
		set_key(c, anchor->node->text, pos, false);
		return 0;
	}
	if (count_nodes(c, anchor->node->weight, pos) < 0)
		return -1;
	if (c->depth + anchor->height > c->rules->max_depth)
		return depth_error(c, pos);
	return deliver(c, anchor->node, anchor->height, VIA_ALIAS);
}

static struct node *null_at(struct composer *c, const yaml_mark_t *mark)
{
	return node_new_null(c->arena, pos_of(c, mark));
}

/* 1 when the stream has ended. */
static int on_event(struct composer *c, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(c, event);
	case YAML_SEQUENCE_START_EVENT:
		return on_start(c, event, NODE_SEQ);
	case YAML_MAPPING_START_EVENT:
		return on_start(c, event, NODE_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(c);
	case YAML_ALIAS_EVENT:
		return on_alias(c, event);
	case YAML_DOCUMENT_START_EVENT:
		map_init(&c->anchors, &c->scratch);
		c->root = NULL;
		return 0;
	case YAML_DOCUMENT_END_EVENT:
		vec_add(&c->scratch, &c->docs, c->root ? c->root : null_at(c, &event->start_mark));
		return 0;
	case YAML_STREAM_END_EVENT:
		if (c->docs.nr == 0)
			vec_add(&c->scratch, &c->docs, null_at(c, &event->start_mark));
		return 1;
	default:
		return 0;
	}
}

static int compose(struct composer *c)
{
	for (;;) {
		int r;

		if (!yaml_parser_parse(&c->parser, &c->event)) {
			node_report_problem(&c->parser, c->src, c->diags);
			return -1;
		}
		r = on_event(c, &c->event);
		yaml_event_delete(&c->event);
		if (r)
			return r < 0 ? -1 : 0;
	}
}

static void composer_release(struct composer *c)
{
	yaml_parser_delete(&c->parser);
	mem_free(c->frames);
	mem_free(c->items);
	mem_free(c->entries);
	arena_release(&c->scratch);
}

int node_parse_yaml(struct arena *a, const struct source *src, const struct node_rules *rules,
		    struct node ***ret_docs, size_t *ret_nr, struct diags *d)
{
	CLEANUP(composer_release) struct composer c = {
		.arena = a,
		.src = src,
		.rules = rules,
		.diags = d,
		.cursor = { .line = 1 },
	};

	arena_init(&c.scratch, 0);
	MUST(yaml_parser_initialize(&c.parser));
	c.frames = mem_zalloc((size_t)rules->max_depth + 1, sizeof(*c.frames));
	if (node_check_text(src, rules, &c.text, &c.simple, d) < 0)
		return -1;
	yaml_parser_set_encoding(&c.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&c.parser, (const unsigned char *)(c.text.p ? c.text.p : ""),
				     c.text.n);
	if (compose(&c) < 0)
		return -1;
	*ret_nr = c.docs.nr;
	*ret_docs = arena_array(a, struct node *, c.docs.nr);
	memcpy(*ret_docs, c.docs.at, c.docs.nr * sizeof(**ret_docs));
	return 0;
}
