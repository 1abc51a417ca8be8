/* term.h - what the other end of a descriptor can show.
 *
 * A terminal or not, how large, whether colour is wanted, whether the locale is
 * UTF-8.  Nothing here prints.  The locale is read from the environment, not
 * through setlocale(), which would cost every start the loading of locale files.
 */
#ifndef OS_TERM_H
#define OS_TERM_H

#include "base/str.h"

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct term_size {
	unsigned cols, rows;
};

bool term_is_tty(int fd);

/* A terminal that understands cursor moves: not TERM=dumb. */
bool term_can_move(int fd);

/* Colours?  --color wins, then NO_COLOR, CLICOLOR_FORCE, then: is it a terminal. */
bool term_wants_color(int fd, enum color_when when);

/* LC_ALL, LC_CTYPE or LANG names UTF-8. */
bool term_is_utf8(void);

/* From the terminal, else COLUMNS and LINES, else 80 by 24; from 1 to 10000 each. */
struct term_size term_size(int fd);

/* Start noting SIGWINCH; then true once after each change of size. */
void term_watch_size(void);
bool term_size_changed(void);

/* Write all; interrupted and short writes go on, a full non-blocking pipe is waited
 * for.  0, or -1 with errno (EPIPE: nobody reads any more). */
int term_write(int fd, str s) NODISCARD;

#endif
