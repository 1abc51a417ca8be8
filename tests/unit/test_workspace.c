#include "gitrepo.h"

#include "exec/workspace.h"
#include "local/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <sys/stat.h>

static struct arena a;

static int arena_up(void **state)
{
	(void)state;
	arena_init(&a, 0);
	setenv("HOME", "/nonexistent", 1);
	return 0;
}

static int arena_down(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static const char *in(const struct tmpdir *t, const char *path)
{
	return arena_printf(&a, "%s/%s", t->path, path).p;
}

static struct facts facts_of(const struct tmpdir *t, const char *dir)
{
	struct facts f;
	struct git_place p;
	struct err err = { 0 };
	struct facts_options o = { .dir = in(t, dir) };

	if (facts_gather(&a, &o, &f, &p, &err) < 0)
		fail_msg("%s", err.msg);
	return f;
}

static struct workspace_stats stats;
static struct workspace_options plain = { .checkout = true };

/* Make "w" from the repository "r"; the log. */
static const char *make(const struct tmpdir *t, const struct workspace_options *o)
{
	struct facts f = facts_of(t, "r");
	struct workspace_options options = *o;
	struct buf log = BUF_INIT;
	struct err err = { 0 };
	const char *text;

	options.log = &log;
	if (workspace_make(&a, in(t, "w"), &f, &options, &stats, &err) < 0)
		fail_msg("%s", err.msg);
	text = arena_cstr(&a, buf_str(&log));
	buf_release(&log);
	return text;
}

static const char *content(const struct tmpdir *t, const char *path)
{
	struct buf b = BUF_INIT;
	struct err err;
	const char *text;

	if (file_read(t->fd, path, 10000, &b, &err) < 0)
		fail_msg("%s", err.msg);
	text = arena_cstr(&a, buf_str(&b));
	buf_release(&b);
	return text;
}

static bool is_there(const struct tmpdir *t, const char *path)
{
	return file_exists(t->fd, path);
}

#define assert_git(t, want, ...) \
	assert_string_equal(arena_cstr(&a, GIT(&a, (t), "w", __VA_ARGS__)), (want))

static void a_workspace_holds_the_files_as_they_are_now(void **state)
{
	TMPDIR(t);
	struct stat st;

	(void)state;
	gitrepo_make(&a, &t, "r");
	tmpdir_put(&t, "r/.gitignore", "ignored\n");
	tmpdir_put(&t, "r/ignored", "");
	tmpdir_put(&t, "r/f2", "edited");
	tmpdir_put(&t, "r/new/x", "new");
	tmpdir_put(&t, "r/run.sh", "#!/bin/sh");
	assert_int_equal(fchmodat(t.fd, "r/run.sh", 04755, 0), 0);
	assert_int_equal(fchmodat(t.fd, "r/f1", 0400, 0), 0);
	assert_int_equal(unlinkat(t.fd, "r/sub/f3", 0), 0);
	assert_int_equal(symlinkat("../../outside", t.fd, "r/new/link"), 0);
	make(&t, &plain);
	assert_string_equal(content(&t, "w/f1"), "one\n");
	assert_string_equal(content(&t, "w/f2"), "edited");
	assert_string_equal(content(&t, "w/new/x"), "new");
	assert_false(is_there(&t, "w/ignored"));
	assert_false(is_there(&t, "w/sub/f3"));
	assert_int_equal(fstatat(t.fd, "w/run.sh", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(fstatat(t.fd, "w/f1", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(fstatat(t.fd, "w/new/link", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stats.nr_files, 6);
}

static void git_works_inside_and_sees_what_the_user_sees(void **state)
{
	TMPDIR(t);
	struct err err;

	(void)state;
	gitrepo_make(&a, &t, "r");
	GIT(&a, &t, "r", "tag", "-a", "-m", "x", "v1");
	GIT(&a, &t, "r", "remote", "add", "origin", "https://example.org/\"x\".git");
	GIT(&a, &t, "r", "config", "core.autocrlf", "input");
	GIT(&a, &t, "r", "config", "core.hooksPath", "/hooks");
	tmpdir_put(&t, "r/staged", "s");
	GIT(&a, &t, "r", "add", "staged");
	tmpdir_put(&t, "r/f2", "edited");
	tmpdir_put(&t, "r/new", "n");
	make(&t, &plain);
	assert_git(&t, " M f2\nA  staged\n?? new", "status", "--porcelain");
	assert_git(&t, "HEAD", "rev-parse", "--abbrev-ref", "HEAD");
	assert_git(&t, "v1", "describe");
	assert_git(&t, "Second title\nFirst", "log", "--format=%s");
	assert_git(&t, "f1", "diff", "--name-only", "HEAD~1", "HEAD");
	assert_git(&t, "f2", "diff", "--name-only");
	assert_git(&t, "https://example.org/\"x\".git", "remote", "get-url", "origin");
	assert_git(&t, "Ulla User", "config", "user.name");
	assert_git(&t, "input", "config", "core.autocrlf");
	assert_git(&t, "0", "rev-list", "--count", "HEAD..origin/main");
	assert_string_not_equal(content(&t, "w/.git/config"), "");
	assert_null(strstr(content(&t, "w/.git/config"), "hooks"));
	assert_git(&t, "", "fsck", "--connectivity-only", "--no-dangling");
	/* A commit inside is nowhere to be seen outside. */
	GIT(&a, &t, "w", "commit", "-q", "-a", "-m", "inside");
	GIT(&a, &t, "w", "tag", "inside");
	assert_git(&t, "inside\nSecond title\nFirst", "log", "--format=%s");
	assert_string_equal(arena_cstr(&a, GIT(&a, &t, "r", "log", "--all", "--format=%s")),
			    "Second title\nFirst");
	assert_int_equal(tree_remove(t.fd, "w", &err), 0);
}

static void the_users_tree_is_not_written(void **state)
{
	TMPDIR(t);
	str before, after;
	static const char list[] =
		/* git itself refreshes the time of an object that is made a second time. */
		"find r -path 'r/.git/objects/*' -printf '%p %i %m %s\\n' "
		"-o -printf '%p %i %m %s %T@ %C@\\n' | LC_ALL=C sort | sha1sum";
	struct proc_capture c = { 0 };
	const char *argv[] = { "sh", "-c", list, NULL };
	struct buf out = BUF_INIT;
	struct err err;

	(void)state;
	gitrepo_make(&a, &t, "r");
	tmpdir_put(&t, "r/f2", "edited");
	GIT(&a, &t, "r", "status");
	c.spec.argv = argv;
	c.spec.cwd = t.path;
	assert_int_equal(proc_output(&c, &out, &err), 0);
	before = arena_str(&a, buf_str(&out));
	make(&t, &plain);
	tmpdir_put(&t, "w/f2", "written inside");
	GIT(&a, &t, "w", "add", ".");
	GIT(&a, &t, "w", "commit", "-q", "-m", "inside");
	GIT(&a, &t, "w", "gc", "-q");
	buf_clear(&out);
	assert_int_equal(proc_output(&c, &out, &err), 0);
	after = arena_str(&a, buf_str(&out));
	assert_true(str_eq(before, after));
	buf_release(&out);
}

static void packed_and_loose_refs_symrefs_and_shallow_history_come_along(void **state)
{
	TMPDIR(t);

	(void)state;
	gitrepo_make(&a, &t, "up");
	GIT(&a, &t, "up", "tag", "old");
	GIT(&a, &t, ".", "clone", "-q", "--depth=1", arena_printf(&a, "file://%s/up", t.path).p,
	    "r");
	GIT(&a, &t, "r", "pack-refs", "--all");
	GIT(&a, &t, "r", "tag", "-a", "-m", "x", "fresh/v2");
	make(&t, &plain);
	assert_git(&t, "Second title", "log", "--format=%s");
	assert_git(&t, "fresh/v2", "describe");
	assert_git(&t, "refs/remotes/origin/main", "symbolic-ref", "refs/remotes/origin/HEAD");
}

static void linked_work_trees_and_borrowed_objects_work(void **state)
{
	TMPDIR(t);
	struct err err;

	(void)state;
	gitrepo_make(&a, &t, "base");
	GIT(&a, &t, ".", "clone", "-q", "-s", "base", "mid");
	GIT(&a, &t, "mid", "worktree", "add", "-q", "-b", "side", "../r");
	tmpdir_put(&t, "mid/.git/objects/info/alternates", "../../../base/.git/objects\n");
	tmpdir_put(&t, "r/f1", "in the linked tree");
	make(&t, &plain);
	assert_git(&t, " M f1", "status", "--porcelain");
	assert_git(&t, "Second title\nFirst", "log", "--format=%s");
	assert_int_equal(tree_remove(t.fd, "w", &err), 0);
}

static void a_repository_without_commits_gets_a_workspace(void **state)
{
	TMPDIR(t);
	struct err err;

	(void)state;
	assert_int_equal(dir_make(t.fd, "r", 0777, &err), 0);
	GIT(&a, &t, "r", "init", "-q", "-b", "trunk");
	tmpdir_put(&t, "r/x", "");
	make(&t, &plain);
	assert_git(&t, "?? x", "status", "--porcelain");
	assert_git(&t, "trunk", "symbolic-ref", "--short", "HEAD");
}

static void submodules_follow_the_strategy(void **state)
{
	TMPDIR(t);
	struct err err;
	struct workspace_options normal = { .checkout = true, .submodules = true };

	(void)state;
	gitrepo_make(&a, &t, "lib");
	gitrepo_make(&a, &t, "r");
	GIT(&a, &t, "r", "submodule", "--quiet", "add", "../lib", "dep");
	GIT(&a, &t, "r", "commit", "-q", "-m", "With dep");
	tmpdir_put(&t, "r/dep/f2", "edited");
	assert_non_null(strstr(make(&t, &plain), "Skipping Git submodules setup"));
	assert_true(is_there(&t, "w/dep"));
	assert_false(is_there(&t, "w/dep/f1"));
	assert_git(&t, "", "status", "--porcelain");
	assert_int_equal(tree_remove(t.fd, "w", &err), 0);
	make(&t, &normal);
	assert_string_equal(content(&t, "w/dep/f2"), "edited");
	assert_git(&t, " M dep", "status", "--porcelain");
	GIT(&a, &t, "w/dep", "commit", "-q", "-a", "-m", "inside");
	assert_string_equal(
		arena_cstr(&a, GIT(&a, &t, "r/dep", "log", "--all", "-1", "--format=%s")),
		"Second title");
}

static void strategies_decide_what_is_there(void **state)
{
	TMPDIR(t);
	struct err err;
	struct workspace_options none = { .strategy = WORKSPACE_NONE, .checkout = true };
	struct workspace_options empty = { .strategy = WORKSPACE_EMPTY, .checkout = true };
	struct workspace_options bare = { .checkout = false };

	(void)state;
	gitrepo_make(&a, &t, "r");
	assert_non_null(strstr(make(&t, &none), "Skipping Git repository setup\n"));
	assert_false(is_there(&t, "w/.git"));
	assert_non_null(strstr(make(&t, &empty), "creating an empty build directory\n"));
	assert_false(is_there(&t, "w/.git"));
	assert_non_null(strstr(make(&t, &bare), "Skipping Git checkout\n"));
	assert_false(is_there(&t, "w/f1"));
	GIT(&a, &t, "w", "checkout", "-q", "origin/main");
	assert_string_equal(content(&t, "w/f1"), "one\n");
	assert_int_equal(tree_remove(t.fd, "w", &err), 0);
}

static void files_that_vanish_or_lead_out_are_left_out_and_named(void **state)
{
	TMPDIR(t);
	struct facts f;
	struct workspace_options options = plain;
	CLEANUP(buf_release) struct buf log = BUF_INIT;
	struct err err;

	(void)state;
	gitrepo_make(&a, &t, "r");
	tmpdir_put(&t, "r/gone", "");
	tmpdir_put(&t, "elsewhere/f3", "secret");
	f = facts_of(&t, "r");
	assert_int_equal(unlinkat(t.fd, "r/gone", 0), 0);
	assert_int_equal(tree_remove(t.fd, "r/sub", &err), 0);
	assert_int_equal(symlinkat("../elsewhere", t.fd, "r/sub"), 0);
	assert_int_equal(unlinkat(t.fd, "r/f2", 0), 0);
	assert_int_equal(mkfifoat(t.fd, "r/f2", 0600), 0);
	options.log = &log;
	assert_int_equal(workspace_make(&a, in(&t, "w"), &f, &options, &stats, &err), 0);
	assert_non_null(strstr(log.p, "WARNING: gone: vanished, left out\n"));
	assert_non_null(strstr(log.p, "WARNING: sub/f3: is behind a symbolic link, left out\n"));
	assert_non_null(strstr(log.p, "WARNING: f2: is no regular file, left out\n"));
	assert_int_equal(stats.nr_skipped, 3);
	assert_true(is_there(&t, "w/f1"));
	assert_false(is_there(&t, "w/sub"));
}

static const struct {
	const char *key, *value;
	const char *error; /* NULL: fine */
	struct workspace_options want;
} options[] = {
	{ "X", "y", NULL, { .checkout = true } },
	{ "GIT_STRATEGY", "", NULL, { .checkout = true } },
	{ "GIT_STRATEGY", "clone", NULL, { WORKSPACE_CLONE, .checkout = true } },
	{ "GIT_STRATEGY", "none", NULL, { WORKSPACE_NONE, .checkout = true } },
	{ "GIT_STRATEGY", "empty", NULL, { WORKSPACE_EMPTY, .checkout = true } },
	{ "GIT_STRATEGY", "fecth", "unknown GIT_STRATEGY \"fecth\"", { 0 } },
	{ "GIT_CHECKOUT", "false", NULL, { .checkout = false } },
	{ "GIT_CHECKOUT", "true", NULL, { .checkout = true } },
	{ "GIT_SUBMODULE_STRATEGY", "none", NULL, { .checkout = true } },
	{ "GIT_SUBMODULE_STRATEGY", "normal", NULL, { .checkout = true, .submodules = true } },
	{ "GIT_SUBMODULE_STRATEGY", "recursive", NULL,
	  { .checkout = true, .submodules = true, .recursive = true } },
	{ "GIT_SUBMODULE_STRATEGY", "x", "unknown GIT_SUBMODULE_STRATEGY \"x\"", { 0 } },
};

static void options_are_read_from_variables(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(options); i++) {
		struct job_var v = { .key = str_of(options[i].key),
				     .value = str_of(options[i].value) };
		struct job_var_vec vars = { &v, 1, 1 };
		struct workspace_options o;
		struct err err;
		int r = workspace_options_read(&vars, &o, &err);

		assert_int_equal(r, options[i].error ? -1 : 0);
		if (r < 0) {
			assert_non_null(strstr(err.msg, options[i].error));
			continue;
		}
		assert_int_equal(o.strategy, options[i].want.strategy);
		assert_int_equal(o.checkout, options[i].want.checkout);
		assert_int_equal(o.submodules, options[i].want.submodules);
		assert_int_equal(o.recursive, options[i].want.recursive);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_workspace_holds_the_files_as_they_are_now),
		cmocka_unit_test(git_works_inside_and_sees_what_the_user_sees),
		cmocka_unit_test(the_users_tree_is_not_written),
		cmocka_unit_test(packed_and_loose_refs_symrefs_and_shallow_history_come_along),
		cmocka_unit_test(linked_work_trees_and_borrowed_objects_work),
		cmocka_unit_test(a_repository_without_commits_gets_a_workspace),
		cmocka_unit_test(submodules_follow_the_strategy),
		cmocka_unit_test(strategies_decide_what_is_there),
		cmocka_unit_test(files_that_vanish_or_lead_out_are_left_out_and_named),
		cmocka_unit_test(options_are_read_from_variables),
	};

	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
