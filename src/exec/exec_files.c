/* The phases of a job that move files: workspace, cache, artifacts. */
#include "exec/exec_int.h"

#include "os/file.h"
#include "os/tree.h"

void run_get_sources(struct run *r)
{
	log_section_start(r->log, "get_sources", "Getting source from Git repository");
	run_pre_get_sources(r);
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
