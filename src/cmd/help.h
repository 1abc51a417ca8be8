/* help.h - what a person reads about the commands, in 80 columns. */
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include "base/buf.h"
#include "cmd/cmd.h"

/* All commands in short. */
void help_overview(struct buf *b) NONNULL;
/* One command: usage, arguments, options, examples, exit codes. */
void help_command(struct buf *b, const struct cmd *c) NONNULL;

/* "slipway run [OPTION]... [JOB]..." */
void help_usage(struct buf *b, const struct cmd *c) NONNULL;

/* Text broken into lines of at most `width` columns, continued at `indent`; the first
 * begins at `at`, where the cursor already is.  Ends with a newline. */
void help_wrap(struct buf *b, str text, size_t at, size_t indent, size_t width) NONNULL;

/* Titles of the groups, in the order of enum cmd_group; NULL for the hidden one. */
const char *help_group_title(enum cmd_group g);

#endif
