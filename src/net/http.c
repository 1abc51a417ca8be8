#include "net/http.h"

#include "net/address.h"
#include "net/url.h"
#include "os/clock.h"
#include "os/dl.h"
#include "os/hash.h"

/* Its type checks are macros around the very names we take the addresses of. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include <pthread.h>
#include <string.h>
#include <unistd.h>

static struct {
	__typeof__(&curl_global_init) global_init;
	__typeof__(&curl_easy_init) init;
	__typeof__(&curl_easy_setopt) setopt;
	__typeof__(&curl_easy_perform) perform;
	__typeof__(&curl_easy_getinfo) getinfo;
	__typeof__(&curl_easy_cleanup) cleanup;
	__typeof__(&curl_easy_strerror) strerror;
} lib;

static const struct dl_symbol symbols[] = {
	DL_SYMBOL(lib, global_init, curl_global_init), DL_SYMBOL(lib, init, curl_easy_init),
	DL_SYMBOL(lib, setopt, curl_easy_setopt),      DL_SYMBOL(lib, perform, curl_easy_perform),
	DL_SYMBOL(lib, getinfo, curl_easy_getinfo),    DL_SYMBOL(lib, cleanup, curl_easy_cleanup),
	DL_SYMBOL(lib, strerror, curl_easy_strerror),
};

static struct dl_library library = { "libcurl-gnutls.so.4", "libcurl3-gnutls", symbols,
				     COUNT(symbols),	    &lib,	       DL_INIT };

/* One request of a chain of redirects. */
struct exchange {
	const struct http_request *r;
	struct url url;
	CURL *curl;
	struct buf body;
	size_t max_bytes;
	enum address_kind blocked; /* the worst address that was turned away */
	char blocked_text[64];
	char error[CURL_ERROR_SIZE];
};

static void exchange_release(struct exchange *x)
{
	if (x->curl)
		lib.cleanup(x->curl);
	buf_release(&x->body);
}

static void global_init(void)
{
	MUST(lib.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

static int library_need(struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (dl_need(&library, err) < 0)
		return -1;
	pthread_once(&once, global_init);
	return 0;
}

/* The guard (SEC-I): this is the address that would be connected to. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct exchange *x = ctx;
	enum address_kind kind = address_kind(&to->addr);
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	if (purpose != CURLSOCKTYPE_IPCXN)
		return CURL_SOCKET_BAD;
	if (kind == ADDRESS_PUBLIC || (kind == ADDRESS_PRIVATE && x->r->allow_private))
		return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
	if (kind >= x->blocked) {
		x->blocked = kind;
		address_add(&text, &to->addr);
		memcpy(x->blocked_text, text.p, MIN(text.n + 1, sizeof(x->blocked_text)));
		x->blocked_text[sizeof(x->blocked_text) - 1] = '\0';
	}
	return CURL_SOCKET_BAD;
}

static size_t take_body(char *p, size_t size, size_t nr, void *ctx)
{
	struct exchange *x = ctx;

	(void)size; /* always 1 */
	buf_add(&x->body, p, nr);
	return x->body.full ? 0 : nr;
}

/* Every option that has to hold; one that libcurl does not know is an error. */
static int options_set(struct exchange *x, uint64_t left_ms, struct err *err)
{
	const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{ CURLOPT_NOSIGNAL, 1 },
		{ CURLOPT_FOLLOWLOCATION, 0 },
		{ CURLOPT_DISALLOW_USERNAME_IN_URL, 1 },
		{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
		{ CURLOPT_SSL_VERIFYPEER, 1 },
		{ CURLOPT_SSL_VERIFYHOST, 2 },
		{ CURLOPT_HTTP09_ALLOWED, 0 },
		{ CURLOPT_DNS_CACHE_TIMEOUT, 0 },
		{ CURLOPT_TIMEOUT_MS, (long)left_ms },
		{ CURLOPT_CONNECTTIMEOUT_MS, (long)MIN(left_ms, (uint64_t)10000) },
	};
	const struct {
		CURLoption option;
		const void *value;
	} pointers[] = {
		{ CURLOPT_URL, x->url.text.p },
		{ CURLOPT_PROTOCOLS_STR, "http,https" },
		{ CURLOPT_PROXY, "" },
		{ CURLOPT_NOPROXY, "*" },
		{ CURLOPT_USERAGENT, "slipway/" SLIPWAY_VERSION },
		{ CURLOPT_ERRORBUFFER, x->error },
		{ CURLOPT_OPENSOCKETDATA, x },
		{ CURLOPT_WRITEDATA, x },
	};
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < COUNT(numbers) && code == CURLE_OK; i++)
		code = lib.setopt(x->curl, numbers[i].option, numbers[i].value);
	for (size_t i = 0; i < COUNT(pointers) && code == CURLE_OK; i++)
		code = lib.setopt(x->curl, pointers[i].option, pointers[i].value);
	if (code == CURLE_OK)
		code = lib.setopt(x->curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	if (code == CURLE_OK)
		code = lib.setopt(x->curl, CURLOPT_WRITEFUNCTION, take_body);
	if (code == CURLE_OK)
		code = lib.setopt(x->curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)x->max_bytes);
	return code == CURLE_OK ? 0
				: err_set(err, ERR_UNAVAILABLE, "libcurl: %s", lib.strerror(code));
}

