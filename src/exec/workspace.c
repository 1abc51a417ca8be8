#include "exec/workspace.h"

#include "exec/workspace_int.h"
#include "os/file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTES_MAX 10	    /* left-out files named in the log */
#define SUBMODULE_DEPTH 10

/* ---- options ---- */

static bool is_true(str s)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };

	for (size_t i = 0; i < COUNT(yes); i++)
		if (str_eq(s, str_of(yes[i])))
			return true;
	return false;
}

int workspace_options_read(const struct job_var_vec *vars, struct workspace_options *ret,
			   struct err *err)
{
	static const struct {
		const char *name;
		enum workspace_strategy strategy;
	} strategies[] = { { "fetch", WORKSPACE_FETCH },
			   { "clone", WORKSPACE_CLONE },
			   { "none", WORKSPACE_NONE },
			   { "empty", WORKSPACE_EMPTY } };
	str strategy = job_var_get(vars, STR("GIT_STRATEGY"));
	str checkout = job_var_get(vars, STR("GIT_CHECKOUT"));
	str submodules = job_var_get(vars, STR("GIT_SUBMODULE_STRATEGY"));
	bool known = strategy.n == 0;

	*ret = (struct workspace_options){ .checkout = checkout.n == 0 || is_true(checkout) };
	for (size_t i = 0; i < COUNT(strategies) && !known; i++) {
		known = str_eq(strategy, str_of(strategies[i].name));
		ret->strategy = strategies[i].strategy;
	}
	if (!known)
		return err_set(err, ERR_INVALID,
			       "unknown GIT_STRATEGY \"" STR_FMT
			       "\"; expected fetch, clone, none or empty",
			       STR_ARG(strategy));
	ret->recursive = str_eq(submodules, STR("recursive"));
	ret->submodules = ret->recursive || str_eq(submodules, STR("normal"));
	if (!ret->submodules && submodules.n && !str_eq(submodules, STR("none")))
		return err_set(err, ERR_INVALID,
			       "unknown GIT_SUBMODULE_STRATEGY \"" STR_FMT
			       "\"; expected none, normal or recursive",
			       STR_ARG(submodules));
	return 0;
}

/* ---- copying files ---- */

/* Directories are entered once for all the files that follow each other in them:
 * the list is sorted.  One thread does it all: a second one was measured not to help,
 * the directories' locks and the journal are what it waits for. */
struct copier {
	struct arena *a;
	struct buf *log;
	struct workspace_stats *stats;
	int from_top, to_top;
	int from_dir, to_dir;
	char dir[PATH_MAX]; /* the directory both stand for */
	bool cloning;
};

static void copier_release(struct copier *c)
{
	fd_close(&c->from_dir);
	fd_close(&c->to_dir);
}

static void skip(struct copier *c, str path, const char *why)
{
	if (c->stats->nr_skipped++ < NOTES_MAX)
		buf_addf(c->log, "WARNING: " STR_FMT ": %s, left out\n", STR_ARG(path), why);
}

static void skip_errno(struct copier *c, str path, int code)
{
	skip(c, path,
	     code == ENOENT || code == ENOTDIR ? "vanished"
	     : code == ELOOP || code == EXDEV  ? "is behind a symbolic link"
	     : code == EACCES || code == EPERM ? "permission denied"
					       : strerror(code));
}

/* Enter the directory of the next file on both sides; 0, or minus an errno value of
 * the user's side.  *fatal, with the error set, when it is our side that fails. */
static int enter(struct copier *c, str dir, bool *fatal, struct err *err)
{
	int r;

	if (c->from_dir >= 0 && str_eq(dir, str_of(c->dir)))
		return 0;
	fd_close(&c->from_dir);
	fd_close(&c->to_dir);
	memcpy(c->dir, dir.p, dir.n);
	c->dir[dir.n] = '\0';
	r = fd_open_beneath(c->from_top, dir.n ? c->dir : ".", O_RDONLY | O_DIRECTORY, 0,
			    BENEATH_NO_LINKS);
	if (r < 0)
		return r;
	c->from_dir = r;
	if (dir.n && dir_make(c->to_top, c->dir, 0777, err) < 0)
		return *fatal = true, 0;
	c->to_dir = dir_open(c->to_top, dir.n ? c->dir : ".", err);
	*fatal = c->to_dir < 0;
	return 0;
}

