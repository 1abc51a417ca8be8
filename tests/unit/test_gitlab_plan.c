/* The rest of planning: kinds of jobs, defaults, files, errors. */
#include "plan_cases.h"

static void all_independent_errors_come_at_once(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "three", "a: {scirpt: x}\nb: {script: x, stage: tset}\nc: {script: x, when: sometimes}", "",
		  "!1:5: jobs:a config contains unknown keys: scirpt|"
		  "!2:23: b job: chosen stage tset does not exist; available stages are .pre, build, test, deploy, .post|"
		  "!3:22: jobs:c:when should be one of: on_success, on_failure, always, manual, delayed" },
		{ "no script", "a: {stage: test}", "",
		  "!1:1: jobs a config should implement the script:, run:, or trigger: keyword" },
		{ "no visible job", ".a: {script: x}", "",
		  "!1:1: jobs config should contain at least one visible job" },
		{ "only with rules", "a: {script: x, only: [main], rules: [{when: always}]}", "",
		  "!1:16: jobs:a:only key may not be used with `rules`" },
		{ "circular values", "variables: {A: $B, B: $A}\na: {script: x}", "",
		  "!1:13: variable A: circular variable reference detected: B <- A <- B|"
		  "!1:20: variable B: circular variable reference detected: A <- B <- A" },
	};

	hold(cases, COUNT(cases));
}

static void cache_keys_of_files_are_digests(void **state UNUSED)
{
	struct plan_world *w = plan_world_new(
		"a: {script: x, cache: {key: {files: [b, a], prefix: p}, paths: [c]}}\n"
		"b: {script: x, cache: [{paths: [d]}, {key: k, paths: [e]}]}",
		"");

	/* sha1("<a>-<b>") with the test's blob ids */
	assert_string_equal(plan_job(w, "a")->spec.caches.at[0].key.p,
			    "p-5a9df0a0c68bab8ad677b8531845f6be0c4c3413");
	assert_int_equal(plan_job(w, "b")->spec.caches.nr, 2);
	assert_true(str_eq(plan_job(w, "b")->spec.caches.at[0].key, STR("default")));
	plan_world_free(w);
}

static void defaults_fill_what_a_job_leaves_open(void **state UNUSED)
{
	struct plan_world *w = plan_world_new(
		"default: {before_script: [b], after_script: [z], timeout: 10 minutes, retry: 1, "
		"image: i}\n"
		"a: {script: x}\nb: {script: x, before_script: [], retry: 0, image: j}\n"
		"c: {script: x, inherit: {default: [timeout]}}\n",
		"");

	assert_int_equal(plan_job(w, "a")->spec.script.script.nr, 2);
	assert_int_equal(plan_job(w, "a")->spec.after_script.script.nr, 1);
	assert_int_equal(plan_job(w, "a")->spec.timeout_s, 600);
	assert_int_equal(plan_job(w, "a")->retry.max, 1);
	assert_int_equal(plan_job(w, "b")->spec.script.script.nr, 1);
	assert_int_equal(plan_job(w, "b")->retry.max, 0);
	assert_true(str_eq(plan_job(w, "b")->spec.image.name, STR("j")));
	assert_int_equal(plan_job(w, "c")->spec.script.script.nr, 1);
	assert_int_equal(plan_job(w, "c")->spec.timeout_s, 600);
	assert_true(str_is_null(plan_job(w, "c")->spec.image.name));
	plan_world_free(w);
}

