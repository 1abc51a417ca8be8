#include "local/view_paint.h"

#include "fmt/ansi.h"

#include <errno.h>

/* DEC private mode 2026: terminals that do not know it ignore it. */
#define SYNC_BEGIN "\033[?2026h"
#define SYNC_END   "\033[?2026l"
#define ERASE_LINE "\033[K"
#define ERASE_DOWN "\033[J"

void painter_init(struct painter *p, int fd, int *failed)
{
	*p = (struct painter){ .fd = fd, .failed = failed };
	buf_init(&p->shown, 0);
	buf_init(&p->out, 0);
}

void painter_release(struct painter *p)
{
	buf_release(&p->shown);
	buf_release(&p->out);
}

/* How many rows the shown picture takes.  After the terminal became narrower, lines
 * were broken into several. */
static size_t rows_shown(const struct painter *p, struct term_size size)
{
	str rest = buf_str(&p->shown);
	size_t rows = 0;

	while (rest.n) {
		size_t width = ansi_width(str_cut(&rest, '\n'));

		rows += width ? (width + size.cols - 1) / size.cols : 1;
	}
	return rows;
}

static void add_lines(struct buf *out, str text, const char *line_end)
{
	while (text.n) {
		buf_adds(out, str_cut(&text, '\n'));
		buf_addz(out, line_end);
	}
}

void painter_paint(struct painter *p, str above, str picture, struct term_size size)
{
	size_t rows = MIN(rows_shown(p, size), (size_t)size.rows);

	if (!above.n && str_eq(picture, buf_str(&p->shown)))
		return;
	buf_clear(&p->out);
	buf_addz(&p->out, SYNC_BEGIN "\r");
	/* The cursor stands on the last line, behind its text. */
	if (rows > 1)
		buf_addf(&p->out, "\033[%uA", (unsigned)(rows - 1));
	if (above.n) {
		buf_addz(&p->out, ERASE_DOWN);
		add_lines(&p->out, above, "\r\n");
	}
	add_lines(&p->out, picture, ERASE_LINE "\r\n");
	if (picture.n)
		p->out.n -= 2; /* no line end after the last: the screen need not scroll */
	buf_addz(&p->out, ERASE_DOWN SYNC_END);
	if (!*p->failed && term_write(p->fd, buf_str(&p->out)) < 0)
		*p->failed = errno;
	buf_clear(&p->shown);
	buf_adds(&p->shown, picture);
}
