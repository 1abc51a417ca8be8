#include "local/record.h"

#include "fmt/json.h"
#include "os/file.h"

#include <stdio.h>
#include <string.h>

#define RECORD_MAX ((size_t)64 << 20)
#define RECORD_VERSION 1

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *job_json(const struct job_record *j)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_text(j->name));
	json_object_set_new(o, "stage", json_text(j->stage));
	json_object_set_new(o, "pipeline", json_text(j->pipeline_path));
	json_object_set_new(o, "attempt", number(j->attempt));
	json_object_set_new(o, "retried", json_boolean(j->retried));
	json_object_set_new(o, "status", json_string(job_status_name(j->status)));
	json_object_set_new(o, "allow_failure", json_boolean(j->allow_failure));
	json_object_set_new(o, "failure_reason",
			    j->reason == FAIL_NONE ? json_null()
						   : json_string(failure_reason_name(j->reason)));
	json_object_set_new(o, "exit_code", json_integer(j->exit_code));
	json_object_set_new(o, "message", json_text(j->message));
	json_object_set_new(o, "coverage", j->coverage >= 0 ? json_real(j->coverage) : json_null());
	json_object_set_new(o, "created_us", number(j->created_us));
	json_object_set_new(o, "ready_us", number(j->ready_us));
	json_object_set_new(o, "started_us", number(j->started_us));
	json_object_set_new(o, "finished_us", number(j->finished_us));
	json_object_set_new(o, "cpu_user_us", number(j->usage.cpu_user_us));
	json_object_set_new(o, "cpu_system_us", number(j->usage.cpu_system_us));
	json_object_set_new(o, "max_rss_kb", number(j->usage.max_rss_kb));
	json_object_set_new(o, "read_bytes", number(j->usage.read_bytes));
	json_object_set_new(o, "written_bytes", number(j->usage.written_bytes));
	json_object_set_new(o, "log", json_text(j->log));
	json_object_set_new(o, "out", json_text(j->out));
	json_object_set_new(o, "artifacts", json_boolean(j->has_archive));
	json_object_set_new(o, "dotenv", json_boolean(j->has_dotenv));
	json_object_set_new(o, "reports", json_texts(&j->reports));
	json_object_set_new(o, "environment", json_text(j->environment));
	json_object_set_new(o, "environment_url", json_text(j->environment_url));
	return o;
}

static json_t *run_json(const struct run_record *r, const char *status)
{
	json_t *o = json_object(), *jobs = json_array();

	json_object_set_new(o, "version", json_integer(RECORD_VERSION));
	json_object_set_new(o, "run", number(r->run));
	json_object_set_new(o, "file", json_text(r->file));
	json_object_set_new(o, "event", json_text(r->event));
	json_object_set_new(o, "ref", json_text(r->ref));
	json_object_set_new(o, "sha", json_text(r->sha));
	json_object_set_new(o, "status", json_string(status));
	json_object_set_new(o, "warnings", json_boolean(r->warnings));
	json_object_set_new(o, "verdict", json_text(r->verdict));
	json_object_set_new(o, "started_us", number(r->started_us));
	json_object_set_new(o, "finished_us", number(r->finished_us));
	for (size_t i = 0; i < r->jobs.nr; i++)
		json_array_append_new(jobs, job_json(&r->jobs.at[i]));
	json_object_set_new(o, "jobs", jobs);
	return o;
}

void record_add_json(struct buf *b, const struct run_record *r, const char *status)
{
	json_t *o = run_json(r, status);

	json_add(b, o, 1);
	json_decref(o);
}

static void record_path(uint64_t run, char ret[64])
{
	snprintf(ret, 64, "runs/%llu/run.json", (unsigned long long)run);
}

int record_write(const struct state *s, const struct run_record *r, struct err *err)
{
	CLEANUP(buf_release) struct buf b = { .max = RECORD_MAX };
	char path[64];

	record_add_json(&b, r, job_status_name(r->status));
	if (b.full)
		return err_set(err, ERR_LIMIT, "the record of the run is larger than %zu MB",
			       RECORD_MAX >> 20);
	record_path(r->run, path);
	return file_write_atomic(s->fd, path, buf_str(&b), 0644, err);
}

/* --- reading: a file of ours, but somebody may have touched it --- */

static str get_text(struct arena *a, const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_string(v))
		return str_null;
	return arena_str(a, (str){ json_string_value(v), json_string_length(v) });
}

/* A place beneath the run's directory, or str_null: it is opened, so nothing else will do. */
static str get_place(struct arena *a, const json_t *o, const char *key)
{
	str path = get_text(a, o, key);

	if (str_is_null(path) || memchr(path.p, '\0', path.n) ||
	    !str_starts_with(path, STR("jobs/")))
		return str_null;
	for (str rest = path; !str_is_null(rest);)
		if (str_eq(str_cut(&rest, '/'), STR("..")))
			return str_null;
	return path;
}

