/* Extraction, one entry at a time, each judged before anything is made (SEC-A2).
 *
 * Every path is resolved beneath the root by the kernel.  Symlinks of the archive are
 * made when all else is done, so no entry can go through one; whatever stands at an
 * entry's own name is unlinked, never written into. */
#include "exec/archive_int.h"

#include "os/file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RATIO_FROM ((uint64_t)16 << 20)
#define LINKS_BYTES_MAX ((size_t)256 << 20) /* of names and targets that wait */

struct link {
	const char *path, *target;
};

struct extractor {
	int root;
	const struct archive_options *o;
	struct archive *archive;
	struct archive_stats *stats;
	uint64_t max_bytes, max_entries;
	struct arena arena; /* of the links that wait */
	VEC(struct link) links;
};

static void extractor_release(struct extractor *x)
{
	if (x->archive)
		la.archive_read_free(x->archive);
	arena_release(&x->arena);
}

static int damaged(struct extractor *x, struct err *err)
{
	const char *text = la.archive_error_string(x->archive);

	return err_set(err, ERR_INVALID, "the archive is damaged: %.200s",
		       text ? text : "unknown error");
}

static int refused(struct err *err, str path, const char *why)
{
	return err_set(err, ERR_DENIED, "the archive's entry \"%.*s\" %s", (int)MIN(path.n, 200u),
		       path.p, why);
}

/* The name relative to the root, without "./", double slashes and a slash at its end;
 * false if it is absolute, climbs, or no file system could have it. */
static bool clean_name(const char *name, char out[PATH_MAX])
{
	str rest = str_of(name);
	size_t n = 0;

	if (str_is_null(rest) || rest.n == 0 || rest.p[0] == '/')
		return false;
	while (!str_is_null(rest)) {
		str part = str_cut(&rest, '/');

		if (part.n == 0 || str_eq(part, STR(".")))
			continue;
		if (str_eq(part, STR("..")) || part.n > NAME_MAX || n + part.n + 2 > PATH_MAX)
			return false;
		if (n)
			out[n++] = '/';
		memcpy(out + n, part.p, part.n);
		n += part.n;
	}
	out[n] = '\0';
	return true;
}

/* The directory that holds `path`, made when absent; and the name inside it.  Links
 * that stand in the tree may be followed inside it, those of the archive may not. */
static int open_parent(struct extractor *x, const char *path, enum beneath how,
		       const char **ret_name, struct err *err)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	int r = 0;

	memcpy(dir, slash ? path : ".", slash ? n : 1);
	dir[slash ? n : 1] = '\0';
	*ret_name = slash ? slash + 1 : path;
	r = fd_open_beneath(x->root, dir, O_RDONLY | O_DIRECTORY, 0, how);
	if (r == -ENOENT) {
		r = dir_make_beneath(x->root, dir, 0777, how);
		if (r == 0)
			r = fd_open_beneath(x->root, dir, O_RDONLY | O_DIRECTORY, 0, how);
	}
	if (r == -EXDEV || r == -ELOOP)
		return refused(err, str_of(path),
			       how == BENEATH_LINKS ? "leads outside" : "goes through a link");
	return r >= 0 ? r : err_sys(err, -r, "extracting %s", path);
}

/* Make room for a new entry: what stands there goes, but never a tree. */
static int clear_place(int dirfd, const char *name, const char *path, struct err *err)
{
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if ((errno == EISDIR || errno == EPERM) && unlinkat(dirfd, name, AT_REMOVEDIR) == 0)
		return 0;
	if (errno == ENOTEMPTY || errno == EEXIST)
		return err_set(err, ERR_INVALID, "extracting %s: a directory stands there", path);
	return err_sys(err, errno, "extracting %s", path);
}

static void set_times(const struct extractor *x, struct archive_entry *e, int fd)
{
	struct timespec t[2];

	(void)x;
	if (!la.archive_entry_mtime_is_set(e))
		return;
	t[0].tv_sec = t[1].tv_sec = la.archive_entry_mtime(e);
	t[0].tv_nsec = t[1].tv_nsec = la.archive_entry_mtime_nsec(e);
	futimens(fd, t); /* a time that the file system cannot keep is no reason to fail */
}

