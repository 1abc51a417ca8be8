#include "pipeline_text.h"
#include "plan/plan_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>
#include <jansson.h>

static void add(void *ctx, str bytes)
{
	buf_adds(ctx, bytes);
}

static json_t *written(const struct pipeline *p, struct buf *b)
{
	json_error_t e;
	json_t *o;

	buf_clear(b);
	plan_json_write(p, add, b);
	o = json_loads(b->p, JSON_REJECT_DUPLICATES, &e);
	if (!o)
		fail_msg("line %d: %s\n%s", e.line, e.text, b->p);
	return o;
}

static const char *string_at(json_t *o, const char *path)
{
	for (str rest = str_of(path); rest.n > 0;) {
		char key[64];
		str part = str_cut(&rest, '/');
		uint64_t i;

		snprintf(key, sizeof(key), STR_FMT, STR_ARG(part));
		o = str_to_u64(part, &i) ? json_array_get(o, (size_t)i) : json_object_get(o, key);
	}
	return json_string_value(o);
}

static void a_plan_holds_jobs_in_and_out_with_their_decisions(void **state)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct arena a;
	struct pipeline *p;
	struct job *out;
	json_t *o;

	(void)state;
	arena_init(&a, 0);
	p = pipeline_of_text(&a, "build a-1/2\nbuild a-2/2\ntest !b\ntest c*manual:a");
	out = p->jobs.at[2];
	out->why = (struct decision){ BY_NO_RULE, .text = STR("no rule matched") };
	out->why.pos.src = source_new(&a, STR("ci.yml"), STR("x"), pos_none);
	out->why.pos.line = 7;
	out->why.pos.col = 3;
	o = written(p, &b);
	assert_string_equal(string_at(o, "jobs/2/name"), "b");
	assert_true(json_is_false(
		json_object_get(json_array_get(json_object_get(o, "jobs"), 2), "included")));
	assert_string_equal(string_at(o, "jobs/2/why/by"), "no_rule");
	assert_string_equal(string_at(o, "jobs/2/why/at"), "ci.yml:7:3");
	assert_string_equal(string_at(o, "jobs/3/when"), "manual");
	assert_string_equal(string_at(o, "jobs/3/needs/0/jobs/1"), "a-2/2");
	assert_true(json_is_null(
		json_object_get(json_array_get(json_object_get(o, "jobs"), 0), "needs")));
	assert_string_equal(string_at(o, "pipeline/stages/1"), "test");
	json_decref(o);
	arena_release(&a);
}

static void twice_gives_the_same_bytes(void **state)
{
	CLEANUP(buf_release) struct buf one = BUF_INIT, two = BUF_INIT;
	struct arena a, other;

	(void)state;
	arena_init(&a, 0);
	arena_init(&other, 0);
	json_decref(written(pipeline_of_text(&a, "x a\nx b\ny c:a b"), &one));
	json_decref(written(pipeline_of_text(&other, "x a\nx b\ny c:a b"), &two));
	assert_string_equal(one.p, two.p);
	assert_int_equal(one.n, two.n);
	arena_release(&a);
	arena_release(&other);
}

/* What a dialect does: variables are made when they are asked for. */
static void late_variables(struct arena *a, const struct pipeline *p, const struct job *job,
			   struct job_var_vec *ret)
{
	struct job_var secret = { .key = STR("TOKEN"), .value = STR("s3cr3t-token"),
				  .masked = true };
	struct job_var plain = { .key = STR("URL"), .value = STR("https://u:s3cr3t-token@host/"),
				 .raw = true };
	struct job_var tiny = { .key = STR("PIN"), .value = STR("st"), .masked = true };

	(void)p;
	(void)job;
	vec_add(a, ret, secret);
	vec_add(a, ret, plain);
	vec_add(a, ret, tiny);
}

static void masked_values_appear_nowhere(void **state)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct arena a;
	struct pipeline *p;
	json_t *o;

	(void)state;
	arena_init(&a, 0);
	p = pipeline_of_text(&a, "test a");
	p->variables_of = late_variables;
	vec_add(&a, &p->jobs.at[0]->spec.script.script, STR("curl -H s3cr3t-token x"));
	o = written(p, &b);
	assert_null(strstr(b.p, "s3cr3t"));
	assert_string_equal(string_at(o, "jobs/0/spec/script/0"), "curl -H [MASKED] x");
	assert_string_equal(string_at(o, "jobs/0/spec/variables/0/value"), "[MASKED]");
	assert_string_equal(string_at(o, "jobs/0/spec/variables/1/value"),
			    "https://u:[MASKED]@host/");
	/* Two letters would be taken out of every word. */
	assert_string_equal(string_at(o, "jobs/0/spec/variables/2/value"), "[MASKED]");
	assert_string_equal(string_at(o, "jobs/0/stage"), "test");
	json_decref(o);
	arena_release(&a);
}

static void any_bytes_in_a_name_make_valid_json(void **state)
{
	static const char *const names[] = {
		"test \"\\\n\t\1", "test \377\376x", "test \355\240\200", "test \303", "test \346\227\245",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		struct arena a;
		struct pipeline *p;

		arena_init(&a, 0);
		p = pipeline_of_text(&a, "test x");
		p->jobs.at[0]->name = str_from(str_of(names[i]), 5);
		json_decref(written(p, &b));
		assert_true(str_is_utf8(buf_str(&b)));
		arena_release(&a);
	}
}

static void each_job_stands_on_a_line(void **state)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct arena a;
	size_t lines = 0;

	(void)state;
	arena_init(&a, 0);
	json_decref(written(pipeline_of_text(&a, "test a\ntest b\ntest c"), &b));
	for (str rest = buf_str(&b); rest.n > 0; lines++) {
		str line = str_cut(&rest, '\n');

		if (lines > 2 && lines < 6)
			assert_true(str_starts_with(line, STR("{\"name\":")));
	}
	assert_int_equal(lines, 7);
	arena_release(&a);
}

static void a_filtered_pipeline_is_a_plan_too(void **state)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct pipeline p = { .name = STR_INIT("") };

	(void)state;
	json_decref(written(&p, &b));
	assert_non_null(strstr(b.p, "\"created\":false"));
}

static void count(void *ctx, str bytes)
{
	*(size_t *)ctx += bytes.n;
}

static void memory_stays_flat_over_ten_thousand_jobs(void **state)
{
	struct arena a;
	struct pipeline *p;
	struct rusage before, after;
	size_t bytes = 0;

	(void)state;
	arena_init(&a, 0);
	p = pipeline_of_text(&a, "test a");
	p->variables_of = late_variables;
	while (p->jobs.nr < 10000)
		vec_add(&a, &p->jobs, p->jobs.at[0]);
	getrusage(RUSAGE_SELF, &before);
	plan_json_write(p, count, &bytes);
	getrusage(RUSAGE_SELF, &after);
	assert_true(bytes > 10000 * 500);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
	assert_true(after.ru_maxrss - before.ru_maxrss < 4096);
#endif
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_stays_flat_over_ten_thousand_jobs),
		cmocka_unit_test(a_plan_holds_jobs_in_and_out_with_their_decisions),
		cmocka_unit_test(twice_gives_the_same_bytes),
		cmocka_unit_test(masked_values_appear_nowhere),
		cmocka_unit_test(any_bytes_in_a_name_make_valid_json),
		cmocka_unit_test(each_job_stands_on_a_line),
		cmocka_unit_test(a_filtered_pipeline_is_a_plan_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
