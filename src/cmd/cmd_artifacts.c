/* cmd_artifacts.c - `slipway artifacts`: what jobs of a run left, and a way to get it. */
#include "cmd/options.h"

#include "exec/archive.h"
#include "exec/artifacts.h"
#include "fmt/ansi.h"
#include "fmt/json.h"
#include "local/runs.h"
#include "os/file.h"

#include <errno.h>
#include <string.h>

/* Where what is shown goes: text, or with --json a list. */
struct listing {
	struct buf text;
	json_t *jobs;  /* NULL for text */
	json_t *files; /* of the job that is being listed */
};

static void add_file(void *ctx, str name, uint64_t size)
{
	struct listing *l = ctx;

	if (l->files) {
		json_t *o = json_object();
		json_t *path = json_text(name);

		json_object_set_new(o, "path", path ? path : json_string("(not UTF-8)"));
		json_object_set_new(o, "size", json_integer((json_int_t)size));
		json_array_append_new(l->files, o);
		return;
	}
	buf_addf(&l->text, "  %10llu  ", (unsigned long long)size);
	ansi_sanitize(&l->text, name, 0);
	buf_addc(&l->text, '\n');
}

static int open_archive(const struct state *s, uint64_t run, const struct job_record *j,
			struct arena *a, struct err *err)
{
	str path = arena_printf(a, "runs/%llu/" STR_FMT "/" ARTIFACTS_ARCHIVE,
				(unsigned long long)run, STR_ARG(j->out));

	return file_open_beneath_no_links(s->fd, path.p, O_RDONLY, 0, err);
}

static json_t *reports_json(const struct job_record *j)
{
	json_t *list = json_array();

	for (size_t i = 0; i < j->reports.nr; i++)
		json_array_append_new(list, json_text(j->reports.at[i]));
	return list;
}

static void add_text(struct listing *l, const struct job_record *j)
{
	for (size_t i = 0; i < j->reports.nr; i++) {
		buf_addz(&l->text, "      report  ");
		ansi_sanitize(&l->text, j->reports.at[i], 0);
		buf_addc(&l->text, '\n');
	}
	if (j->has_dotenv)
		buf_addz(&l->text, "      dotenv  variables for later jobs\n");
}

static void add_json(struct listing *l, const struct job_record *j, str dir)
{
	json_t *o = json_object();

	json_object_set_new(o, "job", json_text(j->name));
	json_object_set_new(o, "directory", json_text(dir));
	json_object_set_new(o, "files", TAKE(l->files));
	json_object_set_new(o, "reports", reports_json(j));
	json_object_set_new(o, "dotenv", json_boolean(j->has_dotenv));
	json_array_append_new(l->jobs, o);
}

static int show_job(struct listing *l, const struct state *s, uint64_t run,
		    const struct job_record *j, struct arena *a, struct err *err)
{
	CLEANUP(fd_close) int in = -1;

	if (l->jobs) {
		l->files = json_array();
	} else {
		ansi_sanitize(&l->text, j->name, 0);
		buf_addc(&l->text, '\n');
	}
	if (j->has_archive) {
		in = open_archive(s, run, j, a, err);
		if (in < 0 || archive_list(in, add_file, l, err) < 0)
			return err_wrap(err, "artifacts of " STR_FMT, STR_ARG(j->name));
	}
	if (l->jobs)
		add_json(l, j,
			 arena_printf(a, "%s/runs/%llu/" STR_FMT, s->dir, (unsigned long long)run,
				      STR_ARG(j->out)));
	else
		add_text(l, j);
	return 0;
}

static int extract_job(const struct state *s, uint64_t run, const struct job_record *j,
		       struct arena *a, str into, struct err *err)
{
	CLEANUP(fd_close) int in = -1;
	CLEANUP(fd_close) int root = -1;
	CLEANUP(buf_release) struct buf log = BUF_INIT;
	struct archive_stats stats;

	if (!j->has_archive)
		return 0;
	if (dir_make(AT_FDCWD, arena_cstr(a, into), 0755, err) < 0)
		return -1;
	root = dir_open(AT_FDCWD, arena_cstr(a, into), err);
	if (root < 0)
		return -1;
	in = open_archive(s, run, j, a, err);
	if (in < 0 ||
	    archive_extract(in, root, &(struct archive_options){ .log = &log }, &stats, err) < 0)
		return err_wrap(err, "artifacts of " STR_FMT, STR_ARG(j->name));
	return cmd_print_plain(arena_printf(a, "%s" STR_FMT ": %zu entries into " STR_FMT "\n",
					    log.p ? log.p : "", STR_ARG(j->name), stats.nr_entries,
					    STR_ARG(into)),
			       err);
}

static bool has_something(const struct job_record *j)
{
	return !j->retried && !str_is_null(j->out) &&
	       (j->has_archive || j->has_dotenv || j->reports.nr);
}

static int each_job(const struct cmd_call *call, const struct state *s, const struct run_record *r,
		    struct listing *l, struct err *err)
{
	const struct artifacts_options *o = call->options;
	struct job_record one;
	size_t shown = 0;
	int code = 0;

	if (!str_is_null(o->job) && runs_find_job(r, o->job, call->arena, &one, err) < 0)
		return -1;
	for (size_t i = 0; code == 0 && i < r->jobs.nr; i++) {
		const struct job_record *j = &r->jobs.at[i];

		if (!has_something(j) || (!str_is_null(o->job) && !str_eq(j->name, one.name)))
			continue;
		shown++;
		code = str_is_null(o->extract)
			       ? show_job(l, s, r->run, j, call->arena, err)
			       : extract_job(s, r->run, j, call->arena, o->extract, err);
	}
	if (code == 0 && shown == 0 && !l->jobs)
		return err_set(err, ERR_NOT_FOUND, "run %llu left no artifacts%s",
			       (unsigned long long)r->run,
			       str_is_null(o->job) ? "" : " of that job");
	return code;
}

static int show(const struct cmd_call *call, const struct state *s, const struct run_record *r,
		struct err *err)
{
	const struct artifacts_options *o = call->options;
	struct listing l = { .text = BUF_INIT, .jobs = o->json ? json_array() : NULL };
	int code = each_job(call, s, r, &l, err);

	if (code == 0 && l.jobs) {
		char *out = json_dumps(l.jobs, JSON_INDENT(2));

		MUST(out);
		buf_addf(&l.text, "%s\n", out);
		mem_free(out);
	}
	if (code == 0)
		code = cmd_print(buf_str(&l.text), err);
	json_decref(l.files);
	json_decref(l.jobs);
	buf_release(&l.text);
	return code;
}

int cmd_artifacts(const struct cmd_call *call, struct err *err)
{
	const struct artifacts_options *o = call->options;
	struct state s = STATE_NONE;
	struct run_record r;
	int code = -1;

	if (runs_open(call->arena, &s, err) < 0)
		return -1;
	if (runs_read(&s, o->run, call->arena, &r, err) == 0)
		code = show(call, &s, &r, err);
	state_close(&s);
	return code;
}
