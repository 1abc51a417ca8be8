#include "fmt/glob.h"

#include "base/buf.h"

#include <string.h>

#define PATTERN_MAX	 4096
#define PATH_LIMIT	 4096
#define ALTERNATIVES_MAX 1000
#define GROUPS_MAX	 64	     /* braces that follow or hold one another */
#define EXPANDED_MAX	 (64u << 10) /* bytes of all alternatives together */

/* --- characters --- */

/* One character of UTF-8; a byte that is none stands for itself, above Unicode. */
static uint32_t next_char(const char *p, const char *end, size_t *ret_len)
{
	unsigned char c = (unsigned char)*p;
	size_t len = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
	uint32_t v;

	*ret_len = 1;
	if (c < 0x80)
		return c;
	if (len == 1 || (size_t)(end - p) < len)
		return 0x110000u + c;
	v = c & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return 0x110000u + c;
		v = v << 6 | ((unsigned char)p[i] & 0x3f);
	}
	*ret_len = len;
	return v;
}

/* A character of a pattern, behind a backslash or not; false at the end. */
static bool take_char(const char **p, const char *end, uint32_t *ret)
{
	size_t len;

	if (*p < end && **p == '\\')
		(*p)++;
	if (*p == end)
		return false;
	*ret = next_char(*p, end, &len);
	*p += len;
	return true;
}

/* The class that starts behind `[`: does it hold c?  1, 0, or -1 when it does not
 * end (or, in doublestar, is empty).  *p moves behind the `]` unless -1. */
static int class_holds(enum glob_dialect dialect, const char **p, const char *end, uint32_t c)
{
	const char *at = *p;
	bool negate = at < end && (*at == '!' || *at == '^');
	bool found = false;

	at += negate;
	if (dialect == GLOB_DOUBLESTAR && at < end && *at == ']')
		return -1;
	for (;;) {
		uint32_t lo, hi;

		if (at == end)
			return -1;
		if (*at == ']')
			break;
		if (!take_char(&at, end, &lo))
			return -1;
		hi = lo;
		if (end - at >= 2 && at[0] == '-' && at[1] != ']') {
			at++;
			if (!take_char(&at, end, &hi))
				return -1;
		}
		/* A range the wrong way round still holds its ends. */
		found |= (lo <= c && c <= hi) || c == lo || (c == hi && dialect == GLOB_FNMATCH);
	}
	*p = at + 1;
	return found != negate;
}

/* --- one pattern without braces --- */

struct match {
	enum glob_dialect dialect;
	const char *p, *p_end;
	const char *s, *s_end;
};

static bool pattern_segment_ends(const struct match *m, const char *p)
{
	if (p < m->p_end && *p == '\\' && p + 1 < m->p_end)
		p++;
	return p == m->p_end || *p == '/';
}

static bool path_segment_ends(const struct match *m, const char *s)
{
	return s == m->s_end || *s == '/';
}

/* One element that is no star against one character: moves both on success. */
static bool match_one(struct match *m)
{
	const char *p = m->p;
	uint32_t c, want;
	size_t len;

	c = next_char(m->s, m->s_end, &len);
	if (*p == '?') {
		p++;
	} else if (*p == '[') {
		p++;
		if (class_holds(m->dialect, &p, m->p_end, c) != 1)
			return false;
	} else {
		if (!take_char(&p, m->p_end, &want) || want != c)
			return false;
	}
	m->p = p;
	m->s += len;
	return true;
}

/* One segment against one.  Retrying only the last star is enough: what an earlier
 * star could take more, the later one can take as well. */
static bool match_segment(struct match *m)
{
	const char *star_p = NULL, *star_s = NULL;
	size_t len;

	for (;;) {
		if (m->p < m->p_end && *m->p == '*') {
			while (m->p < m->p_end && *m->p == '*')
				m->p++;
			star_p = m->p;
			star_s = m->s;
			if (pattern_segment_ends(m, m->p)) {
				while (!path_segment_ends(m, m->s))
					m->s++;
				break;
			}
			continue;
		}
		if (path_segment_ends(m, m->s)) {
			if (pattern_segment_ends(m, m->p))
				break;
			return false;
		}
		if (!pattern_segment_ends(m, m->p) && match_one(m))
			continue;
		if (!star_p || path_segment_ends(m, star_s))
			return false;
		next_char(star_s, m->s_end, &len);
		star_s += len;
		m->p = star_p;
		m->s = star_s;
	}
	return true;
}

