#include "fmt/duration.h"

#include <string.h>

#define US 1000000u
#define ACCEPTED "write it like \"1h 30m\", \"90 seconds\", \"2 weeks and 3 days\" or \"1:30:00\""

static const struct {
	str word;
	uint32_t seconds;
} units[] = {
	{ STR_INIT("s"), 1 },
	{ STR_INIT("sec"), 1 },
	{ STR_INIT("secs"), 1 },
	{ STR_INIT("second"), 1 },
	{ STR_INIT("seconds"), 1 },
	{ STR_INIT("m"), 60 },
	{ STR_INIT("min"), 60 },
	{ STR_INIT("mins"), 60 },
	{ STR_INIT("minute"), 60 },
	{ STR_INIT("minutes"), 60 },
	{ STR_INIT("h"), 3600 },
	{ STR_INIT("hr"), 3600 },
	{ STR_INIT("hrs"), 3600 },
	{ STR_INIT("hour"), 3600 },
	{ STR_INIT("hours"), 3600 },
	{ STR_INIT("d"), 86400 },
	{ STR_INIT("dy"), 86400 },
	{ STR_INIT("day"), 86400 },
	{ STR_INIT("days"), 86400 },
	{ STR_INIT("w"), 604800 },
	{ STR_INIT("wk"), 604800 },
	{ STR_INIT("wks"), 604800 },
	{ STR_INIT("week"), 604800 },
	{ STR_INIT("weeks"), 604800 },
	{ STR_INIT("mo"), 2592000 },
	{ STR_INIT("mos"), 2592000 },
	{ STR_INIT("month"), 2592000 },
	{ STR_INIT("months"), 2592000 },
	{ STR_INIT("y"), 31557600 },
	{ STR_INIT("yr"), 31557600 },
	{ STR_INIT("yrs"), 31557600 },
	{ STR_INIT("year"), 31557600 },
	{ STR_INIT("years"), 31557600 },
};

/* Numbers people spell out; an article counts as one. */
static const str numbers[] = {
	STR_INIT("zero"), STR_INIT("one"),   STR_INIT("two"),	STR_INIT("three"),  STR_INIT("four"),
	STR_INIT("five"), STR_INIT("six"),   STR_INIT("seven"), STR_INIT("eight"),  STR_INIT("nine"),
	STR_INIT("ten"),  STR_INIT("eleven"), STR_INIT("twelve"),
};

static const str joins[] = { STR_INIT("and"), STR_INIT("with"), STR_INIT("plus") };

/* In columns of `h:m:s` from the right; weeks have none. */
static const uint32_t columns[] = { 1, 60, 3600, 86400, 2592000, 31557600 };

