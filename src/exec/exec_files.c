/* The phases of a job that move files: workspace, cache, artifacts. */
#include "exec/exec_int.h"

#include "exec/artifacts.h"
#include "exec/cache.h"
#include "exec/workspace.h"
#include "os/file.h"
#include "os/tree.h"

/* Full disk, lost directory: the machine's fault.  What the user wrote: theirs. */
static void fail_with(struct run *r, const struct err *err)
{
	run_fail(r, err->kind == ERR_INVALID ? FAIL_RUNNER_CONFIG : FAIL_RUNNER_SYSTEM, "%s",
		 err->msg);
}

void run_get_sources(struct run *r)
{
	CLEANUP(buf_release) struct buf words = BUF_INIT;
	struct workspace_options options;
	struct workspace_stats stats;
	struct err err;

	log_section_start(r->log, "get_sources", "Getting source from Git repository");
	if (workspace_options_read(&r->vars.list, &options, &err) < 0) {
		fail_with(r, &err);
	} else {
		if (options.strategy == WORKSPACE_FETCH || options.strategy == WORKSPACE_CLONE)
			run_pre_get_sources(r);
		options.log = &words;
		if (!run_failed(r) &&
		    workspace_make(r->a, r->project_dir, r->req->facts, &options, &stats, &err) < 0)
			fail_with(r, &err);
		log_detail(r->log, buf_str(&words));
	}
	log_section_end(r->log);
}

static struct cache_request cache_request(const struct run *r)
{
	return (struct cache_request){
		.spec = r->req->spec,
		.vars = &r->vars,
		.project_dir = r->project_dir,
		.cache_dir = r->req->cache_dir,
		.success = !run_failed(r),
	};
}

void run_restore_cache(struct run *r)
{
	CLEANUP(buf_release) struct buf words = BUF_INIT;
	const struct cache_request req = cache_request(r);
	struct err err;

	if (r->req->spec->caches.nr == 0)
		return;
	log_section_start(r->log, "restore_cache", "Restoring cache");
	if (cache_restore(r->a, &req, &words, &err) < 0)
		fail_with(r, &err);
	log_detail(r->log, buf_str(&words));
	log_section_end(r->log);
}

/* GitLab refuses a job whose explicit dependency has lost its artifacts. */
static void download(struct run *r, const struct exec_dependency *d, struct buf *words)
{
	struct err err;

	if (str_is_null(d->archive)) {
		if (d->explicit_ && str_is_null(d->dotenv))
			run_fail(r, FAIL_MISSING_DEPENDENCY,
				 "this job depends on job \"" STR_FMT "\", which has no artifacts",
				 STR_ARG(d->job));
		return;
	}
	buf_addf(words, "Downloading artifacts for " STR_FMT "...\n", STR_ARG(d->job));
	if (artifacts_extract(arena_cstr(r->a, d->archive), r->project_dir, words, &err) == 0)
		return;
	if (err.kind == ERR_NOT_FOUND)
		run_fail(r, FAIL_MISSING_DEPENDENCY,
			 "this job depends on job \"" STR_FMT "\", whose artifacts are gone",
			 STR_ARG(d->job));
	else
		run_fail(r, FAIL_RUNNER_SYSTEM, "artifacts of job \"" STR_FMT "\": %s",
			 STR_ARG(d->job), err.msg);
}

void run_download_artifacts(struct run *r)
{
	CLEANUP(buf_release) struct buf words = BUF_INIT;
	const struct exec_request *req = r->req;

	if (req->nr_dependencies == 0)
		return;
	log_section_start(r->log, "download_artifacts", "Downloading artifacts");
	for (size_t i = 0; i < req->nr_dependencies && !run_failed(r); i++)
		download(r, &req->dependencies[i], &words);
	log_detail(r->log, buf_str(&words));
	log_section_end(r->log);
}

void run_archive_cache(struct run *r)
{
	CLEANUP(buf_release) struct buf words = BUF_INIT;
	const struct cache_request req = cache_request(r);
	struct err err;

	if (r->req->spec->caches.nr == 0)
		return;
	if (req.success)
		log_section_start(r->log, "archive_cache", "Saving cache for successful job");
	else
		log_section_start(r->log, "archive_cache_on_failure",
				  "Saving cache for failed job");
	if (cache_save(r->a, &req, &words, &err) < 0)
		log_note(r->log, LOG_WARNING, "cache: %s", err.msg);
	log_detail(r->log, buf_str(&words));
	log_section_end(r->log);
}

void run_upload_artifacts(struct run *r)
{
	CLEANUP(buf_release) struct buf words = BUF_INIT;
	const struct artifacts_request req = {
		.spec = r->req->spec,
		.vars = &r->vars,
		.project_dir = r->project_dir,
		.out_dir = r->req->out_dir,
		.success = !run_failed(r),
	};
	struct artifacts_result got = { 0 };
	struct err err;
	int code;

	if (r->req->spec->artifacts.nr == 0)
		return;
	if (req.success)
		log_section_start(r->log, "upload_artifacts_on_success",
				  "Uploading artifacts for successful job");
	else
		log_section_start(r->log, "upload_artifacts_on_failure",
				  "Uploading artifacts for failed job");
	code = artifacts_collect(r->a, &req, &words, &got, &err);
	log_detail(r->log, buf_str(&words));
	if (code < 0) {
		/* As a refused upload does: it fails the job, and is not the machine's fault. */
		log_note(r->log, LOG_ERROR, "%s", err.msg);
		run_fail(r,
			 err.kind == ERR_INVALID || err.kind == ERR_LIMIT ? FAIL_SCRIPT
									  : FAIL_RUNNER_SYSTEM,
			 "%s", err.msg);
	}
	r->ret->has_archive = got.has_archive;
	r->ret->has_dotenv = got.has_dotenv;
	r->ret->reports = got.reports;
	log_section_end(r->log);
}

void run_cleanup(struct run *r)
{
	struct err err;

	log_section_start(r->log, "cleanup_file_variables",
			  "Cleaning up project directory and file based variables");
	if (r->req->keep)
		log_note(r->log, LOG_INFO, "The workspace is kept: %s", r->project_dir);
	else if (!r->req->remove_later && tree_remove(AT_FDCWD, r->project_dir, &err) < 0)
		log_note(r->log, LOG_WARNING, "the workspace could not be removed: %s", err.msg);
	if (tree_remove(AT_FDCWD, r->tmp_dir, &err) < 0)
		log_note(r->log, LOG_WARNING, "temporary files could not be removed: %s", err.msg);
	log_section_end(r->log);
}
