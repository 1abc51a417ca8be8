/* view_json.c - one event a line; the schema is docs/events-json.md. */
#include "local/view.h"

#include "local/view_feed.h"
#include "local/view_jobs.h"
#include "local/view_out.h"
#include "os/clock.h"

struct json_job {
	struct feed feed;
};

struct json {
	struct view view;
	struct out out;
	struct view_jobs jobs;
	struct buf line, head;
};

/* How many bytes at i are one valid character of several bytes, or 0. */
static size_t wide_char(str s, size_t i)
{
	for (size_t n = 2; n <= 4 && i + n <= s.n; n++)
		if (str_is_utf8(str_sub(s, i, n)))
			return n;
	return 0;
}

static void add_escape(struct buf *b, unsigned char c)
{
	if (c == '"' || c == '\\')
		buf_addf(b, "\\%c", c);
	else if (c == '\n')
		buf_addz(b, "\\n");
	else if (c == '\t')
		buf_addz(b, "\\t");
	else
		buf_addf(b, "\\u%04x", c);
}

static bool is_simple(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* A string of valid UTF-8; bytes that are none become U+FFFD.  Controls of both sets are
 * escaped, so that a line of JSON is harmless in a terminal too. */
static void add_string(struct buf *b, str s)
{
	size_t i = 0;

	buf_addc(b, '"');
	while (i < s.n) {
		size_t from = i, n;

		while (i < s.n && is_simple((unsigned char)s.p[i]))
			i++;
		buf_add(b, s.p + from, i - from);
		if (i == s.n)
			break;
		if ((unsigned char)s.p[i] < 0x80) {
			add_escape(b, (unsigned char)s.p[i++]);
			continue;
		}
		n = wide_char(s, i);
		if (n == 0)
			buf_addz(b, "\xef\xbf\xbd");
		else if (n == 2 && s.p[i] == '\xc2' && (unsigned char)s.p[i + 1] < 0xa0)
			add_escape(b, (unsigned char)s.p[i + 1]);
		else
			buf_add(b, s.p + i, n);
		i += n ? n : 1;
	}
	buf_addc(b, '"');
}

static void add_text(struct buf *b, const char *key, str value)
{
	buf_addf(b, ",\"%s\":", key);
	add_string(b, value);
}

static void add_number(struct buf *b, const char *key, uint64_t value)
{
	buf_addf(b, ",\"%s\":%llu", key, (unsigned long long)value);
}

static void add_bool(struct buf *b, const char *key, bool value)
{
	buf_addf(b, ",\"%s\":%s", key, value ? "true" : "false");
}

/* {"event":"…","time":"…","run":1 and, when it is about a job, which one. */
static void begin(struct buf *b, const char *name, const struct run_event *e)
{
	buf_clear(b);
	buf_addf(b, "{\"event\":\"%s\",\"time\":\"", name);
	clock_add_iso8601(b, e->time_us, 6);
	buf_addc(b, '"');
	add_number(b, "run", e->run);
	if (e->pipeline_path.n)
		add_text(b, "pipeline", e->pipeline_path);
	if (!e->job)
		return;
	add_text(b, "job", e->job->name);
	add_number(b, "attempt", MAX(e->attempt, 1u));
}

static void end(struct json *j, struct buf *b)
{
	buf_addz(b, "}\n");
	out_add(&j->out, b->p, b->n);
}

static void add_line(struct json *j, struct feed_piece piece)
{
	buf_clear(&j->line);
	buf_adds(&j->line, buf_str(&j->head));
	if (piece.continues)
		add_bool(&j->line, "continues", true);
	add_text(&j->line, "text", piece.text);
	end(j, &j->line);
}

static struct feed *feed_of(struct json *j, const struct run_event *e)
{
	bool is_new;
	struct json_job *job = view_jobs_get(&j->jobs, e->job, sizeof(*job), &is_new);

	if (is_new)
		feed_init(&job->feed);
	return &job->feed;
}

static void on_output(struct json *j, const struct run_event *e)
{
	struct feed *feed = feed_of(j, e);
	struct feed_piece piece;
	str chunk = e->text;

	begin(&j->head, "output", e);
	while (feed_next(feed, &chunk, &piece))
		add_line(j, piece);
}

static void add_result(struct buf *b, const struct exec_result *r)
{
	add_text(b, "reason", str_of(failure_reason_name(r->reason)));
	buf_addf(b, ",\"exit_code\":%d", r->exit_code);
	if (r->message.n)
		add_text(b, "message", r->message);
	add_number(b, "started_us", r->started_us);
	add_number(b, "finished_us", r->finished_us);
	if (r->coverage >= 0)
		buf_addf(b, ",\"coverage\":%.4g", r->coverage);
	add_number(b, "cpu_user_us", r->usage.cpu_user_us);
	add_number(b, "cpu_system_us", r->usage.cpu_system_us);
	add_number(b, "max_rss_kb", r->usage.max_rss_kb);
	add_number(b, "read_bytes", r->usage.read_bytes);
	add_number(b, "written_bytes", r->usage.written_bytes);
	add_number(b, "log_bytes", r->log_bytes);
	add_number(b, "log_lines", r->log_lines);
	add_bool(b, "artifacts", r->has_archive);
	buf_addz(b, ",\"reports\":[");
	for (size_t i = 0; i < r->reports.nr; i++) {
		if (i)
			buf_addc(b, ',');
		add_string(b, r->reports.at[i]);
	}
	buf_addc(b, ']');
}

static void on_finished(struct json *j, const struct run_event *e)
{
	struct feed *feed = feed_of(j, e);
	struct feed_piece piece;

	begin(&j->head, "output", e);
	if (feed_last(feed, &piece))
		add_line(j, piece);
	feed_release(feed);
	begin(&j->line, "job_finished", e);
	add_text(&j->line, "status", str_of(job_status_name(e->status)));
	add_bool(&j->line, "allow_failure", e->allow_failure);
	if (e->log_path.n)
		add_text(&j->line, "log", e->log_path);
	if (e->result)
		add_result(&j->line, e->result);
	end(j, &j->line);
}

static void on_status(struct json *j, const struct run_event *e)
{
	struct buf *b = &j->line;

	begin(b, "job_status", e);
	add_text(b, "stage", e->job->spec.stage);
	add_text(b, "status", str_of(job_status_name(e->status)));
	if (e->expected_us)
		add_number(b, "expected_us", e->expected_us);
	end(j, b);
}

static void json_event(struct view *v, const struct run_event *e)
{
	struct json *j = (struct json *)v;
	struct buf *b = &j->line;

	switch (e->type) {
	case EV_RUN_STARTED:
		begin(b, "run_started", e);
		add_number(b, "jobs", e->pipeline ? e->pipeline->nr_included : 0);
		if (e->expected_us)
			add_number(b, "expected_us", e->expected_us);
		add_text(b, "message", e->message);
		end(j, b);
		break;
	case EV_NOTE:
		begin(b, "note", e);
		add_text(b, "message", e->message);
		end(j, b);
		break;
	case EV_JOB_STATUS:
		on_status(j, e);
		break;
	case EV_JOB_SECTION:
		begin(b, "section", e);
		add_text(b, "section", str_of(e->section));
		add_bool(b, "start", e->start);
		end(j, b);
		break;
	case EV_JOB_OUTPUT:
		on_output(j, e);
		break;
	case EV_JOB_FINISHED:
		on_finished(j, e);
		break;
	case EV_RUN_FINISHED:
		begin(b, "run_finished", e);
		add_text(b, "status", str_of(job_status_name(e->status)));
		add_bool(b, "warnings", e->warnings);
		add_text(b, "message", e->message);
		end(j, b);
		out_flush(&j->out);
		break;
	}
}

static void json_tick(struct view *v, uint64_t now_us UNUSED)
{
	out_flush(&((struct json *)v)->out);
}

static void json_free(struct view *v)
{
	struct json *j = (struct json *)v;

	out_flush(&j->out);
	out_release(&j->out);
	for (size_t i = 0; i < j->jobs.map.nr; i++)
		feed_release(&((struct json_job *)j->jobs.map.at[i].value)->feed);
	view_jobs_release(&j->jobs);
	buf_release(&j->line);
	buf_release(&j->head);
	mem_free(j);
}

struct view *view_json_new(const struct view_config *c)
{
	struct json *j = mem_zalloc(1, sizeof(*j));

	j->view = (struct view){ .event = json_event, .tick = json_tick, .free = json_free };
	out_init(&j->out, c->fd, &j->view.failed);
	view_jobs_init(&j->jobs);
	buf_init(&j->line, 0);
	buf_init(&j->head, 0);
	return &j->view;
}
