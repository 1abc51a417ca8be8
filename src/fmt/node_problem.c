/* libyaml's problems, told to people.
 *
 * One row per problem text; a row either has its sentence and hint, or a
 * function that looks at the lines around the place to say which of the usual
 * mistakes it was.  An unknown problem is passed on as it is.
 */
#include "fmt/node_int.h"

#include <string.h>

struct trouble {
	const struct source *src;
	str text;
	struct diags *d;
	struct pos pos, context; /* context: the construct that could not be read */
	size_t at, context_at;	 /* bytes in text */
	str problem;
};

#define HINT_QUOTE_ALL "put the whole value in quotes"
#define NO_BREAK_SPACE STR("\xc2\xa0")

/* --- looking at lines --- */

static size_t byte_of(str text, size_t chars)
{
	size_t at = 0;

	while (at < text.n && chars) {
		at++;
		while (at < text.n && ((unsigned char)text.p[at] & 0xc0) == 0x80)
			at++;
		chars--;
	}
	return at;
}

static char char_at(const struct trouble *t, size_t at)
{
	return at < t->text.n ? t->text.p[at] : '\0';
}

static size_t indent_of(str line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] == ' ')
		n++;
	return n;
}

/* The line without its indentation and the dashes of list items. */
static str content_of(str line)
{
	line = str_trim(line);
	while (str_starts_with(line, STR("- ")))
		line = str_trim(str_from(line, 2));
	return line;
}

/* Is the place the first text of its line? */
static bool is_first(const struct trouble *t)
{
	str line = source_line(t->src, t->pos.line);

	return indent_of(line) + 1 >= t->pos.col;
}

/* The line above the problem that has content; its number, or 0. */
static uint32_t line_above(const struct trouble *t, str *ret)
{
	for (uint32_t line = t->pos.line - 1; line; line--) {
		*ret = source_line(t->src, line);
		if (content_of(*ret).n && content_of(*ret).p[0] != '#')
			return line;
	}
	return 0;
}

/* "key:value"; a URL is not meant. */
static bool lacks_space(str content)
{
	ssize_t colon = str_index(content, ':');

	return colon > 0 && (size_t)colon + 1 < content.n &&
	       !strchr(" \t/:", content.p[colon + 1]) && str_find(content, STR(": "), 0) < 0;
}

/* --- the problems that have several causes --- */

static void say_no_colon(const struct trouble *t, struct pos pos, str content)
{
	ssize_t colon = str_index(content, ':');

	if (lacks_space(content)) {
		diag_error(t->d, pos, "expected a space after the colon of `" STR_FMT "`",
			   STR_ARG(content));
		diag_hint(t->d, "write `" STR_FMT ": " STR_FMT "`",
			  STR_ARG(str_sub(content, 0, (size_t)colon)),
			  STR_ARG(str_from(content, (size_t)colon + 1)));
		return;
	}
	diag_error(t->d, pos, "expected `:` after the key `" STR_FMT "`",
		   STR_ARG(str_sub(content, 0, 60)));
	diag_hint(t->d, "write `key: value`; text that goes on from the line above must be "
			"indented deeper than its key");
}

static void second_colon(const struct trouble *t)
{
	diag_error(t->d, t->pos, "a value without quotes cannot hold `: `");
	diag_hint(t->d, HINT_QUOTE_ALL);
}

