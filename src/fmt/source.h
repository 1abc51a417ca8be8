/* source.h - a text somebody wrote, and a place in it.
 *
 * A source is one file (or string) with a name that people know, the text as
 * read, and, when it was included, the place that included it.  Everything that
 * is parsed remembers its `struct pos`, so any later stage can point at it.
 */
#ifndef FMT_SOURCE_H
#define FMT_SOURCE_H

#include "base/arena.h"
#include "base/buf.h"

struct source;

struct pos {
	const struct source *src; /* NULL: no place known */
	uint32_t line, col;	  /* from 1; 0 when unknown; col counts bytes */
};

struct source {
	str name; /* as people call it: path, URL, "group/project:path@ref" */
	str text;
	struct pos included_at; /* the include entry; src is NULL for the root */
};

extern const struct pos pos_none;

/* A source whose name and text live at least as long as `a`. */
const struct source *source_new(struct arena *a, str name, str text,
				struct pos included_at) NODISCARD NONNULL;

/* The text of a line (from 1) without its line end; empty when there is none. */
str source_line(const struct source *s, uint32_t line) NONNULL;

/* "name:line:col", or "name" when the line is unknown, or "-" for pos_none. */
void pos_add(struct buf *b, struct pos p) NONNULL;
str pos_str(struct arena *a, struct pos p) NONNULL;

#endif
