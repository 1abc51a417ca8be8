#include "local/project.h"

#include "local/facts.h"
#include "local/state.h"
#include "os/file.h"
#include "os/hash.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOT_FILE ".gitlab-ci.yml"

static bool has_root_file(struct arena *a, str dir)
{
	return file_exists(AT_FDCWD, arena_printf(a, STR_FMT "/" ROOT_FILE, STR_ARG(dir)).p);
}

/* The nearest directory that has the file, from `from` up to the work tree's top. */
static str find_dir(struct arena *a, str from, str top)
{
	str dir = from;

	while (dir.n > top.n && str_starts_with(dir, top)) {
		if (has_root_file(a, dir))
			return dir;
		dir = arena_str(a, str_sub(dir, 0, (size_t)MAX(str_rindex(dir, '/'), (ssize_t)0)));
	}
	return top;
}

static int current_dir(struct arena *a, str *ret, struct err *err)
{
	char path[PATH_MAX];

	if (!getcwd(path, sizeof(path)))
		return err_sys(err, errno == ERANGE ? ENAMETOOLONG : errno,
			       "the current directory");
	*ret = arena_str(a, str_of(path));
	return 0;
}

/* --file is relative to where the person stands; the plan wants it from the project. */
static int place_file(struct project *p, str cwd, str file, struct err *err)
{
	char resolved[PATH_MAX];
	str full;

	if (str_is_null(file)) {
		p->file = STR(ROOT_FILE);
		full = arena_printf(p->arena, STR_FMT "/" ROOT_FILE, STR_ARG(p->dir));
		if (access(full.p, R_OK) == 0)
			return 0;
		if (errno != ENOENT)
			return err_sys(err, errno, "%s", full.p);
		return err_set(err, ERR_NOT_FOUND,
			       "no " ROOT_FILE " in " STR_FMT
			       " or above; write one, or name another with --file",
			       STR_ARG(p->dir));
	}
	full = file.n && file.p[0] == '/'
		       ? file
		       : arena_printf(p->arena, STR_FMT "/" STR_FMT, STR_ARG(cwd), STR_ARG(file));
	if (!realpath(arena_cstr(p->arena, full), resolved))
		return err_set(err, ERR_NOT_FOUND, "--file: there is no " STR_FMT, STR_ARG(file));
	full = arena_str(p->arena, str_of(resolved));
	p->file = full;
	if (str_starts_with(full, p->dir) && full.n > p->dir.n && full.p[p->dir.n] == '/')
		p->file = str_from(full, p->dir.n + 1);
	return 0;
}

/* Only what lies beneath the project, relative to it. */
static struct str_vec beneath(struct arena *a, const struct str_vec *paths, str prefix)
{
	struct str_vec v = { 0 };

	if (prefix.n == 0)
		return *paths;
	for (size_t i = 0; i < paths->nr; i++)
		if (str_starts_with(paths->at[i], prefix) && paths->at[i].n > prefix.n)
			vec_add(a, &v, str_from(paths->at[i], prefix.n));
	return v;
}

int project_open(struct arena *a, const struct project_options *o, struct project *ret,
		 struct err *err)
{
	struct facts_options fo = {
		.has_event = o->has_event, .event = o->event, .ref = o->ref, .tag = o->tag,
		.target_branch = o->target_branch, .changed_since = o->changed_since,
	};
	struct project p = { .arena = a, .options = o };
	struct state state;
	struct err none;
	str cwd;

	if (current_dir(a, &cwd, err) < 0 || facts_gather(a, &fo, &p.facts, &p.place, err) < 0)
		return -1;
	p.dir = find_dir(a, cwd, p.place.top);
	if (place_file(&p, cwd, o->file, err) < 0)
		return -1;
	p.prefix =
		p.dir.n > p.place.top.n
			? arena_printf(a, STR_FMT "/", STR_ARG(str_from(p.dir, p.place.top.n + 1)))
			: STR("");
	p.facts.project_dir = p.dir;
	p.facts.files = beneath(a, &p.facts.files, p.prefix);
	p.facts.changes = beneath(a, &p.facts.changes, p.prefix);
	p.facts.created_at = p.facts.timestamp;
	p.facts.pipeline_id = p.facts.pipeline_iid = 1;
	if (state_open(p.dir.p, false, &state, &none) == 0) {
		p.facts.pipeline_id = p.facts.pipeline_iid = state_next_run(&state);
		state_close(&state);
	}
	*ret = p;
	ret->reader =
		reader_new(&o->reader, &(struct reader_place){ p.dir, &p.facts.files, p.file });
	return 0;
}

