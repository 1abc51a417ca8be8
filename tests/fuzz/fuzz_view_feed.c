/* Lines cut out of chunks of any size, joined again, are the bytes that went in; what is
 * shown of each is harmless whatever markers and carriage returns it holds. */
#include "fmt/ansi.h"
#include "local/view_feed.h"
#include "local/view_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct feed_piece piece, bool complete, struct buf *joined)
{
	CLEANUP(buf_release) struct buf scratch = BUF_INIT;
	CLEANUP(buf_release) struct buf shown = BUF_INIT;
	str line = piece.text;

	MUST(str_index(line, '\n') < 0 && line.n <= FEED_LINE_MAX);
	if (piece.continues && joined->n && joined->p[joined->n - 1] == '\n')
		joined->n--;
	buf_adds(joined, line);
	if (complete)
		buf_addc(joined, '\n');
	if (view_clean_line(&line, &scratch)) {
		MUST(str_index(line, '\r') < 0);
		ansi_sanitize(&shown, line, ANSI_TAB);
		MUST(ansi_is_plain(line, ANSI_TAB) == str_eq(line, buf_str(&shown)) ||
		     str_eq(line, buf_str(&shown)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_release) struct buf joined = BUF_INIT;
	struct feed_piece piece;
	struct feed feed;
	str all, rest;
	size_t step;

	if (size < 1)
		return 0;
	step = (size_t)data[0] + 1;
	all = rest = (str){ (const char *)data + 1, size - 1 };
	feed_init(&feed);
	while (rest.n) {
		str chunk = str_sub(rest, 0, step);

		rest = str_from(rest, step);
		step = step * 7 % 97 + 1;
		while (feed_next(&feed, &chunk, &piece))
			take(piece, true, &joined);
		MUST(chunk.n == 0);
	}
	if (feed_last(&feed, &piece))
		take(piece, false, &joined);
	feed_release(&feed);
	MUST(str_eq(buf_str(&joined), all));
	return 0;
}
