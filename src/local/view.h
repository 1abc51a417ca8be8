/* view.h - the three pictures of a run: live tree, prefixed lines, JSON lines.
 *
 * The tree is for terminals that can move the cursor, lines are for everything
 * else, JSON is for programs.  Names and output of jobs are made harmless before
 * they are shown; the log on disk keeps every byte.
 */
#ifndef LOCAL_VIEW_H
#define LOCAL_VIEW_H

#include "local/event.h"
#include "os/term.h"

struct view_config {
	int fd;
	bool color;
	bool utf8;  /* symbols, not only words */
	bool quiet; /* lines: only what failed */
	/* tree: NULL asks the terminal; for tests. */
	struct term_size (*size)(int fd);
};

struct view *view_lines_new(const struct view_config *c) NODISCARD NONNULL;
struct view *view_json_new(const struct view_config *c) NODISCARD NONNULL; /* docs/events-json.md */
struct view *view_tree_new(const struct view_config *c) NODISCARD NONNULL;

#endif
