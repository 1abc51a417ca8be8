#include "exec/artifacts.h"

#include "exec/archive.h"
#include "exec/selection.h"
#include "fmt/dotenv.h"
#include "os/file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct collecting {
	struct arena *a;
	const struct artifacts_request *req;
	struct buf *log;
	struct artifacts_result *ret;
	uint64_t max_bytes;
	int project, out;
};

static void collecting_release(struct collecting *c)
{
	fd_close(&c->project);
	fd_close(&c->out);
}

static bool is_due(enum upload_when when, bool success)
{
	return when == UPLOAD_ALWAYS || (when == UPLOAD_ON_SUCCESS) == success;
}

/* Put the type before the limit that was passed. */
static int too_large(str type, struct err *err)
{
	return err_wrap(err, "artifacts of type \"" STR_FMT "\" are too large", STR_ARG(type));
}

static int select_files(struct collecting *c, const struct job_artifact *art, struct str_vec *ret,
			struct err *err)
{
	const struct selection_request req = {
		.project_dir = c->req->project_dir,
		.vars = c->req->vars,
		.paths = &art->paths,
		.exclude = &art->exclude,
		.untracked = art->untracked,
	};

	buf_addz(c->log, "Uploading artifacts...\n");
	if (selection_make(c->a, &req, c->log, ret, err) < 0)
		return -1;
	if (ret->nr == 0)
		buf_addz(c->log, "ERROR: No files to upload\n");
	return 0;
}

/* What is known of the archive beside its files; kept in front of it. */
static str describe(struct collecting *c, const struct job_artifact *art)
{
	str name = c->req->vars ? variables_expand(c->req->vars, art->name) : art->name;

	return str_sub(arena_printf(c->a, "name=" STR_FMT "\nexpire_in=" STR_FMT "\n",
				    STR_ARG(name), STR_ARG(art->expire_in)),
		       0, ARCHIVE_NOTE_MAX);
}

static int collect_archive(struct collecting *c, const struct job_artifact *art, struct err *err)
{
	CLEANUP(buf_release) struct buf tmp = BUF_INIT;
	CLEANUP(fd_close) int fd = -1;
	struct archive_options o = { .limits.bytes = c->max_bytes, .log = c->log };
	struct archive_stats stats;
	struct str_vec files;

	if (select_files(c, art, &files, err) < 0)
		return -1;
	if (files.nr == 0)
		return 0;
	o.note = describe(c, art);
	fd = file_tmp_open(c->out, ARTIFACTS_ARCHIVE, 0644, &tmp, err);
	if (fd < 0)
		return -1;
	if (archive_write(c->project, &files, fd, &o, &stats, err) < 0) {
		unlinkat(c->out, tmp.p, 0);
		return err->kind == ERR_LIMIT ? too_large(STR("archive"), err) : -1;
	}
	if (renameat(c->out, tmp.p, c->out, ARTIFACTS_ARCHIVE) < 0) {
		unlinkat(c->out, tmp.p, 0);
		return err_sys(err, errno, "writing %s", ARTIFACTS_ARCHIVE);
	}
	buf_addf(c->log, "Uploading artifacts as \"archive\"... ok: %zu files, %llu bytes\n",
		 stats.nr_entries, (unsigned long long)stats.bytes);
	c->ret->has_archive = true;
	c->ret->nr_files = stats.nr_entries;
	c->ret->bytes = stats.bytes;
	c->ret->expire_in = art->expire_in;
	return 0;
}

/* ---- reports ---- */

/* Open a report for reading; -1 without an error when it is no regular file. */
static int open_report(struct collecting *c, str path, struct stat *st)
{
	CLEANUP(fd_close) int fd =
		fd_open_beneath(c->project, path.p, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY,
				0, BENEATH_NO_LINKS);

	if (fd < 0 || fstat(fd, st) < 0 || !S_ISREG(st->st_mode))
		return -1;
	return fd_take(&fd);
}

