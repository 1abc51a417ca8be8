#include "gitrepo.h"
#include "http_server.h"
#include "local/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

struct world {
	struct tmpdir tmp;
	struct arena a;
	struct reader_options o;
	struct str_vec files;
	struct gitlab_reader *reader;
};

static struct world w;
static struct http_server server;

static const char *at(const char *path)
{
	return arena_printf(&w.a, "%s/%s", w.tmp.path, path).p;
}

/* "ci" is a clone with two tagged releases, a branch, and edits not committed. */
static void make_clone(void)
{
	struct err err;

	assert_int_equal(dir_make(w.tmp.fd, "ci", 0777, &err), 0);
	GIT(&w.a, &w.tmp, "ci", "init", "-q", "-b", "main");
	tmpdir_put(&w.tmp, "ci/job.yml", "one");
	tmpdir_put(&w.tmp, "ci/templates/lint.yml", "lint 1.0.0");
	GIT(&w.a, &w.tmp, "ci", "add", ".");
	GIT(&w.a, &w.tmp, "ci", "commit", "-q", "-m", "1");
	GIT(&w.a, &w.tmp, "ci", "tag", "1.0.0");
	GIT(&w.a, &w.tmp, "ci", "branch", "old");
	tmpdir_put(&w.tmp, "ci/job.yml", "two");
	tmpdir_put(&w.tmp, "ci/templates/lint.yml", "lint 1.1.0");
	tmpdir_put(&w.tmp, "ci/templates/scan/template.yml", "scan 1.1.0");
	assert_int_equal(symlink("job.yml", at("ci/link.yml")), 0);
	GIT(&w.a, &w.tmp, "ci", "add", ".");
	GIT(&w.a, &w.tmp, "ci", "commit", "-q", "-m", "2");
	GIT(&w.a, &w.tmp, "ci", "tag", "-a", "-m", "release", "1.1.0");
	GIT(&w.a, &w.tmp, "ci", "tag", "2.0.0-rc.1");
	tmpdir_put(&w.tmp, "ci/job.yml", "edited");
	tmpdir_put(&w.tmp, "ci/new.yml", "not committed");
}

static int start(void **state)
{
	struct reader_place place;

	(void)state;
	w.tmp = tmpdir_make();
	arena_init(&w.a, 0);
	tmpdir_put(&w.tmp, "own/a/x.yml", "own");
	tmpdir_put(&w.tmp, "outside.yml", "outside");
	tmpdir_put(&w.tmp, "plain/job.yml", "plain");
	tmpdir_put(&w.tmp, "lib/Jobs/Build.gitlab-ci.yml", "template");
	assert_int_equal(symlink("../outside.yml", at("own/leads-out.yml")), 0);
	assert_int_equal(symlink("a/x.yml", at("own/leads-in.yml")), 0);
	assert_int_equal(mkfifo(at("own/fifo.yml"), 0600), 0);
	make_clone();
	GIT(&w.a, &w.tmp, ".", "clone", "-q", "--bare", "ci", "bare.git");
	vec_add(&w.a, &w.o.roots, (struct reader_root){ STR("group/ci"), str_of(at("ci")) });
	vec_add(&w.a, &w.o.roots,
		(struct reader_root){ STR("group/bare"), str_of(at("bare.git")) });
	vec_add(&w.a, &w.o.roots, (struct reader_root){ STR("group/plain"), str_of(at("plain")) });
	vec_add(&w.a, &w.o.roots, (struct reader_root){ STR("group/gone"), str_of(at("gone")) });
	w.o.project_url = str_null;
	w.o.template_root = str_of(at("lib"));
	vec_add(&w.a, &w.files, STR("a/x.yml"));
	place = (struct reader_place){ str_of(at("own")), &w.files, str_of(at("outside.yml")) };
	w.reader = reader_new(&w.o, &place);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	reader_free(w.reader);
	arena_release(&w.a);
	tmpdir_release(&w.tmp);
	return 0;
}

