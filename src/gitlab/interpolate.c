#include "gitlab/interpolate.h"

#include "gitlab/entry.h"
#include "gitlab/memo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPRESSION_MAX 1024
#define FUNCTIONS_MAX  3
#define BLOCKS_MAX     10000
#define TEXT_MAX       ((size_t)1 << 20)
#define DEPTH_MAX      400
#define CANDIDATES_MAX 200 /* names looked at for a hint */

struct interpolation {
	struct interpolate_context *c;
	struct memo memo;
	struct map blocks; /* text of the block → struct block * */
	bool failed, stop;
};

/* A block that was evaluated: its value, or NULL when it was wrong or stays. */
struct block {
	struct node *value;
	str text; /* of the value, made when first asked for; null until then */
	str error, hint;
	bool keep;
};

struct call {
	struct arena *arena;
	struct interpolate_context *c;
	str args; /* between the parentheses, trimmed; str_null without any */
	str error;
};

/* str_null when it is longer than a text may be. */
static str as_json(struct arena *a, const struct node *n)
{
	CLEANUP(buf_release) struct buf b;

	buf_init(&b, TEXT_MAX);
	node_add_json(&b, n);
	return b.full ? str_null : arena_str(a, buf_str(&b));
}

str interpolate_text(struct arena *a, const struct node *n)
{
	return node_is_scalar(n) ? entry_scalar_text(a, n) : as_json(a, n);
}

/* --- functions --- */

/* Take from the budget; false, with an error, when it is used up. */
static bool charge(struct call *call, size_t bytes)
{
	if (bytes > *call->c->bytes_left) {
		call->error = STR("config node too large: all texts made by interpolation "
				  "together may have 32 MB");
		return false;
	}
	*call->c->bytes_left -= bytes;
	return true;
}

static struct node *string_made(struct call *call, const struct node *from, str text)
{
	if (!charge(call, text.n))
		return NULL;
	return node_new_str(call->arena, from->pos, text);
}

static struct node *expand_vars(struct call *call, const struct node *v)
{
	if (!call->c->expand)
		return string_made(call, v, v->text);
	return string_made(call, v, call->c->expand(call->c->expand_ctx, call->arena, v->text));
}

static size_t skip_chars(str s, size_t from, uint64_t nr)
{
	while (nr-- > 0 && from < s.n) {
		from++;
		while (from < s.n && ((unsigned char)s.p[from] & 0xc0) == 0x80)
			from++;
	}
	return from;
}

static struct node *truncate_text(struct call *call, const struct node *v)
{
	str rest = call->args, first = str_trim(str_cut(&rest, ','));
	uint64_t offset, length;
	size_t from, to;

	if (!str_to_u64(first, &offset) || !str_to_u64(str_trim(rest), &length)) {
		call->error = STR("truncate takes two numbers: truncate(0, 8)");
		return NULL;
	}
	from = skip_chars(v->text, 0, offset);
	to = skip_chars(v->text, from, length);
	return string_made(call, v, str_sub(v->text, from, to - from));
}

static struct node *posix_escape(struct call *call, const struct node *v)
{
	static const char safe[] = "_-.,:+/@";
	CLEANUP(buf_release) struct buf b;

	buf_init(&b, 3 * TEXT_MAX);
	if (v->text.n == 0)
		buf_addz(&b, "''");
	for (size_t i = 0; i < v->text.n; i++) {
		unsigned char ch = (unsigned char)v->text.p[i];
		bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
			     (ch >= '0' && ch <= '9') || (ch && strchr(safe, ch)) ||
			     (ch & 0xc0) == 0x80; /* the rest of a character */

		if (ch == '\n') {
			buf_addz(&b, "'\n'");
			continue;
		}
		if (!plain)
			buf_addc(&b, '\\');
		buf_addc(&b, (char)ch);
	}
	return string_made(call, v, arena_str(call->arena, buf_str(&b)));
}

static struct node *split_text(struct call *call, const struct node *v)
{
	VEC(struct node *) parts = { 0 };
	str by = call->args, s = v->text;

