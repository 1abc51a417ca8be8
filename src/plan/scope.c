#include "plan/scope.h"

#include "base/buf.h"

#include <ctype.h>

#define DEPTH_MAX	50
#define REFERENCES_MAX	10000 /* followed for one value: "$A$A" chains double */

/* The chain of variables that are being expanded, innermost first. */
struct visit {
	str key;
	const struct visit *outer;
	unsigned depth;
};

struct expansion {
	const struct scope *scope;
	struct arena *a;
	bool keep;	     /* unknown names stay as written */
	unsigned references; /* followed so far */
};

void scope_layer_index(struct scope_layer *l, struct arena *a)
{
	map_init(&l->index, a);
	for (size_t i = 0; i < l->vars.nr; i++)
		map_set(&l->index, l->vars.at[i].key, &l->vars.at[i]);
}

static const struct job_var *layer_find(const struct scope_layer *l, str key)
{
	if (l->index.nr)
		return map_get(&l->index, key);
	for (size_t i = l->vars.nr; i-- > 0;)
		if (str_eq(l->vars.at[i].key, key))
			return &l->vars.at[i];
	return NULL;
}

bool scope_find(const struct scope *s, struct arena *a, str key, struct job_var *ret)
{
	for (size_t i = s->nr; i-- > 0;) {
		const struct job_var *v = s->layer[i] ? layer_find(s->layer[i], key) : NULL;

		if (v) {
			*ret = *v;
			return true;
		}
	}
	return s->derive && s->derive(s->derive_ctx, a, key, ret);
}

static bool is_name_start(char c)
{
	return c == '_' || isalpha((unsigned char)c);
}

static bool is_name(char c)
{
	return c == '_' || isalnum((unsigned char)c);
}

static size_t name_length(str s)
{
	size_t n = 0;

	if (s.n && is_name_start(s.p[0]))
		for (n = 1; n < s.n && is_name(s.p[n]); n++)
			;
	return n;
}

/* A reference at the start of s: its length and name.  Nested braces as in
 * ${URL_${ENV}} have no plain name: *ret_nested is the text between the braces. */
static size_t reference_at(str s, str *ret_name, str *ret_nested)
{
	size_t n;

	*ret_nested = str_null;
	if (s.p[0] == '%') {
		n = name_length(str_from(s, 1));
		*ret_name = str_sub(s, 1, n);
		return n && n + 1 < s.n && s.p[n + 1] == '%' ? n + 2 : 0;
	}
	if (s.n > 1 && s.p[1] == '{') {
		size_t depth = 1;

		n = name_length(str_from(s, 2));
		*ret_name = str_sub(s, 2, n);
		if (n && n + 2 < s.n && s.p[n + 2] == '}')
			return n + 3;
		for (size_t i = 2; i < s.n; i++) {
			depth += s.p[i] == '{';
			depth -= s.p[i] == '}';
			if (depth == 0) {
				*ret_nested = str_sub(s, 2, i - 2);
				return str_find(*ret_nested, STR("${"), 0) >= 0 ? i + 1 : 0;
			}
		}
		return 0;
	}
	n = name_length(str_from(s, 1));
	*ret_name = str_sub(s, 1, n);
	return n ? n + 1 : 0;
}

static void expand_into(struct expansion *x, struct buf *out, str text, const struct visit *visit);

static bool is_visited(const struct visit *v, str key)
{
	for (; v; v = v->outer)
		if (str_eq(v->key, key))
			return true;
	return false;
}

/* The value of one reference; `as_written` is what stands when it is unknown. */
static void add_value(struct expansion *x, struct buf *out, str name, str as_written,
		      const struct visit *visit)
{
	struct visit here = { .key = name, .outer = visit, .depth = visit ? visit->depth + 1 : 1 };
	struct job_var v;

	if (++x->references > REFERENCES_MAX) {
		out->full = true;
		return;
	}
	if (!scope_find(x->scope, x->a, name, &v)) {
		if (x->keep)
			buf_adds(out, as_written);
		return;
	}
	if (v.raw)
		buf_adds(out, v.value);
	else if (is_visited(visit, name) || here.depth > DEPTH_MAX)
		buf_adds(out, as_written);
	else
		expand_into(x, out, v.value, &here);
}

