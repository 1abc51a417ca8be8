#include "base/str.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

const str str_null = { NULL, 0 };

str str_of(const char *cstring)
{
	return cstring ? (str){ cstring, strlen(cstring) } : str_null;
}

bool str_eq(str a, str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_nocase(str a, str b)
{
	return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

int str_cmp(str a, str b)
{
	size_t n = MIN(a.n, b.n);
	int c = n ? memcmp(a.p, b.p, n) : 0;

	if (c)
		return c;
	return (a.n > b.n) - (a.n < b.n);
}

bool str_starts_with(str s, str prefix)
{
	return s.n >= prefix.n && str_eq(str_sub(s, 0, prefix.n), prefix);
}

bool str_ends_with(str s, str suffix)
{
	return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

ssize_t str_index(str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? at - s.p : -1;
}

ssize_t str_rindex(str s, char c)
{
	const char *at = s.n ? memrchr(s.p, c, s.n) : NULL;

	return at ? at - s.p : -1;
}

ssize_t str_find(str s, str needle, size_t from)
{
	const char *at;

	if (from > s.n)
		return -1;
	if (needle.n == 0)
		return (ssize_t)from;
	if (from == s.n)
		return -1;
	at = memmem(s.p + from, s.n - from, needle.p, needle.n);
	return at ? at - s.p : -1;
}

str str_sub(str s, size_t from, size_t n)
{
	if (from > s.n)
		from = s.n;
	if (!s.p)
		return s;
	return (str){ s.p + from, MIN(n, s.n - from) };
}

str str_from(str s, size_t from)
{
	return str_sub(s, from, s.n);
}

str str_trim_end(str s)
{
	while (s.n && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

str str_trim(str s)
{
	while (s.n && isspace((unsigned char)s.p[0])) {
		s.p++;
		s.n--;
	}
	return str_trim_end(s);
}

str str_cut(str *rest, char sep)
{
	ssize_t at = str_index(*rest, sep);
	str head = *rest;

	if (at < 0) {
		*rest = str_null;
		return head;
	}
	head.n = (size_t)at;
	*rest = str_from(*rest, head.n + 1);
	return head;
}

bool str_to_u64(str s, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*ret = v;
	return true;
}

bool str_to_i64(str s, int64_t *ret)
{
	bool minus = s.n && s.p[0] == '-';
	uint64_t v;

	if (!str_to_u64(minus ? str_from(s, 1) : s, &v))
		return false;
	if (v > (uint64_t)INT64_MAX + minus)
		return false;
	*ret = minus ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

size_t str_utf8_length(str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t len;

	MUST(s.n > 0 && p);
	len = p[0] < 0x80		     ? 1
	      : p[0] >= 0xc2 && p[0] <= 0xdf ? 2
	      : (p[0] & 0xf0) == 0xe0	     ? 3
	      : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4
					     : 0;

	if (len == 0 || len > s.n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

bool str_is_utf8(str s)
{
	for (size_t i = 0, len; i < s.n; i += len) {
		len = str_utf8_length(str_from(s, i));
		if (len == 0)
			return false;
	}
	return true;
}

#define DISTANCE_MAX 64 /* longer words are never near */

unsigned str_distance(str a, str b, unsigned limit)
{
	unsigned row[DISTANCE_MAX + 1];

	if (a.n > DISTANCE_MAX || b.n > DISTANCE_MAX)
		return limit;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.n; j++) {
			unsigned above = row[j];
			unsigned change = diagonal + (a.p[i - 1] != b.p[j - 1]);

			row[j] = MIN(MIN(above, row[j - 1]) + 1, change);
			diagonal = above;
		}
	}
	return MIN(row[b.n], limit);
}

str str_nearest(str word, const str *candidates, size_t nr)
{
	unsigned best = (unsigned)MIN(word.n / 3 + 1, 3u) + 1;
	str found = str_null;

	for (size_t i = 0; i < nr; i++) {
		unsigned d = str_distance(word, candidates[i], best);

		if (d < best) {
			best = d;
			found = candidates[i];
		}
	}
	return found;
}