static bool starts_globstar(const struct match *m)
{
	return m->p_end - m->p >= 3 && memcmp(m->p, "**/", 3) == 0;
}

static bool rest_is(const struct match *m, const char *text)
{
	return str_eq((str){ m->p, (size_t)(m->p_end - m->p) }, str_of(text));
}

/* The path is at its end.  In doublestar a directory pattern fits the directory. */
static bool rest_matches_nothing(const struct match *m)
{
	if (m->p == m->p_end)
		return true;
	return m->dialect == GLOB_DOUBLESTAR && (rest_is(m, "/**") || rest_is(m, "/**/"));
}

/* Is the last character a backslash that escapes nothing? */
static bool ends_in_escape(str pattern)
{
	size_t n = 0;

	while (n < pattern.n && pattern.p[pattern.n - 1 - n] == '\\')
		n++;
	return n % 2 == 1;
}

/* Segment by segment.  As with stars, retrying the last `**` is enough. */
static bool match_plain(enum glob_dialect dialect, str pattern, str path)
{
	struct match m = { dialect, pattern.p, pattern.p + pattern.n, path.p, path.p + path.n };
	const char *globstar_p = NULL, *globstar_s = NULL;

	if (ends_in_escape(pattern))
		m.p_end--; /* Ruby passes over it; doublestar has refused it */
	for (;;) {
		if (starts_globstar(&m)) {
			while (starts_globstar(&m))
				m.p += 3;
			globstar_p = m.p;
			globstar_s = m.s;
		}
		if (dialect == GLOB_DOUBLESTAR && rest_is(&m, "**"))
			return true;
		if (match_segment(&m)) {
			if (m.s == m.s_end && rest_matches_nothing(&m))
				return true;
			if (m.p < m.p_end && m.s < m.s_end) {
				m.p += *m.p == '\\' ? 2 : 1; /* an escaped slash is one, too */
				m.s++;
				continue;
			}
		}
		if (!globstar_p)
			return false;
		while (globstar_s < m.s_end && *globstar_s != '/')
			globstar_s++;
		if (globstar_s == m.s_end)
			return false;
		m.p = globstar_p;
		m.s = ++globstar_s;
	}
}

/* --- braces --- */

struct expansion {
	enum glob_dialect dialect;
	bool (*each)(struct expansion *x, str pattern); /* true stops */
	str path;
	struct err *err; /* why it is refused, when checking */
	unsigned nr;
	size_t bytes;
};

/* Where a class that starts at `[` ends; the index of `[` when it does not. */
static size_t skip_class(str s, size_t at)
{
	for (size_t i = at + 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == ']')
			return i;
	}
	return at;
}

/* The first group and its end.  Ruby looks for braces before anything else, even
 * inside [ ]; doublestar meets them while it matches. */
static bool find_group(enum glob_dialect dialect, str s, size_t *ret_open, size_t *ret_close)
{
	unsigned depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\') {
			i++;
		} else if (s.p[i] == '[' && depth == 0 && dialect == GLOB_DOUBLESTAR) {
			i = skip_class(s, i);
		} else if (s.p[i] == '{' && depth++ == 0) {
			*ret_open = i;
		} else if (s.p[i] == '}' && depth > 0 && --depth == 0) {
			*ret_close = i;
			return true;
		}
	}
	*ret_close = s.n;
	return false;
}

/* The end of the alternative that starts at `from`: its comma, or `close`. */
static size_t alternative_end(str s, size_t from, size_t close)
{
	unsigned depth = 0;

	for (size_t i = from; i < close; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '{')
			depth++;
		else if (s.p[i] == '}')
			depth--;
		else if (s.p[i] == ',' && depth == 0)
			return i;
	}
	return close;
}

