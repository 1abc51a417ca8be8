/* tree.h - whole directories: walk them, remove them.
 *
 * Both work by descriptor and never follow a symlink, so a tree that somebody
 * changes meanwhile cannot lead them elsewhere.  They hold a few descriptors
 * whatever the depth, and take any tree that a job may leave: unreadable
 * directories, paths longer than PATH_MAX, a million entries.
 */
#ifndef OS_TREE_H
#define OS_TREE_H

#include "base/err.h"
#include "base/str.h"

/* An entry met by tree_walk.  Everything is gone when the visitor returns. */
struct tree_entry {
	str path;    /* relative to the start, no "./"; a NUL follows */
	mode_t mode; /* as lstat says */
	uint64_t size;
	uint64_t mtime_ns;
	bool empty_dir; /* a directory without entries */
};

enum tree_step { TREE_GO, TREE_SKIP /* do not enter it */, TREE_STOP };

typedef enum tree_step tree_visit_fn(void *ctx, const struct tree_entry *e);

#define TREE_WALK_MAX 2000000 /* entries; more is ERR_LIMIT */

/* Visit everything beneath `path` (resolved beneath dirfd without links), a
 * directory before its content, names in byte order.  What vanishes meanwhile is
 * passed over; so is what lies deeper than PATH_MAX, and directories we may not
 * read: `ret_skipped` counts those. */
int tree_walk(int dirfd, const char *path, tree_visit_fn *visit, void *ctx, size_t *ret_skipped,
	      struct err *err) NODISCARD __attribute__((nonnull(2, 3, 5, 6)));

/* Remove a file or a whole directory; fine if there is nothing. */
int tree_remove(int dirfd, const char *path, struct err *err) NODISCARD NONNULL;

#endif
