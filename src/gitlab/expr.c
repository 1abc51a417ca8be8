#include "gitlab/expr.h"

#include "base/buf.h"
#include "fmt/regex.h"
#include "gitlab/expr_int.h"

#include <string.h>

#define TEXT_MAX   (8u << 10)
#define TOKENS_MAX 100 /* reaching it is an error, as in GitLab */
#define MEMO_MAX   64  /* patterns of one place that are kept, see held_pattern */

/* A value or an operator over earlier nodes. */
struct expr_node {
	enum expr_op op;
	uint8_t left, right; /* NOT has only left */
	size_t at;
	str text;
	struct regex *pattern; /* of a pattern; or the one compiled last from a value */
	str pattern_text;      /* … and that value */
	unsigned nr_compiled;
};

struct expr {
	struct arena *arena;
	struct expr_node *nodes; /* in order of appearance; an operator behind its operands */
	uint8_t nr, root;
};

/* --- patterns --- */

/* `/…/flags` in its parts, `\/` not yet undone; false when it is none. */
bool expr_pattern_split(str text, str *ret_pattern, unsigned *ret_flags)
{
	static const struct {
		char c;
		unsigned flag;
	} flags[] = {
		{ 'i', REGEX_ICASE },
		{ 's', REGEX_DOTALL },
		{ 'm', REGEX_MULTILINE },
		{ 'U', REGEX_UNGREEDY },
	};
	ssize_t close = str_rindex(text, '/');

	if (close < 1 || text.p[0] != '/' || str_index(text, '\n') >= 0)
		return false;
	*ret_flags = 0;
	for (size_t i = (size_t)close + 1; i < text.n; i++) {
		size_t k = 0;

		while (k < COUNT(flags) && flags[k].c != text.p[i])
			k++;
		if (k == COUNT(flags))
			return false;
		*ret_flags |= flags[k].flag;
	}
	*ret_pattern = str_sub(text, 1, (size_t)close - 1);
	return true;
}

/* Compiles `/…/flags`, in the arena or, without one, on the heap. */
int expr_pattern_compile(struct arena *a, str text, struct regex **ret, struct err *err)
{
	struct buf plain CLEANUP(buf_release) = BUF_INIT;
	unsigned flags;
	str pattern;

	if (!expr_pattern_split(text, &pattern, &flags))
		return err_set(err, ERR_INVALID,
			       "Invalid regular expression! it must be on one line");
	for (size_t i = 0; i < pattern.n; i++)
		/* `\/` is a slash; the closing slash stands behind the last character,
		 * and loses a backslash the same way. */
		if (!(pattern.p[i] == '\\' && pattern.p[i + 1] == '/'))
			buf_addc(&plain, pattern.p[i]);
	if (a)
		return regex_compile_in(a, buf_str(&plain), flags, ret, err);
	return regex_compile(buf_str(&plain), flags, ret, err);
}

/* --- parsing --- */

struct parser {
	str text;
	size_t at;
	struct expr *e;
	struct err *err;
	uint8_t values[TOKENS_MAX];
	struct expr_token operators[TOKENS_MAX];
	size_t nr_values, nr_operators, nr_tokens;
};

/* Smaller binds tighter. */
static unsigned precedence(enum expr_op op)
{
	static const unsigned of[] = {
		[EXPR_NOT] = 1,	     [EXPR_EQUALS] = 10,      [EXPR_NOT_EQUALS] = 10,
		[EXPR_MATCHES] = 10, [EXPR_NOT_MATCHES] = 10, [EXPR_AND] = 11,
		[EXPR_OR] = 12,	     [EXPR_OPEN] = 100,
	};

	return of[op];
}

static uint8_t add_node(struct parser *p, const struct expr_token *t)
{
	MUST(p->e->nr < TOKENS_MAX);
	p->e->nodes[p->e->nr] = (struct expr_node){ .op = t->op, .at = t->at, .text = t->text };
	return p->e->nr++;
}

