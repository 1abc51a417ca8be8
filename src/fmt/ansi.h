/* ansi.h - text for terminals: colours of ours, and no tricks of others.
 *
 * Job names, commit titles and log lines are written by whoever pushed.  Before
 * they reach a terminal, sequences that could move the cursor, set titles, write
 * the clipboard or hide text are taken out; colours may stay.  What remains has a
 * known width in columns, so it can be cut to fit.
 */
#ifndef FMT_ANSI_H
#define FMT_ANSI_H

#include "base/buf.h"

#define SGR_RESET  "\033[0m"
#define SGR_BOLD   "\033[1m"
#define SGR_DIM	   "\033[2m"
#define SGR_RED	   "\033[31m"
#define SGR_GREEN  "\033[32m"
#define SGR_YELLOW "\033[33m"
#define SGR_BLUE   "\033[34m"
#define SGR_PINK   "\033[35m"
#define SGR_CYAN   "\033[36m"

enum ansi_keep {
	ANSI_SGR = 1,	/* colours and weights: ESC [ digits ; : m */
	ANSI_TAB = 2,	/* otherwise a tab becomes a blank */
	ANSI_LINES = 4, /* line feeds; otherwise they become blanks */
};

/* Appends `s` made harmless.  C0 and C1 controls, DEL and escape sequences are
 * dropped; marks that reorder text or break lines (U+202E, U+2028, …) become a
 * visible \u202e; bytes that are not UTF-8 become U+FFFD.  Doing it twice gives the
 * same. */
void ansi_sanitize(struct buf *out, str s, unsigned keep);

/* Nothing in it but printable ASCII and what `keep` allows of tab and line feed:
 * sanitising would change nothing. */
bool ansi_is_plain(str s, unsigned keep);

/* Columns of sanitised text: SGR takes none, wide characters two, a tab reaches the
 * next multiple of eight. */
size_t ansi_width(str s);

/* Appends sanitised text, cut to at most `cols` columns; what was cut leaves an ellipsis
 * (three dots unless `utf8`).  Ends with a reset when colours were in force. */
void ansi_fit(struct buf *out, str s, size_t cols, bool utf8);

/* `text` between the sequence `sgr` and a reset; only the text when not `color`. */
void ansi_paint(struct buf *out, bool color, const char *sgr, str text);

#endif
