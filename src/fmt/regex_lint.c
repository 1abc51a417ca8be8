/* From RE2's language to PCRE2's.  One pass: each construct is either copied, or
 * rewritten where the two read it differently, or refused.  Nothing that is not
 * understood here reaches PCRE2. */
#include "fmt/regex_int.h"

#include <string.h>

#define NESTING_MAX 200
#define REPEAT_MAX  1000
#define SIZE_LIMIT  20000u /* atoms after repeats are multiplied out */
#define NAME_MAX_LEN 32

/* One open group: how large it is when its repeats are multiplied out. */
struct frame {
	uint32_t size, last;		/* of all atoms before the last one, of the last */
	uint32_t repeats, last_repeats; /* product of nested counts */
	size_t at;
};

struct lint {
	str in;
	size_t at;
	struct regex_translation *out;
	struct err *err;
	bool utf;
	bool repeatable, repeated; /* the last thing was an atom, a repeat */
	unsigned depth;
	struct frame frames[NESTING_MAX + 1];
};

int regex_refuse(str pattern, size_t at, enum err_kind kind, const char *why, struct err *err)
{
	return err_set(err, kind, "regular expression \"" STR_FMT "\": position %zu: %s",
		       STR_ARG(str_sub(pattern, 0, 200)), at + 1, why);
}

static int refuse(struct lint *l, size_t at, const char *why)
{
	return regex_refuse(l->in, at, ERR_INVALID, why, l->err);
}

static int too_large(struct lint *l, size_t at, const char *why)
{
	return regex_refuse(l->in, at, ERR_LIMIT, why, l->err);
}

/* --- output --- */

static void add(struct lint *l, const char *p, size_t n)
{
	MUST(l->out->n + n <= REGEX_TRANSLATED_MAX);
	for (size_t i = 0; i < n; i++) {
		l->out->origin[l->out->n] = (uint16_t)l->at;
		l->out->text[l->out->n++] = p[i];
	}
}

static void adds(struct lint *l, str s)
{
	add(l, s.p, s.n);
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The characters themselves, whatever they mean elsewhere. */
static void add_literal(struct lint *l, str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c > ' ' && c < 0x7f && !is_alnum((char)c))
			add(l, "\\", 1);
		add(l, s.p + i, 1);
	}
}

static void add_code(struct lint *l, uint32_t c)
{
	char text[16], plain = (char)c;
	struct buf b = { .p = text, .cap = sizeof(text), .max = sizeof(text) - 1 };

	if (c > ' ' && c < 0x7f) {
		add_literal(l, (str){ &plain, 1 });
		return;
	}
	buf_addf(&b, "\\x{%x}", c);
	add(l, text, b.n);
}

/* --- input --- */

static char peek(const struct lint *l, size_t ahead)
{
	return l->at + ahead < l->in.n ? l->in.p[l->at + ahead] : '\0';
}

static bool looking_at(const struct lint *l, const char *text)
{
	return str_starts_with(str_from(l->in, l->at), str_of(text));
}

/* --- size --- */

static struct frame *top(struct lint *l)
{
	return &l->frames[l->depth];
}

static int atom(struct lint *l, uint32_t size, uint32_t repeats)
{
	struct frame *f = top(l);

	f->size += f->last;
	f->repeats = MAX(f->repeats, f->last_repeats);
	f->last = size;
	f->last_repeats = repeats;
	l->repeatable = true;
	l->repeated = false;
	if (f->size + f->last > SIZE_LIMIT)
		return too_large(l, l->at, "too large when its repeats are multiplied out");
	return 0;
}

static int multiply(struct lint *l, size_t at, uint32_t count)
{
	struct frame *f = top(l);

	count = MAX(count, 1u);
	f->last_repeats *= count;
	if (f->last_repeats > REPEAT_MAX)
		return too_large(l, at, "too large: nested repeats multiply to more than 1000");
	f->last *= count;
	if (f->size + f->last > SIZE_LIMIT)
		return too_large(l, at, "too large when its repeats are multiplied out");
	return 0;
}