/* "mapping values are not allowed in this context": a colon where no key can be. */
static void on_colon(const struct trouble *t)
{
	str line = source_line(t->src, t->pos.line), above = str_null;
	str before = content_of(str_sub(line, 0, t->pos.col - 1));
	uint32_t nr = line_above(t, &above);
	size_t deep = indent_of(line), deep_above = indent_of(above);
	struct pos pos = { t->src, nr, (uint32_t)deep_above + 1 };

	if (str_starts_with(str_from(above, deep_above), NO_BREAK_SPACE)) {
		diag_error(t->d, pos, "a no-break space (U+00A0) stands in the indentation");
		diag_hint(t->d, "replace it with an ordinary space");
	} else if (str_find(before, STR(": "), 0) >= 0) {
		second_colon(t);
	} else if (before.n > 1024) {
		diag_error(t->d, t->pos, "a key has more than 1024 characters");
	} else if (nr && deep == deep_above &&
		   (lacks_space(content_of(above)) || str_index(above, ':') < 0)) {
		say_no_colon(t, pos, content_of(above));
	} else if (nr && deep > deep_above) {
		diag_error(t->d, t->pos,
			   "a key cannot stand here: the value of line %u has begun already", nr);
		diag_hint(t->d, "to be its neighbour, start it in column %zu, as line %u does",
			  deep_above + 1, nr);
	} else {
		diag_error(t->d, t->pos, "a key cannot stand here");
		diag_hint(t->d, "check the indentation, and the quotes in the lines above");
	}
}

static void on_missing_colon(const struct trouble *t)
{
	str line = source_line(t->src, t->context.line);

	say_no_colon(t, t->context, str_trim(str_from(line, t->context.col - 1)));
}

static void text_after_value(const struct trouble *t)
{
	if (char_at(t, t->at) == '*' || char_at(t, t->at) == '&') {
		diag_error(t->d, t->pos,
			   "an anchor cannot stand before an alias or another anchor");
		diag_hint(t->d, "keep one of the two");
		return;
	}
	diag_error(t->d, t->pos, "unexpected text after the value");
	diag_hint(t->d, t->at && char_at(t, t->at - 1) == '\''
				? "a ' inside single quotes is written twice: ''"
				: HINT_QUOTE_ALL);
}

/* "did not find expected key" */
static void on_missing_key(const struct trouble *t)
{
	bool item = char_at(t, t->at) == '-' && strchr(" \r\n", char_at(t, t->at + 1));

	if (char_at(t, t->at) == ':') {
		diag_error(t->d, t->pos, "a key is missing before the colon");
		diag_hint(t->d, "write `key: value`");
	} else if (!is_first(t)) {
		text_after_value(t);
	} else if (item && t->pos.col == t->context.col) {
		diag_error(t->d, t->pos, "a list item cannot stand among the keys of a map");
		diag_hint(t->d, "the map starts at line %u; indent the list below its key",
			  t->context.line);
	} else if (item) {
		diag_error(t->d, t->pos, "this list item is indented differently from its list");
		diag_hint(t->d, "start all items of a list in the same column");
	} else {
		diag_error(t->d, t->pos, "wrong indentation: no key above starts in column %u",
			   t->pos.col);
		diag_hint(t->d, "the map around it starts at line %u, column %u", t->context.line,
			  t->context.col);
	}
}

/* "did not find expected '-' indicator" */
static void on_missing_dash(const struct trouble *t)
{
	if (!is_first(t)) {
		text_after_value(t);
		return;
	}
	diag_error(t->d, t->pos, "expected a list item (`- `) or less indentation");
	diag_hint(t->d, "the list started at line %u, column %u", t->context.line, t->context.col);
}

static void on_unclosed_bracket(const struct trouble *t)
{
	bool list = str_find(t->problem, STR("]"), 0) >= 0;
	const char *open = list ? "[" : "{", *close = list ? "]" : "}";

	if (t->pos.line == t->context.line && t->at < t->text.n) {
		diag_error(t->d, t->pos, "expected `,` or `%s` here", close);
		diag_hint(t->d,
			  "the `%s` is in column %u; put a text with special characters in "
			  "quotes",
			  open, t->context.col);
		return;
	}
	diag_error(t->d, t->context, "this `%s` is not closed", open);
	diag_hint(t->d, "expected `,` or `%s` at line %u, column %u", close, t->pos.line,
		  t->pos.col);
}

/* "found character that cannot start any token" */
static void on_bad_start(const struct trouble *t)
{
	char c = char_at(t, t->at);

	if (c == '\t') {
		diag_error(t->d, t->pos, "a tab character cannot stand here");
		diag_hint(t->d, "YAML does not allow tabs for indentation; use spaces");
		return;
	}
	if (c == '`')
		diag_error(t->d, t->pos, "a value without quotes cannot start with a backtick");
	else
		diag_error(t->d, t->pos, "a value without quotes cannot start with `%c`", c);
	diag_hint(t->d, HINT_QUOTE_ALL);
}

