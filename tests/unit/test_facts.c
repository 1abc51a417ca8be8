#include "gitrepo.h"

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
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	unsetenv("GIT_AUTHOR_NAME");
	unsetenv("GIT_AUTHOR_EMAIL");
	return 0;
}

static int arena_down(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static int gather(const struct tmpdir *t, const char *dir, struct facts_options o,
		  struct facts *ret, struct err *err)
{
	struct git_place p;

	o.dir = arena_printf(&a, "%s/%s", t->path, dir).p;
	return facts_gather(&a, &o, ret, &p, err);
}

static struct facts must_gather(const struct tmpdir *t, const char *dir, struct facts_options o)
{
	struct facts f;
	struct err err = { 0 };

	if (gather(t, dir, o, &f, &err) < 0)
		fail_msg("%s", err.msg);
	return f;
}

static const char *joined(const struct str_vec *v)
{
	struct buf b = BUF_INIT;
	str all;

	for (size_t i = 0; i < v->nr; i++)
		buf_addf(&b, "%s" STR_FMT, i ? " " : "", STR_ARG(v->at[i]));
	all = arena_str(&a, buf_str(&b));
	buf_release(&b);
	return all.p;
}

#define assert_str(s, text) assert_string_equal(arena_cstr(&a, (s)), (text))
#define NONE (struct facts_options){ 0 }

static void a_branch_gives_the_facts_of_its_last_commit(void **state)
{
	TMPDIR(t);
	struct facts f;

	(void)state;
	gitrepo_make(&a, &t, "r");
	GIT(&a, &t, "r", "remote", "add", "origin",
	    "https://me:secret@git.example.org/group/app.git");
	f = must_gather(&t, "r/sub", NONE);
	assert_int_equal(f.event, EVENT_PUSH);
	assert_str(f.sha, arena_cstr(&a, GIT(&a, &t, "r", "rev-parse", "HEAD")));
	assert_str(f.before_sha, arena_cstr(&a, GIT(&a, &t, "r", "rev-parse", "HEAD~1")));
	assert_str(f.branch, "main");
	assert_str(f.ref_name, "main");
	assert_true(str_is_null(f.tag));
	assert_str(f.title, "Second title");
	assert_str(f.message, "Second title\n\nIts description\nin two lines\n");
	assert_str(f.description, "\nIts description\nin two lines");
	assert_str(f.author, "Ann Author <ann@example.org>");
	assert_str(f.timestamp, "2024-03-01T12:00:00+01:00");
	assert_str(f.remote_url, "https://git.example.org/group/app.git");
	assert_str(f.default_branch, "main");
	assert_str(f.project_dir, arena_printf(&a, "%s/r", t.path).p);
	assert_str(f.user_name, "Ulla User");
	assert_str(f.user_email, "ulla@example.org");
	assert_string_equal(joined(&f.files), "f1 f2 sub/f3");
	assert_true(f.changes_known);
	assert_string_equal(joined(&f.changes), "f1");
}

static void uncommitted_work_counts(void **state)
{
	TMPDIR(t);
	struct facts f;

	(void)state;
	gitrepo_make(&a, &t, "r");
	tmpdir_put(&t, "r/.gitignore", "*.o\n/out/\n");
	tmpdir_put(&t, "r/x.o", "");
	tmpdir_put(&t, "r/out/y", "");
	tmpdir_put(&t, "r/new dir/\303\251\n", "");
	assert_int_equal(unlinkat(t.fd, "r/sub/f3", 0), 0);
	assert_int_equal(symlinkat("f1", t.fd, "r/a-link"), 0);
	f = must_gather(&t, "r", NONE);
	assert_string_equal(joined(&f.files), ".gitignore a-link f1 f2 new dir/\303\251\n");
	assert_string_equal(joined(&f.changes), ".gitignore a-link f1 new dir/\303\251\n sub/f3");
}

static void conflicts_list_a_file_once(void **state)
{
	TMPDIR(t);
	struct facts f;

	(void)state;
	gitrepo_make(&a, &t, "r");
	GIT(&a, &t, "r", "checkout", "-q", "-b", "side", "HEAD~1");
	tmpdir_put(&t, "r/f1", "other");
	GIT(&a, &t, "r", "commit", "-q", "-a", "-m", "Side");
	GIT(&a, &t, "r", "merge-tree", "--write-tree", "side", "side");
	/* What a merge leaves behind: f1 three times in the index. */
	GIT(&a, &t, "r", "read-tree", "-m", "HEAD~1", "side", "main");
	f = must_gather(&t, "r", NONE);
	assert_string_equal(joined(&f.files), "f1 f2 sub/f3");
}

static void a_repository_without_commits_is_fine(void **state)
{
	TMPDIR(t);
	struct facts f;
	struct err err;

	(void)state;
	assert_int_equal(dir_make(t.fd, "r", 0777, &err), 0);
	GIT(&a, &t, "r", "init", "-q", "-b", "trunk");
	tmpdir_put(&t, "r/.gitlab-ci.yml", "a: {script: b}");
	f = must_gather(&t, "r", NONE);
	assert_str(f.sha, "0000000000000000000000000000000000000000");
	assert_str(f.branch, "trunk");
	assert_str(f.default_branch, "trunk");
	assert_string_equal(joined(&f.files), ".gitlab-ci.yml");
	assert_false(f.changes_known);
}

static void the_first_commit_changes_all_its_files(void **state)
{
	TMPDIR(t);
	struct facts f;

	(void)state;
	gitrepo_make(&a, &t, "r");
	GIT(&a, &t, "r", "reset", "-q", "--hard", "HEAD~1");
	f = must_gather(&t, "r", NONE);
	assert_str(f.before_sha, "0000000000000000000000000000000000000000");
	assert_true(f.changes_known);
	assert_string_equal(joined(&f.changes), "f1 f2 sub/f3");
}

static void outside_of_a_repository_is_an_error(void **state)
{
	TMPDIR(t);
	struct facts f;
	struct err err;

	(void)state;
	assert_int_equal(gather(&t, ".", NONE, &f, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
}

static void a_tag_has_its_name_and_message(void **state)
{
	TMPDIR(t);
	struct facts f;
	struct err err;
	struct facts_options event = { .has_event = true, .event = EVENT_TAG };

	(void)state;
	gitrepo_make(&a, &t, "r");
	assert_int_equal(gather(&t, "r", event, &f, &err), -1);
	assert_string_equal(err.msg, "no tag points at HEAD; name one with --tag NAME");
	GIT(&a, &t, "r", "tag", "-a", "-m", "The first\n\nrelease", "v1");
	f = must_gather(&t, "r", event);
	assert_str(f.tag, "v1");
	assert_str(f.ref_name, "v1");
	assert_true(str_is_null(f.branch));
	assert_str(f.tag_message, "The first\n\nrelease");
	assert_false(f.changes_known);
	GIT(&a, &t, "r", "tag", "v10");
	GIT(&a, &t, "r", "tag", "v9");
	f = must_gather(&t, "r", event);
	assert_str(f.tag, "v10");
	assert_true(str_is_null(f.tag_message));
	f = must_gather(&t, "r", (struct facts_options){ .tag = STR("v1") });
	assert_int_equal(f.event, EVENT_TAG);
	assert_str(f.tag_message, "The first\n\nrelease");
	f = must_gather(&t, "r", (struct facts_options){ .tag = STR("v2-planned") });
	assert_str(f.tag, "v2-planned");
	assert_true(str_is_null(f.tag_message));
	/* On a branch, a tag at HEAD changes nothing; detached, it says what this is. */
	assert_int_equal(must_gather(&t, "r", NONE).event, EVENT_PUSH);
}

static void a_detached_head_goes_by_the_name_that_points_there(void **state)
{
	TMPDIR(t);
	struct facts f;

	(void)state;
	gitrepo_make(&a, &t, "r");
	GIT(&a, &t, "r", "checkout", "-q", "--detach");
	f = must_gather(&t, "r", NONE);
	assert_str(f.branch, "main");
	GIT(&a, &t, "r", "checkout", "-q", "--detach", "HEAD~1");
	f = must_gather(&t, "r", NONE);
	assert_str(f.branch, "HEAD");
	assert_int_equal(f.event, EVENT_PUSH);
	GIT(&a, &t, "r", "tag", "old");
	f = must_gather(&t, "r", NONE);
	assert_int_equal(f.event, EVENT_TAG);
	assert_str(f.tag, "old");
	f = must_gather(&t, "r", (struct facts_options){ .ref = STR("topic") });
	assert_str(f.branch, "topic");
}

static void a_merge_request_compares_with_where_it_left_its_target(void **state)
{
	TMPDIR(t);
	struct facts f;
	struct err err;
	struct facts_options to_main = { .target_branch = STR("main") };

	(void)state;
	gitrepo_make(&a, &t, "r");
	GIT(&a, &t, "r", "checkout", "-q", "-b", "topic", "HEAD~1");
	tmpdir_put(&t, "r/f2", "changed");
	GIT(&a, &t, "r", "commit", "-q", "-a", "-m", "Topic");
	tmpdir_put(&t, "r/fresh", "");
	f = must_gather(&t, "r", to_main);
	assert_int_equal(f.event, EVENT_MERGE_REQUEST);
	assert_str(f.branch, "topic");
	assert_str(f.target_branch, "main");
	assert_str(f.target_sha, arena_cstr(&a, GIT(&a, &t, "r", "rev-parse", "main")));
	assert_str(f.diff_base_sha, arena_cstr(&a, GIT(&a, &t, "r", "rev-parse", "main~1")));
	assert_true(f.changes_known);
	assert_string_equal(joined(&f.changes), "f2 fresh");
	f = must_gather(&t, "r",
			(struct facts_options){ .has_event = true, .event = EVENT_MERGE_REQUEST });
	assert_str(f.target_branch, "main");
	to_main.target_branch = STR("nosuch");
	assert_int_equal(gather(&t, "r", to_main, &f, &err), -1);
	assert_string_equal(err.msg, "target branch \"nosuch\" exists neither here nor at origin");
}

static void changes_can_be_counted_from_any_revision(void **state)
{
	TMPDIR(t);
	struct facts f;
	struct err err;

	(void)state;
	gitrepo_make(&a, &t, "r");
	f = must_gather(&t, "r", (struct facts_options){ .changed_since = STR("HEAD") });
	assert_true(f.changes_known);
	assert_int_equal(f.changes.nr, 0);
	assert_int_equal(
		gather(&t, "r", (struct facts_options){ .changed_since = STR("nosuch") }, &f, &err),
		-1);
	assert_string_equal(err.msg, "--changed-since: \"nosuch\" is no commit of this repository");
	assert_int_equal(gather(&t, "r",
				(struct facts_options){ .changed_since = STR("--output=x") }, &f,
				&err),
			 -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_int_equal(gather(&t, "r", (struct facts_options){ .ref = STR("a b") }, &f, &err),
			 -1);
}

static void the_default_branch_is_origins_head(void **state)
{
	TMPDIR(t);
	struct facts f;

	(void)state;
	gitrepo_make(&a, &t, "up");
	GIT(&a, &t, "up", "checkout", "-q", "-b", "develop");
	GIT(&a, &t, ".", "clone", "-q", "up", "r");
	GIT(&a, &t, "r", "checkout", "-q", "-b", "topic");
	f = must_gather(&t, "r", NONE);
	assert_str(f.default_branch, "develop");
	GIT(&a, &t, "r", "remote", "remove", "origin");
	GIT(&a, &t, "r", "branch", "-q", "-m", "develop", "stable");
	f = must_gather(&t, "r", NONE);
	assert_str(f.default_branch, "topic");
	GIT(&a, &t, "r", "config", "init.defaultBranch", "stable");
	f = must_gather(&t, "r", NONE);
	assert_str(f.default_branch, "stable");
}

static void aliases_of_urls_are_resolved_by_the_longest_prefix(void **state)
{
	TMPDIR(t);
	struct facts f;

	(void)state;
	gitrepo_make(&a, &t, "r");
	GIT(&a, &t, "r", "remote", "add", "origin", "gh:team/app");
	GIT(&a, &t, "r", "config", "url.https://wrong/.insteadOf", "gh:");
	GIT(&a, &t, "r", "config", "url.git@example.org:.insteadOf", "gh:team/");
	f = must_gather(&t, "r", NONE);
	assert_str(f.remote_url, "git@example.org:app");
}

static const struct {
	const char *url, *shown;
} urls[] = {
	{ "https://u:p@h/x.git", "https://h/x.git" },
	{ "http://u@h", "http://h" },
	{ "https://h/a@b", "https://h/a@b" },
	{ "https://a@b:c@h/x", "https://h/x" },
	{ "git@h:x.git", "git@h:x.git" },
	{ "ssh://git@h/x.git", "ssh://git@h/x.git" },
	{ "/srv/x.git", "/srv/x.git" },
};

static void urls_lose_their_password(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++)
		assert_str(facts_url_without_password(&a, str_of(urls[i].url)), urls[i].shown);
	assert_true(str_is_null(facts_url_without_password(&a, str_null)));
}

static void a_sparse_checkout_has_only_the_files_that_are_there(void **state)
{
	TMPDIR(t);
	struct facts f;

	(void)state;
	gitrepo_make(&a, &t, "r");
	GIT(&a, &t, "r", "sparse-checkout", "set", "nosuch");
	f = must_gather(&t, "r", NONE);
	assert_string_equal(joined(&f.files), "f1 f2");
}

static void a_submodule_is_one_entry(void **state)
{
	TMPDIR(t);
	struct facts f;

	(void)state;
	gitrepo_make(&a, &t, "lib");
	gitrepo_make(&a, &t, "r");
	gitrepo_make(&a, &t, "r/nested");
	GIT(&a, &t, "r", "submodule", "--quiet", "add", "../lib", "dep");
	f = must_gather(&t, "r", NONE);
	assert_string_equal(joined(&f.files), ".gitmodules dep f1 f2 nested sub/f3");
	f = must_gather(&t, "r/dep", NONE);
	assert_string_equal(joined(&f.files), "f1 f2 sub/f3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_branch_gives_the_facts_of_its_last_commit),
		cmocka_unit_test(uncommitted_work_counts),
		cmocka_unit_test(conflicts_list_a_file_once),
		cmocka_unit_test(a_repository_without_commits_is_fine),
		cmocka_unit_test(the_first_commit_changes_all_its_files),
		cmocka_unit_test(outside_of_a_repository_is_an_error),
		cmocka_unit_test(a_tag_has_its_name_and_message),
		cmocka_unit_test(a_detached_head_goes_by_the_name_that_points_there),
		cmocka_unit_test(a_merge_request_compares_with_where_it_left_its_target),
		cmocka_unit_test(changes_can_be_counted_from_any_revision),
		cmocka_unit_test(the_default_branch_is_origins_head),
		cmocka_unit_test(aliases_of_urls_are_resolved_by_the_longest_prefix),
		cmocka_unit_test(urls_lose_their_password),
		cmocka_unit_test(a_sparse_checkout_has_only_the_files_that_are_there),
		cmocka_unit_test(a_submodule_is_one_entry),
	};

	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
