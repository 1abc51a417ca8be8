/* Any text: what parses also parses in parentheses and gives the same, and negated
 * the opposite.  And trees made from the bytes, printed with as few parentheses as
 * the precedence allows, held against an evaluation of the tree itself. */
#include "base/buf.h"
#include "gitlab/expr.h"

#include <string.h>

#define NODES_MAX 20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static str variable(void *ctx, str name)
{
	(void)ctx;
	return str_eq(name, STR("A"))	? STR("ab")
	       : str_eq(name, STR("B")) ? STR("a")
	       : str_eq(name, STR("E")) ? STR("")
	       : str_eq(name, STR("R")) ? STR("/^a+/")
	       : str_eq(name, STR("X")) ? STR("/(a+)+$/")
					: str_null;
}

static const struct expr_vars vars = { .get = variable };

/* --- any text --- */

static int value_of(struct arena *a, const char *before, str text, const char *after)
{
	struct expr *e;
	struct err err;
	str whole = arena_printf(a, "%s" STR_FMT "%s", before, STR_ARG(text), after);

	if (expr_parse(a, whole, &e, &err) < 0)
		return err.kind == ERR_LIMIT ? -3 : -2;
	(void)expr_variables(a, e);
	return expr_eval(e, &vars, &err);
}

static void check_any(struct arena *a, str text)
{
	int plain, grouped, negated;

	if (str_index(text, '\0') >= 0)
		return;
	plain = value_of(a, "", text, "");
	grouped = value_of(a, "(", text, ")");
	negated = value_of(a, "!(", text, ")");
	if (grouped != -3 && plain != -3)
		MUST(plain == grouped || plain == -2); /* `$A) || ($B` is one only in ( ) */
	if (negated != -3 && plain >= 0)
		MUST(negated == !plain);
	if (negated != -3 && plain == -1)
		MUST(negated == -1);
}

/* --- made trees --- */

enum kind { TEXT, VAR, NIL, BOOL, NOT, EQ, NE, PART, NO_PART, AND, OR };

struct node {
	enum kind kind;
	unsigned pick;
	struct node *left, *right;
};

struct maker {
	const uint8_t *p, *end;
	struct node nodes[NODES_MAX];
	size_t nr;
};

static const char *const texts[] = { "", "a", "ab", " " };
static const char names[] = "ABEZ";

static struct node *make(struct maker *m, unsigned depth)
{
	struct node *n = &m->nodes[m->nr++];
	uint8_t b = m->p < m->end ? *m->p++ : 0;

	n->kind = depth > 5 || m->nr + 2 * (depth + 2) > NODES_MAX ? (enum kind)(b % 4)
								   : (enum kind)(b % 11);
	n->pick = b >> 4 & 3;
	if (n->kind >= NOT)
		n->left = make(m, depth + 1);
	if (n->kind > NOT)
		n->right = make(m, depth + 1);
	return n;
}

static unsigned level(enum kind k)
{
	return k < NOT ? 0 : k == NOT ? 1 : k <= NO_PART ? 10 : k == AND ? 11 : 12;
}

static void print(struct buf *b, const struct node *n, unsigned most)
{
	static const char *const signs[] = {
		[EQ] = "==", [NE] = " != ", [PART] = "=~", [NO_PART] = " !~", [AND] = " && ", [OR] = "||",
	};
	bool group = level(n->kind) > most;

	if (group)
		buf_addc(b, '(');
	switch (n->kind) {
	case TEXT:
		buf_addf(b, n->pick & 1 ? "\"%s\"" : "'%s'", texts[n->pick]);
		break;
	case VAR:
		buf_addf(b, "$%c ", names[n->pick]);
		break;
	case NIL:
		buf_addz(b, "null ");
		break;
	case BOOL:
		buf_addz(b, n->pick & 1 ? "true" : "false");
		break;
	case NOT:
		buf_addc(b, '!');
		print(b, n->left, 1);
		break;
	default:
		print(b, n->left, level(n->kind));
		buf_addz(b, signs[n->kind]);
		print(b, n->right, level(n->kind) - 1); /* to the left */
	}
	if (group)
		buf_addc(b, ')');
}

/* A value is a text, or NULL with `is`: -1 null, 0 false, 1 true. */
struct value {
	const char *text;
	int is;
};

static bool present(struct value v)
{
	return v.text ? v.text[strspn(v.text, " ")] != '\0' : v.is == 1;
}

static const char *as_text(struct value v)
{
	return v.text ? v.text : v.is < 0 ? "" : v.is ? "true" : "false";
}

static struct value truth(bool b)
{
	return (struct value){ NULL, b };
}

/* Sets *ret_bad when a boolean stands right of =~. */
static struct value value(const struct node *n, bool *ret_bad)
{
	struct value l, r;

	switch (n->kind) {
	case TEXT:
		return (struct value){ texts[n->pick], 0 };
	case VAR: {
		str v = variable(NULL, (str){ names + n->pick, 1 });

		return str_is_null(v) ? (struct value){ NULL, -1 } : (struct value){ v.p, 0 };
	}
	case NIL:
		return (struct value){ NULL, -1 };
	case BOOL:
		return truth(n->pick & 1);
	case NOT:
		return truth(!present(value(n->left, ret_bad)));
	default:
		break;
	}
	l = value(n->left, ret_bad);
	if (n->kind == AND || n->kind == OR)
		return (l.text || l.is == 1) == (n->kind == AND) ? value(n->right, ret_bad) : l;
	r = value(n->right, ret_bad);
	if (n->kind == EQ || n->kind == NE) {
		bool same = l.text && r.text ? strcmp(l.text, r.text) == 0
					     : !l.text && !r.text && l.is == r.is;

		return truth(same == (n->kind == EQ));
	}
	if (!r.text && r.is >= 0)
		*ret_bad = true;
	return truth((r.text && strstr(r.text, as_text(l))) == (n->kind == PART));
}

static void check_made(struct arena *a, const uint8_t *data, size_t size)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct maker m = { .p = data, .end = data + size };
	struct node *root = make(&m, 0);
	bool bad = false;
	struct value v = value(root, &bad);
	struct expr *e;
	struct err err;
	int got;

	print(&text, root, 12);
	MUST(expr_parse(a, buf_str(&text), &e, &err) == 0);
	got = expr_eval(e, &vars, &err);
	MUST(bad ? got == -1 : got == present(v));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a CLEANUP(arena_release) = { 0 };

	if (size < 2)
		return 0;
	arena_init(&a, 0);
	if (data[0] & 1)
		check_any(&a, (str){ (const char *)data + 1, size - 1 });
	else
		check_made(&a, data + 1, size - 1);
	return 0;
}
