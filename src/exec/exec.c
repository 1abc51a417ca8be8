#include "exec/exec_int.h"

#include "os/clock.h"
#include "os/file.h"

#include <stdarg.h>

void run_fail(struct run *r, enum failure_reason reason, const char *fmt, ...)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	va_list args;

	if (run_failed(r))
		return;
	va_start(args, fmt);
	buf_vaddf(&b, fmt, args);
	va_end(args);
	r->reason = reason;
	r->message = mask_str(r->mask, r->a, buf_str(&b));
}

int run_cancel(const struct run *r)
{
	return r->req->cancel ? atomic_load(r->req->cancel) : 0;
}

/* Told before it began, or while it did things that are not worth interrupting. */
static void heed_cancel(struct run *r)
{
	if (run_cancel(r) > 0)
		run_fail(r, FAIL_CANCELED, "canceled");
	else if (r->deadline_us && clock_mono_us() >= r->deadline_us)
		run_fail(r, FAIL_TIMEOUT, "execution took longer than %llus",
			 (unsigned long long)r->req->spec->timeout_s);
}

static void prepare(struct run *r)
{
	str image = r->req->spec->image.name;

	log_section_start(r->log, "prepare_executor", "Preparing the \"shell\" executor");
	log_detail(r->log, STR("Using Shell (bash) executor..."));
	if (!str_is_null(image))
		log_detail(r->log, arena_printf(r->a,
						"Image " STR_FMT " is not used: the job runs "
						"on this machine.",
						STR_ARG(image)));
	run_setup_notes(r);
	log_section_end(r->log);
}

static void run_phases(struct run *r)
{
	static void (*const phases[])(struct run *) = {
		run_get_sources, run_restore_cache, run_download_artifacts, run_script,
	};
	bool began = false;

	prepare(r);
	for (size_t i = 0; i < COUNT(phases) && !run_failed(r); i++) {
		heed_cancel(r);
		if (run_failed(r))
			break;
		began = phases[i] == run_script;
		phases[i](r);
	}
	if (began)
		run_after_script(r);
	if (began && run_cancel(r) < 2) {
		run_archive_cache(r);
		run_upload_artifacts(r);
	}
	run_cleanup(r);
}

static void finish(struct run *r)
{
	struct exec_result *ret = r->ret;
	struct err err;

	if (r->coverage) {
		ret->coverage = coverage_value(r->coverage);
		if (coverage_trouble(r->coverage, &err))
			log_note(r->log, LOG_WARNING, "coverage: %s", err.msg);
	}
	log_finish(r->log, !run_failed(r), r->message);
	if (log_trouble(r->log, &err))
		run_fail(r, FAIL_RUNNER_SYSTEM, "%s", err.msg);
	ret->success = !run_failed(r);
	ret->reason = r->reason;
	ret->exit_code = r->exit_code;
	ret->message = ret->success ? STR("the job succeeded") : r->message;
	ret->log_bytes = log_bytes(r->log);
	ret->log_lines = log_lines(r->log);
	ret->finished_us = clock_wall_us();
}

/* For a log that was never opened: whoever looks there must find the reason. */
static void last_words(const struct exec_request *req, const struct err *why)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct err ignored;

	buf_addf(&b, "\033[31;1mERROR: Job failed: %s\033[0;m\n", why->msg);
	if (fd_write_all(req->log_fd, buf_str(&b), &ignored) < 0)
		return; /* a full disk perhaps; the result has the reason, too */
}

int exec_run(struct arena *a, const struct exec_request *req, struct exec_result *ret,
	     struct err *err)
{
	CLEANUP(run_release) struct run r = { .a = a, .req = req, .ret = ret };

	*ret = (struct exec_result){ .coverage = -1, .started_us = clock_wall_us() };
	if (req->spec->timeout_s)
		r.deadline_us = clock_mono_us() + req->spec->timeout_s * 1000000;
	if (run_setup(&r, err) < 0) {
		last_words(req, err);
		return -1;
	}
	run_phases(&r);
	finish(&r);
	return 0;
}