static void each_kind_of_job_says_what_it_needs(void **state UNUSED)
{
	static const struct plan_case cases[] = {
		{ "a hidden job may hold anything",
		  ".h: {anything: [goes]}\n"
		  ".s: text\n"
		  ".n: 12\n"
		  "a: {script: x}",
		  "",
		  "a" },
		{ "a name may hold any character",
		  "'a: [b] ${c} | d': {script: x}",
		  "",
		  "a: [b] ${c} | d" },
		{ "steps instead of a script",
		  "a: {run: [{name: one, script: make}]}",
		  "",
		  "a" },
		{ "a trigger by name",
		  "a: {trigger: g/p}",
		  "",
		  "a" },
		{ "a trigger may be manual",
		  "a: {trigger: g/p, when: manual}",
		  "",
		  "a:manual?" },
		{ "defaults that a trigger cannot have do not reach it",
		  "default: {before_script: [x], artifacts: {paths: [o]}, retry: 1}\n"
		  "a: {trigger: g/p}",
		  "",
		  "a" },
		{ "a null key is as good as none, and keeps the default away",
		  "default: {timeout: 5m}\n"
		  "a: {script: x, timeout: null}",
		  "",
		  "a" },
		{ "jobs of included files come first",
		  "=== .gitlab-ci.yml\n"
		  "include: i.yml\n"
		  "a: {script: x}\n"
		  "=== i.yml\n"
		  "b: {script: x}\n"
		  "a: {stage: build}\n",
		  "",
		  "b|a" },
		{ "a stage that is nowhere used may be named twice",
		  "stages: [one, two, one]\n"
		  "a: {stage: two, script: x}",
		  "",
		  "a" },
		{ ".pre and .post beside others",
		  "a: {stage: .pre, script: x}\n"
		  "b: {script: x}\n"
		  "c: {stage: .post, script: x}",
		  "",
		  "a|b|c" },
		{ "the default stages are gone with others",
		  "stages: [one]\n"
		  "a: {script: x}",
		  "",
		  "!2:1: a job: chosen stage test does not exist; available stages are .pre, "
		  "one, .post" },
	};

	hold(cases, COUNT(cases));
}