static struct gitlab_file_request request(enum include_kind kind, const char *project,
					  const char *ref, const char *path)
{
	return (struct gitlab_file_request){ .kind = kind,
					     .origin = { str_of(project), str_of(ref) },
					     .path = str_of(path),
					     .integrity = str_null };
}

static const struct {
	enum include_kind kind;
	const char *project, *ref, *path;
	const char *name, *text; /* text NULL: it fails with a message that holds `name` */
	enum err_kind error;
} cases[] = {
	{ INCLUDE_LOCAL, NULL, NULL, "a/x.yml", "a/x.yml", "own", 0 },
	{ INCLUDE_LOCAL, NULL, NULL, "/a/x.yml", "a/x.yml", "own", 0 },
	{ INCLUDE_LOCAL, NULL, NULL, "leads-in.yml", "leads-in.yml", "own", 0 },
	{ INCLUDE_LOCAL, NULL, NULL, "leads-out.yml", "leads-out.yml", NULL, ERR_DENIED },
	{ INCLUDE_LOCAL, NULL, NULL, "../outside.yml", "outside.yml", NULL, ERR_DENIED },
	{ INCLUDE_LOCAL, NULL, NULL, "/etc/passwd", "etc/passwd", NULL, ERR_NOT_FOUND },
	{ INCLUDE_LOCAL, NULL, NULL, "gone.yml", "gone.yml", NULL, ERR_NOT_FOUND },
	{ INCLUDE_LOCAL, NULL, NULL, "a", "not a regular file", NULL, ERR_INVALID },
	{ INCLUDE_LOCAL, NULL, NULL, "fifo.yml", "not a regular file", NULL, ERR_INVALID },

	{ INCLUDE_PROJECT, "group/ci", NULL, "job.yml", "group/ci:job.yml", "edited", 0 },
	{ INCLUDE_PROJECT, "Group/CI", NULL, "/job.yml", "Group/CI:/job.yml", "edited", 0 },
	{ INCLUDE_PROJECT, "group/ci", NULL, "new.yml", "group/ci:new.yml", "not committed", 0 },
	{ INCLUDE_PROJECT, "group/ci", "main", "job.yml", "group/ci:job.yml@main", "two", 0 },
	{ INCLUDE_PROJECT, "group/ci", "HEAD", "job.yml", "group/ci:job.yml@HEAD", "two", 0 },
	{ INCLUDE_PROJECT, "group/ci", "old", "job.yml", "group/ci:job.yml@old", "one", 0 },
	{ INCLUDE_PROJECT, "group/ci", "1.1.0", "job.yml", "group/ci:job.yml@1.1.0", "two", 0 },
	{ INCLUDE_PROJECT, "group/ci", "heads/old", "job.yml", "group/ci:job.yml@heads/old", "one", 0 },
	{ INCLUDE_PROJECT, "group/ci", "main", "new.yml", "no file new.yml in commit", NULL,
	  ERR_NOT_FOUND },
	{ INCLUDE_PROJECT, "group/ci", "main", "link.yml", "symbolic link", NULL, ERR_INVALID },
	{ INCLUDE_PROJECT, "group/ci", "nope", "job.yml",
	  "has no branch, tag or commit \"nope\"; it has: main, old, 1.0.0, 1.1.0, 2.0.0-rc.1", NULL,
	  ERR_NOT_FOUND },
	{ INCLUDE_PROJECT, "group/ci", "--upload-pack=x", "job.yml", "is not a branch", NULL,
	  ERR_INVALID },
	{ INCLUDE_PROJECT, "group/ci", "main", "../job.yml", "no file ../job.yml", NULL,
	  ERR_NOT_FOUND },
	{ INCLUDE_PROJECT, "group/ci", NULL, "../outside.yml", "outside.yml", NULL, ERR_DENIED },
	{ INCLUDE_PROJECT, "group/bare", NULL, "job.yml", "group/bare:job.yml", "two", 0 },
	{ INCLUDE_PROJECT, "group/bare", "old", "job.yml", "group/bare:job.yml@old", "one", 0 },
	{ INCLUDE_PROJECT, "group/plain", NULL, "job.yml", "group/plain:job.yml", "plain", 0 },
	{ INCLUDE_PROJECT, "group/plain", "v1", "job.yml", "group/plain:job.yml@v1", "plain", 0 },
	{ INCLUDE_PROJECT, "group/gone", NULL, "job.yml", "--project-root group/gone: ", NULL,
	  ERR_DENIED },
	{ INCLUDE_PROJECT, "group/other", NULL, "job.yml",
	  "say where a clone lies with --project-root group/other=DIR, or where to fetch it with "
	  "--project-url URL (or SLIPWAY_PROJECT_URL)", NULL, ERR_DENIED },
	{ INCLUDE_PROJECT, "../../etc", NULL, "job.yml", "is no path of a project", NULL, ERR_DENIED },
	{ INCLUDE_PROJECT, "-x/y", NULL, "job.yml", "is no path of a project", NULL, ERR_DENIED },
	{ INCLUDE_LOCAL, "group/ci", "old", "job.yml", "group/ci:job.yml@old", "one", 0 },

	{ INCLUDE_COMPONENT, NULL, NULL, "host/group/ci/lint@1.0.0",
	  "group/ci:templates/lint.yml@1.0.0", "lint 1.0.0", 0 },
	{ INCLUDE_COMPONENT, NULL, NULL, "host/group/ci/lint@1", "group/ci:templates/lint.yml@1",
	  "lint 1.1.0", 0 },
	{ INCLUDE_COMPONENT, NULL, NULL, "host/group/ci/scan@~latest",
	  "group/ci:templates/scan/template.yml@~latest", "scan 1.1.0", 0 },
	{ INCLUDE_COMPONENT, NULL, NULL, "host/group/ci/lint@old", "group/ci:templates/lint.yml@old",
	  "lint 1.0.0", 0 },
	{ INCLUDE_COMPONENT, NULL, NULL, "host/group/plain/x@1", "neither templates/x.yml nor", NULL,
	  ERR_NOT_FOUND },
	{ INCLUDE_COMPONENT, NULL, NULL, "host/group/ci/scan@1.0.0",
	  "group/ci has neither templates/scan.yml nor templates/scan/template.yml at 1.0.0", NULL,
	  ERR_NOT_FOUND },
	{ INCLUDE_COMPONENT, NULL, NULL, "host/group/ci/lint@3",
	  "no release fits \"3\" among 3 tags", NULL, ERR_NOT_FOUND },
	{ INCLUDE_COMPONENT, NULL, NULL, "lint@1", "HOST/GROUP/PROJECT/COMPONENT@VERSION", NULL,
	  ERR_INVALID },
	{ INCLUDE_COMPONENT, NULL, NULL, "host/group/ci/..@1", "no name of a component", NULL,
	  ERR_INVALID },
	{ INCLUDE_COMPONENT, NULL, NULL, "host/group/ci/lint@", "version behind @", NULL, ERR_INVALID },

	{ INCLUDE_TEMPLATE, NULL, NULL, "Jobs/Build.gitlab-ci.yml", "Jobs/Build.gitlab-ci.yml",
	  "template", 0 },
	{ INCLUDE_TEMPLATE, NULL, NULL, "No.gitlab-ci.yml", "in --template-root ", NULL,
	  ERR_NOT_FOUND },
	{ INCLUDE_TEMPLATE, NULL, NULL, "../outside.yml", "outside.yml", NULL, ERR_DENIED },
};

