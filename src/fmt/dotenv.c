#include "fmt/dotenv.h"

#include "base/map.h"

#define KEY_MAX 255

const struct dotenv_limits dotenv_limits_default = { .max_bytes = 5 << 10, .max_entries = 20 };

static bool is_key(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_'))
			return false;
	}
	return s.n > 0;
}

/* Why a line without a usable key is wrong, for the person who wrote it. */
static const char *diagnose(str line)
{
	str s = str_trim(line);

	if (s.n == 0)
		return "is empty: empty lines are not allowed";
	if (s.p[0] == '#')
		return "is a comment: comments are not allowed";
	if (str_starts_with(s, STR("export ")))
		return "starts with \"export\": write KEY=value";
	if (str_index(line, '=') < 0)
		return "has no \"=\": write KEY=value";
	return "has no valid key: a key is made of letters, digits and _";
}

static int parse_line(str name, unsigned nr, str line, struct dotenv_entry *ret, struct err *err)
{
	str rest = line;
	str key = str_trim(str_cut(&rest, '='));

	if (str_is_null(rest) || !is_key(key))
		return err_set(err, ERR_INVALID, STR_FMT ":%u: the line %s", STR_ARG(name), nr,
			       diagnose(line));
	if (key.n > KEY_MAX)
		return err_set(err, ERR_LIMIT, STR_FMT ":%u: a key has at most %d characters",
			       STR_ARG(name), nr, KEY_MAX);
	*ret = (struct dotenv_entry){ key, str_trim(rest) };
	return 0;
}

static int check_text(str name, str text, const struct dotenv_limits *limits, struct err *err)
{
	if (text.n >= limits->max_bytes)
		return err_set(err, ERR_LIMIT,
			       STR_FMT ": a dotenv file must be smaller than %zu bytes, "
				       "this one has %zu",
			       STR_ARG(name), limits->max_bytes, text.n);
	if (str_index(text, '\0') >= 0)
		return err_set(err, ERR_INVALID, STR_FMT ": the file holds a NUL byte",
			       STR_ARG(name));
	if (!str_is_utf8(text))
		return err_set(err, ERR_INVALID, STR_FMT ": the file is not UTF-8", STR_ARG(name));
	return 0;
}

int dotenv_parse(struct arena *a, str name, str text, const struct dotenv_limits *limits,
		 struct dotenv_vec *ret, struct err *err)
{
	struct dotenv_vec found = { 0 };
	struct map index;

	if (check_text(name, text, limits, err) < 0)
		return -1;
	if (str_starts_with(text, STR("\xef\xbb\xbf")))
		text = str_from(text, 3);
	map_init(&index, a);
	for (unsigned line = 1; text.n > 0; line++) {
		struct dotenv_entry e;
		void **place;

		if (parse_line(name, line, str_cut(&text, '\n'), &e, err) < 0)
			return -1;
		place = map_put(&index, e.key);
		if (*place) {
			found.at[(uintptr_t)*place - 1] = e;
			continue;
		}
		if (found.nr == limits->max_entries)
			return err_set(err, ERR_LIMIT,
				       STR_FMT
				       ":%u: a dotenv file cannot have more than %zu variables",
				       STR_ARG(name), line, limits->max_entries);
		vec_add(a, &found, e);
		*place = (void *)(uintptr_t)found.nr; /* index + 1 */
	}
	*ret = found;
	return 0;
}
