#include "os/tree.h"

#include "base/vec.h"
#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Deeper directories are moved up before they are removed. */
#define REMOVE_DEPTH 32

static void dir_close(DIR **d)
{
	if (*d)
		closedir(*d);
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* ---- walking ---- */

struct item {
	const char *name;
	mode_t mode;
	uint64_t size, mtime_ns;
};

struct walker {
	int root;
	tree_visit_fn *visit;
	void *ctx;
	size_t nr_seen, nr_skipped;
	size_t start; /* where the path that the visitor sees begins */
	size_t n;
	char path[PATH_MAX];
};

static int item_cmp(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->name, ((const struct item *)b)->name);
}

struct item_vec {
	struct item *at;
	size_t nr, cap;
};

/* The entries of the directory at w->path; false when it cannot be read. */
static bool read_items(struct walker *w, struct arena *a, struct item_vec *ret)
{
	CLEANUP(fd_close) int fd = fd_open_beneath(w->root, w->n ? w->path : ".",
						   O_RDONLY | O_DIRECTORY, 0, BENEATH_NO_LINKS);
	CLEANUP(dir_close) DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (!d)
		return false;
	fd_take(&fd);
	while (w->nr_seen + ret->nr <= TREE_WALK_MAX && (e = readdir(d))) {
		struct stat st;

		if (is_dots(e->d_name) ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		vec_add(a, ret,
			(struct item){
				.name = arena_cstr(a, str_of(e->d_name)),
				.mode = st.st_mode,
				.size = (uint64_t)st.st_size,
				.mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u +
					    (uint64_t)st.st_mtim.tv_nsec,
			});
	}
	if (ret->nr)
		qsort(ret->at, ret->nr, sizeof(*ret->at), item_cmp);
	return true;
}

/* 0 go on, 1 the visitor stopped, -1 too many entries. */
static int walk_items(struct walker *w, const struct item_vec *items);

static int walk_item(struct walker *w, const struct item *it)
{
	size_t was = w->n, len = strlen(it->name);
	struct arena a;
	struct item_vec inner = { 0 };
	struct tree_entry e;
	bool dir = S_ISDIR(it->mode), readable = true;
	enum tree_step step;
	int r = 0;

	if (++w->nr_seen > TREE_WALK_MAX)
		return -1;
	if (w->n + len + 2 > sizeof(w->path)) {
		w->nr_skipped++;
		return 0;
	}
	if (w->n)
		w->path[w->n++] = '/';
	memcpy(w->path + w->n, it->name, len + 1);
	w->n += len;
	arena_init(&a, 0);
	if (dir)
		readable = read_items(w, &a, &inner);
	e = (struct tree_entry){
		.path = { w->path + w->start, w->n - w->start },
		.mode = it->mode,
		.size = it->size,
		.mtime_ns = it->mtime_ns,
		.empty_dir = dir && readable && inner.nr == 0,
	};
	step = w->visit(w->ctx, &e);
	w->nr_skipped += !readable && step == TREE_GO;
	if (step == TREE_STOP)
		r = 1;
	else if (dir && step == TREE_GO)
		r = walk_items(w, &inner);
	arena_release(&a);
	w->n = was;
	w->path[was] = '\0';
	return r;
}

static int walk_items(struct walker *w, const struct item_vec *items)
{
	for (size_t i = 0; i < items->nr; i++) {
		int r = walk_item(w, &items->at[i]);

		if (r)
			return r;
	}
	return 0;
}

int tree_walk(int dirfd, const char *path, tree_visit_fn *visit, void *ctx, size_t *ret_skipped,
	      struct err *err)
{
	struct walker w = { .root = dirfd, .visit = visit, .ctx = ctx };
	struct item_vec items = { 0 };
	struct arena a;
	size_t n = strlen(path);
	int r;

	if (n + 2 > sizeof(w.path))
		return err_sys(err, ENAMETOOLONG, "reading directory %.200s…", path);
	if (strcmp(path, ".") != 0) {
		memcpy(w.path, path, n + 1);
		while (n && w.path[n - 1] == '/')
			w.path[--n] = '\0';
		w.n = n;
		w.start = n ? n + 1 : 0;
	}
	arena_init(&a, 0);
	errno = 0;
	if (!read_items(&w, &a, &items)) {
		arena_release(&a);
		return err_sys(err, errno ? errno : ENOTDIR, "reading directory %s", path);
	}
	r = walk_items(&w, &items);
	arena_release(&a);
	*ret_skipped = w.nr_skipped;
	if (r < 0)
		return err_set(err, ERR_LIMIT, "%s holds more than %d files", path, TREE_WALK_MAX);
	return 0;
}

/* ---- removing ---- */

struct remover {
	int top;	   /* where too deep directories are moved to */
	unsigned nr_moved; /* makes their names */
	int code;	   /* the first errno that stopped something */
	char name[256];	   /* and where */
};

static void complain(struct remover *r, const char *name, int code)
{
	if (r->code || code == ENOENT)
		return;
	r->code = code;
	snprintf(r->name, sizeof(r->name), "%s", name);
}

/* Open a directory that may forbid it, without following a link. */
static int open_stubborn(int dirfd, const char *name)
{
	const int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dirfd, name, O_RDONLY | flags);

	if (fd < 0 && errno == EACCES) {
		CLEANUP(fd_close) int path_fd = openat(dirfd, name, O_PATH | flags);
		char proc[64];

		snprintf(proc, sizeof(proc), "/proc/self/fd/%d", path_fd);
		if (path_fd >= 0 && chmod(proc, 0700) == 0)
			fd = openat(dirfd, name, O_RDONLY | flags);
		else
			errno = EACCES;
	}
	return fd;
}

