#include "local/reader.h"

#include "local/clone.h"
#include "local/state.h"
#include "net/http.h"
#include "os/file.h"

#include <pthread.h>
#include <stdlib.h>

#define PROJECT_URL_ENV "SLIPWAY_PROJECT_URL"

struct known {
	str project;
	struct clone *clone;
};

struct reader {
	struct gitlab_reader base;
	const struct reader_options *o;
	struct reader_place place;
	struct str_vec files;
	pthread_mutex_t lock; /* over all below, and git in the clones */
	struct arena arena;
	VEC(struct known) known;
};

/* --- projects --- */

/* The path goes into a URL and a file name: what GitLab allows, and no more. */
static bool is_project_path(str project)
{
	if (project.n == 0 || project.n > 255)
		return false;
	for (str rest = project; !str_is_null(rest);) {
		str part = str_cut(&rest, '/');

		if (part.n == 0 || part.p[0] == '-' || part.p[0] == '.')
			return false;
		for (size_t i = 0; i < part.n; i++) {
			char c = part.p[i];

			if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			      (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'))
				return false;
		}
	}
	return true;
}

static str project_url(const struct reader *r)
{
	const char *env = getenv(PROJECT_URL_ENV);

	if (!str_is_null(r->o->project_url))
		return r->o->project_url;
	return env && *env ? str_of(env) : str_null;
}

static str url_of_project(struct arena *a, str template, str project)
{
	ssize_t at = str_find(template, STR("{project}"), 0);

	if (at >= 0)
		return arena_printf(a, STR_FMT STR_FMT STR_FMT,
				    STR_ARG(str_sub(template, 0, (size_t)at)), STR_ARG(project),
				    STR_ARG(str_from(template, (size_t)at + 9)));
	while (str_ends_with(template, STR("/")))
		template.n--;
	return arena_printf(a, STR_FMT "/" STR_FMT ".git", STR_ARG(template), STR_ARG(project));
}

/* "group.name-0123456789abcdef": readable, and another URL is another clone. */
static str cache_name(struct arena *a, str project, str url)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	for (size_t i = 0; i < project.n; i++)
		buf_addc(&b, project.p[i] == '/' ? '.' : project.p[i]);
	buf_addf(&b, "-%016llx", (unsigned long long)hash_keyed(0, 0, url.p, url.n));
	return arena_str(a, buf_str(&b));
}

static int clone_by_url(struct reader *r, str project, str template, struct clone **ret,
			struct err *err)
{
	str url = url_of_project(&r->arena, template, project);
	struct state state;
	str dir;
	int code;

	if (state_open(arena_cstr(&r->arena, r->place.dir), true, &state, err) < 0)
		return -1;
	code = dir_make(state.fd, "projects", 0777, err);
	dir = arena_printf(&r->arena, "%s/projects", state.dir);
	state_close(&state);
	if (code == 0)
		*ret = clone_of_url(&r->arena, url, dir, cache_name(&r->arena, project, url));
	return code;
}

static int clone_by_root(struct reader *r, const struct reader_root *root, struct clone **ret,
			 struct err *err)
{
	str dir = root->dir;

	if (clone_open(&r->arena, dir, ret, err) < 0) {
		err->kind = ERR_DENIED; /* the project is missing, not the file */
		return err_wrap(err, "--project-root " STR_FMT, STR_ARG(root->project));
	}
	return 0;
}

static int clone_make(struct reader *r, str project, struct clone **ret, struct err *err)
{
	str template = project_url(r);

	for (size_t i = 0; i < r->o->roots.nr; i++)
		if (str_eq_nocase(r->o->roots.at[i].project, project))
			return clone_by_root(r, &r->o->roots.at[i], ret, err);
	if (!is_project_path(project))
		return err_set(err, ERR_DENIED,
			       "\"" STR_FMT "\" is no path of a project, such as "
			       "group/name",
			       STR_ARG(project));
	if (!str_is_null(template))
		return clone_by_url(r, project, template, ret, err);
	return err_set(err, ERR_DENIED,
		       "say where a clone lies with --project-root " STR_FMT
		       "=DIR, or where to fetch "
		       "it with --project-url URL (or " PROJECT_URL_ENV ")",
		       STR_ARG(project));
}

static int clone_need(struct reader *r, str project, struct clone **ret, struct err *err)
{
	struct known k = { .project = arena_str(&r->arena, project) };

	for (size_t i = 0; i < r->known.nr; i++)
		if (str_eq(r->known.at[i].project, project)) {
			*ret = r->known.at[i].clone;
			return 0;
		}
	if (clone_make(r, k.project, &k.clone, err) < 0)
		return -1;
	vec_add(&r->arena, &r->known, k);
	*ret = k.clone;
	return 0;
}

