#include "local/clone.h"

#include "fmt/semver.h"
#include "local/facts.h"
#include "os/file.h"
#include "os/git.h"
#include "os/tree.h"

#include <sys/stat.h>

enum clone_kind { PLAIN_FILES, WORK_TREE, BARE, FETCHED };

struct ref {
	str name, sha; /* "refs/tags/v1"; of the commit, also for annotated tags */
};

struct blob {
	str path, sha;
	bool is_link;
};

/* The files of one commit. */
struct listing {
	str sha;
	VEC(struct blob) blobs; /* sorted, as git gives them */
	struct listing *next;
};

struct clone {
	struct arena *arena;
	enum clone_kind kind;
	const char *dir;
	str url, shown_url, cache_dir, name; /* FETCHED */
	bool has_refs;
	VEC(struct ref) refs;
	struct listing *listings;
};

static bool is_dir(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

int clone_open(struct arena *a, str dir, struct clone **ret, struct err *err)
{
	struct clone *c = arena_new(a, struct clone);
	CLEANUP(fd_close) int fd = -1;

	c->arena = a;
	c->dir = arena_cstr(a, dir);
	fd = dir_open(AT_FDCWD, c->dir, err);
	if (fd < 0)
		return -1;
	if (git_is_top(a, fd, "."))
		c->kind = WORK_TREE;
	else if (file_exists(fd, "HEAD") && is_dir(fd, "objects") && is_dir(fd, "refs"))
		c->kind = BARE;
	*ret = c;
	return 0;
}

struct clone *clone_of_url(struct arena *a, str url, str cache_dir, str name)
{
	struct clone *c = arena_new(a, struct clone);

	*c = (struct clone){ .arena = a, .kind = FETCHED, .url = url };
	c->shown_url = facts_url_without_password(a, url);
	c->cache_dir = cache_dir;
	c->name = name;
	c->dir = arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(cache_dir), STR_ARG(name)).p;
	return c;
}

/* Runs a call that must succeed. */
static int run(struct git_call *call, struct err *err)
{
	if (git_run(&call, 1, err) < 0)
		return -1;
	return call->code == 0 ? 0 : git_failed(call, err);
}

/* --- refs --- */

static void ref_add(struct clone *c, str name, str sha)
{
	/* An annotated tag comes again as "NAME^{}" with its commit, right behind. */
	if (str_ends_with(name, STR("^{}"))) {
		name.n -= 3;
		if (c->refs.nr > 0 && str_eq(c->refs.at[c->refs.nr - 1].name, name))
			c->refs.nr--;
	}
	vec_add(c->arena, &c->refs, (struct ref){ name, sha });
}

/* git wants a directory to run in, even where it needs none. */
static struct git_call *refs_call(struct clone *c)
{
	struct git_call *call;

	if (c->kind == FETCHED) {
		call = git_call_new(c->arena, c->cache_dir.p, "ls-remote");
		git_option(call, "--quiet");
		git_path(call, c->url);
		return call;
	}
	call = git_call_new(c->arena, c->dir, "show-ref");
	git_option(call, "--head");
	git_option(call, "--dereference");
	return call;
}

static int refs_need(struct clone *c, struct err *err)
{
	CLEANUP(git_call_free_ptr) struct git_call *call = NULL;

	if (c->has_refs)
		return 0;
	call = refs_call(c);
	/* show-ref fails with 1 where there is no ref at all. */
	if (git_run(&call, 1, err) < 0 ||
	    (call->code != 0 && !(call->code == 1 && c->kind != FETCHED))) {
		if (call->code > 0)
			(void)git_failed(call, err);
		if (c->kind == FETCHED)
			return err_wrap(err, "fetching " STR_FMT, STR_ARG(c->shown_url));
		return err_wrap(err, "reading %s", c->dir);
	}
	for (str rest = arena_str(c->arena, buf_str(&call->out)); rest.n > 0;) {
		str line = str_cut(&rest, '\n');
		size_t sha = 0;

		while (sha < line.n && line.p[sha] != ' ' && line.p[sha] != '\t')
			sha++;
		if (sha > 0 && sha < line.n)
			ref_add(c, str_from(line, sha + 1), str_sub(line, 0, sha));
	}
	c->has_refs = true;
	return 0;
}

static const struct ref *ref_find(const struct clone *c, const char *prefix, str name)
{
	str start = str_of(prefix);

	for (size_t i = 0; i < c->refs.nr; i++)
		if (str_starts_with(c->refs.at[i].name, start) &&
		    str_eq(str_from(c->refs.at[i].name, start.n), name))
			return &c->refs.at[i];
	return NULL;
}

