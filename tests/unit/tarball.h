/* tarball.h - tar and zip archives made by hand, so that they can be wrong. */
#ifndef TESTS_TARBALL_H
#define TESTS_TARBALL_H

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

struct tar_entry {
	const char *name, *link, *content;
	char type;	/* '0' file, '1' hard link, '2' symlink, '3' device, '5' directory, … */
	unsigned mode;	/* 0: 0644 */
	long long size; /* 0: of content; else a lie */
};

static inline void tar_pad(struct buf *b)
{
	while (b->n % 512)
		buf_addc(b, '\0');
}

static inline void tar_add(struct buf *b, const struct tar_entry *e)
{
	char h[512] = { 0 };
	size_t n = e->content ? strlen(e->content) : 0;
	unsigned sum = 0;

	snprintf(h, 100, "%s", e->name);
	snprintf(h + 100, 8, "%07o", (e->mode ? e->mode : 0644) & 07777);
	snprintf(h + 108, 8, "%07o", 0u);
	snprintf(h + 116, 8, "%07o", 0u);
	snprintf(h + 124, 12, "%011llo",
		 (unsigned long long)(e->size ? (size_t)e->size : n) & 077777777777ULL);
	snprintf(h + 136, 12, "%011o", 1700000000u);
	memset(h + 148, ' ', 8);
	h[156] = e->type ? e->type : '0';
	if (e->link)
		snprintf(h + 157, 100, "%s", e->link);
	memcpy(h + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum & 0777777);
	buf_add(b, h, sizeof(h));
	if (n)
		buf_add(b, e->content, n);
	tar_pad(b);
}

static inline void tar_end(struct buf *b)
{
	static const char zeros[1024];

	buf_add(b, zeros, sizeof(zeros));
}

static inline void zip_u(struct buf *b, unsigned long v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		buf_addc(b, (char)(v >> (8 * i)));
}

/* One stored file of the content "x", named differently in the two places. */
static inline void zip_make(struct buf *b, const char *local, const char *central)
{
	const unsigned long crc = 0x8cdc1683; /* of "x" */
	size_t start = b->n, dir;

	zip_u(b, 0x04034b50, 4);
	zip_u(b, 20, 2), zip_u(b, 0, 2), zip_u(b, 0, 2), zip_u(b, 0, 4);
	zip_u(b, crc, 4), zip_u(b, 1, 4), zip_u(b, 1, 4);
	zip_u(b, strlen(local), 2), zip_u(b, 0, 2);
	buf_addz(b, local);
	buf_addz(b, "x");
	dir = b->n - start;
	zip_u(b, 0x02014b50, 4);
	zip_u(b, 0x0314, 2), zip_u(b, 20, 2), zip_u(b, 0, 2), zip_u(b, 0, 2), zip_u(b, 0, 4);
	zip_u(b, crc, 4), zip_u(b, 1, 4), zip_u(b, 1, 4);
	zip_u(b, strlen(central), 2), zip_u(b, 0, 2), zip_u(b, 0, 2), zip_u(b, 0, 2),
		zip_u(b, 0, 2);
	zip_u(b, 0100644UL << 16, 4), zip_u(b, 0, 4);
	buf_addz(b, central);
	size_t dir_size = b->n - start - dir;
	zip_u(b, 0x06054b50, 4);
	zip_u(b, 0, 4), zip_u(b, 1, 2), zip_u(b, 1, 2), zip_u(b, dir_size, 4), zip_u(b, dir, 4);
	zip_u(b, 0, 2);
}

#endif
