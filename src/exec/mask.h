/* mask.h - secrets never reach a log, however the bytes are cut.
 *
 * A mask knows texts that must not be seen: each masked value, each line of it,
 * and what common tools turn it into (base64 at three byte shifts, hex, percent,
 * JSON, XML and shell quoting).  A stream replaces the union of all places where
 * any of them stands by `[MASKED]`; places that touch or overlap give one.  The
 * result depends on the bytes only, never on how they were chunked (SEC-E2).
 * It guards against accidents; a job that reverses a secret gets it through.
 *
 * Cost: plain text is only looked at every few bytes.  Held back is only what may
 * be the beginning of a secret, at most MASK_HOLD bytes.
 */
#ifndef EXEC_MASK_H
#define EXEC_MASK_H

#include "base/buf.h"
#include "base/err.h"

#define MASK_MIN	6 /* shorter values would mask half of every log */
#define MASK_PIECE	256 /* longer texts are masked piece by piece */
#define MASK_HOLD	(MASK_PIECE - 1)
#define MASK_TEXTS_MAX	100000
#define MASK_SECRET_MAX ((size_t)1 << 20)
#define MASK_TEXT	"[MASKED]"

struct mask;

struct mask *mask_new(void) NODISCARD;
void mask_free(struct mask *m);
void mask_free_ptr(struct mask **m);

/* Add a secret with all its forms.  False when it is too short to mask (nothing
 * is added; say so).  ERR_LIMIT of mask_build when there are too many. */
bool mask_add(struct mask *m, str secret) NONNULL;
/* After the last mask_add, before the first stream. */
int mask_build(struct mask *m, struct err *err) NODISCARD NONNULL;

/* One stream of bytes through a mask, which must outlive it. */
struct mask_stream;

/* Gets the masked bytes, in order, any chunking. */
typedef void mask_out(void *ctx, str bytes);

struct mask_stream *mask_stream_new(const struct mask *m, mask_out *out,
				    void *ctx) NODISCARD NONNULL;
void mask_stream_free(struct mask_stream *s);
void mask_stream_feed(struct mask_stream *s, str bytes) NONNULL;
/* The bytes are at an end: gives what was held back. */
void mask_stream_flush(struct mask_stream *s) NONNULL;

/* A short text masked at once, e.g. a message. */
struct arena;
str mask_str(const struct mask *m, struct arena *a, str text) NODISCARD NONNULL;

/* All texts that are looked for, for tests: the i-th, or str_null past the end. */
str mask_text(const struct mask *m, size_t i) NONNULL;

#endif
