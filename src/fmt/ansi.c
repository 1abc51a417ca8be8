#include "fmt/ansi.h"

#include <string.h>

#define ESC 0x1b
#define SGR_MAX 64 /* longer parameters colour nothing sensible */

/* First and last code point of each range; sorted. */
struct range {
	uint32_t first, last;
};

/* Combining marks, joiners and variation selectors: they take no column. */
static const struct range zero_width[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x0610, 0x061a },
	{ 0x064b, 0x065f }, { 0x06d6, 0x06dc }, { 0x0900, 0x0902 }, { 0x093c, 0x093c },
	{ 0x0941, 0x0948 }, { 0x094d, 0x094d }, { 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a },
	{ 0x0e47, 0x0e4e }, { 0x1160, 0x11ff }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
	{ 0x200b, 0x200d }, { 0x2060, 0x2064 }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff }, { 0xe0000, 0xe0fff },
};

/* East Asian wide and fullwidth, and emoji. */
static const struct range double_width[] = {
	{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2329, 0x232a },   { 0x23e9, 0x23ec },
	{ 0x23f0, 0x23f0 },   { 0x23f3, 0x23f3 },   { 0x25fd, 0x25fe },   { 0x2614, 0x2615 },
	{ 0x2648, 0x2653 },   { 0x267f, 0x267f },   { 0x2693, 0x2693 },   { 0x26a1, 0x26a1 },
	{ 0x26aa, 0x26ab },   { 0x26bd, 0x26be },   { 0x26c4, 0x26c5 },   { 0x26ce, 0x26ce },
	{ 0x26d4, 0x26d4 },   { 0x26ea, 0x26ea },   { 0x26f2, 0x26f3 },   { 0x26f5, 0x26f5 },
	{ 0x26fa, 0x26fa },   { 0x26fd, 0x26fd },   { 0x2705, 0x2705 },   { 0x270a, 0x270b },
	{ 0x2728, 0x2728 },   { 0x274c, 0x274c },   { 0x274e, 0x274e },   { 0x2753, 0x2755 },
	{ 0x2757, 0x2757 },   { 0x2795, 0x2797 },   { 0x27b0, 0x27b0 },   { 0x2b1b, 0x2b1c },
	{ 0x2b50, 0x2b50 },   { 0x2b55, 0x2b55 },   { 0x2e80, 0x303e },   { 0x3041, 0x33ff },
	{ 0x3400, 0x4dbf },   { 0x4e00, 0xa4cf },   { 0xa960, 0xa97c },   { 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },
	{ 0x1f004, 0x1f004 }, { 0x1f0cf, 0x1f0cf }, { 0x1f18e, 0x1f18e }, { 0x1f191, 0x1f19a },
	{ 0x1f200, 0x1f320 }, { 0x1f32d, 0x1f335 }, { 0x1f337, 0x1f37c }, { 0x1f37e, 0x1f393 },
	{ 0x1f3a0, 0x1f3ca }, { 0x1f3cf, 0x1f3d3 }, { 0x1f3e0, 0x1f3f0 }, { 0x1f3f4, 0x1f3f4 },
	{ 0x1f3f8, 0x1f43e }, { 0x1f440, 0x1f440 }, { 0x1f442, 0x1f4fc }, { 0x1f4ff, 0x1f53d },
	{ 0x1f54b, 0x1f54e }, { 0x1f550, 0x1f567 }, { 0x1f57a, 0x1f57a }, { 0x1f595, 0x1f596 },
	{ 0x1f5a4, 0x1f5a4 }, { 0x1f5fb, 0x1f64f }, { 0x1f680, 0x1f6c5 }, { 0x1f6cc, 0x1f6cc },
	{ 0x1f6d0, 0x1f6d2 }, { 0x1f6d5, 0x1f6d7 }, { 0x1f6eb, 0x1f6ec }, { 0x1f6f4, 0x1f6fc },
	{ 0x1f7e0, 0x1f7eb }, { 0x1f90c, 0x1f93a }, { 0x1f93c, 0x1f945 }, { 0x1f947, 0x1f9ff },
	{ 0x1fa70, 0x1faff }, { 0x20000, 0x3fffd },
};

