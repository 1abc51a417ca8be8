#include "gitrepo.h"

#include "exec/artifacts.h"
#include "exec/selection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <sys/stat.h>

static struct arena a;
static struct buf log_text = BUF_INIT;

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
	buf_release(&log_text);
	return 0;
}

static const char *in(const struct tmpdir *t, const char *path)
{
	return arena_printf(&a, "%s/%s", t->path, path).p;
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

/* Words separated by blanks. */
static struct str_vec words(const char *text)
{
	struct str_vec v = { 0 };

	for (str rest = str_of(text); rest.n;)
		vec_add(&a, &v, arena_str(&a, str_cut(&rest, ' ')));
	return v;
}

static const char *joined(const struct str_vec *v)
{
	struct buf b = BUF_INIT;
	const char *text;

	for (size_t i = 0; i < v->nr; i++)
		buf_addf(&b, "%s" STR_FMT, i ? " " : "", STR_ARG(v->at[i]));
	text = arena_cstr(&a, buf_str(&b));
	buf_release(&b);
	return text;
}

static void make_project(const struct tmpdir *t)
{
	struct err err;

	tmpdir_put(t, "p/src/a.c", "");
	tmpdir_put(t, "p/src/deep/b.c", "");
	tmpdir_put(t, "p/src/deep/b.o", "");
	tmpdir_put(t, "p/build/app", "");
	tmpdir_put(t, "p/build/sub/lib.o", "");
	tmpdir_put(t, "p/top.txt", "");
	tmpdir_put(t, "p/[odd] name", "");
	tmpdir_put(t, "outside/secret", "");
	assert_int_equal(dir_make(t->fd, "p/empty", 0755, &err), 0);
	assert_int_equal(symlinkat("../outside", t->fd, "p/out"), 0);
	assert_int_equal(symlinkat("src", t->fd, "p/alias"), 0);
}

static const struct {
	const char *paths, *exclude, *want;
} selections[] = {
	{ "top.txt", "", "top.txt" },
	{ "./top.txt src/../top.txt", "", "top.txt" },
	{ "build", "", "build build/app build/sub build/sub/lib.o" },
	{ "build/", "", "build build/app build/sub build/sub/lib.o" },
	{ "empty", "", "empty" },
	{ "src/*.c", "", "src/a.c" },
	{ "src/**/*.c", "", "src/a.c src/deep/b.c" },
	{ "**/*.o", "", "build/sub/lib.o src/deep/b.o" },
	{ "b*", "", "build build/app build/sub build/sub/lib.o" },
	{ "build/* build/app", "", "build/app build/sub build/sub/lib.o" },
	{ "build", "build/sub/**", "build build/app" },
	{ "build", "build/sub", "build build/app build/sub/lib.o" },
	{ "**/*.o src", "**/*.o", "src src/a.c src/deep src/deep/b.c" },
	{ "out", "", "out" },	   /* the link itself */
	{ "out/secret", "", "" },  /* never through it */
	{ "out/*", "", "" },
	{ "alias/*", "", "" },
	{ "*/a.c", "", "src/a.c" },
	{ "../outside/secret", "", "" },
	{ "/etc/passwd", "", "" },
	{ "nothing", "", "" },
	{ ".", "src/** build/**", "[odd] name alias empty out top.txt" },
	{ "{src,build}/a*", "", "build/app src/a.c" },
};

static void patterns_select_what_the_runner_would(void **state)
{
	TMPDIR(t);

	(void)state;
	make_project(&t);
	for (size_t i = 0; i < COUNT(selections); i++) {
		struct str_vec paths = words(selections[i].paths), got;
		struct str_vec exclude = words(selections[i].exclude);
		struct selection_request req = { .project_dir = in(&t, "p"), .paths = &paths,
						 .exclude = &exclude };
		struct err err = { 0 };

		buf_clear(&log_text);
		if (selection_make(&a, &req, &log_text, &got, &err) < 0)
			fail_msg("%s: %s", selections[i].paths, err.msg);
		if (strcmp(joined(&got), selections[i].want) != 0)
			fail_msg("%s: %s", selections[i].paths, joined(&got));
	}
}

static void absolute_paths_count_inside_the_project_only(void **state)
{
	static const struct {
		const char *pattern, *want; /* NULL: leads out */
	} cases[] = {
		{ "/p/dir", "." },	    { "/p/dir/", "." },	       { "/p/dir/x", "x" },
		{ "/p/dir/a/../b", "b" },   { "/p/directory/x", NULL }, { "/p", NULL },
		{ "/p/dir/../x", NULL },    { "a/../../x", NULL },     { "..", NULL },
		{ "a//b/./c/", "a/b/c" },   { "", "." },	       { "a/..", "." },
		{ "ab/cd/../ef", "ab/ef" },
	};
	str got;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool inside = selection_clean(&a, "/p/dir", str_of(cases[i].pattern), &got);

		assert_int_equal(inside, cases[i].want != NULL);
		if (inside)
			assert_string_equal(arena_cstr(&a, got), cases[i].want);
	}
}

