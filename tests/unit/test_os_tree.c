#include "tmpdir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/buf.h"

#include <errno.h>
#include <sys/stat.h>

static enum tree_step note(void *ctx, const struct tree_entry *e)
{
	buf_addf(ctx, "%c%.*s%s ",
		 S_ISDIR(e->mode)   ? 'd'
		 : S_ISLNK(e->mode) ? 'l'
				    : 'f',
		 STR_ARG(e->path), e->empty_dir ? "(empty)" : "");
	return str_ends_with(e->path, STR("skip")) ? TREE_SKIP : TREE_GO;
}

static void a_walk_visits_everything_in_order_and_follows_no_link(void **state)
{
	TMPDIR(t);
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct err err;
	size_t skipped;

	(void)state;
	tmpdir_put(&t, "r/b/2", "");
	tmpdir_put(&t, "r/b/1", "");
	tmpdir_put(&t, "r/a", "");
	tmpdir_put(&t, "r/skip/x", "");
	assert_int_equal(symlinkat("b", t.fd, "r/c"), 0);
	assert_int_equal(mkdirat(t.fd, "r/e", 0755), 0);
	assert_int_equal(tree_walk(t.fd, "r", note, &b, &skipped, &err), 0);
	assert_string_equal(b.p, "fa db fb/1 fb/2 lc de(empty) dskip ");
	assert_int_equal(skipped, 0);
	buf_clear(&b);
	assert_int_equal(tree_walk(t.fd, "r/c", note, &b, &skipped, &err), -1);
	assert_int_equal(tree_walk(t.fd, "r/b/", note, &b, &skipped, &err), 0);
	assert_string_equal(b.p, "f1 f2 ");
	buf_clear(&b);
	assert_int_equal(tree_walk(t.fd, ".", note, &b, &skipped, &err), 0);
	assert_string_equal(b.p, "dr fr/a dr/b fr/b/1 fr/b/2 lr/c dr/e(empty) dr/skip ");
}

static enum tree_step stop_at_second(void *ctx, const struct tree_entry *e)
{
	unsigned *n = ctx;

	(void)e;
	return ++*n == 2 ? TREE_STOP : TREE_GO;
}

static void a_walk_stops_when_told(void **state)
{
	TMPDIR(t);
	struct err err;
	size_t skipped;
	unsigned n = 0;

	(void)state;
	tmpdir_put(&t, "a/b/c/d", "");
	assert_int_equal(tree_walk(t.fd, ".", stop_at_second, &n, &skipped, &err), 0);
	assert_int_equal(n, 2);
}

/* A chain of directories far deeper than PATH_MAX allows to name. */
static void make_deep(int dirfd, unsigned depth)
{
	int at = dup(dirfd);

	for (unsigned i = 0; i < depth; i++) {
		const char *name = "a-directory-with-a-name-of-some-length";
		int next;

		assert_int_equal(mkdirat(at, name, 0755), 0);
		next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(openat(next, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
		close(at);
		at = next;
	}
	close(at);
}

static void a_tree_deeper_than_any_path_is_walked_as_far_as_paths_go(void **state)
{
	TMPDIR(t);
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct err err;
	size_t skipped;

	(void)state;
	make_deep(t.fd, 300);
	assert_int_equal(tree_walk(t.fd, ".", note, &b, &skipped, &err), 0);
	assert_true(skipped > 0);
}

static void a_tree_deeper_than_any_path_is_removed(void **state)
{
	TMPDIR(t);
	struct err err;

	(void)state;
	assert_int_equal(mkdirat(t.fd, "r", 0755), 0);
	int r = openat(t.fd, "r", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	make_deep(r, 1000);
	close(r);
	assert_int_equal(tree_remove(t.fd, "r", &err), 0);
	assert_false(file_exists(t.fd, "r"));
}

static void removing_takes_links_not_what_they_point_to(void **state)
{
	TMPDIR(t);
	struct err err;

	(void)state;
	tmpdir_put(&t, "keep/file", "");
	tmpdir_put(&t, "r/x", "");
	assert_int_equal(symlinkat("../keep", t.fd, "r/link"), 0);
	assert_int_equal(symlinkat("keep", t.fd, "top"), 0);
	assert_int_equal(mkfifoat(t.fd, "r/fifo", 0600), 0);
	assert_int_equal(tree_remove(t.fd, "r", &err), 0);
	assert_int_equal(tree_remove(t.fd, "top", &err), 0);
	assert_int_equal(tree_remove(t.fd, "absent", &err), 0);
	assert_false(file_exists(t.fd, "r"));
	assert_false(file_exists(t.fd, "top"));
	assert_true(file_exists(t.fd, "keep/file"));
}

static void directories_without_permissions_are_removed_too(void **state)
{
	TMPDIR(t);
	struct err err;
	bool root = geteuid() == 0;
	int r;

	(void)state;
	/* Permissions do not bind root: be somebody else meanwhile. */
	if (root)
		assert_int_equal(fchown(t.fd, 65534, 65534) | seteuid(65534), 0);
	tmpdir_put(&t, "r/none/x/y", "");
	tmpdir_put(&t, "r/readonly/x", "");
	r = openat(t.fd, "r", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	make_deep(r, 60);
	close(r);
	assert_int_equal(fchmodat(t.fd, "r/none/x", 0, 0), 0);
	assert_int_equal(fchmodat(t.fd, "r/none", 0, 0), 0);
	assert_int_equal(fchmodat(t.fd, "r/readonly", 0500, 0), 0);
	assert_int_equal(fchmodat(t.fd, "r", 0500, 0), 0);
	assert_int_equal(tree_remove(t.fd, "r", &err), 0);
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_false(file_exists(t.fd, "r"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_walk_visits_everything_in_order_and_follows_no_link),
		cmocka_unit_test(a_walk_stops_when_told),
		cmocka_unit_test(a_tree_deeper_than_any_path_is_walked_as_far_as_paths_go),
		cmocka_unit_test(a_tree_deeper_than_any_path_is_removed),
		cmocka_unit_test(removing_takes_links_not_what_they_point_to),
		cmocka_unit_test(directories_without_permissions_are_removed_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
