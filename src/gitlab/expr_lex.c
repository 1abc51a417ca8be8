/* Tokens of an expression: tried in GitLab's order at each place behind blanks. */
#include "gitlab/expr_int.h"

#include "base/buf.h"

#include <string.h>

static const struct {
	const char *text;
	enum expr_op op;
} symbols[] = {
	{ "(", EXPR_OPEN },	 { ")", EXPR_CLOSE },	   { "==", EXPR_EQUALS },
	{ "=~", EXPR_MATCHES },	 { "!=", EXPR_NOT_EQUALS }, { "!~", EXPR_NOT_MATCHES },
	{ "&&", EXPR_AND },	 { "||", EXPR_OR },	   { "!", EXPR_NOT }, /* behind != and !~ */
};

/* `null` may touch what follows, as in GitLab; the others may not. */
static const struct {
	str text;
	enum expr_op op;
	bool whole;
} words[] = {
	{ STR_INIT("null"), EXPR_NULL, false },
	{ STR_INIT("true"), EXPR_TRUE, true },
	{ STR_INIT("false"), EXPR_FALSE, true },
};

int expr_fail(struct err *err, size_t at, const char *fmt, ...)
{
	char text[512];
	struct buf b = { .p = text, .cap = sizeof(text), .max = sizeof(text) - 1 };
	va_list args;

	text[0] = '\0';
	va_start(args, fmt);
	buf_vaddf(&b, fmt, args);
	va_end(args);
	return err_set(err, ERR_INVALID, "position %zu: %s", at + 1, text);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static size_t word_end(str text, size_t at)
{
	while (at < text.n && is_word_char(text.p[at]))
		at++;
	return at;
}

static size_t skip_blanks(str text, size_t at)
{
	while (at < text.n && is_blank(text.p[at]))
		at++;
	return at;
}

/* --- each kind: the offset behind it, or 0 when it does not stand there --- */

static size_t lex_variable(str text, size_t at, struct expr_token *t)
{
	size_t end = word_end(text, at + 1);

	if (text.p[at] != '$' || end == at + 1)
		return 0;
	t->op = EXPR_VARIABLE;
	t->text = str_sub(text, at + 1, end - at - 1);
	return end;
}

/* $[[ inputs.NAME ]] */
static size_t lex_input(str text, size_t at, struct expr_token *t)
{
	static const str prefix = STR_INIT("inputs.");
	size_t name, end;

	if (!str_starts_with(str_from(text, at), STR("$[[")))
		return 0;
	name = skip_blanks(text, at + 3);
	if (!str_starts_with(str_from(text, name), prefix))
		return 0;
	name += prefix.n;
	end = word_end(text, name);
	t->op = EXPR_INPUT;
	t->text = str_sub(text, name, end - name);
	end = skip_blanks(text, end);
	return t->text.n > 0 && str_starts_with(str_from(text, end), STR("]]")) ? end + 2 : 0;
}

/* No escapes, shortest match, one line. */
static size_t lex_string(str text, size_t at, struct expr_token *t)
{
	char quote = text.p[at];
	ssize_t end;

	if (quote != '"' && quote != '\'')
		return 0;
	t->op = EXPR_STRING;
	t->text = str_from(text, at + 1);
	end = str_index(t->text, quote);
	if (end < 0)
		return 0;
	t->text.n = (size_t)end;
	return str_index(t->text, '\n') >= 0 ? 0 : at + 1 + t->text.n + 1;
}

/* The place of the closing slash of `\/([^\/]|\\/)+[^\\]\/`, or 0.  The last
 * character before it may be anything but a backslash, even a slash: the odd ends
 * below follow from the order in which a backtracking engine tries them. */
static size_t pattern_close(str text, size_t at)
{
	unsigned units = 0;
	size_t i = at + 1;

	while (i < text.n && text.p[i] != '/') {
		bool escape = text.p[i] == '\\' && i + 1 < text.n && text.p[i + 1] == '/';

		if (escape && i + 2 < text.n && text.p[i + 2] == '/')
			return i + 2;
		i += escape ? 2 : 1;
		units++;
	}
	if (i == text.n || units == 0)
		return 0;
	if (i + 1 < text.n && text.p[i + 1] == '/')
		return i + 1;
	return units >= 2 ? i : 0;
}

static size_t lex_pattern(str text, size_t at, struct expr_token *t)
{
	size_t end;

	if (text.p[at] != '/')
		return 0;
	end = pattern_close(text, at);
	if (end == 0)
		return 0;
	for (end++; end < text.n && strchr("ismU", text.p[end]) && text.p[end]; end++)
		;
	t->op = EXPR_PATTERN;
	t->text = str_sub(text, at, end - at);
	return end;
}

static size_t lex_word(str text, size_t at, struct expr_token *t)
{
	for (size_t i = 0; i < COUNT(words); i++) {
		size_t end = at + words[i].text.n;

		if (!str_starts_with(str_from(text, at), words[i].text) ||
		    (words[i].whole && word_end(text, end) != end))
			continue;
		t->op = words[i].op;
		t->text = words[i].text;
		return end;
	}
	return 0;
}

static size_t lex_symbol(str text, size_t at, struct expr_token *t)
{
	for (size_t i = 0; i < COUNT(symbols); i++) {
		str symbol = str_of(symbols[i].text);

		if (!str_starts_with(str_from(text, at), symbol))
			continue;
		t->op = symbols[i].op;
		t->text = symbol;
		return at + symbol.n;
	}
	return 0;
}

/* --- what to say when nothing fits --- */

static int unknown_word(str word, size_t at, struct err *err)
{
	static const struct {
		str word;
		const char *instead;
	} operators[] = {
		{ STR_INIT("and"), "&&" },
		{ STR_INIT("or"), "||" },
		{ STR_INIT("not"), "!" },
	};

	for (size_t i = 0; i < COUNT(operators); i++)
		if (str_eq_nocase(word, operators[i].word))
			return expr_fail(err, at,
					 "Unknown lexeme found! \"" STR_FMT "\" is written %s",
					 STR_ARG(word), operators[i].instead);
	return expr_fail(err, at,
			 "Unknown lexeme found! a text needs quotes: \"" STR_FMT
			 "\"; a variable needs a dollar: $" STR_FMT,
			 STR_ARG(word), STR_ARG(word));
}

static int unknown(str text, size_t at, struct err *err)
{
	static const struct {
		const char *start, *why;
	} known[] = {
		{ "${", "a variable is written $NAME here, without braces" },
		{ "$[[", "an input is written $[[ inputs.NAME ]]" },
		{ "$", "a variable's name must follow the dollar" },
		{ "\"", "the text has no closing quote" },
		{ "'", "the text has no closing quote" },
		{ "/", "a pattern has at least two characters between its slashes, and a slash "
		       "within it is written \\/" },
		{ "=", "to compare write == or =~" },
		{ "&", "to join conditions write &&" },
		{ "|", "to join conditions write ||" },
	};
	size_t end = word_end(text, at);

	for (size_t i = 0; i < COUNT(known); i++)
		if (str_starts_with(str_from(text, at), str_of(known[i].start)))
			return expr_fail(err, at, "Unknown lexeme found! %s", known[i].why);
	if (end > at)
		return unknown_word(str_sub(text, at, MIN(end - at, (size_t)60)), at, err);
	return expr_fail(
		err, at,
		"Unknown lexeme found! expected a $VARIABLE, a text in quotes, a /pattern/, "
		"null, true, false or an operator");
}

int expr_lex(str text, size_t *at, struct expr_token *ret, struct err *err)
{
	static size_t (*const kinds[])(str, size_t, struct expr_token *) = {
		lex_input, lex_variable, lex_string, lex_pattern, lex_word, lex_symbol,
	};

	*at = skip_blanks(text, *at);
	if (*at == text.n)
		return 0;
	ret->at = *at;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		size_t end = kinds[i](text, *at, ret);

		if (end > 0) {
			*at = end;
			return 1;
		}
	}
	return unknown(text, *at, err);
}