static bool is_sha(str s)
{
	if (s.n != 40 && s.n != 64)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return true;
}

/* "it has: main, v1.0 and 7 more" */
static int no_such_ref(const struct clone *c, str ref, struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	size_t shown = 0, nr = 0;

	for (size_t i = 0; i < c->refs.nr; i++) {
		str name = c->refs.at[i].name;
		bool branch = str_starts_with(name, STR("refs/heads/"));

		if (!branch && !str_starts_with(name, STR("refs/tags/")))
			continue;
		if (nr++ >= 8)
			continue;
		buf_addz(&b, shown++ ? ", " : "");
		buf_adds(&b, str_from(name, branch ? 11 : 10));
	}
	if (nr > shown)
		buf_addf(&b, " and %zu more", nr - shown);
	return err_set(
		err, ERR_NOT_FOUND, "%.*s has no branch, tag or commit \"" STR_FMT "\"; it has: %s",
		c->kind == FETCHED ? (int)c->shown_url.n : 4096,
		c->kind == FETCHED ? c->shown_url.p : c->dir, STR_ARG(ref), nr ? b.p : "none");
}

/* --- fetching --- */

static int cache_make(struct clone *c, struct err *err)
{
	CLEANUP(git_call_free_ptr) struct git_call *call = NULL;

	if (is_dir(AT_FDCWD, arena_printf(c->arena, "%s/objects", c->dir).p))
		return 0;
	if (dir_make(AT_FDCWD, c->dir, 0777, err) < 0)
		return -1;
	call = git_call_new(c->arena, c->dir, "init");
	git_option(call, "--bare");
	git_option(call, "--quiet");
	git_option(call, "--template=");
	call->no_paths = true;
	return run(call, err);
}

/* Makes the commit be there; `from` is what the server knows it by. */
static int commit_need(struct clone *c, str from, str sha, struct err *err)
{
	CLEANUP(git_call_free_ptr) struct git_call *call = NULL;
	CLEANUP(fd_close) int lock = -1;

	if (c->kind != FETCHED)
		return 0;
	/* Two runs at once fetch one after the other. */
	if (file_lock(AT_FDCWD, arena_printf(c->arena, "%s.lock", c->dir).p, true, &lock, err) <
		    0 ||
	    cache_make(c, err) < 0)
		return -1;
	if (!str_is_null(git_resolve(c->arena, c->dir, sha)))
		return 0;
	call = git_call_new(c->arena, c->dir, "fetch");
	git_option(call, "--quiet");
	git_option(call, "--depth=1");
	git_option(call, "--no-tags");
	git_option(call, "--no-write-fetch-head");
	git_option(call, "--no-recurse-submodules");
	git_path(call, c->url);
	git_path(call, arena_printf(c->arena, "+" STR_FMT ":refs/slipway/" STR_FMT, STR_ARG(from),
				    STR_ARG(sha)));
	if (run(call, err) < 0)
		return err_wrap(err, "fetching " STR_FMT, STR_ARG(c->shown_url));
	if (str_is_null(git_resolve(c->arena, c->dir, sha)))
		return err_set(err, ERR_NOT_FOUND, STR_FMT " has no commit " STR_FMT,
			       STR_ARG(c->shown_url), STR_ARG(sha));
	return 0;
}

/* --- versions --- */

static int resolve_ref(struct clone *c, const struct ref *ref, struct clone_version *ret,
		       struct err *err)
{
	*ret = (struct clone_version){ .sha = ref->sha, .tag = str_null };
	if (str_starts_with(ref->name, STR("refs/tags/")))
		ret->tag = str_from(ref->name, 10);
	return commit_need(c, ref->name, ref->sha, err);
}

/* 1 found, 0 not, -1 an error. */
static int resolve_name(struct clone *c, str name, struct clone_version *ret, struct err *err)
{
	/* The order of `git rev-parse`, so a tag comes before a branch. */
	static const char *const places[] = { "refs/tags/", "refs/heads/", "refs/remotes/origin/",
					      "refs/" };

	for (size_t i = 0; i < COUNT(places); i++) {
		const struct ref *ref = ref_find(c, places[i], name);

		if (ref)
			return resolve_ref(c, ref, ret, err) < 0 ? -1 : 1;
	}
	return 0;
}

