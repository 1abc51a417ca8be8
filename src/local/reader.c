#include "local/reader.h"

#include "os/file.h"
#include "os/git.h"

#include <stdio.h>

#define FILE_MAX ((size_t)2 << 20) /* GitLab's limit of one configuration file */

struct reader {
	struct gitlab_reader base;
	const struct reader_options *o;
	struct reader_place place;
};

static int read_tree_file(struct arena *a, str dir, str path, str *ret, struct err *err)
{
	CLEANUP(buf_release) struct buf text = { .max = FILE_MAX + 1 };
	CLEANUP(fd_close) int root = dir_open(AT_FDCWD, arena_cstr(a, dir), err);
	CLEANUP(fd_close) int fd = -1;

	if (root < 0)
		return -1;
	while (path.n && path.p[0] == '/')
		path = str_from(path, 1);
	fd = file_open_beneath(root, arena_cstr(a, path), O_RDONLY | O_NONBLOCK, 0, err);
	if (fd < 0 || fd_read_all(fd, FILE_MAX, &text, err) < 0)
		return -1;
	*ret = arena_str(a, buf_str(&text));
	return 0;
}

static int find_root(const struct reader *r, str project, str *ret_dir, struct err *err)
{
	for (size_t i = 0; i < r->o->roots.nr; i++)
		if (str_eq(r->o->roots.at[i].project, project)) {
			*ret_dir = r->o->roots.at[i].dir;
			return 0;
		}
	return err_set(err, ERR_NOT_FOUND,
		       "project " STR_FMT
		       " is not known here; give its clone with --project-root " STR_FMT "=DIR",
		       STR_ARG(project), STR_ARG(project));
}

/* A file of another project: as committed at the ref, or without one as it lies there. */
static int read_project_file(const struct reader *r, struct arena *a,
			     const struct gitlab_file_request *req, str *ret, struct err *err)
{
	struct git_call *c;
	str dir, path = req->path;
	int code = -1;

	if (find_root(r, req->origin.project, &dir, err) < 0)
		return -1;
	if (str_is_null(req->origin.ref))
		return read_tree_file(a, dir, path, ret, err);
	while (path.n && path.p[0] == '/')
		path = str_from(path, 1);
	c = git_call_new(a, arena_cstr(a, dir), "show");
	c->no_paths = true;
	if (git_rev(c,
		    arena_printf(a, STR_FMT ":" STR_FMT, STR_ARG(req->origin.ref), STR_ARG(path)),
		    err) == 0 &&
	    git_run(&c, 1, err) == 0) {
		code = c->code ? git_failed(c, err) : 0;
		if (code == 0)
			*ret = arena_str(a, buf_str(&c->out));
	}
	git_call_free(c);
	return code;
}

static int reader_read(void *ctx, struct arena *a, const struct gitlab_file_request *req,
		       struct gitlab_file *ret, struct err *err)
{
	const struct reader *r = ctx;
	bool own = str_is_null(req->origin.project);

	*ret = (struct gitlab_file){ .name = req->path, .origin = req->origin };
	switch (req->kind) {
	case INCLUDE_LOCAL:
	case INCLUDE_PROJECT:
		if (own)
			return read_tree_file(a, r->place.dir, req->path, &ret->text, err);
		ret->name = arena_printf(a, STR_FMT ":" STR_FMT, STR_ARG(req->origin.project),
					 STR_ARG(req->path));
		return read_project_file(r, a, req, &ret->text, err);
	case INCLUDE_TEMPLATE:
		if (!str_is_null(r->o->template_root))
			return read_tree_file(a, r->o->template_root, req->path, &ret->text, err);
		return err_set(err, ERR_NOT_FOUND,
			       "template " STR_FMT
			       " is not known here; give GitLab's templates with "
			       "--template-root DIR",
			       STR_ARG(req->path));
	default:
		return err_set(err, ERR_UNAVAILABLE, STR_FMT " cannot be read", STR_ARG(req->path));
	}
}

static int reader_list(void *ctx, struct arena *a, const struct gitlab_origin *origin,
		       struct str_vec *ret, struct err *err)
{
	const struct reader *r = ctx;
	struct git_call *c;
	str dir, rest;
	int code;

	if (str_is_null(origin->project)) {
		*ret = *r->place.files;
		return 0;
	}
	if (find_root(r, origin->project, &dir, err) < 0)
		return -1;
	c = git_call_new(a, arena_cstr(a, dir), "ls-tree");
	git_option(c, "-r");
	git_option(c, "-z");
	git_option(c, "--name-only");
	c->no_paths = true;
	code = git_rev(c, str_is_null(origin->ref) ? STR("HEAD") : origin->ref, err);
	if (code == 0 && git_run(&c, 1, err) < 0)
		code = -1;
	if (code == 0 && c->code)
		code = git_failed(c, err);
	for (rest = code == 0 ? arena_str(a, buf_str(&c->out)) : str_null; rest.n;)
		vec_add(a, ret, str_cut(&rest, '\0'));
	git_call_free(c);
	return code;
}

struct gitlab_reader *reader_new(struct arena *a, const struct reader_options *o,
				 const struct reader_place *place)
{
	struct reader *r = arena_new(a, struct reader);

	r->o = o;
	r->place = *place;
	r->base = (struct gitlab_reader){ .ctx = r, .read = reader_read, .list = reader_list };
	return &r->base;
}

void reader_free(struct gitlab_reader *r UNUSED)
{
}
