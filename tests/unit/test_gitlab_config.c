/* Files and includes: what a configuration becomes, what is said of it. */
#include "config_cases.h"

static void files_are_included_and_merged(void **state UNUSED)
{
	static const struct example cases[] = {
		{ "a file without include stays", R "a: {script: x}\n", "{a: {script: x}}" },
		{ "a text is a local file", R "include: ci/a.yml\nb: 1\n=== ci/a.yml\na: 1\n",
		  "{a: 1, b: 1}" },
		{ "a leading slash is the root", R "include: /ci/a.yml\n=== ci/a.yml\na: 1\n",
		  "{a: 1}" },
		{ "a list, later over earlier",
		  R "include: [a.yml, {local: b.yml}]\n=== a.yml\nx: {p: 1, q: 1}\n"
		    "=== b.yml\nx: {q: 2, l: [3]}\n",
		  "{x: {p: 1, q: 2, l: [3]}}" },
		{ "the includer wins, lists are replaced",
		  R "include: a.yml\nx: {l: [1], m: {k: own}}\n"
		    "=== a.yml\nx: {l: [2, 3], m: {k: theirs, o: 1}}\n",
		  "{x: {l: [1], m: {k: own, o: 1}}}" },
		{ "nested, in order",
		  R "include: a.yml\n=== a.yml\ninclude: b.yml\nx: a\n=== b.yml\nx: b\ny: b\n",
		  "{x: a, y: b}" },
		{ "the same file twice", R "include: [a.yml, a.yml]\n=== a.yml\na: 1\n", "{a: 1}" },
		{ "a diamond",
		  R "include: [a.yml, b.yml]\n=== a.yml\ninclude: c.yml\n=== b.yml\n"
		    "include: c.yml\nb: 1\n=== c.yml\nc: 1\n",
		  "{c: 1, b: 1}" },
		{ "an empty list includes nothing", R "include: []\na: 1\n", "{a: 1}" },
		{ "null includes nothing", R "include:\na: 1\n", "{a: 1}" },
		{ "one star stays in its directory",
		  R "include: ci/*.yml\n=== ci/a.yml\na: 1\n=== ci/b.yml\nb: 1\n"
		    "=== ci/sub/c.yml\nc: 1\n",
		  "{a: 1, b: 1}" },
		{ "two stars go down",
		  R "include: {local: 'ci/**.yml'}\n=== ci/a.yml\na: 1\n=== ci/sub/c.yml\nc: 1\n"
		    "=== other/d.yml\nd: 1\n",
		  "{a: 1, c: 1}" },
		{ "two stars and a slash need a directory",
		  R "include: 'ci/**/*.yml'\n=== ci/a.yml\na: 1\n=== ci/s/t/c.yml\nc: 1\n",
		  "{c: 1}" },
		{ "a wildcard may match nothing", R "include: 'x/*.yml'\na: 1\n", "{a: 1}" },
		{ "variables in a path", R "include: $DIR/a.yml\n=== ci/a.yml\na: 1\n", "{a: 1}" },
		{ "rules that match, and not",
		  R "include:\n- {local: a.yml, rules: [{if: 'yes'}]}\n"
		    "- {local: gone.yml, rules: [{if: 'no'}]}\n=== a.yml\na: 1\n",
		  "{a: 1}" },
		{ "another project",
		  R "include: {project: g/p, file: /x.yml}\n=== g/p:x.yml\na: 1\n", "{a: 1}" },
		{ "files of a project at a ref",
		  R "include: {project: g/p, ref: $REF, file: [x.yml, y.yml]}\n"
		    "=== g/p:x.yml@v1\na: 1\n=== g/p:y.yml@v1\nb: 1\n",
		  "{a: 1, b: 1}" },
		{ "local inside a project is local there",
		  R "include: {project: g/p, ref: v1, file: x.yml}\n=== y.yml\nwrong: 1\n"
		    "=== g/p:x.yml@v1\ninclude: y.yml\n=== g/p:y.yml@v1\nright: 1\n",
		  "{right: 1}" },
		{ "wildcards in a project",
		  R "include: {project: g/p, file: 'ci/*.yml'}\n=== g/p:ci/a.yml\na: 1\n", "{a: 1}" },
		{ "a remote file, also as a text",
		  R "include: ['https://${HOST}/a.yml', {remote: 'http://h.example/b.yml', "
		    "integrity: 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=', cache: 1h}]\n"
		    "=== https://host.example/a.yml\na: 1\n=== http://h.example/b.yml\nb: 1\n",
		  "{a: 1, b: 1}" },
		{ "a template",
		  R "include: {template: Go.gitlab-ci.yml}\n"
		    "=== template:Go.gitlab-ci.yml\na: 1\n",
		  "{a: 1}" },
		{ "a component knows itself, its local files are its project's",
		  R "include: {component: h/g/p/lint@1.2, inputs: {w: x}}\n"
		    "=== h/g/p/lint@1.2\nspec:\n  component: [name, version, sha, reference]\n"
		    "  inputs: {w: }\n---\ninclude: l.yml\n"
		    "$[[ component.name ]]: $[[ component.version ]]/$[[ component.sha ]]/"
		    "$[[ inputs.w ]]/$[[component.reference]]\n=== g/p:l.yml@1.2\nl: 1\n",
		  "{l: 1, lint: 1.2/c0ffee/x/1.2}" },
		{ "anchors stay in their file",
		  R "include: a.yml\n.x: &x {own: 1}\nj: *x\n=== a.yml\n.y: &x {theirs: 1}\nk: *x\n",
		  "{.y: {theirs: 1}, k: {theirs: 1}, .x: {own: 1}, j: {own: 1}}" },
		{ "merge keys work before extends",
		  R ".x: &x {a: 1, b: 1}\nj: {<<: *x, b: 2}\n",
		  "{.x: {a: 1, b: 1}, j: {a: 1, b: 2}}" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_good(&cases[i]);
}

static void what_is_wrong_with_an_include_is_said(void **state UNUSED)
{
	static const struct example cases[] = {
		{ "missing, near",
		  R "include:\n  - local: ci/biuld.yml\n=== ci/build.yml\na: 1\n",
		  ".gitlab-ci.yml:2:12: Local file `ci/biuld.yml` does not exist! | "
		  "did you mean \"ci/build.yml\"?\n" },
		{ "missing, elsewhere",
		  R "include: build.yml\n=== deep/down/build.yml\na: 1\n",
		  ".gitlab-ci.yml:1:10: Local file `build.yml` does not exist! | "
		  "did you mean \"deep/down/build.yml\"?\n" },
		{ "relative", R "include: ./a.yml\n=== a.yml\na: 1\n",
		  ".gitlab-ci.yml:1:10: Local file `./a.yml` does not exist! | "
		  "paths start at the root of the repository\n" },
		{ "all of them in one go",
		  R "include: [a.yml, b.yml, {local: c.txt}, {file: x.yml}]\n",
		  ".gitlab-ci.yml:1:11: Local file `a.yml` does not exist!\n"
		  ".gitlab-ci.yml:1:18: Local file `b.yml` does not exist!\n"
		  ".gitlab-ci.yml:1:33: Included file `c.txt` does not have YAML extension!\n"
		  ".gitlab-ci.yml:1:41: include does not have a valid subkey. Valid subkeys are: "
		  "`local`, `project`, `remote`, `template`, `component`\n" },
		{ "empty", R "include: a.yml\n=== a.yml\n# nothing\n",
		  ".gitlab-ci.yml:1:10: Included file `a.yml` is empty!\n" },
		{ "no map", R "include: a.yml\n=== a.yml\n- a\n",
		  "a.yml:1:1: Invalid configuration format: expected a map of jobs and keywords, "
		  "found a list | a job is written as its name, a colon, and below it, indented, "
		  "`script: …`\n" },
		{ "an unknown key", R "include: {lokal: a.yml}\n",
		  ".gitlab-ci.yml:1:11: include config contains unknown keys: lokal | "
		  "did you mean \"local\"?\n" },
		{ "two kinds", R "include: {local: a.yml, template: b.gitlab-ci.yml}\n",
		  ".gitlab-ci.yml:1:10: Each include must use only one of: `local`, `project`, "
		  "`remote`, `template`, `component`\n" },
		{ "a number", R "include: 5\n",
		  ".gitlab-ci.yml:1:10: include config should be an array or hash or string, not this "
		  "integer\n" },
		{ "a path that is a list", R "include: {local: [a.yml]}\n",
		  ".gitlab-ci.yml:1:18: Included file needs to be a string, not this list\n" },
		{ "a project without file", R "include: {project: g/p}\n",
		  ".gitlab-ci.yml:1:10: include config must specify the file where to fetch the "
		  "config from | add `file`: a path in the project, or a list\n" },
		{ "a missing file of a project",
		  R "include: {project: g/p, file: x.yml}\n=== g/p:xx.yml\na: 1\n",
		  ".gitlab-ci.yml:1:31: Project `g/p` file `x.yml` does not exist! | "
		  "did you mean \"xx.yml\"?\n" },
		{ "a ref without project", R "include: {local: a.yml, ref: v1}\n",
		  ".gitlab-ci.yml:1:30: include:ref needs include:project\n" },
		{ "a bad address", R "include: {remote: 'ftp://x/a.yml'}\n",
		  ".gitlab-ci.yml:1:19: Remote file `ftp://x/a.yml` address is invalid!\n" },
		{ "a bad integrity",
		  R "include: {remote: 'https://x/a.yml', integrity: md5-x}\n",
		  ".gitlab-ci.yml:1:49: include:integrity should be sha256- and the base64 of the "
		  "SHA-256 of the file\n" },
		{ "local in a remote file",
		  R "include: https://x/a.yml\n=== https://x/a.yml\ninclude: b.yml\n",
		  "https://x/a.yml:1:10: Local file `b.yml` does not have project!\n" },
		{ "a template's name", R "include: {template: Go}\n",
		  ".gitlab-ci.yml:1:21: Template file `Go` is not a valid location!\n" },
		{ "a component without version", R "include: {component: h/g/p/c}\n",
		  ".gitlab-ci.yml:1:22: Component `h/g/p/c` has no version | "
		  "write HOST/GROUP/PROJECT/COMPONENT@VERSION\n" },
		{ "a component that is not there", R "include: {component: h/g/p/c@1}\n",
		  ".gitlab-ci.yml:1:22: Component `h/g/p/c@1` content not found | "
		  "nothing is called h/g/p/c@1\n" },
		{ "itself", R "include: .gitlab-ci.yml\n",
		  ".gitlab-ci.yml:1:10: `.gitlab-ci.yml` includes itself | "
		  ".gitlab-ci.yml -> .gitlab-ci.yml\n" },
		{ "itself, by way of others",
		  R "include: a.yml\n=== a.yml\ninclude: b.yml\n=== b.yml\ninclude: a.yml\n",
		  "b.yml:1:10: `a.yml` includes itself | a.yml -> b.yml -> a.yml\n" },
		{ "the root is missing", "",
		  "-: Local file `.gitlab-ci.yml` does not exist!\n" },
		{ "the root is empty", R "\n",
		  ".gitlab-ci.yml:1:1: Please provide content of .gitlab-ci.yml: the file is "
		  "empty\n" },
		{ "the root is a text", R "hello\n",
		  ".gitlab-ci.yml:1:1: Invalid configuration format: expected a map of jobs and "
		  "keywords, found a string | a job is written as its name, a colon, and below it, "
		  "indented, `script: …`\n" },
		{ "nothing is said of extends when a file is missing",
		  R "include: a.yml\nj: {extends: .in_a}\n",
		  ".gitlab-ci.yml:1:10: Local file `a.yml` does not exist!\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		check_bad(&cases[i]);
}

static void what_is_rarely_meant_is_warned_of(void **state UNUSED)
{
	static const struct example cases[] = {
		{ "a wildcard without a match", R "include: 'x/*.yml'\na: 1\n",
		  ".gitlab-ci.yml:1:10: `x/*.yml` matches no file\n" },
		{ "a block in a file without header", R "a:\n  b: $[[ inputs.x ]]\n",
		  ".gitlab-ci.yml:2:6: this is not replaced, because the file has no `spec` header\n" },
		{ "two documents without header", R "a: 1\n---\nb: 1\n",
		  ".gitlab-ci.yml:3:1: only the first document is used, because it is no `spec` "
		  "header\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct loaded t;

		load(&t, str_of(cases[i].files), NULL);
		assert_int_equal(t.r, 0);
		assert_string_equal(diags_of(&t, DIAG_WARNING).p, cases[i].want);
		unload(&t);
	}
}

static void a_child_pipeline_is_given_what_to_include(void **state UNUSED)
{
	static const struct example cases[] = {
		{ "a list", "[a.yml, {local: b.yml, inputs: {x: 1.0}}]", "{a: 1, b: 1.0}" },
		{ "a text", "a.yml", "{a: 1}" },
		{ "a whole configuration", "{include: a.yml, j: !reference [a]}", "{a: 1, j: 1}" },
	};
	static const char files[] = "=== a.yml\na: 1\n"
				    "=== b.yml\nspec: {inputs: {x: {type: number}}}\n---\n"
				    "b: $[[ inputs.x ]]\n";

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct loaded t;

		load_content(&t, str_of(files), cases[i].files);
		if (t.r < 0)
			fail_msg("%s: " STR_FMT, cases[i].name, STR_ARG(errors_of(&t)));
		assert_string_equal(json(&t.arena, t.config.root).p,
				    json(&t.arena, parse_expected(&t.arena, cases[i].want)).p);
		unload(&t);
	}
}

static void bad_yaml_in_an_include_shows_who_included_it(void **state UNUSED)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct loaded t;

	load(&t, STR(R "x: 1\ninclude: a.yml\n=== a.yml\na: [1\n"), NULL);
	assert_int_equal(t.r, -1);
	diags_render(&t.diags, &b, false);
	assert_true(str_find(buf_str(&b), STR("included from .gitlab-ci.yml:2:10"), 0) >= 0);
	unload(&t);
}

static void at_most_150_files_are_included(void **state UNUSED)
{
	for (unsigned nr = 150; nr <= 151; nr++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		struct loaded t;

		buf_addz(&b, R "include:\n");
		for (unsigned i = 0; i < nr; i++)
			buf_addf(&b, "- f%u.yml\n", i % 75);
		for (unsigned i = 0; i < 75; i++)
			buf_addf(&b, "=== f%u.yml\nj%u: 1\n", i, i);
		load(&t, buf_str(&b), NULL);
		assert_int_equal(t.r, nr == 150 ? 0 : -1);
		if (nr == 150) {
			assert_int_equal(t.memory.nr_read, 76); /* each file once */
			assert_int_equal(t.config.files.nr, 76);
			assert_int_equal(t.config.root->map.nr, 75);
		} else {
			assert_true(str_find(errors_of(&t),
					     STR("Maximum of 150 nested includes are allowed!"),
					     0) > 0);
			assert_int_equal(t.diags.nr_error, 1);
		}
		unload(&t);
	}
}

static void includes_that_multiply_stop_at_the_limit(void **state UNUSED)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct loaded t;

	buf_addz(&b, R "include: f0.yml\n");
	for (unsigned i = 0; i < 60; i++)
		buf_addf(&b, "=== f%u.yml\ninclude: [f%u.yml, f%u.yml]\n", i, i + 1, i + 1);
	buf_addz(&b, "=== f60.yml\nj: 1\n");
	load(&t, buf_str(&b), NULL);
	assert_int_equal(t.r, -1);
	assert_int_equal(t.diags.nr_error, 1);
	unload(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_included_and_merged),
		cmocka_unit_test(what_is_wrong_with_an_include_is_said),
		cmocka_unit_test(what_is_rarely_meant_is_warned_of),
		cmocka_unit_test(a_child_pipeline_is_given_what_to_include),
		cmocka_unit_test(bad_yaml_in_an_include_shows_who_included_it),
		cmocka_unit_test(at_most_150_files_are_included),
		cmocka_unit_test(includes_that_multiply_stop_at_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
