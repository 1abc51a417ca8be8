/* Sanitised text has no control characters but the allowed ones, is UTF-8, does not
 * change when sanitised again, and cut to a width it keeps it. */
#include "fmt/ansi.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No control but tab and line feed when kept; escape sequences only as ESC [ … m. */
static void check_harmless(str s, unsigned keep)
{
	MUST(str_is_utf8(s));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\t' || c == '\n') {
			MUST(keep & (c == '\t' ? ANSI_TAB : ANSI_LINES));
		} else if (c == 0x1b) {
			MUST(keep & ANSI_SGR && i + 1 < s.n && s.p[i + 1] == '[');
			for (i += 2; i < s.n && strchr("0123456789;:", s.p[i]); i++)
				;
			MUST(i < s.n && s.p[i] == 'm');
		} else {
			MUST(c >= 0x20 && c != 0x7f);
		}
		MUST(!(c == 0xc2 && (unsigned char)s.p[i + 1] < 0xa0));
	}
	MUST(str_find(s, STR("\xe2\x80\xae"), 0) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_release) struct buf once = BUF_INIT;
	CLEANUP(buf_release) struct buf twice = BUF_INIT;
	CLEANUP(buf_release) struct buf cut = BUF_INIT;
	unsigned keep;
	size_t cols;
	str text;

	if (size < 2)
		return 0;
	keep = data[0] & 7;
	cols = data[1];
	text = (str){ (const char *)data + 2, size - 2 };
	ansi_sanitize(&once, text, keep);
	check_harmless(buf_str(&once), keep);
	ansi_sanitize(&twice, buf_str(&once), keep);
	MUST(str_eq(buf_str(&once), buf_str(&twice)));
	MUST(!ansi_is_plain(text, keep) || str_eq(text, buf_str(&once)));
	ansi_fit(&cut, buf_str(&once), cols, data[0] & 8);
	MUST(ansi_width(buf_str(&cut)) <= cols);
	check_harmless(buf_str(&cut), keep | ANSI_SGR);
	if (ansi_width(buf_str(&once)) <= cols)
		MUST(cut.n >= once.n);
	return 0;
}