static void expand_into(struct expansion *x, struct buf *out, str text, const struct visit *visit)
{
	size_t i = 0;

	while (i < text.n && !out->full) {
		str rest = str_from(text, i), name, nested;
		size_t n = 0;

		if (rest.p[0] != '$' && rest.p[0] != '%') {
			while (n < rest.n && rest.p[n] != '$' && rest.p[n] != '%')
				n++;
			buf_add(out, rest.p, n);
			i += n;
			continue;
		}
		if (rest.n > 1 && rest.p[1] == rest.p[0]) { /* $$ and %% are kept through */
			buf_add(out, rest.p, 2);
			i += 2;
			continue;
		}
		n = reference_at(rest, &name, &nested);
		if (n == 0) {
			buf_addc(out, rest.p[0]);
			i++;
			continue;
		}
		if (!str_is_null(nested)) {
			struct buf inner = { .max = 256 };

			expand_into(x, &inner, nested, visit);
			name = arena_str(x->a, buf_str(&inner));
			buf_release(&inner);
		}
		add_value(x, out, name, str_sub(rest, 0, n), visit);
		i += n;
	}
}

static bool needs_expanding(str text)
{
	return str_index(text, '$') >= 0 || str_index(text, '%') >= 0;
}

static str expanded(struct expansion *x, str text, const struct visit *visit)
{
	struct buf out = { .max = SCOPE_VALUE_MAX };
	str s;

	if (!needs_expanding(text))
		return text;
	expand_into(x, &out, text, visit);
	s = arena_str(x->a, buf_str(&out));
	buf_release(&out);
	return s;
}

str scope_get(const struct scope *s, struct arena *a, str key)
{
	struct expansion x = { .scope = s, .a = a };
	struct visit here = { .key = key, .depth = 1 };
	struct job_var v;

	if (!scope_find(s, a, key, &v))
		return str_null;
	return v.raw ? v.value : expanded(&x, v.value, &here);
}

str scope_expand(const struct scope *s, struct arena *a, str text, bool keep)
{
	struct expansion x = { .scope = s, .a = a, .keep = keep };

	return expanded(&x, text, NULL);
}

void scope_flatten(const struct scope *s, struct arena *a, struct job_var_vec *ret)
{
	struct expansion x = { .scope = s, .a = a };
	struct map seen;

	map_init(&seen, a);
	for (size_t l = 0; l < s->nr; l++) {
		const struct job_var_vec *vars = s->layer[l] ? &s->layer[l]->vars : NULL;

		for (size_t i = 0; vars && i < vars->nr; i++) {
			struct visit here = { .key = vars->at[i].key, .depth = 1 };
			struct job_var v;

			if (map_find(&seen, vars->at[i].key))
				continue;
			map_set(&seen, vars->at[i].key, NULL);
			MUST(scope_find(s, a, vars->at[i].key, &v));
			if (!v.raw) {
				v.value = expanded(&x, v.value, &here);
				v.raw = true; /* nothing is left to expand */
			}
			vec_add(a, ret, v);
		}
	}
}

/* Depth first along references; true when `start` was met again. */
static bool find_circle(struct expansion *x, const struct visit *at, str start, struct buf *out)
{
	struct job_var v;

	if (at->depth > DEPTH_MAX || !scope_find(x->scope, x->a, at->key, &v) || v.raw)
		return false;
	for (size_t i = 0; i < v.value.n && x->references < REFERENCES_MAX; i++) {
		struct visit next = { .outer = at, .depth = at->depth + 1 };
		str nested;
		size_t n;

		if (v.value.p[i] != '$' && v.value.p[i] != '%')
			continue;
		n = reference_at(str_from(v.value, i), &next.key, &nested);
		if (n == 0 || !str_is_null(nested))
			continue;
		i += n - 1;
		x->references++;
		if (at->outer && str_eq(next.key, start)) {
			for (const struct visit *k = at; k; k = k->outer)
				buf_addf(out, STR_FMT " <- ", STR_ARG(k->key));
			buf_adds(out, start);
			return true;
		}
		if (!is_visited(at, next.key) && find_circle(x, &next, start, out))
			return true;
	}
	return false;
}

str scope_trouble(const struct scope *s, struct arena *a, str key)
{
	struct expansion x = { .scope = s, .a = a };
	struct visit start = { .key = key, .depth = 1 };
	struct buf out = BUF_INIT;
	struct job_var v;
	str trouble = str_null;

	if (!scope_find(s, a, key, &v) || v.raw || !needs_expanding(v.value))
		return str_null;
	if (find_circle(&x, &start, key, &out)) {
		trouble = arena_printf(a, "circular variable reference detected: %s", out.p);
	} else {
		buf_clear(&out);
		out.max = SCOPE_VALUE_MAX;
		x.references = 0;
		expand_into(&x, &out, v.value, &start);
		if (out.full)
			trouble = arena_printf(a, "expands to more than %zu kB or %d references",
					       SCOPE_VALUE_MAX >> 10, REFERENCES_MAX);
	}
	buf_release(&out);
	return trouble;
}
