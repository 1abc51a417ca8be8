/* picture.h - what the pictures of a pipeline have in common.
 *
 * Names come from strangers: in a picture they are made harmless (fmt/ansi.h) and
 * cut to size.  Status is never colour alone: each has a symbol, and one in ASCII.
 */
#ifndef PLAN_PICTURE_H
#define PLAN_PICTURE_H

#include "base/buf.h"
#include "plan/sched.h"

const char *picture_symbol(enum job_status s, bool allow_failure, bool ascii);
/* The SGR sequence that starts the status's colour; SGR_RESET ends it. */
const char *picture_color(enum job_status s, bool allow_failure);

/* Terminal columns that picture_add_text would fill. */
size_t picture_width(str s);

/* At most `max` columns of the text, with its end cut if need be; the columns used.
 * In ASCII, whatever is not is a `?`. */
size_t picture_add_text(struct buf *b, str s, size_t max, bool ascii) NONNULL;
void picture_add_blanks(struct buf *b, size_t n) NONNULL;
/* The same as picture_add_text, then blanks up to `width`. */
void picture_add_cell(struct buf *b, str s, size_t width, bool ascii) NONNULL;

/* "350 ms", "1.2 s", "2 min 05 s", "1 h 02 min". */
void picture_add_duration(struct buf *b, uint64_t us) NONNULL;

/* The next character of *rest (not empty); U+FFFD for a byte that is not UTF-8. */
uint32_t picture_next(str *rest) NONNULL;

#endif
