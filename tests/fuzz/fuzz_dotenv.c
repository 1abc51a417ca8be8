/* What is accepted is exactly its lines: written out again it reads the same, and
 * each key has the value of its last line. */
#include "base/buf.h"
#include "fmt/dotenv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The last line of a key, found the slow way. */
static str last_value(str text, str key)
{
	str found = str_null;

	if (str_starts_with(text, STR("\xef\xbb\xbf")))
		text = str_from(text, 3);
	while (!str_is_null(text)) {
		str line = str_cut(&text, '\n');
		ssize_t equals = str_index(line, '=');

		if (equals >= 0 && str_eq(str_trim(str_sub(line, 0, (size_t)equals)), key))
			found = str_trim(str_from(line, (size_t)equals + 1));
	}
	return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf again CLEANUP(buf_release) = BUF_INIT;
	struct arena a CLEANUP(arena_release) = { 0 };
	str text = { (const char *)data, size };
	struct dotenv_vec v, w;
	struct err err;

	arena_init(&a, 0);
	if (dotenv_parse(&a, STR("f"), text, &dotenv_limits_default, &v, &err) < 0) {
		MUST(err.kind == ERR_INVALID || err.kind == ERR_LIMIT);
		MUST(str_starts_with(str_of(err.msg), STR("f:")));
		return 0;
	}
	MUST(v.nr <= dotenv_limits_default.max_entries);
	for (size_t i = 0; i < v.nr; i++) {
		MUST(str_eq(v.at[i].value, last_value(text, v.at[i].key)));
		buf_addf(&again, STR_FMT "=", STR_ARG(v.at[i].key));
		buf_adds(&again, v.at[i].value);
		buf_addc(&again, '\n');
		for (size_t k = 0; k < i; k++)
			MUST(!str_eq(v.at[i].key, v.at[k].key));
	}
	if (again.n >= dotenv_limits_default.max_bytes)
		return 0;
	MUST(dotenv_parse(&a, STR("f"), buf_str(&again), &dotenv_limits_default, &w, &err) == 0);
	MUST(v.nr == w.nr);
	for (size_t i = 0; i < v.nr; i++)
		MUST(str_eq(v.at[i].key, w.at[i].key) && str_eq(v.at[i].value, w.at[i].value));
	return 0;
}