/* --- escapes --- */

/* What an escape is: a character, a set such as \d, an assertion such as \b. */
enum escape { ESCAPE_CHAR, ESCAPE_SET, ESCAPE_ASSERTION };

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* \x7F or \x{10FFFF}; `at` is behind the x. */
static int read_hex(struct lint *l, size_t start, uint32_t *ret)
{
	bool braces = peek(l, 0) == '{';
	unsigned digits = 0;
	uint32_t v = 0;

	l->at += braces;
	for (; hex_value(peek(l, 0)) >= 0 && (braces || digits < 2); digits++, l->at++) {
		v = v * 16 + (uint32_t)hex_value(peek(l, 0));
		if (v > 0x10ffff)
			return refuse(l, start, "\\x is larger than 10FFFF");
	}
	if (braces ? digits == 0 || peek(l, 0) != '}' : digits != 2)
		return refuse(l, start, "\\x needs two hex digits, or any number in { }");
	l->at += braces;
	*ret = v;
	return 0;
}

static uint32_t read_octal(struct lint *l)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 3 && peek(l, 0) >= '0' && peek(l, 0) <= '7'; i++, l->at++)
		v = v * 8 + (uint32_t)(peek(l, 0) - '0');
	return v;
}

/* \pN, \p{Greek}, \P{^Greek}: names are PCRE2's to check. */
static int copy_property(struct lint *l, size_t start)
{
	size_t end = l->at + 1;

	if (peek(l, 0) == '{')
		while (end < l->in.n && (is_alnum(l->in.p[end]) || l->in.p[end] == '_' ||
					 (l->in.p[end] == '^' && end == l->at + 1)))
			end++;
	if (peek(l, 0) == '{' ? end >= l->in.n || l->in.p[end++] != '}' : !is_alnum(peek(l, 0)))
		return refuse(l, start, "\\p needs a letter, or a name in { }");
	adds(l, str_sub(l->in, start, end - start));
	l->at = end;
	return ESCAPE_SET;
}

static const char *why_no_escape(char c)
{
	static const struct {
		char c;
		const char *why;
	} known[] = {
		{ 'C', "\\C (one byte) is not supported" },
		{ 'K', "\\K is not supported" },
		{ 'G', "\\G is not supported" },
		{ 'R', "\\R is not supported; write (\\r\\n|\\n)" },
		{ 'X', "\\X is not supported" },
		{ 'N', "\\N is not supported" },
		{ 'Z', "\\Z is not supported; write \\z" },
		{ 'k', "back references are not supported" },
		{ 'g', "back references and calls are not supported" },
		{ 'h', "\\h is not supported; write [ \\t]" },
		{ 'E', "\\E has no \\Q before it" },
	};

	for (size_t i = 0; i < COUNT(known); i++)
		if (known[i].c == c)
			return known[i].why;
	return c >= '1' && c <= '9' ? "back references are not supported"
				    : "there is no such escape sequence";
}

/* An escape that stands for one character: its value. */
static bool simple_escape(char c, uint32_t *ret)
{
	static const char names[] = "afnrtv", values[] = "\a\f\n\r\t\v";
	const char *at = c ? strchr(names, c) : NULL;

	if (at)
		*ret = (uint32_t)values[at - names];
	else if ((unsigned char)c < 0x80 && !is_alnum(c))
		*ret = (uint32_t)c;
	else
		return false;
	return true;
}

/* At a backslash.  Sets and assertions are copied; a character is left to the
 * caller.  Returns the kind, or -1. */
