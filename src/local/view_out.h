/* view_out.h - a large buffer before a descriptor. */
#ifndef LOCAL_VIEW_OUT_H
#define LOCAL_VIEW_OUT_H

#include "base/base.h"

#include <string.h>

#define OUT_SIZE ((size_t)256 << 10)

struct out {
	int fd;
	int *failed; /* errno of the first failed write; then everything is thrown away */
	char *p;     /* OUT_SIZE bytes */
	size_t n;
};

void out_init(struct out *o, int fd, int *failed) NONNULL;
void out_release(struct out *o) NONNULL; /* does not flush */
void out_flush(struct out *o) NONNULL;
/* For what does not fit. */
void out_add_slow(struct out *o, const void *p, size_t n);

static inline void out_add(struct out *o, const void *p, size_t n)
{
	if (n > OUT_SIZE - o->n) {
		out_add_slow(o, p, n);
		return;
	}
	if (n)
		memcpy(o->p + o->n, p, n);
	o->n += n;
}

#endif
