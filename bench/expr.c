/* expr - evaluations a second of typical `rules:if` conditions, and what the formats
 * beneath them cost.
 *
 *	make build/release/libslipway.a
 *	gcc -O2 -std=gnu17 -D_GNU_SOURCE -Isrc -o build/bench/expr bench/expr.c \
 *		build/release/libslipway.a $(pkg-config --libs libpcre2-8)
 *	build/bench/expr
 */
#include "base/map.h"
#include "fmt/glob.h"
#include "fmt/regex.h"
#include "gitlab/expr.h"
#include "plan/expand.h"

#include <stdio.h>
#include <time.h>

#define RUNS 1000000u

static struct map variables;

static str variable(void *ctx UNUSED, str name)
{
	const str *v = map_get(&variables, name);

	return v ? *v : str_null;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void report(const char *what, double seconds)
{
	printf("%8.0f ns  %9.0f /s  %s\n", seconds * 1e9 / RUNS, RUNS / seconds, what);
}

static void bench_expr(struct arena *a, const char *text)
{
	const struct expr_vars vars = { .get = variable };
	struct expr *e;
	struct err err;
	double start;
	int sum = 0;

	MUST(expr_parse(a, str_of(text), &e, &err) == 0);
	start = now_s();
	for (unsigned i = 0; i < RUNS; i++)
		sum += expr_eval(e, &vars, &err);
	report(text, now_s() - start);
	MUST(sum >= 0);
}

static void bench_parse(const char *text)
{
	double start = now_s();

	for (unsigned i = 0; i < RUNS / 1000; i++) {
		struct arena a;

		arena_init(&a, 0);
		for (unsigned k = 0; k < 1000; k++) {
			struct expr *e;
			struct err err;

			MUST(expr_parse(&a, str_of(text), &e, &err) == 0);
		}
		arena_release(&a);
	}
	printf("parse:");
	report(text, now_s() - start);
}

static void bench_glob(enum glob_dialect dialect, const char *pattern, const char *path)
{
	double start = now_s();
	unsigned sum = 0;

	for (unsigned i = 0; i < RUNS; i++)
		sum += glob_match(dialect, str_of(pattern), str_of(path));
	printf("glob: ");
	report(pattern, now_s() - start);
	MUST(sum == RUNS || sum == 0);
}

static void bench_expand(const char *text)
{
	const struct expand_vars vars = { .get = variable };
	struct buf b = BUF_INIT;
	double start = now_s();

	for (unsigned i = 0; i < RUNS; i++) {
		buf_clear(&b);
		expand_server(&b, str_of(text), EXPAND_BLANK, &vars);
	}
	printf("expand:");
	report(text, now_s() - start);
	buf_release(&b);
}

int main(void)
{
	static const str values[] = { STR_INIT("main"), STR_INIT("push"), STR_INIT("/^feat/") };
	struct arena a;

	arena_init(&a, 0);
	map_init(&variables, &a);
	map_set(&variables, STR("CI_COMMIT_BRANCH"), (void *)(uintptr_t)&values[0]);
	map_set(&variables, STR("CI_DEFAULT_BRANCH"), (void *)(uintptr_t)&values[0]);
	map_set(&variables, STR("CI_PIPELINE_SOURCE"), (void *)(uintptr_t)&values[1]);
	map_set(&variables, STR("PATTERN"), (void *)(uintptr_t)&values[2]);
	bench_expr(&a, "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH");
	bench_expr(&a, "$CI_PIPELINE_SOURCE == \"merge_request_event\"");
	bench_expr(&a, "$CI_COMMIT_TAG");
	bench_expr(&a,
		   "$CI_COMMIT_BRANCH == \"main\" && ($CI_PIPELINE_SOURCE == \"push\" || $FORCE)");
	bench_expr(&a, "$CI_COMMIT_BRANCH =~ /^(feature|bugfix)\\/[a-z]+/");
	bench_expr(&a, "$CI_COMMIT_BRANCH =~ $PATTERN");
	bench_parse("$CI_COMMIT_BRANCH == \"main\" && $CI_PIPELINE_SOURCE == \"push\"");
	bench_parse("$CI_COMMIT_BRANCH =~ /^(feature|bugfix)\\/[a-z]+/");
	bench_glob(GLOB_FNMATCH, "src/**/*.c", "src/base/deep/er/arena.c");
	bench_glob(GLOB_FNMATCH, "src/**/*.{ts,tsx,js}", "src/base/deep/er/arena.js");
	bench_glob(GLOB_DOUBLESTAR, "docs/**", "src/base/deep/er/arena.c");
	bench_expand("$CI_COMMIT_BRANCH-${CI_PIPELINE_SOURCE}-and-some-text");
	arena_release(&a);
	return 0;
}