static int read_escape(struct lint *l, bool in_class, uint32_t *ret)
{
	size_t start = l->at++;
	char c = peek(l, 0);

	if (l->at == l->in.n)
		return refuse(l, start, "a backslash at the end");
	l->at++;
	if (strchr("dswDSW", c) && c) {
		add(l, l->in.p + start, 2);
		return ESCAPE_SET;
	}
	if (c == 'p' || c == 'P')
		return copy_property(l, start);
	if (c == 'x')
		return read_hex(l, start, ret) < 0 ? -1 : ESCAPE_CHAR;
	if (c == '0' || (c >= '1' && c <= '7' && peek(l, 0) >= '0' && peek(l, 0) <= '7')) {
		l->at--;
		*ret = read_octal(l);
		return ESCAPE_CHAR;
	}
	if (strchr("bBAz", c) && c && !in_class) {
		add(l, l->in.p + start, 2);
		return ESCAPE_ASSERTION;
	}
	if (simple_escape(c, ret))
		return ESCAPE_CHAR;
	return refuse(l, start, why_no_escape(c));
}

/* \Q … \E: everything between is literal. */
static int quoted(struct lint *l)
{
	ssize_t end = str_find(l->in, STR("\\E"), l->at + 2);
	size_t stop = end < 0 ? l->in.n : (size_t)end;

	for (l->at += 2; l->at < stop; l->at++) {
		add_literal(l, str_sub(l->in, l->at, 1));
		if (atom(l, 1, 1) < 0)
			return -1;
	}
	l->at = end < 0 ? l->in.n : stop + 2;
	return 0;
}

/* --- classes --- */

static bool is_posix_name(str name)
{
	static const str names[] = {
		STR_INIT("alnum"), STR_INIT("alpha"), STR_INIT("ascii"), STR_INIT("blank"),
		STR_INIT("cntrl"), STR_INIT("digit"), STR_INIT("graph"), STR_INIT("lower"),
		STR_INIT("print"), STR_INIT("punct"), STR_INIT("space"), STR_INIT("upper"),
		STR_INIT("word"),  STR_INIT("xdigit"),
	};

	if (str_starts_with(name, STR("^")))
		name = str_from(name, 1);
	for (size_t i = 0; i < COUNT(names); i++)
		if (str_eq(name, names[i]))
			return true;
	return false;
}

/* [:alpha:] within a class: 1 copied, 0 it is none, -1 refused. */
static int posix_class(struct lint *l)
{
	ssize_t end = looking_at(l, "[:") ? str_find(l->in, STR(":]"), l->at + 2) : -1;

	if (end < 0)
		return 0;
	if (!is_posix_name(str_sub(l->in, l->at + 2, (size_t)end - l->at - 2)))
		return refuse(l, l->at, "there is no character class of this name");
	adds(l, str_sub(l->in, l->at, (size_t)end + 2 - l->at));
	l->at = (size_t)end + 2;
	return 1;
}

/* A character of the text, whole when the text is UTF-8. */
static uint32_t read_char(struct lint *l)
{
	unsigned char c = (unsigned char)peek(l, 0);
	uint32_t v = c;
	size_t n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (n > 1 && l->utf) {
		v = c & (0xffu >> (n + 1));
		for (size_t i = 1; i < n; i++)
			v = v << 6 | ((unsigned char)peek(l, i) & 0x3f);
		l->at += n;
	} else {
		l->at++;
	}
	return v;
}

/* One end of a range: 1 a character, 0 a set that was copied, -1 refused. */
static int class_end(struct lint *l, uint32_t *ret)
{
	if (peek(l, 0) == '\\') {
		int kind = read_escape(l, true, ret);

		return kind < 0 ? -1 : kind == ESCAPE_CHAR;
	}
	*ret = read_char(l);
	return 1;
}

static int class_item(struct lint *l)
{
	size_t start = l->at;
	uint32_t lo = 0, hi;
	int rc = posix_class(l);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	rc = class_end(l, &lo);
	if (rc <= 0)
		return rc;
	hi = lo;
	if (peek(l, 0) == '-' && l->at + 1 < l->in.n && peek(l, 1) != ']') {
		l->at++;
		rc = class_end(l, &hi);
		if (rc < 0)
			return -1;
		if (rc == 0 || hi < lo)
			return refuse(l, start, "the range in the character class is invalid");
	}
	add_code(l, lo);
	if (hi != lo) {
		add(l, "-", 1);
		add_code(l, hi);
	}
	return 0;
}

