#include "tmpdir.h"

#include "exec/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <pthread.h>
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

static struct job_spec spec_of(struct job_cache c, const char *paths)
{
	struct job_spec spec = { .name = STR("build") };

	for (str rest = str_of(paths); rest.n;)
		vec_add(&a, &c.paths, arena_str(&a, str_cut(&rest, ' ')));
	vec_add(&a, &spec.caches, c);
	return spec;
}

#define KEY(text) (struct job_cache){ .key = STR(text) }

static int save(const struct tmpdir *t, const struct job_spec *spec, bool success, struct err *err)
{
	struct cache_request req = { .spec = spec, .success = success };

	req.project_dir = in(t, "p");
	req.cache_dir = in(t, "cache");
	buf_clear(&log_text);
	return cache_save(&a, &req, &log_text, err);
}

static int restore(const struct tmpdir *t, const struct job_spec *spec,
		   const struct variables *vars, struct err *err)
{
	struct cache_request req = { .spec = spec, .vars = vars };

	req.project_dir = in(t, "p");
	req.cache_dir = in(t, "cache");
	buf_clear(&log_text);
	return cache_restore(&a, &req, &log_text, err);
}

static void empty_project(const struct tmpdir *t)
{
	struct err err;

	assert_int_equal(tree_remove(t->fd, "p", &err), 0);
	assert_int_equal(dir_make(t->fd, "p", 0755, &err), 0);
}

static const struct {
	const char *key, *want;
} keys[] = {
	{ "default", "default" },	 { "a/b", "a/b" },
	{ "a%2fb", "a/b" },		 { "a%2Fb", "a/b" },
	{ "a\\b", "a/b" },		 { "%2e%2e%2fb", "b" },
	{ "../../etc/passwd", "etc/passwd" }, { "a/../../b", "b" },
	{ "a/./b//c/", "a/b/c" },	 { "a  /b \t", "a/b" },
	{ "..", "" },			 { ".", "" },
	{ "/", "" },			 { "", "" },
	{ "  ", "" },			 { "100%", "100%" },
	{ "%2", "%2" },			 { ".hidden", ".hidden" },
};

static void keys_are_cleaned_as_the_runner_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		str got = cache_key_sanitize(&a, str_of(keys[i].key));

		if (!str_eq(got, str_of(keys[i].want)))
			fail_msg("\"%s\": \"" STR_FMT "\"", keys[i].key, STR_ARG(got));
	}
}

static void different_keys_have_different_files_in_one_directory(void **state)
{
	char longs[2][600];
	const char *all[] = { "a", "a/b", "a%2Fb", "A", "a.tar.zst", ".a", longs[0], longs[1] };
	struct str_vec seen = { 0 };
	struct err err;

	(void)state;
	memset(longs[0], 'x', 599);
	longs[0][599] = '\0';
	memcpy(longs[1], longs[0], 600);
	longs[1][598] = 'y';
	for (size_t i = 0; i < COUNT(all); i++) {
		str name;

		assert_int_equal(cache_file_name(&a, str_of(all[i]), &name, &err), 0);
		assert_false(str_vec_has(&seen, name));
		assert_int_equal(str_index(name, '/'), -1);
		assert_true(name.n < 250 && name.p[0] != '.');
		vec_add(&a, &seen, name);
	}
}