	if (by.n < 3 || by.p[0] != '\'' || by.p[by.n - 1] != '\'') {
		call->error = STR("split takes a separator in quotes: split(',')");
		return NULL;
	}
	by = str_sub(by, 1, by.n - 2);
	if (!charge(call, s.n / by.n * (sizeof(struct node) + 2 * sizeof(struct node *))))
		return NULL;
	for (size_t from = 0; from <= s.n;) {
		ssize_t at = str_find(s, by, from);
		size_t to = at < 0 ? s.n : (size_t)at;
		str part = str_trim(str_sub(s, from, to - from));

		if (part.n)
			vec_add(call->arena, &parts, string_made(call, v, part));
		from = to + by.n;
		if (at < 0)
			break;
	}
	return node_new_seq(call->arena, v->pos, parts.at, parts.nr);
}

static const struct function {
	str name;
	bool args; /* needs them, or takes none */
	struct node *(*run)(struct call *call, const struct node *v);
	const char *help;
} functions[] = {
	{ STR_INIT("expand_vars"), false, expand_vars, "expand $VARIABLES in it" },
	{ STR_INIT("posix_escape"), false, posix_escape, "escape it for a shell" },
	{ STR_INIT("split"), true, split_text, "split('SEPARATOR'): a list of its parts" },
	{ STR_INIT("truncate"), true, truncate_text, "truncate(OFFSET, LENGTH): a piece of it" },
};

static const struct function *function_find(str name)
{
	for (size_t i = 0; i < COUNT(functions); i++)
		if (str_eq(functions[i].name, name))
			return &functions[i];
	return NULL;
}

static str nearest_function(str name)
{
	str names[COUNT(functions)];

	for (size_t i = 0; i < COUNT(functions); i++)
		names[i] = functions[i].name;
	return str_nearest(name, names, COUNT(functions));
}

/* "name" or "name(args)"; the closing parenthesis may be missing, as in GitLab. */
static str split_call(str text, str *ret_args)
{
	ssize_t open = str_index(text, '(');

	*ret_args = str_null;
	if (open < 0)
		return text;
	*ret_args = str_from(text, (size_t)open + 1);
	if (str_ends_with(*ret_args, STR(")")))
		ret_args->n--;
	*ret_args = str_trim(*ret_args);
	return str_trim(str_sub(text, 0, (size_t)open));
}

static struct node *apply(struct interpolation *in, struct block *b, struct node *value, str text)
{
	struct arena *a = in->c->arena;
	struct call call = { .arena = a, .c = in->c, .error = str_null };
	str name = split_call(text, &call.args);
	const struct function *f = function_find(name);

	if (!f || f->args == str_is_null(call.args)) {
		str near = f ? str_null : nearest_function(name);

		b->error = arena_printf(a,
					"no function matching `" STR_FMT "`: check that the "
					"function name, arguments, and types are correct",
					STR_ARG(text));
		if (f)
			b->hint = arena_printf(a, "%s", f->help);
		else if (!str_is_null(near))
			b->hint = arena_printf(a, "did you mean \"" STR_FMT "\"?", STR_ARG(near));
		else
			b->hint = STR("there are expand_vars, truncate(OFFSET, LENGTH), "
				      "posix_escape and split('SEPARATOR')");
		return NULL;
	}
	if (value->kind != NODE_STR) {
		b->error = arena_printf(
			a, "invalid input type: " STR_FMT " can only be used with string inputs",
			STR_ARG(f->name));
		return NULL;
	}
	value = f->run(&call, value); /* of the arena */
	b->error = call.error;
	/* cppcheck-suppress returnDanglingLifetime */
	return value;
}

/* --- access --- */

