/* map and buf, driven by the input as a list of steps, agree with plain arrays. */
#include "base/buf.h"
#include "base/map.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MODEL 512

struct world {
	struct arena arena;
	struct map map;
	struct buf buf;

	str keys[MODEL];
	void *values[MODEL];
	size_t nr_keys;
	char text[4096];
	size_t nr_text;
	bool full;
};

static void step_map(struct world *w, str key, uint8_t value)
{
	size_t i = 0;

	while (i < w->nr_keys && !str_eq(w->keys[i], key))
		i++;
	if (value & 1 && i < MODEL) {
		map_set(&w->map, key, (void *)(uintptr_t)value);
		w->keys[i] = key;
		w->values[i] = (void *)(uintptr_t)value;
		w->nr_keys = MAX(w->nr_keys, i + 1);
	}
	MUST((map_find(&w->map, key) != NULL) == (i < w->nr_keys));
	MUST(map_get(&w->map, key) == (i < w->nr_keys ? w->values[i] : NULL));
	MUST(w->map.nr == w->nr_keys);
}

static void step_buf(struct world *w, str piece, uint8_t way)
{
	size_t drop = MIN((size_t)way, w->nr_text);

	if (way % 5 == 0) {
		buf_drop(&w->buf, drop);
		w->nr_text -= drop;
		memmove(w->text, w->text + drop, w->nr_text);
	} else if (way % 5 == 1 && way > 200) {
		buf_clear(&w->buf);
		w->nr_text = 0;
		w->full = false;
	} else if (piece.n > sizeof(w->text) - w->nr_text) {
		buf_adds(&w->buf, piece);
		w->full = true;
	} else {
		if (way % 5 == 2)
			buf_addf(&w->buf, STR_FMT "%s", 0, "", "");
		buf_adds(&w->buf, piece);
		memcpy(w->text + w->nr_text, piece.p, piece.n);
		w->nr_text += piece.n;
	}
	MUST(w->buf.full == w->full);
	MUST(str_eq(buf_str(&w->buf), (str){ w->text, w->nr_text }));
	MUST(!w->buf.p || w->buf.p[w->buf.n] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = mem_zalloc(1, sizeof(*w));
	str rest = { (const char *)data, size };

	arena_init(&w->arena, 0);
	map_init(&w->map, &w->arena);
	buf_init(&w->buf, sizeof(w->text));
	/* A step: what to do, how many bytes it is about, the bytes. */
	while (rest.n > 2) {
		uint8_t what = (uint8_t)rest.p[0];
		str piece = str_sub(rest, 2, (uint8_t)rest.p[1]);

		rest = str_from(rest, 2 + piece.n);
		if (what & 0x80)
			step_buf(w, piece, (uint8_t)(what << 1));
		else
			step_map(w, piece, what);
	}
	for (size_t i = 0; i < w->map.nr; i++)
		MUST(str_eq(w->map.at[i].key, w->keys[i]));
	buf_release(&w->buf);
	arena_release(&w->arena);
	mem_free(w);
	return 0;
}
