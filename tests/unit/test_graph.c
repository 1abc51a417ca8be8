#include "pipeline_text.h"
#include "plan/graph.h"
#include "plan/picture.h"
#include "sched_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

typedef void draw_fn(const struct graph *g, const struct graph_options *o, struct buf *b);

static void draw_text(const char *text, draw_fn *draw, const struct graph_options *o, struct buf *b)
{
	struct arena a;

	arena_init(&a, 0);
	draw(graph_new(&a, pipeline_of_text(&a, text)), o, b);
	assert_false(b->full);
	arena_release(&a);
}

#define STAGES_ONLY "build compile\nbuild docs\ntest unit\ntest lint?\ntest !out\ndeploy go*manual"
#define WITH_NEEDS                                                                        \
	"build compile\nbuild docs\ntest unit-1/2:compile\ntest unit-2/2:compile\n"       \
	"test lint:\npackage image:unit lint\ndeploy staging\ndeploy prod*manual:image"

static const struct {
	const char *what, *pipeline;
	struct graph_options o;
	const char *expected;
} texts[] = {
	{ "stages_stand_side_by_side", STAGES_ONLY, { .ascii = true },
	  "+ build --+   + test -----------+   + deploy -----+\n"
	  "| compile | > | unit            | > | go (manual) |\n"
	  "| docs    |   | lint (may fail) |   +-------------+\n"
	  "+---------+   +-----------------+\n" },
	{ "columns_are_steps_once_a_job_names_its_needs", WITH_NEEDS, { 0 },
	  "┌ step 1 ─┐   ┌ test ───────┐   ┌ package ───────┐   ┌ deploy ──────────────────┐\n"
	  "│ compile │ → │ unit-1/2    │ → │ image          │ → │ staging                  │\n"
	  "│ docs    │   │   ← compile │   │   ← unit, lint │   │   ← stages before deploy │\n"
	  "│ lint    │   │ unit-2/2    │   └────────────────┘   │ prod (manual)            │\n"
	  "└─────────┘   │   ← compile │                        │   ← image                │\n"
	  "              └─────────────┘                        └──────────────────────────┘\n" },
	{ "a_narrow_terminal_gets_a_list", WITH_NEEDS, { .width = 40 },
	  "build\n  compile\n  docs\ntest\n  unit-1/2  ← compile\n  unit-2/2  ← compile\n  lint\n"
	  "package\n  image  ← unit, lint\ndeploy\n  staging  ← stages before deploy\n"
	  "  prod (manual)  ← image\n" },
	{ "a_pipeline_without_jobs_says_so", "build", { 0 }, "no jobs\n" },
	{ "names_cannot_move_the_cursor", "s \33[2Jx\ns y\302\233\342\200\256z", { .width = 8 },
	  "s\n  x\n  y\\u20…\n" },
};

static void text_is_as_drawn_here(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;

		draw_text(texts[i].pipeline, graph_add_text, &texts[i].o, &b);
		if (strcmp(b.p, texts[i].expected) != 0)
			fail_msg("%s: got\n%s\nexpected\n%s", texts[i].what, b.p,
				 texts[i].expected);
	}
}

static void status_has_a_symbol_and_a_colour(void **state)
{
	static const enum job_status status[] = { ST_SUCCESS, ST_FAILED };
	static const bool allow[] = { false, true };
	struct graph_options o = { .status = status, .allow_failure = allow, .color = true };
	CLEANUP(buf_release) struct buf text = BUF_INIT, svg = BUF_INIT;

	(void)state;
	draw_text("s a\ns b", graph_add_text, &o, &text);
	assert_non_null(strstr(text.p, "\33[32m✓ a\33[0m"));
	assert_non_null(strstr(text.p, "\33[33m! b\33[0m"));
	draw_text("s a\ns b", graph_add_svg, &o, &svg);
	assert_non_null(strstr(svg.p, "<rect class=\"b success\""));
	assert_non_null(strstr(svg.p, "<rect class=\"b warning\""));
	assert_non_null(strstr(svg.p, ">✓ a</text>"));
	assert_non_null(strstr(svg.p, "<title>b: failed (allowed)</title>"));
}

#define HOSTILE "s <script>\"&'\\];x\302\200\1\377\357\277\277#`"

