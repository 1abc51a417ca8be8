/* url.h - http(s) URLs, read strictly.
 *
 * A URL that two programs could read differently is how a guard is walked around,
 * so there is one way to write each thing: scheme http or https, no user name, a
 * host of letters, digits, dots and hyphens or an address in its usual form, no
 * backslashes, blanks or bytes beyond ASCII.  RFC 3986, without the generosity.
 */
#ifndef NET_URL_H
#define NET_URL_H

#include "base/arena.h"
#include "base/err.h"

#define URL_MAX 4096

struct url {
	bool https;
	str host;      /* lower case, without brackets; NUL-terminated */
	bool is_v6;    /* the host is an IPv6 address */
	uint16_t port; /* 80 or 443 when not written */
	str target;    /* path and query, at least "/" */
	str text;      /* all of it, normalised, without a fragment; NUL-terminated */
};

/* ERR_INVALID says what is wrong with which URL. */
int url_parse(struct arena *a, str text, struct url *ret, struct err *err) NODISCARD NONNULL;

/* May a request for `from` be sent on to `to`?  Not from https to http. */
int url_may_redirect(const struct url *from, const struct url *to,
		     struct err *err) NODISCARD NONNULL;

#endif
