/* Looks at the bytes before libyaml does: its reader works block by block, so it
 * would name no line, and a few of its loops are quadratic. */
#include "fmt/node_int.h"

#include <string.h>

#define TAG_DIRECTIVES_MAX 16 /* each tag is compared with each of them */

struct pos node_pos_at(const struct source *src, str text, size_t at)
{
	struct pos pos = { src, 1, 1 };
	str before = str_sub(text, 0, at);
	ssize_t nl = str_rindex(before, '\n');

	for (const char *p = before.p, *end = p + before.n; p && p < end;) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p)
			break;
		pos.line++;
		p++;
	}
	pos.col = (uint32_t)(before.n - (size_t)(nl + 1)) + 1;
	return pos;
}

static int check_encoding(const struct source *src, str text, struct diags *d)
{
	bool utf16 =
		str_starts_with(text, STR("\xff\xfe")) || str_starts_with(text, STR("\xfe\xff"));
	struct pos pos = { src, 1, 1 };

	/* Without a mark: one of the first two characters has an empty half. */
	if (text.n >= 2 && !utf16)
		utf16 = !text.p[0] != !text.p[1];
	if (!utf16)
		return 0;
	diag_error(d, pos, "the text is UTF-16, but only UTF-8 is read");
	diag_hint(d, "save the file as UTF-8");
	return -1;
}

static int bad_byte(const struct source *src, str text, size_t at, struct diags *d)
{
	struct pos pos = node_pos_at(src, text, at);
	unsigned char c = (unsigned char)text.p[at];

	if (c == 0) {
		diag_error(d, pos, "a NUL byte cannot stand in YAML");
		diag_hint(d, "is this a text file? remove the byte");
	} else if (c < 0x80 || (c == 0xc2 && at + 1 < text.n)) {
		diag_error(d, pos, "control character U+%04X cannot stand in YAML",
			   c < 0x80 ? c : (unsigned char)text.p[at + 1]);
		diag_hint(d,
			  "remove it, or write it as an escape in double quotes, such as \"\\e\"");
	} else {
		diag_error(d, pos, "byte 0x%02X is not valid UTF-8", c);
		diag_hint(d, "save the file as UTF-8");
	}
	return -1;
}

/* Bytes of a well-formed character that YAML lets stand, else 0. */
static size_t printable(str s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (len > s.n || !str_is_utf8(str_sub(s, 0, len)))
		return 0;
	if (c == 0xc2 && (unsigned char)s.p[1] < 0xa0 && (unsigned char)s.p[1] != 0x85)
		return 0;
	return len;
}

/* How many bytes at the start are printable ASCII or line feeds, found eight at
 * a time; the caller looks at what follows. */
static size_t plain_prefix(str s)
{
	const uint64_t ones = UINT64_MAX / 0xff, tops = ones << 7, rest = ~tops;
	size_t i = 0;

	for (; i + 8 <= s.n; i += 8) {
		uint64_t w, control, feed, del;

		/* Top bits tell, exactly so when no byte of w has its own set. */
		memcpy(&w, s.p + i, 8);
		control = ~(w << 1 | w << 2);
		feed = ~((w ^ ones * '\n') + rest);
		del = ~((w ^ ones * 0x7f) + rest);
		if ((w | (control & ~feed) | del) & tops)
			break;
	}
	return i;
}

static int check_bytes(const struct source *src, str text, bool *ret_simple, struct diags *d)
{
	bool simple = true;

	for (size_t i = 0; i < text.n;) {
		unsigned char c = (unsigned char)text.p[i];
		size_t len = 1;

		if ((c >= 0x20 && c < 0x7f) || c == '\n') {
			i += 1 + plain_prefix(str_from(text, i + 1));
			continue;
		}
		if (c >= 0x80) {
			simple = false;
			len = printable(str_from(text, i));
		} else if (c == '\r') {
			simple = simple && i + 1 < text.n && text.p[i + 1] == '\n';
		} else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
			len = 0;
		}
		if (len == 0)
			return bad_byte(src, text, i, d);
		i += len;
	}
	*ret_simple = simple;
	return 0;
}

static int check_directives(const struct source *src, str text, struct diags *d)
{
	unsigned nr = 0;

	for (str rest = text;;) {
		ssize_t at = str_index(rest, '%');

		if (at < 0)
			break;
		rest = str_from(rest, (size_t)at);
		if (str_starts_with(rest, STR("%TAG")) &&
		    (rest.p == text.p || rest.p[-1] == '\n' || rest.p[-1] == '\r') &&
		    ++nr > TAG_DIRECTIVES_MAX)
			return diag_error(d, node_pos_at(src, text, (size_t)(rest.p - text.p)),
					  "more than %d %%TAG directives", TAG_DIRECTIVES_MAX);
		rest = str_from(rest, 1);
	}
	return 0;
}

int node_check_text(const struct source *src, const struct node_rules *rules, str *ret,
		    bool *ret_simple, struct diags *d)
{
	str text = src->text;

	if (text.n > rules->max_bytes) {
		diag_error(d, (struct pos){ src, 0, 0 }, "the text has %zu bytes, the limit is %zu",
			   text.n, rules->max_bytes);
		diag_hint(d, "split it into files and include them");
		return -1;
	}
	if (str_starts_with(text, STR("\xef\xbb\xbf")))
		text = str_from(text, 3);
	if (check_encoding(src, text, d) < 0 || check_bytes(src, text, ret_simple, d) < 0 ||
	    check_directives(src, text, d) < 0)
		return -1;
	*ret = text;
	return 0;
}