/* Shown as \uXXXX: they would reorder or break what stands around them. */
static const struct range treacherous[] = {
	{ 0x061c, 0x061c }, { 0x200e, 0x200f }, { 0x2028, 0x202e }, { 0x2066, 0x2069 },
};

static bool in_ranges(const struct range *ranges, size_t nr, uint32_t c)
{
	size_t low = 0, high = nr;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (c > ranges[mid].last)
			low = mid + 1;
		else if (c < ranges[mid].first)
			high = mid;
		else
			return true;
	}
	return false;
}

/* Length of the character at s.p (s not empty), its code point in *ret; 0 if the bytes
 * are no UTF-8 (RFC 3629). */
static size_t next_char(str s, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)s.p;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c = p[0];

	if (n == 0 || n > s.n || p[0] > 0xf4)
		return 0;
	if (n > 1)
		c &= 0xffu >> (n + 1);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

/* Length of parameters, intermediates and final byte of a control sequence at s; what is
 * not part of one ends it. */
static size_t csi_length(str s)
{
	size_t i = 0;

	while (i < s.n && (unsigned char)s.p[i] >= 0x20 && (unsigned char)s.p[i] <= 0x3f)
		i++;
	if (i < s.n && (unsigned char)s.p[i] >= 0x40 && (unsigned char)s.p[i] <= 0x7e)
		i++;
	return i;
}

/* Length of a string (OSC, DCS, …) up to BEL or ST; all of s when nothing ends it. */
static size_t string_length(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\a')
			return i + 1;
		if (c == ESC && i + 1 < s.n && s.p[i + 1] == '\\')
			return i + 2;
		if (c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] == 0x9c)
			return i + 2;
	}
	return s.n;
}

/* Length of the escape sequence that begins with ESC at s.p[0]. */
static size_t escape_length(str s)
{
	size_t i = 1;

	if (s.n < 2)
		return 1;
	switch (s.p[1]) {
	case '[':
		return 2 + csi_length(str_from(s, 2));
	case ']':
	case 'P':
	case 'X':
	case '^':
	case '_':
		return 2 + string_length(str_from(s, 2));
	}
	while (i < s.n && s.p[i] >= 0x20 && s.p[i] <= 0x2f)
		i++;
	if (i < s.n && s.p[i] >= 0x30 && s.p[i] <= 0x7e)
		i++;
	return i;
}

/* Length of what the C1 control `c` introduces, behind it. */
static size_t c1_length(uint32_t c, str rest)
{
	if (c == 0x9b)
		return csi_length(rest);
	if (c == 0x90 || c == 0x98 || (c >= 0x9d && c <= 0x9f))
		return string_length(rest);
	return 0;
}

static bool is_sgr(str seq)
{
	if (seq.n < 3 || seq.n > SGR_MAX || seq.p[1] != '[' || seq.p[seq.n - 1] != 'm')
		return false;
	for (size_t i = 2; i < seq.n - 1; i++)
		if (!((seq.p[i] >= '0' && seq.p[i] <= '9') || seq.p[i] == ';' || seq.p[i] == ':'))
			return false;
	return true;
}

static void add_char(struct buf *out, str s, uint32_t c)
{
	if (in_ranges(treacherous, COUNT(treacherous), c))
		buf_addf(out, "\\u%04x", (unsigned)c);
	else
		buf_adds(out, s);
}

/* A byte below 0x20 or DEL, but ESC. */
static void add_control(struct buf *out, char c, unsigned keep)
{
	if (c == '\t')
		buf_addc(out, keep & ANSI_TAB ? '\t' : ' ');
	else if (c == '\n')
		buf_addc(out, keep & ANSI_LINES ? '\n' : ' ');
}