/* What nested files see as their own project: a commit stays that commit. */
static struct gitlab_origin origin_of(struct arena *a, str project, str ref,
				      const struct clone_version *v)
{
	return (struct gitlab_origin){ .project = arena_str(a, project),
				       .ref = v->as_it_lies ? ref : arena_str(a, v->sha) };
}

static int read_project(struct reader *r, struct arena *a, const struct gitlab_file_request *req,
			struct gitlab_file *ret, struct err *err)
{
	struct clone *c;
	struct clone_version v;
	str ref = req->origin.ref;

	if (clone_need(r, req->origin.project, &c, err) < 0 || clone_resolve(c, ref, &v, err) < 0 ||
	    clone_read(c, &v, a, req->path, &ret->text, err) < 0)
		return -1;
	ret->name = arena_printf(a, STR_FMT ":" STR_FMT "%s" STR_FMT, STR_ARG(req->origin.project),
				 STR_ARG(req->path), str_is_null(ref) ? "" : "@", STR_ARG(ref));
	ret->origin = origin_of(a, req->origin.project, ref, &v);
	return 0;
}

/* --- components --- */

struct address {
	str project, name, version;
};

/* HOST/GROUP/PROJECT/NAME@VERSION; the host is not asked, the project is mapped. */
static int address_parse(str text, struct address *ret, struct err *err)
{
	ssize_t at = str_rindex(text, '@'), slash;
	str path = str_sub(text, 0, at < 0 ? 0 : (size_t)at), host = str_cut(&path, '/');

	slash = str_is_null(path) ? -1 : str_rindex(path, '/');
	if (at < 0 || host.n == 0 || slash < 0)
		return err_set(err, ERR_INVALID,
			       "it is to be written as HOST/GROUP/PROJECT/COMPONENT@VERSION");
	ret->version = str_from(text, (size_t)at + 1);
	ret->name = str_from(path, (size_t)slash + 1);
	ret->project = str_sub(path, 0, (size_t)slash);
	if (!is_project_path(ret->name) || str_index(ret->name, '/') >= 0)
		return err_set(err, ERR_INVALID, "\"" STR_FMT "\" is no name of a component",
			       STR_ARG(ret->name));
	if (ret->version.n == 0)
		return err_set(err, ERR_INVALID, "the version behind @ is missing");
	return 0;
}

static int read_component(struct reader *r, struct arena *a, const struct gitlab_file_request *req,
			  struct gitlab_file *ret, struct err *err)
{
	struct address at;
	struct clone *c;
	struct clone_version v;
	str paths[2];
	int code = -1;

	if (address_parse(req->path, &at, err) < 0 || clone_need(r, at.project, &c, err) < 0 ||
	    clone_resolve_release(c, at.version, &v, err) < 0)
		return -1;
	paths[0] = arena_printf(a, "templates/" STR_FMT ".yml", STR_ARG(at.name));
	paths[1] = arena_printf(a, "templates/" STR_FMT "/template.yml", STR_ARG(at.name));
	for (size_t i = 0; i < COUNT(paths) && code < 0; i++) {
		code = clone_read(c, &v, a, paths[i], &ret->text, err);
		if (code < 0 && err->kind != ERR_NOT_FOUND)
			return -1;
		ret->name = arena_printf(a, STR_FMT ":" STR_FMT "@" STR_FMT, STR_ARG(at.project),
					 STR_ARG(paths[i]), STR_ARG(at.version));
	}
	if (code < 0)
		return err_set(err, ERR_NOT_FOUND,
			       STR_FMT " has neither " STR_FMT " nor " STR_FMT " at " STR_FMT,
			       STR_ARG(at.project), STR_ARG(paths[0]), STR_ARG(paths[1]),
			       STR_ARG(at.version));
	ret->origin = origin_of(a, at.project, at.version, &v);
	ret->component_name = arena_str(a, at.name);
	ret->component_sha = str_is_null(v.sha) ? str_null : arena_str(a, v.sha);
	ret->component_version = arena_str(a, str_is_null(v.tag) ? at.version : v.tag);
	ret->component_reference = arena_str(a, at.version);
	return 0;
}

/* --- the other kinds --- */

static int read_anywhere(struct arena *a, str path, str *ret, struct err *err)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	if (file_read(AT_FDCWD, arena_cstr(a, path), CLONE_FILE_MAX, &text, err) < 0)
		return -1;
	*ret = arena_str(a, buf_str(&text));
	return 0;
}

