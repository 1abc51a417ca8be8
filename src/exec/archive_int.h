/* archive_int.h - libarchive as we use it: the functions, and one entry's name. */
#ifndef EXEC_ARCHIVE_INT_H
#define EXEC_ARCHIVE_INT_H

#include "exec/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#define ARCHIVE_FUNCTIONS(X)                                                                       \
	X(archive_errno)                                                                           \
	X(archive_error_string)                                                                    \
	X(archive_filter_bytes)                                                                    \
	X(archive_entry_new)                                                                       \
	X(archive_entry_clear)                                                                     \
	X(archive_entry_free)                                                                      \
	X(archive_entry_pathname)                                                                  \
	X(archive_entry_hardlink)                                                                  \
	X(archive_entry_symlink)                                                                   \
	X(archive_entry_filetype)                                                                  \
	X(archive_entry_perm)                                                                      \
	X(archive_entry_size)                                                                      \
	X(archive_entry_size_is_set)                                                               \
	X(archive_entry_mtime)                                                                     \
	X(archive_entry_mtime_nsec)                                                                \
	X(archive_entry_mtime_is_set)                                                              \
	X(archive_entry_copy_pathname)                                                             \
	X(archive_entry_copy_symlink)                                                              \
	X(archive_entry_set_filetype)                                                              \
	X(archive_entry_set_perm)                                                                  \
	X(archive_entry_set_size)                                                                  \
	X(archive_entry_set_mtime)                                                                 \
	X(archive_read_new)                                                                        \
	X(archive_read_support_format_tar)                                                         \
	X(archive_read_support_format_zip)                                                         \
	X(archive_read_support_filter_zstd)                                                        \
	X(archive_read_support_filter_gzip)                                                        \
	X(archive_read_open_fd)                                                                    \
	X(archive_read_next_header)                                                                \
	X(archive_read_data_block)                                                                 \
	X(archive_read_free)                                                                       \
	X(archive_write_new)                                                                       \
	X(archive_write_add_filter_zstd)                                                           \
	X(archive_write_set_filter_option)                                                         \
	X(archive_write_set_format_pax)                                                            \
	X(archive_write_set_format_option)                                                         \
	X(archive_write_open_fd)                                                                   \
	X(archive_write_header)                                                                    \
	X(archive_write_data)                                                                      \
	X(archive_write_close)                                                                     \
	X(archive_write_free)

#define ARCHIVE_MEMBER(fn) __typeof__(&fn) fn;
struct archive_library {
	ARCHIVE_FUNCTIONS(ARCHIVE_MEMBER)
};
#undef ARCHIVE_MEMBER
extern struct archive_library la;

/* Load it; from any thread. */
int archive_library_need(struct err *err) NODISCARD NONNULL;

/* Names are bytes to us and UTF-8 to libarchive, which asks the locale: make this
 * thread's UTF-8 for as long as the variable lives. */
struct archive_locale {
	locale_t before;
};
void archive_locale_enter(struct archive_locale *l) NONNULL;
void archive_locale_leave(struct archive_locale *l) NONNULL;

/* A warning in the log, the name made harmless for a terminal. */
void archive_warn(const struct archive_options *o, str name, const char *what) NONNULL;

#endif