static void unknown_key(struct arena *a, struct block *b, str key, const struct map *known,
			const char *none)
{
	str names[CANDIDATES_MAX], near;
	size_t nr = MIN(known->nr, (size_t)CANDIDATES_MAX);

	b->error = arena_printf(a, "unknown interpolation key: `" STR_FMT "`", STR_ARG(key));
	for (size_t i = 0; i < nr; i++)
		names[i] = known->at[i].key;
	near = str_nearest(key, names, nr);
	if (!str_is_null(near)) {
		b->hint = arena_printf(a, "did you mean \"" STR_FMT "\"?", STR_ARG(near));
	} else if (known->nr == 0) {
		b->hint = str_of(none);
	} else {
		CLEANUP(buf_release) struct buf list = BUF_INIT;

		for (size_t i = 0; i < nr && i < 10; i++)
			buf_addf(&list, "%s" STR_FMT, i ? ", " : "there are: ", STR_ARG(names[i]));
		if (known->nr > 10)
			buf_addf(&list, " and %zu more", known->nr - 10);
		b->hint = arena_str(a, buf_str(&list));
	}
}

static struct node *access_value(struct interpolation *in, struct block *b, str path)
{
	struct interpolate_context *c = in->c;
	str rest = path, root = str_cut(&rest, '.');
	const struct map *known = &c->inputs;
	const char *none = "`spec:inputs` defines no inputs";
	struct node *value;

	if (str_is_null(rest)) {
		b->error = STR("invalid interpolation access pattern");
		b->hint = STR("write $[[ inputs.NAME ]]");
		return NULL;
	}
	if (str_eq(root, STR("component"))) {
		known = &c->component;
		none = "name it in `spec:component` of a component: "
		       "component: [name, sha, version, reference]";
	} else if (!str_eq(root, STR("inputs"))) {
		b->error = arena_printf(c->arena, "unknown interpolation key: `" STR_FMT "`",
					STR_ARG(root));
		b->hint = STR("a block starts with inputs, component or matrix");
		return NULL;
	}
	value = map_get(known, rest);
	if (!value && c->diags->nr_error >= DIAGS_MAX)
		b->error = STR("unknown interpolation key"); /* will not be shown */
	else if (!value)
		unknown_key(c->arena, b, rest, known, none);
	return value;
}

static void block_evaluate(struct interpolation *in, struct block *b, str data)
{
	str rest = data, path = str_trim(str_cut(&rest, '|')), function[FUNCTIONS_MAX];
	size_t nr = 0;

	if (str_eq(path, STR("matrix")) || str_starts_with(path, STR("matrix."))) {
		b->keep = true;
		return;
	}
	if (path.n > EXPRESSION_MAX) {
		b->error = STR("maximum interpolation expression size exceeded (1 kB)");
		return;
	}
	b->value = access_value(in, b, path);
	while (b->value && !str_is_null(rest)) {
		if (nr == FUNCTIONS_MAX) {
			b->error = STR("too many functions in interpolation block");
			b->hint = STR("at most 3 functions may follow each other");
			b->value = NULL;
			return;
		}
		function[nr++] = str_trim(str_cut(&rest, '|'));
	}
	for (size_t i = 0; b->value && i < nr; i++)
		b->value = apply(in, b, b->value, function[i]);
}

/* --- finding blocks --- */

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A search for blocks.  What was found ahead is kept, so that the whole text is
 * looked through once, however many openings without an end it has. */
struct finder {
	str s;
	size_t at;	/* go on here */
	size_t close;	/* of the last `]]` looked at; what stands before `at` is stale */
	size_t end;	/* where blanks before `close` start */
	size_t newline; /* the first one at or after some earlier place; may be s.n */
};

static struct finder finder_of(str s)
{
	return (struct finder){ .s = s };
}

/* Where the block that opens before `from` closes; false when it does not. */
static bool find_close(struct finder *f, size_t from)
{
	ssize_t close;

	if (f->close >= from && f->close > 0)
		return true;
	close = str_find(f->s, STR("]]"), from);
	if (close < 0)
		return false;
	f->close = f->end = (size_t)close;
	while (f->end > from && is_blank(f->s.p[f->end - 1]))
		f->end--;
	return true;
}

static bool has_newline(struct finder *f, size_t from, size_t to)
{
	if (f->newline < from || f->newline == 0) {
		ssize_t at = str_index(str_from(f->s, from), '\n');

		f->newline = at < 0 ? f->s.n : from + (size_t)at;
	}
	return f->newline < to;
}

