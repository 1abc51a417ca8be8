#include "fmt/semver.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool all_digits(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

/* A number without leading zeros. */
static bool read_number(str s, uint64_t *ret)
{
	return (s.n == 1 || (s.n > 1 && s.p[0] != '0')) && str_to_u64(s, ret);
}

/* Identifiers between dots; numeric ones without leading zeros when `strict`. */
static bool are_identifiers(str s, bool strict)
{
	while (!str_is_null(s)) {
		str id = str_cut(&s, '.');

		if (id.n == 0)
			return false;
		for (size_t i = 0; i < id.n; i++) {
			char c = id.p[i];

			if (!is_digit(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
			    c != '-')
				return false;
		}
		if (strict && all_digits(id) && id.n > 1 && id.p[0] == '0')
			return false;
	}
	return true;
}

bool semver_parse(str text, bool v_allowed, struct semver *ret)
{
	struct semver v = { .pre = STR(""), .build = STR("") };
	str rest = text, core, tail;

	if (text.n > SEMVER_TEXT_MAX)
		return false;
	if (v_allowed && str_starts_with(rest, STR("v")))
		rest = str_from(rest, 1);
	core = str_cut(&rest, '+');
	if (!str_is_null(rest)) {
		v.build = rest;
		if (!are_identifiers(rest, false))
			return false;
	}
	tail = core;
	core = str_cut(&tail, '-');
	if (!str_is_null(tail)) {
		v.pre = tail;
		if (!are_identifiers(tail, true))
			return false;
	}
	if (!read_number(str_cut(&core, '.'), &v.major) ||
	    !read_number(str_cut(&core, '.'), &v.minor) || str_is_null(core) ||
	    !read_number(core, &v.patch))
		return false;
	*ret = v;
	return true;
}

static int compare_number(uint64_t x, uint64_t y)
{
	return (x > y) - (x < y);
}

/* Numeric identifiers by value (they may exceed any integer), below the others. */
static int compare_identifier(str x, str y)
{
	bool nx = all_digits(x), ny = all_digits(y);

	if (nx != ny)
		return nx ? -1 : 1;
	if (nx && x.n != y.n)
		return x.n < y.n ? -1 : 1;
	return str_cmp(x, y);
}

int semver_compare(const struct semver *x, const struct semver *y)
{
	str px = x->pre, py = y->pre;
	int c = compare_number(x->major, y->major);

	c = c ? c : compare_number(x->minor, y->minor);
	c = c ? c : compare_number(x->patch, y->patch);
	if (c)
		return c;
	if (px.n == 0 || py.n == 0)
		return (px.n == 0) - (py.n == 0);
	while (c == 0 && !str_is_null(px) && !str_is_null(py))
		c = compare_identifier(str_cut(&px, '.'), str_cut(&py, '.'));
	return c ? c : str_is_null(py) - str_is_null(px);
}

/* What is asked for: the first `nr` numbers (0 for ~latest, 3 with `full`). */
struct want {
	unsigned nr;
	struct semver version;
};

static bool want_parse(str text, struct want *ret)
{
	uint64_t *parts[] = { &ret->version.major, &ret->version.minor };

	*ret = (struct want){ 0 };
	if (str_eq(text, STR("~latest")))
		return true;
	if (semver_parse(text, true, &ret->version)) {
		ret->nr = 3;
		return true;
	}
	if (str_starts_with(text, STR("v")))
		text = str_from(text, 1);
	while (!str_is_null(text)) {
		if (ret->nr == COUNT(parts) || !read_number(str_cut(&text, '.'), parts[ret->nr]))
			return false;
		ret->nr++;
	}
	return ret->nr > 0;
}

bool semver_is_want(str want)
{
	struct want w;

	return want_parse(want, &w);
}

static bool fits(const struct want *w, const struct semver *v)
{
	if (w->nr == 3)
		return semver_compare(&w->version, v) == 0 && str_eq(w->version.build, v->build);
	return v->pre.n == 0 && (w->nr < 1 || w->version.major == v->major) &&
	       (w->nr < 2 || w->version.minor == v->minor);
}

ssize_t semver_choose(str want, const str *versions, size_t nr)
{
	struct semver best = { 0 }, v;
	ssize_t found = -1;
	struct want w;

	if (!want_parse(want, &w))
		return -1;
	for (size_t i = 0; i < nr; i++) {
		if (!semver_parse(versions[i], true, &v) || !fits(&w, &v))
			continue;
		if (found < 0 || semver_compare(&v, &best) > 0) {
			found = (ssize_t)i;
			best = v;
		}
	}
	return found;
}