static bool expand(struct expansion *x, str pattern, unsigned groups)
{
	char *text CLEANUP(mem_free_ptr) = NULL;
	size_t open, close, tail;

	if (!find_group(x->dialect, pattern, &open, &close))
		return x->each(x, pattern);
	if (groups == GROUPS_MAX) {
		x->nr = ALTERNATIVES_MAX + 1;
		return true;
	}
	text = mem_alloc(pattern.n);
	tail = pattern.n - close - 1;
	memcpy(text, pattern.p, open);
	for (size_t at = open + 1; at <= close;) {
		size_t end = alternative_end(pattern, at, close);

		memcpy(text + open, pattern.p + at, end - at);
		memcpy(text + open + (end - at), pattern.p + close + 1, tail);
		if (expand(x, (str){ text, open + (end - at) + tail }, groups + 1))
			return true;
		at = end + 1;
	}
	return false;
}

static bool each_matches(struct expansion *x, str pattern)
{
	return match_plain(x->dialect, pattern, x->path);
}

/* Is a pattern whose groups are expanded well-formed?  To Ruby only an open group is
 * wrong, and silently matches nothing. */
static const char *flaw(enum glob_dialect dialect, str pattern)
{
	const char *p = pattern.p, *end = pattern.p + pattern.n;

	if (dialect == GLOB_DOUBLESTAR && ends_in_escape(pattern))
		return "ends in a backslash";
	while (p < end) {
		if (*p == '\\') {
			p += p + 1 < end ? 2 : 1;
		} else if (*p == '[' && dialect == GLOB_DOUBLESTAR) {
			p++;
			if (class_holds(dialect, &p, end, 0) < 0)
				return "has a [ without its ]";
		} else if (*p == '{') {
			return "has a { without its }";
		} else {
			p++;
		}
	}
	return NULL;
}

static bool each_checks(struct expansion *x, str pattern)
{
	const char *why = flaw(x->dialect, pattern);

	x->nr++;
	x->bytes += pattern.n;
	if (why)
		err_set(x->err, ERR_INVALID, "pattern \"" STR_FMT "\" %s", STR_ARG(pattern), why);
	return why || x->nr > ALTERNATIVES_MAX || x->bytes > EXPANDED_MAX;
}

int glob_check(enum glob_dialect dialect, str pattern, struct err *err)
{
	struct expansion x = { .dialect = dialect, .each = each_checks, .err = err };

	pattern = pattern.p ? pattern : STR("");
	if (pattern.n > PATTERN_MAX)
		return err_set(err, ERR_LIMIT, "a path pattern has at most %d bytes", PATTERN_MAX);
	if (!expand(&x, pattern, 0))
		return 0;
	if (x.nr > ALTERNATIVES_MAX)
		return err_set(err, ERR_LIMIT,
			       "pattern \"" STR_FMT "\" has more than %d alternatives",
			       STR_ARG(str_sub(pattern, 0, 80)), ALTERNATIVES_MAX);
	if (x.bytes > EXPANDED_MAX)
		return err_set(err, ERR_LIMIT,
			       "pattern \"" STR_FMT "\" is longer than %u bytes when its braces "
			       "are expanded",
			       STR_ARG(str_sub(pattern, 0, 80)), EXPANDED_MAX);
	return -1;
}

bool glob_match(enum glob_dialect dialect, str pattern, str path)
{
	struct expansion x = { .dialect = dialect, .each = each_matches };
	struct err unused;

	pattern = pattern.p ? pattern : STR("");
	path = path.p ? path : STR("");
	x.path = path;
	if (pattern.n > PATTERN_MAX || path.n > PATH_LIMIT)
		return false;
	if (str_index(pattern, '{') < 0)
		return !flaw(dialect, pattern) && match_plain(dialect, pattern, path);
	return glob_check(dialect, pattern, &unused) == 0 && expand(&x, pattern, 0);
}

/* Index of the first unescaped *, ?, [ or {; the length when there is none. */
static size_t first_magic(str pattern)
{
	for (size_t i = 0; i < pattern.n; i++) {
		if (pattern.p[i] == '\\')
			i++;
		else if (memchr("*?[{", pattern.p[i], 4))
			return i;
	}
	return pattern.n;
}

bool glob_has_magic(str pattern)
{
	return first_magic(pattern) < pattern.n;
}

str glob_literal_prefix(str pattern)
{
	str head = str_sub(pattern, 0, first_magic(pattern));
	ssize_t escape = str_index(head, '\\');

	if (escape >= 0)
		head.n = (size_t)escape;
	return str_sub(head, 0, (size_t)(str_rindex(head, '/') + 1));
}
