/* Two halves, by the first byte.  Either any pattern on any text: it must end, and
 * what it finds lies in the text.  Or a pattern made from the bytes over {a, b}, held
 * against sets of positions: where could a match of this node end, for each start? */
#include "base/buf.h"
#include "fmt/regex.h"

#define TEXT_MAX 12
#define NODES_MAX 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- any pattern --- */

static void check_any(str input)
{
	str pattern = str_cut(&input, '\0');
	struct regex *re CLEANUP(regex_free_ptr) = NULL;
	struct regex_match m;
	struct err err;
	int rc;

	if (regex_compile(pattern, 0, &re, &err) < 0) {
		MUST(err.kind == ERR_INVALID || err.kind == ERR_LIMIT);
		return;
	}
	rc = regex_search(re, input, &m, &err);
	if (rc < 0)
		MUST(err.kind == ERR_LIMIT);
	for (size_t i = 0; rc == 1 && i < m.nr; i++)
		if (!str_is_null(m.group[i]) && input.p)
			MUST(m.group[i].p >= input.p &&
			     m.group[i].p + m.group[i].n <= input.p + input.n);
	if (rc == 1)
		MUST(!str_is_null(m.group[0]) || !input.p);
}

/* --- made patterns --- */

enum kind { CHAR, ANY, CLASS, NOT_CLASS, START, END, JOIN, EITHER, REPEAT };

struct node {
	enum kind kind;
	char c;
	unsigned min, max; /* of a repeat; max 9 is without end */
	struct node *left, *right;
};

struct maker {
	const uint8_t *p, *end;
	struct node nodes[NODES_MAX];
	size_t nr;
};

static uint8_t next(struct maker *m)
{
	return m->p < m->end ? *m->p++ : 0;
}

static struct node *make(struct maker *m, unsigned depth)
{
	struct node *n = &m->nodes[m->nr++];
	uint8_t b = next(m);

	n->kind = depth > 4 || m->nr + 2 > NODES_MAX ? CHAR : (enum kind)(b % 9);
	n->c = b & 0x80 ? 'a' : 'b';
	if (n->kind >= JOIN)
		n->left = make(m, depth + 1);
	if (n->kind == JOIN || n->kind == EITHER) {
		if (m->nr == NODES_MAX)
			n->kind = REPEAT;
		else
			n->right = make(m, depth + 1);
	}
	if (n->kind == REPEAT) {
		n->min = b >> 4 & 3;
		n->max = b & 0x40 ? 9 : n->min + (b >> 3 & 1);
	}
	return n;
}

static void print(struct buf *b, const struct node *n)
{
	switch (n->kind) {
	case CHAR:
		buf_addc(b, n->c);
		return;
	case ANY:
		buf_addc(b, '.');
		return;
	case CLASS:
		buf_addf(b, "[%c]", n->c);
		return;
	case NOT_CLASS:
		buf_addf(b, "[^%c]", n->c);
		return;
	case START:
		buf_addc(b, '^');
		return;
	case END:
		buf_addc(b, '$');
		return;
	default:
		break;
	}
	buf_addz(b, n->c == 'a' ? "(" : "(?:");
	print(b, n->left);
	if (n->kind == EITHER)
		buf_addc(b, '|');
	if (n->kind != REPEAT)
		print(b, n->right);
	buf_addc(b, ')');
	if (n->kind != REPEAT)
		return;
	if (n->max == 9)
		buf_addf(b, "{%u,}", n->min);
	else
		buf_addf(b, "{%u,%u}", n->min, n->max);
	if (n->c == 'b')
		buf_addc(b, '?');
}

/* Bit i of a set: position i. */
static uint32_t ends(const struct node *n, str text, uint32_t starts)
{
	uint32_t out = 0, at = starts;

	switch (n->kind) {
	case START:
		return starts & 1;
	case END:
		return starts & 1u << text.n;
	case JOIN:
		return ends(n->right, text, ends(n->left, text, starts));
	case EITHER:
		return ends(n->left, text, starts) | ends(n->right, text, starts);
	case REPEAT:
		/* What is matched empty may be matched as often as wanted. */
		for (unsigned i = 0; i < (n->max == 9 ? n->min + TEXT_MAX + 1 : n->max); i++) {
			if (i >= n->min)
				out |= at;
			at = ends(n->left, text, at);
		}
		return out | at;
	default:
		break;
	}
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool fits = n->kind == ANY	   ? c != '\n'
			    : n->kind == NOT_CLASS ? c != n->c
						   : c == n->c;

		if (starts >> i & 1 && fits)
			out |= 1u << (i + 1);
	}
	return out;
}

static void check_made(const uint8_t *data, size_t size)
{
	struct regex *re CLEANUP(regex_free_ptr) = NULL;
	struct buf pattern CLEANUP(buf_release) = BUF_INIT;
	struct maker m = { .p = data, .end = data + size };
	char text[TEXT_MAX];
	struct err err;
	struct node *root;
	size_t n = next(&m) % (TEXT_MAX + 1);
	int rc;

	for (size_t i = 0; i < n; i++)
		text[i] = "aab\n"[next(&m) % 4];
	root = make(&m, 0);
	print(&pattern, root);
	if (regex_compile(buf_str(&pattern), 0, &re, &err) < 0) {
		MUST(err.kind == ERR_LIMIT);
		return;
	}
	rc = regex_search(re, (str){ text, n }, NULL, &err);
	if (rc >= 0)
		MUST(rc == (ends(root, (str){ text, n }, (2u << n) - 1) != 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	if (data[0] & 1)
		check_any((str){ (const char *)data + 1, size - 1 });
	else
		check_made(data + 1, size - 1);
	return 0;
}