/* "did not find expected node content" */
static void on_missing_node(const struct trouble *t)
{
	char c = char_at(t, t->at);

	if (c == ']' || c == '}') {
		diag_error(t->d, t->pos, "`%c` closes nothing here", c);
		diag_hint(t->d, "check the brackets before it, or put the text in quotes");
	} else if (c == ',') {
		diag_error(t->d, t->pos, "a value is missing before the comma");
		diag_hint(t->d, "remove the comma, or put the text in quotes");
	} else if (is_first(t)) {
		diag_error(t->d, t->pos, "expected a value: a `[` or `{` above is not closed");
		diag_hint(t->d, "close the bracket");
	} else {
		diag_error(t->d, t->pos, "expected a value here");
		diag_hint(t->d, "put a text with special characters in quotes");
	}
}

static void on_unclosed_quote(const struct trouble *t)
{
	diag_error(t->d, t->context, "this quote is never closed");
	diag_hint(t->d, char_at(t, t->context_at) == '"'
				? "close it; a quote inside the text is written \\\""
				: "close it; a quote inside the text is written twice: ''");
}

static void on_bad_escape(const struct trouble *t)
{
	str escape = str_sub(t->text, t->at, 2);

	diag_error(t->d, t->pos, "\"" STR_FMT "\" is not an escape that double quotes know",
		   STR_ARG(escape));
	diag_hint(t->d, "write \\\\ for a backslash, or use single quotes");
}

/* "did not find expected <document start>" */
static void on_second_value(const struct trouble *t)
{
	if (char_at(t, t->at) == ':') {
		diag_error(t->d, t->pos, "expected a space after the colon");
		diag_hint(t->d, "write `key: value`");
		return;
	}
	diag_error(t->d, t->pos, "unexpected text: the value of the document has ended above");
	diag_hint(t->d, "check the indentation and the quotes; documents are separated by `---`");
}

static void on_bad_name(const struct trouble *t)
{
	bool alias = char_at(t, t->context_at) == '*';

	diag_error(t->d, t->context, "`%c` starts an %s, which needs a name of letters and digits",
		   alias ? '*' : '&', alias ? "alias" : "anchor");
	diag_hint(t->d, "put a text that starts with `%c` in quotes", alias ? '*' : '&');
}

/* --- the table --- */

#define HINT_TAB   "YAML does not allow tabs for indentation; use spaces"
#define HINT_TAG   "put a text that starts with `!` in quotes"
#define HINT_HEX   "after \\x come 2, after \\u 4, after \\U 8 hexadecimal digits of a character"
#define HINT_DIR   "put a text that starts with `%` in quotes, or indent it"
#define HINT_BLOCK "write the text on the lines below, indented deeper than the key"

#define TELL(text, function)	 { .problem = (text), .tell = (function) }
#define SAY(text, sentence, advice) { .problem = (text), .message = (sentence), .hint = (advice) }
#define SAY_IN(where, sentence, advice) \
	{ .context = (where), .message = (sentence), .hint = (advice), .at_context = true }

