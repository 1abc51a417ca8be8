#include "tmpdir.h"
#include "tarball.h"

#include "exec/archive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

static struct arena a;

static int arena_up(void **state)
{
	(void)state;
	arena_init(&a, 0);
	return 0;
}

static int arena_down(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static const char *content(const struct tmpdir *t, const char *path)
{
	struct buf b = BUF_INIT;
	struct err err;
	const char *text = "(absent)";

	if (file_read(t->fd, path, 10000, &b, &err) == 0)
		text = arena_cstr(&a, buf_str(&b));
	buf_release(&b);
	return text;
}

static const char *link_target(const struct tmpdir *t, const char *path)
{
	char target[4096];
	ssize_t n = readlinkat(t->fd, path, target, sizeof(target));

	return n < 0 ? "(none)" : arena_cstr(&a, (str){ target, (size_t)n });
}

/* Everything beneath a directory, as text: names, types, content. */
static enum tree_step note(void *ctx, const struct tree_entry *e)
{
	buf_addf(ctx, STR_FMT " %o %llu\n", STR_ARG(e->path), e->mode, (unsigned long long)e->size);
	return TREE_GO;
}

static const char *listing(int dirfd, const char *path)
{
	struct buf b = BUF_INIT;
	struct err err;
	size_t skipped;
	const char *text;

	assert_int_equal(tree_walk(dirfd, path, note, &b, &skipped, &err), 0);
	text = arena_cstr(&a, buf_str(&b));
	buf_release(&b);
	return text;
}

static struct archive_stats stats;
static struct buf log_text = BUF_INIT;

static int extract(const struct tmpdir *t, str bytes, struct archive_limits limits, struct err *err)
{
	CLEANUP(fd_close) int in = -1;
	CLEANUP(fd_close) int root = -1;
	struct archive_options o = { .limits = limits, .log = &log_text };

	buf_clear(&log_text);
	assert_int_equal(file_write_atomic(t->fd, "archive", bytes, 0600, err), 0);
	assert_int_equal(dir_make(t->fd, "root", 0755, err), 0);
	in = openat(t->fd, "archive", O_RDONLY | O_CLOEXEC);
	root = dir_open(t->fd, "root", err);
	return archive_extract(in, root, &o, &stats, err);
}

static int write_paths(const struct tmpdir *t, const char *const *paths, struct archive_options o,
		       struct err *err)
{
	CLEANUP(fd_close) int out = -1;
	CLEANUP(fd_close) int root = -1;
	struct str_vec v = { 0 };

	for (; *paths; paths++)
		vec_add(&a, &v, str_of(*paths));
	root = dir_open(t->fd, "from", err);
	out = openat(t->fd, "archive", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	buf_clear(&log_text);
	o.log = &log_text;
	return archive_write(root, &v, out, &o, &stats, err);
}

#define PATHS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NO_LIMITS (struct archive_limits){ 0 }

static int extract_written(const struct tmpdir *t, struct err *err)
{
	struct buf b = BUF_INIT;
	int r;

	assert_int_equal(file_read(t->fd, "archive", 100 << 20, &b, err), 0);
	r = extract(t, buf_str(&b), NO_LIMITS, err);
	buf_release(&b);
	return r;
}

static void what_is_written_comes_out_the_same(void **state)
{
	TMPDIR(t);
	struct err err;
	char longest[300] = "from/";
	struct stat before, after;

	(void)state;
	memset(longest + 5, 'n', 250);
	tmpdir_put(&t, "from/dir/file", "content");
	tmpdir_put(&t, "from/\303\251\377 \n", "odd name");
	tmpdir_put(&t, longest, "long name");
	assert_int_equal(fchmodat(t.fd, "from/dir/file", 04751, 0), 0);
	assert_int_equal(mkdirat(t.fd, "from/empty", 0700), 0);
	assert_int_equal(symlinkat("/etc/passwd", t.fd, "from/link"), 0);
	assert_int_equal(
		write_paths(&t, PATHS("dir/file", "\303\251\377 \n", longest + 5, "empty", "link"),
			    (struct archive_options){ 0 }, &err),
		0);
	assert_int_equal(stats.nr_entries, 5);
	assert_int_equal(extract_written(&t, &err), 0);
	assert_string_equal(content(&t, "root/dir/file"), "content");
	assert_string_equal(content(&t, "root/\303\251\377 \n"), "odd name");
	assert_string_equal(link_target(&t, "root/link"), "/etc/passwd");
	assert_true(file_exists(t.fd, "root/empty"));
	assert_int_equal(fstatat(t.fd, "from/dir/file", &before, 0), 0);
	assert_int_equal(fstatat(t.fd, "root/dir/file", &after, 0), 0);
	assert_int_equal(after.st_mode & 07777, 0751);
	assert_int_equal(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
	assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	memcpy(longest, "root/", 5);
	assert_string_equal(content(&t, longest), "long name");
}

static void an_empty_list_makes_an_archive_too(void **state)
{
	TMPDIR(t);
	struct err err;

	(void)state;
	assert_int_equal(dir_make(t.fd, "from", 0755, &err), 0);
	assert_int_equal(
		write_paths(&t, (const char *const[]){ NULL }, (struct archive_options){ 0 }, &err),
		0);
	assert_int_equal(extract_written(&t, &err), 0);
	assert_int_equal(stats.nr_entries, 0);
}

static void what_is_no_file_is_left_out_with_a_warning(void **state)
{
	TMPDIR(t);
	struct err err;

	(void)state;
	tmpdir_put(&t, "from/real/x", "x");
	tmpdir_put(&t, "outside/x", "secret");
	assert_int_equal(mkfifoat(t.fd, "from/fifo", 0600), 0);
	assert_int_equal(symlinkat("../outside", t.fd, "from/out"), 0);
	assert_int_equal(write_paths(&t, PATHS("fifo", "out/x", "gone", "../outside/x", "real/x"),
				     (struct archive_options){ 0 }, &err),
			 0);
	assert_string_equal(log_text.p,
			    "WARNING: fifo: is neither file, directory nor link, left out\n"
			    "WARNING: out/x: is behind a symbolic link, left out\n"
			    "WARNING: gone: vanished or cannot be read, left out\n"
			    "WARNING: ../outside/x: is behind a symbolic link, left out\n");
	assert_int_equal(stats.nr_skipped, 4);
	assert_int_equal(extract_written(&t, &err), 0);
	assert_string_equal(listing(t.fd, "root"), "real 40755 4096\nreal/x 100644 1\n");
}

static void writing_stops_at_its_limits(void **state)
{
	TMPDIR(t);
	struct err err;

	(void)state;
	tmpdir_put(&t, "from/a", "12345");
	tmpdir_put(&t, "from/b", "12345");
	assert_int_equal(write_paths(&t, PATHS("a", "b"),
				     (struct archive_options){ .limits.bytes = 10 }, &err),
			 0);
	assert_int_equal(write_paths(&t, PATHS("a", "b"),
				     (struct archive_options){ .limits.bytes = 9 }, &err),
			 -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_string_equal(err.msg, "more than 9 bytes");
	assert_int_equal(write_paths(&t, PATHS("a", "b"),
				     (struct archive_options){ .limits.entries = 1 }, &err),
			 -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

static void a_note_stands_in_front_and_disturbs_nobody(void **state)
{
	TMPDIR(t);
	struct err err;
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	CLEANUP(fd_close) int in = -1;

	(void)state;
	tmpdir_put(&t, "from/a", "12345");
	assert_int_equal(
		write_paths(&t, PATHS("a"), (struct archive_options){ .note = STR("hello") }, &err),
		0);
	in = openat(t.fd, "archive", O_RDONLY | O_CLOEXEC);
	assert_true(archive_note_read(in, &b));
	assert_string_equal(b.p, "hello");
	assert_int_equal(extract_written(&t, &err), 0);
	assert_string_equal(content(&t, "root/a"), "12345");
	assert_int_equal(write_paths(&t, PATHS("a"), (struct archive_options){ 0 }, &err), 0);
	fd_close(&in);
	in = openat(t.fd, "archive", O_RDONLY | O_CLOEXEC);
	assert_false(archive_note_read(in, &b));
}

/* --- archives that mean harm --- */

#define ETC "/etc/slipway-evil"

static const struct {
	const char *what;
	struct tar_entry entries[4];
	enum err_kind error; /* ERR_NONE: is extracted */
	const char *root;    /* listing of the root afterwards; NULL: not looked at */
} evil[] = {
	{ "climbs", { { "../evil", .content = "x" } }, ERR_DENIED, "" },
	{ "climbs later", { { "a/../../evil", .content = "x" } }, ERR_DENIED, "" },
	{ "climbs inside", { { "a/../evil", .content = "x" } }, ERR_DENIED, "" },
	{ "is absolute", { { ETC, .content = "x" } }, ERR_DENIED, "" },
	{ "link out, then through it",
	  { { "a", "..", .type = '2' }, { "a/evil", .content = "x" } }, ERR_INVALID, NULL },
	{ "absolute link, then through it",
	  { { "a", "/etc", .type = '2' }, { "a/slipway-evil", .content = "x" } }, ERR_INVALID, NULL },
	{ "link to a file outside, then the file again",
	  { { "a", "../victim", .type = '2' }, { "a", .content = "evil" } }, ERR_NONE,
	  "a 120777 9\n" },
	{ "file, then link of the same name, then file",
	  { { "a", .content = "1" }, { "a", "../victim", .type = '2' }, { "a", .content = "2" } },
	  ERR_NONE, "a 120777 9\n" },
	{ "link through a link", { { "a", "..", .type = '2' }, { "a/b", "x", .type = '2' } },
	  ERR_DENIED, NULL },
	{ "link through a link, the other order",
	  { { "a/b", "x", .type = '2' }, { "a", "..", .type = '2' } }, ERR_INVALID, NULL },
	{ "link through a link that stays inside",
	  { { "r/", .type = '5' }, { "a", "r", .type = '2' }, { "a/b", "x", .type = '2' } },
	  ERR_DENIED, NULL },
	{ "hard link out", { { "a", "../victim", .type = '1' } }, ERR_DENIED, "" },
	{ "hard link to /etc/shadow", { { "a", "/etc/shadow", .type = '1' } }, ERR_DENIED, "" },
	{ "hard link to nothing", { { "a", "b", .type = '1' } }, ERR_DENIED, "" },
	{ "hard link to a link",
	  { { "b", "../victim", .type = '2' }, { "a", "b", .type = '1' } }, ERR_DENIED, "" },
	{ "hard link to a file inside",
	  { { "b", .content = "12" }, { "a", "b", .type = '1' } }, ERR_NONE,
	  "a 100644 2\nb 100644 2\n" },
	{ "hard link to itself", { { "b", .content = "12" }, { "b", "b", .type = '1' } }, ERR_NONE,
	  "b 100644 2\n" },
	{ "through a link that stands there and leads out", { { "standing/evil", .content = "x" } },
	  ERR_DENIED, NULL },
	{ "character device", { { "null", .type = '3' } }, ERR_NONE, "" },
	{ "block device", { { "sda", .type = '4' } }, ERR_NONE, "" },
	{ "fifo", { { "fifo", .type = '6' } }, ERR_NONE, "" },
	{ "set-user-id", { { "su", .content = "x", .mode = 06755 } }, ERR_NONE, "su 100755 1\n" },
	{ "set-user-id directory", { { "d/", .type = '5', .mode = 07777 } }, ERR_NONE,
	  "d 40777 4096\n" },
	{ "unusable directory", { { "d/", .type = '5', .mode = 0 + 01 }, { "d/f", .content = "x" } },
	  ERR_NONE, "d 40701 4096\nd/f 100644 1\n" },
	{ "the root itself", { { "./", .type = '5', .mode = 0700 } }, ERR_NONE, "" },
	{ "empty name", { { "", .content = "x" } }, ERR_DENIED, "" },
	{ "odd characters", { { "a\n\033[31mb", .content = "x" } }, ERR_NONE,
	  "a\n\033[31mb 100644 1\n" },
	{ "many slashes", { { "./a//b/./c", .content = "x" } }, ERR_NONE,
	  "a 40755 4096\na/b 40755 4096\na/b/c 100644 1\n" },
	{ "file where a directory is needed",
	  { { "a", .content = "x" }, { "a/b", .content = "x" } }, ERR_NOT_FOUND, "a 100644 1\n" },
	{ "file where a tree stands", { { "a/b", .content = "x" }, { "a", .content = "x" } },
	  ERR_INVALID, "a 40755 4096\na/b 100644 1\n" },
	{ "more than there is", { { "a", .content = "x", .size = 4LL << 30 } }, ERR_INVALID, NULL },
	{ "pax path that climbs",
	  { { "x", .type = 'x', .content = "17 path=../evil2\n" }, { "a", .content = "x" } },
	  ERR_DENIED, "" },
	{ "pax link path",
	  { { "x", .type = 'x', .content = "19 linkpath=../../x\n" },
	    { "a", "b", .type = '1' } }, ERR_DENIED, "" },
	{ "name of a GNU long name that climbs",
	  { { "././@LongLink", .type = 'L', .content = "../evil" }, { "a", .content = "x" } },
	  ERR_DENIED, "" },
};

static void an_evil_archive_changes_nothing_outside(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(evil); i++) {
		TMPDIR(t);
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		struct err err = { 0 };
		int r;

		tmpdir_put(&t, "victim", "safe");
		if (strstr(evil[i].entries[0].name, "standing")) {
			assert_int_equal(dir_make(t.fd, "root", 0755, &err), 0);
			assert_int_equal(symlinkat("..", t.fd, "root/standing"), 0);
		}
		for (size_t k = 0; k < 4 && evil[i].entries[k].name; k++)
			tar_add(&b, &evil[i].entries[k]);
		tar_end(&b);
		r = extract(&t, buf_str(&b), NO_LIMITS, &err);
		if ((r < 0 ? err.kind : ERR_NONE) != evil[i].error)
			fail_msg("%s: %d %s: %s", evil[i].what, r, err_kind_name(err.kind),
				 err.msg);
		if (evil[i].root && strcmp(listing(t.fd, "root"), evil[i].root) != 0)
			fail_msg("%s: %s", evil[i].what, listing(t.fd, "root"));
		assert_string_equal(content(&t, "victim"), "safe");
		assert_int_equal(unlinkat(t.fd, "victim", 0), 0);
		assert_int_equal(unlinkat(t.fd, "archive", 0), 0);
		assert_int_equal(tree_remove(t.fd, "root", &err), 0);
		/* Nothing else was made beside it. */
		if (strcmp(listing(t.fd, "."), "") != 0)
			fail_msg("%s: %s", evil[i].what, listing(t.fd, "."));
		assert_false(file_exists(AT_FDCWD, ETC));
	}
}

static void links_that_stand_in_the_tree_may_be_followed_inside_it(void **state)
{
	TMPDIR(t);
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct err err;

	(void)state;
	assert_int_equal(dir_make(t.fd, "root/real", 0755, &err), 0);
	assert_int_equal(symlinkat("real", t.fd, "root/alias"), 0);
	tar_add(&b, &(struct tar_entry){ "alias/x", .content = "1" });
	tar_end(&b);
	assert_int_equal(extract(&t, buf_str(&b), NO_LIMITS, &err), 0);
	assert_string_equal(content(&t, "root/real/x"), "1");
}

static void a_file_replaces_the_link_of_its_name_not_its_target(void **state)
{
	TMPDIR(t);
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct err err;

	(void)state;
	tmpdir_put(&t, "root/target", "old");
	assert_int_equal(symlinkat("target", t.fd, "root/a"), 0);
	tar_add(&b, &(struct tar_entry){ "a", .content = "new" });
	tar_end(&b);
	assert_int_equal(extract(&t, buf_str(&b), NO_LIMITS, &err), 0);
	assert_string_equal(content(&t, "root/a"), "new");
	assert_string_equal(content(&t, "root/target"), "old");
}

static void a_hard_link_is_made_to_files_only_never_through_a_link(void **state)
{
	TMPDIR(t);
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct err err;

	(void)state;
	tmpdir_put(&t, "root/real", "x");
	assert_int_equal(symlinkat("real", t.fd, "root/link"), 0);
	tar_add(&b, &(struct tar_entry){ "a", "link", .type = '1' });
	tar_end(&b);
	assert_int_equal(extract(&t, buf_str(&b), NO_LIMITS, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_false(file_exists(t.fd, "root/a"));
}

static void a_zip_with_two_names_stays_inside(void **state)
{
	static const char *const names[][2] = {
		{ "good", "good" }, { "good", "../evil" }, { "../evil", "good" }, { ETC, ETC },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		TMPDIR(t);
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		struct err err;
		int r;

		zip_make(&b, names[i][0], names[i][1]);
		r = extract(&t, buf_str(&b), NO_LIMITS, &err);
		assert_int_equal(unlinkat(t.fd, "archive", 0), 0);
		if (i == 0)
			assert_string_equal(content(&t, "root/good"), "x");
		else
			assert_true(r < 0 || strcmp(listing(t.fd, "root"), "good 100644 1\n") == 0);
		assert_int_equal(tree_remove(t.fd, "root", &err), 0);
		assert_string_equal(listing(t.fd, "."), "");
		assert_false(file_exists(AT_FDCWD, ETC));
	}
}

static void extracting_stops_at_its_limits(void **state)
{
	TMPDIR(t);
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct err err;

	(void)state;
	tar_add(&b, &(struct tar_entry){ "a", .content = "12345" });
	tar_add(&b, &(struct tar_entry){ "b", .content = "12345" });
	tar_end(&b);
	assert_int_equal(extract(&t, buf_str(&b), (struct archive_limits){ .bytes = 10 }, &err), 0);
	assert_int_equal(extract(&t, buf_str(&b), (struct archive_limits){ .bytes = 9 }, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_string_equal(err.msg, "the archive holds more than 9 bytes");
	assert_int_equal(extract(&t, buf_str(&b), (struct archive_limits){ .entries = 1 }, &err),
			 -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

static void a_bomb_is_stopped_by_its_ratio(void **state)
{
	TMPDIR(t);
	struct err err;
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	(void)state;
	tmpdir_put(&t, "from/zeros", "");
	assert_int_equal(truncate(arena_printf(&a, "%s/from/zeros", t.path).p, 40 << 20), 0);
	assert_int_equal(write_paths(&t, PATHS("zeros"), (struct archive_options){ 0 }, &err), 0);
	assert_int_equal(file_read(t.fd, "archive", 1 << 20, &b, &err), 0);
	assert_int_equal(extract(&t, buf_str(&b), (struct archive_limits){ .ratio = 100 }, &err),
			 -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_non_null(strstr(err.msg, "more than 100 times its size"));
	assert_int_equal(extract(&t, buf_str(&b), NO_LIMITS, &err), 0);
}

static void a_damaged_archive_is_an_error_wherever_it_breaks(void **state)
{
	TMPDIR(t);
	struct err err;
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	(void)state;
	for (int i = 0; i < 50; i++)
		tmpdir_put(&t, arena_printf(&a, "from/%d", i).p, "content of a file");
	assert_int_equal(write_paths(&t, PATHS("1", "2", "3", "4", "5"),
				     (struct archive_options){ 0 }, &err),
			 0);
	assert_int_equal(file_read(t.fd, "archive", 1 << 20, &b, &err), 0);
	for (size_t n = 1; n < b.n; n += 7) {
		assert_int_equal(extract(&t, str_sub(buf_str(&b), 0, n), NO_LIMITS, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
	}
	assert_int_equal(extract(&t, STR("neither tar nor zip"), NO_LIMITS, &err), -1);
}

/* --- a tree that changes under the writer (SEC-A4) --- */

struct swapper {
	int dirfd;
	atomic_bool stop;
};

static void *swap(void *arg)
{
	struct swapper *s = arg;

	while (!atomic_load(&s->stop))
		renameat2(s->dirfd, "dir", s->dirfd, "link", 2 /* RENAME_EXCHANGE */);
	return NULL;
}

static void a_directory_swapped_for_a_link_never_leads_the_writer_out(void **state)
{
	TMPDIR(t);
	struct err err;
	struct swapper s = { 0 };
	pthread_t thread;
	CLEANUP(fd_close) int from = -1;

	(void)state;
	tmpdir_put(&t, "outside/x", "secret");
	tmpdir_put(&t, "from/dir/x", "public");
	assert_int_equal(symlinkat("../outside", t.fd, "from/link"), 0);
	from = dir_open(t.fd, "from", &err);
	s.dirfd = from;
	assert_int_equal(pthread_create(&thread, NULL, swap, &s), 0);
	for (int i = 0; i < 1000; i++) {
		const char *x;

		if (write_paths(&t, PATHS("dir/x"), (struct archive_options){ 0 }, &err) < 0 ||
		    extract_written(&t, &err) < 0)
			fail_msg("%s", err.msg);
		x = content(&t, "root/dir/x");
		assert_true(strcmp(x, "public") == 0 || strcmp(x, "(absent)") == 0);
		assert_int_equal(tree_remove(t.fd, "root", &err), 0);
	}
	atomic_store(&s.stop, true);
	pthread_join(thread, NULL);
}

static void *resize(void *arg)
{
	struct swapper *s = arg;
	static const char bytes[70000];

	while (!atomic_load(&s->stop)) {
		if (ftruncate(s->dirfd, 0) < 0)
			break;
		(void)!pwrite(s->dirfd, bytes, sizeof(bytes), 0);
	}
	return NULL;
}

static void a_file_that_grows_and_shrinks_gives_a_whole_archive(void **state)
{
	TMPDIR(t);
	struct err err;
	struct swapper s = { 0 };
	pthread_t thread;
	CLEANUP(fd_close) int file = -1;

	(void)state;
	tmpdir_put(&t, "from/f", "");
	tmpdir_put(&t, "from/g", "after it");
	file = openat(t.fd, "from/f", O_RDWR | O_CLOEXEC);
	s.dirfd = file;
	assert_int_equal(pthread_create(&thread, NULL, resize, &s), 0);
	for (int i = 0; i < 300; i++) {
		if (write_paths(&t, PATHS("f", "g"), (struct archive_options){ 0 }, &err) < 0 ||
		    extract_written(&t, &err) < 0)
			fail_msg("%s", err.msg);
		assert_string_equal(content(&t, "root/g"), "after it");
	}
	atomic_store(&s.stop, true);
	pthread_join(thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_comes_out_the_same),
		cmocka_unit_test(an_empty_list_makes_an_archive_too),
		cmocka_unit_test(what_is_no_file_is_left_out_with_a_warning),
		cmocka_unit_test(writing_stops_at_its_limits),
		cmocka_unit_test(a_note_stands_in_front_and_disturbs_nobody),
		cmocka_unit_test(an_evil_archive_changes_nothing_outside),
		cmocka_unit_test(links_that_stand_in_the_tree_may_be_followed_inside_it),
		cmocka_unit_test(a_file_replaces_the_link_of_its_name_not_its_target),
		cmocka_unit_test(a_hard_link_is_made_to_files_only_never_through_a_link),
		cmocka_unit_test(a_zip_with_two_names_stays_inside),
		cmocka_unit_test(extracting_stops_at_its_limits),
		cmocka_unit_test(a_bomb_is_stopped_by_its_ratio),
		cmocka_unit_test(a_damaged_archive_is_an_error_wherever_it_breaks),
		cmocka_unit_test(a_directory_swapped_for_a_link_never_leads_the_writer_out),
		cmocka_unit_test(a_file_that_grows_and_shrinks_gives_a_whole_archive),
	};
	int r = cmocka_run_group_tests(tests, arena_up, arena_down);

	buf_release(&log_text);
	return r;
}