static int check_limits(struct extractor *x, uint64_t more, struct err *err)
{
	uint64_t read_bytes;

	if (more > x->max_bytes - x->stats->bytes)
		return err_set(err, ERR_LIMIT, "the archive holds more than %llu bytes",
			       (unsigned long long)x->max_bytes);
	x->stats->bytes += more;
	if (x->o->limits.ratio == 0 || x->stats->bytes < RATIO_FROM)
		return 0;
	read_bytes = (uint64_t)MAX(la.archive_filter_bytes(x->archive, -1), 1);
	if (x->stats->bytes / read_bytes > x->o->limits.ratio)
		return err_set(err, ERR_LIMIT,
			       "the archive unpacks to more than %llu times its size",
			       (unsigned long long)x->o->limits.ratio);
	return 0;
}

static int write_at(int fd, const char *p, size_t n, off_t at, struct err *err)
{
	while (n) {
		ssize_t w = pwrite(fd, p, n, at);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return err_sys(err, errno, "writing");
		p += w;
		n -= (size_t)w;
		at += w;
	}
	return 0;
}

/* Blocks may leave holes (sparse files), which count as content too. */
static int extract_content(struct extractor *x, int fd, struct err *err)
{
	uint64_t end = 0;

	for (;;) {
		const void *p;
		size_t n;
		la_int64_t at;
		int r = la.archive_read_data_block(x->archive, &p, &n, &at);

		if (r < ARCHIVE_WARN)
			return damaged(x, err);
		if (r == ARCHIVE_EOF)
			break;
		if (at < 0 || (uint64_t)at < end || n > (uint64_t)INT64_MAX - (uint64_t)at)
			return err_set(err, ERR_INVALID, "the archive is damaged: blocks overlap");
		if (check_limits(x, (uint64_t)at + n - end, err) < 0 ||
		    write_at(fd, p, n, (off_t)at, err) < 0)
			return -1;
		end = (uint64_t)at + n;
	}
	return 0;
}

static int extract_file(struct extractor *x, struct archive_entry *e, const char *path,
			struct err *err)
{
	const char *name;
	CLEANUP(fd_close) int dirfd = open_parent(x, path, BENEATH_LINKS, &name, err);
	CLEANUP(fd_close) int fd = -1;

	if (dirfd < 0 || clear_place(dirfd, name, path, err) < 0)
		return -1;
	if (la.archive_entry_size_is_set(e) && la.archive_entry_size(e) > 0 &&
	    (uint64_t)la.archive_entry_size(e) > x->max_bytes - x->stats->bytes)
		return check_limits(x, (uint64_t)la.archive_entry_size(e), err);
	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, errno, "extracting %s", path);
	if (extract_content(x, fd, err) < 0)
		return err_wrap(err, "extracting %s", path);
	if (fchmod(fd, la.archive_entry_perm(e) & 0777) < 0)
		return err_sys(err, errno, "extracting %s", path);
	set_times(x, e, fd);
	return 0;
}

static int extract_dir(struct extractor *x, struct archive_entry *e, const char *path,
		       struct err *err)
{
	int r = dir_make_beneath(x->root, path, 0777, BENEATH_LINKS);
	CLEANUP(fd_close) int fd = -1;

	if (r == -EXDEV || r == -ELOOP)
		return refused(err, str_of(path), "leads outside");
	if (r < 0)
		return err_sys(err, -r, "extracting %s", path);
	/* Ours to enter and fill, whatever it was. */
	fd = fd_open_beneath(x->root, path, O_RDONLY | O_DIRECTORY, 0, BENEATH_NO_LINKS);
	if (fd >= 0 && fchmod(fd, (la.archive_entry_perm(e) & 0777) | 0700) < 0)
		return err_sys(err, errno, "extracting %s", path);
	return 0;
}

/* A hard link becomes a copy: shared content would surprise whoever writes to one. */
static int extract_hard_link(struct extractor *x, const char *path, const char *target,
			     struct err *err)
{
	char from_path[PATH_MAX];
	const char *name;
	CLEANUP(fd_close) int from = -1;
	CLEANUP(fd_close) int dirfd = -1;
	CLEANUP(fd_close) int to = -1;
	bool cloning = true;
	struct stat st;

	if (!clean_name(target, from_path))
		return refused(err, str_of(path), "is a link that leads outside");
	if (strcmp(path, from_path) == 0)
		return 0;
	from = fd_open_beneath(x->root, from_path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY, 0,
			       BENEATH_NO_LINKS);
	if (from < 0 || fstat(from, &st) < 0 || !S_ISREG(st.st_mode))
		return refused(err, str_of(path), "is a link to nothing that was extracted");
	if (check_limits(x, (uint64_t)st.st_size, err) < 0)
		return -1;
	dirfd = open_parent(x, path, BENEATH_LINKS, &name, err);
	if (dirfd < 0 || clear_place(dirfd, name, path, err) < 0)
		return -1;
	to = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0 || fchmod(to, st.st_mode & 0777) < 0)
		return err_sys(err, errno, "extracting %s", path);
	return file_copy(from, to, (uint64_t)st.st_size, &cloning, err);
}

