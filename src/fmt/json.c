#include "fmt/json.h"

json_t *json_text(str s)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	json_t *j;

	if (str_is_null(s))
		return json_null();
	j = json_stringn(s.p, s.n);
	if (j)
		return j;
	buf_add_utf8(&b, s);
	j = json_stringn(b.p ? b.p : "", b.n);
	MUST(j);
	return j;
}

json_t *json_texts(const struct str_vec *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->nr; i++)
		json_array_append_new(list, json_text(v->at[i]));
	return list;
}

static int append(const char *p, size_t n, void *ctx)
{
	struct buf *b = ctx;

	buf_add(b, p, n);
	return b->full ? -1 : 0;
}

void json_add(struct buf *b, const json_t *value, unsigned indent)
{
	/* The only failure is a full buffer, which says so itself. */
	(void)json_dump_callback(value, append, b, JSON_INDENT(indent & 31));
	buf_addc(b, '\n');
}
