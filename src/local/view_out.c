#include "local/view_out.h"

#include "os/term.h"

#include <errno.h>

void out_init(struct out *o, int fd, int *failed)
{
	*o = (struct out){ .fd = fd, .failed = failed, .p = mem_alloc(OUT_SIZE) };
}

void out_release(struct out *o)
{
	mem_free(o->p);
	o->p = NULL;
}

static void write_all(struct out *o, const char *p, size_t n)
{
	if (!*o->failed && n && term_write(o->fd, (str){ p, n }) < 0)
		*o->failed = errno;
}

void out_flush(struct out *o)
{
	write_all(o, o->p, o->n);
	o->n = 0;
}

void out_add_slow(struct out *o, const void *p, size_t n)
{
	out_flush(o);
	if (n > OUT_SIZE) {
		write_all(o, p, n);
		return;
	}
	memcpy(o->p, p, n);
	o->n = n;
}
