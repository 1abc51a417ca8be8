/* `$[[ … ]]` in a text: four lines give a value, what stands in the block, and what
 * stands before and behind it.
 *
 * What is outside of blocks stays as it is; a plain block becomes the value; a
 * truncated one a piece of it, no longer than asked for; text without a block is the
 * very node that went in; doing it again gives the same.
 */
#include "base/buf.h"
#include "gitlab/interpolate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct arena arena;
	struct diags diags;
	struct interpolate_context context;
	uint64_t bytes_left;
};

static void world_init(struct world *w, str value)
{
	arena_init(&w->arena, 0);
	diags_init(&w->diags, &w->arena);
	w->bytes_left = 1 << 20;
	w->context = (struct interpolate_context){ .arena = &w->arena,
						   .diags = &w->diags,
						   .bytes_left = &w->bytes_left };
	map_init(&w->context.inputs, &w->arena);
	map_init(&w->context.component, &w->arena);
	map_set(&w->context.inputs, STR("x"), node_new_str(&w->arena, pos_none, value));
}

/* The text with its blocks replaced, copied into `out`; false when that failed. */
static bool replaced(str value, str text, struct buf *out)
{
	struct world w;
	struct node *in, *made;
	bool ok;

	world_init(&w, value);
	in = node_new_str(&w.arena, pos_none, text);
	ok = interpolate_tree(&w.context, in, &made) == 0;
	MUST(ok == (w.diags.nr_error == 0));
	if (ok && !interpolate_has_block(text))
		MUST(made == in);
	buf_clear(out);
	if (ok && made->kind == NODE_STR)
		buf_adds(out, made->text);
	else if (ok)
		node_add_json(out, made);
	arena_release(&w.arena);
	return ok;
}

static size_t chars(str s)
{
	size_t nr = 0;

	for (size_t i = 0; i < s.n; i++)
		nr += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return nr;
}

/* Around a block, with an expression we know the result of. */
static void check_around(str value, str before, str behind)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(buf_release) struct buf want = BUF_INIT;
	CLEANUP(buf_release) struct buf got = BUF_INIT;

	if (str_index(before, '$') >= 0 || str_find(behind, STR("$["), 0) >= 0)
		return;
	buf_adds(&text, before);
	buf_addz(&text, "$[[ inputs.x ]]");
	buf_adds(&text, behind);
	buf_adds(&want, before);
	buf_adds(&want, value);
	buf_adds(&want, behind);
	MUST(replaced(value, buf_str(&text), &got));
	MUST(str_eq(buf_str(&got), buf_str(&want)));
}

static void check_truncate(str value)
{
	CLEANUP(buf_release) struct buf got = BUF_INIT;

	MUST(replaced(value, STR("$[[ inputs.x | truncate(1, 3) ]]"), &got));
	MUST(chars(buf_str(&got)) <= 3);
	MUST(str_find(value, buf_str(&got), 0) >= 0 || got.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_release) struct buf copy = BUF_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	CLEANUP(buf_release) struct buf one = BUF_INIT;
	CLEANUP(buf_release) struct buf two = BUF_INIT;
	str rest, value, block, before;
	bool ok;

	buf_add(&copy, data, size);
	rest = buf_str(&copy);
	value = str_cut(&rest, '\n');
	block = str_cut(&rest, '\n');
	before = str_cut(&rest, '\n');
	if (str_is_null(rest))
		return 0;
	buf_adds(&text, before);
	buf_addz(&text, "$[[");
	buf_adds(&text, block);
	buf_addz(&text, "]]");
	buf_adds(&text, rest);
	ok = replaced(value, buf_str(&text), &one);
	MUST(ok == replaced(value, buf_str(&text), &two));
	MUST(str_eq(buf_str(&one), buf_str(&two)));
	check_around(value, before, rest);
	check_truncate(value);
	return 0;
}
