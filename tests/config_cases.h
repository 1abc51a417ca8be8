/* config_cases.h - tables of configurations: what a text becomes, or what is said of it. */
#ifndef TESTS_CONFIG_CASES_H
#define TESTS_CONFIG_CASES_H

#include "memory_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct loaded {
	struct arena arena;
	struct diags diags;
	struct memory memory;
	struct gitlab_config config;
	int r;
};

struct example {
	const char *name, *files, *want;
};

#define R	"=== .gitlab-ci.yml\n"
#define SPEC(s) "=== a.yml\nspec:\n  inputs: " s "\n---\n"

static inline struct node *parse_expected(struct arena *a, const char *text)
{
	const struct source *src = source_new(a, STR("expected"), str_of(text), pos_none);
	struct diags d;
	struct node **docs;
	size_t nr;

	diags_init(&d, a);
	if (node_parse_yaml(a, src, &node_yaml11, &docs, &nr, &d) < 0)
		fail_msg("bad YAML in the test: %s", text);
	return nr ? docs[0] : node_new_null(a, pos_none);
}

/* Load `.gitlab-ci.yml`, or `content` instead; both it and `inputs` are YAML, or NULL. */
static inline void load_with(struct loaded *t, str files, const char *inputs, const char *content)
{
	static const struct gitlab_include_env env = { .rules_match = memory_rules_match,
						       .expand = memory_expand };
	struct gitlab_reader reader = { .ctx = &t->memory, .read = memory_read,
					.list = memory_list };
	struct gitlab_config_request req = { .arena = &t->arena, .diags = &t->diags,
					     .reader = &reader, .env = &env,
					     .path = STR(".gitlab-ci.yml") };

	arena_init(&t->arena, 0);
	diags_init(&t->diags, &t->arena);
	memory_fill(&t->memory, arena_str(&t->arena, files));
	if (inputs)
		req.inputs = parse_expected(&t->arena, inputs);
	if (content)
		req.content = parse_expected(&t->arena, content);
	t->r = gitlab_config_load(&req, &t->config);
}

static inline void load(struct loaded *t, str files, const char *inputs)
{
	load_with(t, files, inputs, NULL);
}

static inline void load_content(struct loaded *t, str files, const char *content)
{
	load_with(t, files, NULL, content);
}

static inline void unload(struct loaded *t)
{
	arena_release(&t->arena);
}

/* "place: message | hint" a line, of errors or of warnings. */
static inline str diags_of(struct loaded *t, enum diag_level level)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	for (size_t i = 0; i < t->diags.nr; i++) {
		const struct diag *d = &t->diags.at[i];

		if (d->level != level)
			continue;
		pos_add(&b, d->pos);
		buf_addf(&b, ": " STR_FMT, STR_ARG(d->message));
		if (!str_is_null(d->hint))
			buf_addf(&b, " | " STR_FMT, STR_ARG(d->hint));
		buf_addc(&b, '\n');
	}
	return arena_str(&t->arena, buf_str(&b));
}

static inline str errors_of(struct loaded *t)
{
	return diags_of(t, DIAG_ERROR);
}

static inline str json(struct arena *a, const struct node *n)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	node_add_json(&b, n);
	return arena_str(a, buf_str(&b));
}

static inline void check_good(const struct example *c)
{
	struct loaded t;
	str got, want;

	load(&t, str_of(c->files), NULL);
	if (t.r < 0)
		fail_msg("%s: " STR_FMT, c->name, STR_ARG(errors_of(&t)));
	assert_int_equal(t.diags.nr_error, 0);
	got = json(&t.arena, t.config.root);
	want = json(&t.arena, parse_expected(&t.arena, c->want)); /* the order counts, too */
	if (!str_eq(got, want))
		fail_msg("%s:\n got  " STR_FMT "\n want " STR_FMT, c->name, STR_ARG(got),
			 STR_ARG(want));
	unload(&t);
}

static inline void check_bad(const struct example *c)
{
	struct loaded t;

	load(&t, str_of(c->files), NULL);
	assert_int_equal(t.r, -1);
	if (!str_eq(errors_of(&t), str_of(c->want)))
		fail_msg("%s:\n got:\n" STR_FMT " want:\n%s", c->name, STR_ARG(errors_of(&t)),
			 c->want);
	unload(&t);
}

#endif
