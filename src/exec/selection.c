#include "exec/selection.h"

#include "fmt/glob.h"
#include "os/file.h"
#include "os/git.h"
#include "os/tree.h"

#include <limits.h>
#include <sys/stat.h>

struct selecting {
	struct arena *a;
	const struct selection_request *req;
	struct buf *log;
	struct str_vec *ret;
	struct str_vec exclude; /* clean */
	size_t *nr_excluded;	/* of each */
	int root;
	bool git_dir, too_many;
	/* while one pattern is walked: */
	str base;    /* the directory the walk began in, "" for the root */
	str pattern; /* str_null: everything beneath matches */
	str inside;  /* the directory that matched last: all beneath it is meant */
	size_t nr_found;
};

bool selection_clean(struct arena *a, const char *project_dir, str pattern, str *ret)
{
	str root = str_of(project_dir);
	char *out;
	size_t n = 0;

	if (pattern.n && pattern.p[0] == '/') {
		if (!str_starts_with(pattern, root) ||
		    (pattern.n > root.n && pattern.p[root.n] != '/'))
			return false;
		pattern = str_from(pattern, root.n);
	}
	out = arena_alloc(a, pattern.n + 2);
	for (str rest = pattern; !str_is_null(rest);) {
		str part = str_cut(&rest, '/');

		if (part.n == 0 || str_eq(part, STR(".")))
			continue;
		if (str_eq(part, STR(".."))) {
			if (n == 0)
				return false;
			while (n && out[n - 1] != '/')
				n--;
			n -= n > 0;
			continue;
		}
		if (n)
			out[n++] = '/';
		for (size_t i = 0; i < part.n; i++)
			out[n++] = part.p[i];
	}
	if (n == 0)
		out[n++] = '.';
	*ret = (str){ out, n };
	return true;
}

static str expanded(const struct selecting *s, str text)
{
	return s->req->vars ? variables_expand(s->req->vars, text) : text;
}

static bool is_excluded(struct selecting *s, str path)
{
	for (size_t i = 0; i < s->exclude.nr; i++)
		if (glob_match(GLOB_DOUBLESTAR, s->exclude.at[i], path)) {
			s->nr_excluded[i]++;
			return true;
		}
	return false;
}

static void add(struct selecting *s, str path)
{
	if (is_excluded(s, path))
		return;
	s->nr_found++;
	s->git_dir = s->git_dir || str_eq(path, STR(".git")) || str_starts_with(path, STR(".git/"));
	if (s->ret->nr >= SELECTION_MAX)
		s->too_many = true;
	else
		vec_add(s->a, s->ret, arena_str(s->a, path));
}

static bool is_beneath(str path, str dir)
{
	return !str_is_null(dir) && path.n > dir.n && path.p[dir.n] == '/' &&
	       str_starts_with(path, dir);
}

static enum tree_step visit(void *ctx, const struct tree_entry *e)
{
	struct selecting *s = ctx;
	char joined[PATH_MAX];
	str path = e->path;

	if (s->base.n) {
		struct buf b = { .p = joined, .cap = sizeof(joined), .max = sizeof(joined) - 1 };

		buf_addf(&b, STR_FMT "/" STR_FMT, STR_ARG(s->base), STR_ARG(e->path));
		if (b.full)
			return TREE_SKIP;
		path = buf_str(&b);
	}
	if (str_is_null(s->pattern) || is_beneath(path, s->inside)) {
		add(s, path);
	} else if (glob_match(GLOB_DOUBLESTAR, s->pattern, path)) {
		if (S_ISDIR(e->mode))
			s->inside = arena_str(s->a, path);
		add(s, path);
	}
	return s->too_many ? TREE_STOP : TREE_GO;
}

/* Everything beneath a directory that the pattern (or all) matches. */
static int walk(struct selecting *s, str base, str pattern, struct err *err)
{
	struct err missing;
	size_t skipped = 0;

	s->base = base;
	s->pattern = pattern;
	s->inside = str_null;
	if (tree_walk(s->root, base.n ? arena_cstr(s->a, base) : ".", visit, s, &skipped,
		      &missing) < 0 &&
	    missing.kind == ERR_LIMIT)
		return err_set(err, ERR_LIMIT, "%s", missing.msg);
	if (skipped)
		buf_addf(s->log, "WARNING: " STR_FMT ": %zu directories cannot be read, left out\n",
			 STR_ARG(base.n ? base : STR(".")), skipped);
	return 0;
}

static int select_literal(struct selecting *s, str path, struct err *err)
{
	struct stat st;
	CLEANUP(fd_close) int fd = fd_open_beneath(s->root, arena_cstr(s->a, path),
						   O_PATH | O_NOFOLLOW, 0, BENEATH_NO_LINKS);

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if (str_eq(path, STR(".")))
		return walk(s, STR(""), str_null, err);
	add(s, path);
	return S_ISDIR(st.st_mode) ? walk(s, path, str_null, err) : 0;
}