static int push_value(struct parser *p, const struct expr_token *t)
{
	uint8_t i = add_node(p, t);

	p->values[p->nr_values++] = i;
	if (t->op == EXPR_PATTERN &&
	    expr_pattern_compile(p->e->arena, t->text, &p->e->nodes[i].pattern, p->err) < 0)
		return err_wrap(p->err, "position %zu", t->at + 1);
	return 0;
}

/* The operator on top takes its operands. */
static void apply(struct parser *p)
{
	struct expr_token *t = &p->operators[--p->nr_operators];
	uint8_t i = add_node(p, t);
	struct expr_node *n = &p->e->nodes[i];

	if (t->op != EXPR_NOT)
		n->right = p->values[--p->nr_values];
	n->left = p->values[--p->nr_values];
	p->values[p->nr_values++] = i;
}

static int close_group(struct parser *p, const struct expr_token *t)
{
	while (p->nr_operators > 0 && p->operators[p->nr_operators - 1].op != EXPR_OPEN)
		apply(p);
	if (p->nr_operators == 0)
		return expr_fail(p->err, t->at, "Unmatched parenthesis: a ) without its (");
	p->nr_operators--;
	return 0;
}

static int take_operand(struct parser *p, const struct expr_token *t, bool *ret_complete)
{
	if (t->op <= EXPR_PATTERN) {
		*ret_complete = true;
		return push_value(p, t);
	}
	if (t->op == EXPR_OPEN || t->op == EXPR_NOT) {
		p->operators[p->nr_operators++] = *t;
		return 0;
	}
	return expr_fail(p->err, t->at, "a value must stand before \"" STR_FMT "\"",
			 STR_ARG(t->text));
}

static int take_operator(struct parser *p, const struct expr_token *t, bool *ret_complete)
{
	if (t->op == EXPR_CLOSE)
		return close_group(p, t);
	if (t->op <= EXPR_NOT || t->op == EXPR_OPEN)
		return expr_fail(p->err, t->at,
				 "expected an operator (== != =~ !~ && ||) between two values");
	while (p->nr_operators > 0 &&
	       precedence(p->operators[p->nr_operators - 1].op) <= precedence(t->op))
		apply(p);
	p->operators[p->nr_operators++] = *t;
	*ret_complete = false;
	return 0;
}

static int finish(struct parser *p, bool complete)
{
	if (p->nr_tokens == 0)
		return expr_fail(p->err, 0, "the expression is empty");
	if (!complete)
		return expr_fail(p->err, p->text.n, "a value is missing at the end");
	while (p->nr_operators > 0) {
		const struct expr_token *t = &p->operators[p->nr_operators - 1];

		if (t->op == EXPR_OPEN)
			return expr_fail(p->err, t->at, "Unmatched parenthesis: a ( without its )");
		apply(p);
	}
	MUST(p->nr_values == 1);
	p->e->root = p->values[0];
	return 0;
}

int expr_parse(struct arena *a, str text, struct expr **ret, struct err *err)
{
	struct parser p = { .text = text, .err = err };
	struct expr_node nodes[TOKENS_MAX];
	struct expr e = { .arena = a, .nodes = nodes };
	bool complete = false; /* what stands so far is a whole value */
	struct expr_token t;
	int rc;

	p.e = &e;
	if (text.n > TEXT_MAX)
		return err_set(err, ERR_LIMIT, "an expression has at most %u bytes", TEXT_MAX);
	while ((rc = expr_lex(text, &p.at, &t, err)) > 0) {
		if (++p.nr_tokens == TOKENS_MAX)
			return err_set(err, ERR_LIMIT,
				       "Too many tokens! an expression has less than %d",
				       TOKENS_MAX);
		rc = complete ? take_operator(&p, &t, &complete) : take_operand(&p, &t, &complete);
		if (rc < 0)
			return -1;
	}
	if (rc < 0 || finish(&p, complete) < 0)
		return -1;
	e.nodes = arena_array(a, struct expr_node, e.nr);
	memcpy(e.nodes, nodes, e.nr * sizeof(*nodes));
	*ret = arena_new(a, struct expr);
	**ret = e;
	return 0;
}

/* --- evaluating --- */

enum value_kind { VALUE_NULL, VALUE_BOOL, VALUE_TEXT, VALUE_INPUT, VALUE_PATTERN };

