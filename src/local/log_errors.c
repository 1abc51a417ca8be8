#include "local/log_errors.h"

#include "fmt/ansi.h"
#include "local/view_feed.h"
#include "local/view_text.h"

#include <ctype.h>
#include <errno.h>
#include <unistd.h>

#define TEXT_MAX 400
#define CHUNK	 ((size_t)64 << 10)

/* In lower case. */
static const str signs[] = {
	STR_INIT("error"),
	STR_INIT("fail"),
	STR_INIT("fatal"),
	STR_INIT("panic"),
	STR_INIT("exception"),
	STR_INIT("traceback"),
	STR_INIT("assert"),
	STR_INIT("not found"),
	STR_INIT("no such file"),
	STR_INIT("permission denied"),
	STR_INIT("cannot "),
	STR_INIT("undefined reference"),
	STR_INIT("segmentation fault"),
	STR_INIT("no space left"),
};

/* They hold a sign, and yet all is well. */
static const str harmless[] = {
	STR_INIT("0 error"),	STR_INIT("no error"),	STR_INIT("0 fail"),  STR_INIT("no fail"),
	STR_INIT("errors: 0"),	STR_INIT("failed: 0"),	STR_INIT("failures: 0"),
	STR_INIT("without error"), STR_INIT("error: job failed"),
};

/* Where the lines come from: phases of the job stand between markers. */
enum place { BEFORE_SCRIPT, IN_SCRIPT, BEHIND_SCRIPT };

struct search {
	struct arena *arena;
	struct log_errors *found;
	struct log_error last[LOG_ERRORS_LAST]; /* a ring */
	size_t nr_last;
	enum place place;
	uint64_t line;
	struct buf scratch, clean, lower;
};

static bool has_any(str s, const str *words, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (str_find(s, words[i], 0) >= 0)
			return true;
	return false;
}

static bool looks_like_error(struct search *s, str text)
{
	if (str_starts_with(text, STR("$ ")))
		return false; /* a command, as it is shown before it runs */
	if (str_starts_with(text, STR("E  ")))
		return true; /* pytest */
	buf_clear(&s->lower);
	for (size_t i = 0; i < text.n; i++)
		buf_addc(&s->lower, (char)tolower((unsigned char)text.p[i]));
	return has_any(buf_str(&s->lower), signs, COUNT(signs)) &&
	       !has_any(buf_str(&s->lower), harmless, COUNT(harmless));
}

static bool is_marker(str line, str what)
{
	ssize_t at = str_find(line, what, 0);
	ssize_t name = at < 0 ? -1 : str_find(line, STR(":step_script\r"), (size_t)at);

	return name >= 0;
}

static void follow_markers(struct search *s, str line)
{
	if (str_index(line, '\r') < 0)
		return;
	if (s->place == IN_SCRIPT && is_marker(line, STR("section_end:")))
		s->place = BEHIND_SCRIPT;
	if (s->place == BEFORE_SCRIPT && is_marker(line, STR("section_start:"))) {
		s->place = IN_SCRIPT;
		s->found->nr = 0;
		s->nr_last = 0;
	}
}

static void take_line(struct search *s, str line)
{
	struct log_error e = { .line = s->line };

	follow_markers(s, line);
	if (s->place == BEHIND_SCRIPT || !view_clean_line(&line, &s->scratch))
		return;
	buf_clear(&s->clean);
	ansi_sanitize(&s->clean, str_sub(line, 0, TEXT_MAX), 0);
	e.text = str_trim_end(buf_str(&s->clean));
	if (e.text.n == 0)
		return;
	if (s->found->nr < LOG_ERRORS_MAX && looks_like_error(s, e.text)) {
		e.text = arena_str(s->arena, e.text);
		s->found->at[s->found->nr++] = e;
	} else if (s->found->nr == 0) {
		e.text = arena_str(s->arena, e.text);
		s->last[s->nr_last++ % LOG_ERRORS_LAST] = e;
	}
}

/* Nothing further on could change what was found. */
static bool is_done(const struct search *s)
{
	return s->place == BEHIND_SCRIPT ||
	       (s->place == IN_SCRIPT && s->found->nr == LOG_ERRORS_MAX);
}

static void search_file(struct search *s, int fd)
{
	CLEANUP(mem_free_ptr) char *p = mem_alloc(CHUNK);
	struct feed feed;
	struct feed_piece piece;
	uint64_t total = 0;
	ssize_t n;

	feed_init(&feed);
	while (total < LOG_ERRORS_BYTES && !is_done(s)) {
		str chunk;

		n = read(fd, p, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		total += (uint64_t)n;
		chunk = (str){ p, (size_t)n };
		while (feed_next(&feed, &chunk, &piece)) {
			s->line += !piece.continues;
			if (!piece.continues)
				take_line(s, piece.text);
		}
	}
	if (feed_last(&feed, &piece) && !piece.continues) {
		s->line++;
		take_line(s, piece.text);
	}
	feed_release(&feed);
}

void log_errors_read(int fd, struct arena *a, struct log_errors *ret)
{
	struct search s = { .arena = a, .found = ret };

	ret->nr = 0;
	buf_init(&s.scratch, 0);
	buf_init(&s.clean, 0);
	buf_init(&s.lower, 0);
	search_file(&s, fd);
	if (ret->nr == 0)
		for (size_t i = s.nr_last - MIN(s.nr_last, (size_t)LOG_ERRORS_LAST); i < s.nr_last;
		     i++)
			ret->at[ret->nr++] = s.last[i % LOG_ERRORS_LAST];
	buf_release(&s.scratch);
	buf_release(&s.clean);
	buf_release(&s.lower);
}