static int too_large(const struct exchange *x, struct err *err)
{
	return err_set(err, ERR_LIMIT, STR_FMT " is larger than %zu bytes", STR_ARG(x->url.text),
		       x->max_bytes);
}

static int blocked(const struct exchange *x, struct err *err)
{
	const char *what = x->blocked == ADDRESS_NEVER
				   ? "which is never contacted"
				   : "an address of this machine or a private network; "
				     "only public addresses may be contacted";

	return err_set(err, ERR_DENIED, STR_FMT ": the host is at %s, %s", STR_ARG(x->url.text),
		       x->blocked_text, what);
}

static int failed(const struct exchange *x, CURLcode code, struct err *err)
{
	str url = x->url.text;
	const char *detail = x->error[0] ? x->error : lib.strerror(code);

	switch (code) {
	case CURLE_WRITE_ERROR:
	case CURLE_FILESIZE_EXCEEDED:
		return too_large(x, err);
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(err, ERR_UNAVAILABLE,
			       STR_FMT ": the host " STR_FMT " could not be resolved", STR_ARG(url),
			       STR_ARG(x->url.host));
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(err, ERR_UNAVAILABLE, STR_FMT " took longer than %u ms",
			       STR_ARG(url), x->r->timeout_ms);
	case CURLE_COULDNT_CONNECT:
		if (x->blocked != ADDRESS_PUBLIC)
			return blocked(x, err);
		return err_set(err, ERR_UNAVAILABLE, STR_FMT ": no connection: %s", STR_ARG(url),
			       detail);
	case CURLE_PEER_FAILED_VERIFICATION:
		return err_set(err, ERR_DENIED, STR_FMT ": its certificate is not valid: %s",
			       STR_ARG(url), detail);
	default:
		return err_set(err, ERR_UNAVAILABLE, STR_FMT ": %s", STR_ARG(url), detail);
	}
}

static int status_error(const struct exchange *x, long status, struct err *err)
{
	enum err_kind kind = ERR_UNAVAILABLE;

	if (status == 404 || status == 410)
		kind = ERR_NOT_FOUND;
	else if (status == 401 || status == 403)
		kind = ERR_DENIED;
	return err_set(err, kind, STR_FMT " answered with status %ld, 200 is expected",
		       STR_ARG(x->url.text), status);
}

/* 1: *ret_next is where to go on; 0: the body is there. */
static int exchange_run(struct arena *a, struct exchange *x, uint64_t deadline_us,
			struct url *ret_next, struct err *err)
{
	uint64_t now = clock_mono_us();
	uint64_t left_ms = deadline_us > now ? (deadline_us - now + 999) / 1000 : 1;
	const char *next = NULL;
	long status = 0;
	CURLcode code;

