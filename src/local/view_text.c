#include "local/view_text.h"

#include "fmt/ansi.h"
#include "plan/picture.h"

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
	if (r->started_us && r->finished_us >= r->started_us) {
		buf_addz(b, " in ");
		picture_add_duration(b, r->finished_us - r->started_us);
	}
	if (!r->success && r->message.n) {
		buf_addz(b, ": ");
		ansi_sanitize(b, r->message, 0);
	}
	if (r->started_us && r->coverage >= 0)
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