struct value {
	enum value_kind kind;
	bool boolean;
	str text;
	struct expr_node *node; /* where it stands, for patterns */
};

struct eval {
	const struct expr *e;
	const struct expr_vars *vars;
	struct err *err;
};

static const struct value value_null = { .kind = VALUE_NULL };

static struct value value_bool(bool b)
{
	return (struct value){ .kind = VALUE_BOOL, .boolean = b };
}

/* Inputs come as text; the text of a boolean behaves as the boolean. */
static bool input_is_false(const struct value *v)
{
	return v->kind == VALUE_INPUT && str_eq(v->text, STR("false"));
}

/* Ruby's: only nil and false are false. */
static bool is_truthy(const struct value *v)
{
	return v->kind == VALUE_BOOL ? v->boolean : v->kind != VALUE_NULL && !input_is_false(v);
}

/* How many bytes of a Unicode space stand at p; 0 when none. */
static size_t wide_space(str s)
{
	static const str spaces[] = {
		STR_INIT("\xc2\x85"), STR_INIT("\u00a0"), STR_INIT("\u1680"), STR_INIT("\u2028"),
		STR_INIT("\u2029"), STR_INIT("\u202f"), STR_INIT("\u205f"), STR_INIT("\u3000"),
	};

	for (size_t i = 0; i < COUNT(spaces); i++)
		if (str_starts_with(s, spaces[i]))
			return spaces[i].n;
	/* U+2000 to U+200A */
	return s.n >= 3 && memcmp(s.p, "\xe2\x80", 2) == 0 && (unsigned char)s.p[2] >= 0x80 &&
			       (unsigned char)s.p[2] <= 0x8a
		       ? 3
		       : 0;
}

static bool is_blank_text(str s)
{
	while (s.n > 0) {
		size_t n = s.p[0] == ' ' || (s.p[0] >= '\t' && s.p[0] <= '\r') ? 1 : wide_space(s);

		if (n == 0)
			return false;
		s = str_from(s, n);
	}
	return true;
}

/* Rails' `present?`: what the whole expression, and `!`, are judged by. */
static bool is_present(const struct value *v)
{
	if (v->kind == VALUE_TEXT || v->kind == VALUE_INPUT)
		return !is_blank_text(v->text) && !input_is_false(v);
	return is_truthy(v);
}

static str text_of(const struct value *v)
{
	if (v->kind == VALUE_NULL)
		return STR("");
	if (v->kind == VALUE_BOOL)
		return v->boolean ? STR("true") : STR("false");
	return v->text;
}

static bool is_equal(const struct value *x, const struct value *y)
{
	bool loose =
		(x->kind == VALUE_INPUT && y->kind != VALUE_NULL && y->kind != VALUE_PATTERN) ||
		(y->kind == VALUE_INPUT && x->kind != VALUE_NULL && x->kind != VALUE_PATTERN);

	if (loose)
		return str_eq(text_of(x), text_of(y));
	if (x->kind != y->kind)
		return false;
	return x->kind == VALUE_BOOL ? x->boolean == y->boolean : str_eq(x->text, y->text);
}

/* A pattern that a value holds.  Mostly it is the same each time, so the last one
 * is kept; a place that sees ever new ones stops filling the arena. */
static int held_pattern(struct eval *x, struct expr_node *place, str text, struct regex **ret,
			struct regex **ret_owned)
{
	int rc;

	if (place->pattern && str_eq(place->pattern_text, text)) {
		*ret = place->pattern;
		return 0;
	}
	if (place->nr_compiled < MEMO_MAX) {
		rc = expr_pattern_compile(x->e->arena, text, ret, x->err);
		if (rc == 0) {
			place->nr_compiled++;
			place->pattern = *ret;
			place->pattern_text = arena_str(x->e->arena, text);
		}
	} else {
		rc = expr_pattern_compile(NULL, text, ret, x->err);
		if (rc == 0)
			*ret_owned = *ret;
	}
	return rc < 0 ? err_wrap(x->err, "position %zu", place->at + 1) : 0;
}