static void what_is_not_found_or_outside_is_said_in_the_runners_words(void **state)
{
	TMPDIR(t);
	struct str_vec paths = words("absent /etc/passwd src/ src/[ **/*.c"), got;
	struct selection_request req = { .paths = &paths };
	struct err err;

	(void)state;
	make_project(&t);
	req.project_dir = in(&t, "p");
	buf_clear(&log_text);
	assert_int_equal(selection_make(&a, &req, &log_text, &got, &err), 0);
	assert_non_null(strstr(log_text.p, "WARNING: absent: no matching files. Ensure that the "
					   "artifact path is relative to the working directory ("));
	assert_non_null(strstr(log_text.p,
			       "WARNING: /etc/passwd: artifact path is not a subpath of "
			       "project directory: "));
	assert_non_null(
		strstr(log_text.p, "src/: found 5 matching artifact files and directories\n"));
	assert_non_null(strstr(log_text.p, "WARNING: src/[: "));
}

static void untracked_means_all_that_git_does_not_track(void **state)
{
	TMPDIR(t);
	struct str_vec got;
	struct selection_request req = { .untracked = true };
	struct err err;

	(void)state;
	gitrepo_make(&a, &t, "p");
	gitrepo_make(&a, &t, "p/nested");
	tmpdir_put(&t, "p/.gitignore", "*.o\n");
	tmpdir_put(&t, "p/x.o", "");
	tmpdir_put(&t, "p/new/y", "");
	req.project_dir = in(&t, "p");
	buf_clear(&log_text);
	assert_int_equal(selection_make(&a, &req, &log_text, &got, &err), 0);
	assert_true(str_vec_has(&got, STR(".gitignore")));
	assert_true(str_vec_has(&got, STR("x.o")));
	assert_true(str_vec_has(&got, STR("new/y")));
	assert_true(str_vec_has(&got, STR("nested/f1")));
	assert_false(str_vec_has(&got, STR("f1")));
	/* Without a repository of its own, the one above must not be asked. */
	tmpdir_put(&t, "p/inner/z", "");
	req.project_dir = in(&t, "p/inner");
	assert_int_equal(selection_make(&a, &req, &log_text, &got, &err), 0);
	assert_int_equal(got.nr, 0);
	assert_non_null(strstr(log_text.p, "WARNING: untracked: the project directory is no git "));
}

static struct artifacts_result result;

static int collect(const struct tmpdir *t, struct job_spec *spec, bool success, struct err *err)
{
	struct artifacts_request req = { .spec = spec, .success = success, .max_bytes = 1000 };

	assert_int_equal(dir_make(t->fd, "out-dir", 0755, err), 0);
	req.project_dir = in(t, "p");
	req.out_dir = in(t, "out-dir");
	buf_clear(&log_text);
	return artifacts_collect(&a, &req, &log_text, &result, err);
}

static struct job_artifact artifact(const char *type, const char *paths)
{
	return (struct job_artifact){ .type = str_of(type),
				      .name = STR("build"),
				      .paths = words(paths),
				      .expire_in = STR("1 week") };
}