struct reader {
	str text;
	size_t at;
	uint64_t total_us;
	uint64_t number_us; /* waits for its unit, in millionths */
	bool has_number, any;
	struct err *err;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char peek(const struct reader *r)
{
	return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static int too_long(struct reader *r)
{
	return err_set(r->err, ERR_LIMIT, "duration \"" STR_FMT "\" is longer than 100 years",
		       STR_ARG(r->text));
}

/* Digits, a point, digits; as millionths.  What is finer is dropped. */
static int read_number(struct reader *r, uint64_t *ret)
{
	uint64_t v = 0;
	uint32_t scale = US;

	for (; is_digit(peek(r)); r->at++) {
		v = v * 10 + (uint64_t)(peek(r) - '0');
		if (v > DURATION_MAX_S)
			return too_long(r);
	}
	v *= US;
	if (peek(r) == '.' && r->at + 1 < r->text.n && is_digit(r->text.p[r->at + 1]))
		for (r->at++; is_digit(peek(r)); r->at++) {
			scale /= 10;
			v += (uint64_t)(peek(r) - '0') * scale;
		}
	*ret = v;
	return 0;
}

static int add_length(struct reader *r, uint64_t number_us, uint32_t seconds)
{
	uint64_t us;

	if (__builtin_mul_overflow(number_us, (uint64_t)seconds, &us) ||
	    __builtin_add_overflow(r->total_us, us, &r->total_us) ||
	    r->total_us > DURATION_MAX_S * US)
		return too_long(r);
	r->any = true;
	return 0;
}

static int flush_number(struct reader *r)
{
	if (!r->has_number)
		return 0;
	r->has_number = false;
	return add_length(r, r->number_us, 1);
}

static int take_number(struct reader *r, uint64_t number_us)
{
	if (r->has_number)
		return err_set(r->err, ERR_INVALID,
			       "\"" STR_FMT "\" is no duration: two numbers without a unit "
			       "between them; " ACCEPTED,
			       STR_ARG(r->text));
	r->number_us = number_us;
	r->has_number = true;
	return 0;
}

static int take_word(struct reader *r, str word)
{
	for (size_t i = 0; i < COUNT(units); i++)
		if (str_eq_nocase(word, units[i].word)) {
			/* "day" alone, or at the front, is one day. */
			if (!r->has_number && r->any)
				break;
			if (!r->has_number)
				r->number_us = US;
			r->has_number = false;
			return add_length(r, r->number_us, units[i].seconds);
		}
	for (size_t i = 0; i < COUNT(joins); i++)
		if (str_eq_nocase(word, joins[i]))
			return flush_number(r);
	for (size_t i = 0; i < COUNT(numbers); i++)
		if (str_eq_nocase(word, numbers[i]))
			return take_number(r, i * US);
	if (str_eq_nocase(word, STR("a")) || str_eq_nocase(word, STR("an")))
		return take_number(r, US);
	return err_set(r->err, ERR_INVALID,
		       "\"" STR_FMT "\" is no duration: \"" STR_FMT "\" is not expected; " ACCEPTED,
		       STR_ARG(r->text), STR_ARG(word));
}

/* `h:m:s`, counted from the right. */
static int read_columns(struct reader *r)
{
	uint64_t values[COUNT(columns)];
	size_t nr = 0;

	for (;;) {
		if (nr == COUNT(columns) || !(is_digit(peek(r)) || peek(r) == '.'))
			goto bad;
		if (read_number(r, &values[nr++]) < 0)
			return -1;
		if (r->at == r->text.n)
			break;
		if (peek(r) != ':')
			goto bad;
		r->at++;
	}
	for (size_t i = 0; i < nr; i++)
		if (add_length(r, values[i], columns[nr - 1 - i]) < 0)
			return -1;
	return 0;
bad:
	return err_set(r->err, ERR_INVALID, "\"" STR_FMT "\" is no duration; " ACCEPTED,
		       STR_ARG(r->text));
}

static int read_words(struct reader *r)
{
	while (r->at < r->text.n) {
		char c = peek(r);
		size_t from = r->at;
		uint64_t number = 0;

		if (c == ' ' || c == '\t' || c == ',') {
			r->at++;
		} else if (is_digit(c) ||
			   (c == '.' && r->at + 1 < r->text.n && is_digit(r->text.p[r->at + 1]))) {
			if (read_number(r, &number) < 0 || take_number(r, number) < 0)
				return -1;
		} else if (is_letter(c)) {
			while (is_letter(peek(r)))
				r->at++;
			if (take_word(r, str_sub(r->text, from, r->at - from)) < 0)
				return -1;
		} else {
			return take_word(r, str_sub(r->text, from, 1));
		}
	}
	return flush_number(r);
}

int duration_parse(str text, uint64_t *ret_s, struct err *err)
{
	struct reader r = { .text = str_trim(text), .err = err };
	int rc;

	if (r.text.n > DURATION_TEXT_MAX)
		return err_set(err, ERR_LIMIT, "a duration has at most %d characters",
			       DURATION_TEXT_MAX);
	rc = str_index(r.text, ':') >= 0 ? read_columns(&r) : read_words(&r);
	if (rc < 0)
		return -1;
	if (!r.any)
		return err_set(err, ERR_INVALID, "a duration is empty; " ACCEPTED);
	if (r.total_us == 0)
		return err_set(err, ERR_INVALID, "duration \"" STR_FMT "\" is zero; " ACCEPTED,
			       STR_ARG(r.text));
	*ret_s = (r.total_us + US - 1) / US;
	return 0;
}
