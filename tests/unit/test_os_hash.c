#include "os/dl.h"
#include "os/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const struct {
	enum hash_kind kind;
	const char *data, *hex;
} cases[] = {
	{ HASH_SHA1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
	{ HASH_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ HASH_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ HASH_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
};

static void hashes_are_those_of_the_standard_whole_and_in_pieces(void **state)
{
	char hex[HASH_HEX_MAX];
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		str data = str_of(cases[i].data);
		struct hash *h;

		assert_int_equal(hash_hex(cases[i].kind, data, hex, &err), 0);
		assert_string_equal(hex, cases[i].hex);
		assert_int_equal(hash_start(cases[i].kind, &h, &err), 0);
		assert_int_equal(hash_add(h, str_sub(data, 0, 1), &err), 0);
		assert_int_equal(hash_add(h, str_from(data, 1), &err), 0);
		hash_finish(h, hex);
		assert_string_equal(hex, cases[i].hex);
	}
}

static void a_hash_can_be_given_up(void **state)
{
	struct hash *h;
	struct err err;

	(void)state;
	assert_int_equal(hash_start(HASH_SHA256, &h, &err), 0);
	hash_free(h);
	hash_free(NULL);
}

static void a_missing_library_is_named_with_its_package(void **state)
{
	static struct {
		int (*fn)(void);
	} table;
	static const struct dl_symbol symbols[] = { DL_SYMBOL(table, fn, no_such_function) };
	static struct dl_library absent = { "libabsent.so.1", "libabsent1", symbols, 1, &table,
					    DL_INIT };
	static struct dl_library lacking = { "libm.so.6", "libc6", symbols, 1, &table, DL_INIT };
	struct err err;

	(void)state;
	assert_int_equal(dl_need(&absent, &err), -1);
	assert_int_equal(err.kind, ERR_UNAVAILABLE);
	assert_string_equal(err.msg, "the library libabsent.so.1 is missing; install it with: "
				     "apt install libabsent1");
	assert_int_equal(dl_need(&lacking, &err), -1);
	assert_non_null(strstr(err.msg, "no_such_function"));
	assert_null(table.fn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_those_of_the_standard_whole_and_in_pieces),
		cmocka_unit_test(a_hash_can_be_given_up),
		cmocka_unit_test(a_missing_library_is_named_with_its_package),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