/* unlinkat, and once more after making the directory writable. */
static int unlink_stubborn(int dirfd, const char *name, int flags)
{
	if (unlinkat(dirfd, name, flags) == 0)
		return 0;
	if (errno != EACCES || fchmod(dirfd, 0700) < 0)
		return -1;
	return unlinkat(dirfd, name, flags);
}

static void remove_entry(struct remover *r, int dirfd, const char *name, unsigned depth);

static void remove_content(struct remover *r, int fd, unsigned depth)
{
	CLEANUP(dir_close) DIR *d = fdopendir(fd);
	struct dirent *e;

	if (!d) {
		close(fd);
		return;
	}
	while ((e = readdir(d)))
		if (!is_dots(e->d_name))
			remove_entry(r, dirfd(d), e->d_name, depth + 1);
}

/* Make it writable too: moving a directory rewrites its "..". */
static bool move_up(struct remover *r, int dirfd, const char *name)
{
	for (unsigned tries = 0; tries < 100; tries++) {
		char to[64];
		CLEANUP(fd_close) int fd = -1;

		snprintf(to, sizeof(to), ".removing-%u", r->nr_moved++);
		if (renameat2(dirfd, name, r->top, to, 1 /* RENAME_NOREPLACE */) == 0)
			return true;
		if (errno == EACCES) {
			fchmod(dirfd, 0700);
			fd = open_stubborn(dirfd, name);
			if (fd >= 0)
				fchmod(fd, 0700);
		} else if (errno != EEXIST) {
			return false;
		}
	}
	return false;
}

static void remove_entry(struct remover *r, int dirfd, const char *name, unsigned depth)
{
	int fd;

	if (unlink_stubborn(dirfd, name, 0) == 0 || errno == ENOENT)
		return;
	if (errno != EISDIR && errno != EPERM) {
		complain(r, name, errno);
		return;
	}
	if (unlink_stubborn(dirfd, name, AT_REMOVEDIR) == 0)
		return;
	if (errno != ENOTEMPTY && errno != EEXIST && errno != EACCES) {
		complain(r, name, errno);
		return;
	}
	if (depth > REMOVE_DEPTH && r->top >= 0 && move_up(r, dirfd, name))
		return;
	fd = open_stubborn(dirfd, name);
	if (fd < 0) {
		complain(r, name, errno);
		return;
	}
	remove_content(r, fd, depth);
	if (unlink_stubborn(dirfd, name, AT_REMOVEDIR) < 0)
		complain(r, name, errno);
}

int tree_remove(int dirfd, const char *path, struct err *err)
{
	struct remover r = { .top = -1 };
	CLEANUP(fd_close) int top = -1;

	if (unlinkat(dirfd, path, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_sys(err, errno, "removing %s", path);
	top = open_stubborn(dirfd, path);
	if (top < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "removing %s", path);
	r.top = top;
	/* What was moved up meanwhile needs another round; each round removes at
	 * least one level, and one without progress ends it. */
	for (unsigned before = 0;; before = r.nr_moved) {
		int again = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (again < 0)
			return err_sys(err, errno, "removing %s", path);
		remove_content(&r, again, 0);
		if (r.code || r.nr_moved == before)
			break;
	}
	if (unlinkat(dirfd, path, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (r.code)
		return err_sys(err, r.code, "removing %s: %s", path, r.name);
	return err_sys(err, errno, "removing %s", path);
}