static const struct {
	const char *problem, *context; /* NULL: any */
	void (*tell)(const struct trouble *t);
	const char *message, *hint; /* when there is no function */
	bool at_context;
} problems[] = {
	TELL("mapping values are not allowed in this context", on_colon),
	TELL("could not find expected ':'", on_missing_colon),
	TELL("did not find expected key", on_missing_key),
	TELL("did not find expected '-' indicator", on_missing_dash),
	TELL("did not find expected ',' or ']'", on_unclosed_bracket),
	TELL("did not find expected ',' or '}'", on_unclosed_bracket),
	TELL("found character that cannot start any token", on_bad_start),
	TELL("did not find expected node content", on_missing_node),
	TELL("found unexpected end of stream", on_unclosed_quote),
	TELL("found unexpected document indicator", on_unclosed_quote),
	TELL("found unknown escape character", on_bad_escape),
	TELL("did not find expected <document start>", on_second_value),
	{ .context = "while scanning an alias", .tell = on_bad_name },
	{ .context = "while scanning an anchor", .tell = on_bad_name },
	SAY("block sequence entries are not allowed in this context",
	    "a list item cannot start here", "put `- ` on a line of its own below the key"),
	SAY("mapping keys are not allowed in this context", "`?` cannot start a key here",
	    HINT_QUOTE_ALL),
	SAY("found unexpected ':'", "`:` cannot stand here", HINT_QUOTE_ALL),
	SAY("found a tab character that violates indentation", "a tab character cannot stand here",
	    HINT_TAB),
	SAY("found a tab character where an indentation space is expected",
	    "a tab character cannot stand here", HINT_TAB),
	SAY("did not find expected comment or line break",
	    "nothing may follow `|` or `>` on its line", HINT_BLOCK),
	SAY("found an indentation indicator equal to 0",
	    "the indentation after `|` or `>` is a digit from 1 to 9", HINT_BLOCK),
	SAY("did not find expected hexdecimal number", "this escape lacks hexadecimal digits",
	    HINT_HEX),
	SAY("found invalid Unicode character escape code",
	    "this escape is not a character of Unicode", HINT_HEX),
	SAY("found undefined tag handle", "this tag has a prefix that is not declared", HINT_TAG),
	SAY("found incompatible YAML document", "only %YAML 1.1 and 1.2 can be read",
	    "remove the %YAML line"),
	SAY("found duplicate %YAML directive", "a second %YAML line", "remove one of them"),
	SAY("found duplicate %TAG directive", "a second %TAG line with the same prefix",
	    "remove one of them"),
	/* Whatever else goes wrong with a tag or a directive. */
	SAY_IN("while scanning a tag", "this is not a well-formed tag", HINT_TAG),
	SAY_IN("while parsing a tag", "this is not a well-formed tag", HINT_TAG),
	SAY_IN("while scanning a directive", "this is not a directive that YAML knows", HINT_DIR),
	SAY_IN("while scanning a %YAML directive", "this %YAML line is not well-formed",
	       "write `%YAML 1.2`, and `---` below it"),
	SAY_IN("while scanning a %TAG directive", "this %TAG line is not well-formed",
	       "write `%TAG !prefix! uri`"),
	SAY_IN("while parsing a %TAG directive", "this %TAG line is not well-formed",
	       "write `%TAG !prefix! uri`"),
};

static bool applies(size_t row, str problem, str context)
{
	return (!problems[row].problem || str_eq(problem, str_of(problems[row].problem))) &&
	       (!problems[row].context || str_eq(context, str_of(problems[row].context)));
}

void node_report_problem(const yaml_parser_t *parser, const struct source *src, struct diags *d)
{
	str context = str_of(parser->context);
	struct trouble t = { .src = src, .text = src->text, .d = d };

	MUST(parser->error != YAML_MEMORY_ERROR && parser->problem);
	if (str_starts_with(t.text, STR("\xef\xbb\xbf")))
		t.text = str_from(t.text, 3);
	t.problem = str_of(parser->problem);
	t.at = byte_of(t.text, parser->problem_mark.index);
	t.pos = node_pos_at(src, t.text, t.at);
	t.context_at = parser->context ? byte_of(t.text, parser->context_mark.index) : t.at;
	t.context = node_pos_at(src, t.text, t.context_at);
	for (size_t i = 0; i < COUNT(problems); i++) {
		if (!applies(i, t.problem, context))
			continue;
		if (problems[i].tell) {
			problems[i].tell(&t);
			return;
		}
		diag_error(d, problems[i].at_context ? t.context : t.pos, "%s",
			   problems[i].message);
		diag_hint(d, "%s", problems[i].hint);
		return;
	}
	diag_error(d, t.pos, "not well-formed YAML: " STR_FMT, STR_ARG(t.problem));
}
