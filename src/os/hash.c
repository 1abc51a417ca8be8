#include "os/hash.h"

#include "os/dl.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

static struct {
	__typeof__(&gnutls_hash_fast) fast;
	__typeof__(&gnutls_hash_init) init;
	__typeof__(&gnutls_hash) add;
	__typeof__(&gnutls_hash_deinit) deinit;
} tls;

static const struct dl_symbol symbols[] = {
	DL_SYMBOL(tls, fast, gnutls_hash_fast),
	DL_SYMBOL(tls, init, gnutls_hash_init),
	DL_SYMBOL(tls, add, gnutls_hash),
	DL_SYMBOL(tls, deinit, gnutls_hash_deinit),
};

static struct dl_library library = {
	"libgnutls.so.30", "libgnutls30", symbols, COUNT(symbols), &tls, DL_INIT,
};

static const struct {
	gnutls_digest_algorithm_t algorithm;
	size_t bytes;
} kinds[] = {
	[HASH_SHA1] = { GNUTLS_DIG_SHA1, 20 },
	[HASH_SHA256] = { GNUTLS_DIG_SHA256, 32 },
};

struct hash {
	gnutls_hash_hd_t handle;
	enum hash_kind kind;
};

static void to_hex(const unsigned char *digest, size_t n, char ret[HASH_HEX_MAX])
{
	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		ret[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	ret[2 * n] = '\0';
}

int hash_hex(enum hash_kind kind, str data, char ret[HASH_HEX_MAX], struct err *err)
{
	unsigned char digest[32];

	if (dl_need(&library, err) < 0)
		return -1;
	if (tls.fast(kinds[kind].algorithm, data.p ? data.p : "", data.n, digest) < 0)
		return err_set(err, ERR_UNAVAILABLE, "GnuTLS refuses to make a hash");
	to_hex(digest, kinds[kind].bytes, ret);
	return 0;
}

int hash_start(enum hash_kind kind, struct hash **ret, struct err *err)
{
	struct hash *h;
	gnutls_hash_hd_t handle;

	if (dl_need(&library, err) < 0)
		return -1;
	if (tls.init(&handle, kinds[kind].algorithm) < 0)
		return err_set(err, ERR_UNAVAILABLE, "GnuTLS refuses to make a hash");
	h = mem_zalloc(1, sizeof(*h));
	h->handle = handle;
	h->kind = kind;
	*ret = h;
	return 0;
}

int hash_add(struct hash *h, str data, struct err *err)
{
	if (data.n && tls.add(h->handle, data.p, data.n) < 0)
		return err_set(err, ERR_IO, "GnuTLS failed to hash");
	return 0;
}

void hash_finish(struct hash *h, char ret[HASH_HEX_MAX])
{
	unsigned char digest[64];

	tls.deinit(h->handle, digest);
	to_hex(digest, kinds[h->kind].bytes, ret);
	mem_free(h);
}

void hash_free(struct hash *h)
{
	if (!h)
		return;
	tls.deinit(h->handle, NULL);
	mem_free(h);
}
