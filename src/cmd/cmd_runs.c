/* cmd_runs.c - `slipway runs`, `log` and `clean`: what earlier runs left. */
#include "cmd/options.h"

#include "fmt/ansi.h"
#include "local/record.h"
#include "local/runs.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/tree.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RUNS_SHOWN 20

static const char *status_of(const struct state *s, const struct run_record *r)
{
	if (r->finished_us)
		return job_status_name(r->status);
	return state_run_is_alive(s, r->run) ? "running" : "killed";
}

static void add_column(struct buf *b, str text, size_t cols)
{
	size_t was = b->n;

	ansi_sanitize(b, text, 0);
	for (size_t w = ansi_width(str_from(buf_str(b), was)); w < cols; w++)
		buf_addc(b, ' ');
	buf_addz(b, "  ");
}

/* What can be told of a run; ret's verdict is the reason when that is little. */
static const char *read_run(const struct state *s, uint64_t run, struct arena *a,
			    struct run_record *ret)
{
	struct err err;

	*ret = (struct run_record){
		.run = run,
		.file = str_null,
		.event = str_null,
		.ref = str_null,
		.sha = str_null,
		.verdict = str_null,
	};
	if (record_read(s, run, a, ret, &err) == 0)
		return status_of(s, ret);
	if (err.kind == ERR_NOT_FOUND)
		return status_of(s, ret);
	ret->verdict = arena_str(a, str_of(err.msg));
	return state_run_is_alive(s, run) ? "running" : "unreadable";
}

static void add_row(struct buf *b, const struct run_record *r, const char *status)
{
	char when[CLOCK_ISO_MAX] = "";

	if (r->started_us)
		clock_iso8601(when, r->started_us, 0);
	buf_addf(b, "%5llu  %-10s  %-20s  ", (unsigned long long)r->run, status, when);
	if (r->finished_us >= r->started_us && r->finished_us)
		buf_addf(b, "%8.1f s  ", (double)(r->finished_us - r->started_us) / 1e6);
	else
		buf_addz(b, "         -  ");
	add_column(b, str_is_null(r->event) ? STR("-") : r->event, 13);
	ansi_sanitize(b, str_is_null(r->ref) ? STR("-") : r->ref, 0);
	buf_addz(b, "  ");
	ansi_sanitize(b, str_is_null(r->verdict) ? STR("") : r->verdict, 0);
	buf_addc(b, '\n');
}

int cmd_runs(const struct cmd_call *call, struct err *err)
{
	const struct runs_options *o = call->options;
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct state s = STATE_NONE;
	uint64_t *runs, limit = o->limit ? o->limit : RUNS_SHOWN;
	size_t nr, shown = 0;
	int code;

	if (runs_open(call->arena, &s, err) < 0)
		return -1;
	state_runs(&s, call->arena, &runs, &nr);
	buf_addz(&b,
		 o->json ? "["
			 : "  run  status      started               duration    event          "
			   "ref  verdict\n");
	while (nr-- > 0 && shown < limit) {
		struct run_record r;
		const char *status = read_run(&s, runs[nr], call->arena, &r);

		if (o->json) {
			buf_addz(&b, shown ? ",\n" : "\n");
			record_add_json(&b, &r, status);
		} else {
			add_row(&b, &r, status);
		}
		shown++;
	}
	if (o->json)
		buf_addz(&b, "]\n");
	code = cmd_print(buf_str(&b), err);
	state_close(&s);
	return code;
}

/* A log may be larger than memory: it goes through in pieces, cut at line ends. */
static int print_log(int fd, bool raw, struct err *err)
{
	CLEANUP(buf_release) struct buf in = { .max = (size_t)1 << 20 };
	CLEANUP(buf_release) struct buf out = BUF_INIT;
	ssize_t n = 1;

	while (n > 0) {
		char *room = buf_room(&in, 64 << 10);
		size_t cut;

		MUST(room);
		n = read(fd, room, 64 << 10);
		if (n < 0)
			return err_set(err, ERR_IO, "the log cannot be read");
		buf_added(&in, (size_t)n);
		cut = (size_t)(str_rindex(buf_str(&in), '\n') + 1);
		if (n == 0 || (cut == 0 && in.n > ((size_t)512 << 10)))
			cut = in.n;
		buf_clear(&out);
		if (raw)
			buf_add(&out, in.p, cut);
		else
			ansi_sanitize(&out, (str){ in.p, cut }, ANSI_SGR | ANSI_TAB | ANSI_LINES);
		buf_drop(&in, cut);
		if (cmd_print(buf_str(&out), err) < 0)
			return -1;
	}
	return 0;
}

int cmd_log(const struct cmd_call *call, struct err *err)
{
	const struct log_options *o = call->options;
	struct state s = STATE_NONE;
	struct run_record r;
	struct job_record job;
	int fd = -1, code = -1;
	str path;

	if (runs_open(call->arena, &s, err) < 0)
		return -1;
	if (runs_read(&s, o->run, call->arena, &r, err) < 0 ||
	    runs_find_job(&r, o->job, call->arena, &job, err) < 0)
		goto out;
	if (str_is_null(job.log)) {
		err_set(err, ERR_NOT_FOUND, "job \"" STR_FMT "\" of run %llu has no log: it is %s",
			STR_ARG(job.name), (unsigned long long)r.run, job_status_name(job.status));
		goto out;
	}
	path = arena_printf(call->arena, "runs/%llu/" STR_FMT, (unsigned long long)r.run,
			    STR_ARG(job.log));
	if (o->path) {
		code = cmd_print(
			arena_printf(call->arena, "%s/" STR_FMT "\n", s.dir, STR_ARG(path)), err);
		goto out;
	}
	fd = file_open_beneath_no_links(s.fd, path.p, O_RDONLY, 0, err);
	if (fd >= 0)
		code = print_log(fd, !term_is_tty(STDOUT_FILENO), err);
	fd_close(&fd);
out:
	state_close(&s);
	return code;
}

static int clean_cache(const struct clean_options *o, struct state *s, struct err *err)
{
	if (!o->cache)
		return 0;
	if (cmd_print(o->dry_run ? STR("would remove the caches\n") : STR("removing the caches\n"),
		      err) < 0)
		return -1;
	if (o->dry_run)
		return 0;
	return tree_remove(s->fd, "cache", err);
}

int cmd_clean(const struct cmd_call *call, struct err *err)
{
	const struct clean_options *o = call->options;
	struct state s = STATE_NONE;
	size_t nr, removed = 0, alive = 0;
	uint64_t *runs;
	int code = -1;

	if (runs_open(call->arena, &s, err) < 0)
		return -1;
	state_runs(&s, call->arena, &runs, &nr);
	for (size_t i = 0; i + o->keep < nr; i++) {
		if (state_run_is_alive(&s, runs[i])) {
			alive++;
			continue;
		}
		if (!o->dry_run && state_remove_run(&s, runs[i], err) < 0)
			goto out;
		removed++;
	}
	if (cmd_print(arena_printf(call->arena, "%s %zu of %zu runs%s\n",
				   o->dry_run ? "would remove" : "removed", removed, nr,
				   alive ? " (those that go on stay)" : ""),
		      err) == 0)
		code = clean_cache(o, &s, err);
out:
	state_close(&s);
	return code;
}