static int select_pattern(struct selecting *s, str pattern, struct err *err)
{
	str base;

	if (!glob_has_magic(pattern))
		return select_literal(s, pattern, err);
	base = glob_literal_prefix(pattern);
	while (base.n && base.p[base.n - 1] == '/')
		base.n--;
	return walk(s, base, pattern, err);
}

static int select_paths(struct selecting *s, struct err *err)
{
	const struct selection_request *req = s->req;

	for (size_t i = 0; req->paths && i < req->paths->nr; i++) {
		str text = expanded(s, req->paths->at[i]), pattern;

		if (text.n == 0)
			continue;
		if (!selection_clean(s->a, req->project_dir, text, &pattern)) {
			buf_addf(s->log,
				 "WARNING: " STR_FMT
				 ": artifact path is not a subpath of project directory: %s\n",
				 STR_ARG(text), req->project_dir);
			continue;
		}
		s->nr_found = 0;
		if (glob_check(GLOB_DOUBLESTAR, pattern, err) < 0)
			buf_addf(s->log, "WARNING: " STR_FMT ": %s\n", STR_ARG(text), err->msg);
		else if (select_pattern(s, pattern, err) < 0)
			return -1;
		if (s->nr_found)
			buf_addf(s->log,
				 STR_FMT ": found %zu matching artifact files and directories\n",
				 STR_ARG(text), s->nr_found);
		else
			buf_addf(
				s->log,
				"WARNING: " STR_FMT
				": no matching files. Ensure that the artifact path is relative to "
				"the working directory (%s)\n",
				STR_ARG(text), req->project_dir);
	}
	return 0;
}

static int select_untracked(struct selecting *s, struct err *err)
{
	CLEANUP(git_call_free_ptr) struct git_call *c = NULL;

	/* Without a repository of its own, git would find one further up. */
	if (!git_is_top(s->a, s->root, ".")) {
		buf_addz(s->log,
			 "WARNING: untracked: the project directory is no git repository\n");
		return 0;
	}
	c = git_call_new(s->a, s->req->project_dir, "ls-files");
	git_option(c, "-o");
	git_option(c, "-z");
	if (git_run(&c, 1, err) < 0)
		return -1;
	if (c->code != 0) {
		git_failed(c, err);
		buf_addf(s->log, "WARNING: untracked: %s\n", err->msg);
		return 0;
	}
	s->nr_found = 0;
	for (str rest = arena_str(s->a, buf_str(&c->out)); rest.n && !s->too_many;) {
		str path = str_cut(&rest, '\0');

		if (path.n && path.p[path.n - 1] == '/') {
			path = arena_str(s->a, str_sub(path, 0, path.n - 1));
			if (select_literal(s, path, err) < 0)
				return -1;
		} else if (path.n) {
			add(s, path);
		}
	}
	if (s->nr_found)
		buf_addf(s->log, "untracked: found %zu files\n", s->nr_found);
	else
		buf_addz(s->log, "WARNING: untracked: no files\n");
	return 0;
}

static void clean_excludes(struct selecting *s)
{
	const struct str_vec *raw = s->req->exclude;
	struct err err;

	for (size_t i = 0; raw && i < raw->nr; i++) {
		str text = expanded(s, raw->at[i]), pattern;

		if (!selection_clean(s->a, s->req->project_dir, text, &pattern))
			continue;
		if (glob_check(GLOB_DOUBLESTAR, pattern, &err) < 0)
			buf_addf(s->log, "WARNING: " STR_FMT ": %s\n", STR_ARG(text), err.msg);
		else
			vec_add(s->a, &s->exclude, pattern);
	}
	s->nr_excluded = arena_array(s->a, size_t, s->exclude.nr + 1);
}

int selection_make(struct arena *a, const struct selection_request *req, struct buf *log,
		   struct str_vec *ret, struct err *err)
{
	CLEANUP(fd_close) int root = dir_open(AT_FDCWD, req->project_dir, err);
	struct selecting s = { .a = a, .req = req, .log = log, .ret = ret, .root = root };

	*ret = (struct str_vec){ 0 };
	if (root < 0)
		return -1;
	clean_excludes(&s);
	if (select_paths(&s, err) < 0 || (req->untracked && select_untracked(&s, err) < 0))
		return -1;
	if (s.too_many)
		return err_set(err, ERR_LIMIT, "more than %d files are selected", SELECTION_MAX);
	for (size_t i = 0; i < s.exclude.nr; i++)
		if (s.nr_excluded[i])
			buf_addf(log, STR_FMT ": excluded %zu files\n", STR_ARG(s.exclude.at[i]),
				 s.nr_excluded[i]);
	if (s.git_dir)
		buf_addz(log, "WARNING: Part of .git directory is on the list of files to archive\n"
			      "WARNING: This may introduce unexpected problems\n");
	git_names_sort(ret);
	return 0;
}
