#include "fmt/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX	500 /* bytes; a key may be as long as the file */
#define LINE_COLUMNS	100 /* of the source line that is shown */
#define LINE_BEFORE	60  /* of these, at most so many stand before the caret */
#define CHAIN_MAX	10  /* "included from" lines */

void diags_init(struct diags *d, struct arena *a)
{
	*d = (struct diags){ .arena = a };
}

static str format(struct arena *a, const char *fmt, va_list args)
{
	char text[MESSAGE_MAX + 4];
	int n = vsnprintf(text, MESSAGE_MAX + 1, fmt, args);
	size_t len = n < 0 ? 0 : (size_t)n;

	if (len > MESSAGE_MAX) {
		len = MESSAGE_MAX;
		while (len && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
			len--;
		if (len && (unsigned char)text[len - 1] >= 0xc0)
			len--;
		memcpy(text + len, "...", 3);
		len += 3;
	}
	return arena_str(a, (str){ text, len });
}

static bool same_pos(struct pos a, struct pos b)
{
	return a.src == b.src && a.line == b.line && a.col == b.col;
}

static void report(struct diags *d, enum diag_level level, struct pos pos, str message)
{
	size_t *total = level == DIAG_ERROR ? &d->nr_error : &d->nr_warning;
	size_t kept = 0;

	for (size_t i = 0; i < d->nr; i++) {
		const struct diag *old = &d->at[i];

		kept += old->level == level;
		if (old->level == level && same_pos(old->pos, pos) &&
		    str_eq(old->message, message)) {
			d->last = i + 1;
			return;
		}
	}
	++*total;
	d->last = 0;
	if (kept >= DIAGS_MAX)
		return;
	vec_add(d->arena, d, (struct diag){ .level = level, .pos = pos, .message = message });
	d->last = d->nr;
}

void diag_put_error(struct diags *d, struct pos pos, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(d, DIAG_ERROR, pos, format(d->arena, fmt, args));
	va_end(args);
}

void diag_warning(struct diags *d, struct pos pos, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(d, DIAG_WARNING, pos, format(d->arena, fmt, args));
	va_end(args);
}

void diag_hint(struct diags *d, const char *fmt, ...)
{
	va_list args;

	if (!d->last)
		return;
	va_start(args, fmt);
	d->at[d->last - 1].hint = format(d->arena, fmt, args);
	va_end(args);
}

void diag_hint_nearest(struct diags *d, str word, const str *candidates, size_t nr)
{
	str near = str_nearest(word, candidates, nr);

	if (!str_is_null(near))
		diag_hint(d, "did you mean \"" STR_FMT "\"?", STR_ARG(near));
}

/* --- showing --- */

static const struct {
	const char *name, *color;
} levels[] = {
	[DIAG_ERROR] = { "error", "\033[1;31m" },
	[DIAG_WARNING] = { "warning", "\033[1;33m" },
};

#define COLOR_CARET "\033[1;32m"
#define COLOR_END   "\033[m"

/* Bytes of the character at the start of s, and its number; an invalid byte is
 * one character with the number -1. */
static size_t decode(str s, int32_t *ret)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	int32_t v = len == 1 ? c : c & (0x7f >> len);

	if (len > s.n || !str_is_utf8(str_sub(s, 0, len))) {
		*ret = -1;
		return 1;
	}
	for (size_t i = 1; i < len; i++)
		v = v << 6 | (s.p[i] & 0x3f);
	*ret = v;
	return len;
}

/* Would it do something to a terminal, or to the order or sight of other text? */
static bool is_invisible(int32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/* Adds the character at the start of s so that it can be seen; returns its bytes. */
static size_t add_visible(struct buf *b, str s, unsigned *columns)
{
	int32_t c;
	size_t len = decode(s, &c), was = b->n;

	if (c == '\t')
		buf_addz(b, "\\t");
	else if (c == '\n')
		buf_addz(b, "\\n");
	else if (c == -1)
		buf_addf(b, "\\x%02x", (unsigned char)s.p[0]);
	else if (is_invisible(c))
		buf_addf(b, c < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)c);
	else
		buf_add(b, s.p, len);
	*columns += c == -1 || is_invisible(c) ? (unsigned)(b->n - was) : 1;
	return len;
}

static void add_text(struct buf *b, str s)
{
	unsigned columns = 0;

	while (s.n)
		s = str_from(s, add_visible(b, s, &columns));
}

