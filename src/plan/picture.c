#include "plan/picture.h"

#include "fmt/ansi.h"

static const struct {
	const char *symbol, *ascii, *color;
} looks[ST_NR] = {
	[ST_CREATED] = { "○", "o", SGR_DIM },
	[ST_WAITING_FOR_RESOURCE] = { "◌", "w", SGR_YELLOW },
	[ST_PREPARING] = { "◌", ":", SGR_BLUE },
	[ST_PENDING] = { "◐", "p", SGR_YELLOW },
	[ST_RUNNING] = { "●", "*", SGR_BLUE },
	[ST_SUCCESS] = { "✓", "+", SGR_GREEN },
	[ST_FAILED] = { "✗", "x", SGR_RED },
	[ST_CANCELED] = { "⊘", "c", SGR_PINK },
	[ST_SKIPPED] = { "–", "-", SGR_DIM },
	[ST_MANUAL] = { "▸", ">", SGR_CYAN },
	[ST_SCHEDULED] = { "…", "@", SGR_CYAN },
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
	return is_warning(s, allow_failure) ? SGR_YELLOW : looks[s].color;
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

size_t picture_width(str s)
{
	CLEANUP(buf_release) struct buf clean = BUF_INIT;

	ansi_sanitize(&clean, s, 0);
	return ansi_width(buf_str(&clean));
}

size_t picture_add_text(struct buf *b, str s, size_t max, bool ascii)
{
	CLEANUP(buf_release) struct buf clean = BUF_INIT, plain = BUF_INIT;
	size_t was = b->n;

	ansi_sanitize(&clean, s, 0);
	for (str rest = buf_str(&clean); ascii && rest.n > 0;) {
		uint32_t c = picture_next(&rest);

		buf_addc(&plain, c < 0x80 ? (char)c : '?');
	}
	ansi_fit(b, ascii ? buf_str(&plain) : buf_str(&clean), max, !ascii);
	return ansi_width(str_from(buf_str(b), was));
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

	if (us < 999500)
		buf_addf(b, "%u ms", (unsigned)((us + 500) / 1000));
	else if (tenths < 600)
		buf_addf(b, "%u.%u s", (unsigned)(tenths / 10), (unsigned)(tenths % 10));
	else if (s < 3600)
		buf_addf(b, "%u min %02u s", (unsigned)(s / 60), (unsigned)(s % 60));
	else
		buf_addf(b, "%llu h %02u min", (unsigned long long)(s / 3600),
			 (unsigned)(s / 60 % 60));
}