/* The next block: its whole text and what is inside.  As in GitLab, at least two
 * characters on one line; anything else is no block, but text. */
static bool block_next(struct finder *f, str *ret_block, str *ret_data)
{
	for (;;) {
		ssize_t open = str_find(f->s, STR("$[["), f->at);
		size_t from;

		if (open < 0)
			return false;
		f->at = from = (size_t)open + 3;
		if (!find_close(f, from))
			return false;
		while (from < f->end && is_blank(f->s.p[from]))
			from++;
		if (f->end < from + 2 || has_newline(f, from, f->end))
			continue;
		*ret_data = str_sub(f->s, from, f->end - from);
		*ret_block = str_sub(f->s, (size_t)open, f->close + 2 - (size_t)open);
		f->at = f->close + 2;
		return true;
	}
}

static bool block_first(str s, str *ret_block, str *ret_data)
{
	struct finder f = finder_of(s);

	return block_next(&f, ret_block, ret_data);
}

bool interpolate_has_block(str text)
{
	str block, data;

	return block_first(text, &block, &data);
}

static const struct block *block_get(struct interpolation *in, str text, str data)
{
	struct arena *a = in->c->arena;
	struct block *b = map_get(&in->blocks, text);

	if (b)
		return b;
	b = arena_new(a, struct block);
	*b = (struct block){ .text = str_null, .error = str_null, .hint = str_null };
	if (in->blocks.nr == BLOCKS_MAX) {
		b->error = STR("too many interpolation blocks: at most 10,000 different ones");
		in->stop = true;
		return b;
	}
	map_set(&in->blocks, text, b);
	block_evaluate(in, b, data);
	if (!b->value && !b->keep && str_is_null(b->error))
		b->error = STR("invalid interpolation block");
	return b;
}

static void report(struct interpolation *in, struct pos pos, const struct block *b)
{
	in->failed = true;
	diag_error(in->c->diags, pos, STR_FMT, STR_ARG(b->error));
	if (!str_is_null(b->hint))
		diag_hint(in->c->diags, STR_FMT, STR_ARG(b->hint));
}

static void too_large(struct interpolation *in, struct pos pos)
{
	in->failed = in->stop = true;
	diag_error(in->c->diags, pos,
		   "config node too large: a text with interpolation may "
		   "have 1 MB, all of them together 32 MB");
}

/* Append a block's value as text. */
static void add_value(struct interpolation *in, struct buf *out, struct block *b)
{
	if (str_is_null(b->text)) {
		b->text = interpolate_text(in->c->arena, b->value);
		if (b->value->kind != NODE_STR && b->text.n <= *in->c->bytes_left)
			*in->c->bytes_left -= b->text.n;
		else if (b->value->kind != NODE_STR)
			b->text = str_null;
	}
	if (str_is_null(b->text))
		out->full = true;
	else
		buf_adds(out, b->text);
}

/* All blocks of a text replaced; str_null when that failed. */
static str text_replace(struct interpolation *in, str s, struct pos pos)
{
	CLEANUP(buf_release) struct buf out;
	struct finder find = finder_of(s);
	str block, data;
	size_t at = 0;
	bool ok = true;

	buf_init(&out, TEXT_MAX);
	while (!in->stop && block_next(&find, &block, &data)) {
		struct block *b = (struct block *)(uintptr_t)block_get(in, block, data);
		size_t start = (size_t)(block.p - s.p);

		buf_add(&out, s.p + at, start - at);
		at = start + block.n;
		if (b->keep)
			buf_adds(&out, block);
		else if (b->value)
			add_value(in, &out, b);
		else {
			report(in, pos, b);
			ok = false;
		}
	}
	buf_adds(&out, str_from(s, at));
	if (!ok || in->stop)
		return str_null;
	if (out.full || out.n > *in->c->bytes_left) {
		too_large(in, pos);
		return str_null;
	}
	*in->c->bytes_left -= out.n;
	return arena_str(in->c->arena, buf_str(&out));
}

