/* Resolving a path beneath a root by hand: what openat2(RESOLVE_BENEATH) does, for
 * kernels without it.  Every step opens one component with O_NOFOLLOW; links are
 * read and put in front of what is left; the directories entered are kept, so
 * that ".." goes where we came from, never where the file system says. */
#include "os/file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINKS 40
#define MAX_DEPTH 128

struct walk {
	int dirs[MAX_DEPTH]; /* dirs[0] is the root, borrowed */
	size_t nr;
	char rest[2 * PATH_MAX];
	unsigned links;
};

static void walk_release(struct walk *w)
{
	while (w->nr > 1)
		close(w->dirs[--w->nr]);
}

static int leave(struct walk *w)
{
	if (w->nr == 1)
		return -EXDEV;
	close(w->dirs[--w->nr]);
	return 0;
}

/* Put the link's target in front of the rest. */
static int splice_link(struct walk *w, const char *name, const char *after, bool slash)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(w->dirs[w->nr - 1], name, target, sizeof(target));
	size_t left = strlen(after);

	if (n < 0)
		return -errno;
	if (n == 0 || ++w->links > MAX_LINKS)
		return -ELOOP;
	if (target[0] == '/')
		return -EXDEV;
	if ((size_t)n + 1 + left + 1 > sizeof(w->rest) || (size_t)n == sizeof(target))
		return -ENAMETOOLONG;
	memmove(w->rest + n + slash, after, left + 1);
	memcpy(w->rest, target, (size_t)n);
	if (slash)
		w->rest[n] = '/';
	return 0;
}

/* Cut the first component off w->rest into `name`; true if it is the last one.
 * A name that no file can have becomes one that certainly does not fit. */
static bool cut(struct walk *w, char name[NAME_MAX + 2], const char **after, bool *ret_must_dir)
{
	char *p = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(p, "/");
	const char *rest = p + n + strspn(p + n, "/");

	*ret_must_dir = p[n] == '/';
	n = MIN(n, (size_t)NAME_MAX + 1);
	memcpy(name, p, n);
	name[n] = '\0';
	*after = rest;
	return *rest == '\0';
}

static int enter(struct walk *w, const char *name)
{
	int fd;

	if (w->nr == MAX_DEPTH)
		return -ENAMETOOLONG;
	fd = openat(w->dirs[w->nr - 1], name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	w->dirs[w->nr++] = fd;
	return 0;
}

static bool is_link(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

static int open_last(struct walk *w, const char *name, int flags, mode_t mode)
{
	int fd = openat(w->dirs[w->nr - 1], *name ? name : ".", flags | O_NOFOLLOW | O_CLOEXEC,
			mode);

	return fd >= 0 ? fd : -errno;
}

int fd_walk_beneath(int root, const char *path, int flags, mode_t mode, enum beneath how)
{
	CLEANUP(walk_release) struct walk w = { .dirs = { root }, .nr = 1 };
	size_t n = strlen(path);

	if (path[0] == '/')
		return -EXDEV;
	if (n == 0)
		return -ENOENT;
	if (n >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(w.rest, path, n + 1);
	for (;;) {
		char name[NAME_MAX + 2];
		const char *after;
		bool must_dir, last = cut(&w, name, &after, &must_dir);
		bool dots = strcmp(name, "..") == 0, dot = strcmp(name, ".") == 0 || !*name;
		bool stay = (flags & (O_NOFOLLOW)) || ((flags & O_CREAT) && (flags & O_EXCL));
		int r = 0;

		if (!dots && !dot && is_link(w.dirs[w.nr - 1], name) &&
		    !(last && !must_dir && stay)) {
			if (how == BENEATH_NO_LINKS)
				return -ELOOP;
			r = splice_link(&w, name, after, must_dir);
			if (r < 0)
				return r;
			continue;
		}
		if (last && !dots)
			return open_last(&w, name, flags | (must_dir ? O_DIRECTORY : 0), mode);
		if (dots)
			r = leave(&w);
		else if (!dot)
			r = enter(&w, name);
		if (r < 0)
			return r;
		if (last)
			return open_last(&w, ".", flags, mode);
		memmove(w.rest, after, strlen(after) + 1);
	}
}
