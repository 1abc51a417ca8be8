#include "exec/mask.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void keep(void *ctx, str bytes)
{
	buf_adds(ctx, bytes);
}

static struct mask *mask_of(const char *const *secrets)
{
	struct mask *m = mask_new();
	struct err err;

	for (; *secrets; secrets++)
		mask_add(m, str_of(*secrets));
	assert_int_equal(mask_build(m, &err), 0);
	return m;
}

static void stream(const struct mask *m, str text, size_t chunk, struct buf *out)
{
	struct mask_stream *s = mask_stream_new(m, keep, out);

	for (; text.n; text = str_from(text, chunk))
		mask_stream_feed(s, str_sub(text, 0, chunk));
	mask_stream_flush(s);
	mask_stream_free(s);
}

static void secrets_do_not_appear_however_the_text_is_cut(void **state)
{
	static const struct {
		const char *secrets[4], *text, *want;
	} cases[] = {
		{ { "hunter22" }, "a hunter22 b", "a [MASKED] b" },
		{ { "hunter22" }, "hunter22hunter22", "[MASKED]" },
		{ { "hunter22" }, "hunter2 hunter22", "hunter2 [MASKED]" },
		{ { "hunter22" }, "hunter22", "[MASKED]" },
		{ { "hunter22" }, "", "" },
		/* overlaps itself */
		{ { "aab-aac-TOKEN" }, "aab-aab-aac-TOKEN", "aab-[MASKED]" },
		{ { "abcabcabc" }, "xabcabcabcabcx", "x[MASKED]x" },
		/* two that overlap, one inside the other, one that begins the other */
		{ { "abcdefghX", "ghXJKLM" }, "abcdefghXJKLM", "[MASKED]" },
		{ { "abcdefghX", "ghXJKLM" }, "abcdefgZZZZZZ", "abcdefgZZZZZZ" },
		{ { "abcdefgh", "cdefgh" }, "abcdefgh cdefgh", "[MASKED] [MASKED]" },
		{ { "abcdef", "abcdefghij" }, "abcdefghij abcdefghiX", "[MASKED] [MASKED]ghiX" },
		/* lines */
		{ { "-----BEGIN\nline-one\n}\n" }, "x line-one } y", "x [MASKED] } y" },
		/* forms */
		{ { "pass word/+" }, "cGFzcyB3b3JkLys=", "[MASKED]=" },
		{ { "pass word/+" }, "eHBhc3Mgd29yZC8r", "eH[MASKED]" },
		{ { "pass word/+" }, "pass%20word%2F%2B", "[MASKED]" },
		{ { "pass word/+" }, "pass%20word%2f%2b", "[MASKED]" },
		{ { "pass word/+" }, "pass+word%2F%2B", "[MASKED]" },
		{ { "pass\"wo\\rd" }, "{\"k\":\"pass\\\"wo\\\\rd\"}", "{\"k\":\"[MASKED]\"}" },
		{ { "it's a secret" }, "'it'\\''s a secret'", "'[MASKED]'" },
		{ { "it's a secret" }, "it\\'s\\ a\\ secret", "[MASKED]" },
		{ { "a&b<c>d" }, "a&amp;b&lt;c&gt;d", "[MASKED]" },
		{ { "abcdef" }, "616263646566", "[MASKED]" },
		{ { "ABZabc" }, "41425A616263 41425a616263", "[MASKED] [MASKED]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mask *m = mask_of(cases[i].secrets);

		for (size_t chunk = 1; chunk <= 32; chunk++) {
			CLEANUP(buf_release) struct buf out = BUF_INIT;

			stream(m, str_of(cases[i].text), chunk, &out);
			assert_string_equal(out.p ? out.p : "", cases[i].want);
		}
		mask_free(m);
	}
}

static void every_base64_position_is_masked(void **state)
{
	static const char *const secrets[] = { "s3cr3t-v4lue!", NULL };
	struct mask *m = mask_of(secrets);

	(void)state;
	for (size_t before = 0; before < 9; before++)
		for (int url = 0; url < 2; url++) {
			CLEANUP(buf_release) struct buf plain = BUF_INIT, coded = BUF_INIT;
			CLEANUP(buf_release) struct buf out = BUF_INIT;

			buf_add(&plain, "user:name:", before);
			buf_addf(&plain, "%s and more", secrets[0]);
			buf_add_base64(&coded, buf_str(&plain), url);
			stream(m, buf_str(&coded), 5, &out);
			assert_true(str_find(buf_str(&out), STR(MASK_TEXT), 0) >= 0);
		}
	mask_free(m);
}

static void a_short_secret_is_refused(void **state)
{
	struct mask *m = mask_new();

	(void)state;
	assert_false(mask_add(m, STR("12345")));
	assert_false(mask_add(m, STR("")));
	assert_true(mask_add(m, STR("123456")));
	mask_free(m);
}

static void only_what_may_begin_a_secret_is_held_back(void **state)
{
	static const char *const secrets[] = { "hunter22", NULL };
	CLEANUP(buf_release) struct buf out = BUF_INIT;
	struct mask *m = mask_of(secrets);
	struct mask_stream *s = mask_stream_new(m, keep, &out);

	(void)state;
	mask_stream_feed(s, STR("waiting"));
	assert_string_equal(out.p, "waiting");
	mask_stream_feed(s, STR(" for hunter"));
	assert_string_equal(out.p, "waiting for ");
	mask_stream_feed(s, STR("s"));
	assert_string_equal(out.p, "waiting for hunters");
	mask_stream_free(s);
	mask_free(m);
}

static void a_long_secret_is_masked_as_one(void **state)
{
	static char secret[5001], text[5100];
	const char *secrets[] = { secret, NULL };
	CLEANUP(buf_release) struct buf out = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < 5000; i++)
		secret[i] = (char)('a' + i * i % 23);
	snprintf(text, sizeof(text), "<%s>", secret);
	struct mask *m = mask_of(secrets);
	stream(m, str_of(text), 777, &out);
	assert_string_equal(out.p, "<[MASKED]>");
	mask_free(m);
}