static void each_kind_is_read_or_says_why_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct gitlab_file_request r =
			request(cases[i].kind, cases[i].project, cases[i].ref, cases[i].path);
		struct gitlab_file f = { 0 };
		struct err err = { 0 };
		int code = w.reader->read(w.reader->ctx, &w.a, &r, &f, &err);

		if (code < 0 && cases[i].text)
			fail_msg("%zu %s: %s", i, cases[i].path, err.msg);
		if (code == 0 && !cases[i].text)
			fail_msg("%zu %s was read", i, cases[i].path);
		if (code < 0) {
			if (!strstr(err.msg, cases[i].name) || err.kind != cases[i].error)
				fail_msg("%zu %s: %s: %s", i, cases[i].path,
					 err_kind_name(err.kind), err.msg);
			continue;
		}
		assert_string_equal(arena_cstr(&w.a, f.name), cases[i].name);
		assert_string_equal(arena_cstr(&w.a, f.text), cases[i].text);
	}
}

static void a_file_of_a_commit_keeps_its_own_includes_at_that_commit(void **state)
{
	struct gitlab_file_request r = request(INCLUDE_PROJECT, "group/ci", "old", "job.yml");
	struct gitlab_file f;
	struct err err;

	(void)state;
	assert_int_equal(w.reader->read(w.reader->ctx, &w.a, &r, &f, &err), 0);
	assert_string_equal(f.origin.project.p, "group/ci");
	assert_string_equal(f.origin.ref.p, GIT(&w.a, &w.tmp, "ci", "rev-parse", "old").p);
}