static void cache_keys_follow_the_list(void **state UNUSED)
{
	static const struct {
		const char *cache, *key;
	} cases[] = {
		{ "{paths: [c]}", "default" },
		{ "{key: $CI_COMMIT_REF_SLUG, paths: [c]}", "$CI_COMMIT_REF_SLUG" },
		{ "{key: 12, paths: [c]}", "12" },
		/* sha1("<a.lock>"), sha1("<x/b.lock>") */
		{ "{key: {files: [a.lock]}, paths: [c]}", "0_a-" },
		{ "[{paths: [c]}, {key: {files: [a.lock, x/b.tar.gz]}, paths: [c]}]", "1_a_x/b-" },
		{ "{key: {files: [a.lock], prefix: $P}, paths: [c]}", "$P-" },
		{ "{key: {files_commits: [a.lock]}, paths: [c]}", "0-" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char yaml[256];
		struct plan_world *w;
		const struct job *j;
		str key;

		snprintf(yaml, sizeof(yaml), "a: {script: x, cache: %s}", cases[i].cache);
		w = plan_world_new(yaml, "");
		j = plan_job(w, "a");
		key = j->spec.caches.at[j->spec.caches.nr - 1].key;
		if (!str_starts_with(key, str_of(cases[i].key)) ||
		    (i > 2 ? key.n != strlen(cases[i].key) + 40 : key.n != strlen(cases[i].key)))
			fail_msg("%s: " STR_FMT, cases[i].cache, STR_ARG(key));
		plan_world_free(w);
	}
}

static void retries_are_counted_by_reason_and_exit_code(void **state UNUSED)
{
	static const struct {
		const char *retry;
		unsigned max;
		uint32_t when;
		size_t nr_codes;
	} cases[] = {
		{ "2", 2, UINT32_MAX, 0 },
		{ "0", 0, UINT32_MAX, 0 },
		{ "{max: 1}", 1, UINT32_MAX, 0 },
		{ "{max: 1, when: always}", 1, UINT32_MAX, 0 },
		{ "{max: 1, when: script_failure}", 1, 1u << FAIL_SCRIPT, 0 },
		{ "{max: 2, when: [stuck_or_timeout_failure, api_failure]}", 2,
		  1u << FAIL_STUCK_OR_TIMEOUT | 1u << FAIL_API, 0 },
		/* With exit codes alone, only they count. */
		{ "{max: 2, exit_codes: 137}", 2, 0, 1 },
		{ "{max: 2, exit_codes: [1, 2], when: job_execution_timeout}", 2, 1u << FAIL_TIMEOUT, 2 },
		/* Without a maximum there is no other try. */
		{ "{when: script_failure}", 0, 1u << FAIL_SCRIPT, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char yaml[256];
		struct plan_world *w;
		const struct retry *r;

		snprintf(yaml, sizeof(yaml), "a: {script: x, retry: %s}", cases[i].retry);
		w = plan_world_new(yaml, "");
		r = &plan_job(w, "a")->retry;
		if (r->max != cases[i].max || r->when != cases[i].when ||
		    r->nr_exit_codes != cases[i].nr_codes)
			fail_msg("%s: max %u when %x codes %zu", cases[i].retry, r->max, r->when,
				 r->nr_exit_codes);
		plan_world_free(w);
	}
}

static void artifacts_and_reports_have_their_defaults(void **state UNUSED)
{
	struct plan_world *w =
		plan_world_new("a: {script: x, artifacts: {paths: [o], reports: {junit: [r.xml, "
			       "s.xml], dotenv: e, "
			       "coverage_report: {coverage_format: jacoco, path: j.xml}}}}\n"
			       "b: {script: x, artifacts: {name: n, untracked: true, when: "
			       "on_failure, expire_in: never}}\n"
			       "c: {script: x, artifacts: {expire_in: 1 week}}\n",
			       "");
	const struct job_spec *a = &plan_job(w, "a")->spec, *b = &plan_job(w, "b")->spec;

	assert_int_equal(a->artifacts.nr, 4);
	assert_true(str_eq(a->artifacts.at[0].name, STR("artifacts")));
	assert_int_equal(a->artifacts.at[0].when, UPLOAD_ON_SUCCESS);
	assert_true(str_eq(a->artifacts.at[1].type, STR("junit")));
	assert_int_equal(a->artifacts.at[1].paths.nr, 2);
	assert_int_equal(a->artifacts.at[1].when, UPLOAD_ALWAYS);
	assert_true(str_eq(a->artifacts.at[3].type, STR("jacoco")));
	assert_int_equal(b->artifacts.nr, 1);
	assert_true(b->artifacts.at[0].untracked);
	assert_int_equal(b->artifacts.at[0].when, UPLOAD_ON_FAILURE);
	assert_true(str_eq(b->artifacts.at[0].expire_in, STR("never")));
	/* Nothing to keep is no archive. */
	assert_int_equal(plan_job(w, "c")->spec.artifacts.nr, 0);
	plan_world_free(w);
}

static void images_and_services_come_in_two_forms(void **state UNUSED)
{
	struct plan_world *w = plan_world_new("variables: {V: '3'}\n"
					      "a: {script: x, image: {name: 'alpine:$V', "
					      "entrypoint: [''], pull_policy: [never, always], "
					      "docker: {platform: linux/arm64, user: 1000}}, "
					      "services: [redis, {name: 'pg:$V', alias: 'db, sql', "
					      "command: [run], variables: {P: q}}]}\n",
					      "");
	const struct job_spec *s = &plan_job(w, "a")->spec;

	assert_true(str_eq(s->image.name, STR("alpine:3")));
	assert_true(s->image.has_entrypoint);
	assert_int_equal(s->image.pull_policy.nr, 2);
	assert_true(str_eq(s->image.user, STR("1000")));
	assert_true(str_eq(s->image.platform, STR("linux/arm64")));
	assert_int_equal(s->services.nr, 2);
	assert_true(str_eq(s->services.at[0].image.name, STR("redis")));
	assert_int_equal(s->services.at[1].alias.nr, 2);
	assert_true(str_eq(s->services.at[1].alias.at[1], STR("sql")));
	assert_int_equal(s->services.at[1].variables.nr, 1);
	plan_world_free(w);
}

static void scripts_are_flattened_and_taken_over_whole(void **state UNUSED)
{
	struct plan_world *w = plan_world_new(
		".t: {script: [one, [two, [three]]], before_script: [b]}\n"
		"default: {before_script: [d], after_script: [z], hooks: {pre_get_sources_script: "
		"[h]}}\n"
		"a: {script: [!reference [.t, script], four]}\n"
		"b: {script: x, before_script: [!reference [.t, before_script], c], after_script: "
		"[]}\n"
		"c: {run: [{name: s, script: one}, {name: other, step: gitlab.com/x@1}]}\n",
		"");
	const struct job_spec *a = &plan_job(w, "a")->spec, *b = &plan_job(w, "b")->spec;

	assert_int_equal(a->script.script.nr, 5); /* d one two three four */
	assert_true(str_eq(a->script.script.at[0], STR("d")));
	assert_true(str_eq(a->script.script.at[3], STR("three")));
	assert_int_equal(a->after_script.script.nr, 1);
	assert_int_equal(a->pre_get_sources.nr, 1);
	assert_int_equal(b->script.script.nr, 3); /* b c x: replaced, not added to */
	assert_true(str_eq(b->script.script.at[0], STR("b")));
	assert_int_equal(b->after_script.script.nr, 0);
	/* A step that cannot run here must not look as if it had. */
	assert_true(str_find(plan_job(w, "c")->spec.script.script.at[2], STR("exit 1"), 0) >= 0);
	plan_world_free(w);
}

static void what_has_no_effect_here_is_named_once(void **state UNUSED)
{
	static const struct {
		const char *yaml, *warnings;
	} cases[] = {
		{ "a: {script: x, id_tokens: {T: {aud: y}}}\nb: {script: x, id_tokens: {T: {aud: y}}}",
		  "1: `id_tokens` has no effect in a local run: no token is made, so the variables do "
		  "not exist" },
		{ "a:\n  script: x\n  secrets: {}\n  identity: google_cloud\n",
		  "3: `secrets` has no effect in a local run: no vault is asked; give the value with "
		  "`--var` or `--file-var`|4: `identity` has no effect in a local run: the job has the "
		  "identity of who runs it" },
		{ "pages: {script: x, artifacts: {paths: [public]}}",
		  "1: `pages` has no effect in a local run: the job runs, and nothing is published" },
		{ "a: {script: x, needs: [{project: g/p, job: b, ref: main, artifacts: true}]}",
		  "1: `needs:project` has no effect in a local run" },
		{ "a: {run: [{name: s, step: x}]}", "1: `run:step` has no effect in a local run" },
		{ "a: {script: x, variables: {P: '/('}, rules: [{if: '$CI =~ $P'}, {when: always}]}", "" },
		{ "a: {script: x, variables: {P: '/(/'}, rules: [{if: '$CI =~ $P'}, {when: always}]}",
		  "1: rule is taken for false, as in GitLab: position 5: regular expression \"(\": "
		  "position 1: a ( without its )" },
		{ "a: {script: x}\nb: {script: x, dependencies: [a]}",
		  "2: b job: dependency a is in the same stage, so nothing of it is fetched" },
		{ "a: {script: x, interruptible: true, tags: [t], coverage: '/x/', resource_group: r}", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct plan_world *w = plan_world_new(cases[i].yaml, "");
		str got = plan_warnings(w);

		assert_int_equal(w->code, 0);
		if (!str_eq(got, str_of(cases[i].warnings)))
			fail_msg("%s:\n  got      " STR_FMT "\n  expected %s", cases[i].yaml,
				 STR_ARG(got), cases[i].warnings);
		plan_world_free(w);
	}
}

static void a_trigger_says_what_its_child_gets(void **state UNUSED)
{
	struct plan_world *w = plan_world_new(
		"a: {trigger: {include: [one.yml, {local: two.yml, inputs: {i: 1}}], strategy: "
		"mirror, "
		"forward: {yaml_variables: false, pipeline_variables: true}}}\n"
		"b: {trigger: {project: 'g/$CI_PROJECT_NAME', branch: $CI_COMMIT_BRANCH}}\n",
		"");
	const struct trigger *a = plan_job(w, "a")->trigger, *b = plan_job(w, "b")->trigger;

	assert_int_equal(a->includes.nr, 2);
	assert_int_equal(a->strategy, TRIGGER_MIRROR);
	assert_true(a->forward_pipeline && !a->forward_yaml);
	assert_true(str_eq(b->project, STR("g/app")));
	assert_true(str_eq(b->branch, STR("main")));
	assert_int_equal(b->strategy, TRIGGER_NONE);
	assert_true(b->forward_yaml && !b->forward_pipeline);
	plan_world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_independent_errors_come_at_once),
		cmocka_unit_test(cache_keys_of_files_are_digests),
		cmocka_unit_test(defaults_fill_what_a_job_leaves_open),
		cmocka_unit_test(each_kind_of_job_says_what_it_needs),
		cmocka_unit_test(cache_keys_follow_the_list),
		cmocka_unit_test(retries_are_counted_by_reason_and_exit_code),
		cmocka_unit_test(artifacts_and_reports_have_their_defaults),
		cmocka_unit_test(images_and_services_come_in_two_forms),
		cmocka_unit_test(scripts_are_flattened_and_taken_over_whole),
		cmocka_unit_test(what_has_no_effect_here_is_named_once),
		cmocka_unit_test(a_trigger_says_what_its_child_gets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
