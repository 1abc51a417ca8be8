#include "plan/scope.h"

#include "plan/expand.h"

#define DEPTH_MAX      50
#define REFERENCES_MAX 10000 /* followed for one value: "$A$A" chains double */

struct expansion {
	const struct scope *scope;
	struct arena *a;
	enum expand_mode mode;
	bool for_runner;     /* its pass comes after: nothing may be expanded twice */
	unsigned references; /* followed so far */
	bool full;	     /* a limit was passed */
	str circle;	     /* the first one met, or str_null */
};

/* A variable that is being expanded, and the one that refers to it. */
struct visit {
	struct expansion *x;
	str key;
	const struct visit *outer;
	unsigned depth;
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

static bool is_visited(const struct visit *v, str key)
{
	for (; v; v = v->outer)
		if (str_eq(v->key, key))
			return true;
	return false;
}

/* "B <- A <- B": each is referred to by the next. */
static str circle_text(struct arena *a, const struct visit *v, str key)
{
	struct buf b = BUF_INIT;
	str first = v->key;
	str s;

	for (; v; v = v->outer) {
		buf_addf(&b, STR_FMT " <- ", STR_ARG(v->key));
		if (str_eq(v->key, key))
			break;
	}
	s = arena_printf(a, "%s" STR_FMT, b.p, STR_ARG(first));
	buf_release(&b);
	return s;
}

static str expanded(struct expansion *x, str text, const struct visit *visit);

static str value_of(void *ctx, str name)
{
	const struct visit *v = ctx;
	struct expansion *x = v->x;
	struct visit here = { .x = x, .outer = v, .depth = v->depth + 1 };
	struct job_var var;

	if (++x->references > REFERENCES_MAX || v->depth > DEPTH_MAX) {
		x->full = true;
		return STR("");
	}
	if (!scope_find(x->scope, x->a, name, &var))
		return str_null;
	/* The runner's pass puts these in: a path, or text it must not look into. */
	if (x->for_runner && (var.file || (var.raw && str_index(var.value, '$') >= 0)))
		return expand_as_written;
	if (var.raw)
		return var.value;
	here.key = var.key;
	if (is_visited(v, name)) {
		/* PATH: "$PATH:x" is no circle to GitLab; over others it is. */
		if (!str_eq(v->key, name) && str_is_null(x->circle))
			x->circle = circle_text(x->a, v, name);
		return expand_as_written;
	}
	return expanded(x, var.value, &here);
}

static str expanded(struct expansion *x, str text, const struct visit *visit)
{
	struct expand_vars vars = { (void *)(uintptr_t)visit, value_of };
	struct buf out = { .max = SCOPE_VALUE_MAX };
	str s;

	if (!expand_is_needed(text))
		return text;
	expand_server(&out, text, x->mode, &vars);
	x->full |= out.full;
	s = arena_str(x->a, buf_str(&out));
	buf_release(&out);
	return s;
}

static str expand_variable(struct expansion *x, const struct job_var *v)
{
	struct visit here = { .x = x, .key = v->key, .depth = 1 };

	return v->raw ? v->value : expanded(x, v->value, &here);
}

str scope_get(const struct scope *s, struct arena *a, str key)
{
	struct expansion x = { .scope = s, .a = a };
	struct job_var v;

	return scope_find(s, a, key, &v) ? expand_variable(&x, &v) : str_null;
}

str scope_expand(const struct scope *s, struct arena *a, str text, bool keep)
{
	struct expansion x = { .scope = s, .a = a, .mode = keep ? EXPAND_EXISTING : EXPAND_BLANK };
	struct visit nobody = { .x = &x };

	return expanded(&x, text, &nobody);
}

void scope_flatten(const struct scope *s, struct arena *a, struct job_var_vec *ret)
{
	struct map seen;

	map_init(&seen, a);
	for (size_t l = 0; l < s->nr; l++) {
		const struct job_var_vec *vars = s->layer[l] ? &s->layer[l]->vars : NULL;

		for (size_t i = 0; vars && i < vars->nr; i++) {
			struct expansion x = {
				.scope = s, .a = a, .mode = EXPAND_EXISTING, .for_runner = true
			};
			struct job_var v;

			if (map_find(&seen, vars->at[i].key))
				continue;
			map_set(&seen, vars->at[i].key, NULL);
			MUST(scope_find(s, a, vars->at[i].key, &v));
			v.value = expand_variable(&x, &v);
			v.raw |= str_index(v.value, '$') < 0; /* nothing is left to expand */
			vec_add(a, ret, v);
		}
	}
}

str scope_trouble(const struct scope *s, struct arena *a, str key)
{
	struct expansion x = { .scope = s, .a = a };
	struct job_var v;

	if (!scope_find(s, a, key, &v))
		return str_null;
	expand_variable(&x, &v);
	if (!str_is_null(x.circle))
		return arena_printf(a, "circular variable reference detected: " STR_FMT,
				    STR_ARG(x.circle));
	if (x.full)
		return arena_printf(a, "expands to more than %zu kB or %d references",
				    SCOPE_VALUE_MAX >> 10, REFERENCES_MAX);
	return str_null;
}