static bool is_directory(struct collecting *c, str path)
{
	struct stat st;
	CLEANUP(fd_close) int fd =
		fd_open_beneath(c->project, path.p, O_PATH | O_NOFOLLOW, 0, BENEATH_NO_LINKS);

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

static int copy_report(struct collecting *c, str type, str path, uint64_t *total, struct err *err)
{
	struct stat st;
	CLEANUP(fd_close) int from = open_report(c, path, &st);
	CLEANUP(fd_close) int to = -1;
	str at = arena_printf(c->a, "reports/" STR_FMT "/" STR_FMT, STR_ARG(type), STR_ARG(path));
	str dir = str_sub(at, 0, (size_t)str_rindex(at, '/'));
	bool cloning = true;

	if (from < 0) {
		/* Directories come with their content, which is what counts. */
		if (!is_directory(c, path))
			buf_addf(c->log,
				 "WARNING: " STR_FMT
				 ": is no regular file that can be read, left out\n",
				 STR_ARG(path));
		return 0;
	}
	*total += (uint64_t)st.st_size;
	if (*total > c->max_bytes) {
		(void)err_set(err, ERR_LIMIT, "more than %llu bytes",
			      (unsigned long long)c->max_bytes);
		return too_large(type, err);
	}
	if (dir_make(c->out, arena_cstr(c->a, dir), 0755, err) < 0)
		return -1;
	/* An earlier attempt of the job may have left one. */
	unlinkat(c->out, at.p, 0);
	to = openat(c->out, at.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (to < 0)
		return err_sys(err, errno, "making %s", at.p);
	if (file_copy(from, to, (uint64_t)st.st_size, &cloning, err) < 0)
		return err_wrap(err, "%s", at.p);
	vec_add(c->a, &c->ret->reports,
		arena_printf(c->a, STR_FMT ":" STR_FMT, STR_ARG(type), STR_ARG(at)));
	return 0;
}

/* Judged now as GitLab judges it on upload, so that who consumes it need not. */
static int collect_dotenv(struct collecting *c, const struct str_vec *files, struct err *err)
{
	CLEANUP(buf_release) struct buf text = { .max = 1 << 20 };
	struct dotenv_vec ignored = { 0 };

	for (size_t i = 0; i < files->nr; i++) {
		struct stat st;
		CLEANUP(fd_close) int fd = open_report(c, files->at[i], &st);
		size_t was = text.n;

		if (fd < 0)
			continue;
		if (fd_read_all(fd, dotenv_limits_default.max_bytes, &text, err) < 0 ||
		    dotenv_parse(c->a, files->at[i], arena_str(c->a, str_from(buf_str(&text), was)),
				 &dotenv_limits_default, &ignored, err) < 0)
			return err_wrap(err, "dotenv report");
		if (text.n && text.p[text.n - 1] != '\n')
			buf_addc(&text, '\n');
		c->ret->has_dotenv = true;
	}
	if (!c->ret->has_dotenv)
		return 0;
	return file_write_atomic(c->out, ARTIFACTS_DOTENV, buf_str(&text), 0644, err);
}

/* A type becomes a directory's name. */
static str safe_type(str type)
{
	for (size_t i = 0; i < type.n; i++)
		if (!((type.p[i] >= 'a' && type.p[i] <= 'z') || type.p[i] == '_' ||
		      type.p[i] == '-'))
			return STR("other");
	return type.n ? type : STR("other");
}

static int collect_report(struct collecting *c, const struct job_artifact *art, struct err *err)
{
	str type = safe_type(art->type);
	struct str_vec files;
	uint64_t total = 0;
	size_t before = c->ret->reports.nr;

	if (select_files(c, art, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.nr; i++)
		if (copy_report(c, type, files.at[i], &total, err) < 0)
			return -1;
	if (str_eq(type, STR("dotenv")) && collect_dotenv(c, &files, err) < 0)
		return -1;
	if (c->ret->reports.nr > before)
		buf_addf(c->log, "Uploading artifacts as \"" STR_FMT "\"... ok: %zu files\n",
			 STR_ARG(type), c->ret->reports.nr - before);
	else if (files.nr)
		buf_addz(c->log, "ERROR: No files to upload\n");
	return 0;
}

int artifacts_collect(struct arena *a, const struct artifacts_request *req, struct buf *log,
		      struct artifacts_result *ret, struct err *err)
{
	CLEANUP(collecting_release) struct collecting c = {
		.a = a,
		.req = req,
		.log = log,
		.ret = ret,
		.project = -1,
		.out = -1,
		.max_bytes = req->max_bytes ? req->max_bytes : ARTIFACTS_BYTES_MAX,
	};

	*ret = (struct artifacts_result){ 0 };
	c.project = dir_open(AT_FDCWD, req->project_dir, err);
	c.out = c.project < 0 ? -1 : dir_open(AT_FDCWD, req->out_dir, err);
	if (c.out < 0)
		return -1;
	for (size_t i = 0; i < req->spec->artifacts.nr; i++) {
		const struct job_artifact *art = &req->spec->artifacts.at[i];
		bool archive = str_eq(art->type, STR("archive")) || art->type.n == 0;

		if (!is_due(art->when, req->success))
			continue;
		if ((archive ? collect_archive(&c, art, err) : collect_report(&c, art, err)) < 0)
			return -1;
	}
	return 0;
}

int artifacts_extract(const char *archive, const char *project_dir, struct buf *log,
		      struct err *err)
{
	CLEANUP(fd_close) int in = open(archive, O_RDONLY | O_CLOEXEC);
	CLEANUP(fd_close) int root = -1;
	struct archive_options o = { .log = log };
	struct archive_stats stats;

	if (in < 0)
		return err_sys(err, errno, "opening artifacts");
	root = dir_open(AT_FDCWD, project_dir, err);
	if (root < 0 || archive_extract(in, root, &o, &stats, err) < 0)
		return -1;
	buf_addf(log, "Downloading artifacts... ok: %zu files, %llu bytes\n", stats.nr_entries,
		 (unsigned long long)stats.bytes);
	return 0;
}