/* How many bytes at the beginning are printable ASCII; eight at a time. */
static size_t printable_prefix(str s)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	size_t i = 0;

	for (; i + 8 <= s.n; i += 8) {
		uint64_t w, del;

		memcpy(&w, s.p + i, 8);
		del = w ^ (ones * 0x7f);
		if (((w | (w - ones * 0x20) | (del - ones)) & tops) != 0)
			break;
	}
	while (i < s.n && s.p[i] >= 0x20 && s.p[i] != 0x7f)
		i++;
	return i;
}

bool ansi_is_plain(str s, unsigned keep)
{
	while (s.n) {
		size_t n = printable_prefix(s);

		if (n == s.n)
			return true;
		if (!((s.p[n] == '\t' && keep & ANSI_TAB) || (s.p[n] == '\n' && keep & ANSI_LINES)))
			return false;
		s = str_from(s, n + 1);
	}
	return true;
}

void ansi_sanitize(struct buf *out, str s, unsigned keep)
{
	while (s.n) {
		size_t n = printable_prefix(s);
		uint32_t c;

		buf_add(out, s.p, n);
		s = str_from(s, n);
		if (!s.n)
			break;
		if (s.p[0] == ESC) {
			n = escape_length(s);
			if (keep & ANSI_SGR && is_sgr(str_sub(s, 0, n)))
				buf_add(out, s.p, n);
		} else if ((unsigned char)s.p[0] < 0x80) {
			n = 1;
			add_control(out, s.p[0], keep);
		} else if ((n = next_char(s, &c)) == 0) {
			n = 1;
			buf_addz(out, "\xef\xbf\xbd");
		} else if (c < 0xa0) {
			n += c1_length(c, str_from(s, n));
		} else {
			add_char(out, str_sub(s, 0, n), c);
		}
		s = str_from(s, n);
	}
}

static size_t char_width(uint32_t c)
{
	if (c < 0x300)
		return 1;
	if (in_ranges(zero_width, COUNT(zero_width), c))
		return 0;
	return in_ranges(double_width, COUNT(double_width), c) ? 2 : 1;
}

/* The next unit of sanitised text: an SGR sequence (width 0) or a character. */
static size_t next_unit(str s, size_t column, size_t *ret_width)
{
	uint32_t c;
	size_t n;

	if (s.p[0] == ESC) {
		*ret_width = 0;
		return escape_length(s);
	}
	n = next_char(s, &c);
	*ret_width = n == 0 ? 1 : c == '\t' ? 8 - column % 8 : char_width(c);
	return n ? n : 1;
}

size_t ansi_width(str s)
{
	size_t cols = 0, width;

	while (s.n) {
		s = str_from(s, next_unit(s, cols, &width));
		cols += width;
	}
	return cols;
}

void ansi_fit(struct buf *out, str s, size_t cols, bool utf8)
{
	static const str dots = STR_INIT("..."), ellipsis = STR_INIT("\xe2\x80\xa6");
	bool fits = ansi_width(s) <= cols;
	size_t mark = fits ? 0 : MIN(utf8 ? (size_t)1 : dots.n, cols);
	size_t column = 0, width;
	bool colored = false;

	while (s.n) {
		size_t n = next_unit(s, column, &width);

		if (column + width > cols - mark)
			break;
		if (s.p[0] == ESC)
			colored = !str_eq(str_sub(s, 0, n), STR(SGR_RESET));
		buf_add(out, s.p, n);
		column += width;
		s = str_from(s, n);
	}
	if (mark)
		buf_adds(out, utf8 ? ellipsis : str_sub(dots, 0, mark));
	if (colored)
		buf_addz(out, SGR_RESET);
}

void ansi_paint(struct buf *out, bool color, const char *sgr, str text)
{
	if (color)
		buf_addz(out, sgr);
	buf_adds(out, text);
	if (color)
		buf_addz(out, SGR_RESET);
}