/* --- the tree --- */

static struct node *scalar_replace(struct interpolation *in, struct node *n)
{
	struct arena *a = in->c->arena;
	str block, data, text;

	if (n->kind != NODE_STR || !block_first(n->text, &block, &data))
		return n;
	if (n->text.n > TEXT_MAX) {
		too_large(in, n->pos);
		return n;
	}
	if (block.n == n->text.n) {
		const struct block *b = block_get(in, block, data);
		struct node *copy;

		if (b->keep)
			return n;
		if (!b->value) {
			report(in, n->pos, b);
			return n;
		}
		if (!node_is_scalar(b->value))
			return b->value;
		copy = arena_new(a, struct node);
		*copy = *b->value;
		copy->pos = n->pos; /* where it is used: there its errors belong */
		return copy;
	}
	text = text_replace(in, n->text, n->pos);
	return str_is_null(text) ? n : node_new_str(a, n->pos, text);
}

static struct node *tree_replace(struct interpolation *in, struct node *n, unsigned depth);

static struct node *seq_replace(struct interpolation *in, struct node *n, unsigned depth)
{
	struct arena *a = in->c->arena;
	struct node **at = NULL, *copy;

	for (size_t i = 0; i < n->seq.nr; i++) {
		struct node *v = tree_replace(in, n->seq.at[i], depth + 1);

		if (v != n->seq.at[i] && !at) {
			at = arena_array(a, struct node *, n->seq.nr);
			memcpy(at, n->seq.at, i * sizeof(*at));
		}
		if (at)
			at[i] = v;
	}
	if (!at)
		return n;
	copy = node_new_seq(a, n->pos, at, n->seq.nr);
	copy->tag = n->tag;
	return copy;
}

static struct node *map_replace(struct interpolation *in, struct node *n, unsigned depth)
{
	struct arena *a = in->c->arena;
	struct node_entry *at = NULL;
	struct node *copy;

	for (size_t i = 0; i < n->map.nr; i++) {
		struct node_entry e = n->map.at[i];
		str block, data;

		if (block_first(e.key, &block, &data)) {
			str key = text_replace(in, e.key, e.key_pos);

			e.key = str_is_null(key) ? e.key : key;
		}
		e.value = tree_replace(in, e.value, depth + 1);
		if (!at && (e.value != n->map.at[i].value || e.key.p != n->map.at[i].key.p)) {
			at = arena_array(a, struct node_entry, n->map.nr);
			memcpy(at, n->map.at, i * sizeof(*at));
		}
		if (at)
			at[i] = e;
	}
	if (!at)
		return n;
	copy = node_new_map(a, n->pos);
	copy->tag = n->tag;
	for (size_t i = 0; i < n->map.nr; i++)
		node_set(a, copy, at[i]);
	return copy;
}

static struct node *tree_replace(struct interpolation *in, struct node *n, unsigned depth)
{
	struct memo_entry *e;
	struct node *value;

	if (in->stop)
		return n;
	if (node_is_scalar(n))
		return scalar_replace(in, n);
	if (depth > DEPTH_MAX) {
		in->stop = in->failed = true;
		diag_error(in->c->diags, n->pos, "nested deeper than %d levels", DEPTH_MAX);
		return n;
	}
	e = memo_at(&in->memo, n);
	if (e->state == MEMO_DONE)
		return e->value;
	value = n->kind == NODE_SEQ ? seq_replace(in, n, depth) : map_replace(in, n, depth);
	e = memo_at(&in->memo, n);
	e->state = MEMO_DONE;
	e->value = value;
	return value;
}

int interpolate_tree(struct interpolate_context *c, struct node *n, struct node **ret)
{
	struct interpolation in = { .c = c };
	struct node *value;

	memo_init(&in.memo, c->arena);
	map_init(&in.blocks, c->arena);
	value = tree_replace(&in, n, 0);
	if (in.failed)
		return -1;
	*ret = value;
	return 0;
}
