/* What a plain scalar means: Psych's reading of YAML 1.1, and YAML 1.2's core schema. */
#include "fmt/node_int.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 400 /* bytes; longer ones are text */

/* --- small readers over the text --- */

struct cursor {
	str s;
	size_t at;
};

static bool skip(struct cursor *c, const char *any)
{
	if (c->at < c->s.n && c->s.p[c->at] && strchr(any, c->s.p[c->at])) {
		c->at++;
		return true;
	}
	return false;
}

static size_t skip_all(struct cursor *c, const char *any)
{
	size_t was = c->at;

	while (skip(c, any))
		;
	return c->at - was;
}

static bool at_end(const struct cursor *c)
{
	return c->at == c->s.n;
}

#define DEC "0123456789"

/* --- values --- */

/* Digits of a base, separators skipped; an integer that does not fit becomes a number. */
static bool set_integer(struct node *n, str digits, unsigned base, bool minus)
{
	uint64_t v = 0;
	double real = 0;
	bool fits = true;
	size_t nr = 0;

	for (size_t i = 0; i < digits.n; i++) {
		unsigned char c = (unsigned char)digits.p[i];
		unsigned digit;

		if (c == '_' || c == ',')
			continue;
		digit = (unsigned)(isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
		nr++;
		real = real * base + digit;
		fits = fits && !__builtin_mul_overflow(v, base, &v) &&
		       !__builtin_add_overflow(v, digit, &v);
	}
	if (nr == 0)
		return false;
	if (fits && v <= (uint64_t)INT64_MAX + minus) {
		n->kind = NODE_INT;
		n->integer = minus ? (int64_t)(0 - v) : (int64_t)v;
	} else {
		n->kind = NODE_FLOAT;
		n->real = minus ? -real : real;
	}
	return true;
}

static bool set_real(struct node *n, double v)
{
	n->kind = NODE_FLOAT;
	n->real = v;
	return true;
}

/* The text is known to look like a decimal number with optional '_' and ','. */
static bool set_decimal_real(struct node *n)
{
	char digits[NUMBER_MAX + 1];
	size_t len = 0;

	for (size_t i = 0; i < n->text.n; i++)
		if (n->text.p[i] != '_' && n->text.p[i] != ',')
			digits[len++] = n->text.p[i];
	digits[len] = '\0';
	return set_real(n, strtod(digits, NULL));
}

static bool set_bool(struct node *n, bool v)
{
	n->kind = NODE_BOOL;
	n->boolean = v;
	return true;
}

static bool set_null(struct node *n)
{
	n->kind = NODE_NULL;
	return true;
}

/* --- YAML 1.1 as Psych's ScalarScanner reads it --- */

static bool word11(struct node *n)
{
	static const struct {
		str word;
		bool value;
	} words[] = {
		{ STR_INIT("yes"), true },  { STR_INIT("true"), true },	  { STR_INIT("on"), true },
		{ STR_INIT("no"), false },  { STR_INIT("false"), false }, { STR_INIT("off"), false },
	};

	if (n->text.n == 0 || str_eq(n->text, STR("~")) || str_eq_nocase(n->text, STR("null")))
		return set_null(n);
	for (size_t i = 0; i < COUNT(words); i++)
		if (str_eq_nocase(n->text, words[i].word))
			return set_bool(n, words[i].value);
	return false;
}

/* "1_000", "0b1_0", "017", "0x_1f"; decimal separators stand alone between digits. */
static bool integer11(struct node *n)
{
	struct cursor c = { n->text, 0 };
	bool minus = skip(&c, "-");
	size_t first;

	if (!minus)
		skip(&c, "+");
	first = c.at;
	if (skip(&c, "0")) {
		static const struct {
			const char *mark, *digits;
			unsigned base;
		} bases[] = {
			{ "b", "01_,", 2 },
			{ "x", DEC "abcdefABCDEF_,", 16 },
			{ "", "01234567_,", 8 },
		};

		if (at_end(&c))
			return set_integer(n, STR("0"), 10, minus);
		for (size_t i = 0; i < COUNT(bases); i++) {
			if (bases[i].mark[0]) {
				if (!skip(&c, bases[i].mark))
					continue;
				first = c.at;
			}
			skip_all(&c, bases[i].digits);
			return at_end(&c) &&
			       set_integer(n, str_from(n->text, first), bases[i].base, minus);
		}
	}
	if (!skip(&c, "123456789"))
		return false;
	while (!at_end(&c)) {
		skip(&c, "_,");
		if (!skip(&c, DEC))
			return false;
	}
	return set_integer(n, str_from(n->text, first), 10, minus);
}

/* A dot must be there; the exponent needs its sign. */
static bool real11(struct node *n)
{
	struct cursor c = { n->text, 0 };
	size_t digits;

	skip(&c, "+-");
	digits = skip_all(&c, DEC);
	if (digits)
		digits += skip_all(&c, DEC "_,");
	if (!skip(&c, "."))
		return false;
	digits += skip_all(&c, DEC);
	if (skip(&c, "eE") && (!skip(&c, "+-") || !skip_all(&c, DEC)))
		return false;
	return at_end(&c) && digits && set_decimal_real(n);
}

/* "1:30" is 5400 and "1:30:15" is 5415: Psych takes the first part for hours. */
static bool sexagesimal11(struct node *n)
{
	struct cursor c = { n->text, 0 };
	bool minus = skip(&c, "-"), real;
	double sum = 0, unit = 3600;
	size_t first;

	if (!minus)
		skip(&c, "+");
	first = c.at;
	if (!skip(&c, DEC))
		return false;
	skip_all(&c, DEC "_");
	if (c.at - first > 12)
		return false;
	for (size_t i = first; i < c.at; i++)
		if (n->text.p[i] != '_')
			sum = sum * 10 + (n->text.p[i] - '0');
	sum *= minus ? -unit : unit;
	for (unsigned part = 0; part < 2 && skip(&c, ":"); part++) {
		double v;

		first = c.at;
		if (!skip(&c, DEC))
			return false;
		skip(&c, DEC);
		if (c.at - first == 2 && n->text.p[first] > '5')
			return false;
		unit /= 60;
		v = n->text.p[first] - '0';
		sum += unit * (c.at - first == 2 ? v * 10 + (n->text.p[first + 1] - '0') : v);
	}
	if (unit > 3599) /* no colon */
		return false;
	real = skip(&c, ".");
	if (real) {
		double scale = unit;

		for (; skip(&c, DEC "_");)
			if (n->text.p[c.at - 1] != '_')
				sum += (scale /= 10) * (n->text.p[c.at - 1] - '0');
	}
	if (!at_end(&c))
		return false;
	if (real)
		return set_real(n, sum);
	n->kind = NODE_INT;
	n->integer = (int64_t)sum;
	return true;
}

static bool special11(struct node *n)
{
	str s = n->text;

	if (str_eq_nocase(s, STR(".inf")) || str_eq_nocase(s, STR("+.inf")))
		return set_real(n, (double)INFINITY);
	if (str_eq_nocase(s, STR("-.inf")))
		return set_real(n, -(double)INFINITY);
	if (str_eq_nocase(s, STR(".nan")))
		return set_real(n, (double)NAN);
	return false;
}

/* --- YAML 1.2, core schema --- */

static bool word12(struct node *n)
{
	static const struct {
		str word;
		enum node_kind kind;
		bool value;
	} words[] = {
		{ STR_INIT(""), NODE_NULL, false },	{ STR_INIT("~"), NODE_NULL, false },
		{ STR_INIT("null"), NODE_NULL, false },	{ STR_INIT("Null"), NODE_NULL, false },
		{ STR_INIT("NULL"), NODE_NULL, false },	{ STR_INIT("true"), NODE_BOOL, true },
		{ STR_INIT("True"), NODE_BOOL, true },	{ STR_INIT("TRUE"), NODE_BOOL, true },
		{ STR_INIT("false"), NODE_BOOL, false },	{ STR_INIT("False"), NODE_BOOL, false },
		{ STR_INIT("FALSE"), NODE_BOOL, false },
	};

	for (size_t i = 0; i < COUNT(words); i++)
		if (str_eq(n->text, words[i].word))
			return words[i].kind == NODE_NULL ? set_null(n)
							  : set_bool(n, words[i].value);
	return false;
}

static bool integer12(struct node *n)
{
	struct cursor c = { n->text, 0 };
	bool minus;
	size_t first;

	if (str_starts_with(n->text, STR("0o")) || str_starts_with(n->text, STR("0x"))) {
		bool octal = n->text.p[1] == 'o';

		c.at = 2;
		skip_all(&c, octal ? "01234567" : DEC "abcdefABCDEF");
		return at_end(&c) && set_integer(n, str_from(n->text, 2), octal ? 8 : 16, false);
	}
	minus = skip(&c, "-");
	if (!minus)
		skip(&c, "+");
	first = c.at;
	return skip_all(&c, DEC) && at_end(&c) &&
	       set_integer(n, str_from(n->text, first), 10, minus);
}

static bool real12(struct node *n)
{
	struct cursor c = { n->text, 0 };
	size_t digits;

	skip(&c, "+-");
	digits = skip_all(&c, DEC);
	if (skip(&c, "."))
		digits += skip_all(&c, DEC);
	if (!digits)
		return false;
	if (skip(&c, "eE")) {
		skip(&c, "+-");
		if (!skip_all(&c, DEC))
			return false;
	}
	return at_end(&c) && set_decimal_real(n);
}

static bool special12(struct node *n)
{
	static const struct {
		str word;
		double value;
	} words[] = {
		{ STR_INIT(".inf"), (double)INFINITY },	  { STR_INIT(".Inf"), (double)INFINITY },
		{ STR_INIT(".INF"), (double)INFINITY },	  { STR_INIT("+.inf"), (double)INFINITY },
		{ STR_INIT("+.Inf"), (double)INFINITY },  { STR_INIT("+.INF"), (double)INFINITY },
		{ STR_INIT("-.inf"), -(double)INFINITY }, { STR_INIT("-.Inf"), -(double)INFINITY },
		{ STR_INIT("-.INF"), -(double)INFINITY }, { STR_INIT(".nan"), (double)NAN },
		{ STR_INIT(".NaN"), (double)NAN },	  { STR_INIT(".NAN"), (double)NAN },
	};

	for (size_t i = 0; i < COUNT(words); i++)
		if (str_eq(n->text, words[i].word))
			return set_real(n, words[i].value);
	return false;
}

void node_type_plain(struct node *n, enum node_schema schema)
{
	bool old = schema == SCHEMA_YAML11;
	unsigned char c = n->text.n ? (unsigned char)n->text.p[0] : '\0';

	n->kind = NODE_STR;
	if (n->text.n > NUMBER_MAX)
		return;
	if (isdigit(c) || c == '+' || c == '-' || c == '.') {
		if (old)
			(void)(special11(n) || sexagesimal11(n) || real11(n) || integer11(n));
		else
			(void)(special12(n) || integer12(n) || real12(n));
	} else if (n->text.n <= 5 && strchr("yYtToOnNfF~", c)) { /* or NUL: empty */
		(void)(old ? word11(n) : word12(n));
	}
}