static int read_local(struct reader *r, struct arena *a, const struct gitlab_file_request *req,
		      struct gitlab_file *ret, struct err *err)
{
	str path = req->path;

	if (!str_is_null(req->origin.project))
		return read_project(r, a, req, ret, err);
	/* The user's own --file may lie anywhere; an include may not say the same. */
	if (str_starts_with(path, STR("/")) && str_eq(path, r->place.file))
		return read_anywhere(a, path, &ret->text, err);
	while (str_starts_with(path, STR("/")))
		path = str_from(path, 1);
	ret->name = path;
	return clone_read_beneath(a, r->place.dir, path, &ret->text, err);
}

static int read_remote(struct reader *r, struct arena *a, const struct gitlab_file_request *req,
		       struct gitlab_file *ret, struct err *err)
{
	struct http_request h = { .url = req->path,
				  .integrity = req->integrity,
				  .allow_private = r->o->allow_private };

	if (http_get(a, &h, &ret->text, err) == 0)
		return 0;
	if (err->kind == ERR_DENIED && !r->o->allow_private &&
	    str_find(str_of(err->msg), STR("private network"), 0) >= 0)
		return err_wrap(err, "it needs --allow-private");
	return -1;
}

static int read_template(struct reader *r, struct arena *a, const struct gitlab_file_request *req,
			 struct gitlab_file *ret, struct err *err)
{
	if (str_is_null(r->o->template_root))
		return err_set(
			err, ERR_NOT_FOUND,
			"GitLab's templates are not part of slipway: give their directory with "
			"--template-root DIR (lib/gitlab/ci/templates of GitLab's source)");
	if (clone_read_beneath(a, r->o->template_root, req->path, &ret->text, err) < 0)
		return err_wrap(err, "in --template-root " STR_FMT, STR_ARG(r->o->template_root));
	return 0;
}

static int reader_read(void *ctx, struct arena *a, const struct gitlab_file_request *req,
		       struct gitlab_file *ret, struct err *err)
{
	static int (*const reads[])(struct reader * r, struct arena * a,
				    const struct gitlab_file_request *req, struct gitlab_file *ret,
				    struct err *err) = {
		[INCLUDE_LOCAL] = read_local,	      [INCLUDE_PROJECT] = read_project,
		[INCLUDE_REMOTE] = read_remote,	      [INCLUDE_TEMPLATE] = read_template,
		[INCLUDE_COMPONENT] = read_component,
	};
	struct gitlab_file file = { .name = req->path, .origin = req->origin };
	struct reader *r = ctx;
	int code;

	MUST((size_t)req->kind < COUNT(reads));
	pthread_mutex_lock(&r->lock);
	code = reads[req->kind](r, a, req, &file, err);
	pthread_mutex_unlock(&r->lock);
	if (code == 0)
		*ret = file;
	return code;
}

static int list_project(struct reader *r, struct arena *a, const struct gitlab_origin *origin,
			struct str_vec *ret, struct err *err)
{
	struct clone *c = NULL;
	struct clone_version v;

	if (clone_need(r, origin->project, &c, err) < 0)
		return -1;
	MUST(c);
	if (clone_resolve(c, origin->ref, &v, err) < 0)
		return -1;
	return clone_list(c, &v, a, ret, err);
}

static int reader_list(void *ctx, struct arena *a, const struct gitlab_origin *origin,
		       struct str_vec *ret, struct err *err)
{
	struct reader *r = ctx;
	int code;

	if (str_is_null(origin->project)) {
		*ret = r->files;
		return 0;
	}
	pthread_mutex_lock(&r->lock);
	code = list_project(r, a, origin, ret, err);
	pthread_mutex_unlock(&r->lock);
	return code;
}

struct gitlab_reader *reader_new(const struct reader_options *o, const struct reader_place *place)
{
	struct reader *r = mem_zalloc(1, sizeof(*r));

	r->o = o;
	r->place = *place;
	r->files = *place->files;
	r->base = (struct gitlab_reader){ .ctx = r, .read = reader_read, .list = reader_list };
	pthread_mutex_init(&r->lock, NULL);
	arena_init(&r->arena, 0);
	return &r->base;
}

void reader_free(struct gitlab_reader *base)
{
	struct reader *r = base ? base->ctx : NULL;

	if (!r)
		return;
	pthread_mutex_destroy(&r->lock);
	arena_release(&r->arena);
	mem_free(r);
}
