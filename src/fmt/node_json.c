#include "fmt/node_int.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Would a reader of YAML change or refuse the character inside double quotes?
 * Returns its number, or 0 when it may stand as it is. */
static unsigned needs_escape(const unsigned char *p, size_t n)
{
	if (p[0] < 0x20 || p[0] == 0x7f)
		return p[0];
	if (n >= 2 && p[0] == 0xc2 && p[1] < 0xa0)
		return p[1]; /* C1 controls and the next-line character */
	if (n >= 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
		return 0x2000u | (p[2] & 0x3f); /* line and paragraph separators */
	if (n >= 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf)
		return 0xfeff;
	if (n >= 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe)
		return 0xffc0u | (p[2] & 0x3f);
	return 0;
}

static void add_string(struct buf *b, str s)
{
	size_t done = 0;

	buf_addc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		const unsigned char *p = (const unsigned char *)s.p + i;
		unsigned code = needs_escape(p, s.n - i);

		if (code == 0 && *p != '"' && *p != '\\')
			continue;
		buf_add(b, s.p + done, i - done);
		if (*p == '"' || *p == '\\')
			buf_addf(b, "\\%c", *p);
		else if (*p == '\n')
			buf_addz(b, "\\n");
		else if (*p == '\t')
			buf_addz(b, "\\t");
		else
			buf_addf(b, "\\u%04x", code);
		i += *p < 0x80 ? 0 : *p < 0xe0 ? 1 : 2;
		done = i + 1;
	}
	if (done < s.n)
		buf_add(b, s.p + done, s.n - done);
	buf_addc(b, '"');
}

static void add_real(struct buf *b, double v)
{
	char text[40];

	if (isnan(v)) {
		buf_addz(b, ".nan");
		return;
	}
	if (isinf(v)) {
		buf_addz(b, v < 0 ? "-.inf" : ".inf");
		return;
	}
	/* The shortest form that reads back as the same number. */
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	buf_addz(b, text);
	if (!strpbrk(text, ".e"))
		buf_addz(b, ".0");
}

/* "!" and the rest, in which only what a tag may hold stands as it is. */
static void add_tag(struct buf *b, str tag)
{
	buf_addc(b, '!');
	for (size_t i = 1; i < tag.n; i++) {
		unsigned char c = (unsigned char)tag.p[i];

		if (c < 0x80 && (isalnum(c) || (c && strchr("-_./:", c))))
			buf_addc(b, (char)c);
		else
			buf_addf(b, "%%%02X", c);
	}
	buf_addc(b, ' ');
}

static void add_seq(struct buf *b, const struct node *n)
{
	buf_addc(b, '[');
	for (size_t i = 0; i < n->seq.nr && !b->full; i++) {
		if (i)
			buf_addz(b, ", ");
		node_add_json(b, n->seq.at[i]);
	}
	buf_addc(b, ']');
}

static void add_map(struct buf *b, const struct node *n)
{
	buf_addc(b, '{');
	for (size_t i = 0; i < n->map.nr && !b->full; i++) {
		if (i)
			buf_addz(b, ", ");
		add_string(b, n->map.at[i].key);
		buf_addz(b, ": ");
		node_add_json(b, n->map.at[i].value);
	}
	buf_addc(b, '}');
}

void node_add_json(struct buf *b, const struct node *n)
{
	if (n->tag.n)
		add_tag(b, n->tag);
	switch (n->kind) {
	case NODE_NULL:
		buf_addz(b, "null");
		break;
	case NODE_BOOL:
		buf_addz(b, n->boolean ? "true" : "false");
		break;
	case NODE_INT:
		buf_addf(b, "%lld", (long long)n->integer);
		break;
	case NODE_FLOAT:
		add_real(b, n->real);
		break;
	case NODE_STR:
		add_string(b, n->text);
		break;
	case NODE_SEQ:
		add_seq(b, n);
		break;
	case NODE_MAP:
		add_map(b, n);
		break;
	}
}