static int class(struct lint *l)
{
	size_t start = l->at++;
	bool first = true;

	add(l, "[", 1);
	if (peek(l, 0) == '^') {
		add(l, "^", 1);
		l->at++;
	}
	for (; l->at < l->in.n && (first || peek(l, 0) != ']'); first = false)
		if (class_item(l) < 0)
			return -1;
	if (l->at == l->in.n)
		return refuse(l, start, "a [ without its ]");
	l->at++;
	add(l, "]", 1);
	return atom(l, 1, 1);
}

/* --- groups --- */

static int group_open(struct lint *l, size_t start)
{
	if (l->depth == NESTING_MAX)
		return too_large(l, start, "nesting deeper than 200 groups");
	l->depth++;
	*top(l) = (struct frame){ .at = start };
	l->repeatable = l->repeated = false;
	return 0;
}

/* (?P<name> or (?<name>; `at` is behind the <. */
static int group_name(struct lint *l, size_t start)
{
	size_t from = l->at;
	str name;

	while (is_alnum(peek(l, 0)) || peek(l, 0) == '_')
		l->at++;
	name = str_sub(l->in, from, l->at - from);
	if (peek(l, 0) != '>' || name.n == 0 || name.n > NAME_MAX_LEN ||
	    (name.p[0] >= '0' && name.p[0] <= '9'))
		return refuse(l, start,
			      "a group's name is a letter or _, then letters, digits, _ "
			      "(at most 32), then >");
	l->at++;
	add(l, "(?<", 3);
	adds(l, name);
	add(l, ">", 1);
	return group_open(l, start);
}

/* (?i), (?i-s), (?i:…), (?:…) */
static int group_flags(struct lint *l, size_t start)
{
	size_t from = l->at;
	bool minus = false, flag = true;

	for (;; l->at++) {
		char c = peek(l, 0);

		if (c && strchr("imsU", c)) {
			flag = true;
		} else if (c == '-' && !minus) {
			minus = true;
			flag = false;
		} else {
			break;
		}
	}
	if ((peek(l, 0) != ')' && peek(l, 0) != ':') || !flag)
		return refuse(l, start,
			      "\"(?\" must be followed by flags (i m s U), \":\" or a "
			      "name: (?P<name>…)");
	add(l, "(?", 2);
	l->at++;
	adds(l, str_sub(l->in, from, l->at - from));
	if (l->in.p[l->at - 1] == ':')
		return group_open(l, start);
	l->repeatable = l->repeated = false;
	return 0;
}

static int group(struct lint *l)
{
	static const struct {
		const char *text, *why;
	} refused[] = {
		{ "(?=", "look-ahead is not supported" },
		{ "(?!", "look-ahead is not supported" },
		{ "(?<=", "look-behind is not supported" },
		{ "(?<!", "look-behind is not supported" },
		{ "(?>", "atomic groups are not supported" },
		{ "(?|", "branch reset groups are not supported" },
		{ "(?#", "comments are not supported" },
		{ "(?R", "recursion is not supported" },
		{ "(?&", "recursion is not supported" },
		{ "(?P>", "recursion is not supported" },
		{ "(?P=", "back references are not supported" },
		{ "(?(", "conditional groups are not supported" },
		{ "(?C", "callouts are not supported" },
		{ "(?'", "names in quotes are not supported; write (?P<name>…)" },
		{ "(*", "there is nothing to repeat before *" },
	};
	size_t start = l->at;

	for (size_t i = 0; i < COUNT(refused); i++)
		if (looking_at(l, refused[i].text))
			return refuse(l, start, refused[i].why);
	if (looking_at(l, "(?P<") || looking_at(l, "(?<")) {
		l->at += peek(l, 2) == 'P' ? 4 : 3;
		return group_name(l, start);
	}
	if (looking_at(l, "(?")) {
		l->at += 2;
		return group_flags(l, start);
	}
	add(l, "(", 1);
	l->at++;
	return group_open(l, start);
}

