#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BLOCK_MIN (8u << 10)
#define BLOCK_MAX (1u << 20)
#define ALIGN	  16u

struct arena_block {
	struct arena_block *next;
	size_t size;
};

void arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){ .limit = limit ? limit : ARENA_LIMIT_DEFAULT };
}

void arena_release(struct arena *a)
{
	while (a->block) {
		struct arena_block *next = a->block->next;

		mem_free(a->block);
		a->block = next;
	}
	a->at = a->end = NULL;
	a->used = 0;
}

/* A block for `size` bytes becomes the current one; blocks grow so that a large
 * document needs few of them. */
static void grow(struct arena *a, size_t size)
{
	size_t head = (sizeof(struct arena_block) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	size_t room = MIN(MAX(a->used, (size_t)BLOCK_MIN), (size_t)BLOCK_MAX);
	struct arena_block *b;

	room = MAX(room, size);
	b = mem_zalloc(1, head + room);
	b->next = a->block;
	b->size = room;
	a->block = b;
	a->at = (char *)b + head;
	a->end = a->at + room;
}

/* Takes size bytes whose start has the wanted alignment. */
static void *take(struct arena *a, size_t size, size_t align)
{
	size_t pad = (size_t) - (uintptr_t)a->at & (align - 1);
	char *p;

	if (!a->at || (size_t)(a->end - a->at) < pad || (size_t)(a->end - a->at) - pad < size) {
		grow(a, size);
		pad = 0;
	}
	a->used += size + pad;
	MUST(a->used <= a->limit);
	p = a->at + pad;
	a->at = p + size;
	return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
	MUST(size < a->limit);
	return take(a, size, size >= ALIGN ? ALIGN : 8);
}

void *arena_array_alloc(struct arena *a, size_t nr, size_t size)
{
	size_t bytes;

	MUST(!__builtin_mul_overflow(nr, size, &bytes));
	return arena_alloc(a, bytes);
}

char *arena_cstr(struct arena *a, str s)
{
	char *p;

	MUST(s.n < a->limit);
	p = take(a, s.n + 1, 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

str arena_str(struct arena *a, str s)
{
	if (str_is_null(s))
		return s;
	return (str){ arena_cstr(a, s), s.n };
}

str arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args, again;
	char *p;
	int n;

	va_start(args, fmt);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	MUST(n >= 0);
	p = take(a, (size_t)n + 1, 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return (str){ p, (size_t)n };
}