static void reference(const struct mask *m, str text, struct buf *out)
{
	bool *hidden = mem_zalloc(text.n + 1, sizeof(bool));
	str t;

	for (size_t i = 0; !str_is_null(t = mask_text(m, i)); i++)
		for (size_t s = 0; s + t.n <= text.n; s++)
			if (memcmp(text.p + s, t.p, t.n) == 0)
				memset(hidden + s, 1, t.n);
	for (size_t i = 0; i < text.n; i++)
		if (!hidden[i])
			buf_addc(out, text.p[i]);
		else if (i == 0 || !hidden[i - 1])
			buf_addz(out, MASK_TEXT);
	mem_free(hidden);
}

static uint64_t seed;
static size_t pick(size_t below)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return (size_t)(seed >> 33) % below;
}

/* A small alphabet makes overlaps common. */
static void the_result_equals_a_slow_reference(void **state)
{
	(void)state;
	for (seed = 1; seed < 400; seed++) {
		uint64_t shown = seed;
		struct mask *m = mask_new();
		CLEANUP(buf_release) struct buf text = BUF_INIT, want = BUF_INIT, got = BUF_INIT;
		size_t letters = 1 + pick(3);
		char secret[40];
		struct mask_stream *s;
		struct err err;

		for (size_t k = pick(4); k-- > 0;) {
			size_t n = 4 + pick(20);

			for (size_t i = 0; i < n; i++)
				secret[i] = (char)('a' + pick(letters));
			mask_add(m, (str){ secret, n });
			for (size_t r = pick(3); r-- > 0;)
				buf_add(&text, secret, pick(n + 1));
		}
		for (size_t i = pick(300); i-- > 0;)
			buf_addc(&text, (char)('a' + pick(letters)));
		assert_int_equal(mask_build(m, &err), 0);
		reference(m, buf_str(&text), &want);
		s = mask_stream_new(m, keep, &got);
		for (str left = buf_str(&text); left.n;) {
			size_t n = 1 + pick(12);

			mask_stream_feed(s, str_sub(left, 0, n));
			left = str_from(left, n);
		}
		mask_stream_flush(s);
		if (!str_eq(buf_str(&got), buf_str(&want)))
			fail_msg("seed %lu differs", (unsigned long)shown);
		mask_stream_free(s);
		mask_free(m);
		seed = shown;
	}
}

static void a_message_is_masked_at_once(void **state)
{
	static const char *const secrets[] = { "hunter22", NULL };
	struct mask *m = mask_of(secrets);
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	assert_string_equal(mask_str(m, &a, STR("no hunter22")).p, "no [MASKED]");
	arena_release(&a);
	mask_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_do_not_appear_however_the_text_is_cut),
		cmocka_unit_test(every_base64_position_is_masked),
		cmocka_unit_test(a_short_secret_is_refused),
		cmocka_unit_test(only_what_may_begin_a_secret_is_held_back),
		cmocka_unit_test(a_long_secret_is_masked_as_one),
		cmocka_unit_test(the_result_equals_a_slow_reference),
		cmocka_unit_test(a_message_is_masked_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
