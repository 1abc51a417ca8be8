#include "tmpdir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>

static void a_file_is_read_whole_and_replaced_whole(void **state)
{
	TMPDIR(t);
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct err err;
	struct stat st;

	(void)state;
	assert_int_equal(file_write_atomic(t.fd, "a", STR("one"), 0600, &err), 0);
	assert_int_equal(file_write_atomic_synced(t.fd, "a", STR("two"), 0640, &err), 0);
	assert_int_equal(file_read(t.fd, "a", 3, &b, &err), 0);
	assert_string_equal(b.p, "two");
	assert_int_equal(fstatat(t.fd, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void a_file_past_the_limit_is_refused(void **state)
{
	TMPDIR(t);
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct err err;

	(void)state;
	tmpdir_put(&t, "a", "12345");
	assert_int_equal(file_read(t.fd, "a", 4, &b, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

static void what_is_no_regular_file_is_refused_without_waiting(void **state)
{
	TMPDIR(t);
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct err err;

	(void)state;
	assert_int_equal(mkfifoat(t.fd, "fifo", 0600), 0);
	assert_int_equal(file_read(t.fd, "fifo", 10, &b, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_int_equal(file_read(t.fd, ".", 10, &b, &err), -1);
	assert_int_equal(file_read(t.fd, "absent", 10, &b, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_int_equal(file_read(AT_FDCWD, "/dev/zero", 10, &b, &err), -1);
}

static void a_failed_replacement_leaves_the_old_file_and_nothing_else(void **state)
{
	TMPDIR(t);
	struct err err;

	(void)state;
	tmpdir_put(&t, "dir/x", "");
	assert_int_equal(file_write_atomic(t.fd, "dir", STR("two"), 0600, &err), -1);
	assert_int_equal(unlinkat(t.fd, "dir/x", 0), 0);
	assert_int_equal(unlinkat(t.fd, "dir", AT_REMOVEDIR), 0);
}

static void directories_are_made_with_their_parents(void **state)
{
	TMPDIR(t);
	struct err err;

	(void)state;
	assert_int_equal(dir_make(t.fd, "a/b/c", 0755, &err), 0);
	assert_int_equal(dir_make(t.fd, "a/b/c", 0755, &err), 0);
	assert_int_equal(dir_make(t.fd, "a//b/d/", 0755, &err), 0);
	tmpdir_put(&t, "f", "");
	assert_int_equal(dir_make(t.fd, "f", 0755, &err), -1);
	assert_int_equal(dir_make(t.fd, "f/g", 0755, &err), -1);
	assert_true(file_exists(t.fd, "a/b/d"));
}

/* Both ways to resolve a path must agree on all of these. */
static const struct {
	const char *path;
	int links, no_links; /* 0: opens; else the errno value */
} paths[] = {
	{ "in/file", 0, 0 },
	{ "in//./file", 0, 0 },
	{ "in/../in/file", 0, 0 },
	{ ".", 0, 0 },
	{ "in/", 0, 0 },
	{ "in/..", 0, 0 },
	{ "absent", ENOENT, ENOENT },
	{ "in/file/x", ENOTDIR, ENOTDIR },
	{ "in/file/", ENOTDIR, ENOTDIR },
	{ "..", EXDEV, EXDEV },
	{ "../root/in/file", EXDEV, EXDEV },
	{ "in/../../x", EXDEV, EXDEV },
	{ "/etc/passwd", EXDEV, EXDEV },
	{ "", ENOENT, ENOENT },
	{ "to-in/file", 0, ELOOP },
	{ "to-file", 0, ELOOP },
	{ "in/up-to-file", 0, ELOOP },
	{ "to-in/up-to-file", 0, ELOOP },
	{ "to-in/", 0, ELOOP },
	{ "to-outside", EXDEV, ELOOP },
	{ "to-outside/x", EXDEV, ELOOP },
	{ "to-etc", EXDEV, ELOOP },
	{ "to-etc/passwd", EXDEV, ELOOP },
	{ "loop", ELOOP, ELOOP },
	{ "loop/x", ELOOP, ELOOP },
	{ "dangling", ENOENT, ELOOP },
};

static void make_maze(const struct tmpdir *t)
{
	tmpdir_put(t, "x", "outside");
	tmpdir_put(t, "root/in/file", "inside");
	assert_int_equal(symlinkat("in", t->fd, "root/to-in"), 0);
	assert_int_equal(symlinkat("in/file", t->fd, "root/to-file"), 0);
	assert_int_equal(symlinkat("../in/file", t->fd, "root/in/up-to-file"), 0);
	assert_int_equal(symlinkat("..", t->fd, "root/to-outside"), 0);
	assert_int_equal(symlinkat("/etc", t->fd, "root/to-etc"), 0);
	assert_int_equal(symlinkat("loop", t->fd, "root/loop"), 0);
	assert_int_equal(symlinkat("nothing", t->fd, "root/dangling"), 0);
}

static void a_path_opens_beneath_its_root_or_not_at_all(void **state)
{
	TMPDIR(t);
	struct err err;
	CLEANUP(fd_close) int root = -1;

	(void)state;
	make_maze(&t);
	root = dir_open(t.fd, "root", &err);
	for (size_t i = 0; i < COUNT(paths); i++) {
		for (int way = 0; way < 4; way++) {
			enum beneath how = way & 1 ? BENEATH_NO_LINKS : BENEATH_LINKS;
			int want = way & 1 ? paths[i].no_links : paths[i].links;
			CLEANUP(fd_close) int fd =
				way & 2 ? fd_walk_beneath(root, paths[i].path, O_RDONLY, 0, how)
					: fd_open_beneath(root, paths[i].path, O_RDONLY, 0, how);

			if ((fd < 0 ? -fd : 0) != want)
				fail_msg("\"%s\", way %d: %d, not %d", paths[i].path, way, -fd,
					 want);
		}
	}
}

static void creating_beneath_never_follows_a_dangling_link_out(void **state)
{
	TMPDIR(t);
	struct err err;
	CLEANUP(fd_close) int root = -1;
	const int flags = O_WRONLY | O_CREAT;

	(void)state;
	tmpdir_put(&t, "root/f", "");
	assert_int_equal(symlinkat("../new", t.fd, "root/out"), 0);
	root = dir_open(t.fd, "root", &err);
	assert_int_equal(fd_open_beneath(root, "out", flags, 0600, BENEATH_LINKS), -EXDEV);
	assert_int_equal(fd_walk_beneath(root, "out", flags, 0600, BENEATH_LINKS), -EXDEV);
	assert_int_equal(fd_walk_beneath(root, "out", flags, 0600, BENEATH_NO_LINKS), -ELOOP);
	assert_int_equal(fd_walk_beneath(root, "out", flags | O_EXCL, 0600, BENEATH_LINKS),
			 -EEXIST);
	assert_false(file_exists(t.fd, "new"));
	assert_int_equal(file_open_beneath(root, "out", flags, 0600, &err), -1);
	assert_string_equal(err.msg, "out leads outside of its directory");
}

static void directories_beneath_are_made_only_inside(void **state)
{
	TMPDIR(t);
	struct err err;
	CLEANUP(fd_close) int root = -1;

	(void)state;
	make_maze(&t);
	root = dir_open(t.fd, "root", &err);
	assert_int_equal(dir_make_beneath(root, "p/q/r", 0755, BENEATH_NO_LINKS), 0);
	assert_true(file_exists(root, "p/q/r"));
	assert_int_equal(dir_make_beneath(root, "to-in/new", 0755, BENEATH_LINKS), 0);
	assert_true(file_exists(root, "in/new"));
	assert_int_equal(dir_make_beneath(root, "to-in/no", 0755, BENEATH_NO_LINKS), -ELOOP);
	assert_int_equal(dir_make_beneath(root, "to-outside/no", 0755, BENEATH_LINKS), -EXDEV);
	assert_int_equal(dir_make_beneath(root, "../no", 0755, BENEATH_LINKS), -EXDEV);
	assert_int_equal(dir_make_beneath(root, "in/../../no", 0755, BENEATH_LINKS), -EXDEV);
	assert_int_equal(dir_make_beneath(root, "in/file/no", 0755, BENEATH_LINKS), -ENOTDIR);
	assert_false(file_exists(t.fd, "no"));
}

static void a_copy_stops_at_the_size_it_was_told(void **state)
{
	TMPDIR(t);
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	CLEANUP(fd_close) int from = -1;
	struct err err;

	(void)state;
	tmpdir_put(&t, "from", "0123456789");
	from = openat(t.fd, "from", O_RDONLY | O_CLOEXEC);
	for (uint64_t size = 0; size <= 12; size += 4) {
		bool cloning = false;
		CLEANUP(fd_close) int to = openat(t.fd, "to", O_RDWR | O_CREAT | O_TRUNC, 0600);

		lseek(from, 0, SEEK_SET);
		assert_int_equal(file_copy(from, to, size, &cloning, &err), 0);
		buf_clear(&b);
		assert_int_equal(file_read(t.fd, "to", 100, &b, &err), 0);
		assert_int_equal(b.n, MIN(size, 10));
		assert_memory_equal(b.p, "0123456789", b.n);
	}
}

static void a_lock_is_held_by_one(void **state)
{
	TMPDIR(t);
	struct err err;
	int first, second;

	(void)state;
	assert_int_equal(file_lock(t.fd, "lock", false, &first, &err), 0);
	assert_int_equal(file_lock(t.fd, "lock", false, &second, &err), -1);
	assert_int_equal(err.kind, ERR_UNAVAILABLE);
	close(first);
	assert_int_equal(file_lock(t.fd, "lock", true, &second, &err), 0);
	close(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_whole_and_replaced_whole),
		cmocka_unit_test(a_file_past_the_limit_is_refused),
		cmocka_unit_test(what_is_no_regular_file_is_refused_without_waiting),
		cmocka_unit_test(a_failed_replacement_leaves_the_old_file_and_nothing_else),
		cmocka_unit_test(directories_are_made_with_their_parents),
		cmocka_unit_test(a_path_opens_beneath_its_root_or_not_at_all),
		cmocka_unit_test(creating_beneath_never_follows_a_dangling_link_out),
		cmocka_unit_test(directories_beneath_are_made_only_inside),
		cmocka_unit_test(a_copy_stops_at_the_size_it_was_told),
		cmocka_unit_test(a_lock_is_held_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