static int resolve_head(struct clone *c, struct clone_version *ret, struct err *err)
{
	const struct ref *head;

	if (refs_need(c, err) < 0)
		return -1;
	head = ref_find(c, "", STR("HEAD"));
	return head ? resolve_ref(c, head, ret, err) : no_such_ref(c, STR("HEAD"), err);
}

static int resolve_commit(struct clone *c, str rev, struct clone_version *ret, struct err *err)
{
	*ret = (struct clone_version){ .sha = rev, .tag = str_null };
	if (c->kind == FETCHED)
		return is_sha(rev) ? commit_need(c, rev, rev, err) : no_such_ref(c, rev, err);
	ret->sha = git_resolve(c->arena, c->dir, rev);
	return str_is_null(ret->sha) ? no_such_ref(c, rev, err) : 0;
}

int clone_resolve(struct clone *c, str ref, struct clone_version *ret, struct err *err)
{
	int found;

	*ret = (struct clone_version){ .as_it_lies = true, .sha = str_null, .tag = str_null };
	if (c->kind == PLAIN_FILES || (str_is_null(ref) && c->kind == WORK_TREE))
		return 0;
	if (str_is_null(ref) || str_eq(ref, STR("HEAD")))
		return resolve_head(c, ret, err);
	if (!git_rev_is_valid(ref))
		return err_set(err, ERR_INVALID,
			       "\"" STR_FMT "\" is not a branch, tag or commit name", STR_ARG(ref));
	ref = arena_str(c->arena, ref);
	if (is_sha(ref))
		return resolve_commit(c, ref, ret, err);
	if (refs_need(c, err) < 0)
		return -1;
	found = resolve_name(c, ref, ret, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	return resolve_commit(c, ref, ret, err);
}

static int resolve_newest(struct clone *c, str want, struct clone_version *ret, struct err *err)
{
	struct str_vec tags = { 0 };
	ssize_t chosen;

	for (size_t i = 0; i < c->refs.nr; i++)
		if (str_starts_with(c->refs.at[i].name, STR("refs/tags/")))
			vec_add(c->arena, &tags, str_from(c->refs.at[i].name, 10));
	chosen = semver_choose(want, tags.at, tags.nr);
	if (chosen < 0 || !tags.at)
		return err_set(err, ERR_NOT_FOUND,
			       "no release fits \"" STR_FMT "\" among %zu tags; a tag must be a "
			       "version such as 1.2.3",
			       STR_ARG(want), tags.nr);
	return resolve_ref(c, ref_find(c, "refs/tags/", tags.at[chosen]), ret, err);
}

int clone_resolve_release(struct clone *c, str want, struct clone_version *ret, struct err *err)
{
	int found;

	if (c->kind == PLAIN_FILES || is_sha(want) || !semver_is_want(want))
		return clone_resolve(c, want, ret, err);
	if (refs_need(c, err) < 0)
		return -1;
	found = resolve_name(c, want, ret, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	return resolve_newest(c, want, ret, err);
}

/* --- files of a commit --- */

/* "MODE TYPE SHA<tab>PATH", each ended by NUL. */
static void listing_parse(struct arena *a, struct listing *l, str text)
{
	while (text.n > 0) {
		str path = str_cut(&text, '\0'), head = str_cut(&path, '\t');
		str mode = str_cut(&head, ' '), type = str_cut(&head, ' ');

		if (str_eq(type, STR("blob")) && !str_is_null(path))
			vec_add(a, &l->blobs,
				(struct blob){ path, head, str_eq(mode, STR("120000")) });
	}
}

static struct listing *listing_need(struct clone *c, str sha, struct err *err)
{
	CLEANUP(git_call_free_ptr) struct git_call *call = NULL;
	struct listing *l = c->listings;

	while (l && !str_eq(l->sha, sha))
		l = l->next;
	if (l)
		return l;
	call = git_call_new(c->arena, c->dir, "ls-tree");
	git_option(call, "-r");
	git_option(call, "-z");
	git_option(call, "--full-tree");
	call->no_paths = true;
	if (git_rev(call, sha, err) < 0 || run(call, err) < 0)
		return NULL;
	l = arena_new(c->arena, struct listing);
	l->sha = sha;
	listing_parse(c->arena, l, arena_str(c->arena, buf_str(&call->out)));
	l->next = c->listings;
	c->listings = l;
	return l;
}

static int blob_read(struct clone *c, str sha, struct arena *a, str *ret, struct err *err)
{
	CLEANUP(git_call_free_ptr) struct git_call *call =
		git_call_new(c->arena, c->dir, "cat-file");

	call->no_paths = true;
	call->max_bytes = CLONE_FILE_MAX;
	if (git_rev(call, STR("blob"), err) < 0 || git_rev(call, sha, err) < 0 ||
	    run(call, err) < 0)
		return -1;
	*ret = arena_str(a, buf_str(&call->out));
	return 0;
}

static int read_committed(struct clone *c, str sha, struct arena *a, str path, str *ret,
			  struct err *err)
{
	const struct listing *l = listing_need(c, sha, err);

	if (!l)
		return -1;
	for (size_t i = 0; i < l->blobs.nr; i++) {
		const struct blob *b = &l->blobs.at[i];

		if (!str_eq(b->path, path))
			continue;
		if (b->is_link)
			return err_set(err, ERR_INVALID,
				       STR_FMT " is a symbolic link; name the file it points to",
				       STR_ARG(path));
		return blob_read(c, b->sha, a, ret, err);
	}
	return err_set(err, ERR_NOT_FOUND, "there is no file " STR_FMT " in commit %.12s",
		       STR_ARG(path), sha.p);
}

/* --- files as they lie --- */

int clone_read_beneath(struct arena *a, str dir, str path, str *ret, struct err *err)
{
	CLEANUP(buf_release) struct buf text = { .max = CLONE_FILE_MAX + 1 };
	CLEANUP(fd_close) int root = dir_open(AT_FDCWD, arena_cstr(a, dir), err);
	CLEANUP(fd_close) int fd = -1;
	struct stat st;

	if (root < 0)
		return -1;
	fd = file_open_beneath(root, arena_cstr(a, path), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, err);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_INVALID, STR_FMT " is not a regular file", STR_ARG(path));
	if (fd_read_all(fd, CLONE_FILE_MAX, &text, err) < 0)
		return err_wrap(err, "reading " STR_FMT, STR_ARG(path));
	*ret = arena_str(a, buf_str(&text));
	return 0;
}

struct collect {
	struct arena *arena;
	struct str_vec *paths;
};

static enum tree_step collect(void *ctx, const struct tree_entry *e)
{
	struct collect *c = ctx;

	if (S_ISREG(e->mode) || S_ISLNK(e->mode))
		vec_add(c->arena, c->paths, arena_str(c->arena, e->path));
	return str_eq(e->path, STR(".git")) ? TREE_SKIP : TREE_GO;
}

static int list_as_it_lies(struct clone *c, struct arena *a, struct str_vec *ret, struct err *err)
{
	CLEANUP(git_call_free_ptr) struct git_call *call = NULL;
	CLEANUP(fd_close) int root = -1;
	struct collect to = { a, ret };
	struct git_files files;
	size_t skipped;

	if (c->kind == WORK_TREE) {
		call = git_files_call(a, c->dir);
		if (run(call, err) < 0 || git_files_read(call, &files, err) < 0)
			return err_wrap(err, "listing %s", c->dir);
		*ret = files.all;
		return 0;
	}
	root = dir_open(AT_FDCWD, c->dir, err);
	if (root < 0 || tree_walk(root, ".", collect, &to, &skipped, err) < 0)
		return -1;
	git_names_sort(ret);
	return 0;
}

int clone_read(struct clone *c, const struct clone_version *v, struct arena *a, str path, str *ret,
	       struct err *err)
{
	while (str_starts_with(path, STR("/")))
		path = str_from(path, 1);
	if (!v->as_it_lies)
		return read_committed(c, v->sha, a, path, ret, err);
	if (clone_read_beneath(a, str_of(c->dir), path, ret, err) == 0)
		return 0;
	if (err->kind == ERR_NOT_FOUND && c->kind == WORK_TREE)
		return err_set(err, ERR_NOT_FOUND,
			       "there is no " STR_FMT " in %s as it lies there; with `ref` what is "
			       "committed is read",
			       STR_ARG(path), c->dir);
	return -1;
}

int clone_list(struct clone *c, const struct clone_version *v, struct arena *a, struct str_vec *ret,
	       struct err *err)
{
	const struct listing *l;

	if (v->as_it_lies)
		return list_as_it_lies(c, a, ret, err);
	l = listing_need(c, v->sha, err);
	if (!l)
		return -1;
	for (size_t i = 0; i < l->blobs.nr; i++)
		vec_add(a, ret, arena_str(a, l->blobs.at[i].path));
	return 0;
}