static uint64_t get_number(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (uint64_t)n : 0;
}

static bool get_bool(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static enum job_status get_status(const json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "status"));

	for (int i = 0; name && i < ST_NR; i++)
		if (str_eq(str_of(name), str_of(job_status_name((enum job_status)i))))
			return (enum job_status)i;
	return ST_CREATED;
}

static void read_job(struct arena *a, const json_t *o, struct job_record *j)
{
	const json_t *coverage = json_object_get(o, "coverage"), *report;
	str reason = get_text(a, o, "failure_reason");
	size_t i;

	j->name = get_text(a, o, "name");
	j->stage = get_text(a, o, "stage");
	j->pipeline_path = get_text(a, o, "pipeline");
	j->attempt = (unsigned)get_number(o, "attempt");
	j->retried = get_bool(o, "retried");
	j->status = get_status(o);
	j->allow_failure = get_bool(o, "allow_failure");
	if (str_is_null(reason) || !failure_reason_parse(reason, &j->reason))
		j->reason = FAIL_NONE;
	j->exit_code = (int)get_number(o, "exit_code");
	j->message = get_text(a, o, "message");
	j->coverage = json_is_number(coverage) ? json_number_value(coverage) : -1;
	j->created_us = get_number(o, "created_us");
	j->ready_us = get_number(o, "ready_us");
	j->started_us = get_number(o, "started_us");
	j->finished_us = get_number(o, "finished_us");
	j->usage.cpu_user_us = get_number(o, "cpu_user_us");
	j->usage.cpu_system_us = get_number(o, "cpu_system_us");
	j->usage.max_rss_kb = get_number(o, "max_rss_kb");
	j->usage.read_bytes = get_number(o, "read_bytes");
	j->usage.written_bytes = get_number(o, "written_bytes");
	j->log = get_place(a, o, "log");
	j->out = get_place(a, o, "out");
	j->has_archive = get_bool(o, "artifacts");
	j->has_dotenv = get_bool(o, "dotenv");
	j->environment = get_text(a, o, "environment");
	j->environment_url = get_text(a, o, "environment_url");
	json_array_foreach(json_object_get(o, "reports"), i, report) if (json_is_string(report))
		vec_add(a, &j->reports, arena_str(a, str_of(json_string_value(report))));
}

int record_read(const struct state *s, uint64_t run, struct arena *a, struct run_record *ret,
		struct err *err)
{
	CLEANUP(buf_release) struct buf b = { .max = RECORD_MAX };
	struct run_record r = { .run = run };
	json_error_t wrong;
	json_t *o, *job;
	char path[64];
	size_t i;

	record_path(run, path);
	if (file_read(s->fd, path, RECORD_MAX, &b, err) < 0)
		return -1;
	o = json_loadb(b.p ? b.p : "", b.n, JSON_REJECT_DUPLICATES, &wrong);
	if (o && !json_is_object(o)) {
		json_decref(o);
		return err_set(err, ERR_INVALID, "%s/%s is no record of a run", s->dir, path);
	}
	if (!o) {
		return err_set(err, ERR_INVALID, "%s/%s:%d: %s", s->dir, path, wrong.line,
			       wrong.text);
	}
	r.file = get_text(a, o, "file");
	r.event = get_text(a, o, "event");
	r.ref = get_text(a, o, "ref");
	r.sha = get_text(a, o, "sha");
	r.verdict = get_text(a, o, "verdict");
	r.started_us = get_number(o, "started_us");
	r.finished_us = get_number(o, "finished_us");
	r.status = get_status(o);
	r.warnings = get_bool(o, "warnings");
	json_array_foreach(json_object_get(o, "jobs"), i, job)
	{
		struct job_record j = { 0 };

		read_job(a, job, &j);
		if (!str_is_null(j.name) && !str_is_null(j.pipeline_path))
			vec_add(a, &r.jobs, j);
	}
	json_decref(o);
	*ret = r;
	return 0;
}

bool record_find_success(const struct state *s, struct arena *a, struct record_search *search)
{
	unsigned back = search->back;
	uint64_t *runs;
	size_t nr;

	state_runs(s, a, &runs, &nr);
	while (nr-- > 0 && back > 0) {
		struct run_record r;
		struct err err;

		if (runs[nr] >= search->before || record_read(s, runs[nr], a, &r, &err) < 0)
			continue;
		back--;
		for (size_t i = 0; i < r.jobs.nr; i++)
			if (str_eq(r.jobs.at[i].name, search->job) &&
			    r.jobs.at[i].status == ST_SUCCESS) {
				search->run = runs[nr];
				search->record = r.jobs.at[i];
				return true;
			}
	}
	return false;
}