	x->curl = lib.init();
	MUST(x->curl);
	if (options_set(x, left_ms, err) < 0)
		return -1;
	code = lib.perform(x->curl);
	lib.getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK)
		return failed(x, code, err);
	if (status >= 300 && status < 400) {
		lib.getinfo(x->curl, CURLINFO_REDIRECT_URL, &next);
		if (!next)
			return status_error(x, status, err);
		if (url_parse(a, arena_str(a, str_of(next)), ret_next, err) < 0 ||
		    url_may_redirect(&x->url, ret_next, err) < 0)
			return err_wrap(err, "a redirect of " STR_FMT, STR_ARG(x->url.text));
		return 1;
	}
	return status == 200 ? 0 : status_error(x, status, err);
}

/* --- integrity --- */

static unsigned hex_digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static int integrity_of(str body, struct buf *ret, struct err *err)
{
	char hex[HASH_HEX_MAX], bytes[32];

	if (hash_hex(HASH_SHA256, body, hex, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	buf_addz(ret, "sha256-");
	buf_add_base64(ret, (str){ bytes, sizeof(bytes) }, false);
	return 0;
}

int http_integrity_check(str integrity, struct err *err)
{
	static const char set[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	str hash = str_from(integrity, 7);
	bool good = str_starts_with(integrity, STR("sha256-")) && hash.n == 44 && hash.p[43] == '=';

	for (size_t i = 0; good && i < 43; i++)
		good = memchr(set, hash.p[i], sizeof(set) - 1) != NULL;
	if (good)
		return 0;
	return err_set(err, ERR_INVALID,
		       "integrity must be \"sha256-\" and the base64 of a SHA-256 hash");
}

static int integrity_verify(const struct http_request *r, str body, struct err *err)
{
	CLEANUP(buf_release) struct buf got = BUF_INIT;

	if (str_is_null(r->integrity))
		return 0;
	if (integrity_of(body, &got, err) < 0)
		return -1;
	if (str_eq(buf_str(&got), r->integrity))
		return 0;
	return err_set(err, ERR_DENIED,
		       STR_FMT " is not what integrity says: expected " STR_FMT ", got %s",
		       STR_ARG(r->url), STR_ARG(r->integrity), got.p);
}

/* --- the whole --- */

static int get(struct arena *a, const struct http_request *r, str *ret, struct err *err)
{
	uint64_t deadline = clock_mono_us() + (uint64_t)r->timeout_ms * 1000;
	struct url url;

	if (url_parse(a, r->url, &url, err) < 0 || library_need(err) < 0)
		return -1;
	for (unsigned i = 0; i <= HTTP_MAX_REDIRECTS; i++) {
		CLEANUP(exchange_release) struct exchange x = { .r = r, .url = url };
		int more;

		x.max_bytes = r->max_bytes;
		buf_init(&x.body, r->max_bytes);
		more = exchange_run(a, &x, deadline, &url, err);
		if (more < 0)
			return -1;
		if (more == 0) {
			*ret = arena_str(a, buf_str(&x.body));
			return integrity_verify(r, *ret, err);
		}
	}
	return err_set(err, ERR_UNAVAILABLE, STR_FMT " redirects more than %d times",
		       STR_ARG(r->url), HTTP_MAX_REDIRECTS);
}

int http_get(struct arena *a, const struct http_request *r, str *ret, struct err *err)
{
	struct http_request full = *r;

	if (full.max_bytes == 0)
		full.max_bytes = HTTP_MAX_BYTES;
	if (full.timeout_ms == 0)
		full.timeout_ms = HTTP_TIMEOUT_MS;
	if (!str_is_null(r->integrity) && http_integrity_check(r->integrity, err) < 0)
		return -1;
	return get(a, &full, ret, err);
}
