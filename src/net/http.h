/* http.h - fetch something small over HTTP(S), on the word of a stranger.
 *
 * The egress guard: the URL is read strictly, every address is judged where the
 * connection is made, redirects (three at most) are new requests, and proxies,
 * cookies and passwords of the environment take no part.  libcurl is loaded when
 * first needed.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/arena.h"
#include "base/err.h"

#define HTTP_MAX_BYTES	   ((size_t)1 << 20)
#define HTTP_TIMEOUT_MS	   30000
#define HTTP_MAX_REDIRECTS 3

struct http_request {
	str url;
	str integrity;	     /* "sha256-BASE64", or str_null */
	bool allow_private;  /* this machine and private networks too: the user said so */
	size_t max_bytes;    /* 0: HTTP_MAX_BYTES */
	unsigned timeout_ms; /* for all of it; 0: HTTP_TIMEOUT_MS */
};

/* The body of a 200, in the arena.  Errors name the URL and say which it was: not a
 * URL (ERR_INVALID), guarded (ERR_DENIED), could not resolve, refused, too slow,
 * another status (ERR_UNAVAILABLE, ERR_NOT_FOUND for 404 and 410, ERR_DENIED for
 * 401 and 403), too large (ERR_LIMIT), not what `integrity` says (ERR_DENIED). */
int http_get(struct arena *a, const struct http_request *r, str *ret,
	     struct err *err) NODISCARD NONNULL;

/* Is it "sha256-" and the base64 of 32 bytes?  For checks before anything is fetched. */
int http_integrity_check(str integrity, struct err *err) NODISCARD NONNULL;

#endif
