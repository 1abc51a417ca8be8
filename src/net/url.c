#include "net/url.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <string.h>

static int bad(str text, struct err *err, const char *why)
{
	return err_set(err, ERR_INVALID, "URL \"%.*s\" %s", (int)MIN(text.n, (size_t)200),
		       text.p ? text.p : "", why);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Printable ASCII that RFC 3986 knows; the rest is where readers disagree. */
static bool is_url_char(char c)
{
	return is_letter(c) || is_digit(c) || (c && strchr("-._~:/?#[]@!$&'()*+,;=%", c));
}

static str lower(struct arena *a, str s)
{
	char *p = arena_cstr(a, s);

	for (size_t i = 0; i < s.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] - 'A' + 'a');
	return (str){ p, s.n };
}

/* Labels of letters, digits and hyphens.  "_" is not DNS, but common inside. */
static bool is_name(str host)
{
	if (host.n == 0 || host.n > 253)
		return false;
	for (str rest = host; !str_is_null(rest);) {
		str label = str_cut(&rest, '.');

		if (label.n == 0 || label.n > 63 || label.p[0] == '-' ||
		    label.p[label.n - 1] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!is_letter(label.p[i]) && !is_digit(label.p[i]) && label.p[i] != '-' &&
			    label.p[i] != '_')
				return false;
	}
	return true;
}

/* Would anybody take it for a number?  "127.1", "0x7f.1", "2130706433", "017.0.0.1". */
static bool looks_numeric(str host)
{
	str last = str_from(host, (size_t)(str_rindex(host, '.') + 1));
	size_t i = 0;

	if (last.n > 1 && last.p[0] == '0' && (last.p[1] == 'x' || last.p[1] == 'X'))
		return true;
	while (i < last.n && is_digit(last.p[i]))
		i++;
	return i == last.n;
}

static int host_parse(struct arena *a, str text, str host, struct url *u, struct err *err)
{
	unsigned char address[16];

	if (host.n >= 2 && host.p[0] == '[') {
		u->is_v6 = true;
		u->host = lower(a, str_sub(host, 1, host.n - 2));
		if (host.p[host.n - 1] != ']' || inet_pton(AF_INET6, u->host.p, address) != 1)
			return bad(text, err, "has no valid IPv6 address between [ and ]");
		return 0;
	}
	u->host = lower(a, host);
	if (!is_name(host))
		return bad(text, err,
			   "has no valid host: letters, digits, hyphens and dots are expected");
	/* inet_pton takes nothing but four plain decimal numbers. */
	if (looks_numeric(host) && inet_pton(AF_INET, u->host.p, address) != 1)
		return bad(
			text, err,
			"has a host that is nearly an address: write it as four decimal numbers");
	return 0;
}

static int authority_parse(struct arena *a, str text, str authority, struct url *u, struct err *err)
{
	ssize_t colon = str_rindex(authority, ':'), bracket = str_rindex(authority, ']');
	str host = authority;
	uint64_t port = u->https ? 443 : 80;

	if (str_index(authority, '@') >= 0)
		return bad(text, err, "has a user name or password, which is not supported");
	if (colon > bracket) {
		str digits = str_from(authority, (size_t)colon + 1);

		host = str_sub(authority, 0, (size_t)colon);
		if (digits.n > 5 || !str_to_u64(digits, &port) || port == 0 || port > 65535 ||
		    !is_digit(digits.p[0]))
			return bad(text, err, "has no valid port: 1 to 65535 is expected");
	}
	u->port = (uint16_t)port;
	return host_parse(a, text, host, u, err);
}

/* Each % is followed by two hexadecimal digits. */
static bool percents_are_valid(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '%' &&
		    (i + 2 >= s.n || !memchr("0123456789abcdefABCDEF", s.p[i + 1], 22) ||
		     !memchr("0123456789abcdefABCDEF", s.p[i + 2], 22)))
			return false;
	return true;
}

static size_t authority_end(str s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] != '/' && s.p[i] != '?' && s.p[i] != '#')
		i++;
	return i;
}

static void url_text(struct arena *a, struct url *u)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT;

	buf_addf(&b, "%s://%s", u->https ? "https" : "http", u->is_v6 ? "[" : "");
	buf_adds(&b, u->host);
	buf_addz(&b, u->is_v6 ? "]" : "");
	if (u->port != (u->https ? 443 : 80))
		buf_addf(&b, ":%u", u->port);
	buf_adds(&b, u->target);
	u->text = arena_str(a, buf_str(&b));
}

int url_parse(struct arena *a, str text, struct url *ret, struct err *err)
{
	struct url u = { 0 };
	str rest;
	size_t end;

	if (text.n > URL_MAX)
		return err_set(err, ERR_LIMIT, "a URL of %zu bytes is too long, at most %d", text.n,
			       URL_MAX);
	for (size_t i = 0; i < text.n; i++)
		if (!is_url_char(text.p[i]))
			return err_set(
				err, ERR_INVALID,
				"a URL has byte 0x%02x at %zu, which must be written as %%%02X",
				(unsigned char)text.p[i], i + 1, (unsigned char)text.p[i]);
	u.https = str_eq_nocase(str_sub(text, 0, 8), STR("https://"));
	if (!u.https && !str_eq_nocase(str_sub(text, 0, 7), STR("http://")))
		return bad(text, err, "does not start with http:// or https://");
	rest = str_from(text, u.https ? 8 : 7);
	end = authority_end(rest);
	if (authority_parse(a, text, str_sub(rest, 0, end), &u, err) < 0)
		return -1;
	rest = str_from(rest, end);
	rest = str_cut(&rest, '#');
	if (!percents_are_valid(rest) || str_index(rest, '[') >= 0 || str_index(rest, ']') >= 0)
		return bad(text, err, "has a % without two hexadecimal digits, or a [ or ]");
	u.target = rest.n && rest.p[0] == '/' ? arena_str(a, rest)
					      : arena_printf(a, "/" STR_FMT, STR_ARG(rest));
	url_text(a, &u);
	*ret = u;
	return 0;
}

int url_may_redirect(const struct url *from, const struct url *to, struct err *err)
{
	if (from->https && !to->https)
		return err_set(err, ERR_DENIED,
			       STR_FMT " redirects to " STR_FMT ", from https to http",
			       STR_ARG(from->text), STR_ARG(to->text));
	return 0;
}