static int copy_regular(struct copier *c, str path, const char *name, int from,
			const struct stat *st, struct err *err)
{
	const struct timespec times[2] = { st->st_mtim, st->st_mtim };
	CLEANUP(fd_close) int to =
		openat(c->to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (to < 0)
		return err_sys(err, errno, "making " STR_FMT, STR_ARG(path));
	if (file_copy(from, to, (uint64_t)st->st_size, &c->cloning, err) < 0)
		return err_wrap(err, STR_FMT, STR_ARG(path));
	if (fchmod(to, st->st_mode & 0777) < 0 || futimens(to, times) < 0)
		return err_sys(err, errno, "making " STR_FMT, STR_ARG(path));
	c->stats->nr_files++;
	c->stats->bytes += (uint64_t)st->st_size;
	return 0;
}

static int copy_link(struct copier *c, str path, const char *name, struct err *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(c->from_dir, name, target, sizeof(target) - 1);

	if (n < 0) {
		skip_errno(c, path, errno);
		return 0;
	}
	target[n] = '\0';
	if (symlinkat(target, c->to_dir, name) < 0)
		return err_sys(err, errno, "making " STR_FMT, STR_ARG(path));
	c->stats->nr_files++;
	return 0;
}

static int copy_other(struct copier *c, str path, const char *name, struct err *err)
{
	struct stat st;

	if (fstatat(c->from_dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		skip_errno(c, path, errno);
		return 0;
	}
	if (S_ISLNK(st.st_mode))
		return copy_link(c, path, name, err);
	if (S_ISDIR(st.st_mode)) {
		if (mkdirat(c->to_dir, name, 0777) < 0 && errno != EEXIST)
			return err_sys(err, errno, "making " STR_FMT, STR_ARG(path));
		return 1;
	}
	skip(c, path, "is no regular file");
	return 0;
}

/* 0, 1 for a directory (a submodule), -1 when our side fails. */
static int copy_one(struct copier *c, str path, struct err *err)
{
	CLEANUP(fd_close) int from = -1;
	ssize_t slash = str_rindex(path, '/');
	str dir = str_sub(path, 0, slash < 0 ? 0 : (size_t)slash);
	str base = str_from(path, (size_t)(slash + 1));
	char name[NAME_MAX + 1];
	bool fatal = false;
	struct stat st;
	int r;

	if (base.n > NAME_MAX || dir.n >= sizeof(c->dir)) {
		skip_errno(c, path, ENAMETOOLONG);
		return 0;
	}
	memcpy(name, base.p, base.n);
	name[base.n] = '\0';
	r = enter(c, dir, &fatal, err);
	if (fatal)
		return -1;
	if (r < 0) {
		skip_errno(c, path, -r);
		return 0;
	}
	from = openat(c->from_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (from >= 0 && fstat(from, &st) == 0 && S_ISREG(st.st_mode))
		return copy_regular(c, path, name, from, &st, err);
	if (from >= 0 || errno == ELOOP)
		return copy_other(c, path, name, err);
	skip_errno(c, path, errno);
	return 0;
}

/* ---- the whole ---- */

struct workspace {
	struct arena *a;
	const struct facts *facts;
	const struct workspace_options *o;
	struct buf *log;
	struct workspace_stats *stats;
};

static int make_at(struct workspace *w, const char *from, const char *dir,
		   const struct str_vec *files, unsigned depth, struct err *err);

static int copy_files(struct workspace *w, int from, int to, const struct str_vec *files,
		      struct str_vec *ret_nested, struct err *err)
{
	CLEANUP(copier_release) struct copier c = {
		.a = w->a,
		.log = w->log,
		.stats = w->stats,
		.from_top = from,
		.to_top = to,
		.from_dir = -1,
		.to_dir = -1,
		.cloning = true,
	};
	uint64_t before = w->stats->bytes;

	for (size_t i = 0; i < files->nr; i++) {
		int r = copy_one(&c, files->at[i], err);

		if (r < 0)
			return -1;
		if (r == 1)
			vec_add(w->a, ret_nested, files->at[i]);
	}
	w->stats->cloned = w->stats->cloned || (c.cloning && w->stats->bytes > before);
	return 0;
}

/* A submodule that is checked out: its files and a repository of its own. */
static int make_submodule(struct workspace *w, const char *from, const char *dir, str name,
			  unsigned depth, struct err *err)
{
	struct git_call *call;
	struct git_files files;
	str sub = arena_printf(w->a, "%s/" STR_FMT, from, STR_ARG(name));
	str to = arena_printf(w->a, "%s/" STR_FMT, dir, STR_ARG(name));
	int r = -1;

	if (!git_is_top(w->a, AT_FDCWD, sub.p))
		return 0;
	call = git_files_call(w->a, sub.p);
	if (git_run(&call, 1, err) == 0 && git_files_read(call, &files, err) == 0)
		r = make_at(w, sub.p, to.p, &files.all, depth + 1, err);
	git_call_free(call);
	return r < 0 ? err_wrap(err, "submodule " STR_FMT, STR_ARG(name)) : 0;
}

static int make_repository(struct workspace *w, const char *from, int to, bool top, struct err *err)
{
	struct git_place place;
	const struct facts *f = w->facts;
	struct workspace_git g = {
		.from = &place,
		.branch = top && f->event != EVENT_TAG ? f->ref_name : str_null,
		.remote_url = top ? f->remote_url : str_null,
		.user_name = f->user_name,
		.user_email = f->user_email,
		.checkout = w->o->checkout,
	};

	if (git_find(w->a, from, &place, err) < 0 || git_head_read(w->a, &place, &g.head, err) < 0)
		return -1;
	return workspace_git_make(w->a, to, &g, err);
}

static int make_at(struct workspace *w, const char *from, const char *dir,
		   const struct str_vec *files, unsigned depth, struct err *err)
{
	CLEANUP(fd_close) int from_fd = -1;
	CLEANUP(fd_close) int to_fd = -1;
	struct str_vec nested = { 0 };

	from_fd = dir_open(AT_FDCWD, from, err);
	to_fd = from_fd < 0 ? -1 : dir_open(AT_FDCWD, dir, err);
	if (to_fd < 0 || make_repository(w, from, to_fd, depth == 0, err) < 0)
		return -1;
	if (!w->o->checkout) {
		buf_addz(w->log, "Skipping Git checkout\n");
		return 0;
	}
	if (copy_files(w, from_fd, to_fd, files, &nested, err) < 0)
		return -1;
	if (!w->o->submodules || depth >= SUBMODULE_DEPTH || (depth > 0 && !w->o->recursive))
		return 0;
	for (size_t i = 0; i < nested.nr; i++)
		if (make_submodule(w, from, dir, nested.at[i], depth, err) < 0)
			return -1;
	return 0;
}

static void log_checkout(const struct workspace *w)
{
	const struct facts *f = w->facts;

	buf_addf(w->log, "Checking out %.8s as detached HEAD (ref is " STR_FMT ")...\n",
		 f->sha.p ? f->sha.p : "", STR_ARG(f->ref_name));
}

int workspace_make(struct arena *a, const char *dir, const struct facts *facts,
		   const struct workspace_options *o, struct workspace_stats *ret, struct err *err)
{
	struct workspace w = { .a = a, .facts = facts, .o = o, .log = o->log, .stats = ret };
	struct buf *log = o->log;

	*ret = (struct workspace_stats){ 0 };
	if (dir_make(AT_FDCWD, dir, 0777, err) < 0)
		return -1;
	if (o->strategy == WORKSPACE_NONE) {
		buf_addz(log, "Skipping Git repository setup\nSkipping Git checkout\n"
			      "Skipping Git submodules setup\n");
		return 0;
	}
	if (o->strategy == WORKSPACE_EMPTY) {
		buf_addz(log,
			 "Skipping Git repository setup and creating an empty build directory\n");
		return 0;
	}
	buf_addz(log, "Fetching changes...\n");
	if (o->checkout)
		log_checkout(&w);
	if (make_at(&w, arena_cstr(a, facts->project_dir), dir, &facts->files, 0, err) < 0)
		return err_wrap(err, "making the workspace");
	if (ret->nr_skipped > NOTES_MAX)
		buf_addf(log, "WARNING: %zu files were left out\n", ret->nr_skipped);
	if (!o->submodules)
		buf_addz(log, "\nSkipping Git submodules setup\n");
	return 0;
}
