#include "exec/archive_int.h"

#include "os/file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)128 << 10)

struct writer {
	int root;
	const struct archive_options *o;
	struct archive *archive;
	struct archive_entry *entry;
	struct archive_stats *stats;
	uint64_t max_bytes, max_entries;
	char *chunk;
};

static void writer_release(struct writer *w)
{
	if (w->entry)
		la.archive_entry_free(w->entry);
	if (w->archive)
		la.archive_write_free(w->archive);
	mem_free(w->chunk);
}

static int failed(struct writer *w, struct err *err)
{
	int code = la.archive_errno(w->archive);
	const char *text = la.archive_error_string(w->archive);

	if (code > 0 && code < 200)
		return err_sys(err, code, "writing the archive");
	return err_set(err, ERR_IO, "writing the archive: %s", text ? text : "unknown error");
}

/* A warning is not a failure: the entry was written. */
static bool is_bad(la_ssize_t r)
{
	return r < ARCHIVE_WARN;
}

static int skip(struct writer *w, str path, const char *why)
{
	w->stats->nr_skipped++;
	archive_warn(w->o, path, why);
	return 0;
}

static int put_header(struct writer *w, str path, const struct stat *st, const char *link,
		      struct err *err)
{
	struct archive_entry *e = la.archive_entry_clear(w->entry);

	if (++w->stats->nr_entries > w->max_entries)
		return err_set(err, ERR_LIMIT, "more than %llu files",
			       (unsigned long long)w->max_entries);
	la.archive_entry_copy_pathname(e, path.p);
	la.archive_entry_set_filetype(e, st->st_mode & S_IFMT);
	la.archive_entry_set_perm(e, st->st_mode & 0777);
	la.archive_entry_set_mtime(e, st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	la.archive_entry_set_size(e, S_ISREG(st->st_mode) ? st->st_size : 0);
	if (link)
		la.archive_entry_copy_symlink(e, link);
	return is_bad(la.archive_write_header(w->archive, e)) ? failed(w, err) : 0;
}

/* Exactly as many bytes as the header says, whatever the file does meanwhile. */
static int put_content(struct writer *w, str path, int fd, uint64_t size, struct err *err)
{
	bool shrank = false;

	while (size) {
		size_t want = (size_t)MIN(size, (uint64_t)CHUNK);
		ssize_t n = shrank ? 0 : read(fd, w->chunk, want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (!shrank)
				archive_warn(w->o, path,
					     "shrank while it was read; filled up with zeros");
			shrank = true;
			memset(w->chunk, 0, want);
			n = (ssize_t)want;
		}
		if (la.archive_write_data(w->archive, w->chunk, (size_t)n) != n)
			return failed(w, err);
		size -= (uint64_t)n;
	}
	return 0;
}

static int put_file(struct writer *w, str path, struct err *err)
{
	CLEANUP(fd_close) int fd =
		fd_open_beneath(w->root, path.p, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY, 0,
				BENEATH_NO_LINKS);
	struct stat st;

	/* It may have become something else since we looked. */
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return skip(w, path,
			    fd == -EACCES ? "permission denied, left out"
					  : "changed while it was read, left out");
	if ((uint64_t)st.st_size > w->max_bytes - w->stats->bytes)
		return err_set(err, ERR_LIMIT, "more than %llu bytes",
			       (unsigned long long)w->max_bytes);
	w->stats->bytes += (uint64_t)st.st_size;
	if (put_header(w, path, &st, NULL, err) < 0)
		return -1;
	return put_content(w, path, fd, (uint64_t)st.st_size, err);
}

static int put(struct writer *w, str path, struct err *err)
{
	/* Only looked at: opening a FIFO or a device could wait or do something. */
	CLEANUP(fd_close) int fd =
		fd_open_beneath(w->root, path.p, O_PATH | O_NOFOLLOW, 0, BENEATH_NO_LINKS);
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (fd == -ELOOP || fd == -EXDEV)
		return skip(w, path, "is behind a symbolic link, left out");
	if (fd < 0 || fstat(fd, &st) < 0)
		return skip(w, path, "vanished or cannot be read, left out");
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		return put_file(w, path, err);
	case S_IFDIR:
		return put_header(w, path, &st, NULL, err);
	case S_IFLNK:
		n = readlinkat(fd, "", target, sizeof(target) - 1);
		if (n < 0)
			return skip(w, path, "vanished or cannot be read, left out");
		target[n] = '\0';
		return put_header(w, path, &st, target, err);
	default:
		return skip(w, path, "is neither file, directory nor link, left out");
	}
}

static int write_note(int out, str note, struct err *err)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	static const unsigned char magic[4] = { 0x5a, 0x2a, 0x4d, 0x18 };
	unsigned char n[4] = { (unsigned char)note.n, (unsigned char)(note.n >> 8), 0, 0 };

	if (str_is_null(note))
		return 0;
	MUST(note.n <= ARCHIVE_NOTE_MAX);
	buf_add(&b, magic, sizeof(magic));
	buf_add(&b, n, sizeof(n));
	buf_adds(&b, note);
	return fd_write_all(out, buf_str(&b), err);
}

static int writer_open(struct writer *w, int out, struct err *err)
{
	w->archive = la.archive_write_new();
	w->entry = la.archive_entry_new();
	MUST(w->archive && w->entry);
	w->chunk = mem_alloc(CHUNK);
	/* Level 1: a local archive is read once or twice, and time is what it costs.
	 * BINARY: names are bytes, not text of some locale. */
	if (is_bad(la.archive_write_add_filter_zstd(w->archive)) ||
	    is_bad(la.archive_write_set_filter_option(w->archive, "zstd", "compression-level",
						      "1")) ||
	    is_bad(la.archive_write_set_format_pax(w->archive)) ||
	    is_bad(la.archive_write_set_format_option(w->archive, "pax", "hdrcharset", "BINARY")) ||
	    is_bad(la.archive_write_open_fd(w->archive, out)))
		return failed(w, err);
	return 0;
}

int archive_write(int root, const struct str_vec *paths, int out, const struct archive_options *o,
		  struct archive_stats *ret, struct err *err)
{
	CLEANUP(writer_release) struct writer w = {
		.root = root,
		.o = o,
		.stats = ret,
		.max_bytes = o->limits.bytes ? o->limits.bytes : ARCHIVE_BYTES_MAX,
		.max_entries = o->limits.entries ? o->limits.entries : ARCHIVE_ENTRIES_MAX,
	};
	CLEANUP(archive_locale_leave) struct archive_locale locale = { 0 };

	*ret = (struct archive_stats){ 0 };
	if (archive_library_need(err) < 0)
		return -1;
	archive_locale_enter(&locale);
	if (write_note(out, o->note, err) < 0 || writer_open(&w, out, err) < 0)
		return -1;
	for (size_t i = 0; i < paths->nr; i++)
		if (put(&w, paths->at[i], err) < 0)
			return -1;
	return is_bad(la.archive_write_close(w.archive)) ? failed(&w, err) : 0;
}
