#include "gitrepo.h"

#include "os/git.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

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

static const char *in(const struct tmpdir *t, const char *path)
{
	return arena_printf(&a, "%s/%s", t->path, path).p;
}

#define assert_str(s, text) assert_string_equal(arena_cstr(&a, (s)), (text))

static const struct {
	const char *rev;
	bool valid;
} revs[] = {
	{ "main", true },	 { "feature/x", true },	  { "v1.2.3", true },
	{ "HEAD~2", true },	 { "HEAD^", true },	  { "@{upstream}", true },
	{ "--exec=touch x", false }, { "-x", false },	  { "", false },
	{ "a..b", false },	 { "^main", false },	  { "a b", false },
	{ "a\nb", false },	 { "main:file", false },  { "refs/heads/--exec=x", false },
	{ "refs/heads/-x", false }, { "\xff", false },	  { "$(touch x)", false },
	{ "a;b", false },	 { "../../etc", false },  { "h\303\251", true },
};

static void a_revision_is_refused_when_it_could_be_something_else(void **state)
{
	struct git_call *c = git_call_new(&a, ".", "log");
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(revs); i++) {
		str rev = str_of(revs[i].rev);

		if (git_rev_is_valid(rev) != revs[i].valid)
			fail_msg("\"%s\"", revs[i].rev);
		assert_int_equal(git_rev(c, rev, &err), revs[i].valid ? 0 : -1);
	}
}

static void a_repository_is_found_from_below(void **state)
{
	TMPDIR(t);
	struct git_place p;
	struct git_head h;
	struct err err;

	(void)state;
	gitrepo_make(&a, &t, "r");
	assert_int_equal(git_find(&a, in(&t, "r/sub"), &p, &err), 0);
	assert_str(p.top, in(&t, "r"));
	assert_str(p.dir, in(&t, "r/.git"));
	assert_str(p.common, in(&t, "r/.git"));
	assert_int_equal(git_head_read(&a, &p, &h, &err), 0);
	assert_str(h.ref, "refs/heads/main");
	assert_str(h.sha, arena_cstr(&a, GIT(&a, &t, "r", "rev-parse", "HEAD")));
	GIT(&a, &t, "r", "pack-refs", "--all");
	assert_int_equal(git_head_read(&a, &p, &h, &err), 0);
	assert_str(h.sha, arena_cstr(&a, GIT(&a, &t, "r", "rev-parse", "HEAD")));
	GIT(&a, &t, "r", "checkout", "-q", "--detach");
	assert_int_equal(git_head_read(&a, &p, &h, &err), 0);
	assert_true(str_is_null(h.ref));
	assert_int_equal(h.sha.n, 40);
}

static void outside_of_a_repository_there_is_a_hint(void **state)
{
	TMPDIR(t);
	struct git_place p;
	struct err err;

	(void)state;
	tmpdir_put(&t, "dir/.git", "not what you think");
	assert_int_equal(git_find(&a, in(&t, "dir"), &p, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, "is not in a git repository; run git init"));
	assert_int_equal(git_find(&a, in(&t, "absent"), &p, &err), -1);
}

static void linked_work_trees_and_submodules_are_repositories(void **state)
{
	TMPDIR(t);
	struct git_place p;
	struct git_head h;
	struct err err;

	(void)state;
	gitrepo_make(&a, &t, "r");
	gitrepo_make(&a, &t, "lib");
	GIT(&a, &t, "r", "worktree", "add", "-q", "-b", "other", "../linked");
	assert_int_equal(git_find(&a, in(&t, "linked"), &p, &err), 0);
	assert_str(p.top, in(&t, "linked"));
	assert_str(p.dir, in(&t, "r/.git/worktrees/linked"));
	assert_str(p.common, in(&t, "r/.git"));
	assert_int_equal(git_head_read(&a, &p, &h, &err), 0);
	assert_str(h.ref, "refs/heads/other");
	assert_int_equal(h.sha.n, 40);
	GIT(&a, &t, "r", "submodule", "--quiet", "add", "../lib", "dep");
	assert_int_equal(git_find(&a, in(&t, "r/dep"), &p, &err), 0);
	assert_str(p.dir, in(&t, "r/.git/modules/dep"));
}

