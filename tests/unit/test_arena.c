#include "base/vec.h"
#include "dies.h"
#include "rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static void memory_is_zeroed_aligned_and_apart(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a;
	struct rng rng;
	struct {
		unsigned char *p;
		size_t n;
	} taken[2000];

	rng_init(&rng);
	arena_init(&a, 0);
	for (size_t i = 0; i < COUNT(taken); i++) {
		size_t n = rng_below(&rng, i % 100 == 0 ? 100000 : 200);
		unsigned char *p = arena_alloc(&a, n);

		assert_int_equal((uintptr_t)p % (n >= 16 ? 16 : 8), 0);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(p[k], 0);
		memset(p, (int)(i % 255) + 1, n);
		taken[i].p = p;
		taken[i].n = n;
	}
	for (size_t i = 0; i < COUNT(taken); i++)
		for (size_t k = 0; k < taken[i].n; k++)
			assert_int_equal(taken[i].p[k], i % 255 + 1);
}

static void copies_are_c_strings_too(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a;
	str copy;

	arena_init(&a, 0);
	copy = arena_str(&a, str_sub(STR("hello world"), 0, 5));
	assert_string_equal(copy.p, "hello");
	assert_int_equal(copy.n, 5);
	assert_true(str_is_null(arena_str(&a, str_null)));
	assert_string_equal(arena_str(&a, STR("")).p, "");
	assert_string_equal(arena_cstr(&a, str_null), "");
	assert_string_equal(arena_printf(&a, "%s-%d", "x", 5).p, "x-5");
	/* What follows text is aligned again. */
	assert_int_equal((uintptr_t)arena_new(&a, uint64_t) % 8, 0);
}

static void a_released_arena_can_be_used_again(void **state UNUSED)
{
	struct arena a;

	arena_init(&a, 0);
	for (int i = 0; i < 3; i++) {
		assert_non_null(arena_alloc(&a, 1 << 20));
		arena_release(&a);
		assert_int_equal(a.used, 0);
	}
}

static void a_vector_keeps_its_elements_as_it_grows(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a;
	VEC(int) v = { 0 };
	struct str_vec names = { 0 };

	arena_init(&a, 0);
	for (int i = 0; i < 1000; i++)
		vec_add(&a, &v, i);
	assert_int_equal(v.nr, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(v.at[i], i);
	assert_false(str_vec_has(&names, STR("x")));
	vec_add(&a, &names, STR("x"));
	assert_true(str_vec_has(&names, STR("x")));
}

static void pass_the_limit(void)
{
	struct arena a;

	arena_init(&a, 1000);
	for (;;)
		if (!arena_alloc(&a, 100))
			return;
}

static void ask_for_too_much(void)
{
	struct arena a;

	arena_init(&a, 1000);
	(void)!arena_alloc(&a, SIZE_MAX - 8);
}

static void overflow_a_product(void)
{
	struct arena a;

	arena_init(&a, 0);
	(void)!arena_array_alloc(&a, SIZE_MAX / 2, 4);
}

static void passing_the_limit_is_a_bug_that_aborts(void **state UNUSED)
{
	assert_true(dies(pass_the_limit));
	assert_true(dies(ask_for_too_much));
	assert_true(dies(overflow_a_product));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(copies_are_c_strings_too),
		cmocka_unit_test(a_released_arena_can_be_used_again),
		cmocka_unit_test(a_vector_keeps_its_elements_as_it_grows),
		cmocka_unit_test(passing_the_limit_is_a_bug_that_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