static void a_component_knows_its_version(void **state)
{
	struct gitlab_file_request r =
		request(INCLUDE_COMPONENT, NULL, NULL, "h/group/ci/scan@1.1");
	struct gitlab_file f;
	struct err err;

	(void)state;
	assert_int_equal(w.reader->read(w.reader->ctx, &w.a, &r, &f, &err), 0);
	assert_string_equal(f.component_name.p, "scan");
	assert_string_equal(f.component_reference.p, "1.1");
	assert_string_equal(f.component_version.p, "1.1.0");
	/* The commit, not the tag object. */
	assert_string_equal(f.component_sha.p, GIT(&w.a, &w.tmp, "ci", "rev-parse", "main").p);
}

static void the_users_own_file_may_lie_anywhere(void **state)
{
	struct gitlab_file_request r = request(INCLUDE_LOCAL, NULL, NULL, at("outside.yml"));
	struct gitlab_file f;
	struct err err;

	(void)state;
	assert_int_equal(w.reader->read(w.reader->ctx, &w.a, &r, &f, &err), 0);
	assert_string_equal(f.text.p, "outside");
}

static const struct {
	const char *project, *ref, *list;
} lists[] = {
	{ NULL, NULL, "a/x.yml " },
	{ "group/ci", NULL, "job.yml link.yml new.yml templates/lint.yml templates/scan/template.yml " },
	{ "group/ci", "old", "job.yml templates/lint.yml " },
	{ "group/bare", NULL, "job.yml link.yml templates/lint.yml templates/scan/template.yml " },
	{ "group/plain", NULL, "job.yml " },
};

static void a_project_lists_its_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct gitlab_origin o = { str_of(lists[i].project), str_of(lists[i].ref) };
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		struct str_vec v = { 0 };
		struct err err = { 0 };

		if (w.reader->list(w.reader->ctx, &w.a, &o, &v, &err) < 0)
			fail_msg("%s", err.msg);
		for (size_t k = 0; k < v.nr; k++)
			buf_addf(&b, STR_FMT " ", STR_ARG(v.at[k]));
		assert_string_equal(b.p, lists[i].list);
	}
}

/* Fetched from file:// with the same git that would fetch from a server. */
static void projects_are_fetched_from_a_configured_url(void **state)
{
	struct reader_options o = { .project_url = arena_printf(&w.a, "file://%s/{project}.git",
								w.tmp.path),
				    .template_root = str_null };
	struct reader_place place = { str_of(at("own")), &w.files, str_null };
	struct gitlab_reader *r = reader_new(&o, &place);
	static const struct {
		enum include_kind kind;
		const char *project, *ref, *path, *text;
	} good[] = {
		{ INCLUDE_PROJECT, "bare", NULL, "job.yml", "two" },
		{ INCLUDE_PROJECT, "bare", "old", "job.yml", "one" },
		{ INCLUDE_PROJECT, "bare", "1.1.0", "job.yml", "two" },
		{ INCLUDE_COMPONENT, NULL, NULL, "host/bare/lint@~latest", "lint 1.1.0" },
		{ INCLUDE_COMPONENT, NULL, NULL, "host/bare/lint@1.0", "lint 1.0.0" },
	};
	struct gitlab_file f;
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct gitlab_file_request q =
			request(good[i].kind, good[i].project, good[i].ref, good[i].path);

		if (r->read(r->ctx, &w.a, &q, &f, &err) < 0)
			fail_msg("%s: %s", good[i].path, err.msg);
		assert_string_equal(f.text.p, good[i].text);
	}
	assert_true(file_exists(w.tmp.fd, "own/.slipway/projects"));
	assert_true(file_exists(w.tmp.fd, "own/.slipway/.gitignore"));
	reader_free(r);
}

