#include "os/term.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SIZE_MAX_CELLS 10000

static volatile sig_atomic_t size_changed;

bool term_is_tty(int fd)
{
	return isatty(fd) == 1;
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

bool term_can_move(int fd)
{
	const char *term = getenv("TERM");

	return term_is_tty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

bool term_wants_color(int fd, enum color_when when)
{
	const char *force = getenv("CLICOLOR_FORCE");

	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	if (is_set("NO_COLOR"))
		return false;
	if (force && *force && strcmp(force, "0") != 0)
		return true;
	return term_can_move(fd);
}

bool term_is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < COUNT(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

static unsigned cells_of(const char *name, unsigned otherwise)
{
	uint64_t n;

	if (!str_to_u64(str_of(getenv(name)), &n) || n == 0)
		return otherwise;
	return (unsigned)MIN(n, (uint64_t)SIZE_MAX_CELLS);
}

struct term_size term_size(int fd)
{
	struct winsize w = { 0 };
	struct term_size size;

	if (ioctl(fd, TIOCGWINSZ, &w) < 0)
		w = (struct winsize){ 0 };
	size.cols = w.ws_col ? MIN(w.ws_col, (unsigned)SIZE_MAX_CELLS) : cells_of("COLUMNS", 80);
	size.rows = w.ws_row ? MIN(w.ws_row, (unsigned)SIZE_MAX_CELLS) : cells_of("LINES", 24);
	return size;
}

static void on_size_change(int sig UNUSED)
{
	size_changed = 1;
}

void term_watch_size(void)
{
	struct sigaction act = { .sa_handler = on_size_change, .sa_flags = SA_RESTART };

	sigemptyset(&act.sa_mask);
	sigaction(SIGWINCH, &act, NULL);
}

bool term_size_changed(void)
{
	bool was = size_changed != 0;

	size_changed = 0;
	return was;
}

int term_write(int fd, str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n >= 0) {
			s = str_from(s, (size_t)n);
		} else if (errno == EAGAIN) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			if (poll(&p, 1, -1) < 0 && errno != EINTR)
				return -1;
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}
