/* view_feed.h - whole lines out of chunks.
 *
 * Each job has a feed.  A line is handed out where it stands in the chunk when it
 * lies there complete, so most bytes are never copied.  A line longer than
 * FEED_LINE_MAX comes in pieces; nothing is dropped.
 */
#ifndef LOCAL_VIEW_FEED_H
#define LOCAL_VIEW_FEED_H

#include "base/buf.h"

#define FEED_LINE_MAX ((size_t)64 << 10)

struct feed {
	struct buf rest; /* of an unfinished line */
	bool handed;	 /* rest was given out and goes with the next call */
	bool inside;	 /* the next piece continues a line */
};

struct feed_piece {
	str text;	/* without the line feed; valid until the next call */
	bool continues; /* the line began in an earlier piece */
};

void feed_init(struct feed *f) NONNULL;
void feed_release(struct feed *f) NONNULL;

/* The next line or piece; takes from the front of *chunk.  False when the chunk is used
 * up; what is left of it is kept for the next. */
bool feed_next(struct feed *f, str *chunk, struct feed_piece *ret) NODISCARD NONNULL;

/* The unfinished line at the end, if there is one. */
bool feed_last(struct feed *f, struct feed_piece *ret) NODISCARD NONNULL;

#endif