static void what_is_saved_is_restored(void **state)
{
	TMPDIR(t);
	struct job_spec spec = spec_of(KEY("k"), "deps/ one.txt");
	struct err err;

	(void)state;
	tmpdir_put(&t, "p/deps/x/y", "content");
	tmpdir_put(&t, "p/one.txt", "1");
	assert_int_equal(restore(&t, &spec, NULL, &err), 0);
	assert_string_equal(log_text.p, "Checking cache for k...\n"
					"WARNING: Cache file does not exist\n");
	assert_int_equal(save(&t, &spec, true, &err), 0);
	assert_non_null(strstr(log_text.p, "Creating cache k...\n"));
	assert_non_null(strstr(log_text.p, "Created cache\n"));
	empty_project(&t);
	assert_int_equal(restore(&t, &spec, NULL, &err), 0);
	assert_string_equal(log_text.p, "Checking cache for k...\nSuccessfully extracted cache\n");
	assert_string_equal(content(&t, "p/deps/x/y"), "content");
	assert_string_equal(content(&t, "p/one.txt"), "1");
	/* Another key sees nothing of it. */
	empty_project(&t);
	spec.caches.at[0].key = STR("k2");
	assert_int_equal(restore(&t, &spec, NULL, &err), 0);
	assert_false(file_exists(t.fd, "p/one.txt"));
}

