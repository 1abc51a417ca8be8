/* picture.h - what the pictures of a pipeline have in common.
 *
 * Names come from strangers: in a picture they are cut to size, and whatever
 * could move the cursor, turn the writing direction or hide is shown as `?`.
 * Status is never colour alone: each has a symbol, and one in ASCII.
 */
#ifndef PLAN_PICTURE_H
#define PLAN_PICTURE_H

#include "base/buf.h"
#include "plan/sched.h"

const char *picture_symbol(enum job_status s, bool allow_failure, bool ascii);
/* The SGR sequence that starts the status's colour; "\33[0m" ends it. */
const char *picture_color(enum job_status s, bool allow_failure);

/* Terminal columns that picture_add_text would fill. */
size_t picture_width(str s);

/* At most `max` columns of the text ("…" or "~" marks a cut); the columns used. */
size_t picture_add_text(struct buf *b, str s, size_t max, bool ascii) NONNULL;
void picture_add_blanks(struct buf *b, size_t n) NONNULL;
/* The same as picture_add_text, then blanks up to `width`. */
void picture_add_cell(struct buf *b, str s, size_t width, bool ascii) NONNULL;

/* "0.4 s", "12.3 s", "3:04 min", "2:05:09 h". */
void picture_add_duration(struct buf *b, uint64_t us) NONNULL;

/* The next character of *rest (not empty); U+FFFD for a byte that is not UTF-8. */
uint32_t picture_next(str *rest) NONNULL;

#endif
