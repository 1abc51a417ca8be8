#include "base/buf.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max ? max : BUF_MAX_DEFAULT };
}

void buf_release(struct buf *b)
{
	mem_free(b->p);
	*b = (struct buf){ .max = b->max };
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->full = false;
	if (b->p)
		b->p[0] = '\0';
}

char *buf_room(struct buf *b, size_t n)
{
	if (n > b->max || b->n > b->max - n) {
		b->full = true;
		return NULL;
	}
	if (b->n + n + 1 > b->cap) {
		b->cap = MAX(MAX(b->n + n + 1, b->cap * 2), (size_t)64);
		b->p = mem_realloc(b->p, b->cap);
	}
	return b->p + b->n;
}

void buf_added(struct buf *b, size_t n)
{
	MUST(b->n + n < b->cap);
	b->n += n;
	b->p[b->n] = '\0';
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	char *at = buf_room(b, n);

	if (!at)
		return;
	if (n)
		memcpy(at, p, n);
	buf_added(b, n);
}

void buf_adds(struct buf *b, str s)
{
	buf_add(b, s.p, s.n);
}

void buf_addz(struct buf *b, const char *cstring)
{
	buf_add(b, cstring, strlen(cstring));
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	buf_vaddf(b, fmt, args);
	va_end(args);
}

void buf_vaddf(struct buf *b, const char *fmt, va_list args)
{
	va_list again;
	char *at;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	MUST(n >= 0);
	at = buf_room(b, (size_t)n);
	if (!at)
		return;
	vsnprintf(at, (size_t)n + 1, fmt, args);
	buf_added(b, (size_t)n);
}

void buf_add_utf8(struct buf *b, str s)
{
	for (size_t i = 0, n; i < s.n; i += MAX(n, (size_t)1)) {
		n = str_utf8_length(str_from(s, i));
		if (n)
			buf_add(b, s.p + i, n);
		else
			buf_addz(b, "\xef\xbf\xbd");
	}
}

void buf_drop(struct buf *b, size_t n)
{
	MUST(n <= b->n);
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n + 1);
	b->n -= n;
}

void buf_add_base64(struct buf *b, str s, bool url)
{
	static const char std_set[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char url_set[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *set = url ? url_set : std_set;

	for (size_t i = 0; i < s.n; i += 3) {
		size_t left = MIN(s.n - i, (size_t)3);
		uint32_t v = (uint32_t)(unsigned char)s.p[i] << 16;
		char out[4];

		if (left > 1)
			v |= (uint32_t)(unsigned char)s.p[i + 1] << 8;
		if (left > 2)
			v |= (unsigned char)s.p[i + 2];
		for (int k = 0; k < 4; k++)
			out[k] = set[v >> (18 - 6 * k) & 63];
		if (left < 3)
			out[3] = '=';
		if (left < 2)
			out[2] = '=';
		buf_add(b, out, url ? left + 1 : 4);
	}
}

void buf_add_hex(struct buf *b, const void *p, size_t n)
{
	const unsigned char *u = p;

	for (size_t i = 0; i < n; i++) {
		buf_addc(b, "0123456789abcdef"[u[i] >> 4]);
		buf_addc(b, "0123456789abcdef"[u[i] & 15]);
	}
}

void buf_add_percent(struct buf *b, str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x80 && (isalnum(c) || strchr("-._~", c)) && c)
			buf_addc(b, (char)c);
		else
			buf_addf(b, "%%%02X", c);
	}
}
