/* Secrets, a text and a chunking from the input.  The masker's output must equal
 * that of a slow reference that marks every byte of every occurrence. */
#include "base/arena.h"
#include "exec/mask.h"

#include <string.h>

static void keep(void *ctx, str bytes)
{
	buf_adds(ctx, bytes);
}

static void reference(const struct mask *m, str text, struct buf *out)
{
	bool *hidden = mem_zalloc(text.n + 1, sizeof(bool));
	str t;

	for (size_t i = 0; !str_is_null(t = mask_text(m, i)); i++)
		for (size_t s = 0; s + t.n <= text.n; s++)
			if (memcmp(text.p + s, t.p, t.n) == 0)
				memset(hidden + s, 1, t.n);
	for (size_t i = 0; i < text.n; i++)
		if (!hidden[i])
			buf_addc(out, text.p[i]);
		else if (i == 0 || !hidden[i - 1])
			buf_addz(out, MASK_TEXT);
	mem_free(hidden);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	str rest = { (const char *)data, size };
	struct mask *m = mask_new();
	struct buf got = BUF_INIT, want = BUF_INIT;
	struct mask_stream *s;
	struct err err;
	size_t step = size ? data[0] % 40 + 1 : 1;
	str text, left;

	if (size > 4096) {
		mask_free(m);
		return 0;
	}
	/* secrets end with \x01; what follows the last is the text */
	while (str_index(rest, '\x01') >= 0)
		mask_add(m, str_cut(&rest, '\x01'));
	text = str_is_null(rest) ? STR("") : rest;
	MUST(mask_build(m, &err) == 0);
	reference(m, text, &want);
	s = mask_stream_new(m, keep, &got);
	for (left = text; left.n; step = step * 7 % 41 + 1) {
		mask_stream_feed(s, str_sub(left, 0, step));
		left = str_from(left, step);
	}
	mask_stream_flush(s);
	MUST(str_eq(buf_str(&got), buf_str(&want)));
	mask_stream_free(s);
	mask_free(m);
	buf_release(&got);
	buf_release(&want);
	return 0;
}
