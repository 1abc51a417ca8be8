#include "exec/mask.h"

#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

/* How a stream is searched.  All texts have at least `min` bytes.  Looking at the
 * three bytes at every (min-2)th place, one look falls into the first `min` bytes
 * of any occurrence.  So a bit table over all three-byte groups of all prefixes
 * tells where to look closer; there, an entry says which text would start where. */

#define GRAM	    3
#define BITS_MIN    12
#define BITS_MAX    17 /* the bit table of 16 kB stays in the first cache */
#define MIN_MAX	    16 /* looking less often than that gains nothing */
#define STREAM_ROOM ((size_t)64 << 10)

struct entry {
	uint32_t text;	 /* index */
	uint32_t offset; /* of the group in the text */
};

struct mask {
	struct arena arena;
	struct str_vec texts;
	bool built, too_many;
	size_t min, max, stride;
	unsigned shift;	  /* 32 minus the bits of a hash */
	uint64_t *filter; /* a bit for each hash that has an entry */
	uint32_t *first;  /* hash -> first entry; one more than there are hashes */
	struct entry *entries;
	uint64_t begins[65536 / 64]; /* by a text's first two bytes */
	bool begins_one[256];	     /* by its first byte */
};

struct mask *mask_new(void)
{
	struct mask *m = mem_zalloc(1, sizeof(*m));

	arena_init(&m->arena, 0);
	return m;
}

void mask_free(struct mask *m)
{
	if (!m)
		return;
	mem_free(m->entries);
	mem_free(m->first);
	mem_free(m->filter);
	arena_release(&m->arena);
	mem_free(m);
}

void mask_free_ptr(struct mask **m)
{
	mask_free(*m);
	*m = NULL;
}

str mask_text(const struct mask *m, size_t i)
{
	return i < m->texts.nr ? m->texts.at[i] : str_null;
}

/* --- the forms of a secret --- */

static void add_text(struct mask *m, str s)
{
	if (s.n < MASK_MIN)
		return;
	if (m->texts.nr >= MASK_TEXTS_MAX) {
		m->too_many = true;
		return;
	}
	if (s.n > MASK_PIECE) {
		for (size_t at = 0; at + MASK_PIECE < s.n; at += MASK_PIECE)
			add_text(m, str_sub(s, at, MASK_PIECE));
		s = str_from(s, s.n - MASK_PIECE);
	}
	vec_add(&m->arena, &m->texts, arena_str(&m->arena, s));
}

/* Where the secret stands in the encoded text depends on what is before it, modulo
 * three bytes; characters that also hold bits of a neighbour are left out. */
static void add_base64(struct mask *m, str s)
{
	for (size_t shift = 0; shift < 3; shift++)
		for (int url = 0; url < 2; url++) {
			CLEANUP(buf_release) struct buf plain = BUF_INIT, coded = BUF_INIT;
			size_t from = (shift * 8 + 5) / 6, to = (shift + s.n) * 8 / 6;

			buf_add(&plain, "\0\0", shift);
			buf_adds(&plain, s);
			buf_add_base64(&coded, buf_str(&plain), url);
			add_text(m, str_sub(buf_str(&coded), from, to - from));
			/* where the secret is the end, one more is known */
			if ((shift + s.n) * 8 % 6)
				add_text(m, str_sub(buf_str(&coded), from, to + 1 - from));
		}
}

static void add_hex(struct mask *m, str s)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	buf_add_hex(&b, s.p, s.n);
	add_text(m, buf_str(&b));
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] >= 'a')
			b.p[i] = (char)(b.p[i] - 'a' + 'A');
	add_text(m, buf_str(&b));
}

static void add_percent(struct mask *m, str s)
{
	CLEANUP(buf_release) struct buf upper = BUF_INIT, lower = BUF_INIT, form = BUF_INIT;

	buf_add_percent(&upper, s);
	for (size_t i = 0; i < upper.n; i++) {
		bool code = (i >= 1 && upper.p[i - 1] == '%') || (i >= 2 && upper.p[i - 2] == '%');
		char c = upper.p[i];

		buf_addc(&lower, code && c >= 'A' ? (char)(c - 'A' + 'a') : c);
		if (i + 2 < upper.n && memcmp(upper.p + i, "%20", 3) == 0) {
			buf_addc(&form, '+'); /* application/x-www-form-urlencoded */
			i += 2;
			buf_addz(&lower, "20");
		} else {
			buf_addc(&form, c);
		}
	}
	add_text(m, buf_str(&upper));
	add_text(m, buf_str(&lower));
	add_text(m, buf_str(&form));
}