static void what_did_not_change_is_not_written_again(void **state)
{
	TMPDIR(t);
	struct job_spec spec = spec_of(KEY("k"), "deps");
	struct stat before, after;
	struct err err;

	(void)state;
	tmpdir_put(&t, "p/deps/x", "1");
	assert_int_equal(symlinkat("x", t.fd, "p/deps/link"), 0);
	assert_int_equal(save(&t, &spec, true, &err), 0);
	assert_int_equal(fstatat(t.fd, "cache/key-k.tar.zst", &before, 0), 0);
	/* Not even after it went through the cache. */
	empty_project(&t);
	assert_int_equal(restore(&t, &spec, NULL, &err), 0);
	assert_int_equal(save(&t, &spec, true, &err), 0);
	assert_non_null(strstr(log_text.p, "Archive is up to date!\n"));
	assert_int_equal(fstatat(t.fd, "cache/key-k.tar.zst", &after, 0), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	/* A file less, a file more, another link are changes. */
	assert_int_equal(unlinkat(t.fd, "p/deps/x", 0), 0);
	assert_int_equal(save(&t, &spec, true, &err), 0);
	assert_non_null(strstr(log_text.p, "Created cache\n"));
	tmpdir_put(&t, "p/deps/y", "1");
	assert_int_equal(save(&t, &spec, true, &err), 0);
	assert_non_null(strstr(log_text.p, "Created cache\n"));
	assert_int_equal(unlinkat(t.fd, "p/deps/link", 0), 0);
	assert_int_equal(symlinkat("y", t.fd, "p/deps/link"), 0);
	assert_int_equal(save(&t, &spec, true, &err), 0);
	assert_non_null(strstr(log_text.p, "Created cache\n"));
}

static void policies_and_when_are_heeded(void **state)
{
	static const struct {
		const char *policy;
		enum upload_when when;
		bool success, saved, restored;
	} cases[] = {
		{ "", UPLOAD_ON_SUCCESS, true, true, true },
		{ "pull-push", UPLOAD_ON_SUCCESS, true, true, true },
		{ "push", UPLOAD_ON_SUCCESS, true, true, false },
		{ "pull", UPLOAD_ON_SUCCESS, true, false, false },
		{ "pull-push", UPLOAD_ON_SUCCESS, false, false, false },
		{ "pull-push", UPLOAD_ON_FAILURE, false, true, true },
		{ "pull-push", UPLOAD_ON_FAILURE, true, false, false },
		{ "pull-push", UPLOAD_ALWAYS, false, true, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		TMPDIR(t);
		struct job_cache c = KEY("k");
		struct job_spec spec;
		struct err err;

		c.policy = str_of(cases[i].policy);
		c.when = cases[i].when;
		spec = spec_of(c, "x");
		tmpdir_put(&t, "p/x", "1");
		assert_int_equal(save(&t, &spec, cases[i].success, &err), 0);
		assert_int_equal(file_exists(t.fd, "cache/key-k.tar.zst"), cases[i].saved);
		empty_project(&t);
		assert_int_equal(restore(&t, &spec, NULL, &err), 0);
		assert_int_equal(file_exists(t.fd, "p/x"), cases[i].restored);
	}
}

static void an_unknown_policy_fails_the_job(void **state)
{
	TMPDIR(t);
	struct job_cache c = KEY("k");
	struct job_spec spec;
	struct err err;

	(void)state;
	c.policy = STR("pul");
	spec = spec_of(c, "x");
	empty_project(&t);
	assert_int_equal(restore(&t, &spec, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_non_null(strstr(err.msg, "unknown cache policy pul"));
	assert_int_equal(save(&t, &spec, true, &err), -1);
}

static void fallback_keys_are_tried_in_order(void **state)
{
	TMPDIR(t);
	struct job_cache c = KEY("none");
	struct job_spec old = spec_of(KEY("old"), "x"), last = spec_of(KEY("last"), "x"), spec;
	struct variables vars;
	struct err err;

	(void)state;
	tmpdir_put(&t, "p/x", "old");
	assert_int_equal(save(&t, &old, true, &err), 0);
	tmpdir_put(&t, "p/x", "last");
	assert_int_equal(save(&t, &last, true, &err), 0);
	vec_add(&a, &c.fallback_keys, STR("missing"));
	vec_add(&a, &c.fallback_keys, STR("$OLD"));
	spec = spec_of(c, "x");
	variables_init(&vars, &a);
	variables_set_text(&vars, "OLD", STR("old"));
	variables_set_text(&vars, "CACHE_FALLBACK_KEY", STR("last"));
	assert_int_equal(variables_resolve(&vars, t.path, &err), 0);
	assert_int_equal(restore(&t, &spec, &vars, &err), 0);
	assert_string_equal(content(&t, "p/x"), "old");
	spec.caches.at[0].fallback_keys.nr = 1;
	assert_int_equal(restore(&t, &spec, &vars, &err), 0);
	assert_string_equal(content(&t, "p/x"), "last");
	assert_non_null(strstr(log_text.p, "Checking cache for none...\n"));
	assert_non_null(strstr(log_text.p, "Checking cache for missing...\n"));
	assert_non_null(strstr(log_text.p, "Checking cache for last...\n"));
}

static void a_protected_fallback_is_not_used(void **state)
{
	TMPDIR(t);
	struct job_spec prot = spec_of(KEY("main-protected"), "x"),
			spec = spec_of(KEY("none"), "x");
	struct variables vars;
	struct err err;

	(void)state;
	tmpdir_put(&t, "p/x", "1");
	assert_int_equal(save(&t, &prot, true, &err), 0);
	empty_project(&t);
	variables_init(&vars, &a);
	variables_set_text(&vars, "CACHE_FALLBACK_KEY", STR("main-protected"));
	assert_int_equal(variables_resolve(&vars, t.path, &err), 0);
	assert_int_equal(restore(&t, &spec, &vars, &err), 0);
	assert_false(file_exists(t.fd, "p/x"));
}

static void an_empty_key_or_nothing_to_cache_is_only_said(void **state)
{
	TMPDIR(t);
	struct job_spec empty = spec_of(KEY("../.."), "x"), nothing = spec_of(KEY("k"), "absent");
	struct err err;

	(void)state;
	tmpdir_put(&t, "p/x", "1");
	assert_int_equal(save(&t, &empty, true, &err), 0);
	assert_non_null(strstr(log_text.p, "empty cache key"));
	assert_int_equal(restore(&t, &empty, NULL, &err), 0);
	assert_non_null(strstr(log_text.p, "Skipping cache extraction due to empty cache key"));
	assert_int_equal(save(&t, &nothing, true, &err), 0);
	assert_non_null(strstr(log_text.p, "No files to cache.\n"));
	assert_false(file_exists(t.fd, "cache/key-k.tar.zst"));
}

static void a_broken_archive_is_a_miss_and_is_replaced(void **state)
{
	TMPDIR(t);
	struct job_spec spec = spec_of(KEY("k"), "x");
	struct err err;

	(void)state;
	tmpdir_put(&t, "p/x", "1");
	assert_int_equal(save(&t, &spec, true, &err), 0);
	assert_int_equal(truncate(in(&t, "cache/key-k.tar.zst"), 70), 0);
	assert_int_equal(restore(&t, &spec, NULL, &err), 0);
	assert_non_null(strstr(log_text.p, "Failed to extract cache\n"));
	assert_int_equal(save(&t, &spec, true, &err), 0);
	assert_non_null(strstr(log_text.p, "Created cache\n"));
	empty_project(&t);
	assert_int_equal(restore(&t, &spec, NULL, &err), 0);
	assert_string_equal(content(&t, "p/x"), "1");
}

static void a_cache_that_cannot_be_written_is_a_warning(void **state)
{
	TMPDIR(t);
	struct job_spec spec = spec_of(KEY("k"), "x");
	struct err err;

	(void)state;
	tmpdir_put(&t, "p/x", "1");
	tmpdir_put(&t, "cache", "a file where the directory should be");
	assert_int_equal(save(&t, &spec, true, &err), 0);
	assert_non_null(strstr(log_text.p, "Failed to create cache\n"));
	assert_int_equal(restore(&t, &spec, NULL, &err), 0);
}

/* Two runs at once: each has its own project, both the same key. */
struct runner {
	const struct tmpdir *t;
	const char *project;
	const struct job_spec *spec;
	unsigned failures;
};

static void *save_often(void *arg)
{
	struct runner *r = arg;

	for (int i = 0; i < 100; i++) {
		struct arena own;
		struct buf log = BUF_INIT;
		struct err err;
		char project[200], cache[200];
		struct cache_request req = { .spec = r->spec, .success = true };

		snprintf(project, sizeof(project), "%s/%s", r->t->path, r->project);
		snprintf(cache, sizeof(cache), "%s/cache", r->t->path);
		req.project_dir = project;
		req.cache_dir = cache;
		arena_init(&own, 0);
		r->failures +=
			cache_save(&own, &req, &log, &err) < 0 || strstr(log.p, "WARNING") != NULL;
		r->failures += cache_restore(&own, &req, &log, &err) < 0 ||
			       strstr(log.p, "WARNING") != NULL;
		buf_release(&log);
		arena_release(&own);
	}
	return NULL;
}

static void two_runs_at_once_see_whole_archives(void **state)
{
	TMPDIR(t);
	struct job_spec spec = spec_of(KEY("k"), "x");
	struct runner r[2] = { { &t, "p1", &spec, 0 }, { &t, "p2", &spec, 0 } };
	pthread_t threads[2];

	(void)state;
	tmpdir_put(&t, "p1/x", "from the first");
	tmpdir_put(&t, "p2/x", "from the second, which is longer");
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, save_often, &r[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(r[0].failures + r[1].failures, 0);
	/* No temporary file is left. */
	assert_int_equal(unlinkat(t.fd, "cache/key-k.tar.zst", 0), 0);
	assert_int_equal(unlinkat(t.fd, "cache", AT_REMOVEDIR), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_cleaned_as_the_runner_does),
		cmocka_unit_test(different_keys_have_different_files_in_one_directory),
		cmocka_unit_test(what_is_saved_is_restored),
		cmocka_unit_test(what_did_not_change_is_not_written_again),
		cmocka_unit_test(policies_and_when_are_heeded),
		cmocka_unit_test(an_unknown_policy_fails_the_job),
		cmocka_unit_test(fallback_keys_are_tried_in_order),
		cmocka_unit_test(a_protected_fallback_is_not_used),
		cmocka_unit_test(an_empty_key_or_nothing_to_cache_is_only_said),
		cmocka_unit_test(a_broken_archive_is_a_miss_and_is_replaced),
		cmocka_unit_test(a_cache_that_cannot_be_written_is_a_warning),
		cmocka_unit_test(two_runs_at_once_see_whole_archives),
	};

	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
