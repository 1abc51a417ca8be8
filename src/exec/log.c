#include "exec/log.h"

#include "os/clock.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ROOM	   ((size_t)64 << 10)
#define DIRECT_MIN ((size_t)8 << 10) /* pieces from this size on are not copied */

struct log {
	struct log_spec spec;
	struct mask_stream *stream;
	const char *section; /* open, or NULL */
	bool to_file_only;
	bool mid_line; /* the last byte given was not a line end */
	int write_errno;
	uint64_t bytes, lines;
	uint64_t now_us; /* of the bytes on their way; one reading for all of them */
	size_t n;
	char at[ROOM];
};

/* --- the lower end: file and sink --- */

static void write_file(struct log *l, str bytes)
{
	while (bytes.n && l->write_errno == 0) {
		ssize_t n = write(l->spec.fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			l->write_errno = errno;
			break;
		}
		l->bytes += (uint64_t)n;
		bytes = str_from(bytes, (size_t)n);
	}
}

static void deliver(struct log *l, str bytes)
{
	write_file(l, bytes);
	if (!l->to_file_only && l->spec.sink.output)
		l->spec.sink.output(l->spec.sink.ctx, bytes);
}

static void flush(struct log *l)
{
	if (l->n)
		deliver(l, (str){ l->at, l->n });
	l->n = 0;
}

static void add(struct log *l, str bytes)
{
	if (bytes.n >= DIRECT_MIN || bytes.n > ROOM - l->n)
		flush(l);
	if (bytes.n >= DIRECT_MIN) {
		deliver(l, bytes);
		return;
	}
	memcpy(l->at + l->n, bytes.p, bytes.n);
	l->n += bytes.n;
}

/* Sixteen bytes at a time: each lane counts its own, at most 255 before it is read. */
static uint64_t count_line_ends(str s)
{
	typedef unsigned char lanes __attribute__((vector_size(16)));
	const lanes newline = { '\n', '\n', '\n', '\n', '\n', '\n', '\n', '\n',
				'\n', '\n', '\n', '\n', '\n', '\n', '\n', '\n' };
	uint64_t nr = 0;
	size_t i = 0;

	while (i + sizeof(lanes) <= s.n) {
		lanes count = { 0 };

		for (int k = 0; k < 255 && i + sizeof(lanes) <= s.n; k++, i += sizeof(lanes)) {
			lanes v;

			memcpy(&v, s.p + i, sizeof(v));
			count -= (lanes)(v == newline);
		}
		for (size_t k = 0; k < sizeof(lanes); k++)
			nr += count[k];
	}
	for (; i < s.n; i++)
		nr += s.p[i] == '\n';
	return nr;
}

static void add_time(struct log *l)
{
	char text[CLOCK_ISO_MAX + 8];
	size_t n = clock_iso8601(text, l->now_us, 6);

	memcpy(text + n, " 00O ", 5);
	add(l, (str){ text, n + 5 });
}

static void add_with_times(struct log *l, str bytes)
{
	while (bytes.n) {
		ssize_t end = str_index(bytes, '\n');
		size_t n = end < 0 ? bytes.n : (size_t)end + 1;

		if (!l->mid_line)
			add_time(l);
		add(l, str_sub(bytes, 0, n));
		l->mid_line = end < 0;
		bytes = str_from(bytes, n);
	}
}

/* What comes out of the mask. */
static void masked(void *ctx, str bytes)
{
	struct log *l = ctx;

	if (bytes.n == 0)
		return;
	l->lines += count_line_ends(bytes);
	if (l->spec.coverage && !l->to_file_only)
		coverage_feed(l->spec.coverage, bytes);
	if (l->spec.timestamps) {
		add_with_times(l, bytes);
		return;
	}
	add(l, bytes);
	l->mid_line = bytes.p[bytes.n - 1] != '\n';
}

/* --- the upper end --- */

struct log *log_new(const struct log_spec *spec)
{
	struct log *l = mem_alloc(sizeof(*l));