/* What a quoting rule makes of a byte; NULL: itself. */
typedef const char *quoting(unsigned char c, char room[8]);

static const char *json_quoting(unsigned char c, char room[8])
{
	static const char short_form[] = "btnvfr"; /* of 8 to 13; JSON has no \v */

	room[0] = '\\';
	room[1] = (char)c;
	room[2] = '\0';
	if (c == '"' || c == '\\')
		return room;
	if (c >= 0x20)
		return NULL;
	if (c >= 8 && c <= 13 && c != 11) {
		room[1] = short_form[c - 8];
		return room;
	}
	memcpy(room, "\\u00", 4);
	room[4] = "0123456789abcdef"[c >> 4];
	room[5] = "0123456789abcdef"[c & 15];
	room[6] = '\0';
	return room;
}

static const char *json_slash_quoting(unsigned char c, char room[8])
{
	return c == '/' ? "\\/" : json_quoting(c, room);
}

static const char *xml_quoting(unsigned char c, char room[8])
{
	(void)room;
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static const char *single_quoting(unsigned char c, char room[8])
{
	(void)room;
	return c == '\'' ? "'\\''" : NULL;
}

static const char *double_quoting(unsigned char c, char room[8])
{
	if (!c || !strchr("\"\\$`", c))
		return NULL;
	room[0] = '\\';
	room[1] = (char)c;
	room[2] = '\0';
	return room;
}

/* As bash's printf %q, for what may stand in one line. */
static const char *backslash_quoting(unsigned char c, char room[8])
{
	if (!c || !strchr(" \t!\"#$&'()*,;<>?[\\]^`{|}~", c))
		return NULL;
	room[0] = '\\';
	room[1] = (char)c;
	room[2] = '\0';
	return room;
}

/* Inside $'…', which `set -x` and printf %q use. */
static const char *ansi_quoting(unsigned char c, char room[8])
{
	room[0] = '\\';
	room[1] = (char)c;
	room[2] = '\0';
	if (c == '\'' || c == '\\')
		return room;
	if (c == '\n' || c == '\t' || c == '\r') {
		room[1] = c == '\n' ? 'n' : c == '\t' ? 't' : 'r';
		return room;
	}
	return NULL;
}

static void add_quoted(struct mask *m, str s, quoting *quote)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	bool changed = false;
	char room[8];

	for (size_t i = 0; i < s.n; i++) {
		const char *q = quote((unsigned char)s.p[i], room);

		if (q)
			buf_addz(&b, q);
		else
			buf_addc(&b, s.p[i]);
		changed |= q != NULL;
	}
	if (changed)
		add_text(m, buf_str(&b));
}

static void add_forms(struct mask *m, str s)
{
	static quoting *const quotings[] = {
		json_quoting,	json_slash_quoting, xml_quoting,  single_quoting,
		double_quoting, backslash_quoting,  ansi_quoting,
	};

	add_text(m, s);
	add_base64(m, s);
	add_hex(m, s);
	add_percent(m, s);
	for (size_t i = 0; i < COUNT(quotings); i++)
		add_quoted(m, s, quotings[i]);
}

bool mask_add(struct mask *m, str secret)
{
	str rest = secret, trimmed = str_trim_end(secret);

	MUST(!m->built);
	if (secret.n < MASK_MIN)
		return false;
	if (secret.n > MASK_SECRET_MAX) {
		m->too_many = true;
		return true;
	}
	add_forms(m, secret);
	if (trimmed.n != secret.n && trimmed.n >= MASK_MIN)
		add_forms(m, trimmed); /* $(cat file) drops what ends a file */
	if (str_index(secret, '\n') < 0)
		return true;
	while (!str_is_null(rest)) {
		str line = str_trim(str_cut(&rest, '\n'));

		if (line.n >= MASK_MIN)
			add_forms(m, line);
	}
	return true;
}

/* --- the tables --- */

