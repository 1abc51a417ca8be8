#include "base/map.h"
#include "rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>
#include <time.h>

/* Under a key of zeros as CPython 3.11 with PYTHONHASHSEED=0 prints them, and
 * under 00 01 02 … 0f the first vector of Rust's SipHasher13. */
static const struct {
	uint64_t k0, k1;
	const char *text;
	uint64_t hash;
} vectors[] = {
	{ 0, 0, "a", 0x407448d2b89b1813 },
	{ 0, 0, "abc", 0xc03bc3a0042630f2 },
	{ 0, 0, "abcdefg", 0x6db12aae9070f506 },
	{ 0, 0, "abcdefgh", 0x3f7b849c0b8e35ea },
	{ 0, 0, "abcdefghi", 0xf89b34a3d11eb6e5 },
	{ 0x0706050403020100, 0x0f0e0d0c0b0a0908, "", 0xabac0158050fc4dc },
};

static void hashing_is_siphash_1_3(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(vectors); i++)
		assert_true(hash_keyed(vectors[i].k0, vectors[i].k1, vectors[i].text,
				       strlen(vectors[i].text)) == vectors[i].hash);
	assert_true(hash_bytes("a", 1) == hash_bytes("a", 1));
	assert_true(hash_bytes("a", 1) != hash_bytes("b", 1));
	/* Drawn for this process: zeros would mean that nobody drew it. */
	assert_true(hash_bytes("abc", 3) != hash_keyed(0, 0, "abc", 3));
}

static void a_map_holds_what_was_put(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a;
	struct map m;
	int one = 1, two = 2;

	arena_init(&a, 0);
	map_init(&m, &a);
	assert_null(map_find(&m, STR("x")));
	assert_null(map_get(&m, STR("x")));
	map_set(&m, STR("x"), &one);
	map_set(&m, STR(""), &two);
	assert_ptr_equal(map_get(&m, STR("x")), &one);
	assert_ptr_equal(map_get(&m, STR("")), &two);
	map_set(&m, STR("x"), NULL);
	assert_null(map_get(&m, STR("x")));
	assert_non_null(map_find(&m, STR("x")));
	assert_int_equal(m.nr, 2);
	/* Keys are bytes, of any value. */
	map_set(&m, STR("a\0b"), &one);
	assert_null(map_find(&m, STR("a")));
	assert_null(map_find(&m, STR("a\0c")));
}

#define MODEL 300

/* The model: keys in order of insertion, searched one after the other. */
struct model {
	str key[MODEL];
	void *value[MODEL];
	size_t nr;
};

static size_t model_find(const struct model *model, str key)
{
	size_t i = 0;

	while (i < model->nr && !str_eq(model->key[i], key))
		i++;
	return i;
}

static void random_use_agrees_with_a_list(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a;
	struct model model = { .nr = 0 };
	struct rng rng;
	struct map m;

	rng_init(&rng);
	arena_init(&a, 0);
	map_init(&m, &a);
	for (int step = 0; step < 20000; step++) {
		str key = arena_printf(&a, "%zu", rng_below(&rng, MODEL));
		size_t i = model_find(&model, key);

		if (rng_below(&rng, 4) == 0) {
			void *value = (void *)(uintptr_t)rng_below(&rng, 1000);

			map_set(&m, key, value);
			model.key[i] = key;
			model.value[i] = value;
			model.nr = MAX(model.nr, i + 1);
		}
		assert_int_equal(m.nr, model.nr);
		assert_int_equal(map_find(&m, key) != NULL, i < model.nr);
		assert_ptr_equal(map_get(&m, key), i < model.nr ? model.value[i] : NULL);
	}
	for (size_t i = 0; i < m.nr; i++) {
		assert_true(str_eq(m.at[i].key, model.key[i]));
		assert_ptr_equal(m.at[i].value, model.value[i]);
	}
}

static void a_hundred_thousand_keys_take_no_time(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a;
	clock_t start = clock();
	struct map m;

	arena_init(&a, 0);
	map_init(&m, &a);
	for (int i = 0; i < 100000; i++)
		map_set(&m, arena_printf(&a, "key-%d", i), &m);
	assert_int_equal(m.nr, 100000);
	assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashing_is_siphash_1_3),
		cmocka_unit_test(a_map_holds_what_was_put),
		cmocka_unit_test(random_use_agrees_with_a_list),
		cmocka_unit_test(a_hundred_thousand_keys_take_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