static void an_archive_reaches_its_consumer(void **state)
{
	TMPDIR(t);
	struct job_spec spec = { 0 };
	struct err err;
	struct stat st;

	(void)state;
	make_project(&t);
	tmpdir_put(&t, "p/top.txt", "content");
	vec_add(&a, &spec.artifacts, artifact("archive", "build empty out top.txt"));
	assert_int_equal(collect(&t, &spec, true, &err), 0);
	assert_true(result.has_archive);
	assert_true(str_eq(result.expire_in, STR("1 week")));
	assert_int_equal(result.nr_files, 7);
	assert_non_null(strstr(log_text.p, "Uploading artifacts...\n"));
	tmpdir_put(&t, "q/top.txt", "old");
	buf_clear(&log_text);
	assert_int_equal(artifacts_extract(in(&t, "out-dir/artifacts.tar.zst"), in(&t, "q"),
					   &log_text, &err),
			 0);
	assert_string_equal(content(&t, "q/top.txt"), "content");
	assert_true(file_exists(t.fd, "q/build/sub/lib.o"));
	assert_true(file_exists(t.fd, "q/empty"));
	assert_int_equal(fstatat(t.fd, "q/out", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(artifacts_extract(in(&t, "absent"), in(&t, "q"), &log_text, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
}

static void when_decides_by_the_scripts_result(void **state)
{
	static const struct {
		enum upload_when when;
		bool success, want;
	} cases[] = {
		{ UPLOAD_ON_SUCCESS, true, true },   { UPLOAD_ON_SUCCESS, false, false },
		{ UPLOAD_ON_FAILURE, true, false },  { UPLOAD_ON_FAILURE, false, true },
		{ UPLOAD_ALWAYS, true, true },	     { UPLOAD_ALWAYS, false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		TMPDIR(t);
		struct job_spec spec = { 0 };
		struct job_artifact art = artifact("archive", "top.txt");
		struct err err;

		make_project(&t);
		art.when = cases[i].when;
		vec_add(&a, &spec.artifacts, art);
		assert_int_equal(collect(&t, &spec, cases[i].success, &err), 0);
		assert_int_equal(result.has_archive, cases[i].want);
	}
}

static void nothing_to_upload_is_said_and_no_failure(void **state)
{
	TMPDIR(t);
	struct job_spec spec = { 0 };
	struct err err;

	(void)state;
	make_project(&t);
	vec_add(&a, &spec.artifacts, artifact("archive", "absent"));
	assert_int_equal(collect(&t, &spec, true, &err), 0);
	assert_false(result.has_archive);
	assert_non_null(strstr(log_text.p, "ERROR: No files to upload\n"));
	assert_false(file_exists(t.fd, "out-dir/artifacts.tar.zst"));
}

static void too_large_an_archive_fails_and_leaves_nothing(void **state)
{
	TMPDIR(t);
	struct job_spec spec = { 0 };
	struct err err;
	struct stat st;

	(void)state;
	make_project(&t);
	assert_int_equal(truncate(in(&t, "p/top.txt"), 1001), 0);
	vec_add(&a, &spec.artifacts, artifact("archive", "top.txt"));
	assert_int_equal(collect(&t, &spec, true, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_non_null(strstr(
		err.msg, "artifacts of type \"archive\" are too large: more than 1000 bytes"));
	assert_int_equal(fstatat(t.fd, "out-dir", &st, 0), 0);
	assert_int_equal(unlinkat(t.fd, "out-dir", AT_REMOVEDIR), 0);
	spec.artifacts.at[0].type = STR("junit");
	assert_int_equal(collect(&t, &spec, true, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

static void reports_are_plain_files_under_their_type(void **state)
{
	TMPDIR(t);
	struct job_spec spec = { 0 };
	struct err err;

	(void)state;
	make_project(&t);
	tmpdir_put(&t, "p/r/one.xml", "<1/>");
	tmpdir_put(&t, "p/r/two.xml", "<2/>");
	assert_int_equal(symlinkat("/etc/passwd", t.fd, "p/r/evil.xml"), 0);
	assert_int_equal(mkfifoat(t.fd, "p/r/fifo.xml", 0600), 0);
	vec_add(&a, &spec.artifacts, artifact("junit", "r/*.xml"));
	vec_add(&a, &spec.artifacts, artifact("../../evil", "r/one.xml"));
	assert_int_equal(collect(&t, &spec, true, &err), 0);
	assert_string_equal(joined(&result.reports),
			    "junit:reports/junit/r/one.xml junit:reports/junit/r/two.xml "
			    "other:reports/other/r/one.xml");
	assert_string_equal(content(&t, "out-dir/reports/junit/r/two.xml"), "<2/>");
	assert_false(file_exists(t.fd, "out-dir/reports/junit/r/evil.xml"));
	/* A second attempt replaces what the first one left. */
	tmpdir_put(&t, "p/r/two.xml", "<3/>");
	assert_int_equal(collect(&t, &spec, true, &err), 0);
	assert_string_equal(content(&t, "out-dir/reports/junit/r/two.xml"), "<3/>");
}

static void a_dotenv_report_is_kept_when_gitlab_would_take_it(void **state)
{
	TMPDIR(t);
	struct job_spec spec = { 0 };
	struct err err;

	(void)state;
	tmpdir_put(&t, "p/a.env", "A=1\nB=2");
	tmpdir_put(&t, "p/b.env", "C=3\n");
	vec_add(&a, &spec.artifacts, artifact("dotenv", "a.env b.env"));
	assert_int_equal(collect(&t, &spec, true, &err), 0);
	assert_true(result.has_dotenv);
	assert_string_equal(content(&t, "out-dir/dotenv"), "A=1\nB=2\nC=3\n");
	tmpdir_put(&t, "p/a.env", "not a variable\n");
	assert_int_equal(collect(&t, &spec, true, &err), -1);
	assert_non_null(strstr(err.msg, "dotenv report: a.env:1: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_select_what_the_runner_would),
		cmocka_unit_test(absolute_paths_count_inside_the_project_only),
		cmocka_unit_test(what_is_not_found_or_outside_is_said_in_the_runners_words),
		cmocka_unit_test(untracked_means_all_that_git_does_not_track),
		cmocka_unit_test(an_archive_reaches_its_consumer),
		cmocka_unit_test(when_decides_by_the_scripts_result),
		cmocka_unit_test(nothing_to_upload_is_said_and_no_failure),
		cmocka_unit_test(too_large_an_archive_fails_and_leaves_nothing),
		cmocka_unit_test(reports_are_plain_files_under_their_type),
		cmocka_unit_test(a_dotenv_report_is_kept_when_gitlab_would_take_it),
	};

	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
