#include "gitlab/slug.h"

#include "base/buf.h"

#include <ctype.h>
#include <string.h>

#define REF_MAX		63
#define ENVIRONMENT_MAX 24
#define PREFIX_MAX	17 /* of an environment slug that gets a digest */
#define DIGEST_CHARS	6

static char slug_char(char c)
{
	unsigned char u = (unsigned char)c;

	return u < 0x80 && isalnum(u) ? (char)tolower(u) : '-';
}

str slug_ref(struct arena *a, str name)
{
	char *p = arena_cstr(a, str_sub(name, 0, REF_MAX));
	str s = str_of(p);

	for (size_t i = 0; i < s.n; i++)
		p[i] = slug_char(p[i]);
	while (s.n && s.p[0] == '-')
		s = str_from(s, 1);
	while (s.n && s.p[s.n - 1] == '-')
		s.n--;
	return arena_str(a, s);
}

/* The last DIGEST_CHARS characters of the digest written in base 36. */
static void add_digest(struct buf *b, const unsigned char digest[32])
{
	unsigned char number[32];
	char out[DIGEST_CHARS];

	memcpy(number, digest, sizeof(number));
	for (int i = DIGEST_CHARS - 1; i >= 0; i--) {
		unsigned rest = 0;

		for (size_t k = 0; k < sizeof(number); k++) {
			unsigned v = rest << 8 | number[k];

			number[k] = (unsigned char)(v / 36);
			rest = v % 36;
		}
		out[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[rest];
	}
	buf_add(b, out, sizeof(out));
}

str slug_environment(struct arena *a, str name,
		     void (*sha256)(const void *p, size_t n, unsigned char ret[32]))
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;
	unsigned char digest[32];

	for (size_t i = 0; i < name.n; i++) {
		char c = slug_char(name.p[i]);

		if (i == 0 && !isalpha((unsigned char)c))
			buf_addz(&b, "env-");
		if (c != '-' || b.n == 0 || b.p[b.n - 1] != '-')
			buf_addc(&b, c);
	}
	if (str_eq(buf_str(&b), name) && b.n <= ENVIRONMENT_MAX)
		return arena_str(a, buf_str(&b));
	b.n = MIN(b.n, (size_t)PREFIX_MAX);
	if (b.n == 0 || b.p[b.n - 1] != '-')
		buf_addc(&b, '-');
	sha256(name.p, name.n, digest);
	add_digest(&b, digest);
	return arena_str(a, buf_str(&b));
}

/* Does the lower-cased name hold one of the words? */
static bool has_word(str name, const char *const *words)
{
	for (; *words; words++)
		if (str_find(name, str_of(*words), 0) >= 0)
			return true;
	return false;
}

str tier_of_environment(str name)
{
	static const char *const development[] = { "dev", "review", "trunk", NULL };
	static const char *const testing[] = { "test", "tst", "int", "acept", "accept", "qa", "qc",
					       "control", "quality", NULL };
	static const char *const staging[] = { "stg", "stag", "modl", "model",
					       "pre", "demo", "non",  NULL };
	static const char *const production[] = { "prod", "prd", "live", NULL };
	char lower[256];
	str s = { lower, MIN(name.n, sizeof(lower)) };

	for (size_t i = 0; i < s.n; i++)
		lower[i] = (char)tolower((unsigned char)name.p[i]);
	if (has_word(s, development))
		return STR("development");
	if (has_word(s, testing))
		return STR("testing");
	if (has_word(s, staging))
		return STR("staging");
	if (has_word(s, production))
		return STR("production");
	return STR("other");
}
