/* Patterns and paths over a small alphabet, held against a matcher that tries
 * everything. */
#include "base/buf.h"
#include "fmt/glob.h"

#include <string.h>

#define PATTERN_LEN 14
#define PATH_LEN    10

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ref_class(enum glob_dialect dialect, const char **p, char c)
{
	const char *at = *p + 1;
	bool negate = *at == '!' || *at == '^', found = false;

	if (negate)
		at++;
	while (*at != ']') {
		char lo, hi;

		if (*at == '\\')
			at++;
		if (!*at) {
			*p = NULL; /* it does not end */
			return false;
		}
		lo = hi = *at++;
		if (at[0] == '-' && at[1] != ']' && at[1]) {
			at++;
			if (*at == '\\')
				at++;
			hi = *at;
			at += hi != '\0';
		}
		if (!hi || !*at) {
			*p = NULL;
			return false;
		}
		if ((c >= lo && c <= hi) || c == lo || (c == hi && dialect == GLOB_FNMATCH))
			found = true;
	}
	*p = at + 1;
	return found != negate;
}

static bool ref_plain(enum glob_dialect d, const char *p, const char *s, bool start)
{
	if (d == GLOB_DOUBLESTAR && ((start && strcmp(p, "**") == 0) ||
				     (!*s && (strcmp(p, "/**") == 0 || strcmp(p, "/**/") == 0))))
		return true;
	if (*p == '\0')
		return *s == '\0';
	if (start && strncmp(p, "**/", 3) == 0) {
		const char *slash = strchr(s, '/');

		return ref_plain(d, p + 3, s, true) || (slash && ref_plain(d, p, slash + 1, true));
	}
	if (*p == '*')
		return ref_plain(d, p + 1, s, false) ||
		       (*s && *s != '/' && ref_plain(d, p, s + 1, false));
	if (*p == '\\') {
		p++;
		if (!*p)
			return *s == '\0';
	} else if (*p == '?' || *p == '[') {
		if (!*s || *s == '/')
			return false;
		if (*p == '?')
			return ref_plain(d, p + 1, s + 1, false);
		return ref_class(d, &p, *s) && ref_plain(d, p, s + 1, false);
	}
	return *p == *s && ref_plain(d, p + 1, s + 1, *p == '/');
}

/* Index of the `}` that closes the `{` at `open`, or 0. */
static size_t ref_close(const char *p, size_t open)
{
	unsigned depth = 0;

	for (size_t i = open; p[i]; i++) {
		if (p[i] == '\\' && p[i + 1])
			i++;
		else if (p[i] == '{')
			depth++;
		else if (p[i] == '}' && --depth == 0)
			return i;
	}
	return 0;
}

static size_t ref_open(enum glob_dialect d, const char *p)
{
	size_t i;

	for (i = 0; p[i] && p[i] != '{'; i++) {
		if (p[i] == '\\' && p[i + 1]) {
			i++;
		} else if (p[i] == '[' && d == GLOB_DOUBLESTAR) {
			size_t end = i + 1;

			while (p[end] && p[end] != ']')
				end += p[end] == '\\' && p[end + 1] ? 2 : 1;
			if (p[end])
				i = end;
		}
	}
	return i;
}

static bool ref_match(enum glob_dialect d, const char *p, const char *s)
{
	size_t open = ref_open(d, p), close, from;
	unsigned depth = 0;

	if (!p[open])
		return ref_plain(d, p, s, true);
	close = ref_close(p, open);
	if (close == 0)
		return false;
	from = open + 1;
	for (size_t i = open + 1; i <= close; i++) {
		char text[PATTERN_LEN + 1];
		size_t n = 0;

		if (p[i] == '\\') {
			i++;
			continue;
		}
		depth += p[i] == '{';
		if (i < close && (depth > 0 || p[i] != ',')) {
			depth -= p[i] == '}';
			continue;
		}
		for (size_t k = 0; k < open; k++)
			text[n++] = p[k];
		for (size_t k = from; k < i; k++)
			text[n++] = p[k];
		for (size_t k = close + 1; p[k]; k++)
			text[n++] = p[k];
		text[n] = '\0';
		if (ref_match(d, text, s))
			return true;
		from = i + 1;
	}
	return false;
}

static void check_any(str input)
{
	str pattern = str_cut(&input, '\0'), prefix = glob_literal_prefix(pattern);
	struct err err;

	MUST(str_starts_with(pattern, prefix));
	for (int d = GLOB_FNMATCH; d <= GLOB_DOUBLESTAR; d++)
		if (glob_check((enum glob_dialect)d, pattern, &err) < 0)
			MUST(!glob_match((enum glob_dialect)d, pattern, input));
		else if (glob_match((enum glob_dialect)d, pattern, input))
			MUST(str_starts_with(input, prefix) || d == GLOB_DOUBLESTAR ||
			     str_index(pattern, '{') >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char in_pattern[] = "ab/*?[]{},!^-\\*/", in_path[] = "ab//-,{*";
	enum glob_dialect d;
	char pattern[PATTERN_LEN + 1], path[PATH_LEN + 1];
	struct err err;
	size_t n, i = 0, k = 0;

	if (size < 2)
		return 0;
	if (data[0] & 2) {
		check_any((str){ (const char *)data + 1, size - 1 });
		return 0;
	}
	d = data[0] & 1 ? GLOB_DOUBLESTAR : GLOB_FNMATCH;
	n = data[0] >> 2 & 15;
	for (; i < MIN(n, (size_t)PATTERN_LEN) && i + 1 < size; i++)
		pattern[i] = in_pattern[data[i + 1] & 15];
	pattern[i] = '\0';
	for (; k < PATH_LEN && i + 1 + k < size; k++)
		path[k] = in_path[data[i + 1 + k] & 7];
	path[k] = '\0';
	/* The runner matches cleaned paths: empty parts do not occur. */
	if (d == GLOB_DOUBLESTAR &&
	    (path[0] == '/' || strstr(path, "//") || (k && path[k - 1] == '/')))
		return 0;
	if (glob_check(d, str_of(pattern), &err) < 0)
		MUST(!glob_match(d, str_of(pattern), str_of(path)));
	else
		MUST(glob_match(d, str_of(pattern), str_of(path)) == ref_match(d, pattern, path));
	return 0;
}
