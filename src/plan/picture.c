#include "plan/picture.h"

static const struct {
	const char *symbol, *ascii, *color;
} looks[ST_NR] = {
	[ST_CREATED] = { "○", "o", "\33[2m" },
	[ST_WAITING_FOR_RESOURCE] = { "◌", "w", "\33[33m" },
	[ST_PREPARING] = { "◌", ":", "\33[34m" },
	[ST_PENDING] = { "◐", "p", "\33[33m" },
	[ST_RUNNING] = { "●", "*", "\33[34m" },
	[ST_SUCCESS] = { "✓", "+", "\33[32m" },
	[ST_FAILED] = { "✗", "x", "\33[31m" },
	[ST_CANCELED] = { "⊘", "c", "\33[35m" },
	[ST_SKIPPED] = { "–", "-", "\33[2m" },
	[ST_MANUAL] = { "▸", ">", "\33[36m" },
	[ST_SCHEDULED] = { "…", "@", "\33[36m" },
};

static bool is_warning(enum job_status s, bool allow_failure)
{
	return allow_failure && (s == ST_FAILED || s == ST_CANCELED);
}

const char *picture_symbol(enum job_status s, bool allow_failure, bool ascii)
{
	MUST((size_t)s < ST_NR);
	if (is_warning(s, allow_failure))
		return "!";
	return ascii ? looks[s].ascii : looks[s].symbol;
}

const char *picture_color(enum job_status s, bool allow_failure)
{
	MUST((size_t)s < ST_NR);
	return is_warning(s, allow_failure) ? "\33[33m" : looks[s].color;
}

uint32_t picture_next(str *rest)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)rest->p;
	size_t more = p[0] < 0x80 ? 0 : p[0] >= 0xf0 ? 3 : p[0] >= 0xe0 ? 2 : 1;
	uint32_t c = more == 0 ? p[0] : p[0] & (0x3fu >> more);
	size_t i;

	for (i = 1; i <= more && i < rest->n && (p[i] & 0xc0) == 0x80; i++)
		c = c << 6 | (p[i] & 0x3fu);
	if (i <= more || (more > 0 && p[0] < 0xc2) || p[0] > 0xf4 || c < least[more] ||
	    c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
		*rest = str_from(*rest, 1);
		return 0xfffd;
	}
	*rest = str_from(*rest, more + 1);
	return c;
}

struct range {
	uint32_t from, to;
};

static bool in_ranges(uint32_t c, const struct range *r, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (c >= r[i].from && c <= r[i].to)
			return true;
	return false;
}

/* What must not reach a terminal from somebody's text. */
static bool is_treacherous(uint32_t c)
{
	static const struct range bad[] = {
		{ 0, 0x1f },	    { 0x7f, 0x9f },	{ 0xad, 0xad },
		{ 0x61c, 0x61c },   { 0x180e, 0x180e },	{ 0x200b, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xe000, 0xf8ff },
		{ 0xfeff, 0xfeff }, { 0xfff0, 0xffff }, { 0xe0000, 0x10ffff },
	};

	return in_ranges(c, bad, COUNT(bad));
}

static unsigned columns_of(uint32_t c)
{
	static const struct range none[] = {
		{ 0x300, 0x36f },   { 0x483, 0x489 },	{ 0x591, 0x5bd },   { 0x610, 0x61a },
		{ 0x64b, 0x65f },   { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff },
		{ 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
	};
	static const struct range two[] = {
		{ 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0xa4cf },   { 0xac00, 0xd7a3 },
		{ 0xf900, 0xfaff }, { 0xfe30, 0xfe6f }, { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },
		{ 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
		{ 0x20000, 0x3fffd },
	};

	if (c < 0x300)
		return 1;
	if (in_ranges(c, none, COUNT(none)))
		return 0;
	return in_ranges(c, two, COUNT(two)) ? 2 : 1;
}

size_t picture_width(str s)
{
	size_t width = 0;

	while (s.n > 0) {
		uint32_t c = picture_next(&s);

		width += is_treacherous(c) ? 1 : columns_of(c);
	}
	return width;
}

static void add_shown(struct buf *b, str piece, uint32_t c, bool ascii)
{
	if (is_treacherous(c) || (ascii && c >= 0x80))
		buf_addc(b, '?');
	else
		buf_adds(b, piece);
}

size_t picture_add_text(struct buf *b, str s, size_t max, bool ascii)
{
	bool cut = picture_width(s) > max;
	size_t used = 0;

	if (max == 0)
		return 0;
	while (s.n > 0) {
		str from = s;
		uint32_t c = picture_next(&s);
		unsigned columns = is_treacherous(c) ? 1 : columns_of(c);

		if (used + columns > max - cut)
			break;
		add_shown(b, str_sub(from, 0, from.n - s.n), c, ascii);
		/* A wide or combining character is one `?` in ASCII. */
		if (ascii && c >= 0x80 && !is_treacherous(c))
			columns = 1;
		used += columns;
	}
	if (cut) {
		buf_addz(b, ascii ? "~" : "…");
		used++;
	}
	return used;
}

void picture_add_blanks(struct buf *b, size_t n)
{
	while (n-- > 0)
		buf_addc(b, ' ');
}

void picture_add_cell(struct buf *b, str s, size_t width, bool ascii)
{
	size_t used = picture_add_text(b, s, width, ascii);

	picture_add_blanks(b, width > used ? width - used : 0);
}

void picture_add_duration(struct buf *b, uint64_t us)
{
	/* Rounded before it is split, so that 59.96 s is not "60.0 s". */
	uint64_t tenths = us / 100000 + (us % 100000 >= 50000);
	uint64_t s = us / 1000000 + (us % 1000000 >= 500000);

	if (tenths < 600)
		buf_addf(b, "%u.%u s", (unsigned)(tenths / 10), (unsigned)(tenths % 10));
	else if (s < 3600)
		buf_addf(b, "%u:%02u min", (unsigned)(s / 60), (unsigned)(s % 60));
	else
		buf_addf(b, "%llu:%02u:%02u h", (unsigned long long)(s / 3600),
			 (unsigned)(s / 60 % 60), (unsigned)(s % 60));
}
