#include "gitlab/slug.h"

#include "os/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void sha256(const void *p, size_t n, unsigned char ret[32])
{
	char hex[HASH_HEX_MAX];
	struct err err;

	assert_int_equal(hash_hex(HASH_SHA256, (str){ p, n }, hex, &err), 0);
	for (int i = 0; i < 32; i++) {
		unsigned v;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &v), 1);
		ret[i] = (unsigned char)v;
	}
}

static void refs_become_host_names(void **state UNUSED)
{
	static const struct {
		const char *name, *slug;
	} cases[] = {
		{ "main", "main" },
		{ "Feature/ABC-12_x", "feature-abc-12-x" },
		{ "--x--", "x" },
		{ "", "" },
		{ "0123456789012345678901234567890123456789012345678901234567890123456789",
		  "012345678901234567890123456789012345678901234567890123456789012" },
	};
	struct arena a;

	arena_init(&a, 0);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(slug_ref(&a, str_of(cases[i].name)).p, cases[i].slug);
	arena_release(&a);
}

/* Only the shape is asserted where a digest is in it: it has six characters of base 36. */
static void environments_get_a_digest_when_they_were_changed(void **state UNUSED)
{
	struct arena a;
	str s, t;

	arena_init(&a, 0);
	assert_string_equal(slug_environment(&a, STR("production"), sha256).p, "production");
	s = slug_environment(&a, STR("review/Feature-1"), sha256);
	assert_true(str_starts_with(s, STR("review-feature-1-")));
	assert_int_equal(s.n, sizeof("review-feature-1-") - 1 + 6);
	t = slug_environment(&a, STR("review/feature-1"), sha256);
	assert_false(str_eq(s, t));
	s = slug_environment(&a, STR("1st"), sha256);
	assert_true(str_starts_with(s, STR("env-1st-")));
	s = slug_environment(&a, STR("a-very-long-environment-name"), sha256);
	assert_int_equal(s.n, 24);
	assert_true(str_starts_with(s, STR("a-very-long-envir-")));
	arena_release(&a);
}

static void tiers_are_guessed_from_names(void **state UNUSED)
{
	static const struct {
		const char *name, *tier;
	} cases[] = {
		{ "production", "production" }, { "Prod-EU", "production" }, { "live", "production" },
		{ "staging", "staging" },	{ "demo", "staging" },	     { "qa", "testing" },
		{ "review/x", "development" },	{ "dev", "development" },    { "customer-7", "other" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_true(
			str_eq(tier_of_environment(str_of(cases[i].name)), str_of(cases[i].tier)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refs_become_host_names),
		cmocka_unit_test(environments_get_a_digest_when_they_were_changed),
		cmocka_unit_test(tiers_are_guessed_from_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