static void what_cannot_be_fetched_names_the_url_without_its_password(void **state)
{
	struct reader_options o = { .project_url = STR("http://u:hunter2@127.0.0.1:1/"),
				    .template_root = str_null };
	struct reader_place place = { str_of(at("own")), &w.files, str_null };
	struct gitlab_reader *r = reader_new(&o, &place);
	struct gitlab_file_request q = request(INCLUDE_PROJECT, "no/such", NULL, "x.yml");
	struct gitlab_file f;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(r->read(r->ctx, &w.a, &q, &f, &err), -1);
	assert_int_equal(err.kind, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.msg, "fetching http://127.0.0.1:1/no/such.git: "));
	assert_null(strstr(err.msg, "hunter2"));
	reader_free(r);
}

static bool answer(struct http_server *s, str path, str req, struct buf *out)
{
	(void)s;
	(void)path;
	(void)req;
	http_ok(out, STR("remote"));
	return true;
}

static void remote_files_need_leave_for_private_addresses(void **state)
{
	struct reader_options o = { .project_url = str_null, .template_root = str_null };
	struct reader_place place = { str_of(at("own")), &w.files, str_null };
	struct gitlab_reader *r = reader_new(&o, &place);
	struct gitlab_file_request q;
	struct gitlab_file f;
	struct err err = { 0 };

	(void)state;
	server.answer = answer;
	http_server_start(&server);
	q = request(INCLUDE_REMOTE, NULL, NULL,
		    arena_printf(&w.a, "http://127.0.0.1:%u/x.yml", server.port).p);
	assert_int_equal(r->read(r->ctx, &w.a, &q, &f, &err), -1);
	assert_non_null(strstr(err.msg, "--allow-private"));
	o.allow_private = true;
	assert_int_equal(r->read(r->ctx, &w.a, &q, &f, &err), 0);
	assert_string_equal(f.text.p, "remote");
	q.integrity = STR("sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	assert_int_equal(r->read(r->ctx, &w.a, &q, &f, &err), -1);
	assert_non_null(strstr(err.msg, "is not what integrity says"));
	http_server_stop(&server);
	reader_free(r);
}

static void without_a_template_root_the_option_is_named(void **state)
{
	struct reader_options o = { .project_url = str_null, .template_root = str_null };
	struct reader_place place = { str_of(at("own")), &w.files, str_null };
	struct gitlab_reader *r = reader_new(&o, &place);
	struct gitlab_file_request q = request(INCLUDE_TEMPLATE, NULL, NULL, "X.gitlab-ci.yml");
	struct gitlab_file f;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(r->read(r->ctx, &w.a, &q, &f, &err), -1);
	assert_non_null(strstr(err.msg, "--template-root DIR"));
	reader_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_read_or_says_why_not),
		cmocka_unit_test(a_file_of_a_commit_keeps_its_own_includes_at_that_commit),
		cmocka_unit_test(a_component_knows_its_version),
		cmocka_unit_test(the_users_own_file_may_lie_anywhere),
		cmocka_unit_test(a_project_lists_its_files),
		cmocka_unit_test(projects_are_fetched_from_a_configured_url),
		cmocka_unit_test(what_cannot_be_fetched_names_the_url_without_its_password),
		cmocka_unit_test(remote_files_need_leave_for_private_addresses),
		cmocka_unit_test(without_a_template_root_the_option_is_named),
	};

	unsetenv("SLIPWAY_PROJECT_URL");
	return cmocka_run_group_tests(tests, start, stop);
}