static void add_pos(struct buf *b, struct pos pos)
{
	static const size_t name_max = 300;
	struct source named;

	if (pos.src && pos.src->name.n > name_max) {
		named = (struct source){ .name = str_sub(pos.src->name, 0, name_max) };
		pos.src = &named;
	}
	struct buf text = BUF_INIT;

	pos_add(&text, pos);
	add_text(b, buf_str(&text));
	buf_release(&text);
}

/* The line of the text, the part around the caret if it is long, and the caret. */
static void add_line(struct buf *b, struct pos pos, bool color)
{
	str line = source_line(pos.src, pos.line);
	size_t caret = MIN((size_t)(pos.col ? pos.col - 1 : 0), line.n), at = 0;
	unsigned columns = 0, caret_column = 0;

	if (line.n > LINE_COLUMNS && caret > LINE_BEFORE) {
		at = caret - LINE_BEFORE;
		while (at < caret && ((unsigned char)line.p[at] & 0xc0) == 0x80)
			at++;
	}
	buf_addf(b, "%5u | %s", pos.line, at ? "..." : "");
	columns = at ? 3 : 0;
	for (; at < line.n && columns < LINE_COLUMNS;) {
		if (at <= caret)
			caret_column = columns;
		at += add_visible(b, str_from(line, at), &columns);
	}
	if (caret >= at)
		caret_column = columns;
	if (at < line.n)
		buf_addz(b, "...");
	buf_addc(b, '\n');
	if (pos.col)
		buf_addf(b, "      | %*s%s^%s\n", (int)caret_column, "", color ? COLOR_CARET : "",
			 color ? COLOR_END : "");
}

static void add_chain(struct buf *b, const struct source *src)
{
	for (unsigned i = 0; src && src->included_at.src; i++) {
		if (i == CHAIN_MAX) {
			buf_addz(b, "      ...\n");
			return;
		}
		buf_addz(b, "      included from ");
		add_pos(b, src->included_at);
		buf_addc(b, '\n');
		src = src->included_at.src;
	}
}

static void add_diag(struct buf *b, const struct diag *d, bool color)
{
	add_pos(b, d->pos);
	buf_addf(b, ": %s%s:%s ", color ? levels[d->level].color : "", levels[d->level].name,
		 color ? COLOR_END : "");
	add_text(b, d->message);
	buf_addc(b, '\n');
	if (d->pos.src && d->pos.line && d->pos.src->text.n)
		add_line(b, d->pos, color);
	if (!str_is_null(d->hint)) {
		buf_addz(b, "      hint: ");
		add_text(b, d->hint);
		buf_addc(b, '\n');
	}
	add_chain(b, d->pos.src);
}

/* By file, line and column; what has no place comes last. */
static int compare(const void *x, const void *y)
{
	const struct diag *a = *(const struct diag *const *)x, *b = *(const struct diag *const *)y;
	int names;

	if (!a->pos.src != !b->pos.src)
		return a->pos.src ? -1 : 1;
	names = a->pos.src ? str_cmp(a->pos.src->name, b->pos.src->name) : 0;
	if (names)
		return names;
	if (a->pos.line != b->pos.line)
		return a->pos.line < b->pos.line ? -1 : 1;
	if (a->pos.col != b->pos.col)
		return a->pos.col < b->pos.col ? -1 : 1;
	return a < b ? -1 : a > b; /* as reported */
}

static void add_more(struct buf *b, size_t reported, size_t kept, const char *what)
{
	if (reported > kept)
		buf_addf(b, "and %zu more %s%s\n", reported - kept, what,
			 reported - kept == 1 ? "" : "s");
}

void diags_render(const struct diags *d, struct buf *out, bool color)
{
	const struct diag *sorted[2 * DIAGS_MAX];
	size_t kept[] = { 0, 0 };

	MUST(d->nr <= COUNT(sorted));
	for (size_t i = 0; i < d->nr; i++) {
		sorted[i] = &d->at[i];
		kept[d->at[i].level]++;
	}
	qsort(sorted, d->nr, sizeof(sorted[0]), compare);
	for (size_t i = 0; i < d->nr; i++)
		add_diag(out, sorted[i], color);
	add_more(out, d->nr_error, kept[DIAG_ERROR], "error");
	add_more(out, d->nr_warning, kept[DIAG_WARNING], "warning");
}