static void svg_names_are_escaped(void **state)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	(void)state;
	draw_text(HOSTILE, graph_add_svg, &(struct graph_options){ 0 }, &b);
	assert_null(strstr(b.p, "<script"));
	assert_non_null(strstr(b.p, "&lt;script&gt;&quot;&amp;&#39;\\];x\302\200???#`: "));
	assert_true(str_is_utf8(buf_str(&b)));
	assert_non_null(strstr(b.p, "prefers-color-scheme:dark"));
	assert_non_null(strstr(b.p, "<title id=\"t\">"));
	assert_non_null(strstr(b.p, "<desc id=\"d\">1 jobs in 1 columns"));
}

/* The boxes of the first row lie between 54 and 96. */
static void a_long_arrow_passes_beside_the_boxes_not_behind(void **state)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	(void)state;
	draw_text("x a\ny b:a\nz c:a b", graph_add_svg, &(struct graph_options){ 0 }, &b);
	assert_non_null(strstr(b.p, " 98H"));
	buf_clear(&b);
	draw_text("x a\ny b:a\nz c:b", graph_add_svg, &(struct graph_options){ 0 }, &b);
	assert_null(strstr(b.p, "H"));
}

static void dot_names_are_escaped(void **state)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	(void)state;
	draw_text(HOSTILE, graph_add_dot, &(struct graph_options){ 0 }, &b);
	assert_non_null(strstr(b.p, "j0 [label=\"<script>\\\"&'\\\\];x\302\200??"));
}

static void mermaid_names_are_escaped(void **state)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	(void)state;
	draw_text(HOSTILE, graph_add_mermaid, &(struct graph_options){ 0 }, &b);
	assert_non_null(strstr(b.p, "j0[\"#60;script#62;#34;#38;#39;#92;#93;#59;x???"));
	assert_non_null(strstr(b.p, "#35;#96;\"]"));
}

static void jobs_without_needs_hang_on_a_point_before_their_stage(void **state)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	(void)state;
	draw_text("x a\nx b\ny c\ny d\nz e:c\nz f", graph_add_mermaid, &(struct graph_options){ 0 },
		  &b);
	assert_non_null(strstr(b.p, "    b1(( ))\n    j0 --> b1\n    j1 --> b1\n"
				    "    b1 --> j2\n    b1 --> j3\n"
				    "    b2(( ))\n    b1 --> b2\n    j2 --> b2\n    j3 --> b2\n"
				    "    b2 --> j5\n"
				    "    j2 --> j4\n"));
}

/* On any pipeline without circles: arrows go right, each place is taken once. */
static void check_layout(const struct graph *g)
{
	size_t nr = 0;

	for (size_t c = 0; c < g->nr_columns; c++) {
		assert_true(g->column[c].nr > 0);
		for (size_t r = 0; r < g->column[c].nr; r++, nr++) {
			const struct graph_node *n = &g->node[g->column[c].node[r]];

			assert_int_equal(n->column, c);
			assert_int_equal(n->row, r);
			for (size_t i = 0; i < n->nr_needs; i++)
				assert_true(g->node[n->needs[i]].column < c);
			for (size_t i = 0; i < g->nr && !n->job->has_needs; i++)
				if (g->node[i].job->stage < n->job->stage)
					assert_true(g->node[i].column < c);
		}
	}
	assert_int_equal(nr, g->nr);
}

/* Needs of lower stages only, as after a dialect's checks: no circles. */
static void straighten(struct pipeline *p)
{
	for (size_t i = 0; i < p->jobs.nr; i++)
		for (size_t n = 0; n < p->jobs.at[i]->needs.nr; n++) {
			struct need *need = &p->jobs.at[i]->needs.at[n];
			size_t nr = 0;

			for (size_t k = 0; k < need->nr_jobs; k++)
				if (p->jobs.at[need->jobs[k]]->stage < p->jobs.at[i]->stage)
					need->jobs[nr++] = need->jobs[k];
			need->nr_jobs = nr;
		}
}