int project_open_state(const struct project *p, struct state *ret, struct err *err)
{
	if (state_open(p->dir.p, true, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < p->facts.files.nr; i++) {
		str file = p->facts.files.at[i];

		if (!str_starts_with(file, STR(".slipway/")) && !str_eq(file, STR(".slipway")))
			continue;
		state_close(ret);
		return err_set(err, ERR_INVALID,
			       STR_FMT
			       " is a file of the repository, but in .slipway slipway keeps "
			       "its own; take it out with: git rm -r --cached .slipway && "
			       "rm -r .slipway",
			       STR_ARG(file));
	}
	return 0;
}

void project_close(struct project *p)
{
	reader_free(TAKE(p->reader));
}

/* --- what the planner asks --- */

static str blob_id(void *ctx, struct arena *a, str path)
{
	const struct project *p = ctx;

	return git_blob_id(a, p->dir.p, path);
}

static str commit_id(void *ctx, struct arena *a, str path)
{
	const struct project *p = ctx;

	return git_last_commit(a, p->dir.p, path);
}

static int changes_since(void *ctx, struct arena *a, str ref, struct str_vec *ret, struct err *err)
{
	const struct project *p = ctx;
	struct facts_options fo = { .changed_since = ref };
	struct git_place place;
	struct facts f;

	if (facts_gather(a, &fo, &f, &place, err) < 0)
		return -1;
	*ret = beneath(a, &f.changes, p->prefix);
	return 0;
}

static void digest(enum hash_kind kind, const void *data, size_t n, unsigned char *ret, size_t nr)
{
	char hex[HASH_HEX_MAX];
	struct err err;

	memset(ret, 0, nr);
	if (hash_hex(kind, (str){ data, n }, hex, &err) < 0) {
		/* Without GnuTLS a stable number has to do; it only makes names unique. */
		uint64_t h = hash_keyed(0, 0, data, n);

		memcpy(ret, &h, MIN(sizeof(h), nr));
		return;
	}
	for (size_t i = 0; i < nr; i++) {
		unsigned hi =
			(unsigned)(hex[2 * i] <= '9' ? hex[2 * i] - '0' : hex[2 * i] - 'a' + 10);
		unsigned lo = (unsigned)(hex[2 * i + 1] <= '9' ? hex[2 * i + 1] - '0'
							       : hex[2 * i + 1] - 'a' + 10);

		ret[i] = (unsigned char)(hi << 4 | lo);
	}
}

static void sha1(const void *p, size_t n, unsigned char ret[20])
{
	digest(HASH_SHA1, p, n, ret, 20);
}

static void sha256(const void *p, size_t n, unsigned char ret[32])
{
	digest(HASH_SHA256, p, n, ret, 32);
}

int project_plan(const struct project *p, const struct plan_request *req, struct pipeline **ret)
{
	struct gitlab_request g = {
		.arena = p->arena,
		.diags = req->diags,
		.facts = &p->facts,
		.path = p->file,
		.content = req->content,
		.inputs = req->content ? req->inputs : p->options->inputs,
		.variables = req->content ? req->variables : p->options->variables,
		.blob_id = blob_id,
		.commit_id = commit_id,
		.changes_since = changes_since,
		.sha1 = sha1,
		.sha256 = sha256,
		.child_depth = req->child_depth,
		.trace_job = req->trace_job,
		.trace = req->trace,
	};
	struct project *self = arena_new(p->arena, struct project);

	*self = *p;
	g.ctx = self;
	g.reader = p->reader;
	return gitlab_plan(&g, ret);
}
