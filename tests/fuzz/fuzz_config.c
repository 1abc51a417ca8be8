/* A configuration of many files, as in memory_reader.h.
 *
 * Whatever they hold, loading ends within its budgets, and loading them again gives
 * the same result, the same errors and the same list of files.  A load that fails
 * has said why; one that does not has a map without `include` and `!reference`.
 */
#include "memory_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	int r;
	size_t nr_error;
	struct buf text; /* the result, the diagnostics, the files */
};

static void check_resolved(const struct node *n, unsigned depth)
{
	MUST(depth < 2000);
	MUST(str_is_null(n->tag) || !str_eq(n->tag, STR("!reference")));
	for (size_t i = 0; n->kind == NODE_SEQ && i < n->seq.nr; i++)
		check_resolved(n->seq.at[i], depth + 1);
	for (size_t i = 0; n->kind == NODE_MAP && i < n->map.nr; i++)
		check_resolved(n->map.at[i].value, depth + 1);
}

static void check_root(const struct node *root)
{
	MUST(root->kind == NODE_MAP);
	MUST(!node_find(root, STR("include")));
	MUST(root->weight <= 5000000);
	if (root->weight < 50000) /* the tests' time, not the product's */
		check_resolved(root, 0);
}

static void load(str files, struct outcome *ret)
{
	static const struct gitlab_include_env env = { .rules_match = memory_rules_match,
						       .expand = memory_expand };
	static struct memory memory;
	const struct gitlab_reader reader = { .ctx = &memory, .read = memory_read,
					      .list = memory_list };
	struct gitlab_config config;
	struct arena a;
	struct diags d;
	struct gitlab_config_request req = { .arena = &a, .diags = &d, .reader = &reader,
					     .env = &env, .path = STR(".gitlab-ci.yml") };

	arena_init(&a, 0);
	diags_init(&d, &a);
	memory_fill(&memory, files);
	buf_init(&ret->text, 1 << 20);
	ret->r = gitlab_config_load(&req, &config);
	ret->nr_error = d.nr_error;
	MUST((ret->r < 0) == (d.nr_error > 0));
	if (ret->r == 0) {
		check_root(config.root);
		node_add_json(&ret->text, config.root);
		for (size_t i = 0; i < config.files.nr; i++)
			buf_adds(&ret->text, config.files.at[i]);
	}
	diags_render(&d, &ret->text, false);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_release) struct buf copy = BUF_INIT;
	struct outcome one, two;

	buf_add(&copy, data, size);
	load(buf_str(&copy), &one);
	load(buf_str(&copy), &two);
	MUST(one.r == two.r && one.nr_error == two.nr_error);
	MUST(str_eq(buf_str(&one.text), buf_str(&two.text)));
	buf_release(&one.text);
	buf_release(&two.text);
	return 0;
}