static inline uint32_t gram_hash(const char *p, unsigned shift)
{
	uint32_t g;

	memcpy(&g, p, 4); /* one byte more than needed, shifted out */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	g <<= 8;
#else
	g &= ~(uint32_t)0xff;
#endif
	return g * 2654435761U >> shift;
}

static int text_cmp(const void *a, const void *b)
{
	return str_cmp(*(const str *)a, *(const str *)b);
}

static uint32_t hash_of(const struct mask *m, size_t text, size_t offset)
{
	char four[4] = { 0 };

	memcpy(four, m->texts.at[text].p + offset, GRAM);
	return gram_hash(four, m->shift);
}

/* A counting sort by hash.  Within a hash, larger offsets come first: then the
 * starts of the occurrences that one look finds are in ascending order. */
static void fill_entries(struct mask *m)
{
	size_t nr_hashes = (size_t)1 << BITS_MIN;
	uint32_t *at;

	m->shift = 32 - BITS_MIN;
	for (; nr_hashes < m->texts.nr * m->stride * 64 && m->shift > 32 - BITS_MAX; m->shift--)
		nr_hashes *= 2;
	m->filter = mem_zalloc(nr_hashes / 64, sizeof(*m->filter));
	m->first = mem_zalloc(nr_hashes + 2, sizeof(*m->first));
	at = m->first + 1;
	for (size_t t = 0; t < m->texts.nr; t++)
		for (size_t o = 0; o < m->stride; o++) {
			uint32_t h = hash_of(m, t, o);

			at[h + 1]++;
			m->filter[h / 64] |= (uint64_t)1 << h % 64;
		}
	for (size_t h = 1; h <= nr_hashes; h++)
		at[h] += at[h - 1];
	m->entries = mem_zalloc(m->texts.nr * m->stride + 1, sizeof(*m->entries));
	for (size_t o = m->stride; o-- > 0;)
		for (size_t t = 0; t < m->texts.nr; t++)
			m->entries[at[hash_of(m, t, o)]++] =
				(struct entry){ (uint32_t)t, (uint32_t)o };
	/* Filling moved every start to its end, which is the next one's start: so
	 * m->first[h] is now where h starts. */
}

