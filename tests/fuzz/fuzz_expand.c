/* Expansion held against the same thing said as a regular expression that is replaced
 * match by match.  For the server that holds where each `${` has its name at once. */
#include "base/arena.h"
#include "fmt/regex.h"
#include "plan/expand.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static str get(void *ctx, str name)
{
	(void)ctx;
	if (str_eq(name, STR("A")))
		return STR("x$A%A%");
	if (str_eq(name, STR("B_1")))
		return STR("");
	if (str_eq(name, STR("AB")))
		return STR("}${A");
	if (str_eq(name, STR("F")))
		return expand_as_written;
	return str_null;
}

static const struct expand_vars vars = { .get = get };

/* Group 1 is kept, group 2 to 4 are names, anything else is dropped. */
static bool replace(const char *pattern, str text, enum expand_mode mode, bool server,
		    struct buf *out)
{
	struct regex *re CLEANUP(regex_free_ptr) = NULL;
	struct regex_match m;
	struct err err;
	int rc;

	MUST(regex_compile(str_of(pattern), REGEX_DOTALL, &re, &err) == 0);
	while ((rc = regex_search(re, text, &m, &err)) == 1) {
		size_t before = (size_t)(m.group[0].p - text.p);
		str name = str_null, value;

		buf_adds(out, str_sub(text, 0, before));
		for (size_t i = 2; i < m.nr; i++)
			if (!str_is_null(m.group[i]))
				name = m.group[i];
		value = str_is_null(name) ? str_null : get(NULL, name);
		if (m.nr > 1 && !str_is_null(m.group[1]))
			buf_adds(out, m.group[1]);
		else if (server && (value.p == expand_as_written.p ||
				    (str_is_null(value) && mode == EXPAND_EXISTING)))
			buf_adds(out, m.group[0]);
		else
			buf_adds(out, value);
		text = str_from(text, before + m.group[0].n);
	}
	buf_adds(out, text);
	return rc == 0;
}

static size_t count(str text, const char *pattern)
{
	struct regex *re CLEANUP(regex_free_ptr) = NULL;
	struct regex_match m;
	struct err err;
	size_t n = 0;

	MUST(regex_compile(str_of(pattern), 0, &re, &err) == 0);
	for (; regex_search(re, text, &m, &err) == 1; n++)
		text = str_from(text, (size_t)(m.group[0].p - text.p) + m.group[0].n);
	return n;
}

static void check_server(str text, enum expand_mode mode)
{
	static const char pattern[] =
		"(\\$\\$|%%)|\\$([A-Za-z_][A-Za-z0-9_]*)|"
		"\\$\\{([A-Za-z_][A-Za-z0-9_]*)\\}|%([A-Za-z_][A-Za-z0-9_]*)%";
	struct buf got CLEANUP(buf_release) = BUF_INIT;
	struct buf want CLEANUP(buf_release) = BUF_INIT;

	expand_server(&got, text, mode, &vars);
	if (count(text, "\\$\\{") != count(text, "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}"))
		return;
	if (replace(pattern, text, mode, true, &want))
		MUST(str_eq(buf_str(&got), buf_str(&want)));
}

static void check_runner(str text)
{
	/* Group 1 never takes part: a lone dollar is no match and stays. */
	static const char pattern[] = "(\\z\\A.)|\\$\\{\\$\\}|\\$\\$|\\$\\{[*#@!?\\-0-9]\\}|"
				      "\\$\\{([^}]*)\\}|\\$\\{|\\$[*#@!?\\-0-9]|\\$([A-Za-z0-9_]+)";
	struct buf got CLEANUP(buf_release) = BUF_INIT;
	struct buf want CLEANUP(buf_release) = BUF_INIT;

	expand_runner(&got, text, &vars);
	/* The two that are a dollar cannot be said by a name. */
	if (str_find(text, STR("$$"), 0) >= 0 || str_find(text, STR("${$}"), 0) >= 0)
		return;
	if (replace(pattern, text, EXPAND_BLANK, false, &want))
		MUST(str_eq(buf_str(&got), buf_str(&want)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char alphabet[] = "AB_1F$${}%% -?.a";
	char text[64];
	size_t n = 0;

	if (size == 0)
		return 0;
	for (; n < sizeof(text) && n + 1 < size; n++)
		text[n] = data[0] & 1 ? (char)data[n + 1] : alphabet[data[n + 1] & 15];
	if (!str_is_utf8((str){ text, n }))
		return 0; /* the regular expression would pass over such bytes */
	check_server((str){ text, n }, data[0] & 2 ? EXPAND_EXISTING : EXPAND_BLANK);
	check_runner((str){ text, n });
	return 0;
}
