#include "local/log_errors.h"

#include "fmt/ansi.h"
#include "local/view_feed.h"
#include "local/view_text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
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

struct raw_line {
	uint64_t line;
	size_t n;
	char text[TEXT_MAX];
};

#define LAST_RAW 16 /* some of them may turn out to be empty */

struct search {
	struct arena *arena;
	struct log_errors *found;
	struct raw_line last[LAST_RAW]; /* a ring; cleaned only if it is needed */
	size_t nr_last;
	enum place place;
	uint64_t line;
	uint64_t pairs[65536 / 64]; /* the first two bytes of the signs, in either case */
	struct buf scratch, clean, lower;
};

static unsigned pair_at(const char *p)
{
	return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

static void learn_pairs(struct search *s)
{
	for (size_t i = 0; i < COUNT(signs); i++)
		for (int upper = 0; upper < 4; upper++) {
			char p[2] = { signs[i].p[0], signs[i].p[1] };
			unsigned pair;

			if (upper & 1)
				p[0] = (char)toupper((unsigned char)p[0]);
			if (upper & 2)
				p[1] = (char)toupper((unsigned char)p[1]);
			pair = pair_at(p);
			s->pairs[pair / 64] |= (uint64_t)1 << pair % 64;
		}
}

/* One pass whatever the number of signs: most places are ruled out by their two bytes. */
static bool has_sign(const struct search *s, str text)
{
	for (size_t i = 0; i + 1 < text.n; i++) {
		unsigned pair = pair_at(text.p + i);

		if (!(s->pairs[pair / 64] >> pair % 64 & 1))
			continue;
		for (size_t k = 0; k < COUNT(signs); k++)
			if (str_eq_nocase(str_sub(text, i, signs[k].n), signs[k]))
				return true;
	}
	return false;
}

static bool is_harmless(struct search *s, str text)
{
	buf_clear(&s->lower);
	for (size_t i = 0; i < text.n; i++)
		buf_addc(&s->lower, (char)tolower((unsigned char)text.p[i]));
	for (size_t i = 0; i < COUNT(harmless); i++)
		if (str_find(buf_str(&s->lower), harmless[i], 0) >= 0)
			return true;
	return false;
}

static bool looks_like_error(struct search *s, str text)
{
	if (str_starts_with(text, STR("$ ")))
		return false; /* a command, as it is shown before it runs */
	if (str_starts_with(text, STR("E  ")))
		return true; /* pytest */
	return has_sign(s, text) && !is_harmless(s, text);
}

static bool is_marker(str line, str what)
{
	ssize_t at = str_find(line, what, 0);
	ssize_t name = at < 0 ? -1 : str_find(line, STR(":step_script\r"), (size_t)at);

	return name >= 0;
}

static void follow_markers(struct search *s, str line)
{
	if (s->place == IN_SCRIPT && is_marker(line, STR("section_end:")))
		s->place = BEHIND_SCRIPT;
	if (s->place == BEFORE_SCRIPT && is_marker(line, STR("section_start:"))) {
		s->place = IN_SCRIPT;
		s->found->nr = 0;
		s->nr_last = 0;
	}
}

/* What a reader sees of a line; empty when that is nothing.  Points into the search. */
static str cleaned(struct search *s, str line)
{
	if (!view_clean_line(&line, &s->scratch))
		return STR("");
	buf_clear(&s->clean);
	ansi_sanitize(&s->clean, str_sub(line, 0, TEXT_MAX), 0);
	return str_trim_end(buf_str(&s->clean));
}

static void keep(struct search *s, uint64_t line, str text)
{
	s->found->at[s->found->nr++] =
		(struct log_error){ .line = line, .text = arena_str(s->arena, text) };
}

static void take_line(struct search *s, str line)
{
	if (str_index(line, '\r') >= 0)
		follow_markers(s, line);
	if (s->place == BEHIND_SCRIPT)
		return;
	if (s->found->nr < LOG_ERRORS_MAX &&
	    (str_starts_with(line, STR("\033")) || str_starts_with(line, STR("E")) ||
	     has_sign(s, line))) {
		str text = cleaned(s, line);

		if (looks_like_error(s, text))
			keep(s, s->line, text);
	}
	if (s->found->nr == 0 && line.n) {
		struct raw_line *raw = &s->last[s->nr_last++ % LAST_RAW];

		raw->line = s->line;
		raw->n = MIN(line.n, sizeof(raw->text));
		memcpy(raw->text, line.p, raw->n);
	}
}

/* The last lines that show something, in their order. */
static void keep_last(struct search *s)
{
	size_t oldest = s->nr_last - MIN(s->nr_last, (size_t)LAST_RAW);
	size_t from = s->nr_last, nr = 0;

	while (from > oldest && nr < LOG_ERRORS_LAST) {
		const struct raw_line *raw = &s->last[--from % LAST_RAW];

		nr += cleaned(s, (str){ raw->text, raw->n }).n > 0;
	}
	for (; from < s->nr_last; from++) {
		const struct raw_line *raw = &s->last[from % LAST_RAW];
		str text = cleaned(s, (str){ raw->text, raw->n });

		if (text.n)
			keep(s, raw->line, text);
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
	CLEANUP(mem_free_ptr) struct search *s = mem_zalloc(1, sizeof(*s));

	s->arena = a;
	s->found = ret;
	ret->nr = 0;
	buf_init(&s->scratch, 0);
	buf_init(&s->clean, 0);
	buf_init(&s->lower, 0);
	learn_pairs(s);
	search_file(s, fd);
	if (ret->nr == 0)
		keep_last(s);
	buf_release(&s->scratch);
	buf_release(&s->clean);
	buf_release(&s->lower);
}
