#include "plan/expand.h"

#include <string.h>

#define BRACES_MAX 32 /* nested; deeper ones are text */

/* Compared by address. */
static const char as_written[] = "";
const str expand_as_written = { as_written, 0 };

bool expand_is_needed(str text)
{
	return str_index(text, '$') >= 0 || str_index(text, '%') >= 0;
}

static bool is_name_char(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (!first && c >= '0' && c <= '9');
}

/* The name that starts at an index; empty when none does. */
static str name_at(str text, size_t at)
{
	size_t end = at;

	while (end < text.n && is_name_char(text.p[end], end == at))
		end++;
	return str_sub(text, at, end - at);
}

static char char_at(str text, size_t at)
{
	return at < text.n ? text.p[at] : '\0';
}

/* --- the server's --- */

struct server {
	struct buf *out;
	enum expand_mode mode;
	const struct expand_vars *vars;
	size_t open[BRACES_MAX]; /* where in `out` each open `${` stands */
	unsigned depth;
};

static void add_value(struct server *x, str name, str written)
{
	str value = x->vars->get(x->vars->ctx, name);

	if (value.p == as_written || (str_is_null(value) && x->mode == EXPAND_EXISTING))
		buf_adds(x->out, written);
	else
		buf_adds(x->out, value);
}

/* A `}`: what was put between it and its `${` may be a name by now. */
static void close_braces(struct server *x)
{
	size_t open = x->open[--x->depth];
	str inner = str_from(buf_str(x->out), open + 2);
	str name = name_at(inner, 0);
	str value = str_null;

	if (name.n == 0 || name.n != inner.n) {
		buf_addc(x->out, '}');
		return;
	}
	value = x->vars->get(x->vars->ctx, name);
	if (value.p == as_written || (str_is_null(value) && x->mode == EXPAND_EXISTING)) {
		buf_addc(x->out, '}');
		return;
	}
	x->out->n = open;
	buf_adds(x->out, value);
}

/* At a dollar; returns how many bytes were used. */
static size_t server_dollar(struct server *x, str text, size_t at)
{
	char next = char_at(text, at + 1);
	str name;

	if (next == '$') {
		buf_addz(x->out, "$$");
		return 2;
	}
	if (next == '{') {
		name = name_at(text, at + 2);
		if (name.n > 0 && char_at(text, at + 2 + name.n) == '}') {
			add_value(x, name, str_sub(text, at, name.n + 3));
			return name.n + 3;
		}
		if (x->depth < BRACES_MAX)
			x->open[x->depth++] = x->out->n;
		buf_addz(x->out, "${");
		return 2;
	}
	name = name_at(text, at + 1);
	if (name.n == 0) {
		buf_addc(x->out, '$');
		return 1;
	}
	add_value(x, name, str_sub(text, at, name.n + 1));
	return name.n + 1;
}

static size_t server_percent(struct server *x, str text, size_t at)
{
	str name = name_at(text, at + 1);

	if (char_at(text, at + 1) == '%') {
		buf_addz(x->out, "%%");
		return 2;
	}
	if (name.n == 0 || char_at(text, at + 1 + name.n) != '%') {
		buf_addc(x->out, '%');
		return 1;
	}
	add_value(x, name, str_sub(text, at, name.n + 2));
	return name.n + 2;
}

void expand_server(struct buf *out, str text, enum expand_mode mode, const struct expand_vars *vars)
{
	struct server x = { .out = out, .mode = mode, .vars = vars };

	for (size_t at = 0; at < text.n && !out->full;) {
		char c = text.p[at];
		size_t plain = at;

		if (c == '$') {
			at += server_dollar(&x, text, at);
		} else if (c == '%') {
			at += server_percent(&x, text, at);
		} else if (c == '}' && x.depth > 0) {
			close_braces(&x);
			at++;
		} else {
			while (at < text.n && !strchr("$%}", text.p[at] ? text.p[at] : 'x'))
				at++;
			at += at == plain;
			buf_adds(out, str_sub(text, plain, at - plain));
		}
	}
}

/* --- the runner's --- */

/* Names of one character that a shell would know; here they are always empty. */
static bool is_shell_special(char c)
{
	return (c >= '0' && c <= '9') || (c && strchr("*#@!?-", c));
}

static void add_runner_value(struct buf *out, str name, const struct expand_vars *vars)
{
	str value;

	if (name.n == 1 && is_shell_special(name.p[0]))
		return;
	value = vars->get(vars->ctx, name);
	buf_adds(out, value);
}

/* Behind `${`: up to the brace is a name, whatever it holds; `${$}` is a dollar. */
static size_t runner_braces(struct buf *out, str text, size_t at, const struct expand_vars *vars)
{
	ssize_t end = str_find(text, STR("}"), at + 2);
	str name;

	if (end < 0)
		return 2; /* bad syntax: the two characters are dropped */
	name = str_sub(text, at + 2, (size_t)end - at - 2);
	if (str_eq(name, STR("$")))
		buf_addc(out, '$');
	else if (name.n > 0)
		add_runner_value(out, name, vars);
	return name.n + 3;
}

void expand_runner(struct buf *out, str text, const struct expand_vars *vars)
{
	for (size_t at = 0; at < text.n && !out->full;) {
		ssize_t dollar = str_find(text, STR("$"), at);
		size_t end = dollar < 0 ? text.n : (size_t)dollar, len = 0;
		char next = char_at(text, end + 1);

		buf_adds(out, str_sub(text, at, end - at));
		at = end;
		if (dollar < 0)
			break;
		if (next == '$') {
			buf_addc(out, '$');
			at += 2;
		} else if (next == '{') {
			at += runner_braces(out, text, at, vars);
		} else if (is_shell_special(next)) {
			at += 2;
		} else {
			while (is_name_char(char_at(text, at + 1 + len), false))
				len++;
			if (len == 0)
				buf_addc(out, '$');
			else
				add_runner_value(out, str_sub(text, at + 1, len), vars);
			at += len + 1;
		}
	}
}
