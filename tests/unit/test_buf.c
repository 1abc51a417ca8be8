#include "base/buf.h"
#include "rng.h"

#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static void what_is_added_stands_in_order_and_ends_in_nul(void **state UNUSED)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	assert_true(str_eq(buf_str(&b), STR("")));
	buf_add(&b, "ab\0", 3);
	buf_adds(&b, STR("c"));
	buf_adds(&b, str_null);
	buf_addz(&b, "de");
	buf_addc(&b, 'f');
	buf_addf(&b, "%d-%s", 7, "g");
	assert_true(str_eq(buf_str(&b), STR("ab\0cdef7-g")));
	assert_int_equal(b.p[b.n], 0);
	buf_clear(&b);
	assert_int_equal(b.n, 0);
	assert_string_equal(b.p, "");
}

static void the_ceiling_holds_for_every_way_of_adding(void **state UNUSED)
{
	for (int way = 0; way < 5; way++) {
		CLEANUP(buf_release) struct buf b;

		buf_init(&b, 10);
		buf_addz(&b, "12345678");
		switch (way) {
		case 0:
			buf_addz(&b, "abc");
			break;
		case 1:
			buf_addf(&b, "%s", "abc");
			break;
		case 2:
			assert_null(buf_room(&b, 3));
			break;
		case 3:
			assert_null(buf_room(&b, SIZE_MAX));
			break;
		default:
			buf_add_hex(&b, "abc", 3);
		}
		assert_true(b.full);
		assert_true(b.n <= 10);
		assert_true(str_starts_with(buf_str(&b), STR("12345678")));
		buf_clear(&b);
		assert_false(b.full);
		buf_addz(&b, "1234567890");
		assert_false(b.full);
	}
}

static void text_can_be_written_in_place_and_dropped_in_front(void **state UNUSED)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	char *room = buf_room(&b, 100);

	memcpy(room, "hello", 5);
	buf_added(&b, 5);
	buf_drop(&b, 0);
	buf_drop(&b, 2);
	assert_string_equal(b.p, "llo");
	buf_drop(&b, 3);
	assert_string_equal(b.p, "");
}

static void base64_is_that_of_rfc_4648(void **state UNUSED)
{
	static const struct {
		const char *in, *standard, *url;
	} cases[] = {
		{ "", "", "" },
		{ "f", "Zg==", "Zg" },
		{ "fo", "Zm8=", "Zm8" },
		{ "foo", "Zm9v", "Zm9v" },
		{ "foob", "Zm9vYg==", "Zm9vYg" },
		{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/", "-_-_" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		CLEANUP(buf_release) struct buf url = BUF_INIT;

		buf_add_base64(&b, str_of(cases[i].in), false);
		buf_add_base64(&url, str_of(cases[i].in), true);
		assert_true(str_eq(buf_str(&b), str_of(cases[i].standard)));
		assert_true(str_eq(buf_str(&url), str_of(cases[i].url)));
	}
}

static void hex_and_percent_escapes_name_every_byte(void **state UNUSED)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	buf_add_hex(&b, "\x00\x7f\xff", 3);
	buf_addc(&b, ' ');
	buf_add_percent(&b, STR("aZ9-._~ /%\0\xc3\xa9"));
	assert_string_equal(b.p, "007fff aZ9-._~%20%2F%25%00%C3%A9");
}

static void random_changes_agree_with_a_plain_array(void **state UNUSED)
{
	static char model[1 << 16];
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct rng rng;
	size_t n = 0;

	rng_init(&rng);
	for (int step = 0; step < 20000; step++) {
		size_t size = rng_below(&rng, 40);
		char chunk[40];

		for (size_t i = 0; i < size; i++)
			chunk[i] = (char)rng_below(&rng, 256);
		if (rng_below(&rng, 3) == 0 || n + size > sizeof(model)) {
			size = rng_below(&rng, MIN(n, (size_t)200) + 1);
			buf_drop(&b, size);
			n -= size;
			memmove(model, model + size, n);
		} else {
			buf_add(&b, chunk, size);
			memcpy(model + n, chunk, size);
			n += size;
		}
		assert_int_equal(b.n, n);
		assert_true(n == 0 || memcmp(b.p, model, n) == 0);
	}
}

static void bytes_that_are_not_utf8_are_replaced(void **state UNUSED)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "plain", "plain" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "a\xff"
		  "b",
		  "a\xef\xbf\xbd"
		  "b" },
		{ "\xc3", "\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;

		buf_add_utf8(&b, str_of(cases[i].in));
		assert_true(str_eq(buf_str(&b), str_of(cases[i].out)));
		assert_true(str_is_utf8(buf_str(&b)));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_stands_in_order_and_ends_in_nul),
		cmocka_unit_test(the_ceiling_holds_for_every_way_of_adding),
		cmocka_unit_test(text_can_be_written_in_place_and_dropped_in_front),
		cmocka_unit_test(base64_is_that_of_rfc_4648),
		cmocka_unit_test(hex_and_percent_escapes_name_every_byte),
		cmocka_unit_test(random_changes_agree_with_a_plain_array),
		cmocka_unit_test(bytes_that_are_not_utf8_are_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
