/* artifacts.h - what a job leaves, and what it gets of others (reference §2.9).
 *
 * `out_dir` receives artifacts.tar.zst (whole or not at all), dotenv, and each report
 * as a plain file at reports/TYPE/its/path.  Nothing is read through a link and
 * nothing outside of the project directory.
 */
#ifndef EXEC_ARTIFACTS_H
#define EXEC_ARTIFACTS_H

#include "base/buf.h"
#include "base/err.h"
#include "exec/variables.h"
#include "plan/job_spec.h"

#define ARTIFACTS_ARCHIVE   "artifacts.tar.zst"
#define ARTIFACTS_DOTENV    "dotenv"
#define ARTIFACTS_BYTES_MAX ((uint64_t)1 << 30)

struct artifacts_request {
	const struct job_spec *spec;
	const struct variables *vars; /* for names and patterns; NULL: as written */
	const char *project_dir, *out_dir;
	bool success;	    /* of the script: what `when` is judged by */
	uint64_t max_bytes; /* of each upload's content; 0: ARTIFACTS_BYTES_MAX */
};

struct artifacts_result {
	bool has_archive, has_dotenv;
	size_t nr_files;	/* in the archive */
	uint64_t bytes;		/* of their content */
	str expire_in;		/* of the archive, as written */
	struct str_vec reports; /* "junit:reports/junit/report.xml" */
};

/* Collect what the job's `artifacts` ask for.  Messages go to `log`.  ERR_LIMIT when a
 * size limit is passed, ERR_INVALID for a dotenv report that GitLab would refuse: both
 * fail the job, as a refused upload does.  What was collected before stays. */
int artifacts_collect(struct arena *a, const struct artifacts_request *req, struct buf *log,
		      struct artifacts_result *ret, struct err *err) NODISCARD NONNULL;

/* Extract a producer's archive over the project directory.  Call it in the order of
 * the dependencies: later ones overwrite.  ERR_NOT_FOUND when the archive is gone. */
int artifacts_extract(const char *archive, const char *project_dir, struct buf *log,
		      struct err *err) NODISCARD NONNULL;

#endif
