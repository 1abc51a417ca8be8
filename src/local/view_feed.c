#include "local/view_feed.h"

#include <string.h>

void feed_init(struct feed *f)
{
	*f = (struct feed){ 0 };
	buf_init(&f->rest, FEED_LINE_MAX);
}

void feed_release(struct feed *f)
{
	buf_release(&f->rest);
	feed_init(f);
}

/* How much of s to give out when it must be cut: not inside a UTF-8 character. */
static size_t cut_at(str s, size_t max)
{
	for (size_t back = 0; back < 4 && back <= max; back++)
		if (((unsigned char)s.p[max - back] & 0xc0) != 0x80)
			return max - back;
	return max;
}

static bool give(struct feed *f, str text, bool complete, struct feed_piece *ret)
{
	*ret = (struct feed_piece){ .text = text, .continues = f->inside };
	f->inside = !complete;
	return true;
}

/* A piece of what stands in `rest` and what follows in the chunk, which is long enough. */
static bool give_cut(struct feed *f, str *chunk, struct feed_piece *ret)
{
	size_t fill = FEED_LINE_MAX - f->rest.n;

	if (f->rest.n == 0) {
		size_t n = cut_at(*chunk, FEED_LINE_MAX);

		give(f, str_sub(*chunk, 0, n), false, ret);
		*chunk = str_from(*chunk, n);
		return true;
	}
	fill = fill ? cut_at(*chunk, fill) : 0;
	buf_adds(&f->rest, str_sub(*chunk, 0, fill));
	*chunk = str_from(*chunk, fill);
	f->handed = true;
	return give(f, buf_str(&f->rest), false, ret);
}

bool feed_next(struct feed *f, str *chunk, struct feed_piece *ret)
{
	const char *end;
	size_t n;

	if (f->handed) {
		buf_clear(&f->rest);
		f->handed = false;
	}
	if (chunk->n == 0)
		return false;
	end = memchr(chunk->p, '\n', MIN(chunk->n, FEED_LINE_MAX - f->rest.n + 1));
	if (!end && chunk->n > FEED_LINE_MAX - f->rest.n)
		return give_cut(f, chunk, ret);
	n = end ? (size_t)(end - chunk->p) : chunk->n;
	if (!end) {
		buf_add(&f->rest, chunk->p, n);
		*chunk = (str){ chunk->p + n, 0 };
		return false;
	}
	if (f->rest.n == 0) {
		give(f, (str){ chunk->p, n }, true, ret);
	} else {
		buf_add(&f->rest, chunk->p, n);
		f->handed = true;
		give(f, buf_str(&f->rest), true, ret);
	}
	*chunk = (str){ end + 1, chunk->n - n - 1 };
	return true;
}

bool feed_last(struct feed *f, struct feed_piece *ret)
{
	if (f->handed) {
		buf_clear(&f->rest);
		f->handed = false;
	}
	if (f->rest.n == 0) {
		f->inside = false;
		return false;
	}
	f->handed = true;
	return give(f, buf_str(&f->rest), true, ret);
}