static inline unsigned first_two(const char *p)
{
	return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

int mask_build(struct mask *m, struct err *err)
{
	size_t nr = 0;

	MUST(!m->built);
	m->built = true;
	if (m->too_many)
		return err_set(err, ERR_LIMIT,
			       "a masked variable is larger than %zu bytes, or all have more "
			       "than %d lines and forms",
			       MASK_SECRET_MAX, MASK_TEXTS_MAX);
	if (m->texts.nr == 0)
		return 0;
	qsort(m->texts.at, m->texts.nr, sizeof(str), text_cmp);
	for (size_t i = 0; i < m->texts.nr; i++)
		if (nr == 0 || !str_eq(m->texts.at[i], m->texts.at[nr - 1]))
			m->texts.at[nr++] = m->texts.at[i];
	m->texts.nr = nr;
	m->min = MIN_MAX;
	for (size_t i = 0; i < nr; i++) {
		m->min = MIN(m->min, m->texts.at[i].n);
		m->max = MAX(m->max, m->texts.at[i].n);
	}
	m->stride = m->min - GRAM + 1;
	for (size_t i = 0; i < nr; i++) {
		unsigned pair = first_two(m->texts.at[i].p);

		m->begins[pair / 64] |= (uint64_t)1 << pair % 64;
		m->begins_one[(unsigned char)m->texts.at[i].p[0]] = true;
	}
	fill_entries(m);
	return 0;
}

/* --- streams --- */

struct mask_stream {
	const struct mask *m;
	mask_out *out;
	void *ctx;
	uint64_t base;	  /* offset in the stream of at[0] */
	uint64_t emitted; /* all before is given to `out` or masked */
	uint64_t covered; /* end of the masked range that was begun last; 0: none */
	size_t n;
	char at[STREAM_ROOM + MASK_PIECE + 4];
};

struct mask_stream *mask_stream_new(const struct mask *m, mask_out *out, void *ctx)
{
	struct mask_stream *s = mem_alloc(sizeof(*s));

	MUST(m->built);
	s->m = m;
	s->out = out;
	s->ctx = ctx;
	s->base = s->emitted = s->covered = 0;
	s->n = 0;
	return s;
}

void mask_stream_free(struct mask_stream *s)
{
	mem_free(s);
}

/* Give the plain bytes up to a stream offset. */
static void emit_plain(struct mask_stream *s, uint64_t to)
{
	if (to <= s->emitted)
		return;
	s->out(s->ctx, (str){ s->at + (s->emitted - s->base), (size_t)(to - s->emitted) });
	s->emitted = to;
}

/* An occurrence; they come in ascending order of their start. */
static void cover(struct mask_stream *s, uint64_t from, uint64_t to)
{
	if (s->covered == 0 || from > s->covered) {
		emit_plain(s, from);
		s->out(s->ctx, STR(MASK_TEXT));
		s->covered = to;
	}
	s->covered = MAX(s->covered, to);
	s->emitted = MAX(s->emitted, s->covered);
}

static void look_closer(struct mask_stream *s, size_t at, uint32_t hash, size_t decided)
{
	const struct mask *m = s->m;

	for (uint32_t i = m->first[hash]; i < m->first[hash + 1]; i++) {
		const struct entry *e = &m->entries[i];
		str text = m->texts.at[e->text];
		size_t start = at - e->offset;

		if (start < decided && text.n <= s->n - start &&
		    memcmp(s->at + start, text.p, text.n) == 0)
			cover(s, s->base + start, s->base + start + text.n);
	}
}

/* Find all occurrences that start before `decided`, and give all bytes before it. */
static void scan(struct mask_stream *s, size_t decided)
{
	const struct mask *m = s->m;
	size_t stride = m->stride, last;

	/* The look at p sees starts p-stride+1 to p, and needs GRAM bytes. */
	last = MIN(decided + stride - 1, s->n - MIN(s->n, (size_t)GRAM - 1));
	memset(s->at + s->n, 0, 4);
	for (size_t p = stride - 1; p < last; p += stride) {
		uint32_t h = gram_hash(s->at + p, m->shift);

		if (__builtin_expect(m->filter[h / 64] >> h % 64 & 1, 0))
			look_closer(s, p, h, decided);
	}
	emit_plain(s, s->base + decided);
	s->base += decided;
	s->n -= decided;
	memmove(s->at, s->at + decided, s->n);
}

/* Are these bytes, the last ones we have, a true beginning of some text? */
static bool may_begin(const struct mask *m, str tail)
{
	size_t lo = 0, hi = m->texts.nr;

	if (tail.n == 1)
		return m->begins_one[(unsigned char)tail.p[0]];
	if (!(m->begins[first_two(tail.p) / 64] >> first_two(tail.p) % 64 & 1))
		return false;
	/* Texts are sorted: those that begin so follow where `tail` itself would stand. */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (str_cmp(m->texts.at[mid], tail) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < m->texts.nr && str_starts_with(m->texts.at[lo], tail);
}

/* An occurrence that starts before this place is here in full; so all bytes before
 * it are decided, whatever follows. */
static size_t decided_until(const struct mask_stream *s)
{
	size_t at = s->n - MIN(s->n, s->m->max - 1);

	while (at < s->n && !may_begin(s->m, (str){ s->at + at, s->n - at }))
		at++;
	return at;
}

void mask_stream_feed(struct mask_stream *s, str bytes)
{
	if (s->m->texts.nr == 0) {
		if (bytes.n)
			s->out(s->ctx, bytes);
		return;
	}
	while (bytes.n) {
		size_t n = MIN(bytes.n, STREAM_ROOM + MASK_PIECE - s->n);

		memcpy(s->at + s->n, bytes.p, n);
		s->n += n;
		bytes = str_from(bytes, n);
		scan(s, decided_until(s));
	}
}

void mask_stream_flush(struct mask_stream *s)
{
	if (s->n)
		scan(s, s->n);
}

static void add_to_buf(void *ctx, str bytes)
{
	buf_adds(ctx, bytes);
}

str mask_str(const struct mask *m, struct arena *a, str text)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	struct mask_stream *s;

	if (m->texts.nr == 0)
		return arena_str(a, text);
	s = mask_stream_new(m, add_to_buf, &b);
	mask_stream_feed(s, text);
	mask_stream_flush(s);
	mask_stream_free(s);
	return arena_str(a, buf_str(&b));
}