	memset(l, 0, offsetof(struct log, at));
	l->spec = *spec;
	l->stream = mask_stream_new(spec->mask, masked, l);
	return l;
}

void log_free(struct log *l)
{
	if (!l)
		return;
	mask_stream_free(l->stream);
	mem_free(l);
}

void log_output(struct log *l, str bytes)
{
	if (l->spec.timestamps)
		l->now_us = clock_wall_us();
	mask_stream_feed(l->stream, bytes);
	flush(l);
}

/* Text of ours begins at the start of a line, and ends what the job wrote before: no
 * secret stands half there and half here. */
static void ours(struct log *l, str text, bool to_file_only)
{
	if (l->spec.timestamps)
		l->now_us = clock_wall_us();
	mask_stream_flush(l->stream);
	if (l->mid_line)
		masked(l, STR("\n"));
	flush(l);
	l->to_file_only = to_file_only;
	mask_stream_feed(l->stream, text);
	mask_stream_flush(l->stream);
	flush(l);
	l->to_file_only = false;
}

void log_note(struct log *l, enum log_level level, const char *fmt, ...)
{
	static const char *const before[] = {
		[LOG_INFO] = "",
		[LOG_WARNING] = "\033[0;33mWARNING: ",
		[LOG_ERROR] = "\033[31;1mERROR: ",
	};
	CLEANUP(buf_release) struct buf b = { .max = 64 << 10 };
	va_list args;

	buf_addz(&b, before[level]);
	va_start(args, fmt);
	buf_vaddf(&b, fmt, args);
	va_end(args);
	buf_addz(&b, level == LOG_INFO ? "\n" : "\033[0;m\n");
	ours(l, buf_str(&b), false);
}

static bool is_for_all(str line)
{
	return str_starts_with(line, STR("WARNING: ")) || str_starts_with(line, STR("ERROR: "));
}

void log_detail(struct log *l, str text)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	str rest = text;

	while (rest.n) {
		str line = str_cut(&rest, '\n');

		if (is_for_all(line)) {
			ours(l, buf_str(&b), true);
			buf_clear(&b);
			buf_addf(&b, STR_FMT "\n", STR_ARG(line));
			ours(l, buf_str(&b), false);
			buf_clear(&b);
			continue;
		}
		buf_adds(&b, line);
		buf_addc(&b, '\n');
	}
	ours(l, buf_str(&b), true);
}

static void marker(struct log *l, const char *what, const char *title)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	uint64_t now_s = clock_wall_us() / 1000000;

	buf_addf(&b, "section_%s:%llu:%s\r\033[0K", what, (unsigned long long)now_s, l->section);
	if (title)
		buf_addf(&b, "\033[0K\033[36;1m%s\033[0;m\033[0;m\n", title);
	ours(l, buf_str(&b), true);
	l->mid_line = false; /* the marker takes no room on the line */
}

void log_section_start(struct log *l, const char *name, const char *title)
{
	MUST(!l->section);
	l->section = name;
	marker(l, "start", title);
	if (l->spec.sink.section)
		l->spec.sink.section(l->spec.sink.ctx, name, true);
}

void log_section_end(struct log *l)
{
	MUST(l->section);
	marker(l, "end", NULL);
	if (l->spec.sink.section)
		l->spec.sink.section(l->spec.sink.ctx, l->section, false);
	l->section = NULL;
}

void log_finish(struct log *l, bool success, str why)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	if (l->section)
		log_section_end(l);
	if (success)
		buf_addz(&b, "\033[32;1mJob succeeded\033[0;m\n");
	else
		buf_addf(&b, "\033[31;1mERROR: Job failed: " STR_FMT "\033[0;m\n", STR_ARG(why));
	ours(l, buf_str(&b), true);
}

bool log_trouble(const struct log *l, struct err *err)
{
	if (l->write_errno == 0)
		return false;
	err_sys(err, l->write_errno, "the job's log could not be written");
	return true;
}

uint64_t log_bytes(const struct log *l)
{
	return l->bytes;
}

uint64_t log_lines(const struct log *l)
{
	return l->lines;
}
