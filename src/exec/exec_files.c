/* The phases of a job that move files: workspace, cache, artifacts. */
#include "exec/exec_int.h"

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
		if (!run_failed(r) && workspace_make(r->a, r->project_dir, r->req->facts, &options,
						     &words, &stats, &err) < 0)
			fail_with(r, &err);
		log_detail(r->log, buf_str(&words));
	}
	log_section_end(r->log);
}

void run_restore_cache(struct run *r)
{
	(void)r;
}

void run_download_artifacts(struct run *r)
{
	(void)r;
}

void run_archive_cache(struct run *r)
{
	(void)r;
}

void run_upload_artifacts(struct run *r)
{
	(void)r;
}

void run_cleanup(struct run *r)
{
	struct err err;

	log_section_start(r->log, "cleanup_file_variables",
			  "Cleaning up project directory and file based variables");
	if (r->req->keep)
		log_note(r->log, LOG_INFO, "The workspace is kept: %s", r->project_dir);
	else if (tree_remove(AT_FDCWD, r->project_dir, &err) < 0)
		log_note(r->log, LOG_WARNING, "the workspace could not be removed: %s", err.msg);
	if (tree_remove(AT_FDCWD, r->tmp_dir, &err) < 0)
		log_note(r->log, LOG_WARNING, "temporary files could not be removed: %s", err.msg);
	log_section_end(r->log);
}
