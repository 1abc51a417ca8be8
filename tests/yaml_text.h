/* yaml_text.h - YAML from a string, for tests. */
#ifndef TESTS_YAML_TEXT_H
#define TESTS_YAML_TEXT_H

#include "fmt/node.h"

#include <string.h>

struct yaml_text {
	struct arena arena;
	struct diags diags;
	struct node **docs;
	size_t nr;
	bool ok;
};

static inline void yaml_text_read(struct yaml_text *t, const struct node_rules *rules, str text)
{
	memset(t, 0, sizeof(*t));
	arena_init(&t->arena, 0);
	diags_init(&t->diags, &t->arena);
	t->ok = node_parse_yaml(&t->arena, source_new(&t->arena, STR("f.yml"), text, pos_none),
				rules, &t->docs, &t->nr, &t->diags) == 0;
}

static inline void yaml_text_release(struct yaml_text *t)
{
	arena_release(&t->arena);
}

/* The document as JSON; the diagnostics when there is none. */
static inline str yaml_text_json(struct yaml_text *t)
{
	struct buf b = BUF_INIT;
	str s;

	if (t->ok)
		node_add_json(&b, t->docs[0]);
	else
		diags_render(&t->diags, &b, false);
	s = arena_str(&t->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* "" without errors. */
static inline str yaml_text_first_message(const struct yaml_text *t)
{
	return t->diags.nr ? t->diags.at[0].message : STR("");
}

#endif
