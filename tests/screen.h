/* screen.h - a small terminal: what is on the screen after these bytes?
 *
 * Knows what view_paint uses (cursor up, erase, synchronised updates, SGR), characters of
 * one and two columns, breaking of lines that are too wide, and scrolling; all else
 * aborts, so that a view cannot use what the test does not see.
 */
#ifndef TESTS_SCREEN_H
#define TESTS_SCREEN_H

#include "base/arena.h"
#include "base/buf.h"
#include "fmt/ansi.h"

#include <string.h>

#define SCREEN_COLS 200
#define SCREEN_ROWS 100

struct screen {
	unsigned cols, rows, x, y;
	char cells[SCREEN_ROWS][SCREEN_COLS][8]; /* "" for the right half of a wide one */
	struct buf history; /* lines that scrolled out */
	bool synchronised;
};

static inline void screen_clear_row(struct screen *s, unsigned y, unsigned from)
{
	for (unsigned x = from; x < SCREEN_COLS; x++)
		memcpy(s->cells[y][x], " ", 2);
}

static inline void screen_init(struct screen *s, unsigned cols, unsigned rows)
{
	*s = (struct screen){ .cols = cols, .rows = rows };
	buf_init(&s->history, 0);
	for (unsigned y = 0; y < SCREEN_ROWS; y++)
		screen_clear_row(s, y, 0);
}

static inline void screen_release(struct screen *s)
{
	buf_release(&s->history);
}

static inline void screen_add_row(const struct screen *s, unsigned y, struct buf *b)
{
	size_t end = b->n;

	for (unsigned x = 0; x < s->cols; x++) {
		buf_addz(b, s->cells[y][x]);
		if (strcmp(s->cells[y][x], " ") != 0)
			end = b->n;
	}
	b->n = end;
	buf_addc(b, '\n');
}

static inline void screen_line_feed(struct screen *s)
{
	if (s->y + 1 < s->rows) {
		s->y++;
		return;
	}
	screen_add_row(s, 0, &s->history);
	memmove(s->cells[0], s->cells[1], sizeof(s->cells[0]) * (s->rows - 1));
	screen_clear_row(s, s->rows - 1, 0);
}

static inline void screen_put(struct screen *s, str c)
{
	unsigned width = (unsigned)ansi_width(c);

	MUST(width == 1 || width == 2);
	if (s->x + width > s->cols) {
		s->x = 0;
		screen_line_feed(s);
	}
	memcpy(s->cells[s->y][s->x], c.p, c.n);
	s->cells[s->y][s->x][c.n] = '\0';
	if (width == 2)
		s->cells[s->y][s->x + 1][0] = '\0';
	s->x += width;
}

static inline void screen_control(struct screen *s, str seq)
{
	uint64_t n = 1;
	char final = seq.p[seq.n - 1];
	str parameter = str_sub(seq, 2, seq.n - 3);

	if (str_eq(seq, STR("\033[?2026h")) || str_eq(seq, STR("\033[?2026l"))) {
		MUST(s->synchronised == (final == 'l'));
		s->synchronised = final == 'h';
		return;
	}
	if (final == 'm')
		return;
	MUST(parameter.n == 0 || str_to_u64(parameter, &n));
	if (final == 'A') {
		s->y -= (unsigned)MIN(n, (uint64_t)s->y);
	} else if (final == 'K') {
		MUST(parameter.n == 0);
		screen_clear_row(s, s->y, s->x);
	} else {
		MUST(final == 'J' && parameter.n == 0);
		screen_clear_row(s, s->y, s->x);
		for (unsigned y = s->y + 1; y < s->rows; y++)
			screen_clear_row(s, y, 0);
	}
}

static inline void screen_feed(struct screen *s, str bytes)
{
	while (bytes.n) {
		size_t n = 1;

		if (bytes.p[0] == '\033') {
			MUST(bytes.n > 2 && bytes.p[1] == '[');
			for (n = 2; !(bytes.p[n] >= 0x40 && bytes.p[n] <= 0x7e); n++)
				MUST(n + 1 < bytes.n);
			n++;
			screen_control(s, str_sub(bytes, 0, n));
		} else if (bytes.p[0] == '\r') {
			s->x = 0;
		} else if (bytes.p[0] == '\n') {
			screen_line_feed(s);
		} else {
			while (n < bytes.n && ((unsigned char)bytes.p[n] & 0xc0) == 0x80)
				n++;
			MUST((unsigned char)bytes.p[0] >= 0x20 && n <= 4);
			screen_put(s, str_sub(bytes, 0, n));
		}
		bytes = str_from(bytes, n);
	}
}

/* A narrower terminal breaks its lines anew and keeps the cursor at the same character;
 * a lower one scrolls. */
static inline void screen_resize(struct screen *s, unsigned cols, unsigned rows)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct buf history = s->history;
	unsigned last = s->y;

	for (unsigned y = 0; y <= last; y++)
		screen_add_row(s, y, &text);
	text.n--;
	buf_init(&s->history, 0);
	screen_init(s, cols, rows);
	s->history = history;
	for (str rest = buf_str(&text); !str_is_null(rest);) {
		screen_feed(s, str_cut(&rest, '\n'));
		if (!str_is_null(rest))
			screen_feed(s, STR("\r\n"));
	}
}

/* What is on the screen; empty lines at the end cut. */
static inline str screen_visible(const struct screen *s, struct arena *a)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	for (unsigned y = 0; y < s->rows; y++)
		screen_add_row(s, y, &b);
	while (b.n > 1 && b.p[b.n - 2] == '\n')
		b.n--;
	return arena_str(a, buf_str(&b));
}

/* The same, and before it what scrolled out. */
static inline str screen_text(const struct screen *s, struct arena *a)
{
	return arena_printf(a, STR_FMT STR_FMT, STR_ARG(buf_str(&s->history)),
			    STR_ARG(screen_visible(s, a)));
}

#endif