/* Does the left side match?  1, 0, -1.  The right side is no null. */
static int matches(struct eval *x, struct expr_node *n, const struct value *left,
		   const struct value *right)
{
	struct regex *owned CLEANUP(regex_free_ptr) = NULL;
	struct regex *re;
	unsigned flags;
	str pattern;
	int rc;

	if (right->kind == VALUE_BOOL)
		return expr_fail(x->err, n->at,
				 "the right side must be a /pattern/, a text or a variable");
	MUST(right->kind != VALUE_PATTERN || right->node);
	if (right->kind == VALUE_PATTERN)
		re = right->node->pattern;
	else if (!expr_pattern_split(right->text, &pattern, &flags))
		/* Not a pattern: is the left side a part of the right one? */
		return str_find(right->text, text_of(left), 0) >= 0;
	else if (held_pattern(x, n, right->text, &re, &owned) < 0)
		return -1;
	rc = regex_search(re, text_of(left), NULL, x->err);
	return rc < 0 ? err_wrap(x->err, "position %zu", n->at + 1) : rc;
}

static int eval_node(struct eval *x, uint8_t i, struct value *ret);

static int eval_compare(struct eval *x, struct expr_node *n, struct value *ret)
{
	struct value left, right;
	bool wanted = n->op == EXPR_EQUALS || n->op == EXPR_MATCHES;
	int rc;

	if (eval_node(x, n->left, &left) < 0 || eval_node(x, n->right, &right) < 0)
		return -1;
	if (n->op == EXPR_EQUALS || n->op == EXPR_NOT_EQUALS)
		rc = is_equal(&left, &right);
	else
		rc = right.kind == VALUE_NULL ? 0 : matches(x, n, &left, &right);
	*ret = value_bool((rc == 1) == wanted);
	return rc < 0 ? -1 : 0;
}

static struct value named(struct eval *x, const struct expr_node *n)
{
	bool input = n->op == EXPR_INPUT;
	str (*get)(void *ctx, str name) = input ? x->vars->input : x->vars->get;
	str text = get ? get(x->vars->ctx, n->text) : str_null;

	if (str_is_null(text))
		return value_null;
	return (struct value){ .kind = input ? VALUE_INPUT : VALUE_TEXT, .text = text };
}

static int eval_node(struct eval *x, uint8_t i, struct value *ret)
{
	struct expr_node *n = &x->e->nodes[i];

	switch (n->op) {
	case EXPR_TRUE:
	case EXPR_FALSE:
		*ret = value_bool(n->op == EXPR_TRUE);
		return 0;
	case EXPR_STRING:
		*ret = (struct value){ .kind = VALUE_TEXT, .text = n->text };
		return 0;
	case EXPR_PATTERN:
		*ret = (struct value){ .kind = VALUE_PATTERN, .text = n->text, .node = n };
		return 0;
	case EXPR_VARIABLE:
	case EXPR_INPUT:
		*ret = named(x, n);
		return 0;
	case EXPR_NOT:
		if (eval_node(x, n->left, ret) < 0)
			return -1;
		*ret = value_bool(!is_present(ret));
		return 0;
	case EXPR_AND:
	case EXPR_OR:
		if (eval_node(x, n->left, ret) < 0)
			return -1;
		return is_truthy(ret) == (n->op == EXPR_AND) ? eval_node(x, n->right, ret) : 0;
	case EXPR_EQUALS:
	case EXPR_NOT_EQUALS:
	case EXPR_MATCHES:
	case EXPR_NOT_MATCHES:
		return eval_compare(x, n, ret);
	default:
		*ret = value_null;
		return 0;
	}
}

int expr_eval(const struct expr *e, const struct expr_vars *vars, struct err *err)
{
	struct eval x = { e, vars, err };
	struct value v;

	if (eval_node(&x, e->root, &v) < 0)
		return -1;
	return is_present(&v);
}

struct str_vec expr_variables(struct arena *a, const struct expr *e)
{
	struct str_vec names = { 0 };

	for (uint8_t i = 0; i < e->nr; i++)
		if (e->nodes[i].op == EXPR_VARIABLE && !str_vec_has(&names, e->nodes[i].text))
			vec_add(a, &names, e->nodes[i].text);
	return names;
}
