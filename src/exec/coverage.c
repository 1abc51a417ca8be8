#include "exec/coverage.h"

#include "base/buf.h"
#include "fmt/regex.h"

#include <stdlib.h>
#include <string.h>

struct coverage {
	struct regex *regex;
	double value;
	bool once;     /* the pattern asks where a line begins: it matches a line once */
	bool too_long; /* the line in `line` is not complete and too long */
	struct buf line;
	struct err trouble; /* ERR_NONE without */
};

int coverage_new(str pattern, struct coverage **ret, struct err *err)
{
	struct coverage *c = mem_zalloc(1, sizeof(*c));

	c->value = -1;
	buf_init(&c->line, COVERAGE_LINE_MAX);
	if (regex_compile(pattern, 0, &c->regex, err) < 0) {
		coverage_free(c);
		return err_wrap(err, "coverage");
	}
	c->once = str_index(pattern, '^') >= 0 || str_find(pattern, STR("\\A"), 0) >= 0;
	*ret = c;
	return 0;
}

void coverage_free(struct coverage *c)
{
	if (!c)
		return;
	regex_free(c->regex);
	buf_release(&c->line);
	mem_free(c);
}

/* Cut colour sequences (ESC [ … letter) out of the line, in place. */
static void drop_colours(struct buf *b)
{
	size_t to = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (b->p[i] == '\033' && i + 1 < b->n && b->p[i + 1] == '[') {
			for (i += 2; i < b->n && (b->p[i] < '@' || b->p[i] > '~');)
				i++;
			continue;
		}
		b->p[to++] = b->p[i];
	}
	b->n = to;
}

/* The first number of a text: digits, or digits.digits. */
static bool first_number(str s, double *ret)
{
	char text[32];
	size_t from = 0, to;

	while (from < s.n && (s.p[from] < '0' || s.p[from] > '9'))
		from++;
	if (from == s.n)
		return false;
	for (to = from; to < s.n && s.p[to] >= '0' && s.p[to] <= '9';)
		to++;
	if (to + 1 < s.n && s.p[to] == '.' && s.p[to + 1] >= '0' && s.p[to + 1] <= '9')
		for (to++; to < s.n && s.p[to] >= '0' && s.p[to] <= '9';)
			to++;
	if (to - from >= sizeof(text))
		return false;
	memcpy(text, s.p + from, to - from);
	text[to - from] = '\0';
	*ret = strtod(text, NULL);
	return true;
}

static str telling_group(const struct regex_match *m)
{
	for (size_t i = 1; i < m->nr; i++)
		if (!str_is_null(m->group[i]))
			return m->group[i];
	return m->group[0];
}

static void judge_line(struct coverage *c)
{
	struct regex_match m;
	str rest;

	drop_colours(&c->line);
	rest = str_trim_end(buf_str(&c->line));
	/* The last match of the line: `rest` moves behind each one. */
	while (regex_search(c->regex, rest, &m, &c->trouble) > 0) {
		double value;
		size_t end = (size_t)(m.group[0].p - rest.p) + m.group[0].n;

		if (first_number(telling_group(&m), &value))
			c->value = value;
		if (end >= rest.n || c->once)
			break;
		rest = str_from(rest, MAX(end, (size_t)1));
	}
	buf_clear(&c->line);
}

void coverage_feed(struct coverage *c, str bytes)
{
	while (bytes.n) {
		ssize_t end = str_index(bytes, '\n');

		buf_adds(&c->line, end < 0 ? bytes : str_sub(bytes, 0, (size_t)end));
		c->too_long |= c->line.full;
		if (end < 0)
			return;
		if (!c->too_long)
			judge_line(c);
		buf_clear(&c->line);
		c->too_long = false;
		bytes = str_from(bytes, (size_t)end + 1);
	}
}

double coverage_value(struct coverage *c)
{
	if (c->line.n && !c->too_long)
		judge_line(c);
	buf_clear(&c->line);
	return c->value;
}

bool coverage_trouble(const struct coverage *c, struct err *err)
{
	if (c->trouble.kind == ERR_NONE)
		return false;
	*err = c->trouble;
	return true;
}