static void arrows_always_go_right(void **state)
{
	const char *given = getenv("SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);
	uint8_t bytes[200];

	(void)state;
	printf("SEED=%u\n", seed);
	fflush(stdout);
	for (int round = 0; round < 500; round++) {
		struct model_bytes source = { bytes, sizeof(bytes) };
		struct arena a;
		struct pipeline *p;

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(rand_r(&seed) >> 7);
		arena_init(&a, 0);
		p = model_pipeline(&a, &source);
		assert_non_null(graph_new(&a, p)); /* circles do no harm */
		straighten(p);
		check_layout(graph_new(&a, p));
		arena_release(&a);
	}
}

static void rows_follow_what_they_need(void **state)
{
	struct arena a;
	struct graph *g;

	(void)state;
	arena_init(&a, 0);
	/* Written in the order that crosses most. */
	g = graph_new(&a, pipeline_of_text(&a, "x a\nx b\nx c\ny p:c\ny q:b\ny r:a"));
	for (size_t i = 3; i < 6; i++)
		assert_int_equal(g->node[i].row, g->node[g->node[i].needs[0]].row);
	arena_release(&a);
}

static uint64_t hash_of(const char *text)
{
	struct arena a;
	uint64_t h;

	arena_init(&a, 0);
	h = graph_hash(pipeline_of_text(&a, text));
	arena_release(&a);
	return h;
}

static void the_hash_tells_plans_apart(void **state)
{
	static const char *const plans[] = {
		"x a\ny b",	"x a\ny c",	"x a\nx b",    "x a?\ny b", "x a\ny b:",
		"x a\ny b:a",	"x !a\ny b",	"x a*manual\ny b", "x b\ny a",	"x ab",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(plans); i++)
		for (size_t k = 0; k < COUNT(plans); k++)
			assert_int_equal(hash_of(plans[i]) == hash_of(plans[k]), i == k);
	/* The same on every machine: a change here is a change of what it covers. */
	assert_int_equal(hash_of("x a\ny b"), 0xf354f546f8e10ff3ull);
}

static void what_tells_runs_apart_is_not_in_the_hash(void **state)
{
	struct arena a;
	struct pipeline *p;
	struct job_var id = { .key = STR("CI_JOB_ID"), .value = STR("7") };
	struct job_var own = { .key = STR("MODE"), .value = STR("fast") };
	uint64_t plain;

	(void)state;
	arena_init(&a, 0);
	p = pipeline_of_text(&a, "x a");
	plain = graph_hash(p);
	vec_add(&a, &p->jobs.at[0]->spec.variables, id);
	assert_int_equal(graph_hash(p), plain);
	vec_add(&a, &p->jobs.at[0]->spec.variables, own);
	assert_int_not_equal(graph_hash(p), plain);
	arena_release(&a);
}

static void durations_round_once(void **state)
{
	static const struct {
		uint64_t us;
		const char *text;
	} cases[] = {
		{ 0, "0 ms" },
		{ 999499, "999 ms" },
		{ 999500, "1.0 s" },
		{ 59949999, "59.9 s" },
		{ 59950000, "1 min 00 s" },
		{ 184000000, "3 min 04 s" },
		{ 3599499999, "59 min 59 s" },
		{ 3599500000, "1 h 00 min" },
		{ 7509000000, "2 h 05 min" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;

		picture_add_duration(&b, cases[i].us);
		assert_string_equal(b.p, cases[i].text);
	}
}

static void text_is_cut_by_columns_not_bytes(void **state)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(picture_width(STR("ae\314\201\346\227\245")), 4); /* a, e + accent, wide */
	assert_int_equal(
		picture_add_text(&b, STR("\346\227\245\346\234\254\350\252\236"), 4, false), 3);
	assert_string_equal(b.p, "\346\227\245…");
	buf_clear(&b);
	assert_int_equal(picture_add_text(&b, STR("abcdef"), 4, true), 4);
	assert_string_equal(b.p, "a...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_as_drawn_here),
		cmocka_unit_test(status_has_a_symbol_and_a_colour),
		cmocka_unit_test(svg_names_are_escaped),
		cmocka_unit_test(a_long_arrow_passes_beside_the_boxes_not_behind),
		cmocka_unit_test(dot_names_are_escaped),
		cmocka_unit_test(mermaid_names_are_escaped),
		cmocka_unit_test(jobs_without_needs_hang_on_a_point_before_their_stage),
		cmocka_unit_test(arrows_always_go_right),
		cmocka_unit_test(rows_follow_what_they_need),
		cmocka_unit_test(the_hash_tells_plans_apart),
		cmocka_unit_test(what_tells_runs_apart_is_not_in_the_hash),
		cmocka_unit_test(durations_round_once),
		cmocka_unit_test(text_is_cut_by_columns_not_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
