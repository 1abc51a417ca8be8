#include "fmt/ansi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

#define RTL "\xe2\x80\xae" /* U+202E */

static const struct {
	const char *in;
	unsigned keep;
	const char *out;
} sanitize_cases[] = {
	{ "plain text, nothing else", 0, "plain text, nothing else" },
	{ "a\tb", ANSI_TAB, "a\tb" },
	{ "a\tb", 0, "a b" },
	{ "a\nb", ANSI_LINES, "a\nb" },
	{ "a\nb", 0, "a b" },
	{ "\033[31mred\033[0m", ANSI_SGR, "\033[31mred\033[0m" },
	{ "\033[31mred\033[0m", 0, "red" },
	{ "\033[38;5;208;48:2:1:2:3mx", ANSI_SGR, "\033[38;5;208;48:2:1:2:3mx" },
	{ "\033[?25hx\033[2Jy\033[10;3Hz", ANSI_SGR, "xyz" },
	{ "\033[>4;2mx", ANSI_SGR, "x" },
	{ "\033]0;title\aend", ANSI_SGR, "end" },
	{ "\033]52;c;Zm9v\033\\end", ANSI_SGR, "end" },
	{ "\033Pq#1\033\\end", ANSI_SGR, "end" },
	{ "\033]8;;http://x", ANSI_SGR, "" },
	{ "\033(0lqk\033(B", ANSI_SGR, "lqk" },
	{ "\033c\0337\033=x", ANSI_SGR, "x" },
	{ "a\rb\bc\ad\x7f" "e\033", ANSI_SGR, "abcde" },
	{ "\xc2\x9b" "31mred", ANSI_SGR, "red" },
	{ "\xc2\x9d" "0;t\xc2\x9c" "end", ANSI_SGR, "end" },
	{ "\xc2\x85x", ANSI_SGR, "x" },
	{ "safe" RTL "evil", 0, "safe\\u202eevil" },
	{ "a\xe2\x80\xa8z", 0, "a\\u2028z" },
	{ "caf\xc3\xa9", 0, "caf\xc3\xa9" },
	{ "caf\xe9 \xed\xa0\x80", 0, "caf\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xc0\x9b" "31m", ANSI_SGR, "\xef\xbf\xbd\xef\xbf\xbd" "31m" },
};

static void text_of_others_cannot_steer_the_terminal(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(sanitize_cases); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;
		CLEANUP(buf_release) struct buf again = BUF_INIT;

		buf_addz(&b, "");
		buf_addz(&again, "");
		ansi_sanitize(&b, str_of(sanitize_cases[i].in), sanitize_cases[i].keep);
		assert_string_equal(b.p, sanitize_cases[i].out);
		ansi_sanitize(&again, buf_str(&b), sanitize_cases[i].keep);
		assert_string_equal(again.p, sanitize_cases[i].out);
	}
}

static void plain_text_is_recognised_at_every_place_of_a_word(void **state UNUSED)
{
	char text[20];

	for (size_t n = 1; n <= sizeof(text); n++)
		for (size_t at = 0; at < n; at++)
			for (int c = 0; c < 256; c++) {
				bool plain = c >= 0x20 && c < 0x7f;

				memset(text, 'x', sizeof(text));
				text[at] = (char)c;
				assert_int_equal(ansi_is_plain((str){ text, n }, 0), plain);
				assert_int_equal(
					ansi_is_plain((str){ text, n }, ANSI_TAB | ANSI_LINES),
					plain || c == '\t' || c == '\n');
			}
}

static void width_counts_columns(void **state UNUSED)
{
	assert_int_equal(ansi_width(STR("abc")), 3);
	assert_int_equal(ansi_width(STR("\033[31mabc\033[0m")), 3);
	assert_int_equal(ansi_width(STR("e\xcc\x81")), 1);
	assert_int_equal(ansi_width(STR("\xe4\xbd\xa0\xe5\xa5\xbd")), 4);
	assert_int_equal(ansi_width(STR("\xf0\x9f\x9a\x80")), 2);
	assert_int_equal(ansi_width(STR("ab\tc")), 9);
	assert_int_equal(ansi_width(STR("\xe2\x9c\x93")), 1);
}

static const struct {
	const char *in;
	size_t cols;
	bool utf8;
	const char *out;
} fit_cases[] = {
	{ "hello", 5, true, "hello" },
	{ "hello!", 5, true, "hell\xe2\x80\xa6" },
	{ "hello!", 5, false, "he..." },
	{ "hello!", 2, false, ".." },
	{ "hello!", 0, true, "" },
	{ "", 0, true, "" },
	{ "\033[31mhello!", 5, true, "\033[31mhell\xe2\x80\xa6\033[0m" },
	{ "\033[31mhi\033[0m", 5, true, "\033[31mhi\033[0m" },
	{ "\033[31mhi", 5, true, "\033[31mhi\033[0m" },
	{ "\xe4\xbd\xa0\xe5\xa5\xbd", 3, true, "\xe4\xbd\xa0\xe2\x80\xa6" },
	{ "\xe4\xbd\xa0\xe5\xa5\xbd", 2, true, "\xe2\x80\xa6" },
	{ "e\xcc\x81x", 2, true, "e\xcc\x81x" },
};

static void fitting_keeps_colours_and_never_passes_the_width(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT(fit_cases); i++) {
		CLEANUP(buf_release) struct buf b = BUF_INIT;

		buf_addz(&b, "");
		ansi_fit(&b, str_of(fit_cases[i].in), fit_cases[i].cols, fit_cases[i].utf8);
		assert_string_equal(b.p, fit_cases[i].out);
		assert_true(ansi_width(buf_str(&b)) <= fit_cases[i].cols);
	}
}

static void painting_can_be_turned_off(void **state UNUSED)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	ansi_paint(&b, true, SGR_RED, STR("x"));
	ansi_paint(&b, false, SGR_RED, STR("y"));
	assert_string_equal(b.p, "\033[31mx\033[0my");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_others_cannot_steer_the_terminal),
		cmocka_unit_test(plain_text_is_recognised_at_every_place_of_a_word),
		cmocka_unit_test(width_counts_columns),
		cmocka_unit_test(fitting_keeps_colours_and_never_passes_the_width),
		cmocka_unit_test(painting_can_be_turned_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
