/* archive.h - trees into archives, and archives into trees, trusting neither.
 *
 * Writing takes a list of paths beneath a directory that somebody may change
 * meanwhile: only regular files, directories and symlinks are read, never through
 * a link, never more than a file held when it was opened (SEC-A4).  Extracting takes
 * an archive that anybody may have made: nothing outside the target changes, nothing
 * is written through a link that it brought, no device, no set-user-id, and every
 * count has a limit (SEC-A2).  tar, zip, zstd and gzip are understood; we write
 * tar+zstd.  libarchive is loaded when first needed.
 */
#ifndef EXEC_ARCHIVE_H
#define EXEC_ARCHIVE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

struct archive_limits {
	uint64_t bytes;	  /* of content; 0: ARCHIVE_BYTES_MAX */
	uint64_t entries; /* 0: ARCHIVE_ENTRIES_MAX */
	uint64_t ratio;	  /* content to archive, looked at beyond 16 MiB; 0: any */
};
#define ARCHIVE_BYTES_MAX   ((uint64_t)64 << 30)
#define ARCHIVE_ENTRIES_MAX ((uint64_t)1000000)
#define ARCHIVE_NOTE_MAX    ((size_t)4096)

struct archive_options {
	struct archive_limits limits;
	struct buf *log; /* warnings, one a line; NULL: none */
	str note;	 /* kept in front of what is written, invisible to other readers */
};

struct archive_stats {
	size_t nr_entries, nr_skipped;
	uint64_t bytes;
};

/* Write the files at `paths` (relative, NUL-terminated, as they shall be named) to
 * `out`.  A directory is written without its content.  What vanished, or is neither
 * file, directory nor link, is skipped with a warning; a file that shrinks meanwhile
 * is filled up with zeros, with a warning.  Past a limit: ERR_LIMIT. */
int archive_write(int root, const struct str_vec *paths, int out, const struct archive_options *o,
		  struct archive_stats *ret, struct err *err) NODISCARD NONNULL;

/* Extract all of the archive at `in`'s position beneath `root`, replacing files that
 * are there.  ERR_INVALID for a damaged archive, ERR_DENIED for an entry that leads
 * outside, ERR_LIMIT; then what was extracted until there stays. */
int archive_extract(int in, int root, const struct archive_options *o, struct archive_stats *ret,
		    struct err *err) NODISCARD NONNULL;

/* Name and size of each entry, in order. */
typedef void archive_list_fn(void *ctx, str name, uint64_t size);
int archive_list(int in, archive_list_fn *each, void *ctx, struct err *err) NODISCARD
	__attribute__((nonnull(2, 4)));

/* The note at the front; false when there is none.  Leaves the position behind it. */
bool archive_note_read(int in, struct buf *ret) NODISCARD NONNULL;

#endif
