/* What an archive holds, without extracting it. */
#include "exec/archive_int.h"

#include <stdio.h>

static int list_entries(struct archive *ar, archive_list_fn *each, void *ctx, struct err *err)
{
	for (uint64_t nr = 0;; nr++) {
		struct archive_entry *e;
		int r = la.archive_read_next_header(ar, &e);
		const char *name;

		if (r == ARCHIVE_EOF)
			return 0;
		if (r < ARCHIVE_WARN)
			return err_set(err, ERR_INVALID, "the archive is damaged");
		if (nr >= ARCHIVE_ENTRIES_MAX)
			return err_set(err, ERR_LIMIT, "the archive holds more than %llu entries",
				       (unsigned long long)ARCHIVE_ENTRIES_MAX);
		name = la.archive_entry_pathname(e);
		if (name)
			each(ctx, str_of(name), (uint64_t)MAX(la.archive_entry_size(e), 0));
	}
}

int archive_list(int in, archive_list_fn *each, void *ctx, struct err *err)
{
	CLEANUP(archive_locale_leave) struct archive_locale locale = { 0 };
	CLEANUP(buf_release) struct buf note = { .max = ARCHIVE_NOTE_MAX };
	struct archive *ar;
	int code = -1;

	if (archive_library_need(err) < 0)
		return -1;
	archive_locale_enter(&locale);
	(void)!archive_note_read(in, &note);
	ar = la.archive_read_new();
	MUST(ar);
	la.archive_read_support_format_tar(ar);
	la.archive_read_support_format_zip(ar);
	la.archive_read_support_filter_zstd(ar);
	la.archive_read_support_filter_gzip(ar);
	if (la.archive_read_open_fd(ar, in, 65536) < ARCHIVE_WARN)
		err_set(err, ERR_INVALID, "the archive is damaged");
	else
		code = list_entries(ar, each, ctx, err);
	la.archive_read_free(ar);
	return code;
}
