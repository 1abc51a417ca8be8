#include "fmt/source.h"

#include <string.h>

const struct pos pos_none = { NULL, 0, 0 };

const struct source *source_new(struct arena *a, str name, str text, struct pos included_at)
{
	struct source *s = arena_new(a, struct source);

	*s = (struct source){ .name = name, .text = text, .included_at = included_at };
	return s;
}

str source_line(const struct source *s, uint32_t line)
{
	str rest = s->text, at = str_null;

	/* A byte order mark belongs to no column. */
	if (str_starts_with(rest, STR("\xef\xbb\xbf")))
		rest = str_from(rest, 3);
	for (uint32_t i = 0; i < line; i++) {
		if (str_is_null(rest))
			return STR("");
		at = str_cut(&rest, '\n');
	}
	if (at.n && at.p[at.n - 1] == '\r')
		at.n--;
	return at.n ? at : STR("");
}

void pos_add(struct buf *b, struct pos p)
{
	if (!p.src) {
		buf_addc(b, '-');
		return;
	}
	buf_adds(b, p.src->name);
	if (p.line)
		buf_addf(b, ":%u", p.line);
	if (p.line && p.col)
		buf_addf(b, ":%u", p.col);
}

str pos_str(struct arena *a, struct pos p)
{
	if (!p.src)
		return STR("-");
	if (!p.line)
		return arena_str(a, p.src->name);
	if (!p.col)
		return arena_printf(a, STR_FMT ":%u", STR_ARG(p.src->name), p.line);
	return arena_printf(a, STR_FMT ":%u:%u", STR_ARG(p.src->name), p.line, p.col);
}