static int keep_link(struct extractor *x, const char *path, const char *target, struct err *err)
{
	if (!target || !*target || strlen(target) >= PATH_MAX)
		return refused(err, str_of(path), "is a link to nowhere");
	if (x->arena.used + strlen(path) + strlen(target) > LINKS_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "the archive holds too many links");
	vec_add(&x->arena, &x->links,
		(struct link){ arena_cstr(&x->arena, str_of(path)),
			       arena_cstr(&x->arena, str_of(target)) });
	return 0;
}

static int extract_entry(struct extractor *x, struct archive_entry *e, struct err *err)
{
	const char *raw = la.archive_entry_pathname(e);
	const char *hard = la.archive_entry_hardlink(e);
	char path[PATH_MAX];

	if (!raw || !clean_name(raw, path))
		return refused(err, raw ? str_of(raw) : STR("?"),
			       "leads outside, or no file can be named so");
	if (path[0] == '\0') /* "./", the root itself */
		return 0;
	if (hard)
		return extract_hard_link(x, path, hard, err);
	switch (la.archive_entry_filetype(e)) {
	case AE_IFREG:
		return extract_file(x, e, path, err);
	case AE_IFDIR:
		return extract_dir(x, e, path, err);
	case AE_IFLNK:
		return keep_link(x, path, la.archive_entry_symlink(e), err);
	default:
		x->stats->nr_skipped++;
		archive_warn(x->o, str_of(path),
			     "is neither file, directory nor link, not extracted");
		return 0;
	}
}

static int make_links(struct extractor *x, struct err *err)
{
	for (size_t i = 0; i < x->links.nr; i++) {
		const struct link *l = &x->links.at[i];
		const char *name;
		CLEANUP(fd_close) int dirfd = open_parent(x, l->path, BENEATH_NO_LINKS, &name, err);

		if (dirfd < 0 || clear_place(dirfd, name, l->path, err) < 0)
			return -1;
		if (symlinkat(l->target, dirfd, name) < 0)
			return err_sys(err, errno, "extracting %s", l->path);
	}
	return 0;
}

static int extractor_open(struct extractor *x, int in, struct err *err)
{
	x->archive = la.archive_read_new();
	MUST(x->archive);
	la.archive_read_support_filter_zstd(x->archive);
	la.archive_read_support_filter_gzip(x->archive);
	la.archive_read_support_format_tar(x->archive);
	la.archive_read_support_format_zip(x->archive);
	return la.archive_read_open_fd(x->archive, in, 65536) < ARCHIVE_WARN ? damaged(x, err) : 0;
}

int archive_extract(int in, int root, const struct archive_options *o, struct archive_stats *ret,
		    struct err *err)
{
	CLEANUP(extractor_release) struct extractor x = {
		.root = root,
		.o = o,
		.stats = ret,
		.max_bytes = o->limits.bytes ? o->limits.bytes : ARCHIVE_BYTES_MAX,
		.max_entries = o->limits.entries ? o->limits.entries : ARCHIVE_ENTRIES_MAX,
	};
	CLEANUP(archive_locale_leave) struct archive_locale locale = { 0 };
	CLEANUP(buf_release) struct buf note = { .max = ARCHIVE_NOTE_MAX };

	*ret = (struct archive_stats){ 0 };
	if (archive_library_need(err) < 0)
		return -1;
	arena_init(&x.arena, 0);
	archive_locale_enter(&locale);
	(void)!archive_note_read(in, &note);
	if (extractor_open(&x, in, err) < 0)
		return -1;
	for (;;) {
		struct archive_entry *e;
		int r = la.archive_read_next_header(x.archive, &e);

		if (r == ARCHIVE_EOF)
			return make_links(&x, err);
		if (r < ARCHIVE_WARN)
			return damaged(&x, err);
		if (++ret->nr_entries > x.max_entries)
			return err_set(err, ERR_LIMIT, "the archive holds more than %llu entries",
				       (unsigned long long)x.max_entries);
		if (extract_entry(&x, e, err) < 0)
			return -1;
	}
}
