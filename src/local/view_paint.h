/* view_paint.h - a picture at the bottom of a terminal that is painted again and again.
 *
 * The picture is a text of lines, each narrower than the terminal.  Painting moves
 * up over the old one and writes over it, line by line, inside a synchronised
 * update, so nothing flickers.  What is put `above` stays in the scrollback.
 */
#ifndef LOCAL_VIEW_PAINT_H
#define LOCAL_VIEW_PAINT_H

#include "base/buf.h"
#include "os/term.h"

struct painter {
	int fd;
	int *failed;	  /* errno of the first failed write */
	struct buf shown; /* the picture that is on the screen */
	struct buf out;
};

void painter_init(struct painter *p, int fd, int *failed) NONNULL;
void painter_release(struct painter *p) NONNULL;

/* Replace the picture.  Lines end with a line feed; "" takes it away.  `above`, lines
 * too, of any width, goes before it for good. */
void painter_paint(struct painter *p, str above, str picture, struct term_size size) NONNULL;

#endif
