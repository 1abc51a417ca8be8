/* buf.h - text or bytes that grow, up to a ceiling.
 *
 * Adding past the ceiling adds nothing more and sets `full`, which stays set:
 * the writer need not check each call, the reader checks once at the end.
 * A NUL always follows the content (once something was added).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

#include <stdarg.h>

struct buf {
	char *p;
	size_t n, cap, max;
	bool full;
};

#define BUF_MAX_DEFAULT ((size_t)64 << 20)
#define BUF_INIT	{ .max = BUF_MAX_DEFAULT }

void buf_init(struct buf *b, size_t max) NONNULL; /* 0: BUF_MAX_DEFAULT */
void buf_release(struct buf *b) NONNULL;
void buf_clear(struct buf *b) NONNULL; /* empty, memory kept, `full` reset */

void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, str s);
void buf_addz(struct buf *b, const char *cstring);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list args) PRINTF(2, 0);

/* The text with U+FFFD for every byte that is not UTF-8. */
void buf_add_utf8(struct buf *b, str s);

/* Room for n more bytes at b->p + b->n, or NULL (and full).  Then buf_added(b, used). */
char *buf_room(struct buf *b, size_t n) NODISCARD;
void buf_added(struct buf *b, size_t n);

/* Remove the first n bytes. */
void buf_drop(struct buf *b, size_t n);

static inline str buf_str(const struct buf *b) { return (str){ b->p ? b->p : "", b->n }; }

/* RFC 4648 §4, and §5 (without padding) when `url`. */
void buf_add_base64(struct buf *b, str s, bool url);
void buf_add_hex(struct buf *b, const void *p, size_t n);
/* RFC 3986: everything but unreserved characters becomes %XX. */
void buf_add_percent(struct buf *b, str s);

#endif