static void hooks_and_the_callers_git_variables_have_no_effect(void **state)
{
	TMPDIR(t);
	struct git_call *c;
	struct err err;

	(void)state;
	gitrepo_make(&a, &t, "r");
	GIT(&a, &t, "r", "config", "core.fsmonitor", "touch ../ran");
	GIT(&a, &t, "r", "config", "diff.external", "touch ../ran");
	setenv("GIT_DIR", "/nonexistent", 1);
	setenv("GIT_INDEX_FILE", "/nonexistent", 1);
	tmpdir_put(&t, "r/f2", "changed");
	c = git_call_new(&a, in(&t, "r"), "diff");
	git_option(c, "--name-only");
	assert_int_equal(git_run(&c, 1, &err), 0);
	unsetenv("GIT_DIR");
	unsetenv("GIT_INDEX_FILE");
	assert_int_equal(c->code, 0);
	assert_str(buf_str(&c->out), "f2\n");
	assert_false(file_exists(t.fd, "ran"));
	git_call_free(c);
}

static void calls_run_together_and_each_keeps_its_own_output(void **state)
{
	TMPDIR(t);
	struct git_call *c[3];
	struct err err;

	(void)state;
	gitrepo_make(&a, &t, "r");
	c[0] = git_call_new(&a, in(&t, "r"), "ls-files");
	c[1] = git_call_new(&a, in(&t, "r"), "log");
	git_option(c[1], "--format=%s");
	c[2] = git_call_new(&a, in(&t, "r"), "log");
	assert_int_equal(git_rev(c[2], STR("nosuch"), &err), 0);
	assert_int_equal(git_run(c, 3, &err), 0);
	assert_str(buf_str(&c[0]->out), "f1\nf2\nsub/f3\n");
	assert_str(buf_str(&c[1]->out), "Second title\nFirst\n");
	assert_int_equal(c[2]->code, 128);
	git_failed(c[2], &err);
	assert_non_null(strstr(err.msg, "git log failed with exit code 128: "));
	assert_non_null(strstr(err.msg, "nosuch"));
	for (size_t i = 0; i < 3; i++)
		git_call_free(c[i]);
}

static void output_past_its_limit_is_an_error(void **state)
{
	TMPDIR(t);
	struct git_call *c;
	struct err err;

	(void)state;
	gitrepo_make(&a, &t, "r");
	c = git_call_new(&a, in(&t, "r"), "ls-files");
	c->max_bytes = 5;
	/* A read takes 64 kB at once, so the limit must be judged before it. */
	assert_int_equal(git_run(&c, 1, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	git_call_free(c);
}

static void ids_of_blobs_and_commits_are_gits(void **state)
{
	TMPDIR(t);

	(void)state;
	gitrepo_make(&a, &t, "r");
	assert_str(git_blob_id(&a, in(&t, "r"), STR("f1")),
		   arena_cstr(&a, GIT(&a, &t, "r", "rev-parse", "HEAD:f1")));
	assert_str(git_last_commit(&a, in(&t, "r"), STR("f2")),
		   arena_cstr(&a, GIT(&a, &t, "r", "rev-parse", "HEAD~1")));
	tmpdir_put(&t, "r/--new", "new");
	assert_int_equal(git_blob_id(&a, in(&t, "r"), STR("--new")).n, 40);
	assert_true(str_is_null(git_blob_id(&a, in(&t, "r"), STR("absent"))));
	assert_true(str_is_null(git_blob_id(&a, in(&t, "r"), STR("sub"))));
	assert_true(str_is_null(git_blob_id(&a, in(&t, "r"), STR("../../../etc/passwd"))));
	assert_true(str_is_null(git_last_commit(&a, in(&t, "r"), STR("--new"))));
	assert_int_equal(git_resolve(&a, in(&t, "r"), STR("HEAD~1")).n, 40);
	assert_true(str_is_null(git_resolve(&a, in(&t, "r"), STR("nosuch"))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_revision_is_refused_when_it_could_be_something_else),
		cmocka_unit_test(a_repository_is_found_from_below),
		cmocka_unit_test(outside_of_a_repository_there_is_a_hint),
		cmocka_unit_test(linked_work_trees_and_submodules_are_repositories),
		cmocka_unit_test(hooks_and_the_callers_git_variables_have_no_effect),
		cmocka_unit_test(calls_run_together_and_each_keeps_its_own_output),
		cmocka_unit_test(output_past_its_limit_is_an_error),
		cmocka_unit_test(ids_of_blobs_and_commits_are_gits),
	};

	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
