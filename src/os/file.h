/* file.h - files by descriptor: read, replace, copy, lock, and stay beneath a root.
 *
 * Everything is relative to a directory descriptor (AT_FDCWD works).  Descriptors
 * are close-on-exec from birth.  "Beneath" means: however the path is written and
 * whatever symlinks stand there, the file opened lies under the root, or nothing
 * is opened (SEC-A1, SEC-A4).  A path that leads out is ERR_DENIED.
 */
#ifndef OS_FILE_H
#define OS_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <fcntl.h>

/* Close on leaving the scope; -1 is nothing to close. */
void fd_close(int *fd);
/* Hand a descriptor over: the variable becomes -1. */
int fd_take(int *fd) NONNULL;

/* How many descriptors we may have open, once our limit is raised to `want` where that
 * is allowed.  Called before there are threads. */
uint64_t fd_limit_raise(uint64_t want);
/* The limit we were started with, which what we start should have; 0: the one we have. */
uint64_t fd_limit_before(void);

/* How a path may be resolved beneath a root. */
enum beneath {
	BENEATH_LINKS,	  /* symlinks are followed as long as they stay beneath */
	BENEATH_NO_LINKS, /* any symlink on the way, or at the end, is refused */
};

/* Open beneath `root`; a descriptor, or minus an errno value (EXDEV or ELOOP when
 * the path leads out or through a link).  For loops that judge the code themselves. */
int fd_open_beneath(int root, const char *path, int flags, mode_t mode, enum beneath how) NONNULL;
/* What fd_open_beneath does on kernels without openat2; for its tests. */
int fd_walk_beneath(int root, const char *path, int flags, mode_t mode, enum beneath how) NONNULL;

/* The same with an error for people.  A descriptor, or -1. */
int file_open_beneath(int root, const char *path, int flags, mode_t mode,
		      struct err *err) NODISCARD NONNULL;
int file_open_beneath_no_links(int root, const char *path, int flags, mode_t mode,
			       struct err *err) NODISCARD NONNULL;

/* Open a directory, or -1. */
int dir_open(int dirfd, const char *path, struct err *err) NODISCARD NONNULL;
/* mkdir -p; existing directories (and links to them) are fine. */
int dir_make(int dirfd, const char *path, mode_t mode, struct err *err) NODISCARD NONNULL;
/* mkdir -p beneath a root; 0 or minus an errno value. */
int dir_make_beneath(int root, const char *path, mode_t mode, enum beneath how) NODISCARD NONNULL;

/* Append the whole file to `ret`.  More than `max` bytes is ERR_LIMIT; a FIFO or
 * device is refused without waiting for it. */
int file_read(int dirfd, const char *path, size_t max, struct buf *ret,
	      struct err *err) NODISCARD NONNULL;
int fd_read_all(int fd, size_t max, struct buf *ret, struct err *err) NODISCARD NONNULL;
int fd_write_all(int fd, str content, struct err *err) NODISCARD NONNULL;

/* Old content or new content, never half: temporary file beside it, then rename.
 * `_synced` reaches the disk before the rename, for what must survive a power cut. */
int file_write_atomic(int dirfd, const char *path, str content, mode_t mode,
		      struct err *err) NODISCARD NONNULL;
int file_write_atomic_synced(int dirfd, const char *path, str content, mode_t mode,
			     struct err *err) NODISCARD NONNULL;

/* A new temporary file beside `path`; its name goes to `ret_tmp`.  Descriptor or -1. */
int file_tmp_open(int dirfd, const char *path, mode_t mode, struct buf *ret_tmp,
		  struct err *err) NODISCARD NONNULL;

/* Copy what `from` holds (from its start) into the empty file `to`: by reference
 * where the file system can, in the kernel where it can, else by hand.  Stops at
 * `size` bytes even if the source grows; a source that shrank gives less.
 * *cloning says whether to try FICLONE; it is cleared when that cannot work. */
int file_copy(int from, int to, uint64_t size, bool *cloning, struct err *err) NODISCARD NONNULL;

/* Lock a file (made when absent) against other processes and other descriptors of
 * this one; closing the descriptor, or dying, unlocks.  Without `wait` a held lock
 * is ERR_UNAVAILABLE. */
int file_lock(int dirfd, const char *path, bool wait, int *ret_fd,
	      struct err *err) NODISCARD NONNULL;

bool file_exists(int dirfd, const char *path) NONNULL;

#endif
