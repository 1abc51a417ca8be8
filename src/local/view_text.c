#include "local/view_text.h"

#include "fmt/ansi.h"

static const struct {
	const char *sign, *plain, *sgr;
} looks[ST_NR] = {
	[ST_CREATED] = { "\xe2\x97\x8b", ".", SGR_DIM },
	[ST_WAITING_FOR_RESOURCE] = { "\xe2\x8f\xb8", "|", SGR_YELLOW },
	[ST_PREPARING] = { "\xe2\x97\x8f", "*", SGR_BLUE },
	[ST_PENDING] = { "\xe2\x97\x8b", ".", SGR_DIM },
	[ST_RUNNING] = { "\xe2\x97\x8f", "*", SGR_BLUE },
	[ST_SUCCESS] = { "\xe2\x9c\x93", "+", SGR_GREEN },
	[ST_FAILED] = { "\xe2\x9c\x97", "x", SGR_RED },
	[ST_CANCELED] = { "\xe2\x9c\x97", "x", SGR_YELLOW },
	[ST_SKIPPED] = { "\xe2\x97\x8b", "-", SGR_DIM },
	[ST_MANUAL] = { "\xe2\x96\xb6", ">", SGR_CYAN },
	[ST_SCHEDULED] = { "\xe2\x8f\xb8", "|", SGR_CYAN },
};

const char *view_sign(enum job_status s, bool utf8)
{
	MUST(s < ST_NR);
	return utf8 ? looks[s].sign : looks[s].plain;
}

const char *view_sgr(enum job_status s, bool allow_failure)
{
	MUST(s < ST_NR);
	return s == ST_FAILED && allow_failure ? SGR_YELLOW : looks[s].sgr;
}

void view_add_duration(struct buf *b, uint64_t us)
{
	uint64_t s = (us + 500000) / 1000000;

	if (us < 999500)
		buf_addf(b, "%u ms", (unsigned)((us + 500) / 1000));
	else if (us < 59950000)
		buf_addf(b, "%u.%u s", (unsigned)((us + 50000) / 1000000),
			 (unsigned)((us + 50000) / 100000 % 10));
	else if (s < 3600)
		buf_addf(b, "%u min %02u s", (unsigned)(s / 60), (unsigned)(s % 60));
	else
		buf_addf(b, "%llu h %02u min", (unsigned long long)(s / 3600),
			 (unsigned)(s / 60 % 60));
}

void view_add_size(struct buf *b, uint64_t bytes)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	double n = (double)bytes;
	size_t unit = 0;

	if (bytes < 1000) {
		buf_addf(b, "%u B", (unsigned)bytes);
		return;
	}
	for (n /= 1000; n >= 999.95; n /= 1000)
		unit++;
	buf_addf(b, "%.1f %s", n, units[unit]);
}

void view_add_job(struct buf *b, const struct run_event *e)
{
	if (e->pipeline_path.n) {
		ansi_sanitize(b, e->pipeline_path, 0);
		if (!str_ends_with(e->pipeline_path, STR("/")))
			buf_addc(b, '/');
	}
	ansi_sanitize(b, e->job->name, 0);
}

void view_add_outcome(struct buf *b, const struct run_event *e)
{
	const struct exec_result *r = e->result;

	buf_addz(b, job_status_name(e->status));
	if (e->status == ST_FAILED && e->allow_failure)
		buf_addz(b, " (allowed)");
	if (!r)
		return;
	buf_addz(b, " in ");
	view_add_duration(b, r->finished_us > r->started_us ? r->finished_us - r->started_us : 0);
	if (!r->success && r->message.n) {
		buf_addz(b, ": ");
		ansi_sanitize(b, r->message, 0);
	}
	if (r->coverage >= 0)
		buf_addf(b, ", coverage %.1f %%", r->coverage);
	if (e->status == ST_FAILED && e->log_path.n) {
		buf_addz(b, " (log: ");
		ansi_sanitize(b, e->log_path, 0);
		buf_addc(b, ')');
	}
}

/* Length of "section_start:1700000000:name[options]\r\e[0K" at the beginning, or 0. */
static size_t marker_length(str s)
{
	static const str tail = STR_INIT("\r\033[0K");
	ssize_t end;

	if (!str_starts_with(s, STR("section_start:")) && !str_starts_with(s, STR("section_end:")))
		return 0;
	end = str_index(s, '\r');
	if (end < 0)
		return 0;
	return (size_t)end + (str_starts_with(str_from(s, (size_t)end), tail) ? tail.n : 1);
}

/* Markers may stand anywhere in a line: the runner's own begin it, a script may print
 * them behind other text. */
static bool drop_markers(str *line, struct buf *scratch)
{
	static const str erase = STR_INIT("\033[0K"), word = STR_INIT("section_");
	bool dropped = false;
	size_t at = 0;

	buf_clear(scratch);
	for (ssize_t i; (i = str_find(*line, word, at)) >= 0;) {
		size_t n = marker_length(str_from(*line, (size_t)i));
		str before = str_sub(*line, at, (size_t)i - at);

		if (n && str_ends_with(before, erase))
			before.n -= erase.n;
		buf_adds(scratch, before);
		if (n == 0)
			buf_adds(scratch, word);
		dropped |= n > 0;
		at = (size_t)i + (n ? n : word.n);
	}
	if (dropped) {
		buf_adds(scratch, str_from(*line, at));
		*line = buf_str(scratch);
	}
	return dropped;
}

bool view_clean_line(str *line, struct buf *scratch)
{
	bool dropped;
	ssize_t at;

	if (str_index(*line, '\r') < 0)
		return true;
	dropped = drop_markers(line, scratch);
	while (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	at = str_rindex(*line, '\r');
	if (at >= 0)
		*line = str_from(*line, (size_t)at + 1);
	return line->n || !dropped;
}