static int group_close(struct lint *l)
{
	struct frame f = *top(l);

	if (l->depth == 0)
		return refuse(l, l->at, "a ) without its (");
	add(l, ")", 1);
	l->at++;
	l->depth--;
	return atom(l, f.size + f.last + 1, MAX(MAX(f.repeats, f.last_repeats), 1u));
}

/* --- repeats --- */

static bool read_count(struct lint *l, size_t *at, uint32_t *ret)
{
	size_t from = *at;

	*ret = 0;
	for (; *at < l->in.n && l->in.p[*at] >= '0' && l->in.p[*at] <= '9'; (*at)++)
		*ret = MIN(*ret * 10 + (uint32_t)(l->in.p[*at] - '0'), 100000u);
	return *at > from;
}

/* {n}, {n,}, {n,m}; anything else is text. */
static bool read_braces(struct lint *l, size_t *ret_end, uint32_t *ret_min, uint32_t *ret_max)
{
	size_t at = l->at + 1;

	if (!read_count(l, &at, ret_min))
		return false;
	*ret_max = *ret_min;
	if (at < l->in.n && l->in.p[at] == ',') {
		at++;
		if (at < l->in.n && l->in.p[at] != '}' && !read_count(l, &at, ret_max))
			return false;
	}
	if (at == l->in.n || l->in.p[at] != '}')
		return false;
	*ret_end = at + 1;
	return true;
}

static int repeat(struct lint *l, size_t end, uint32_t min, uint32_t max)
{
	size_t start = l->at;

	if (l->repeated)
		return refuse(l, start,
			      "a repeat of a repeat (possessive or doubled) is not "
			      "supported");
	if (!l->repeatable)
		return refuse(l, start, "there is nothing to repeat");
	if (min > REPEAT_MAX || max > REPEAT_MAX)
		return too_large(l, start, "a repeat count is at most 1000");
	if (max < min)
		return refuse(l, start, "the repeat's bounds are the wrong way round");
	if (end < l->in.n && l->in.p[end] == '?')
		end++;
	adds(l, str_sub(l->in, start, end - start));
	l->at = end;
	l->repeated = true;
	return multiply(l, start, max);
}

/* --- all of it --- */

static int escaped(struct lint *l)
{
	uint32_t c = 0;
	int kind;

	if (looking_at(l, "\\Q"))
		return quoted(l);
	kind = read_escape(l, false, &c);
	if (kind < 0)
		return -1;
	if (kind == ESCAPE_CHAR)
		add_code(l, c);
	return atom(l, 1, 1);
}

static int step(struct lint *l)
{
	char c = peek(l, 0);
	uint32_t min, max;
	size_t end;

	switch (c) {
	case '\\':
		return escaped(l);
	case '[':
		return class(l);
	case '(':
		return group(l);
	case ')':
		return group_close(l);
	case '|':
		add(l, "|", 1);
		l->at++;
		l->repeatable = l->repeated = false;
		return 0;
	case '*':
	case '+':
	case '?':
		return repeat(l, l->at + 1, 0, 1);
	case '{':
		if (read_braces(l, &end, &min, &max))
			return repeat(l, end, min, max);
		break;
	case '^':
	case '$':
	case '.':
		add(l, &c, 1);
		l->at++;
		return atom(l, 1, 1);
	default:
		break;
	}
	/* The bytes behind the first of a character are never special. */
	add_literal(l, str_sub(l->in, l->at, 1));
	l->at++;
	return atom(l, 1, 1);
}

int regex_translate(str pattern, struct regex_translation *ret, struct err *err)
{
	struct lint l = { .in = pattern, .out = ret, .err = err, .utf = str_is_utf8(pattern) };

	ret->n = 0;
	if (pattern.n > REGEX_PATTERN_MAX)
		return err_set(err, ERR_LIMIT, "a regular expression has at most %d bytes",
			       REGEX_PATTERN_MAX);
	while (l.at < pattern.n)
		if (step(&l) < 0)
			return -1;
	if (l.depth > 0)
		return refuse(&l, top(&l)->at, "a ( without its )");
	ret->origin[ret->n] = (uint16_t)pattern.n;
	ret->text[ret->n] = '\0';
	return 0;
}
